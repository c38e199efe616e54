# SPDX-License-Identifier: Apache-2.0
"""A registry that trickles, never ends, or stalls costs a worker until its deadline, and nothing
else: others are answered as before, and memory stays where it was."""
import contextlib
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import behave
from support.authority import TokenEndpoint, unauthorized
from support.docker_registry import listing
from support.fake_registry import FakeRegistry
from support.http_server import Raw
from support.images import index_of
from support.processes import is_sanitized

DEADLINE = 2.0  # seconds
SLACK = 1.0
ASKED = 12      # of the slow one, by workers that are fewer
SETTINGS = {"registry": {"timeout": "2s", "workers_max": 4}}


class Mute:
    """Accepts connections and, after these bytes, says nothing."""

    def __init__(self, greeting=b""):
        self._greeting = greeting
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections.append(connection)
                connection.sendall(self._greeting)

    def name(self, image):
        return f"{self.address}/{image}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()
        for connection in self.connections:
            connection.close()


def headers_without_end(registry, request):
    """Small ones, and slowly."""
    return Raw(behave.drip(registry, behave.forever(b"X-More: a\r\n")))


def continuing_for_ever(registry, request):
    return Raw(behave.drip(registry, behave.forever(b"HTTP/1.1 100 Continue\r\n\r\n")))


# The first bytes of a handshake message that never comes: a record of 16 KiB.
HALF_A_HANDSHAKE = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc"


@contextlib.contextmanager
def slow_registry(kind):
    """One that is slow in this way, and how it is listed."""
    if kind in ("a stalled handshake", "half a handshake"):
        with Mute(HALF_A_HANDSHAKE if kind == "half a handshake" else b"") as mute:
            yield mute, {"name": mute.address}
        return
    with FakeRegistry() as registry, TokenEndpoint() as tokens:
        if kind == "a slow token":
            tokens.behaviour = behave.slow_body
            registry.script("*", lambda *_: unauthorized(f'Bearer realm="{tokens.realm}"'))
        else:
            registry.script("*", KINDS[kind])
        yield registry, listing(registry, realm=[tokens.address])


KINDS = {"silence": behave.silence, "a byte now and then": behave.slow_headers,
         "a slow body": behave.slow_body, "headers without end": headers_without_end,
         "100 Continue without end": continuing_for_ever, "a slow token": None,
         "a stalled handshake": None, "half a handshake": None}


def timed_query(daemon, image):
    began = time.monotonic()
    return daemon.query(image), time.monotonic() - began


@pytest.mark.parametrize("kind", KINDS)
def test_S26_who_is_slow_keeps_nobody_else_waiting(start, registry, kind):
    for number in range(10):
        registry.push(f"lab/app:t{number}", index_of("linux/amd64"))
    with slow_registry(kind) as (slow, listed), ThreadPoolExecutor(max_workers=ASKED) as pool:
        daemon = start({"registry": {**SETTINGS["registry"], "hosts": [listing(registry), listed]}})
        waiting = [pool.submit(timed_query, daemon, slow.name(f"lab/slow:t{number}"))
                   for number in range(ASKED)]
        time.sleep(0.2)
        for number in range(10):
            answer, took = timed_query(daemon, registry.name(f"lab/app:t{number}"))
            assert answer.status == 200
            assert took < 0.5
        for answer, took in (each.result() for each in waiting):
            assert (answer.status, answer.code) in [(504, "timeout"), (503, "overloaded"),
                                                    (502, "upstream")]
            assert took < DEADLINE + SLACK


@pytest.mark.parametrize("kind", ["a slow body", "headers without end", "half a handshake"])
def test_S26_what_is_slow_leaves_nothing_behind(start, registry, kind):
    with slow_registry(kind) as (slow, listed):
        daemon = start({"registry": {"timeout": "1s", "hosts": [listing(registry), listed]}})
        if is_sanitized(daemon.pid):
            pytest.skip("a sanitizer's memory is not the daemon's")
        daemon.query(slow.name("lab/slow:first"))
        before = daemon.peak_memory()
        with ThreadPoolExecutor(max_workers=32) as pool:
            list(pool.map(daemon.query, (slow.name(f"lab/slow:t{number}") for number in range(64))))
        assert daemon.peak_memory() - before < 24
