# SPDX-License-Identifier: Apache-2.0
"""What is sent to registries and token servers: which paths, which headers, how often."""
import json

import pytest

from support import behave, images
from support.authority import Basic, Bearer, basic, unauthorized
from support.command_line import mquery, said
from support.images import config, index_of
from support.processes import wait_until
from support.pushes import TARGET, assert_pushed, names_of_sources, push_sources, spec

ROBOT = ("robot", "p:a ss+word")


@pytest.fixture
def account(secret_file):
    return {"username": ROBOT[0], "password_file": secret_file(ROBOT[1])}


# -- the request line -----------------------------------------------------------------------------

@pytest.mark.parametrize("name, path", [
    ("app", "/v2/app/manifests/latest"),
    ("a__b/c-d--e.f:v1.0_x-Y", "/v2/a__b/c-d--e.f/manifests/v1.0_x-Y"),
    ("lab/app:_tag", "/v2/lab/app/manifests/_tag"),
    ("lab/app:v1@sha256:" + "a" * 64, "/v2/lab/app/manifests/sha256:" + "a" * 64)])
def test_H1_a_path_is_made_of_the_references_parts_and_nothing_else(registry, daemon, name, path):
    daemon.query(registry.name(name))
    assert [each.target for each in registry.requests] == [path]


# -- headers --------------------------------------------------------------------------------------

def test_H3_blobs_are_asked_for_as_they_are(registry, daemon):
    registry.push_image("lab/app:v1", config("linux/arm64"))
    assert daemon.query(registry.name("lab/app:v1")).status == 200
    blob, = registry.asked(contains="/blobs/")
    assert blob.header("accept") == "application/octet-stream, */*"
    assert blob.header("accept-encoding") is None


def test_H12_an_etag_is_no_digest(start, registry, image):
    """Here it is that of something else, and the digest's own header is lacking."""
    other = images.digest_of(b"something else")
    for method in ("GET", "HEAD"):
        registry.script(f"{method} */manifests/*", behave.with_headers(
            ("ETag", f'"{other}"'), without=["Docker-Content-Digest"]))
    daemon = start({"cache": {"fresh": "1ms", "stale_while_revalidate": "0s"}})
    digest = registry.push("lab/app:v1", index_of("linux/amd64"))
    assert daemon.query(image).json["digest"] == digest
    again = wait_until(lambda: (answer := daemon.query(image)) and registry.count("HEAD")
                       and answer, "a confirmation")
    assert again.json["digest"] == digest


def test_H32_who_we_are_is_said_and_no_cookie_is_kept(start, registry, another_registry):
    registry.push_image("lab/app:v1", config("linux/arm64"))
    another_registry.push_image("lab/app:v1", config("linux/arm64"))
    registry.script("GET */manifests/*", behave.with_headers(("Set-Cookie", "session=1; Path=/")))
    registry.script("GET */blobs/*", behave.redirect_to(another_registry))
    daemon = start()
    assert daemon.query(registry.name("lab/app:v1")).status == 200
    for request in registry.requests + another_registry.requests:
        assert request.header("user-agent").startswith("mqueryd/")
        assert request.header("cookie") is None
        assert request.header("referer") is None


def test_H31_names_of_headers_have_no_case(registry, daemon, image):
    digest = registry.push("lab/app:v1", index_of("linux/amd64"))
    registry.script("GET */manifests/*", behave.with_headers(
        ("dOCKER-cONTENT-dIGEST", digest), ("CONTENT-TYPE", images.OCI_INDEX)))
    answer = daemon.query(image)
    assert (answer.status, answer.json["mediatype"]) == (200, images.OCI_INDEX)


def test_H31_nothing_waits_for_100_continue(door, registry, another_registry):
    push_sources(another_registry)
    assert_pushed(door.push(spec(registry, names_of_sources(another_registry))), registry)
    assert registry.count("PUT", "/blobs/")
    assert all(each.header("expect") is None for each in registry.requests)


# -- authentication -------------------------------------------------------------------------------

def test_A1_the_question_itself_is_asked_first(start, registry, tokens, image):
    registry.authority = Bearer(tokens)
    assert start(host={"realm": [tokens.address]}).query(image).status == 200
    assert [each.path for each in registry.requests] == ["/v2/lab/app/manifests/v1"] * 2


def test_A1_a_401_that_says_nothing_has_the_root_asked_once(start, registry, tokens, image):
    registry.authority = Bearer(tokens)
    registry.script("GET */manifests/*", lambda _, request: (
        registry.answer_honestly(request) if request.header("authorization") else unauthorized()))
    assert start(host={"realm": [tokens.address]}).query(image).status == 200
    assert registry.count("GET", "/v2/") == 3
    assert [each.path for each in registry.requests].count("/v2/") == 1


def test_A7_a_token_is_asked_for_by_get_with_what_the_realm_says_already(start, registry, tokens,
                                                                          image, account):
    tokens.credentials = basic(*ROBOT)
    registry.authority = Bearer(tokens, 'Bearer realm="REALM?x=1&y=%20",service="a b&c"')
    daemon = start(host={**account, "realm": [tokens.address]})
    assert daemon.query(image).status == 200
    request, = tokens.requests
    assert request.method == "GET" and request.body == b""
    assert request.target.startswith("/token?x=1&y=%20&")
    assert request.query == {"x": ["1"], "y": [" "], "service": ["a b&c"], "account": [ROBOT[0]],
                             "scope": ["repository:lab/app:pull"]}
    assert request.header("authorization") == basic(*ROBOT)


def test_A7_a_stranger_sends_no_credentials_and_no_name(start, registry, tokens, image):
    registry.authority = Bearer(tokens)
    assert start(host={"realm": [tokens.address]}).query(image).status == 200
    request, = tokens.requests
    assert request.header("authorization") is None and "account" not in request.query


def test_A10_a_token_is_no_access_yet(start, registry, tokens, image):
    """Docker Hub gives one to everybody, whatever for."""
    registry.authority = Bearer(tokens)
    registry.script("GET */manifests/*", behave.honest, behave.fail(
        401, "UNAUTHORIZED", "authentication required"))
    answer = start(host={"realm": [tokens.address]}).query(image)
    assert (answer.status, answer.code) == (403, "denied")
    assert len(tokens.requests) >= 1


# -- credential files -----------------------------------------------------------------------------

def test_C2_of_a_credential_file_only_credentials_are_used(start, registry, secret_file, image):
    registry.authority = Basic(*ROBOT)
    path = secret_file(json.dumps({
        "auths": {registry.address: {"username": ROBOT[0], "password": ROBOT[1], "email": "x@y"}},
        "HttpHeaders": {"X-Meta": "1"}, "proxies": {"default": {"httpProxy": "http://127.0.0.1:1"}},
        "currentContext": "x", "plugins": {}, "experimental": "enabled"}))
    daemon = start({"registry": {"credentials": path}})
    assert daemon.query(image).status == 200
    assert all(each.header("x-meta") is None for each in registry.requests)


def test_C2_a_credential_file_over_a_mebibyte_is_refused(start, registry, image, tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"auths":{}' + " " * (1 << 20) + "}", encoding="utf-8")
    status, out, err = said(mquery("--docker-cfg", str(path), image))
    assert (status, out, registry.requests) == (2, "", [])
    assert str(path) in err


# -- what is sent again ---------------------------------------------------------------------------

ONCE_BUSY = [behave.html_error(503), behave.honest]


def test_H21_a_manifest_is_put_again_as_it_was(door, registry):
    push_sources(registry)
    registry.script(f"PUT */{TARGET}/manifests/v1", *ONCE_BUSY)
    assert_pushed(door.push(spec(registry)), registry)
    first, second = registry.asked("PUT", f"/{TARGET}/manifests/v1")
    assert first.body == second.body != b""


def test_H21_a_streamed_blob_begins_anew_with_another_upload(door, registry, another_registry):
    push_sources(another_registry)
    registry.script("PUT */blobs/uploads/*", *ONCE_BUSY)
    assert_pushed(door.push(spec(registry, names_of_sources(another_registry))), registry)
    uploads = [each.path for each in registry.asked("PUT", "/blobs/uploads/")]
    assert len(uploads) == len(set(uploads))
    assert registry.count("POST") == len(uploads)


def test_H21_a_token_is_asked_for_again(start, registry, tokens, image):
    registry.authority = Bearer(tokens)
    failures = [behave.hang_up, behave.html_error(502)]
    tokens.behaviour = lambda server, request: (
        failures.pop(0)(server, request) if len(failures) > 1 else server.give_token(request))
    assert start(host={"realm": [tokens.address]}).query(image).status == 200
    assert len(tokens.requests) == 2
