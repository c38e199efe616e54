# SPDX-License-Identifier: Apache-2.0
"""The security rules, each by the attack that it is for (docs/protocol-rules.md, S).

More of those whose attack is a document, a header or a length are in test_query_documents.py and
test_query_failures.py (S8-S12, S15-S17, S20), pages of tags in test_cli_tags.py (S7), proxies in
test_proxies.py (S3), two callers' tokens in test_query_auth.py (S25), crowds in test_cache.py (S31)
and secrets in test_secrets.py (S21).
"""
import contextlib
import glob
import json
import os
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import behave, canaries, images, name_server, namespaces
from support.authority import Basic, Bearer, TokenEndpoint, registry_auth, unauthorized
from support.command_line import mquery, said
from support.connect_proxy import ConnectProxy
from support.daemon import Daemon, run
from support.docker_registry import listing
from support.fake_registry import FakeRegistry
from support.http_server import HttpServer, Raw
from support.images import config, index_of, manifest
from support.namespaces import PUBLIC_ADDRESS
from support.processes import ROOT, is_sanitized, wait_until

ROBOT = ("robot", canaries.secret("robots/own+password=7"))


@pytest.fixture
def secure(ca):
    """A fake registry with TLS."""
    with FakeRegistry(tls=ca.server_context()) as server:
        yield server


@pytest.fixture
def trusting(ca):
    """The environment of who trusts the private authority for everything."""
    return {"SSL_CERT_FILE": ca.file}


@pytest.fixture
def account(secret_file):
    """The operator's, as fields of a listed host."""
    return {"username": ROBOT[0], "password_file": secret_file(ROBOT[1])}


def authorizations(server):
    return [each.header("authorization") for each in server.requests]


# -- S1-S4: where we may be made to go ------------------------------------------------------------

BLOCKED = ["2130706433:80/x", "0x7f.1/x", "0177.0.0.1/x", "127.1/x", "[::ffff:127.0.0.1]/x",
           "[::ffff:7f00:1]/x", "[64:ff9b::7f00:1]/x", "169.254.169.254/x", "[fd00:ec2::254]/x",
           "100.100.100.200/x"]


def test_S1_a_private_address_is_sent_no_packet_in_any_spelling(inside, tmp_path):
    """All addresses lead to this machine, and the daemon is asked by a Unix socket: a packet of
    whatever kind would be seen."""
    def body():
        namespaces.catch_all_packets()
        allow = ["*", *(each.partition("/")[0] for each in BLOCKED if "]" not in each)]
        with Daemon({"registry": {"allow": allow}}, listen=f"unix:{tmp_path}/socket") as daemon:
            before = namespaces.packets_sent()
            for image in BLOCKED:
                answer = daemon.query(image)
                assert answer.code in ("forbidden", "invalid"), (image, answer.body)
            assert namespaces.packets_sent() == before
            daemon.query(f"{PUBLIC_ADDRESS}/x")  # nobody is there, but it may be asked
            assert namespaces.packets_sent() > before
    inside(body)


def test_S2_a_name_that_moves_inside_is_not_followed(inside, ca, trusting):
    """At first it is public, and then it is here, as an answer's other address and as a whole new
    answer. (libcurl keeps an answer for a minute, by name and port.)"""
    name = "rebind.example"
    answers = {name: [[PUBLIC_ADDRESS], ["127.0.0.1"]],
               "two.example": [[PUBLIC_ADDRESS, "127.0.0.1"]]}

    def body():
        namespaces.replace_file("/etc/resolv.conf", name_server.RESOLV_CONF)
        with name_server.NameServer(answers) as names, \
                FakeRegistry(PUBLIC_ADDRESS, ca.server_context(PUBLIC_ADDRESS, name)) as public, \
                FakeRegistry(tls=ca.server_context("127.0.0.1", *answers)) as inner:
            public.push("lab/app:v1", index_of("linux/amd64"))
            there, here = f"{name}:{public.port}", f"{name}:{inner.port}"
            other = f"two.example:{inner.port}"
            settings = {"registry": {"allow": ["*", there, here, other], "timeout": "5s"}}
            with Daemon(settings, environment=trusting) as daemon:
                assert daemon.query(f"{there}/lab/app:v1").status == 200
                assert daemon.query(f"{here}/lab/app:v1").code == "forbidden"
                assert daemon.query(f"{other}/lab/app:v1").code in ("forbidden", "upstream")
            assert names.asked.count(name) == 2
            assert inner.connections == 0
    inside(body)


@pytest.mark.parametrize("location", [
    "http://127.0.0.1/", "https://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1:80/_x",
    "//10.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://[::1]/"])
def test_S4_a_public_registry_redirects_nobody_inside(inside, ca, trusting, location):
    def body():
        with contextlib.ExitStack() as stack:
            namespaces.catch_all_packets()
            public = stack.enter_context(
                FakeRegistry(PUBLIC_ADDRESS, ca.server_context(PUBLIC_ADDRESS)))
            inner = [stack.enter_context(HttpServer("0.0.0.0", port=port)) for port in (80, 443)]
            public.script("GET *", behave.redirect(location))
            settings = {"registry": {"allow": ["*", public.address]}}
            daemon = stack.enter_context(Daemon(settings, environment=trusting))
            answer = daemon.query(public.name("lab/app:v1"))
            assert (answer.status, answer.code) in [(502, "upstream"), (403, "forbidden")]
            assert [each.connections for each in inner] == [0, 0]
    inside(body)


# -- S5-S7: who is told a secret ------------------------------------------------------------------

EVIL = {"registry.example": PUBLIC_ADDRESS, "evil.test": namespaces.public_address(0)}


@pytest.mark.parametrize("headers", [None, registry_auth(identitytoken="an/identity+token=8")],
                         ids=["operator", "caller"])
def test_S5_a_realm_elsewhere_sees_no_authorization(inside, ca, trusting, account, headers):
    def body():
        tls = ca.server_context(PUBLIC_ADDRESS, *EVIL)
        with TokenEndpoint(path="/t", host=EVIL["evil.test"], port=443, name="evil.test",
                           tls=tls) as evil, \
                FakeRegistry(PUBLIC_ADDRESS, tls, 443, "registry.example") as registry:
            registry.script("GET *", lambda *_: unauthorized('Bearer realm="https://evil.test/t"'))
            settings = {"registry": {"hosts": [{"name": "registry.example", **account}]}}
            with Daemon(settings, environment=trusting) as daemon:
                answer = daemon.query("registry.example/lab/app:v1", headers=headers)
                assert (answer.status, answer.code) == (403, "denied")
                assert "evil.test" in answer.json["error"]
            assert evil.requests == [] and set(authorizations(registry)) == {None}
    inside(body, EVIL)


def test_S5_a_realms_certificate_is_verified(start, ca, tmp_path, secure, account):
    """Its authority is another one than the one listed."""
    another = type(ca)(tmp_path)
    with TokenEndpoint(tls=another.server_context()) as tokens:
        secure.authority = Bearer(tokens)
        host = {"name": secure.address, "ca_file": ca.file, "realm": [tokens.address], **account}
        answer = start({"registry": {"hosts": [host]}}).query(secure.name("lab/app:v1"))
        assert answer.code == "upstream"
        assert tokens.requests == []


CONFIG = config("linux/arm64")


@pytest.mark.parametrize("where, code", [
    ("https://localhost:{own}/there", None), ("https://127.0.0.1:{other}/there", None),
    ("http://127.0.0.1:{plain}/there", "upstream"), ("https://127.0.0.1:{other}/back", None)],
    ids=["other host", "other port", "http", "and back"])
def test_S6_a_password_follows_no_redirect(start, ca, secure, registry, trusting, account, where,
                                           code):
    secure.authority = Basic(*ROBOT)
    secure.push_image("lab/app:v1", CONFIG)
    with FakeRegistry(tls=ca.server_context()) as other:
        ports = {"own": secure.port, "other": other.port, "plain": registry.port}
        secure.script("GET */blobs/*", behave.redirect(where.format(**ports)))
        other.script("GET /back", behave.redirect(f"{secure.url}/there"))
        for server in (secure, other, registry):
            server.script("GET /there", behave.respond(200, images.encode(CONFIG)))
        host = {"name": secure.address, **account}
        answer = start({"registry": {"hosts": [host]}}, environment=trusting).query(
            secure.name("lab/app:v1"))
        assert answer.json.get("code") == code, answer.body
        redirected = secure.asked(contains="/there") + other.requests + registry.requests
        assert bool(redirected) == (code is None)
        assert {each.header("authorization") for each in redirected} <= {None}


# -- S12, S14, S15: documents ---------------------------------------------------------------------

@pytest.mark.parametrize("size", ["-1", "1e3", "1.9", '"12"', "9223372036854775808", None])
@pytest.mark.parametrize("part", ["config", "layers"])
def test_S12_a_size_that_is_none_is_refused_in_every_part(registry, daemon, part, size):
    document = manifest(CONFIG)
    described = document["config"] if part == "config" else document["layers"][0]
    described["size"] = "SIZE"
    text = json.dumps(document).replace('"size": "SIZE"', f'"size": {size}')
    if size is None:
        text = text.replace('"size": None, ', "").replace(', "size": None', "")
    registry.push_blob("lab/app", CONFIG)
    registry.push("lab/app:v1", text.encode(), images.OCI_MANIFEST)
    answer = daemon.query(registry.name("lab/app:v1"))
    assert (answer.status, answer.code) == (502, "upstream"), answer.body


MOST = 4 << 20  # bytes that a manifest may have


def filled(begin, piece, end):
    """As many pieces as there may be."""
    return begin + piece * ((MOST - len(begin + end)) // len(piece)) + end


@pytest.mark.parametrize("body", [
    b'{"a":' + b"[" * 33 + b"]" * 33 + b"}", filled(b'{"a":[', b"[],", b"0]}"),
    filled(b'{"a":[', b'{"a":0},', b"0]}"), filled(b'{"a":[', b"0,", b"0]}"), b"[" * MOST,
    filled(b"{", b'"a":0,', b'"b":0}')],
    ids=["33 deep", "arrays", "objects", "numbers", "all open", "one key"])
def test_S13_a_bomb_costs_little_time_and_memory(registry, daemon, body):
    registry.push("lab/app:v1", body, images.OCI_INDEX)
    begin = time.monotonic()
    answer = daemon.query(registry.name("lab/app:v1"))
    assert answer.code in ("upstream", "too_large"), answer.body
    assert time.monotonic() - begin < 3
    assert daemon.peak_memory() < 48 or is_sanitized(daemon.pid)


@pytest.mark.parametrize("path, told", [
    ("/query", '{"error":"a child of the index: its documents take more than 16 MiB"'),
    ("/inspect", '"problem":"not read: its documents take more than 16 MiB"')])
def test_S30_of_children_that_are_large_when_read_few_are_kept(registry, daemon, path, told):
    """4000 empty objects are 12 kB to send, and 3 MB to keep."""
    children = [manifest(config("linux/amd64"), x=[number, *[{}] * 4000]) for number in range(50)]
    for child in children:
        registry.push("lab/app", child)
    entries = [images.descriptor(child, images.OCI_MANIFEST) for child in children]
    registry.push("lab/app:v1", images.index(entries))
    answer = daemon.get(f"{path}?image={registry.name('lab/app:v1')}")
    assert told in answer.body.decode()
    assert daemon.peak_memory() < 48 or is_sanitized(daemon.pid)


def test_S14_keys_made_to_collide_are_refused_at_once(registry, daemon):
    """Of one hash by the old rule of 31; three tries, for the machine may be busy with others."""
    keys = ("".join("BB" if number >> bit & 1 else "Aa" for bit in range(17))
            for number in range(100000))
    body = '{"schemaVersion":2,"a":{%s}}' % ",".join(f'"{key}":0' for key in keys)
    registry.push("lab/app", body.encode(), images.OCI_INDEX)
    for tag in ("v1", "v2", "v3"):
        registry.push(f"lab/app:{tag}", body.encode(), images.OCI_INDEX)
    times = []
    for tag in ("v1", "v2", "v3"):
        begin = time.monotonic()
        assert daemon.query(registry.name(f"lab/app:{tag}")).code in ("upstream", "too_large")
        times.append(time.monotonic() - begin)
    assert min(times) < 0.1 or is_sanitized(daemon.pid)


def test_S15_a_layer_in_the_place_of_a_config_is_refused(registry, daemon):
    layer = registry.push_blob("lab/app", b"\x1f\x8b a layer")
    document = manifest(CONFIG)
    document["config"] |= {"digest": layer, "size": len(b"\x1f\x8b a layer")}
    registry.push("lab/app:v1", document)
    answer = daemon.query(registry.name("lab/app:v1"))
    assert (answer.status, answer.code) == (502, "upstream"), answer.body


# -- S18, S19, S22, S23: words that become headers, paths, programs and names ---------------------

def test_S18_headers_of_a_credential_file_are_not_sent(registry, start, secret_file):
    """Neither its own nor the one that a line break hides in it."""
    registry.push("lab/app:v1", index_of("linux/amd64"))
    headers = {"X-Inj": "a\r\nX-Evil: 1", "User-Agent": "b\nc"}
    path = secret_file(json.dumps({"HttpHeaders": headers}))
    daemon = start({"registry": {"credentials": path}})
    assert daemon.query(registry.name("lab/app:v1")).status == 200
    for request in registry.requests:
        assert not {"x-inj", "x-evil"} & set(request.headers)
        assert request.header("user-agent").startswith("mqueryd/")


@pytest.mark.parametrize("reference", ["../x/y", "..", "./x", "..:5000/x", "a/../b", "a/%2e%2e/b",
                                       "registry.example/..", "registry.example/a/..%2f/b",
                                       "registry.example/a@sha256:../../x",
                                       "registry.example/a:.."])
def test_S19_nothing_climbs(daemon, reference):
    answer = daemon.query(reference)
    assert (answer.status, answer.code) == (400, "invalid")


@pytest.mark.parametrize("script", ["exec cat /dev/zero", "trap '' TERM; exec sleep 1000",
                                    "trap '' TERM; cat /dev/zero >&2"],
                         ids=["1 GiB and more", "sleeps on", "as an error"])
def test_S22_a_helper_cannot_hold_us_up(start, registry, tmp_path, script):
    helper = tmp_path / "docker-credential-stuck"
    helper.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    helper.chmod(0o700)
    path = tmp_path / "config.json"
    path.write_text('{"credsStore":"stuck"}', encoding="utf-8")
    daemon = start({"registry": {"credentials": str(path), "timeout": "1s"}},
                   environment={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    begin = time.monotonic()
    assert daemon.query(registry.name("lab/app:v1")).code in ("invalid", "timeout")
    assert time.monotonic() - begin < 10
    assert daemon.get("/health").status == 200
    assert daemon.peak_memory() < 64 or is_sanitized(daemon.pid)
    assert registry.requests == []


@pytest.mark.parametrize("server", ["registry.example\nhost=evil.test", "registry.example\x00.evil",
                                    "registry.example.evil.test", "evilregistry.example", ""])
def test_S23_credentials_for_another_name_are_not_used(daemon, registry, server):
    registry.authority = Basic(*ROBOT)
    mine = registry_auth(username=ROBOT[0], password=ROBOT[1], serveraddress=server or "x:444")
    answer = daemon.query(registry.name("lab/app:v1"), headers=mine)
    assert (answer.status, answer.code) == (400, "invalid"), answer.body
    assert registry.requests == []


# -- S24: never by itself from https to http ------------------------------------------------------

def test_S24_a_name_that_resolves_to_loopback_is_spoken_to_by_https(inside, registry):
    """By the command line too, which speaks HTTP to who is written as loopback."""
    registry.push("lab/app:v1", index_of("linux/amd64"))

    def body():
        with FakeRegistry() as inner:
            inner.push("lab/app:v1", index_of("linux/amd64"))
            status, out, _ = said(mquery(f"localtest.me:{inner.port}/lab/app:v1"))
            assert (status, out, inner.requests) == (7, "", [])
            assert mquery(inner.name("lab/app:v1")).returncode == 0
    inside(body, {"localtest.me": "127.0.0.1"})


def test_S24_a_certificate_nobody_vouches_for_is_not_worked_around(secure):
    secure.push("lab/app:v1", index_of("linux/amd64"))
    status, out, err = said(mquery(secure.name("lab/app:v1"), environment=by_https(secure)))
    assert (status, out, secure.requests) == (7, "", []), err
    assert "certificate" in err


def by_https(server):
    """Though it is at loopback, to which the command line would speak HTTP."""
    return {"MQUERY_REGISTRY_HOSTS": json.dumps([{"name": server.address}])}


# -- S26: slow peers ------------------------------------------------------------------------------

def continue_forever(registry, _):
    return Raw(behave.drip(registry, behave.forever(b"HTTP/1.1 100 Continue\r\n\r\n")))


def test_S26_100_continue_without_end_is_a_timeout(start, registry):
    registry.script("GET *", continue_forever)
    answer = start({"registry": {"timeout": "1s"}}).query(registry.name("lab/app:v1"))
    assert answer.code in ("timeout", "upstream")


def test_S26_a_handshake_that_stalls_costs_nobody_else(start, registry):
    """64 at once, to a place that takes connections and says nothing."""
    registry.push("lab/app:v1", index_of("linux/amd64"))
    with socket.create_server(("127.0.0.1", 0), backlog=128) as mute:
        place = f"127.0.0.1:{mute.getsockname()[1]}"
        daemon = start({"registry": {"timeout": "3s", "workers_max": 16,
                                     "hosts": [listing(registry), {"name": place}]}})
        with ThreadPoolExecutor(max_workers=64) as pool:
            stalled = [pool.submit(daemon.query, f"{place}/lab/app:t{n}") for n in range(64)]
            wait_until(lambda: any(each.running() for each in stalled), "questions under way")
            begin = time.monotonic()
            assert daemon.query(registry.name("lab/app:v1")).status == 200
            assert time.monotonic() - begin < 2
            assert {each.result().code for each in stalled} <= {"timeout", "overloaded", "upstream"}


# -- S27-S29: libcurl's own ways ------------------------------------------------------------------

def test_S27_netrc_is_not_read(start, registry, another_registry, tmp_path):
    registry.push_image("lab/app:v1", CONFIG)
    another_registry.push_image("lab/app:v1", CONFIG)
    registry.script("GET */blobs/*", behave.redirect_to(another_registry))
    canary = canaries.secret("netrc/password+9")
    for name in (".netrc", "_netrc"):
        (tmp_path / name).write_text(f"machine 127.0.0.1 login robot password {canary}\n"
                                     f"default login robot password {canary}\n", encoding="utf-8")
    home = {"HOME": str(tmp_path), "NETRC": str(tmp_path / ".netrc")}
    assert start(environment=home).query(registry.name("lab/app:v1")).status == 200
    assert mquery(registry.name("lab/app:v1"), environment=home).returncode == 0
    assert len(another_registry.requests) == 2
    assert set(authorizations(registry) + authorizations(another_registry)) == {None}


def test_S28_H30_what_a_proxy_says_is_not_the_registrys_word(start, ca, trusting):
    """Its answer to CONNECT has headers of its own."""
    name, wrong = "registry.example", images.digest_of(b"something else")
    headers = [("Docker-Content-Digest", wrong), ("Content-Type", "text/evil"),
               ("Content-Encoding", "gzip"), ("WWW-Authenticate", "Basic realm=x")]
    with FakeRegistry(tls=ca.server_context("127.0.0.1", name)) as secure, \
            ConnectProxy({f"{name}:443": secure.address}, headers) as proxy:
        digest = secure.push("lab/app:v1", index_of("linux/amd64"))
        daemon = start({"registry": {"proxy": proxy.url}}, environment=trusting)
        answer = daemon.query(f"{name}/lab/app:v1")
        assert (answer.status, answer.json.get("digest")) == (200, digest), answer.body
        assert proxy.asked_for == [f"{name}:443"]


MISREAD = [r"https://127.0.0.1:1\@127.0.0.1:{port}/x", "https://user@127.0.0.1:{port}/x",
           "https://[fe80::1%25lo]:{port}/x", "https://[::1%lo]:{port}/x",
           "https://localhost.:{port}/x", "https://１２７.0.0.1:{port}/x",
           "https://ⓛocalhost:{port}/x"]


def latin(text):
    return text.encode().decode("latin-1")


@pytest.mark.parametrize("url", MISREAD)
def test_S29_a_realm_that_can_be_read_in_two_ways_is_refused(start, secure, trusting, url):
    realm = latin(url.format(port=secure.port)).replace("\\", "\\\\")
    secure.script("GET */manifests/*", lambda *_: unauthorized(f'Bearer realm="{realm}"'))
    daemon = start({"registry": {"hosts": [{"name": secure.address}]}}, environment=trusting)
    answer = daemon.query(secure.name("lab/app:v1"))
    assert answer.code in ("denied", "upstream"), answer.body
    assert {each.path for each in secure.requests} == {"/v2/lab/app/manifests/v1"}


@pytest.mark.parametrize("url", MISREAD)
def test_S29_a_location_that_can_be_read_in_two_ways_is_refused(start, secure, trusting, url):
    secure.script("GET */manifests/*", behave.redirect(latin(url.format(port=secure.port))))
    daemon = start({"registry": {"hosts": [{"name": secure.address}]}}, environment=trusting)
    answer = daemon.query(secure.name("lab/app:v1"))
    assert (answer.status, answer.code) == (502, "upstream"), answer.body
    assert {each.path for each in secure.requests} == {"/v2/lab/app/manifests/v1"}


@pytest.mark.parametrize("url", MISREAD)
def test_S29_S7_a_link_that_can_be_read_in_two_ways_is_refused(secure, trusting, url):
    target = latin(url.format(port=secure.port))[:-1] + "v2/lab/app/tags/list?last=v1"
    secure.script("GET *", behave.respond(200, b'{"name":"lab/app","tags":["v1"]}',
                                          ("Link", f'<{target}>; rel="next"')))
    status, out, err = said(mquery("tags", secure.name("lab/app"),
                                   environment={**trusting, **by_https(secure)}))
    assert (status, out) == (7, ""), err
    assert len(secure.requests) == 1


# -- S30-S32: many, and for whom ------------------------------------------------------------------

def test_S30_ten_thousand_entries_are_refused(registry, daemon):
    entries = [images.entry("linux/amd64", annotations={"n": str(n)}) for n in range(10000)]
    registry.push("lab/app:v1", images.index(entries))
    answer = daemon.query(registry.name("lab/app:v1"))
    assert (answer.status, answer.code) == (422, "too_large")
    assert len(registry.requests) == 1


def test_S30_ten_levels_are_refused(registry, daemon):
    document = index_of("linux/amd64")
    for _ in range(10):
        registry.push("lab/app", document)
        document = images.index([images.descriptor(document, images.OCI_INDEX)])
    registry.push("lab/app:v1", document)
    answer = daemon.query(registry.name("lab/app:v1"))
    assert (answer.status, answer.code) == (422, "too_large"), answer.body
    assert len(registry.requests) <= 5


def test_S32_an_unlisted_host_sees_nothing_of_the_operators(start, registry, secure, trusting,
                                                            account):
    """Whatever it asks for, and though others are logged in to."""
    registry.authority = Basic(*ROBOT)
    registry.push("lab/app:v1", index_of("linux/amd64"))
    secure.push("lab/app:v1", index_of("linux/amd64"))
    settings = {"registry": {"allow": ["*", secure.address], "allow_private": True,
                             "hosts": [listing(registry, **account)]}}
    daemon = start(settings, environment=trusting)
    assert daemon.query(registry.name("lab/app:v1")).status == 200
    with TokenEndpoint(tls=secure._tls) as tokens:
        for authority in (Basic(*ROBOT), Bearer(tokens)):
            secure.authority = authority
            secure.forget()
            daemon.query(secure.name(f"lab/app:{type(authority).__name__.lower()}"))
            assert not any("Basic" in (each or "") for each in authorizations(secure))
        assert set(authorizations(tokens)) == {None}


def test_S32_what_a_credential_opened_stays_with_its_bearer(daemon, registry):
    registry.authority = Basic(*ROBOT)
    registry.push("lab/app:v1", index_of("linux/amd64"))
    mine = registry_auth(username=ROBOT[0], password=ROBOT[1])
    assert daemon.query(registry.name("lab/app:v1"), headers=mine).status == 200
    assert daemon.query(registry.name("lab/app:v1")).code == "denied"


# -- S33-S35: how it is made ----------------------------------------------------------------------

# What is read of outsiders' text, and the fuzzer that reads it.
FUZZED = {"references": "reference", "challenges": "challenge", "Link": "link", "URLs": "url",
          "manifests": "manifest", "JSON": "json", "YAML": "yaml", "errors": "problem",
          "config.json and helpers": "credentials", "hosts.toml": "toml", "push specs": "spec"}


@pytest.mark.parametrize("fuzzer", FUZZED.values(), ids=FUZZED)
def test_S33_every_reader_of_outside_text_is_fuzzed(fuzzer):
    folder = os.path.join(ROOT, "tests", "fuzz")
    with open(os.path.join(folder, "meson.build"), encoding="utf-8") as file:
        assert re.search(rf"^    '{fuzzer}':", file.read(), re.MULTILINE)
    assert glob.glob(os.path.join(folder, "corpus", fuzzer, "*"))


@pytest.fixture
def endless(tmp_path):
    """A link to a file without an end."""
    link = tmp_path / "link"
    link.symlink_to("/dev/zero")
    return str(link)


@pytest.mark.parametrize("settings", [
    None, {"registry": {"credentials": "LINK"}}, {"push": {"enabled": True, "tokens_file": "LINK"}},
    {"registry": {"hosts": [{"name": "x.example", "username": "u", "password_file": "LINK"}]}}],
    ids=["settings", "credentials", "tokens_file", "password_file"])
def test_S34_a_link_to_an_endless_file_is_refused_at_the_start(endless, secret_file, settings):
    text = json.dumps(settings).replace("LINK", endless)
    path = secret_file(text, "mqueryd.yaml") if settings else endless
    begin = time.monotonic()
    ended = run("--config", path, "--check-config")
    assert ended.returncode in (1, 2) and endless in ended.stderr
    assert time.monotonic() - begin < 10


def test_S34_a_link_to_endless_certificates_is_refused_at_the_start(endless, secret_file):
    hosts = [{"name": "x.example", "ca_file": endless}]
    ended = run("--config", secret_file(json.dumps({"registry": {"hosts": hosts}}), "mqueryd.yaml"))
    assert ended.returncode in (1, 2) and endless in ended.stderr


def test_S35_64_at_once_over_tls_with_tokens_and_redirects(start, ca, trusting):
    """Under script/check --full with a daemon that watches its own threads."""
    with FakeRegistry(tls=ca.server_context()) as secure, \
            FakeRegistry(tls=ca.server_context()) as blobs, \
            TokenEndpoint(tls=ca.server_context()) as tokens:
        secure.authority = Bearer(tokens)
        secure.script("GET */blobs/*", behave.redirect_to(blobs))
        for number in range(64):
            its_config = config("linux/arm64", os_version=str(number))
            for server in (secure, blobs):
                server.push_image(f"lab/app{number}:v1", its_config)
        daemon = start({"registry": {"hosts": [{"name": secure.address,
                                                "realm": [tokens.address]}]}}, environment=trusting)
        barrier = threading.Barrier(64)

        def ask(number):
            barrier.wait()
            return daemon.query(secure.name(f"lab/app{number}:v1")).status
        with ThreadPoolExecutor(max_workers=64) as pool:
            assert list(pool.map(ask, range(64))) == [200] * 64
        assert set(authorizations(blobs)) == {None}
