# SPDX-License-Identifier: Apache-2.0
"""Callers name the hosts: what they may make us reach (protocol rules S1-S3, S24)."""
import pytest

from support.fake_registry import FakeRegistry
from support.http_server import HttpServer, Reply
from support.images import index_of

# Other spellings of 127.0.0.1, of inner networks and of the metadata services of clouds.
LOOPBACK = ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1", "localhost",
            "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::1]", "0.0.0.0", "[::]"]
INNER = ["10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "[fd00:ec2::254]",
         "100.100.100.200", "198.18.0.1", "224.0.0.1", "255.255.255.255", "[fe80::1]", "[ff02::1]"]


def assert_forbidden(answer):
    assert (answer.status, answer.code) == (403, "forbidden"), answer.body


@pytest.mark.parametrize("host", LOOPBACK)
def test_S1_another_spelling_of_loopback_reaches_nobody(start, registry, host):
    """Even where host and port are allowed by name, the address decides."""
    name = f"{host}:{registry.port}"
    daemon = start({"registry": {"hosts": [], "allow": ["*", name]}})
    assert_forbidden(daemon.query(f"{name}/lab/app:v1"))
    assert registry.connections == 0


@pytest.mark.parametrize("host", INNER)
def test_S1_an_inner_address_is_refused(start, host):
    daemon = start({"registry": {"hosts": [], "timeout": "5s"}})
    assert_forbidden(daemon.query(f"{host}/lab/app:v1"))


def test_S1_the_refusal_names_what_to_set(start, registry):
    daemon = start({"registry": {"hosts": []}})
    answer = daemon.query(registry.name("lab/app:v1"))
    assert_forbidden(answer)
    assert registry.address in answer.json["error"]
    assert "registry." in answer.json["error"]


def test_S1_another_port_than_443_is_refused(start):
    daemon = start({"registry": {"hosts": []}})
    answer = daemon.query("registry.example:5000/lab/app:v1")
    assert_forbidden(answer)
    assert "5000" in answer.json["error"]


def test_S2_every_connection_is_judged_anew(start, registry):
    daemon = start({"registry": {"hosts": [], "allow": [f"localhost:{registry.port}"],
                                 "timeout": "5s"}, "cache": {"negative": "1ms"}})
    for tag in ("v1", "v2", "v3"):
        assert_forbidden(daemon.query(f"localhost:{registry.port}/lab/app:{tag}"))
    assert registry.connections == 0


class Proxy(HttpServer):
    def handle(self, request):
        return Reply(200, b"{}")


def test_S3_a_proxy_in_the_environment_opens_no_way_inside(start):
    with Proxy() as proxy, FakeRegistry() as inner:
        variables = {name: proxy.url for name in ("http_proxy", "https_proxy", "all_proxy",
                                                  "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
        daemon = start({"registry": {"hosts": [], "allow": [inner.address]}},
                       environment=variables)
        assert_forbidden(daemon.query(inner.name("lab/app:v1")))
        assert proxy.connections == 0
        assert inner.connections == 0


def test_a_denied_host_is_refused_though_it_is_listed(start, registry):
    registry.push("lab/app:v1", index_of("linux/amd64"))
    daemon = start({"registry": {"deny": [registry.address]}})
    assert_forbidden(daemon.query(registry.name("lab/app:v1")))
    assert registry.connections == 0


def test_only_what_is_allowed_may_be_asked(start):
    daemon = start({"registry": {"hosts": [], "allow": ["*.example.com"]}})
    assert_forbidden(daemon.query("registry.example.net/lab/app:v1"))


def test_S24_plain_http_is_spoken_only_where_it_is_listed(start, registry):
    registry.push("lab/app:v1", index_of("linux/amd64"))
    daemon = start({"registry": {"hosts": [{"name": registry.address}]}})
    answer = daemon.query(registry.name("lab/app:v1"))
    assert (answer.status, answer.code) == (502, "upstream")
    assert registry.requests == []
