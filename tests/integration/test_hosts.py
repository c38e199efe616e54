# SPDX-License-Identifier: Apache-2.0
"""What the settings say of hosts: certificates, mirrors, credentials, limits, patterns,
directories of certificates, and proxies."""
import contextlib
import json
import os
import socket
import threading
import time

import pytest

from support import behave, canaries, images
from support.authority import Basic, Bearer, TokenEndpoint, basic, registry_auth
from support.certificates import CertificateAuthority, openssl
from support.command_line import mquery
from support.connect_proxy import ConnectProxy
from support.daemon import Daemon, run
from support.docker_registry import demanding_certificates, listing
from support.fake_registry import FakeRegistry
from support.forward_proxy import ForwardProxy
from support.images import config, index_of
from support.processes import free_port

IMAGE = index_of("linux/amd64", "linux/arm64")
BOTH = ["linux/amd64", "linux/arm64"]
CANARY = "a/canary+secret=2"


def ask(hosts, image, **settings):
    """What a daemon with these hosts says of an image."""
    with Daemon({"registry": {"hosts": hosts, **settings}}) as daemon:
        return daemon.query(image)


def assert_answered(answer):
    assert answer.status == 200, answer.body
    assert answer.platforms == BOTH


def refused_at_the_start(secret_file, hosts, **settings):
    """What mqueryd says where it does not start."""
    path = secret_file(json.dumps({"registry": {"hosts": hosts, **settings}}), "mqueryd.yaml")
    ended = run("--config", path)
    assert ended.returncode == 2, ended.stderr
    return ended.stderr


@pytest.fixture
def secure(ca):
    """A fake registry behind TLS of the private authority."""
    with FakeRegistry(tls=ca.server_context()) as server:
        server.push("lab/app:v1", IMAGE)
        yield server


# -- certificates ---------------------------------------------------------------------------------

def test_T39_a_client_certificate_opens_a_registry_that_wants_one(tmp_path, golden_storage):
    with demanding_certificates(str(tmp_path), golden_storage) as (registry, host):
        image = f"{registry.address}/lab/oci:multi"
        assert ask([host], image).status == 200
        without = {key: host[key] for key in ("name", "ca_file")}
        assert ask([without], image).code == "upstream"


@pytest.mark.parametrize("key", ["missing", "another's", "encrypted"])
def test_a_client_key_that_cannot_be_used_is_told_at_the_start(ca, tmp_path, secret_file, key):
    certificate, fitting = ca.issue("127.0.0.3", "client")
    path = str(tmp_path / "client.key")
    if key == "another's":
        path = ca.issue("127.0.0.4", "client")[1]
    elif key == "encrypted":
        openssl("ec", "-in", fitting, "-aes128", "-passout", "pass:secret", "-out", path)
    said = refused_at_the_start(secret_file, [{"name": "reg.example", "client_cert": certificate,
                                               "client_key": path}])
    assert "host 'reg.example'" in said and path in said


def test_an_extra_authority_is_trusted_besides_the_systems(secure, ca):
    assert_answered(ask([{"name": secure.address, "extra_ca_files": [ca.file]}],
                        secure.name("lab/app:v1")))
    assert ask([{"name": secure.address}], secure.name("lab/app:v1")).code == "upstream"


def test_each_host_is_judged_by_its_own_authorities_alone(secure, ca, tmp_path):
    """Whichever was asked before."""
    other_ca = CertificateAuthority(tmp_path)
    with FakeRegistry(tls=other_ca.server_context()) as other:
        other.push("lab/app:v1", IMAGE)
        for files in ([ca.file, other_ca.file], [ca.file, ca.file]):
            hosts = [{"name": server.address, "ca_file": file}
                     for server, file in zip((secure, other), files)]
            with Daemon({"registry": {"hosts": hosts}}) as daemon:
                assert_answered(daemon.query(secure.name("lab/app:v1")))
                answer = daemon.query(other.name("lab/app:v1"))
                assert answer.status == (200 if files[1] == other_ca.file else 502), answer.body


def test_H15_no_certificate_is_shown_where_a_registry_only_sends_us(ca, tmp_path, golden_storage):
    """The host has one of ours by its own entry; a redirect is no reason to show it."""
    with demanding_certificates(str(tmp_path), golden_storage) as (registry, host), \
            FakeRegistry(tls=ca.server_context()) as sender:
        sender.script("GET /v2/lab/oci/*", behave.redirect(
            f"https://{registry.address}/v2/lab/oci/manifests/multi"))
        hosts = [host, {"name": sender.address, "ca_file": ca.file}]
        with Daemon({"registry": {"hosts": hosts}}) as daemon:
            assert daemon.query(f"{registry.address}/lab/oci:multi").status == 200
            answer = daemon.query(sender.name("lab/oci:multi"))
        assert (answer.status, answer.code) == (502, "upstream")
        assert f"cannot ask '{registry.address}'" in answer.json["error"]
        assert (answer.status, answer.code) == (502, "upstream")


# -- directories of certificates ------------------------------------------------------------------

def test_H27_dockers_directory_gives_authority_and_certificate(tmp_path, golden_storage):
    with demanding_certificates(str(tmp_path), golden_storage) as (registry, host):
        directory = tmp_path / "certs.d" / registry.address
        directory.mkdir(parents=True)
        for name, key in (("ca.crt", "ca_file"), ("client.cert", "client_cert"),
                          ("client.key", "client_key")):
            os.symlink(host[key], directory / name)
        image = f"{registry.address}/lab/oci:multi"
        assert ask([], image, certs_dirs=[str(tmp_path / "certs.d")]).status == 200
        assert ask([], image).code == "forbidden"


def write_hosts_toml(directory, host, text):
    (directory / host).mkdir(parents=True)
    (directory / host / "hosts.toml").write_text(text)


def test_H28_hosts_toml_names_mirrors_and_how_they_are_spoken_to(tmp_path, ca, secure):
    gone = f"127.0.0.1:{free_port()}"
    with FakeRegistry() as plain:
        plain.push("proxy/hub/library/tool:v1", index_of("linux/s390x"))
        write_hosts_toml(tmp_path, "docker.io", f"""
            server = "https://registry-1.docker.io"
            [host."http://{gone}"]
              capabilities = ["pull", "resolve"]
            [host."https://{secure.address}"]
              capabilities = ["pull", "resolve"]
              ca = "{ca.file}"
            [host."http://{plain.address}/v2/proxy/hub"]
              override_path = true
        """)
        with Daemon({"registry": {"certs_dirs": [str(tmp_path)]}}) as daemon:
            assert_answered(daemon.query("lab/app:v1"))
            assert daemon.query("tool:v1").platforms == ["linux/s390x"]
    assert {each.query["ns"][0] for each in secure.requests} == {"docker.io"}


def test_H28_a_host_that_does_not_resolve_is_asked_by_digest_alone(tmp_path, registry):
    digest = registry.push("lab/app:v1", IMAGE)
    write_hosts_toml(tmp_path, "_default", f"""
        [host."http://{registry.address}"]
          capabilities = ["pull"]
    """)
    with Daemon({"registry": {"certs_dirs": [str(tmp_path)], "timeout": "2s",
                              "hosts": [{"name": "127.0.0.1:1"}]}}) as daemon:
        assert_answered(daemon.query(f"127.0.0.1:1/lab/app@{digest}"))
        assert daemon.query("127.0.0.1:1/lab/app:v1").code == "upstream"


def test_a_mistake_in_hosts_toml_is_named_with_its_line(tmp_path, secret_file):
    write_hosts_toml(tmp_path, "reg.example", '[host."https://a.example"]\nskip_verify = "yes"\n')
    said = refused_at_the_start(secret_file, [], certs_dirs=[str(tmp_path)])  # a file is in it, too
    assert "reg.example/hosts.toml:2: expected true or false" in said


# -- mirrors --------------------------------------------------------------------------------------

@pytest.fixture
def mirrored(registry, another_registry):
    """(the registry, its mirror, the hosts' entries)."""
    hosts = [listing(registry, mirrors=[another_registry.address]), listing(another_registry)]
    return registry, another_registry, hosts


def test_H28_a_mirror_is_asked_first_and_told_for_whom(mirrored):
    registry, mirror, hosts = mirrored
    mirror.push("lab/app:v1", IMAGE)
    answer = ask(hosts, registry.name("lab/app:v1"))
    assert_answered(answer)
    assert answer.json["imagename"] == registry.name("lab/app:v1")
    assert registry.requests == []
    assert [each.query["ns"] for each in mirror.requests] == [[registry.address]]


@pytest.mark.parametrize("trouble", [
    behave.fail(404, "MANIFEST_UNKNOWN"), behave.fail(403, "DENIED"), behave.fail(500),
    behave.html_error(502), behave.hang_up, behave.rate_limited("60"), behave.altered,
    behave.redirect("http://127.0.0.1:1/x")])
def test_H28_whatever_a_mirror_lacks_the_registry_has(mirrored, trouble):
    registry, mirror, hosts = mirrored
    mirror.push("lab/app:v1", IMAGE)
    registry.push("lab/app:v1", IMAGE)
    mirror.script("GET *", trouble)
    assert_answered(ask(hosts, registry.name("lab/app:v1")))
    assert mirror.count("GET") >= 1


@pytest.mark.parametrize("path", ["/query", "/inspect"])
def test_H28_a_child_that_a_mirror_lacks_the_registry_has(mirrored, path):
    registry, mirror, hosts = mirrored
    child = images.manifest(images.config("linux/arm64"))
    index = images.index([images.descriptor(child, images.OCI_MANIFEST)])
    for each in (registry, mirror):
        each.push("lab/app:v1", index)
    registry.push("lab/app", child, parts=[images.config("linux/arm64")])
    with Daemon({"registry": {"hosts": hosts}}) as daemon:
        answer = daemon.get(f"{path}?image={registry.name('lab/app:v1')}")
    assert b"arm64" in answer.body and b"missing" not in answer.body
    assert mirror.count("GET") == 2


def test_H28_what_nobody_has_the_registry_is_asked_about_last(mirrored):
    registry, mirror, hosts = mirrored
    mirror.script("GET *", behave.fail(403, "DENIED"))
    answer = ask(hosts, registry.name("lab/none:v1"))
    assert (answer.status, answer.code) == (404, "not_found")
    assert registry.count("GET") == 1


def test_a_mirror_that_hangs_leaves_time_for_the_registry(mirrored):
    registry, mirror, hosts = mirrored
    mirror.push("lab/app:v1", IMAGE)
    registry.push("lab/app:v1", IMAGE)
    mirror.script("GET *", behave.hold(mirror.stopping))
    assert_answered(ask(hosts, registry.name("lab/app:v1"), timeout="2s"))


def test_a_dead_mirror_costs_little_and_is_left_alone(registry):
    """Nobody accepts: the backlog is full."""
    registry.push("lab/app:v1", IMAGE)
    registry.push("lab/app:v2", IMAGE)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as dead, contextlib.ExitStack() as stack:
        address = f"127.0.0.1:{dead.getsockname()[1]}"
        for _ in range(3):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(dead.getsockname())
        hosts = [listing(registry, mirrors=[address]), {"name": address, "plain_http": True}]
        with Daemon({"registry": {"hosts": hosts}}) as daemon:
            begin = time.monotonic()
            assert_answered(daemon.query(registry.name("lab/app:v1")))
            first = time.monotonic() - begin
            assert_answered(daemon.query(registry.name("lab/app:v2")))
            assert time.monotonic() - begin - first < 1.5
            assert first < 4
            assert "left alone" in daemon.wait_for_log("left alone")


def test_S6_H28_credentials_are_never_sent_to_a_mirror(mirrored, secret_file):
    registry, mirror, hosts = mirrored
    registry.push("lab/app:v1", IMAGE)
    registry.authority = Basic("robot", CANARY)
    mirror.authority = Basic("somebody", "else's-password")
    hosts[0].update(username="robot", password_file=secret_file(CANARY))
    assert_answered(ask(hosts, registry.name("lab/app:v1")))
    assert mirror.count() >= 1
    assert all(each.header("authorization") is None for each in mirror.requests)


def test_H28_a_mirror_has_credentials_of_its_own(mirrored, secret_file):
    registry, mirror, hosts = mirrored
    mirror.push("lab/app:v1", IMAGE)
    mirror.authority = Basic("robot", CANARY)
    hosts[1].update(username="robot", password_file=secret_file(CANARY))
    assert_answered(ask(hosts, registry.name("lab/app:v1")))
    assert registry.requests == []


def test_S32_a_caller_with_credentials_is_answered_by_the_registry_itself(mirrored):
    registry, mirror, hosts = mirrored
    mirror.push("lab/app:v1", index_of("linux/s390x"))
    registry.push("lab/app:v1", IMAGE)
    registry.authority = Basic("caller", CANARY)
    with Daemon({"registry": {"hosts": hosts}}) as daemon:
        headers = registry_auth(username="caller", password=CANARY)
        assert_answered(daemon.query(registry.name("lab/app:v1"), headers))
    assert mirror.requests == []


def test_a_mirror_is_a_host_that_may_be_reached(registry, another_registry):
    """At a private address and any port: the operator named it."""
    another_registry.push("lab/app:v1", IMAGE)
    hosts = [{"name": "docker.io", "mirrors": [another_registry.address]}]
    answer = ask([*hosts, {"name": another_registry.address, "plain_http": True}], "lab/app:v1")
    assert_answered(answer)


def test_a_mirror_may_keep_the_images_below_a_name(mirrored):
    registry, mirror, hosts = mirrored
    mirror.push("proxy/hub/lab/app:v1", IMAGE)
    hosts[0]["mirrors"] = [f"{mirror.address}/proxy/hub"]
    with TokenEndpoint() as tokens:
        mirror.authority = Bearer(tokens)
        hosts[1]["realm"] = [tokens.address]
        assert_answered(ask(hosts, registry.name("lab/app:v1")))
        assert tokens.requests[0].query["scope"] == ["repository:proxy/hub/lab/app:pull"]


def test_a_mirror_of_all_hosts_is_none_of_itself(registry):
    registry.push("lab/app:v1", IMAGE)
    hosts = [{"name": "*", "mirrors": [registry.address]}, listing(registry)]
    assert_answered(ask(hosts, registry.name("lab/app:v1")))
    assert registry.requests[0].query == {}


def test_inspect_and_tags_ask_mirrors_too(mirrored):
    registry, mirror, hosts = mirrored
    mirror.push_image("lab/app:v1", config("linux/riscv64"))
    mirror.script("GET */tags/list", behave.respond(
        200, b'{"name":"lab/app","tags":["v1"]}', ("Content-Type", "application/json")))
    environment = {"MQUERY_REGISTRY_HOSTS": str([
        {key: value for key, value in host.items() if key != "plain_http"} for host in hosts])}
    for command in (["inspect"], ["tags"]):
        image = registry.name("lab/app" + (":v1" if command == ["inspect"] else ""))
        ended = mquery(*command, "--plain-http", image, environment=environment)
        assert ended.returncode == 0, ended.stderr
    assert registry.requests == []


# -- credentials ----------------------------------------------------------------------------------

def test_A17_a_token_file_is_sent_as_it_is(registry, start, secret_file):
    registry.push("lab/app:v1", IMAGE)
    with TokenEndpoint() as tokens:
        tokens.valid.add(canaries.secret("opaque-token.1"))
        registry.authority = Bearer(tokens)
        daemon = start(host={"token_file": secret_file("opaque-token.1\n")})
        assert_answered(daemon.query(registry.name("lab/app:v1")))
        assert tokens.requests == []
        assert {each.header("authorization") for each in registry.requests} == {
            "Bearer opaque-token.1"}


def helper(directory, name, script):
    """A docker-credential-NAME; returns what finds it."""
    path = directory / f"docker-credential-{name}"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {"PATH": f"{directory}:/usr/bin:/bin"}


def test_C9_a_hosts_own_helper_is_asked(registry, start, tmp_path):
    registry.push("lab/app:v1", IMAGE)
    registry.authority = Basic("robot", CANARY)
    asked = tmp_path / "asked"
    environment = helper(tmp_path, "lab", f"cat >>{asked}; printf '%s' "
                         f"'{{\"Username\":\"robot\",\"Secret\":\"{CANARY}\"}}'")
    daemon = start(host={"credential_helper": "lab"}, environment=environment)
    assert_answered(daemon.query(registry.name("lab/app:v1")))
    assert asked.read_text() == registry.address


def test_C9_a_hosts_own_helper_that_is_not_there_is_an_error(registry, start):
    registry.push("lab/app:v1", IMAGE)
    answer = start(host={"credential_helper": "nowhere"}).query(registry.name("lab/app:v1"))
    assert answer.code == "invalid"
    assert "docker-credential-nowhere" in answer.json["error"]
    assert registry.requests == []


# -- patterns -------------------------------------------------------------------------------------

def test_a_patterns_credentials_are_a_listed_hosts(registry, start, secret_file):
    """Of a host that is named besides; and what the host says itself wins."""
    registry.push("lab/app:v1", IMAGE)
    registry.authority = Basic("robot", CANARY)
    pattern = {"name": "*.0.0.1", "username": "robot", "password_file": secret_file(CANARY)}
    daemon = start({"registry": {"hosts": [pattern, listing(registry)]}})
    assert_answered(daemon.query(registry.name("lab/app:v1")))
    daemon = start({"registry": {"hosts": [pattern, listing(registry, credential_helper=None)]}})
    assert daemon.query(registry.name("lab/app:v1")).code == "denied"


@pytest.mark.parametrize("name", ["*", "*.0.0.1"])
def test_S1_a_pattern_opens_nothing(registry, name):
    registry.push("lab/app:v1", IMAGE)
    answer = ask([{"name": name, "timeout": "5s"}], registry.name("lab/app:v1"))
    assert (answer.status, answer.code) == (403, "forbidden")
    assert registry.connections == 0


# -- limits ---------------------------------------------------------------------------------------

class Counter:
    """How many requests a registry had at once."""

    def __init__(self, registry):
        self.most = self._now = 0
        self._lock = threading.Lock()
        registry.script("GET */manifests/*", self._count)

    def _count(self, registry, request):
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.05)
        with self._lock:
            self._now -= 1
        return registry.answer_honestly(request)


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_than_max_concurrent_are_asked_at_once(registry, start, limit):
    counter = Counter(registry)
    tags = [f"t{number}" for number in range(12)]
    for tag in tags:
        registry.push(f"lab/app:{tag}", IMAGE)
    daemon = start(host={"max_concurrent": limit})
    threads = [threading.Thread(target=lambda tag=tag: assert_answered(
        daemon.query(registry.name(f"lab/app:{tag}")))) for tag in tags]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert registry.count("GET", "manifests/t") == len(tags)
    assert 1 <= counter.most <= limit


def test_who_waits_for_max_concurrent_does_so_no_longer_than_the_query(registry, start):
    registry.script("GET *", behave.hold(registry.stopping))
    daemon = start({"registry": {"timeout": "1s"}}, host={"max_concurrent": 1})
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        answers = []
        for tag in ("v1", "v2"):
            thread = threading.Thread(target=lambda tag=tag: answers.append(
                daemon.query(registry.name(f"lab/app:{tag}"))))
            thread.start()
            stack.callback(thread.join)
    assert [each.code for each in answers] == ["timeout", "timeout"]
    assert time.monotonic() - begin < 8


def test_a_host_may_have_less_time_than_others_or_more(registry, another_registry):
    for each in (registry, another_registry):
        each.push("lab/app:v1", IMAGE)
    registry.script("GET *", behave.hold(registry.stopping))

    def late(server, request):
        time.sleep(1.5)
        return server.answer_honestly(request)
    another_registry.script("GET *", late)
    hosts = [listing(registry, timeout="1s"), listing(another_registry, timeout="9s")]
    begin = time.monotonic()
    assert ask(hosts, registry.name("lab/app:v1"), timeout="20s").code == "timeout"
    assert time.monotonic() - begin < 8
    assert_answered(ask(hosts, another_registry.name("lab/app:v1"), timeout="1s"))


# -- proxies --------------------------------------------------------------------------------------

NAME = "registry.proxied.test"  # nobody but the proxies knows it


@pytest.fixture
def behind(registry):
    """(the registry that only the proxy reaches, under NAME; the proxy; its entry in `hosts`)."""
    registry.push("lab/app:v1", IMAGE)
    with ForwardProxy({f"{NAME}:5000": registry.address}) as proxy:
        yield registry, proxy, [{"name": f"{NAME}:5000", "plain_http": True}]


def test_H29_plain_http_goes_through_the_proxy_that_is_set(behind):
    _, proxy, hosts = behind
    assert_answered(ask(hosts, f"{NAME}:5000/lab/app:v1", proxy=proxy.url))
    assert proxy.requests[0].target.startswith(f"http://{NAME}:5000/v2/lab/app/")


def test_H29_tls_goes_through_a_tunnel(ca):
    with FakeRegistry(tls=ca.server_context("127.0.0.1", NAME)) as server, \
            ConnectProxy({f"{NAME}:443": server.address}) as proxy:
        server.push("lab/app:v1", IMAGE)
        assert_answered(ask([{"name": NAME, "ca_file": ca.file}], f"{NAME}/lab/app:v1",
                            proxy=proxy.url))
        assert proxy.asked_for == [f"{NAME}:443"]


def test_H29_the_daemon_heeds_the_environment_only_where_it_is_told_to(behind):
    _, proxy, hosts = behind
    image = f"{NAME}:5000/lab/app:v1"
    for setting, status in (("none", 502), ("environment", 200)):
        with Daemon({"registry": {"hosts": hosts, "proxy": setting}},
                    environment={"http_proxy": proxy.url}) as daemon:
            assert daemon.query(image).status == status


def test_H29_the_command_line_heeds_the_environment(behind):
    _, proxy, _ = behind
    image = f"{NAME}:5000/lab/app:v1"
    for variables, status in (({"HTTP_PROXY": proxy.url}, 0), ({"http_proxy": proxy.url}, 0),
                              ({"HTTPS_PROXY": proxy.url}, 7),
                              ({"HTTP_PROXY": proxy.url, "REQUEST_METHOD": "GET"}, 7),
                              ({"HTTP_PROXY": proxy.url, "NO_PROXY": ".proxied.test"}, 7),
                              ({"HTTP_PROXY": proxy.url, "MQUERY_REGISTRY_PROXY": "none"}, 7)):
        ended = mquery("--plain-http", image, environment=variables)
        assert ended.returncode == status, (variables, ended.stderr)


def test_H29_loopback_is_asked_directly(registry, start):
    registry.push("lab/app:v1", IMAGE)
    with ForwardProxy({}) as proxy:
        daemon = start({"registry": {"proxy": proxy.url}})
        assert_answered(daemon.query(registry.name("lab/app:v1")))
        assert proxy.requests == []


def test_H29_no_proxy_names_who_is_asked_directly(behind):
    _, proxy, hosts = behind
    answer = ask(hosts, f"{NAME}:5000/lab/app:v1", proxy=proxy.url, no_proxy=["proxied.test"])
    assert answer.code == "upstream"
    assert proxy.requests == []


def test_S3_a_private_address_is_not_asked_for_through_a_proxy():
    """Not even where a registry redirects there."""
    with FakeRegistry() as outer, ForwardProxy({f"{NAME}:5000": outer.address}) as proxy:
        outer.script("GET *", behave.redirect("http://10.0.0.1/v2/x"))
        with Daemon({"registry": {"hosts": [{"name": f"{NAME}:5000", "plain_http": True}],
                                  "proxy": proxy.url}}) as daemon:
            for image in ("10.0.0.1/lab/app:v1", f"{NAME}:5000/lab/app:v1"):
                assert daemon.query(image).code == "forbidden", image
        assert [each for each in proxy.requests if "10.0.0.1" in each.target] == []


def test_S3_an_address_behind_a_proxy_vouches_for_none(behind, another_registry):
    """That the proxy is at a private address does not make the registry's redirects private."""
    registry, proxy, hosts = behind
    another_registry.push("lab/app:v1", IMAGE)
    registry.script("GET *", behave.redirect_to(another_registry))
    answer = ask(hosts, f"{NAME}:5000/lab/app:v1", proxy=proxy.url)
    assert answer.code == "forbidden"
    assert another_registry.connections == 0


def test_S21_a_proxys_password_is_sent_to_it_and_told_nobody(behind):
    _, proxy, hosts = behind
    password = canaries.secret("proxy-canary-1")
    address = proxy.url.replace("http://", f"http://user:{password}@")
    with Daemon({"registry": {"hosts": hosts, "proxy": "environment"}, "log": {"level": "debug"}},
                environment={"HTTP_PROXY": address}) as daemon:
        assert_answered(daemon.query(f"{NAME}:5000/lab/app:v1"))
        assert daemon.query(f"{NAME}:5000/lab/none").status == 404
    assert proxy.requests[0].header("proxy-authorization") == basic("user", password)


def test_a_proxys_refusal_is_called_one(ca):
    with ConnectProxy({}) as proxy:
        answer = ask([{"name": NAME, "ca_file": ca.file}], f"{NAME}/lab/app:v1", proxy=proxy.url)
    assert (answer.status, answer.code) == (502, "upstream")
    assert f"the proxy '{proxy.address}' answered 403" in answer.json["error"]


def test_a_proxy_that_is_not_there_is_named():
    address = f"127.0.0.1:{free_port()}"
    answer = ask([{"name": NAME}], f"{NAME}/lab/app:v1", proxy=f"http://{address}")
    assert answer.code == "upstream"
    assert f"through the proxy '{address}'" in answer.json["error"]


@pytest.mark.parametrize("proxy", ["ftp://a.example", "http://user:pw@a.example", "on"])
def test_what_is_no_proxy_is_told_at_the_start(secret_file, proxy):
    said = refused_at_the_start(secret_file, [], proxy=proxy)
    assert "is not none, environment, or a URL such as" in said
