# SPDX-License-Identifier: Apache-2.0
"""The HTTP side: what is asked wrongly, slowly, or all at once (T40)."""
import json
import re
import select
import socket
import threading

import pytest

from support import behave
from support.images import index_of
from support.processes import PATIENCE
from support.wire import exchange


def assert_error(answer, status, code):
    """Whatever goes wrong, the body is an object with a string `error`: old clients rely on it."""
    assert (answer.status, answer.code) == (status, code), answer.body
    assert answer.headers["Content-Type"] == "application/json"
    assert isinstance(answer.json["error"], str)


# -- what is asked --------------------------------------------------------------------------------

@pytest.mark.parametrize("target", [
    "/query", "/query?", "/query?image=", "/query?Image=x", "/query?image=a&image=b",
    "/query?image=a%00b", "/query?image=a%", "/query?image=%zz", "/query?image=a+b",
    "/query?image=alpine&platform=linux", "/query?image=alpine&format=xml",
    "/query?image=" + "a" * 1025])
def test_T40_a_wrong_question_is_invalid(daemon, target):
    assert_error(daemon.get(target), 400, "invalid")


def test_T40_a_missing_image_is_told_in_the_words_of_old(daemon):
    assert daemon.get("/query").json["error"].lower().startswith("no image name provided")


def test_T40_a_uri_of_64_kilobytes_is_too_long(daemon):
    assert exchange(daemon, b"GET /query?image=" + b"a" * 65536 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
                    ).startswith(b"HTTP/1.1 414 ")


def test_T40_a_uri_over_4_kilobytes_is_too_long(daemon):
    answer = daemon.get("/query?image=alpine&pad=" + "a" * 4096)
    assert_error(answer, 414, "too_large")


def test_T40_too_many_headers_are_too_large(daemon):
    head = b"".join(b"X-Pad-%d: %s\r\n" % (n, b"x" * 1000) for n in range(200))
    received = exchange(daemon, b"GET /health HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n")
    assert received.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_T40_another_method_is_not_allowed(daemon, method):
    answer = daemon.ask(method, "/query?image=alpine")
    assert_error(answer, 405, "method")
    assert "GET" in answer.headers["Allow"] and "HEAD" in answer.headers["Allow"]


@pytest.mark.parametrize("target", ["/query/", "/Query", "/nothing", "/query/x?image=alpine",
                                    "//query", "/%71uery%00", "/../query"])
def test_T40_another_path_is_no_route(daemon, target):
    assert_error(daemon.get(target), 404, "no_route")


def test_T40_mquery_is_the_same_as_query(daemon, image):
    assert daemon.get(f"/mquery?image={image}").body == daemon.query(image).body


def test_a_reference_is_decoded_once(daemon, registry, image):
    assert daemon.get("/query?image=" + image.replace("/", "%2F").replace(":", "%3a")).status == 200
    assert daemon.get("/query?image=" + image.replace("/", "%252F")).status == 400


def test_T40_head_is_get_without_a_body(daemon, image):
    got = daemon.query(image)
    got = daemon.query(image)  # a hit, as the HEAD will be
    head = daemon.ask("HEAD", f"/query?image={image}")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(got.body))
    assert head.headers["Content-Type"] == got.headers["Content-Type"]


def test_T41_an_answer_is_what_old_clients_read(daemon, image):
    answer = daemon.query(image)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert list(answer.json) == ["cachets", "islist", "imagename", "digest", "mediatype", "archlist"]
    assert not answer.body.endswith(b"\n")


# -- how it is asked ------------------------------------------------------------------------------

def test_T40_pipelined_requests_are_answered_in_order(daemon, registry, image):
    registry.push("lab/two:v1", index_of("linux/arm64"))
    asked = [image, registry.name("lab/two:v1"), image, registry.name("lab/none:v1")]
    data = b"".join(b"GET /query?image=%s HTTP/1.1\r\nHost: x\r\n\r\n" % each.encode()
                    for each in asked)
    received = exchange(daemon, data + b"GET /health HTTP/1.1\r\nHost: x\r\n"
                                       b"Connection: close\r\n\r\n")
    statuses = re.findall(rb"HTTP/1\.1 (\d+)", received)
    assert statuses == [b"200", b"200", b"200", b"404", b"200"]
    positions = [received.index(b'"imagename":"%s"' % each.encode()) for each in asked[:2]]
    assert positions == sorted(positions)


def test_T40_a_slow_client_keeps_nobody_waiting(daemon, image):
    with socket.create_connection((daemon.host, daemon.port)) as slow:
        slow.sendall(b"GET /query?im")
        assert daemon.query(image).status == 200


def test_T40_a_head_that_never_ends_is_given_up(start):
    daemon = start({"server": {"header_timeout": "1s"}})
    assert b" 200 " not in exchange(daemon, b"GET /health HTTP/1.1\r\nHost: x\r\n")


def test_T40_an_idle_connection_is_closed(start):
    daemon = start({"server": {"idle_timeout": "1s"}})
    received = exchange(daemon, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200 ")


def test_a_client_that_leaves_harms_nobody(daemon, registry, image):
    for _ in range(20):
        with socket.create_connection((daemon.host, daemon.port)) as client:
            client.sendall(f"GET /query?image={image} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert daemon.query(image).status == 200


@pytest.mark.parametrize("data", [
    b"\x00\xff\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"GET /query?image=alpine\r\n\r\n",
    b"G" * 100000, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500,
    b"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: nonsense\r\n\r\n",
    b"POST /query HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"],
    ids=["binary", "no target", "HTTP 0.9", "no end", "TLS", "length", "encoding", "vast"])
def test_T40_nonsense_harms_nobody(start, data):
    daemon = start({"server": {"header_timeout": "1s", "idle_timeout": "1s"}})
    assert not exchange(daemon, data).startswith(b"HTTP/1.1 2") or b"GET /health" in data
    assert daemon.get("/health").status == 200


def test_a_keep_alive_connection_serves_many_requests(daemon, image):
    connection = daemon.connect()
    for _ in range(50):
        connection.request("GET", f"/query?image={image}")
        response = connection.getresponse()
        assert json.loads(response.read())["imagename"] == image
    connection.close()


# -- health ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("path", ["/health", "/healthz", "/ready", "/readyz"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_running_daemon_is_healthy_and_ready(daemon, path, method):
    answer = daemon.ask(method, path)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    if method == "GET":
        assert answer.json == {"status": "ok"}


def test_the_version_is_told(daemon):
    answer = daemon.get("/version")
    assert answer.status == 200
    assert answer.json["version"]


def test_an_overloaded_registry_queue_answers_at_once(start, registry):
    """One worker and one place in the queue: of ten cold questions most are turned away while
    the registry has not answered the first."""
    release = threading.Event()
    registry.script("GET *", behave.hold(release))
    daemon = start({"registry": {"workers_max": 1, "queue_max": 1}})
    clients = [daemon.connect() for _ in range(10)]
    for number, client in enumerate(clients):
        client.request("GET", f"/query?image={registry.name('lab/app')}:t{number}")
    readable, _, _ = select.select([client.sock for client in clients], [], [], PATIENCE)
    assert readable
    release.set()

    responses = [client.getresponse() for client in clients]
    refused = [each for each in responses if each.status == 503]
    assert refused
    assert all(json.loads(each.read())["code"] == "overloaded" for each in refused)
    assert all(int(each.headers["Retry-After"]) >= 1 for each in refused)
    assert {each.status for each in responses} == {404, 503}
