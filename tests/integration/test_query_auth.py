# SPDX-License-Identifier: Apache-2.0
"""Registries that want to know who asks: Basic, tokens, and who may be told a secret."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import behave
from support.authority import Basic, Bearer, basic, registry_auth, unauthorized
from support.docker_registry import listing
from support.fake_registry import FakeRegistry
from support.images import index_of

USER, PASSWORD = "robot", "p:a ss"


@pytest.fixture
def image(registry):
    registry.push("lab/app:v1", index_of("linux/amd64"))
    registry.push("lab/app:v2", index_of("linux/arm64"))
    return registry.name("lab/app:v1")


@pytest.fixture
def credentials(secret_file):
    """The operator's, as fields of a listed host."""
    return {"username": USER, "password_file": secret_file(PASSWORD + "\n")}


def asked_of_tokens(tokens):
    return [each.target for each in tokens.requests]


# -- Basic ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("challenge", [
    'Basic realm="lab"', 'BASIC realm="Sonatype"', 'basic realm="r", charset="UTF-8"',
    'Negotiate, Basic realm="r", charset="UTF-8"'])
def test_T24_basic_credentials_are_sent_when_asked_for(start, registry, image, credentials,
                                                       challenge):
    registry.authority = Basic(USER, PASSWORD, challenge)
    answer = start(host=credentials).query(image)
    assert (answer.status, answer.platforms) == (200, ["linux/amd64"])


def test_A13c_basic_credentials_wait_for_the_first_challenge(start, registry, image, credentials):
    registry.authority = Basic(USER, PASSWORD)
    start(host=credentials).query(image)
    assert [each.header("authorization") for each in registry.requests] == [
        None, basic(USER, PASSWORD)]


def test_A13_wrong_credentials_are_denied_after_one_try(start, registry, image, credentials):
    registry.authority = Basic(USER, "another")
    answer = start(host=credentials).query(image)
    assert (answer.status, answer.code) == (403, "denied")
    assert len(registry.requests) == 2


# -- tokens ---------------------------------------------------------------------------------------

def test_a_token_is_asked_for_and_kept(trusting, registry, tokens, image):
    registry.authority = Bearer(tokens)
    assert trusting.query(image).platforms == ["linux/amd64"]
    assert trusting.query(registry.name("lab/app:v2")).platforms == ["linux/arm64"]
    assert asked_of_tokens(tokens) == ["/token?service=lab&scope=repository%3Alab%2Fapp%3Apull"]
    assert len(registry.requests) == 3  # one of them refused


@pytest.mark.parametrize("challenges", [
    ['bearer realm="REALM",service="s",scope="SCOPE"'],
    ['Bearer realm="REALM",service="s",scope="repository:lab/app:pull,push"'],
    ['Basic realm="r"', 'Bearer realm="REALM",service="s"'],
    ['Bearer realm="REALM",service="s", Basic realm="r"'],
    ['Basic realm="r", Bearer realm = "REALM" , service=s'],
    ['Bearer realm="REALM?x=\\"q\\"",service=""'],
    ['Bearer realm="REALM"'],
    ['Bearer realm="REALM",scope="repository:user/image:pull"'],
    ['Bearer realm="https://a/t', 'Bearer realm="REALM"']])
def test_T24_challenges_are_read_as_registries_write_them(trusting, registry, tokens, image,
                                                          challenges):
    registry.authority = Bearer(tokens, *challenges)
    answer = trusting.query(image)
    assert (answer.status, answer.platforms) == (200, ["linux/amd64"])
    assert "scope=repository%3Alab%2Fapp%3Apull" in asked_of_tokens(tokens)[0]
    assert "service=&" not in asked_of_tokens(tokens)[0]


def test_T24_a_relative_realm_is_the_registrys_own(daemon, registry, tokens, image):
    registry.authority = Bearer(tokens, 'Bearer realm="/token",service="lab"')
    registry.script("GET /token", lambda _, request: tokens.give_token(request))
    assert daemon.query(image).status == 200


@pytest.mark.parametrize("challenge", ['Bearer service="s"', 'Bearer realm="https://a/t', "Digest x",
                                       ""])
def test_A2_an_unusable_challenge_ends_the_query(daemon, registry, image, challenge):
    registry.script("GET */manifests/*", lambda *_: unauthorized(challenge))
    answer = daemon.query(image)
    assert answer.code in ("denied", "upstream")
    assert answer.status in (403, 502)


@pytest.mark.parametrize("fields, more", [
    (["token"], {}), (["access_token"], {}), (["token", "access_token"], {}),
    (["token"], {"expires_in": 0}), (["token"], {"expires_in": 10 ** 9}),
    (["token"], {"expires_in": 1 - 2 ** 63, "issued_at": "2020-01-01T00:00:00Z"}),
    (["token"], {"expires_in": 300, "issued_at": "not a time"})])
def test_T24_token_answers_are_read_as_servers_write_them(trusting, registry, tokens, image,
                                                          fields, more):
    tokens.fields, tokens.more = fields, more
    registry.authority = Bearer(tokens)
    assert trusting.query(image).status == 200
    assert trusting.query(registry.name("lab/app:v2")).status == 200
    assert len(tokens.requests) == 1


@pytest.mark.parametrize("retry_after, told", [("30", 30), (None, 5)])
def test_T21_H20_a_token_service_that_wants_to_be_left_alone_is(trusting, registry, tokens,
                                                                retry_after, told):
    registry.authority = Bearer(tokens)
    tokens.behaviour = behave.rate_limited(retry_after)
    for number in range(20):
        answer = trusting.query(registry.name(f"lab/app{number}:v1"))
        assert (answer.status, answer.code) == (503, "rate_limited"), answer.body
        assert told - 2 <= int(answer.headers["Retry-After"]) <= told
    assert len(tokens.requests) <= 2


@pytest.mark.parametrize("body", [
    b"", b"{}", b'{"token":""}', b'{"token":5}', b'{"token":"a b"}', b'{"token":"a\\nX-Inj: 1"}',
    b"<html>", b'{"token":"' + b"x" * 200000 + b'"}'],
    ids=["empty", "no token", "empty token", "number", "space", "line feed", "html", "200 kB"])
def test_A9_S18_a_token_that_is_none_is_refused(trusting, registry, tokens, image, body):
    registry.authority = Bearer(tokens)
    tokens.behaviour = behave.respond(200, body, ("Content-Type", "application/json"))
    answer = trusting.query(image)
    assert answer.code in ("upstream", "too_large"), answer.body
    assert all(each.header("authorization") is None for each in registry.requests)


def test_A11_credentials_the_token_server_refuses_are_denied(start, registry, tokens, image,
                                                             credentials):
    tokens.credentials = basic(USER, "another")
    registry.authority = Bearer(tokens)
    answer = start(host={**credentials, "realm": [tokens.address]}).query(image)
    assert (answer.status, answer.code) == (403, "denied")
    assert all(each.header("authorization") for each in tokens.requests)  # never on as a stranger


def test_A8_an_identity_token_is_sent_by_post(trusting, registry, tokens, image):
    tokens.get_allowed, tokens.refresh_token = False, "a-refresh-token"
    registry.authority = Bearer(tokens)
    answer = trusting.query(image, headers=registry_auth(identitytoken="a-refresh-token"))
    assert answer.status == 200
    assert [each.method for each in tokens.requests] == ["POST"]
    assert b"grant_type=refresh_token" in tokens.requests[0].body


def test_S25_two_callers_never_share_a_token(trusting, registry, tokens, image):
    registry.authority = Bearer(tokens)
    callers = [registry_auth(username=name, password="secret") for name in ("alice", "bob")]
    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(lambda headers: trusting.query(image, headers=headers),
                                callers * 4))
    assert {answer.status for answer in answers} == {200}
    assert {each.header("authorization") for each in tokens.requests} == {
        basic("alice", "secret"), basic("bob", "secret")}
    sent = {each.header("authorization") for each in registry.requests} - {None}
    assert len(sent) == len(tokens.requests) == 2


def test_A17_a_registry_token_is_sent_as_it_is(daemon, registry, tokens, image):
    tokens.valid.add("a-registry-token")
    registry.authority = Bearer(tokens)
    answer = daemon.query(image, headers=registry_auth(registrytoken="a-registry-token"))
    assert answer.status == 200
    assert tokens.requests == []


def test_T27_a_token_that_is_no_longer_taken_is_fetched_anew(trusting, registry, tokens, image):
    registry.authority = Bearer(tokens)
    assert trusting.query(image).status == 200
    tokens.revoke_all()
    assert trusting.query(registry.name("lab/app:v2")).status == 200
    assert len(tokens.requests) == 2


def test_T27_A13b_the_403_of_an_expired_token_is_known(trusting, registry, tokens, image):
    registry.authority = Bearer(tokens)
    assert trusting.query(image).status == 200
    registry.script("GET */manifests/v2",
                    behave.fail(403, "DENIED", "Your Authorization Token has expired. "
                                "Reauthenticate and try again."), behave.honest)
    assert trusting.query(registry.name("lab/app:v2")).status == 200
    assert len(tokens.requests) == 2


def test_T27_a_registry_that_takes_no_token_at_all_is_denied(trusting, registry, tokens, image):
    registry.authority = Bearer(tokens)
    registry.script("GET */manifests/*", lambda *_: registry.authority.check(
        registry, registry.requests[0]))
    answer = trusting.query(image)
    assert (answer.status, answer.code) == (403, "denied")
    assert len(registry.requests) <= 3
    assert len(tokens.requests) <= 2


def test_A5_insufficient_scope_is_answered_with_the_scopes_asked_for(trusting, registry, tokens,
                                                                     image):
    registry.authority = Bearer(tokens)
    wanted = "repository:lab/app:pull repository:lab/base:pull"
    registry.script("GET */manifests/v1", behave.honest, lambda *_: unauthorized(
        f'Bearer realm="{tokens.realm}",service="lab",scope="{wanted}",error="insufficient_scope"'),
        behave.honest)
    assert trusting.query(image).status == 200
    assert "scope=repository%3Alab%2Fbase%3Apull" in asked_of_tokens(tokens)[-1]
    assert len(tokens.requests) == 2


def test_H19_a_token_server_that_fails_once_is_asked_again(trusting, registry, tokens, image):
    registry.authority = Bearer(tokens)
    answers = [behave.html_error(503), lambda _, request: tokens.give_token(request)]
    tokens.behaviour = lambda server, request: (
        answers.pop(0) if len(answers) > 1 else answers[0])(server, request)
    assert trusting.query(image).status == 200


# -- whom a secret may be told --------------------------------------------------------------------

REALMS = ["http://169.254.169.254/token", "http://127.0.0.1:1/token", "http://10.0.0.1/token",
          "http://localhost:1/token", "file:///etc/passwd", "http://user:pass@127.0.0.1:1/token", "not a URL"]


@pytest.mark.parametrize("realm", REALMS)
def test_T25_a_realm_at_an_inner_address_is_refused(start, registry, image, credentials, realm):
    registry.script("GET */manifests/*",
                    lambda *_: unauthorized(f'Bearer realm="{realm}",service="lab"'))
    answer = start(host=credentials).query(image)
    assert answer.code in ("denied", "upstream"), answer.body
    assert "password" not in answer.json["error"]


def test_T25_S5_credentials_are_not_told_to_a_realm_nobody_listed(start, registry, tokens, image,
                                                                  credentials):
    registry.authority = Bearer(tokens)
    answer = start(host=credentials).query(image)
    assert answer.status in (200, 403)
    assert all(each.header("authorization") is None for each in tokens.requests)


def test_T25_credentials_are_told_to_a_realm_that_is_listed(start, registry, tokens, image,
                                                            credentials):
    tokens.credentials = basic(USER, PASSWORD)
    registry.authority = Bearer(tokens)
    answer = start(host={**credentials, "realm": [tokens.address]}).query(image)
    assert answer.status == 200
    assert [each.header("authorization") for each in tokens.requests] == [basic(USER, PASSWORD)]


def test_T25_A14_a_plain_http_realm_of_an_https_registry_is_refused(start, ca, tokens):
    with FakeRegistry(tls=ca.server_context()) as secure:
        secure.push("lab/app:v1", index_of("linux/amd64"))
        secure.authority = Bearer(tokens)
        hosts = [{"name": secure.address, "ca_file": ca.file, "realm": [tokens.address]}]
        answer = start({"registry": {"hosts": hosts}}).query(secure.name("lab/app:v1"))
    assert answer.code == "denied"
    assert tokens.connections == 0


def test_S5_credentials_go_to_no_other_listed_registry(start, registry, another_registry, image,
                                                       credentials):
    another_registry.push("lab/app:v1", index_of("linux/amd64"))
    another_registry.authority = Basic(USER, PASSWORD)
    registry.authority = Basic(USER, PASSWORD)
    daemon = start({"registry": {"hosts": [listing(registry, **credentials),
                                           listing(another_registry)]}})
    assert daemon.query(image).status == 200
    assert daemon.query(another_registry.name("lab/app:v1")).code == "denied"
    assert all(each.header("authorization") is None for each in another_registry.requests)


# -- what a refusal is called ---------------------------------------------------------------------

@pytest.mark.parametrize("status, code", [(401, "UNAUTHORIZED"), (403, "DENIED")])
def test_T23_a_refusal_is_denied_and_never_not_found(daemon, registry, image, status, code):
    registry.script("GET */manifests/*", behave.fail(status, code, "authentication required"))
    answer = daemon.query(image)
    assert (answer.status, answer.code) == (403, "denied")
