# SPDX-License-Identifier: Apache-2.0
"""Secrets of all kinds go through the daemon, and none comes out (S21).

Every secret is a canary; what the daemon logs at its most talkative, and all it answers, is
searched for each in every form in which it may travel.
"""
import base64
from urllib.parse import quote, quote_plus

import pytest

from support import behave
from support.authority import Basic, Bearer, TokenEndpoint, basic, registry_auth, unauthorized
from support.images import config, index_of

OPERATOR = ("operator-canary", "operator/secret+canary=1")
CALLER = ("caller-canary", "caller/secret+canary=2")
REFRESH = "refresh/canary+token=3"
REGISTRY_TOKEN = "registry/canary+token=4"
SIGNATURE = "signature/canary+5"
TOKEN = "issued/canary+token=6"
SECRETS = [OPERATOR[1], CALLER[1], REFRESH, REGISTRY_TOKEN, SIGNATURE, TOKEN]

TALKATIVE = {"log": {"level": "debug", "access": "all"}, "registry": {"timeout": "3s"}}


def forms(secret):
    """The ways a secret may be written: as it is, base64 of both kinds, percent-encoded."""
    raw = secret.encode()
    yield secret
    yield quote(secret, safe="")
    yield quote_plus(secret)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw).decode().rstrip("=")


def all_forms():
    for secret in SECRETS:
        yield from forms(secret)
    for user, password in (OPERATOR, CALLER):
        yield from forms(f"{user}:{password}")
        yield basic(user, password).partition(" ")[2].rstrip("=")


def assert_silent(daemon, answers):
    """Stops the daemon first, so that the log is complete."""
    daemon.stop()
    said = daemon.log + "".join(f"{each.headers}{each.body!r}" for each in answers)
    for form in all_forms():
        assert form not in said


@pytest.fixture
def tokens():
    with TokenEndpoint() as endpoint:
        yield endpoint


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


@pytest.mark.parametrize("behaviour", ANSWERS)
def test_S21_basic_credentials_stay_inside(daemon, registry, image, behaviour):
    registry.authority = Basic(*OPERATOR)
    registry.script("GET */manifests/*", behave.honest, behaviour)
    assert_silent(daemon, [daemon.query(image, headers=headers) for headers in CALLERS])


@pytest.mark.parametrize("behaviour", ANSWERS)
def test_S21_tokens_stay_inside(daemon, registry, tokens, image, behaviour):
    registry.authority = Bearer(tokens)
    tokens.credentials, tokens.refresh_token = basic(*OPERATOR), REFRESH
    tokens.valid.add(TOKEN)
    tokens.behaviour = behave.respond(200, f'{{"token":"{TOKEN}"}}'.encode())
    registry.script("GET */manifests/*", behave.honest, behaviour)
    assert_silent(daemon, [daemon.query(image, headers=headers) for headers in CALLERS])


@pytest.mark.parametrize("behaviour", ANSWERS + [
    behave.respond(200, f'{{"token":"{TOKEN} {TOKEN}"}}'.encode()),
    behave.respond(200, f'{{"token":"{TOKEN}'.encode()),
    behave.fail(401, "UNAUTHORIZED", f"who is {OPERATOR[0]}?")])
def test_S21_a_failing_token_server_gives_nothing_away(daemon, registry, tokens, image, behaviour):
    registry.authority = Bearer(tokens)
    tokens.answer_honestly = tokens.give_token
    tokens.behaviour = behaviour if behaviour is not behave.cut_short else behave.hang_up
    assert_silent(daemon, [daemon.query(image, headers=headers) for headers in CALLERS])


@pytest.mark.parametrize("behaviour", [
    behave.honest, behave.fail(403, "AccessDenied"), behave.html_error(500), behave.hang_up,
    behave.redirect("file:///etc/passwd")])
def test_S21_a_signed_redirect_stays_inside(daemon, registry, another_registry, image, behaviour):
    another_registry.push_image("lab/one:v1", config("linux/arm64"))
    signed = "?X-Signature=" + quote(SIGNATURE, safe="")
    registry.script("GET */blobs/*", lambda _, request: behave.redirect(
        another_registry.url + request.path + signed)(_, request))
    another_registry.script("GET */blobs/*", behaviour)
    assert_silent(daemon, [daemon.query(registry.name("lab/one:v1"))])


def test_S21_a_secret_in_a_realm_or_a_redirect_stays_inside(daemon, registry, image):
    registry.script("GET */manifests/*",
                    lambda *_: unauthorized(f'Bearer realm="http://u:{CALLER[1]}@127.0.0.1:1/t"'),
                    lambda *_: unauthorized(f'Bearer realm="http://127.0.0.1:1/t?k={REFRESH}"'),
                    behave.redirect(f"http://u:{CALLER[1]}@127.0.0.1:1/x"),
                    behave.redirect(f"http://127.0.0.1:1/x?sig={SIGNATURE}"))
    assert_silent(daemon, [daemon.query(registry.name(f"lab/app:t{n}")) for n in range(4)])


def test_S21_credentials_that_cannot_be_read_are_not_repeated(daemon, image):
    values = [base64.b64encode(f'{{"username":"a","password":"{CALLER[1]}'.encode()).decode(),
              f"not base64: {CALLER[1]}"]
    assert_silent(daemon, [daemon.query(image, headers={"X-Registry-Auth": value})
                           for value in values])


def test_S21_the_authorization_of_a_client_is_not_logged(daemon, image):
    headers = {"Authorization": "Bearer " + REGISTRY_TOKEN, "Cookie": "session=" + REFRESH}
    assert_silent(daemon, [daemon.query(image, headers=headers)])
