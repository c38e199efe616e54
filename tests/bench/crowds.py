# SPDX-License-Identifier: Apache-2.0
"""What many cost others: requests to the registry, and waiting behind hosts that do not answer."""
import contextlib
import socket
import statistics
import threading
import time

from bench.load import DefaultDaemon
from support import behave, crowd
from support.authority import Bearer, TokenEndpoint
from support.docker_registry import DockerRegistry, listing, tag_many
from support import golden
from support.fake_registry import FakeRegistry
from support.images import config, index_of

LOOKUPS = 200


def requests_per_miss(report):
    """Once a token is held."""
    with FakeRegistry() as registry, TokenEndpoint() as tokens:
        for number in range(LOOKUPS):
            registry.push(f"lab/list:t{number}",
                          index_of("linux/amd64", annotations={"number": str(number)}))
            registry.push_image(f"lab/lone:t{number}", config("linux/arm64"),
                                annotations={"number": str(number)})
        registry.authority = Bearer(tokens)
        settings = {"registry": {"hosts": [listing(registry, realm=[tokens.address])]}}
        with DefaultDaemon(settings) as daemon:
            for what, wanted in (("list", 1), ("lone", 2)):
                daemon.query(registry.name(f"lab/{what}:t0"))
                registry.forget()
                for number in range(1, LOOKUPS):
                    daemon.query(registry.name(f"lab/{what}:t{number}"))
                each = len(registry.requests) / (LOOKUPS - 1)
                report(f"requests a miss, {what}", f"{each:.2f}", None, wanted)


def one_flight(report):
    with FakeRegistry() as registry:
        registry.push("lab/app:v1", index_of("linux/amd64"))
        release = threading.Event()
        registry.script("GET *", behave.hold(release))
        with DefaultDaemon({"registry": {"hosts": [listing(registry)]}}) as daemon:
            clients = crowd.send(daemon, [f"/query?image={registry.name('lab/app:v1')}"] * 1000)
            release.set()
            answers = crowd.receive(clients)
        good = sum(each.startswith(b"HTTP/1.1 200") for each in answers)
        report("1000 clients, one cold reference",
               f"{registry.count('GET')} upstream GET, {good} answered", None, "1, 1000")


BLACK_HOLES, SAMPLES = 300, 150


@contextlib.contextmanager
def black_hole():
    """A port at which nothing under 127/8 answers: a listener whose queue is full, so that the
    kernel drops who comes."""
    listener = socket.socket()
    listener.bind(("0.0.0.0", 0))
    listener.listen(0)
    port = listener.getsockname()[1]
    fillers = []
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.1", port))
        fillers.append(filler)
    try:
        yield port
    finally:
        for each in [*fillers, listener]:
            each.close()


def cold_latency(daemon, registry, first):
    """Milliseconds of cold queries one after another: median and 95th percentile."""
    times = []
    for number in range(first, first + SAMPLES):
        start = time.perf_counter()
        daemon.query(f"{registry.address}/lab/oci:t{number}")
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times), statistics.quantiles(times, n=20)[18]


def black_holes(report, storage):
    with DockerRegistry(storage) as registry, black_hole() as port:
        tag_many(registry, "lab/oci", golden.IMAGES["lab/oci:multi"]["digest"], 2 * SAMPLES)
        dead = [f"127.77.{number // 200}.{number % 200 + 1}:{port}"
                for number in range(BLACK_HOLES)]
        settings = {"server": {"drain_timeout": "1s"},
                    "registry": {"hosts": [listing(registry)], "allow": ["*", *dead],
                                 "allow_private": True}}
        with DefaultDaemon(settings) as daemon:
            before = cold_latency(daemon, registry, 0)
            waiting = crowd.send(daemon, [f"/query?image={name}/x" for name in dead])
            during = cold_latency(daemon, registry, SAMPLES)
            for client in waiting:
                client.close()
    report("300 black holes: median", f"{during[0]:.2f} ms, without {before[0]:.2f} ms",
           during[0] / before[0], "at most 1.5")
    report("300 black holes: 95th percentile", f"{during[1]:.2f} ms, without {before[1]:.2f} ms",
           during[1] / before[1], "at most 1.5")
