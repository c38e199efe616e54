# SPDX-License-Identifier: Apache-2.0
"""HTTP proxies: who is asked through one, what it is told, and that it opens no way inside."""
import contextlib
import ssl

import pytest

from support import behave, canaries
from support.authority import Basic, unauthorized
from support.connect_proxy import ConnectProxy
from support.daemon import Daemon, merged, run
from support.fake_registry import FakeRegistry
from support.images import config, index_of

NAME = "registry.example"  # which no name server knows
PLACE = f"{NAME}:443"
ROBOT = ("robot", canaries.secret("proxied+password/1"))
PROXY_USER, PROXY_PASSWORD = "proxied", canaries.secret("proxys-own-password-1")


@pytest.fixture
def hidden(ca):
    """A registry that only the proxy can find."""
    with FakeRegistry(tls=ca.server_context("127.0.0.1", NAME)) as server:
        server.push("lab/app:v1", index_of("linux/amd64"))
        yield server


@pytest.fixture
def proxy(hidden):
    with ConnectProxy({PLACE: hidden.address}) as server:
        yield server


@pytest.fixture
def serve(ca):
    """serve(settings of `registry`, environment)"""
    with contextlib.ExitStack() as stack:
        def start_daemon(settings, environment=None):
            return stack.enter_context(
                Daemon({"registry": merged({"timeout": "5s"}, settings)},
                       environment={"SSL_CERT_FILE": ca.file, **(environment or {})}))
        yield start_daemon


def ask(daemon):
    return daemon.query(f"{NAME}/lab/app:v1")


# -- who is asked through it ----------------------------------------------------------------------

def test_H29_T39_a_registry_is_asked_through_the_proxy(serve, proxy):
    assert ask(serve({"proxy": proxy.url})).status == 200
    assert proxy.asked_for == [PLACE]


VARIABLES = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]


@pytest.mark.parametrize("variable", VARIABLES)
def test_H29_T39_the_environment_is_heeded_where_that_is_wished(serve, proxy, variable):
    assert ask(serve({"proxy": "environment"}, {variable: proxy.url})).status == 200
    assert proxy.asked_for == [PLACE]


def test_H29_the_environment_is_not_heeded_unasked(serve, proxy):
    daemon = serve({}, dict.fromkeys(VARIABLES, proxy.url))
    assert ask(daemon).code == "upstream"
    assert proxy.connections == 0


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY"])
def test_H29_a_proxy_for_http_is_none_for_https(serve, proxy, variable):
    assert ask(serve({"proxy": "environment"}, {variable: proxy.url})).code == "upstream"
    assert proxy.connections == 0


@pytest.mark.parametrize("exception", [NAME, ".example", "*.example", PLACE, "*"])
def test_H29_T39_exceptions_are_asked_directly(serve, proxy, exception):
    assert ask(serve({"proxy": proxy.url, "no_proxy": [exception]})).code == "upstream"
    assert ask(serve({"proxy": "environment"},
                     {"https_proxy": proxy.url, "no_proxy": exception})).code == "upstream"
    assert proxy.connections == 0


def test_H29_loopback_is_never_asked_through_it(serve, proxy, registry):
    registry.push("lab/app:v1", index_of("linux/amd64"))
    hosts = [{"name": registry.address, "plain_http": True}]
    daemon = serve({"proxy": proxy.url, "hosts": hosts})
    assert daemon.query(registry.name("lab/app:v1")).status == 200
    assert proxy.connections == 0


def test_a_proxy_that_refuses_is_an_upstream_error(serve, proxy):
    daemon = serve({"proxy": proxy.url})
    answer = daemon.query("elsewhere.example/lab/app:v1")
    assert (answer.status, answer.code) == (502, "upstream")
    assert proxy.asked_for[0] == "elsewhere.example:443"


# -- what it is told ------------------------------------------------------------------------------

def test_S6_its_own_password_is_the_proxys_alone_and_the_registrys_not_told_it(
        serve, hidden, proxy, secret_file):
    hidden.authority = Basic(*ROBOT)
    url = proxy.url.replace("//", f"//{PROXY_USER}:{PROXY_PASSWORD}@")
    host = {"name": NAME, "username": ROBOT[0], "password_file": secret_file(ROBOT[1])}
    daemon = serve({"proxy": "environment", "hosts": [host]}, {"https_proxy": url})
    assert ask(daemon).status == 200
    assert all(each.header("proxy-authorization") is None for each in hidden.requests)
    told = "".join(f"{each} {each.headers}" for each in proxy.heads)
    assert any(form in told for form in canaries.forms(PROXY_PASSWORD))
    assert not any(form in told for form in canaries.forms(ROBOT[1]))


def test_S21_a_password_in_the_settings_is_refused_and_not_repeated():
    """--print-config would print it."""
    url = f"http://{PROXY_USER}:{PROXY_PASSWORD}@proxy.example:3128"
    ended = run("--set", f"registry.proxy={url}", "--check-config")
    assert ended.returncode == 2 and "registry.proxy" in ended.stderr
    ended = run("--check-config", environment={"MQUERY_REGISTRY_PROXY": url})
    assert ended.returncode == 2 and "MQUERY_REGISTRY_PROXY" in ended.stderr


# -- no way inside --------------------------------------------------------------------------------

@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433:443", "0x7f.1", "10.0.0.1", "[::1]",
                                  "169.254.169.254", "[64:ff9b::7f00:1]"])
def test_S3_an_inner_address_is_refused_before_the_proxy_is_asked(serve, proxy, host):
    answer = serve({"proxy": proxy.url}).query(f"{host}/lab/app:v1")
    assert (answer.status, answer.code) == (403, "forbidden"), answer.body
    assert proxy.connections == 0


@pytest.mark.parametrize("behaviour", [
    behave.redirect("https://10.0.0.1/x"), behave.redirect("https://169.254.169.254/latest/"),
    lambda *_: unauthorized('Bearer realm="https://10.0.0.1/token"')],
    ids=["redirect", "metadata", "realm"])
def test_S3_S4_nor_on_a_registrys_word(serve, hidden, proxy, behaviour):
    hidden.script("GET *", behaviour)
    answer = ask(serve({"proxy": proxy.url}))
    assert answer.code in ("upstream", "forbidden", "denied")
    assert set(proxy.asked_for) == {PLACE}


# -- and together with what else there is ---------------------------------------------------------

def test_T39_a_private_authority_and_our_certificate_through_a_proxy(serve, ca):
    context = ca.server_context("127.0.0.1", NAME)
    context.load_verify_locations(ca.file)
    context.verify_mode = ssl.CERT_REQUIRED
    certificate, key = ca.issue("127.0.0.9", "client")
    with FakeRegistry(tls=context) as server, ConnectProxy({PLACE: server.address}) as proxy:
        server.push_image("lab/app:v1", config("linux/arm64"))
        host = {"name": NAME, "ca_file": ca.file}
        own = {"client_cert": certificate, "client_key": key}
        assert ask(serve({"proxy": proxy.url, "hosts": [host]})).code == "upstream"
        assert ask(serve({"proxy": proxy.url, "hosts": [{**host, **own}]})).status == 200


@pytest.mark.parametrize("host, code", [({}, "upstream"), ({"insecure_skip_verify": True}, None)])
def test_T39_any_certificate_is_taken_only_where_that_is_said(serve, hidden, proxy, tmp_path, ca,
                                                              host, code):
    another = type(ca)(tmp_path)
    daemon = serve({"proxy": proxy.url, "hosts": [{"name": NAME, **host}]},
                   {"SSL_CERT_FILE": another.file})
    assert ask(daemon).json.get("code") == code
