# SPDX-License-Identifier: Apache-2.0
"""What registries that do not answer cost those who ask others.

Strangers, whom anybody may name, and registries that the operator has listed. Of eight of these two
go dark: one drops packets, the other accepts connections, and then is mute, trickles, or stalls in
the TLS handshake. All eight are asked all the time, each image once, at a constant rate: clients
that ask again as soon as they are answered would ask thousands of times a second once the dark ones
are left alone, and what is measured were sharing the processors with them.
"""
import contextlib
import itertools
import socket
import statistics
import time

from bench.load import DefaultDaemon, Offer
from support import behave, crowd, golden
from support.docker_registry import DockerRegistry, listing, tag_many
from support.fake_registry import FakeRegistry
from support.processes import wait_until

MULTI = golden.IMAGES["lab/oci:multi"]["digest"]


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


@contextlib.contextmanager
def mute():
    """Where the kernel accepts connections, and nobody ever takes one."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def trickling():
    """Headers without end, a byte ten times a second."""
    with FakeRegistry() as registry:
        registry.script("GET *", behave.slow_headers)
        yield registry.address


# -- strangers ------------------------------------------------------------------------------------

BLACK_HOLES, SAMPLES = 300, 150


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
        tag_many(registry, "lab/oci", MULTI, 2 * SAMPLES)
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


# -- registries that are listed -------------------------------------------------------------------

GOOD, RATE = 6, 20   # registries that answer; requests a second to each of all eight
TIMEOUT = 4          # seconds for a query to a dark one, so that it is left alone soon
SECONDS = 3          # that each latency is taken for, the first of them before that
DARK_SECONDS = TIMEOUT + 2 * SECONDS
CALLERS = 16         # connections to the daemon on which a dark one is asked
CROWD_RATE, CROWD = 100, 500
TAGS = 8 * RATE * SECONDS


def silent(report, storage):
    with DockerRegistry(storage) as registry, black_hole() as port:
        tag_many(registry, "lab/oci", MULTI, 5 * TAGS)
        for what, kind, plain_http in (("mute", mute, True), ("trickle", trickling, True),
                                       ("stall", mute, False)):
            with kind() as address, Registries(registry, port, address, plain_http) as eight:
                at_first, left_alone = eight.before_and_while_left_alone()
            tell(report, f"2 of 8 {what}, at first", *at_first)
            tell(report, f"2 of 8 {what}, left alone", *left_alone)
        with mute() as address, Registries(registry, port, address, True) as eight:
            tell(report, "2 of 8 mute, many wait", *eight.beside_a_crowd())


def tell(report, what, measured, without):
    for name, key in (("median", "p50"), ("p95", "p95")):
        report(f"{what}: {name}",
               f"{measured[key] / 1000:.2f} ms, without {without[key] / 1000:.2f} ms",
               measured[key] / without[key], "at most 1.5")


class Registries:
    """A daemon that may ask eight that answer, which are one under many names, and two that do
    not."""

    def __init__(self, registry, dropping_port, dark, plain_http):
        _, _, port = registry.address.rpartition(":")
        self._answering = [f"r{number}.localhost:{port}" for number in range(8)]
        self._dark = [f"127.0.0.1:{dropping_port}", dark]
        hosts = [{"name": name, "plain_http": True} for name in self._answering]
        hosts += [{"name": name, "plain_http": plain, "timeout": f"{TIMEOUT}s"}
                  for name, plain in zip(self._dark, (True, plain_http))]
        self._daemon = DefaultDaemon({"server": {"drain_timeout": "1s"},
                                      "registry": {"hosts": hosts}})
        self._turns = itertools.count()
        self._latency(8)  # connects

    def before_and_while_left_alone(self):
        """Latencies of cold queries to the others while the dark ones are waited for, and while
        they are left alone; each with what it is when all who are asked answer, taken right before
        or after it."""
        without = self._latency(8)
        asking = self._ask_dark(RATE, CALLERS, DARK_SECONDS)
        at_first = self._latency(GOOD), without
        time.sleep(TIMEOUT + 1 - SECONDS)  # until those who asked first have been told
        wait_until(self._are_left_alone, "the dark ones to be left alone")
        left_alone = self._latency(GOOD)
        for each in asking:
            each.wait()
        return at_first, (left_alone, self._latency(8))

    def beside_a_crowd(self):
        """The first of these, while more wait for each of the dark ones than there are workers."""
        without = self._latency(8)
        asking = self._ask_dark(CROWD_RATE, CROWD, SECONDS)
        at_first = self._latency(GOOD)
        for each in asking:
            each.wait()
        return at_first, without

    def _latency(self, count):
        said = self._ask(self._answering[:count], RATE, 2 * CALLERS, SECONDS,
                         next(self._turns) * TAGS).wait()
        if said["failed"]:
            raise RuntimeError(f"{said['failed']} queries to registries that answer have failed")
        return said

    def _ask_dark(self, rate, callers, seconds):
        return [self._ask([name], rate, callers, seconds) for name in self._dark]

    def _ask(self, names, rate, callers, seconds, first=0):
        patterns = " ".join(f"/query?image={name}/lab/oci:t%d" for name in names)
        return Offer(self._daemon.address, patterns, rate * len(names), seconds, first, callers)

    def _are_left_alone(self):
        """Each is asked for what nobody has asked for, so that the answer is of this moment."""
        answers = [self._daemon.query(f"{name}/lab/oci:at-{time.monotonic_ns()}")
                   for name in self._dark]
        return all(b"in a row" in each.body for each in answers)

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self._daemon.__exit__(*problem)
