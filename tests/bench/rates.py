# SPDX-License-Identifier: Apache-2.0
"""How many a second: hits beside nginx, misses beside the registry itself."""
import contextlib
import os
import statistics

from bench.load import (ALL, OURS, THEIRS, DefaultDaemon, Nginx, on, rate,
                        rate_of_distinct)
from support import golden
from support.docker_registry import DockerRegistry, listing, tag_many
from support.fake_registry import FakeRegistry
from support.images import OCI_INDEX, index_of

SIX = ["linux/amd64", "linux/arm64/v8", "linux/arm/v7", "linux/386", "linux/ppc64le",
       "linux/s390x"]
ROUNDS, SECONDS = 5, 2


def hits(report):
    """Against nginx answering the same bytes, in turns."""
    with FakeRegistry() as registry:
        registry.push("lab/six:v1", index_of(*SIX))
        with DefaultDaemon({"registry": {"hosts": [listing(registry)]}}) as daemon:
            target = f"/query?image={registry.name('lab/six:v1')}"
            body = daemon.get(target).body.decode()
            with Nginx(body, "application/json") as nginx:
                theirs, ours, ratio = in_turns(
                    lambda _: rate(f"http://{nginx.address}{target}", SECONDS),
                    lambda _: rate(f"http://{daemon.address}{target}", SECONDS))
    report("hits", f"{ours:.0f}/s, nginx {theirs:.0f}/s", ratio, "at least 0.9")


TAGS = 4000 * os.cpu_count()  # a turn asks each of its own at most once
MISS_ROUNDS = 11              # one is 0.1 from the next, for either side


def misses(report, storage):
    """Many tags of one index in a real registry, each asked once; wrk asks the registry for the
    same tags in turns. Registry, daemon and wrk share what processors there are; and then again
    with the registry on one of its own, as it would be in life."""
    theirs, ours, ratio = misses_beside(storage, ALL, ALL)
    report("misses", f"{ours:.0f}/s, the registry itself {theirs:.0f}/s", ratio, "at least 0.8")
    theirs, ours, ratio = misses_beside(storage, THEIRS, OURS)
    report("misses, processors apart", f"{ours:.0f}/s, the registry itself {theirs:.0f}/s", ratio,
           "at least 0.8")


def misses_beside(storage, its, ours):
    """Rates of the registry on `its` processors, of a daemon on `ours`, and their ratio."""
    with contextlib.ExitStack() as stack:
        with on(its):
            registry = stack.enter_context(DockerRegistry(storage))
        tag_many(registry, "lab/oci", golden.IMAGES["lab/oci:multi"]["digest"], TAGS * MISS_ROUNDS)
        stack.enter_context(on(ours))
        daemon = stack.enter_context(DefaultDaemon({"registry": {"hosts": [listing(registry)]}}))
        return in_turns(
            lambda turn: rate_of_distinct(registry.url, "/v2/lab/oci/manifests/t%d", turn * TAGS,
                                          TAGS, SECONDS, OCI_INDEX),
            lambda turn: rate_of_distinct(f"http://{daemon.address}",
                                          f"/query?image={registry.address}/lab/oci:t%d",
                                          turn * TAGS, TAGS, SECONDS), MISS_ROUNDS)


def in_turns(first, second, rounds=ROUNDS):
    """The medians of two measurements and of their ratio. Taken in pairs, one right after the
    other, so that both of a pair see the same machine: in the next pair it may be another."""
    pairs = [(first(turn), second(turn)) for turn in range(rounds)]
    triples = [(theirs, ours, ours / theirs) for theirs, ours in pairs]
    return [statistics.median(each) for each in zip(*triples)]
