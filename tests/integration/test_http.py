# SPDX-License-Identifier: Apache-2.0
"""What HTTP promises of an answer: how long it holds, how to ask whether it still does, in which
encoding it comes, who may read it."""
import gzip
import json
import re
import time
from email.utils import formatdate, parsedate_to_datetime

import pytest

from support import behave
from support.images import index_of
from support.processes import wait_until
from support.wire import exchange

MANY = [f"linux/arch{number}" for number in range(40)]  # more than a KiB of them


@pytest.fixture
def image(registry):
    registry.push("lab/app:v1", index_of("linux/amd64", "linux/arm64"))
    return registry.name("lab/app:v1")


@pytest.fixture
def large_image(registry):
    registry.push("lab/large:v1", index_of(*MANY))
    return registry.name("lab/large:v1")


# -- what the client has already ------------------------------------------------------------------

def test_an_answer_has_a_weak_tag_that_outlives_its_confirmation(daemon, registry, image):
    first = daemon.query(image)
    assert re.fullmatch(r'W/"[0-9a-f]{32}"', first.headers["ETag"])
    time.sleep(1.1 - time.time() % 1)  # another second, so another `cachets`
    confirmed = daemon.query(image, {"Cache-Control": "no-cache"})
    assert confirmed.json["cachets"] > first.json["cachets"]
    assert confirmed.headers["ETag"] == first.headers["ETag"]
    assert confirmed.headers["Last-Modified"] == formatdate(confirmed.json["cachets"], usegmt=True)
    registry.push("lab/app:v1", index_of("linux/amd64"))
    changed = daemon.query(image, {"Cache-Control": "no-cache"})
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_each_way_of_asking_has_a_tag_of_its_own(start, registry, image):
    registry.push("lab/copy:v1", index_of("linux/amd64", "linux/arm64"))  # the same digest
    daemon = start()
    tags = [answer.headers["ETag"] for answer in (
        daemon.query(image), daemon.query(image, format="text"),
        daemon.query(image, platform="linux/arm64"), daemon.query(image, platform="linux/s390x"),
        daemon.query(registry.name("lab/copy:v1")), daemon.get(f"/inspect?image={image}"))]
    assert len(set(tags)) == len(tags)


def test_all_replicas_give_the_same_tag(start, image):
    assert start().query(image).headers["ETag"] == start().query(image).headers["ETag"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["query", "mquery", "inspect"])
def test_what_the_client_has_is_not_sent_again(daemon, image, method, path):
    target = f"/{path}?image={image}"
    known = daemon.get(target).headers
    for tags in (known["ETag"], known["ETag"][2:], "*", f'"x", {known["ETag"]}'):
        answer = daemon.ask(method, target, {"If-None-Match": tags})
        assert (answer.status, answer.body) == (304, b"")
        for name in ("ETag", "Cache-Control", "Vary", "Last-Modified"):
            assert answer.headers[name] == known[name]
        assert answer.headers["Date"]
        assert "Content-Type" not in answer.headers


def test_a_304_keeps_the_connection_in_step(daemon, image):
    tag = daemon.query(image).headers["ETag"]
    request = f"GET /query?image={image} HTTP/1.1\r\nHost: x\r\nIf-None-Match: {tag}\r\n\r\n"
    received = exchange(daemon, request.encode() * 3 + b"GET /health HTTP/1.1\r\nHost: x\r\n"
                        b"Connection: close\r\n\r\n")
    assert re.findall(rb"HTTP/1\.1 (\d+)", received) == [b"304"] * 3 + [b"200"]
    assert received.endswith(b'{"status":"ok"}')
    assert b"Content-Length: 0" not in received  # RFC 9110, 8.6: the 200's length, or none


def test_other_tags_get_the_whole_answer(daemon, image):
    daemon.query(image)
    for tags in ('"x"', 'W/"0"', "x", ""):
        assert daemon.query(image, {"If-None-Match": tags}).status == 200


def test_a_cold_question_may_be_answered_with_304(daemon, start, image):
    tag = daemon.query(image).headers["ETag"]
    assert start().query(image, {"If-None-Match": tag}).status == 304


def test_dates_are_heeded_where_no_tag_is_sent(daemon, image):
    first = daemon.query(image)
    date = parsedate_to_datetime(first.headers["Last-Modified"]).timestamp()
    then, before = formatdate(date, usegmt=True), formatdate(date - 1, usegmt=True)
    assert daemon.query(image, {"If-Modified-Since": then}).status == 304
    assert daemon.query(image, {"If-Modified-Since": before}).status == 200
    assert daemon.query(image, {"If-Modified-Since": "soon"}).status == 200
    both = {"If-Modified-Since": then, "If-None-Match": '"x"'}
    assert daemon.query(image, both).status == 200


def test_an_error_is_never_not_modified(daemon, registry):
    for _ in range(2):
        answer = daemon.query(registry.name("lab/none:v1"), {"If-None-Match": "*"})
        assert answer.status == 404


# -- how long it holds ----------------------------------------------------------------------------

def test_cache_control_comes_from_the_settings(start, registry, image):
    daemon = start({"cache": {"fresh": "7m", "negative": "9s", "stale_while_revalidate": "8s",
                              "stale_if_error": "2m"}})
    digest = registry.push("lab/app:v2", index_of("linux/amd64"))
    said = [daemon.query(each).headers["Cache-Control"] for each in
            (image, registry.name(f"lab/app@{digest}"), registry.name("lab/none:v1"), "bad ref")]
    assert said == ["public, max-age=420, stale-while-revalidate=8, stale-if-error=120",
                    "public, max-age=31536000, immutable", "public, max-age=9", "no-store"]


def test_what_a_cache_on_the_way_is_told_ends_when_ours_does(start, registry, image):
    daemon = start({"cache": {"fresh": "1m"}})
    assert daemon.query(image).headers["Cache-Control"].startswith("public, max-age=60, ")
    time.sleep(1.05)
    older = daemon.query(image).headers
    left = int(older["Cache-Status"].removeprefix("mqueryd; hit; ttl="))
    assert 0 < left < 60
    assert older["Cache-Control"].startswith(f"public, max-age={left}, ")


def test_cache_status_tells_how_an_answer_was_come_by(start, registry, image):
    daemon = start({"cache": {"fresh": "1s", "stale_while_revalidate": "0s"}})

    def status(headers=None):
        return daemon.query(image, headers).headers["Cache-Status"]
    assert status() == "mqueryd; fwd=miss; stored"
    assert status() == "mqueryd; hit; ttl=1"
    assert status({"Cache-Control": "no-cache"}) == "mqueryd; fwd=request; stored"
    time.sleep(1.05)
    assert status() == "mqueryd; fwd=stale; stored"
    registry.script("* */manifests/*", behave.html_error(500))
    time.sleep(1.05)
    assert status() == "mqueryd; fwd=stale; detail=failed"
    assert status() == "mqueryd; hit; detail=stale"
    refused = daemon.query(registry.name("lab/other:v1"))
    assert refused.headers["Cache-Status"] == "mqueryd; fwd=miss"
    assert daemon.query(registry.name("lab/other:v1")).headers["Cache-Status"] == "mqueryd; hit"
    assert "Cache-Status" not in daemon.query("bad ref").headers


def test_no_cache_costs_one_head(daemon, registry, image):
    daemon.query(image)
    registry.requests.clear()
    assert daemon.query(image, {"Cache-Control": "no-cache"}).status == 200
    assert [request.method for request in registry.requests] == ["HEAD"]


def test_no_cache_sees_what_was_pushed_a_moment_ago(daemon, registry, image):
    name = registry.name("lab/new:v1")
    assert daemon.query(name).status == 404
    registry.push("lab/new:v1", index_of("linux/amd64"))
    assert daemon.query(name).status == 404
    assert daemon.query(name, {"Cache-Control": "no-cache"}).status == 200
    assert daemon.query(name).status == 200


def test_no_cache_never_takes_an_unconfirmed_answer_for_a_confirmed_one(daemon, registry, image):
    daemon.query(image)
    registry.script("* */manifests/*", behave.html_error(500))
    assert daemon.query(image, {"Cache-Control": "no-cache"}).code == "upstream"
    assert daemon.query(image).status == 200


def test_only_if_cached_asks_no_registry(daemon, registry, image):
    only = {"Cache-Control": "only-if-cached, max-stale=100"}
    answer = daemon.query(image, only)
    assert (answer.status, answer.code) == (504, "only_if_cached")
    assert not registry.requests
    daemon.query(image)
    assert daemon.query(image, only).status == 200


def test_only_if_cached_asks_no_registry_behind_a_stale_answer(start, registry, image):
    daemon = start({"cache": {"fresh": "1s"}})
    daemon.query(image)
    time.sleep(1.05)
    for _ in ("made now", "kept"):
        answer = daemon.query(image, {"Cache-Control": "only-if-cached"})
        assert answer.headers["Cache-Status"] == "mqueryd; hit; detail=stale"
    time.sleep(0.2)
    assert len(registry.requests) == 1


def ask_in_lines(daemon, image, *lines):
    connection = daemon.connect()
    connection.putrequest("GET", f"/query?image={image}", skip_accept_encoding=True)
    for name, value in lines:
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_lists_may_come_in_several_lines(daemon, registry, image):
    control = "Cache-Control"
    response, _ = ask_in_lines(daemon, image, (control, "max-age=0"), (control, "only-if-cached"))
    assert response.status == 504 and not registry.requests
    tag = daemon.query(image).headers["ETag"]
    response, _ = ask_in_lines(daemon, image, ("If-None-Match", '"a"'), ("If-None-Match", tag))
    assert response.status == 304
    response, body = ask_in_lines(daemon, image, ("Accept", "image/png"), ("accept", "text/plain"))
    assert body.startswith(b"Image: ")


def test_max_stale_changes_nothing(daemon, registry, image):
    daemon.query(image)
    answer = daemon.query(image, {"Cache-Control": "max-stale=99999"})
    assert answer.headers["Cache-Status"] == "mqueryd; hit; ttl=300"


# -- encodings ------------------------------------------------------------------------------------

def test_a_large_answer_is_packed_for_who_takes_it(daemon, large_image):
    plain = daemon.query(large_image)
    assert "Content-Encoding" not in plain.headers
    for _ in range(3):  # rendered, cached, shared
        packed = daemon.query(large_image, {"Accept-Encoding": "br, gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert len(packed.body) < len(plain.body)
        assert gzip.decompress(packed.body) == plain.body
        assert packed.headers["ETag"] == plain.headers["ETag"]
        assert "Accept-Encoding" in packed.headers["Vary"]
    assert daemon.query(large_image).body == plain.body
    refusing = daemon.query(large_image, {"Accept-Encoding": "gzip;q=0, identity"})
    assert refusing.body == plain.body
    head = daemon.ask("HEAD", f"/query?image={large_image}", {"Accept-Encoding": "gzip"})
    assert head.headers["Content-Length"] == str(len(packed.body))


def test_a_small_answer_is_not_packed(daemon, image):
    assert "Content-Encoding" not in daemon.query(image, {"Accept-Encoding": "gzip"}).headers


# -- errors ---------------------------------------------------------------------------------------

def test_errors_are_problem_documents_for_who_names_the_type(daemon, registry):
    accept = {"Accept": "application/problem+json", "X-Request-Id": "r1"}
    name = registry.name("lab/none:v1")
    plain = daemon.query(name)
    problem = daemon.query(name, accept)
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert problem.json == {**plain.json, "type": "about:blank", "title": "Not Found",
                            "status": 404, "detail": plain.json["error"],
                            "instance": "urn:request:r1"}
    assert daemon.get("/nowhere", accept).json["title"] == "Not Found"
    assert daemon.ask("POST", "/health", accept).json["status"] == 405
    assert daemon.query(name, {"Accept": "*/*"}).headers["Content-Type"] == "application/json"


# -- pages of other origins -----------------------------------------------------------------------

PAGE = {"Origin": "https://ui.test"}
PREFLIGHT = {**PAGE, "Access-Control-Request-Method": "GET"}


def cors_headers(answer):
    return {name: value for name, value in answer.headers.items()
            if name.startswith("Access-Control-")}


def test_no_page_may_ask_until_the_operator_says_so(daemon, image):
    for answer in (daemon.query(image, PAGE), daemon.ask("OPTIONS", "/query", PREFLIGHT)):
        assert not cors_headers(answer)


def test_listed_origins_may_ask_and_others_may_not(start, image):
    daemon = start({"server": {"cors": ["https://other.test", "https://ui.test"]}})
    for target in (f"/query?image={image}", "/query", "/health", "/openapi.json"):
        allowed = daemon.get(target, PAGE)
        assert allowed.headers["Access-Control-Allow-Origin"] == "https://ui.test"
        assert "ETag" in allowed.headers["Access-Control-Expose-Headers"]
        for headers in ({"Origin": "https://evil.test"}, {"Origin": "null"}, {}):
            answer = daemon.get(target, headers)
            assert not cors_headers(answer)
            assert "Origin" in answer.headers["Vary"]


def test_a_star_lets_all_pages_ask(start, image):
    daemon = start({"server": {"cors": ["*"]}})
    for headers in (PAGE, {}):
        answer = daemon.query(image, headers)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Origin" not in answer.headers["Vary"]


def test_a_browser_is_told_before_what_it_may_ask(start):
    daemon = start({"server": {"cors": ["https://ui.test"]}})
    answer = daemon.ask("OPTIONS", "/query", PREFLIGHT)
    assert (answer.status, answer.body) == (204, b"")
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "content-type" in answer.headers["Access-Control-Allow-Headers"]
    assert answer.headers["Access-Control-Max-Age"]
    assert not cors_headers(daemon.ask("OPTIONS", "/query", {"Origin": "https://evil.test"}))


@pytest.mark.parametrize("path", ["/push", "/check"])
def test_no_page_ever_pushes(start, path):
    daemon = start({"server": {"cors": ["*"]}, "push": {"enabled": True, "anonymous": True}})
    for method in ("OPTIONS", "POST"):
        assert not cors_headers(daemon.ask(method, path, PREFLIGHT))


def test_options_tells_what_a_path_takes(daemon):
    answer = daemon.ask("OPTIONS", "/version")
    assert (answer.status, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert daemon.ask("OPTIONS", "/nowhere").status == 404


def test_options_of_the_server_itself_tells_all_that_it_takes(daemon):
    daemon.is_described = False  # "*" is no path
    answer = daemon.ask("OPTIONS", "*")
    assert (answer.status, answer.headers["Allow"]) == (204, "GET, HEAD, POST, OPTIONS")
    assert daemon.ask("GET", "*").status == 404


# -- names for the logs ---------------------------------------------------------------------------

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_request_is_found_in_the_log_by_its_names(daemon, image):
    headers = {"X-Request-Id": "build-7.1", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    answer = daemon.query(image, headers)
    assert answer.headers["X-Request-Id"] == "build-7.1"
    line = json.loads(daemon.wait_for_log("build-7.1"))
    assert (line["message"], line["request_id"], line["trace_id"]) == ("query", "build-7.1", TRACE)


@pytest.mark.parametrize("name", ["a b", "a\"b", "x" * 65, "", "\u00e4"])
def test_S20_other_names_are_as_good_as_none(daemon, image, name):
    answer = daemon.query(image, {"X-Request-Id": name.encode(), "traceparent": f"00-{TRACE}"})
    assert "X-Request-Id" not in answer.headers
    daemon.query(image, {"X-Request-Id": "the-end"})
    daemon.wait_for_log("the-end")
    assert TRACE not in daemon.log
    assert daemon.log.count("request_id") == 1


def test_an_id_changes_nothing_for_those_who_share_the_answer(daemon, image):
    daemon.query(image)
    for number in range(3):
        assert daemon.query(image, {"X-Request-Id": f"r{number}"}).headers["X-Request-Id"] \
            == f"r{number}"
        assert "X-Request-Id" not in daemon.query(image).headers


# -- HEAD -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("target", ["/", "/health", "/ready", "/version", "/openapi.json",
                                    "/nowhere", "/query", "/query?image=a+b"])
def test_head_is_get_without_its_body_everywhere(daemon, target):
    got, head = daemon.get(target), daemon.ask("HEAD", target)
    assert (head.status, head.body) == (got.status, b"")
    assert head.headers["Content-Length"] == str(len(got.body))
    assert {name for name in head.headers} == {name for name in got.headers}


def test_a_cache_that_is_told_to_forget_is_refilled(start, registry, image):
    """A stale answer is not to be kept by caches on the way, and is soon another."""
    daemon = start({"cache": {"fresh": "1s", "stale_while_revalidate": "1m"}})
    daemon.query(image)
    time.sleep(1.05)
    stale = daemon.query(image)
    assert (stale.json["stale"], stale.headers["Cache-Control"]) == (True, "no-cache")
    assert stale.headers["Cache-Status"] == "mqueryd; hit; detail=stale"
    wait_until(lambda: "stale" not in daemon.query(image).json, "a fresh answer")
