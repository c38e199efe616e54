# SPDX-License-Identifier: Apache-2.0
"""Tokens: asked for side by side, kept by what they are for and whose they are, and let go."""
import contextlib
import threading
import time

import pytest

from support import behave, doors, images
from support.authority import Bearer, Scoped, TokenEndpoint, basic, registry_auth, unauthorized
from support.images import index_of
from support.pushes import TARGET, assert_pushed, push_sources, spec

ROBOT = ("robot", "p:a ss")
ARCHITECTURES = ["386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle",
                 "ppc64", "ppc64le", "riscv64", "s390x"]
MANY = [f"linux/{each}" for each in ARCHITECTURES] + [
    f"{system}/amd64" for system in ("freebsd", "windows", "netbsd", "openbsd", "solaris", "darwin",
                                     "plan9")]


class Gathering:
    """Answers nobody before so many have asked, or a while has passed."""

    def __init__(self, size):
        self._all_here = threading.Barrier(size)
        self.was_complete = False

    def __call__(self, endpoint, request):
        with contextlib.suppress(threading.BrokenBarrierError):
            self._all_here.wait(3)
            self.was_complete = True
        return endpoint.give_token(request)


# -- side by side ---------------------------------------------------------------------------------

def test_a_push_asks_for_the_tokens_of_all_its_sources_at_once(token_door, registry, tokens):
    for platform in MANY:
        registry.push_whole_image(f"lab/{platform}:v1", images.config(platform), [b"a layer"])
    registry.authority = Bearer(tokens)
    tokens.behaviour = gathering = Gathering(len(MANY))
    sources = [registry.name(f"lab/{platform}:v1") for platform in MANY]
    assert_pushed(token_door.push(spec(registry, sources)), registry)
    assert gathering.was_complete


def test_A12_one_token_is_asked_for_where_many_need_the_same(trusting, registry, tokens):
    children = [images.config(each) for each in MANY]
    for child in children:
        registry.push("lab/app", images.manifest(child), parts=[child])
    registry.push("lab/app:v1", images.index([
        images.descriptor(images.manifest(each), images.OCI_MANIFEST) for each in children]))
    registry.authority = Bearer(tokens)
    assert sorted(trusting.query(registry.name("lab/app:v1")).platforms) == sorted(MANY)
    assert len(tokens.requests) == 1


def test_a_token_server_that_hangs_holds_up_nobody_who_waits_for_another(start, registry,
                                                                         another_registry, tokens):
    """A push asks both realms at once; a query for the token that has come is not to wait for the
    one that has not."""
    push_sources(registry)
    push_sources(another_registry)
    with TokenEndpoint() as stuck, contextlib.closing(
            doors.Service([registry, another_registry],
                          realms=[tokens.address, stuck.address])) as service:
        registry.authority, another_registry.authority = Bearer(tokens), Bearer(stuck)
        stuck.behaviour = behave.silence
        sources = [registry.name("lab/amd64:v1"), another_registry.name("lab/arm64:v1")]
        daemon = service.daemon("8s")
        pushing = threading.Thread(
            target=service.push, args=(spec(registry, sources),), kwargs={"timeout": "8s"})
        pushing.start()
        while not (stuck.requests and tokens.count(contains="amd64")):
            time.sleep(0.01)
        began = time.monotonic()
        assert daemon.query(registry.name("lab/amd64:v1")).status == 200
        assert time.monotonic() - began < 4
        pushing.join()


def test_a_token_server_that_refuses_one_refuses_only_that(trusting, registry, tokens):
    for name in ("open", "closed"):
        registry.push(f"lab/{name}:v1", index_of("linux/amd64"))
    registry.authority = Bearer(tokens)
    tokens.behaviour = lambda endpoint, request: (
        behave.fail(403, "DENIED")(endpoint, request) if "closed" in request.target
        else endpoint.give_token(request))
    assert trusting.query(registry.name("lab/closed:v1")).code == "denied"
    assert trusting.query(registry.name("lab/open:v1")).status == 200


# -- what a token is for --------------------------------------------------------------------------

def scopes_asked(tokens):
    return [each.query.get("scope") for each in tokens.requests]


@pytest.fixture
def pushed(registry, tokens):
    """A daemon that has pushed TARGET in ROBOT's name, and so has a token for pulling and pushing."""
    push_sources(registry)
    registry.authority = Scoped(tokens)
    tokens.credentials = basic(*ROBOT)
    with contextlib.closing(doors.Service([registry], realms=[tokens.address])) as service:
        assert_pushed(service.push(spec(registry), credentials=ROBOT), registry)
        tokens.forget()
        registry.forget()
        yield service.daemon()


def query_as_robot(daemon, registry):
    return daemon.query(registry.name(f"{TARGET}:v1"),
                        headers=registry_auth(username=ROBOT[0], password=ROBOT[1]))


def test_A12_a_token_for_more_serves_for_less(pushed, registry, tokens):
    assert query_as_robot(pushed, registry).status == 200
    assert scopes_asked(tokens) == []


def test_A12_S25_but_not_for_somebody_else(pushed, registry, tokens):
    tokens.credentials = None
    assert pushed.query(registry.name(f"{TARGET}:v1")).status == 200
    assert scopes_asked(tokens) == [[f"repository:{TARGET}:pull"]]


def test_A12_where_it_does_not_serve_one_of_its_own_is_asked_for(pushed, registry, tokens):
    wide = set(tokens.valid)
    registry.authority = None
    registry.script(f"GET */{TARGET}/*", lambda _, request: (
        unauthorized(f'Bearer realm="{tokens.realm}",service="lab"')
        if (request.header("authorization") or "").partition(" ")[2] in wide
        else registry.answer_honestly(request)))
    assert query_as_robot(pushed, registry).status == 200
    assert scopes_asked(tokens) == [[f"repository:{TARGET}:pull"]]


# -- how long it is kept --------------------------------------------------------------------------

def test_A13_a_token_that_is_refused_is_not_kept(trusting, registry, tokens):
    for tag in ("v1", "v2"):
        registry.push(f"lab/app:{tag}", index_of("linux/amd64"))
    registry.script("GET *", lambda *_: unauthorized(f'Bearer realm="{tokens.realm}"'))
    assert trusting.query(registry.name("lab/app:v1")).code == "denied"
    used = {each.header("authorization") for each in registry.requests}
    registry.forget()
    assert trusting.query(registry.name("lab/app:v2")).code == "denied"
    again = {each.header("authorization") for each in registry.requests}
    assert len(registry.requests) <= 2 and not (used & again) - {None}


@pytest.mark.parametrize("status, code, message", [
    (403, "DENIED", "Your authorization token has expired. Reauthenticate and try again."),
    (400, "DENIED", "Your Authorization Token is invalid.")])
def test_A13b_ecrs_words_for_an_expired_token_have_it_renewed(trusting, registry, tokens, status,
                                                             code, message):
    for tag in ("v1", "v2"):
        registry.push(f"lab/app:{tag}", index_of("linux/amd64"))
    registry.authority = Bearer(tokens)
    assert trusting.query(registry.name("lab/app:v1")).status == 200
    registry.script("GET */v2", behave.fail(status, code, message), behave.honest)
    assert trusting.query(registry.name("lab/app:v2")).status == 200
    assert len(tokens.requests) == 2


def test_A13b_but_once(trusting, registry, tokens):
    registry.push("lab/app:v1", index_of("linux/amd64"))
    registry.authority = Bearer(tokens)
    registry.script("GET */v1", behave.demand(registry.authority),
                    behave.fail(403, "DENIED", "authorization token has expired"))
    assert trusting.query(registry.name("lab/app:v1")).code == "denied"
    assert len(registry.requests) <= 3


@pytest.mark.parametrize("token", ["a\tb", "é", "a\x7fb", "a\r\nX-Injected: 1"])
def test_A9_S18_a_token_with_other_bytes_than_visible_ones_is_never_sent(trusting, registry, tokens,
                                                                         token):
    registry.push("lab/app:v1", index_of("linux/amd64"))
    registry.authority = Bearer(tokens)
    tokens.behaviour = behave.respond(200, images.encode({"token": token}))
    assert trusting.query(registry.name("lab/app:v1")).code == "upstream"
    assert {each.header("authorization") for each in registry.requests} == {None}
