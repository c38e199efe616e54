# SPDX-License-Identifier: Apache-2.0
"""POST /query: many questions at once, answered line by line."""
import json
import socket
import threading
import time

import pytest

from support import behave
from support.images import index_of
from support.processes import PATIENCE, wait_until

LINES = {"Content-Type": "application/x-ndjson"}
ARRAY = {"Content-Type": "application/json"}


@pytest.fixture
def images(registry):
    """images(count): so many tags, as they are asked for."""
    def push(count):
        for number in range(count):
            registry.push(f"lab/app:t{number}", index_of("linux/amd64", "linux/arm64"))
        return [registry.name(f"lab/app:t{number}") for number in range(count)]
    return push


def in_lines(items):
    return "".join(json.dumps(each) + "\n" for each in items).encode()


def ask(daemon, items, headers=None):
    """The lines by their index, and the last one."""
    answer = daemon.ask("POST", "/query", {**LINES, **(headers or {})}, in_lines(items))
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    *lines, last = [json.loads(line) for line in answer.body.splitlines()]
    assert last.pop("done") is True
    assert last["total"] == len(items) == len(lines)
    return {line["index"]: line for line in lines}, last


class Reader:
    """A batch that is read as it comes."""

    def __init__(self, daemon, items, client="127.0.0.1"):
        self.connection = daemon.connect()
        self.connection.source_address = (client, 0)
        self.connection.request("POST", "/query", in_lines(items), LINES)
        self.response = self.connection.getresponse()

    def line(self):
        return json.loads(self.response.readline())

    def close(self):
        self.response.close()
        self.connection.close()


# -- answers --------------------------------------------------------------------------------------

def test_every_item_has_the_answer_it_would_have_had_alone(daemon, registry, images):
    good, = images(1)
    missing = registry.name("lab/none:v1")
    items = [good, {"image": good, "platform": "linux/arm64", "id": "x"},
             {"image": missing, "id": 7}, "bad ref", {"platform": "linux/amd64"},
             {"image": good, "platform": "no/such/thing/at/all"}, 12]
    lines, last = ask(daemon, items)
    assert last == {"total": 7, "ok": 2, "failed": 5}
    assert lines[0] == {"index": 0, "image": good, "status": 200,
                        "result": daemon.query(good).json}
    assert lines[1]["id"] == "x"
    assert lines[1]["result"] == daemon.query(good, platform="linux/arm64").json
    assert lines[2] == {"index": 2, "id": 7, "image": missing, "status": 404,
                        **daemon.query(missing).json}
    assert {lines[index]["status"] for index in (3, 4, 5, 6)} == {400}
    assert {lines[index]["code"] for index in (3, 4, 5, 6)} == {"invalid"}


@pytest.mark.parametrize("path", ["/query", "/mquery"])
def test_an_array_is_as_good_as_lines(daemon, images, path):
    first, second = images(2)
    body = json.dumps([first, {"image": second, "id": 1}], indent=1).encode()
    answer = daemon.ask("POST", path, ARRAY, body)
    assert answer.status == 200
    lines = [json.loads(line) for line in answer.body.splitlines()]
    assert {line.get("image") for line in lines} == {first, second, None}
    assert lines[-1] == {"done": True, "total": 2, "ok": 2, "failed": 0}


@pytest.mark.parametrize("headers, body", [(LINES, b""), (LINES, b"\n\n"), (ARRAY, b"[]")],
                         ids=["nothing", "blank lines", "array"])
def test_an_empty_batch_is_answered(daemon, headers, body):
    answer = daemon.ask("POST", "/query", headers, body)
    assert answer.json == {"done": True, "total": 0, "ok": 0, "failed": 0}


def test_a_thousand_are_answered_over_one_connection(daemon, images):
    names = images(200)
    lines, last = ask(daemon, names * 5)
    assert last == {"total": 1000, "ok": 1000, "failed": 0}
    assert {index: line["image"] for index, line in lines.items()} == dict(enumerate(names * 5))


def test_T20_each_reference_is_asked_once(start, registry, images):
    daemon = start({"cache": {"fresh": "0s", "stale_while_revalidate": "0s",
                              "stale_if_error": "0s"}})
    names = images(10)
    registry.requests.clear()
    lines, _ = ask(daemon, names * 20)
    assert {line["status"] for line in lines.values()} == {200}
    assert len(registry.requests) == 10


def test_a_rate_limited_item_says_for_how_long(daemon, registry):
    registry.script("* */manifests/*", behave.rate_limited("30"))
    lines, last = ask(daemon, [registry.name("lab/app:v1")])
    assert last["failed"] == 1
    assert (lines[0]["status"], lines[0]["code"]) == (503, "rate_limited")
    assert 25 <= lines[0]["retry_after"] <= 30


def test_answers_come_as_they_are_found(daemon, registry, images):
    """One that is held keeps no other: lines arrive while it is not answered."""
    release = threading.Event()
    held, *others = images(5)
    registry.script("GET */manifests/t0", behave.hold(release))
    reader = Reader(daemon, [held, *others])
    assert {reader.line()["image"] for _ in others} == set(others)
    release.set()
    assert reader.line()["image"] == held
    assert reader.line()["done"]
    reader.close()


def test_the_connection_serves_on(daemon, images):
    names = images(3)
    connection = daemon.connect()
    for _ in range(5):
        connection.request("POST", "/query", in_lines(names), LINES)
        response = connection.getresponse()
        assert len(response.read().splitlines()) == 4
        connection.request("GET", f"/query?image={names[0]}")
        assert connection.getresponse().read().startswith(b"{")
    connection.close()


def test_lines_are_not_held_back_on_the_way(daemon):
    answer = daemon.ask("POST", "/query", LINES, b"")
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.headers["Cache-Control"] == "no-store"


def test_its_names_are_in_the_log_of_every_item(daemon, images):
    names = images(3)
    answer = daemon.ask("POST", "/query", {**LINES, "X-Request-Id": "audit-1"}, in_lines(names))
    assert answer.headers["X-Request-Id"] == "audit-1"
    wait_until(lambda: daemon.log.count('"request_id":"audit-1"') == 3, "three lines")


# -- bounds ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("headers, body, status, code", [
    (ARRAY, b"{}", 400, "invalid"), (ARRAY, b"", 400, "invalid"), (ARRAY, b'["a"', 400, "invalid"),
    (ARRAY, b'["a"]["b"]', 400, "invalid"), ({}, b"[]", 415, "media_type"),
    ({"Content-Type": "text/plain"}, b"[]", 415, "media_type"),
    (LINES, b'"a"\n' * 1001, 413, "too_large"),
    (ARRAY, json.dumps(["a"] * 1001).encode(), 413, "too_large"),
    (LINES, b'"a"\n' + b" " * 1024 * 1024, 413, "too_large"),
    ({**LINES, "X-Registry-Auth": "e30="}, b'"a"\n', 400, "invalid")],
    ids=["object", "nothing", "cut off", "two arrays", "no type", "text", "lines", "items", "bytes",
         "credentials"])
def test_what_is_no_batch_or_too_large_is_refused_as_a_whole(daemon, headers, body, status, code):
    answer = daemon.ask("POST", "/query", headers, body)
    assert (answer.status, answer.code) == (status, code)


def test_a_line_that_is_none_keeps_no_other(daemon, images):
    good, = images(1)
    body = b'"%s"\nnonsense\n{"image":"%s"}\n"%s"\n' % (
        good.encode(), b"x" * 5000, good.encode())
    answer = daemon.ask("POST", "/query", LINES, body)
    lines = [json.loads(line) for line in answer.body.splitlines()]
    assert sorted(line["status"] for line in lines[:-1]) == [200, 200, 400, 400]
    assert lines[-1] == {"done": True, "total": 4, "ok": 2, "failed": 2}


def test_few_of_a_batch_are_asked_at_once(daemon, registry, images):
    """A batch leaves most workers to others, whatever its size."""
    release = threading.Event()
    names = images(100)
    other = registry.push("lab/other:v1", index_of("linux/amd64"))
    registry.script("GET /v2/lab/app/*", behave.hold(release))
    reader = Reader(daemon, names)
    wait_until(lambda: len(registry.requests) >= 16, "sixteen requests")
    assert daemon.query(registry.name(f"lab/other@{other}")).status == 200
    assert len([each for each in registry.requests if "lab/app" in each.path]) == 16
    release.set()
    assert sum(1 for _ in iter(reader.response.readline, b"")) == 101
    reader.close()


def test_a_client_that_leaves_is_asked_for_no_more(daemon, registry, images):
    release = threading.Event()
    names = images(100)
    registry.script("GET /v2/lab/app/*", behave.hold(release))
    reader = Reader(daemon, names)
    wait_until(lambda: len(registry.requests) >= 16, "sixteen requests")
    reader.connection.sock.shutdown(socket.SHUT_RDWR)
    reader.close()
    time.sleep(4)  # a hang-up is noticed within three seconds
    release.set()
    assert daemon.query(names[0]).status == 200
    time.sleep(0.5)
    assert len(registry.requests) < 40


def test_a_client_that_takes_no_lines_is_asked_for_no_more(start, registry, images):
    """Its lines fill the socket's buffers and 64 KiB here; then nothing more is asked, and in the
    end the connection is closed."""
    daemon = start({"server": {"idle_timeout": "2s"}})
    registry.push("lab/large:v1", index_of(*(f"linux/arch{n}" for n in range(900))))
    digest = registry.find("lab/large", "manifests", "v1")
    for number in range(300):
        registry.store("lab/large", "manifests", f"t{number}", digest[1], digest[0])
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(PATIENCE)
        client.connect((daemon.host, daemon.port))
        body = in_lines(registry.name(f"lab/large:t{number}") for number in range(300))
        client.sendall(b"POST /query HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
                       b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        wait_until(lambda: len(registry.requests) >= 16, "sixteen requests")
        time.sleep(5)
        assert len(registry.requests) < 250
        received = b""
        while piece := client.recv(1 << 20):  # to the end: it was cut off
            received += piece
    assert b'"done"' not in received


def test_batches_at_once_are_bounded_for_each_client_and_in_all(daemon, registry, images):
    release = threading.Event()
    name, = images(1)
    registry.script("GET /v2/lab/app/*", behave.hold(release))
    readers = [Reader(daemon, [name], "127.0.0.2") for _ in range(8)]
    ninth = Reader(daemon, [name], "127.0.0.2")
    assert ninth.response.status == 503
    assert "of this client" in ninth.line()["error"]
    ninth.close()
    readers += [Reader(daemon, [name], f"127.0.0.{3 + number // 8}") for number in range(24)]
    assert {reader.response.status for reader in readers} == {200}
    refused = daemon.ask("POST", "/query", LINES, in_lines([name]))
    assert (refused.status, refused.code) == (503, "overloaded")
    assert int(refused.headers["Retry-After"]) >= 1
    release.set()
    for reader in readers:
        assert reader.line()["status"] == 200
        assert reader.line()["done"]
        reader.close()
    wait_until(lambda: Reader(daemon, [name], "127.0.0.2").response.status == 200,
               "room for another")


# -- the end of the service -----------------------------------------------------------------------

def test_a_drain_lets_a_batch_end(start, registry, images):
    release = threading.Event()
    names = images(30)
    registry.script("GET /v2/lab/app/*", behave.hold(release))
    daemon = start()
    reader = Reader(daemon, names)
    wait_until(lambda: len(registry.requests) >= 16, "sixteen requests")
    daemon.terminate()
    daemon.wait_for_log("draining")
    release.set()
    lines = [json.loads(line) for line in reader.response.read().splitlines()]
    assert lines[-1] == {"done": True, "total": 30, "ok": 30, "failed": 0}
    reader.close()
    daemon.wait()


def test_a_drain_that_is_over_ends_a_batch_all_the_same(start, registry, images):
    names = images(30)
    registry.script("GET /v2/lab/app/*", behave.silence)
    daemon = start({"server": {"drain_timeout": "1s"}})
    reader = Reader(daemon, names)
    wait_until(lambda: len(registry.requests) >= 16, "sixteen requests")
    daemon.terminate()
    lines = [json.loads(line) for line in reader.response.read().splitlines()]
    assert lines[-1] == {"done": True, "total": 30, "ok": 0, "failed": 30}
    assert {line["code"] for line in lines[:-1]} == {"draining"}
    reader.close()
    daemon.wait()
