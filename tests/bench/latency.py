# SPDX-License-Identifier: Apache-2.0
"""How long hits take while others cause misses: the slowest in a hundred."""
import contextlib
import statistics

from bench.load import OURS, THEIRS, DefaultDaemon, Offer, on
from bench.rates import ROUNDS
from support import golden
from support.docker_registry import DockerRegistry, listing, tag_many
from support.images import OCI_INDEX

HITS, MISSES = 20000, 200  # a second
SECONDS = 3
TAGS = MISSES * SECONDS    # a turn asks each of its own once
CALLERS = 16               # connections on which misses come


def beside_misses(report, storage):
    """In turns: hits alone; beside as many requests to the registry as misses would make, in which
    the daemon has no part, so that what is left is sharing the machine; and beside misses."""
    with contextlib.ExitStack() as stack:
        with on(THEIRS):
            registry = stack.enter_context(DockerRegistry(storage))
        tag_many(registry, "lab/oci", golden.IMAGES["lab/oci:multi"]["digest"], TAGS * ROUNDS)
        with on(OURS):
            daemon = stack.enter_context(
                DefaultDaemon({"registry": {"hosts": [listing(registry)]}}))
        hit = f"/query?image={registry.address}/lab/oci:multi"
        daemon.get(hit)
        turns = [(offer_hits(daemon, hit),
                  offer_hits(daemon, hit, (registry, "/v2/lab/oci/manifests/t%d", turn)),
                  offer_hits(daemon, hit, (daemon, f"/query?image={registry.address}"
                                           "/lab/oci:t%d", turn)))
                 for turn in range(ROUNDS)]
    alone, shared, missing = zip(*turns)
    offered = min(hits["rate"] for hits in alone + missing)
    report(f"p99 of hits, {MISSES} misses a second",
           f"{p99(missing):.2f} ms, without {p99(alone):.2f} ms", ratio_of(alone, missing),
           "at most 2")
    report("p99 of hits, the registry as busy", f"{p99(shared):.2f} ms", ratio_of(alone, shared),
           "")
    report("hits offered", f"{offered}/s of {HITS}/s", offered / HITS, "1")


def offer_hits(daemon, target, others=None):
    """What became of the hits; of the others none may fail."""
    if others:
        server, pattern, turn = others
        with on(THEIRS):
            beside = Offer(server.address, pattern, MISSES, SECONDS, turn * TAGS, CALLERS,
                           OCI_INDEX)
    with on(OURS):
        hits = Offer(daemon.address, target, HITS, SECONDS)
    hits = hits.wait()
    failed = hits["failed"] + (beside.wait()["failed"] if others else 0)
    if failed:
        raise RuntimeError(f"{failed} requests failed")
    return hits


def p99(offers):
    """Milliseconds."""
    return statistics.median(each["p99"] for each in offers) / 1000


def ratio_of(first, second):
    """Of turn to turn, as the machine may be another in the next."""
    return statistics.median(ours["p99"] / theirs["p99"] for theirs, ours in zip(first, second))
