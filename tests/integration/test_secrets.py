# SPDX-License-Identifier: Apache-2.0
"""Secrets of all kinds go through the daemon at its most talkative, and none comes out (S21).

Each test merely lets the daemon speak. What it logs and answers is searched in the end, after these
tests as after all others (support/canaries.py).
"""
import base64
from urllib.parse import quote, quote_plus

import pytest

from support import behave, canaries
from support.authority import Basic, Bearer, basic, registry_auth, unauthorized
from support.images import config, index_of

OPERATOR = ("operator", canaries.secret("operator/secret+canary=1"))
CALLER = ("caller", canaries.secret("caller/secret+canary=2"))
REFRESH = canaries.secret("refresh/canary+token=3")
REGISTRY_TOKEN = canaries.secret("registry/canary+token=4")
SIGNATURE = canaries.secret("signature/canary+5")
TOKEN = canaries.secret("issued/canary+token=6")

TALKATIVE = {"log": {"level": "debug", "access": "all"}, "registry": {"timeout": "3s"}}


# -- that a secret would be found -----------------------------------------------------------------

@pytest.mark.parametrize("said", [
    OPERATOR[1], quote(OPERATOR[1], safe=""), f"before{quote_plus(OPERATOR[1])}after",
    basic(*OPERATOR), base64.urlsafe_b64encode(f"ab{OPERATOR[1]}".encode()).decode(),
    base64.b64encode(f"a{OPERATOR[1]}z".encode()).decode()])
def test_S21_a_canary_is_heard_in_whatever_form(said):
    canaries.hear("somebody", f"... {said} ...")
    with pytest.raises(AssertionError):
        canaries.assert_kept()


def test_S21_silence_is_no_canary():
    canaries.hear("somebody", "operator/secret, canary=1 and secret+canary")
    canaries.assert_kept()


# -- that none is ---------------------------------------------------------------------------------

@pytest.fixture
def daemon(start, tokens, secret_file):
    return start(TALKATIVE, host={"username": OPERATOR[0], "password_file": secret_file(OPERATOR[1]),
                                  "realm": [tokens.address]})


@pytest.fixture
def image(registry):
    registry.push("lab/app:v1", index_of("linux/amd64"))
    registry.push_image("lab/one:v1", config("linux/arm64"))
    return registry.name("lab/app:v1")


ANSWERS = [behave.honest, behave.html_error(500), behave.hang_up, behave.fail(403, "DENIED"),
           behave.cut_short]
CALLERS = [None, registry_auth(username=CALLER[0], password=CALLER[1]),
           registry_auth(identitytoken=REFRESH), registry_auth(registrytoken=REGISTRY_TOKEN)]


def authorizations(server):
    """What it was told: the secrets were there to be given away."""
    return {each.header("authorization") for each in server.requests}


@pytest.mark.parametrize("behaviour", ANSWERS)
def test_S21_basic_credentials_stay_inside(daemon, registry, image, behaviour):
    registry.authority = Basic(*OPERATOR)
    registry.script("GET */manifests/*", behave.honest, behaviour)
    for headers in CALLERS:
        daemon.query(image, headers=headers)
    assert {basic(*OPERATOR), basic(*CALLER)} <= authorizations(registry)


@pytest.mark.parametrize("behaviour", ANSWERS)
def test_S21_tokens_stay_inside(daemon, registry, tokens, image, behaviour):
    registry.authority = Bearer(tokens)
    tokens.credentials, tokens.refresh_token = basic(*OPERATOR), REFRESH
    tokens.valid.add(TOKEN)
    tokens.behaviour = behave.respond(200, f'{{"token":"{TOKEN}"}}'.encode())
    registry.script("GET */manifests/*", behave.honest, behaviour)
    for headers in CALLERS:
        daemon.query(image, headers=headers)
    assert f"Bearer {TOKEN}" in authorizations(registry)


@pytest.mark.parametrize("behaviour", ANSWERS + [
    behave.respond(200, f'{{"token":"{TOKEN} {TOKEN}"}}'.encode()),
    behave.respond(200, f'{{"token":"{TOKEN}'.encode()),
    behave.fail(401, "UNAUTHORIZED", f"who is {OPERATOR[0]}?")])
def test_S21_a_failing_token_server_gives_nothing_away(daemon, registry, tokens, image, behaviour):
    registry.authority = Bearer(tokens)
    tokens.answer_honestly = tokens.give_token
    tokens.behaviour = behaviour if behaviour is not behave.cut_short else behave.hang_up
    for headers in CALLERS:
        daemon.query(image, headers=headers)
    assert basic(*OPERATOR) in authorizations(tokens)


@pytest.mark.parametrize("behaviour", [
    behave.honest, behave.fail(403, "AccessDenied"), behave.html_error(500), behave.hang_up,
    behave.redirect("file:///etc/passwd")])
def test_S21_a_signed_redirect_stays_inside(daemon, registry, another_registry, image, behaviour):
    another_registry.push_image("lab/one:v1", config("linux/arm64"))
    signed = "?X-Signature=" + quote(SIGNATURE, safe="")
    registry.script("GET */blobs/*", lambda _, request: behave.redirect(
        another_registry.url + request.path + signed)(_, request))
    another_registry.script("GET */blobs/*", behaviour)
    daemon.query(registry.name("lab/one:v1"))
    assert another_registry.count("GET", signed)


@pytest.mark.parametrize("behaviour", [
    lambda *_: unauthorized(f'Bearer realm="http://u:{CALLER[1]}@127.0.0.1:1/t"'),
    lambda *_: unauthorized(f'Bearer realm="http://127.0.0.1:1/t?k={REFRESH}"'),
    behave.redirect(f"http://u:{CALLER[1]}@127.0.0.1:1/x"),
    behave.redirect(f"http://127.0.0.1:1/x?sig={SIGNATURE}")],
    ids=["user in a realm", "query of a realm", "user in a redirect", "query of a redirect"])
def test_S21_a_secret_in_a_realm_or_a_redirect_stays_inside(daemon, registry, image, behaviour):
    registry.script("GET */manifests/*", behaviour)
    assert daemon.query(image).status >= 400
    assert registry.count("GET", "/manifests/")


def test_S21_credentials_that_cannot_be_read_are_not_repeated(daemon, image):
    for value in (base64.b64encode(f'{{"username":"a","password":"{CALLER[1]}'.encode()).decode(),
                  f"not base64: {CALLER[1]}"):
        assert daemon.query(image, headers={"X-Registry-Auth": value}).code == "invalid"


def test_S21_the_authorization_of_a_client_is_not_logged(daemon, image):
    said = daemon.query(image, headers={"Authorization": "Bearer " + REGISTRY_TOKEN,
                                        "Cookie": "session=" + REFRESH})
    assert said.status == 200
