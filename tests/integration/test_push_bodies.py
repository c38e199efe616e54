# SPDX-License-Identifier: Apache-2.0
"""What the body of a POST /push may be, and how it may come (T40)."""
import contextlib
import json
import socket

import pytest

from support.doors import TOKEN
from support.processes import wait_until
from support.push_service import (KNOWN, YAML, answer_on, head, push, push_sources_at_home, spec)
from support.wire import exchange

MIB = 1 << 20


@pytest.fixture(autouse=True)
def sources(registry):
    push_sources_at_home(registry)


# -- bodies ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("headers", [
    {}, {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Type": "text/plain"},
    {**YAML, "Content-Encoding": "gzip"}])
def test_another_type_of_body_is_told_what_is_read(service, registry, headers):
    answer = service().ask("POST", "/push", {**KNOWN, **headers}, json.dumps(spec(registry)))
    assert (answer.status, answer.code) == (415, "media_type")
    assert not registry.requests


def test_a_body_of_a_mebibyte_is_read_and_no_byte_more(service, registry):
    daemon = service()
    text = json.dumps(spec(registry)) + "\n"
    for size, wanted in ((MIB, 200), (MIB + 1, 413)):
        padded = text + "#" * (size - len(text))
        answer = daemon.ask("POST", "/push", {**YAML, **KNOWN}, padded)
        assert answer.status == wanted, answer.body[:300]
        answer = daemon.ask("POST", "/push", {**YAML, **KNOWN}, iter([padded.encode()]))  # chunked
        assert answer.status == wanted, answer.body[:300]
    assert answer.code == "too_large"


def test_a_length_beyond_the_limit_is_refused_before_the_body(service):
    with head(service(), f"Content-Length: {MIB + 1}") as client:
        status, said = answer_on(client)
    assert (status, said["code"]) == (413, "too_large")


def test_T40_expect_100_continue(service, registry):
    daemon = service()
    body = json.dumps(spec(registry)).encode()
    expects = [f"Content-Length: {len(body)}", "Expect: 100-continue"]
    with head(daemon, *expects) as client:
        assert client.recv(len(b"HTTP/1.1 100 Continue\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
        client.sendall(body)
        status, said = answer_on(client)
    assert status == 200, said
    with head(daemon, *expects, "Content-Encoding: gzip") as client:
        assert client.recv(MIB).startswith(b"HTTP/1.1 415 ")


def test_T40_a_body_in_small_pieces_is_one_body(service, registry):
    daemon = service()
    body = json.dumps(spec(registry)).encode()
    with head(daemon, f"Content-Length: {len(body)}") as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(body)):
            client.sendall(body[at:at + 1])
            if at == len(body) // 2:
                assert daemon.get("/health").status == 200  # nobody waits for this one
        status, said = answer_on(client)
    assert status == 200, said


def test_T40_a_body_that_never_ends_is_given_up(service):
    daemon = service({"server": {"idle_timeout": "1s"}})
    with head(daemon, "Content-Length: 100") as client:
        client.sendall(b"image: ")
        while client.recv(4096):
            pass


def test_bodies_on_their_way_share_a_bound(service, registry):
    daemon = service()
    with contextlib.ExitStack() as stack:
        def refused_beside_one_more():
            client = stack.enter_context(head(daemon, f"Content-Length: {MIB}"))
            client.sendall(b"#" * (MIB - 1))
            return push_refused(daemon, registry)

        # There is room for 32; one that meets a push there is given up itself, and makes it again.
        answers = wait_until(refused_beside_one_more, "the bound to be reached")
        assert (answers[0], answers[1]["code"]) == (503, "overloaded")
    wait_until(lambda: push(daemon, spec(registry))[0] == 200, "room to be made again")


def push_refused(daemon, registry):
    answer = push(daemon, spec(registry), "?dry_run=true")
    return answer if answer[0] != 200 else None


def test_requests_follow_on_one_connection(service, registry):
    daemon = service()
    body = json.dumps(spec(registry)).encode()
    one = (f"POST /push HTTP/1.1\r\nHost: x\r\nContent-Type: text/yaml\r\n"
           f"Authorization: Bearer {TOKEN}\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
    last = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    received = exchange(daemon, one + one + last)
    assert received.count(b"HTTP/1.1 200 ") == 3, received
    assert received.count(b'"digest":"') == 2
