# SPDX-License-Identifier: Apache-2.0
"""Registries and callers that mean harm: to what others are told, to what they may reach, to the
memory, and to inner networks."""
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import behave, crowd, images
from support.authority import Bearer, TokenEndpoint, registry_auth, unauthorized
from support.daemon import Daemon
from support.docker_registry import listing
from support.fake_registry import FakeRegistry
from support.http2_server import Http2Server
from support.images import config, index_of
from support.namespaces import INNER_NAME, PUBLIC_ADDRESS
from support.processes import is_sanitized, wait_until
from support.wire import exchange

PLATFORMS = ["linux/amd64", "linux/arm64"]
SOON = 10.0  # seconds: longer than `negative` is here, and shorter than it usually is


@pytest.fixture
def start_both(start, registry, another_registry):
    """Starts a daemon that has both registries listed."""
    def start_daemon(settings=None):
        hosts = [listing(registry), listing(another_registry)]
        return start({**(settings or {}), "registry": {"hosts": hosts}})
    return start_daemon


# -- what one registry says of a digest, and what another one is asked ----------------------------

CONFIGS = [config(each) for each in PLATFORMS]
CHILDREN = [images.manifest(each) for each in CONFIGS]
BARE_INDEX = images.index([images.descriptor(each, images.OCI_MANIFEST) for each in CHILDREN])
REFERENCES = [":v1", "@" + images.digest_of(BARE_INDEX)]


def push_bare_index(registry):
    """An index that says of no entry which platform it is for, without the children that do."""
    registry.push("lab/app:v1", BARE_INDEX)


def push_children(registry):
    for child, its_config in zip(CHILDREN, CONFIGS):
        registry.push("lab/app", child, parts=[its_config])


@pytest.mark.parametrize("reference", REFERENCES, ids=["tag", "digest"])
def test_L8_children_that_are_missing_are_left_out_and_told(daemon, registry, reference):
    push_bare_index(registry)
    answer = daemon.query(registry.name("lab/app" + reference))
    assert (answer.status, answer.platforms) == (200, [])
    assert answer.json["warnings"]
    assert "immutable" not in answer.headers["Cache-Control"]


@pytest.mark.parametrize("reference", REFERENCES, ids=["tag", "digest"])
def test_L8_children_missing_at_one_registry_are_found_at_another(start_both, registry,
                                                                   another_registry, reference):
    push_bare_index(another_registry)
    push_bare_index(registry)
    push_children(registry)
    daemon = start_both()
    assert daemon.query(another_registry.name("lab/app:v1")).platforms == []
    answer = daemon.query(registry.name("lab/app" + reference))
    assert answer.platforms == PLATFORMS
    assert "warnings" not in answer.json


@pytest.mark.parametrize("reference", REFERENCES, ids=["tag", "digest"])
def test_L8_children_that_appear_later_are_found(start, registry, reference):
    push_bare_index(registry)
    daemon = start({"cache": {"negative": "1s"}})
    name = registry.name("lab/app" + reference)
    assert daemon.query(name).platforms == []
    push_children(registry)
    wait_until(lambda: daemon.query(name).platforms == PLATFORMS, "the children", SOON)
    assert "warnings" not in daemon.query(name).json


def test_the_type_one_registry_gives_is_not_told_of_another(start_both, registry,
                                                                another_registry):
    untyped = index_of("linux/amd64")
    del untyped["mediaType"]
    another_registry.push("lab/app:v1", untyped, images.DOCKER_LIST)
    registry.push("lab/app:v1", untyped, images.OCI_INDEX)
    daemon = start_both()
    told = [daemon.query(each.name("lab/app:v1")).json for each in (another_registry, registry)]
    assert [each["mediatype"] for each in told] == [images.DOCKER_LIST, images.OCI_INDEX]
    assert told[0]["digest"] == told[1]["digest"]


def test_T29_junk_under_a_digest_is_no_fact_about_it(start, registry):
    digest = registry.push("lab/app:v1", index_of("linux/amd64"))
    registry.script("GET *", behave.respond(200, b"x" * (5 << 20),
                                            ("Content-Type", images.OCI_INDEX)), behave.honest)
    daemon = start({"cache": {"negative": "1s"}})
    name = registry.name(f"lab/app@{digest}")
    answer = daemon.query(name)
    assert (answer.status, answer.code) == (422, "too_large")
    wait_until(lambda: daemon.query(name).status == 200, "the honest answer", SOON)


# -- one bad answer, and those who ask next -------------------------------------------------------

def test_a_realm_that_was_dead_once_is_forgotten(start, registry):
    for tag in ("v1", "v2"):
        registry.push(f"lab/app:{tag}", index_of("linux/amd64"))
    registry.script("GET *", lambda *_: unauthorized('Bearer realm="http://127.0.0.1:1/token"'),
                    behave.honest)
    daemon = start(host={"realm": ["127.0.0.1:1"]})
    daemon.query(registry.name("lab/app:v1"))
    assert daemon.query(registry.name("lab/app:v2")).status == 200


def test_a_realm_that_moves_is_found_again(start, registry):
    for name in ("first", "second"):
        registry.push(f"lab/{name}:v1", index_of("linux/amd64"))
    with TokenEndpoint() as before, TokenEndpoint() as after:
        daemon = start(host={"realm": [before.address, after.address]})
        registry.authority = Bearer(before)
        assert daemon.query(registry.name("lab/first:v1")).status == 200
        before.behaviour = behave.hang_up
        registry.authority = Bearer(after)
        assert daemon.query(registry.name("lab/second:v1")).status == 200


@pytest.mark.parametrize("limited", ["GET */lab/limited/*", "GET */lab/limited/blobs/*"])
def test_T21_a_quota_elsewhere_is_not_the_registrys(start_both, registry, another_registry,
                                                    limited):
    for repository in ("limited", "app"):
        registry.push_image(f"lab/{repository}:v1", config("linux/arm64"))
    registry.script(limited, behave.redirect_to(another_registry))
    another_registry.script("GET *", behave.rate_limited("1000"))
    daemon = start_both()
    assert daemon.query(registry.name("lab/limited:v1")).code == "rate_limited"
    assert daemon.query(registry.name("lab/app:v1")).platforms == ["linux/arm64"]


def test_T21_one_callers_quota_is_not_everyones(daemon, registry):
    for tag in ("v1", "v2"):
        registry.push(f"lab/app:{tag}", index_of("linux/amd64"))
    first, second = (registry.name(f"lab/app:{tag}") for tag in ("v1", "v2"))
    spent, another = (registry_auth(registrytoken=token) for token in ("spent", "another"))

    def answer(_, request):
        is_spent = request.header("authorization") == "Bearer spent"
        return (behave.rate_limited("1000") if is_spent else behave.honest)(registry, request)
    registry.script("GET *", answer)

    assert daemon.query(first, headers=spent).code == "rate_limited"
    asked = registry.count()
    again = daemon.query(second, headers=spent)
    assert (again.status, again.code) == (503, "rate_limited")
    assert registry.count() == asked
    assert daemon.query(first).status == 200
    assert daemon.query(first, headers=another).status == 200


def ask_many(daemon, registry, numbers):
    """For an image of another repository each."""
    names = [registry.name(f"lab/app{number}") for number in numbers]
    with ThreadPoolExecutor(max_workers=8) as pool:
        return [answer.status for answer in pool.map(daemon.query, names)]


def any_token_of(tokens):
    def answer(registry, request):
        if request.header("authorization"):
            return registry.answer_honestly(request)
        return unauthorized(f'Bearer realm="{tokens.realm}"')
    return answer


def test_large_tokens_do_not_pile_up(start, registry):
    """600 of 100 KiB are 59 MiB, were all of them kept."""
    with TokenEndpoint() as tokens:
        tokens.behaviour = behave.respond(
            200, json.dumps({"token": "t" * 102400, "expires_in": 86400}).encode())
        registry.script("GET *", any_token_of(tokens))
        daemon = start(host={"realm": [tokens.address]})
        if is_sanitized(daemon.pid):
            pytest.skip("a sanitizer's memory is not the daemon's")
        ask_many(daemon, registry, range(20))
        before = daemon.peak_memory()
        assert ask_many(daemon, registry, range(20, 620)) == [404] * 600
        assert len(tokens.requests) >= 600
        assert daemon.peak_memory() - before < 40


# -- strangers ------------------------------------------------------------------------------------

class Crowded:
    """Never answers, and knows how many were asked of it at about the same time."""

    def __init__(self):
        self.recent = self.most = 0
        self._lock = threading.Lock()

    def __call__(self, registry, request):
        self._count(1)
        registry.stopping.wait(1)
        self._count(-1)
        return behave.silence(registry, request)

    def _count(self, change):
        with self._lock:
            self.recent += change
            self.most = max(self.most, self.recent)


def test_a_registry_that_hangs_is_a_stranger_again(start, ca):
    """Of eight workers strangers may hold two, and a known registry more."""
    with FakeRegistry(tls=ca.server_context()) as stranger:
        stranger.push("lab/app:v1", index_of("linux/amd64"))
        daemon = start({"registry": {"allow": [stranger.address], "allow_private": True,
                                     "timeout": "2s", "workers_max": 8}},
                       environment={"SSL_CERT_FILE": ca.file})
        assert daemon.query(stranger.name("lab/app:v1")).status == 200
        stranger.script("GET *", behave.silence)
        assert daemon.query(stranger.name("lab/app:v2")).code == "timeout"
        crowded = Crowded()
        stranger.script("GET *", crowded)
        targets = [f"/query?image={stranger.name('lab/app')}:t{number}" for number in range(16)]
        answers = crowd.receive(crowd.send(daemon, targets))
    assert {each.split(b" ")[1] for each in answers} <= {b"503", b"504"}
    assert 1 <= crowded.most <= 2


# -- names ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("host", ["127.0.0.1", "0177.0.0.1", "0" * 45 + "177.0.0.1",
                                  "0" * 70 + "177.0.0.1", "0x" + "0" * 70 + "7f.0.0.1"])
def test_S1_no_spelling_of_a_denied_address_reaches_it(start, registry, host):
    registry.push("lab/app:v1", index_of("linux/amd64"))
    daemon = start({"registry": {"hosts": [], "allow": [f"*.0.0.1:{registry.port}"],
                                 "allow_private": True, "deny": ["127.0.0.1"]}})
    answer = daemon.query(f"{host}:{registry.port}/lab/app:v1")
    assert (answer.status, answer.code) in [(403, "forbidden"), (400, "invalid")], answer.body
    assert registry.connections == 0


@pytest.mark.parametrize("listed, asked", [("127.0.0.1", "127.0.0.1:443"),
                                           ("127.0.0.1:443", "127.0.0.1")])
def test_a_listed_host_is_listed_with_its_usual_port_too(start, listed, asked):
    """Whatever is at that port of this machine: it was not refused by a rule of ours."""
    daemon = start({"registry": {"hosts": [{"name": listed}], "timeout": "5s"}})
    assert daemon.query(f"{asked}/lab/app:v1").code != "forbidden"


# -- requests that two servers read in two ways ---------------------------------------------------

def assert_refused_once(received):
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 "), received
    assert b"content-type: application/json" in head.lower()
    assert b'"code":"invalid"' in body
    assert len(re.findall(rb"HTTP/1\.1 \d", received)) == 1


def test_T40_a_request_without_a_host_is_refused(daemon):
    assert_refused_once(exchange(daemon, b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n"))


def test_T40_a_request_with_two_hosts_is_refused(daemon):
    assert_refused_once(exchange(daemon, b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"))


@pytest.mark.parametrize("method", [b"GET", b"POST"])
@pytest.mark.parametrize("lengths", [
    b"Content-Length: 4\r\nTransfer-Encoding: chunked", b"Content-Length: 4\r\nContent-Length: 5",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: xchunked"])
def test_T40_two_lengths_of_one_body_smuggle_nothing_in(daemon, method, lengths):
    """That exchange() ends shows that the connection was closed."""
    assert_refused_once(exchange(
        daemon, method + b" /query?image=alpine HTTP/1.1\r\nHost: x\r\n" + lengths +
        b"\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n"))


def test_T40_http_1_0_has_no_coding_of_its_bodies(daemon):
    assert_refused_once(exchange(
        daemon, b"POST /query HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"))


# -- inner places, on a public registry's word ----------------------------------------------------

def redirect_inside(inner):
    return behave.redirect(f"{inner.url}/admin/delete?x=1")


def realm_inside(inner):
    return lambda *_: unauthorized(f'Bearer realm="{inner.url}/admin/token"')


@pytest.mark.parametrize("send_inside", [redirect_inside, realm_inside])
def test_S4_S5_a_public_registry_opens_no_listed_private_host(ca, inside, send_inside):
    def body():
        with FakeRegistry(PUBLIC_ADDRESS, ca.server_context(PUBLIC_ADDRESS)) as public, \
                FakeRegistry(tls=ca.server_context()) as inner:
            for server in (public, inner):
                server.push("lab/app:v1", index_of("linux/amd64"))
            inner.script("* /admin/*", behave.respond(200, b'{"token":"abc"}'))
            public.script("GET */lab/evil/*", send_inside(inner))
            settings = {"registry": {"allow": ["*", public.address], "hosts": [
                {"name": inner.address, "ca_file": ca.file}]}}
            with Daemon(settings, environment={"SSL_CERT_FILE": ca.file}) as daemon:
                assert daemon.query(public.name("lab/app:v1")).status == 200
                assert daemon.query(public.name("lab/evil:v1")).status in (403, 502)
                assert inner.requests == []
                assert daemon.query(inner.name("lab/app:v1")).status == 200
    inside(body)


def test_S2_a_connection_on_somebodys_word_is_joined_by_nobody(ca, inside):
    """A private registry may redirect to a private host. Who names that host himself is refused,
    also while a connection to it stands that could carry his request."""
    def body():
        with FakeRegistry() as registry, \
                Http2Server(ca.server_context("127.0.0.1", INNER_NAME)) as inner:
            place = f"{INNER_NAME}:{inner.port}"
            registry.script("GET *", behave.redirect(f"https://{place}/v2/lab/app/manifests/v1"))
            settings = {"registry": {"allow": ["*", place], "hosts": [listing(registry)]}}
            with Daemon(settings, environment={"SSL_CERT_FILE": ca.file}) as daemon:
                redirected = crowd.send(daemon, [f"/query?image={registry.name('lab/app:v1')}"])
                wait_until(lambda: inner.held == 1, "the redirected request")
                answer = daemon.query(f"{place}/lab/secret:v1")
                inner.close()
                crowd.receive(redirected)
            assert (answer.status, answer.code) == (403, "forbidden"), answer.body
            assert inner.joined == 0
    inside(body)
