# SPDX-License-Identifier: Apache-2.0
"""Registries that fail, lie about lengths, never end, or say to come back later."""
import email.utils
import gzip
import time

import pytest

from support import behave, crowd, images
from support.authority import Bearer, TokenEndpoint
from support.fake_registry import FakeRegistry
from support.http_server import Raw
from support.images import config, index_of
from support.processes import free_port

GOOD = index_of("linux/amd64")
IMPATIENT = {"registry": {"timeout": "1s"}}


@pytest.fixture
def image(registry):
    registry.push("lab/app:v1", GOOD)
    return registry.name("lab/app:v1")


def assert_failed(answer, status, code):
    assert (answer.status, answer.code) == (status, code), answer.body


# -- what is wrong is told apart ------------------------------------------------------------------

@pytest.mark.parametrize("body", [
    behave.fail(404, "MANIFEST_UNKNOWN", "manifest unknown"), behave.fail(404, "NAME_UNKNOWN"),
    behave.html_error(404), behave.respond(404)])
def test_T23_what_is_not_there_is_not_found(daemon, registry, image, body):
    registry.script("GET */manifests/*", body)
    assert_failed(daemon.query(image), 404, "not_found")
    assert len(registry.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_H18_an_error_page_is_an_upstream_error(daemon, registry, image, status):
    registry.script("GET */manifests/*", behave.html_error(status))
    assert_failed(daemon.query(image), 502, "upstream")
    assert len(registry.requests) == 2


@pytest.mark.parametrize("status", [400, 405, 418, 501, 505])
def test_H19_what_will_not_get_better_is_not_asked_again(daemon, registry, image, status):
    registry.script("GET */manifests/*", behave.fail(status))
    assert_failed(daemon.query(image), 502, "upstream")
    assert len(registry.requests) == 1


@pytest.mark.parametrize("first", [
    behave.html_error(503), behave.hang_up, behave.cut_short], ids=["503", "hung up", "cut short"])
def test_H19_one_failure_is_forgiven(daemon, registry, image, first):
    registry.script("GET */manifests/*", first, behave.honest)
    assert daemon.query(image).platforms == ["linux/amd64"]


def test_T23_a_name_that_does_not_resolve_is_an_upstream_error(start):
    """A label of 64 letters, which no resolver is even asked for."""
    assert_failed(start().query("a" * 64 + ".example/lab/app"), 502, "upstream")


def test_T23_a_closed_port_is_an_upstream_error(start):
    closed = f"127.0.0.1:{free_port()}"
    daemon = start({"registry": {"hosts": [{"name": closed, "plain_http": True}]}})
    assert_failed(daemon.query(f"{closed}/lab/app"), 502, "upstream")


def test_T23_a_certificate_nobody_vouches_for_is_an_upstream_error(start, ca):
    with FakeRegistry(tls=ca.server_context()) as secure:
        secure.push("lab/app:v1", GOOD)
        daemon = start({"registry": {"hosts": [{"name": secure.address}]}})
        answer = daemon.query(secure.name("lab/app:v1"))
    assert_failed(answer, 502, "upstream")
    assert "certificate" in answer.json["error"].lower()
    assert secure.requests == []


def test_T39_a_registry_without_tls_that_is_not_listed_so_is_told_of(start):
    with FakeRegistry() as plain:
        daemon = start({"registry": {"hosts": [{"name": plain.address}]}})
        answer = daemon.query(plain.name("lab/app:v1"))
    assert_failed(answer, 502, "upstream")
    assert "plain_http of registry.hosts" in answer.json["error"]


def test_a_private_authority_vouches_where_it_is_listed(start, ca):
    with FakeRegistry(tls=ca.server_context()) as secure:
        secure.push("lab/app:v1", GOOD)
        hosts = [{"name": secure.address, "ca_file": ca.file}]
        assert start({"registry": {"hosts": hosts}}).query(secure.name("lab/app:v1")).status == 200


# -- time -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("slowness", [behave.silence, behave.slow_headers, behave.slow_body])
def test_S26_T23_a_registry_that_takes_too_long_is_a_timeout(start, registry, image, slowness):
    registry.script("GET */manifests/*", slowness)
    assert_failed(start(IMPATIENT).query(image), 504, "timeout")


def test_S26_a_token_server_that_takes_too_long_is_a_timeout(start, registry, image):
    with TokenEndpoint() as tokens:
        tokens.behaviour = behave.slow_body
        registry.authority = Bearer(tokens)
        daemon = start(IMPATIENT, host={"realm": [tokens.address]})
        assert_failed(daemon.query(image), 504, "timeout")


def test_S26_a_config_that_takes_too_long_is_a_timeout(start, registry):
    registry.push_image("lab/app:v1", config("linux/amd64"))
    registry.script("GET */blobs/*", behave.slow_body)
    assert_failed(start(IMPATIENT).query(registry.name("lab/app:v1")), 504, "timeout")


# -- length ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("endless", [behave.endless_body, behave.chunked(b" " * (5 << 20))],
                         ids=["without end", "5 MiB"])
def test_S16_T29_a_body_of_no_stated_length_is_cut_off(daemon, registry, image, endless):
    registry.script("GET */manifests/*", endless)
    assert_failed(daemon.query(image), 422, "too_large")


def test_T29_bodies_on_their_way_stay_within_their_budget(start, registry):
    """Half a gigabyte of them at once, were there no bound."""
    registry.script("GET */manifests/*", behave.endless_body)
    daemon = start({"registry": {"memory": "16MiB"}})
    name = registry.name("lab/app")
    answers = crowd.receive(crowd.send(daemon, [f"/query?image={name}:t{n}" for n in range(128)]))
    assert {each.split(b" ")[1] for each in answers} <= {b"422", b"503"}
    assert daemon.peak_memory() < 256


def test_S16_headers_without_end_are_cut_off(daemon, registry, image):
    registry.script("GET */manifests/*", behave.endless_headers)
    answer = daemon.query(image)
    assert answer.code in ("upstream", "too_large"), answer.body


def test_S16_a_stated_length_over_the_limit_is_refused_unread(daemon, registry, image):
    registry.script("GET */manifests/*", behave.respond(
        200, iter(()), ("Content-Type", images.OCI_INDEX), ("Content-Length", str(1 << 62))))
    answer = daemon.query(image)
    assert answer.code in ("upstream", "too_large"), answer.body


def test_H10_a_body_shorter_than_stated_is_an_error(daemon, registry, image):
    registry.script("GET */manifests/*", behave.cut_short)
    assert_failed(daemon.query(image), 502, "upstream")


def in_one_piece(text):
    return lambda *_: Raw([text.encode()])


CUT_HEAD = "HTTP/1.1 200 OK\r\nContent-Ty"


def test_H10_H19_a_head_that_is_cut_is_forgiven_once_as_a_body_is(daemon, registry, image):
    registry.script("GET */manifests/*", in_one_piece(CUT_HEAD), behave.honest)
    assert daemon.query(image).platforms == ["linux/amd64"]


def test_H10_a_head_that_is_always_cut_is_an_error(daemon, registry, image):
    registry.script("GET */manifests/*", in_one_piece(CUT_HEAD))
    assert_failed(daemon.query(image), 502, "upstream")
    assert len(registry.requests) == 2


def test_H10_a_length_that_nobody_can_count_to_is_an_error(daemon, registry, image):
    registry.script("GET */manifests/*", in_one_piece(
        f"HTTP/1.1 200 OK\r\nContent-Type: {images.OCI_INDEX}\r\nContent-Length: {10 ** 23}\r\n"
        "Connection: close\r\n\r\n" + images.encode(GOOD).decode()))
    answer = daemon.query(image)
    assert_failed(answer, 502, "upstream")
    assert "Content-Length" in answer.json["error"]


def test_S16_what_follows_the_stated_length_is_not_read(daemon, registry, image):
    registry.script("GET */manifests/*", behave.overlong)
    assert daemon.query(image).platforms == ["linux/amd64"]


def test_S17_a_body_compressed_unasked_is_refused(daemon, registry, image):
    registry.script("GET */manifests/*", behave.compressed)
    assert_failed(daemon.query(image), 502, "upstream")


PACKED = gzip.compress(images.encode(GOOD))


@pytest.mark.parametrize("coding, body", [
    ("gzip", PACKED), ("gzip, chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(PACKED), PACKED))],
    ids=["alone", "in chunks"])
def test_S17_a_body_compressed_for_the_transfer_is_refused(daemon, registry, image, coding, body):
    """By itself libcurl would unpack it."""
    head = (f"HTTP/1.1 200 OK\r\nContent-Type: {images.OCI_INDEX}\r\n"
            f"Transfer-Encoding: {coding}\r\nConnection: close\r\n\r\n")
    registry.script("GET */manifests/*", lambda *_: Raw([head.encode(), body]))
    assert_failed(daemon.query(image), 502, "upstream")


# -- headers --------------------------------------------------------------------------------------

@pytest.mark.parametrize("said", [
    images.digest_of(b"something else"), images.digest_of(GOOD)[:-1], "sha256:", "nonsense"])
def test_H9_a_wrong_digest_header_is_an_error(daemon, registry, image, said):
    registry.script("GET */manifests/*", behave.digest_header(said))
    assert_failed(daemon.query(image), 502, "upstream")


@pytest.mark.parametrize("said", [None, ""])
def test_H9_a_missing_digest_header_is_no_error(daemon, registry, image, said):
    registry.script("GET */manifests/*", behave.digest_header(said))
    answer = daemon.query(image)
    assert answer.status == 200
    assert answer.json["digest"] == images.digest_of(GOOD)


def test_H9_a_digest_header_of_another_algorithm_is_checked_with_that(daemon, registry, image):
    registry.script("GET */manifests/*", behave.digest_header(images.digest_of(GOOD, "sha512")))
    assert daemon.query(image).status == 200


@pytest.mark.parametrize("name, values", [
    ("Docker-Content-Digest", [images.digest_of(GOOD), images.digest_of(b"another")]),
    ("Content-Type", [images.OCI_INDEX, images.OCI_MANIFEST])])
def test_H11_one_header_with_two_values_is_an_error(daemon, registry, image, name, values):
    registry.script("GET */manifests/*", behave.with_headers(*[(name, each) for each in values]))
    assert_failed(daemon.query(image), 502, "upstream")


def test_H2_manifests_are_asked_for_by_all_their_types(daemon, registry, image):
    daemon.query(image)
    accepted = registry.requests[0].header("accept")
    for media_type in (images.OCI_INDEX, images.OCI_MANIFEST, images.DOCKER_LIST,
                       images.DOCKER_MANIFEST):
        assert media_type in accepted


def test_S20_what_a_registry_says_cannot_steer_a_terminal(daemon, registry, image):
    message = "evil \x1b[2J\r\nlevel=error fake=line \u202egnp.exe \x00"
    registry.script("GET */manifests/*", behave.fail(403, "DENIED", message))
    answer = daemon.query(image)
    daemon.wait_for_log("/query" if "/query" in daemon.log else "lab/app")
    for text in (answer.json["error"], daemon.log):
        for bad in ("\x1b", "\u202e", "\x00", "\r"):
            assert bad not in text
    assert "\n" not in answer.json["error"]


# -- a registry's quota ---------------------------------------------------------------------------

def in_an_hour():
    return email.utils.formatdate(time.time() + 3600, usegmt=True)


@pytest.mark.parametrize("said, told", [
    ("3", range(1, 4)), ("99999", range(1, 100000)), (in_an_hour, range(3500, 3601)),
    ("1.2ms", range(1, 61)), (None, range(1, 61)), ("garbage", range(1, 61)), ("-5", range(1, 61)),
    ("Thu, 01 Jan 1970 00:00:00 GMT", range(1, 61))])
def test_T21_a_registrys_quota_is_passed_on(daemon, registry, image, said, told):
    registry.script("GET */manifests/*", behave.rate_limited(said() if callable(said) else said))
    answer = daemon.query(image)
    assert_failed(answer, 503, "rate_limited")
    assert int(answer.headers["Retry-After"]) in told
    assert len(registry.requests) <= 2


def test_H20_what_a_registry_in_trouble_asks_to_wait_is_passed_on(daemon, registry, image):
    registry.script("GET */manifests/*",
                    behave.fail(503, "UNAVAILABLE", "later", ("Retry-After", "20")))
    answer = daemon.query(image)
    assert_failed(answer, 502, "upstream")
    assert answer.headers["Retry-After"] == "20"
    registry.forget()
    answer = daemon.query(image)
    assert_failed(answer, 502, "upstream")
    assert 1 <= int(answer.headers["Retry-After"]) <= 20
    assert registry.requests == []


@pytest.mark.parametrize("body", [b"", b"<html>", b"slow\rdown\n\n", b"{" * 1000, b"x" * 100000])
def test_T21_the_words_of_a_quota_do_not_matter(daemon, registry, image, body):
    registry.script("GET */manifests/*", behave.rate_limited("30", body))
    assert_failed(daemon.query(image), 503, "rate_limited")


def test_T21_H20_there_is_no_storm_after_a_429(daemon, registry, image):
    registry.script("GET */manifests/*", behave.rate_limited("30"))
    for tag in range(20):
        assert_failed(daemon.query(registry.name(f"lab/app:t{tag}")), 503, "rate_limited")
    assert len(registry.requests) <= 2
