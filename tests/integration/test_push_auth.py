# SPDX-License-Identifier: Apache-2.0
"""Who may push, what a token is asked for, who sees a password, and what counts as missing."""
import contextlib
import shutil

import pytest

from support import behave, docker_registry, doors, images
from support.authority import Basic, Scoped, TokenEndpoint, basic, unauthorized
from support.docker_registry import PASSWORD, READER, USER
from support.golden import PUSHES
from support.pushes import (PLATFORMS, TARGET, assert_pushed, assert_refused, blobs, changes,
                            names_of_sources, push_sources, source_of, spec)
from support.storage import snapshot

ROBOT = ("robot", "p:a ss")
WRONG = ("robot", "another")
BRIEF = "3s"


@pytest.fixture(autouse=True)
def sources(registry):
    return push_sources(registry)


@pytest.fixture
def tokens():
    with TokenEndpoint(basic(*ROBOT)) as endpoint:
        yield endpoint


# -- passwords ------------------------------------------------------------------------------------

def test_a_push_with_the_right_password(door, registry):
    registry.authority = Basic(*ROBOT)
    assert_pushed(door.push(spec(registry), credentials=ROBOT), registry)


@pytest.mark.parametrize("credentials", [WRONG, None])
def test_a_wrong_password_is_denied_and_nothing_is_written(door, registry, credentials):
    registry.authority = Basic(*ROBOT)
    before = registry.references(TARGET, "manifests")
    assert_refused(door.push(spec(registry), credentials=credentials), 4)
    assert registry.references(TARGET, "manifests") == before
    assert not registry.references(TARGET, "blobs")


@pytest.mark.parametrize("where", ["PUT *", "POST *", "PUT */manifests/*", "PUT */manifests/v1"])
@pytest.mark.parametrize("refusal", [behave.fail(403, "DENIED", "read only"),
                                     lambda *_: unauthorized('Basic realm="lab"')],
                         ids=["403", "401"])
def test_a_read_only_user_is_denied_and_nothing_is_tagged(door, registry, where, refusal):
    registry.authority = Basic(*ROBOT)
    registry.script("POST */blobs/uploads/*", behave.never_mount)
    registry.script(where, refusal)
    assert_refused(door.push(spec(registry), credentials=ROBOT), 4)
    assert not registry.tags(TARGET)


def test_A16_a_password_is_for_the_registry_of_the_target(door, registry, another_registry):
    """A source's registry may ask for it as long as it likes."""
    registry.authority = Basic(*ROBOT)
    push_sources(another_registry)
    another_registry.authority = Basic(*ROBOT)
    wanted = spec(registry, names_of_sources(another_registry))
    assert_refused(door.push(wanted, credentials=ROBOT, timeout=BRIEF), 4)
    assert not any(each.header("authorization") for each in another_registry.requests)
    assert not registry.tags(TARGET)


# -- tokens ---------------------------------------------------------------------------------------

def scopes_asked(tokens):
    return [each.query["scope"] for each in tokens.requests if "scope" in each.query]


def test_A18_a_token_is_for_pushing_first_and_for_what_is_mounted(token_door, registry, tokens):
    registry.authority = Scoped(tokens)
    assert_pushed(token_door.push(spec(registry), credentials=ROBOT), registry)
    to_mount = [scopes for scopes in scopes_asked(tokens) if len(scopes) > 1]
    assert to_mount
    for scopes in to_mount:
        assert scopes[0].startswith(f"repository:{TARGET}:pull,push")
        assert set(scopes[1:]) <= {f"repository:{source_of(each)}:pull" for each in PLATFORMS}
    assert registry.count("POST", "mount=") >= len(set(blobs()))
    assert not registry.count("PUT", "/blobs/")


def test_A19_sources_are_read_with_pull_alone(token_door, registry, tokens):
    registry.authority = Scoped(tokens)
    token_door.push(spec(registry), credentials=ROBOT)
    for platform in PLATFORMS:
        mine = [scopes for scopes in scopes_asked(tokens)
                if scopes[0].startswith(f"repository:{source_of(platform)}:")]
        assert mine and all(scopes == [f"repository:{source_of(platform)}:pull"] for scopes in mine)


def test_A18_a_token_server_that_heeds_one_scope_has_blobs_copied(token_door, registry, tokens):
    tokens.scopes_heeded = 1
    registry.authority = Scoped(tokens)
    assert_pushed(token_door.push(spec(registry), credentials=ROBOT), registry)
    assert registry.writes.open_uploads() == 0


def test_a_token_that_is_not_for_pushing_is_denied(token_door, registry, tokens):
    tokens.withheld = {"push"}
    registry.authority = Scoped(tokens)
    assert_refused(token_door.push(spec(registry), credentials=ROBOT), 4)
    assert not registry.tags(TARGET) and not registry.references(TARGET, "blobs")


def test_A11_a_wrong_password_at_a_token_server_is_denied(token_door, registry, tokens):
    registry.authority = Scoped(tokens)
    assert_refused(token_door.push(spec(registry), credentials=WRONG), 4)
    assert not changes(registry)


def test_T34_a_token_that_ends_during_a_push_is_replaced(token_door, registry, tokens):
    """At the first PUT no token is good any more."""
    registry.authority = Scoped(tokens)
    expired = []

    def expire(server, request):
        if not expired:
            expired.append(tokens.granted.clear())
        return server.answer_honestly(request)
    registry.script("PUT */manifests/*", expire)
    assert_pushed(token_door.push(spec(registry), credentials=ROBOT), registry)


# -- real registries ------------------------------------------------------------------------------

@pytest.fixture(params=["basic", "token"])
def guarded(request, tmp_path, golden_storage):
    """(a real registry that wants to know who asks, addresses of its token server)."""
    storage = str(tmp_path / "storage")
    shutil.copytree(golden_storage, storage)
    with docker_registry.KINDS[request.param](str(tmp_path), storage) as (registry, host):
        yield registry, host.get("realm", [])


@pytest.fixture(params=doors.DOORS)
def guarded_door(request, guarded):
    registry, realms = guarded
    with contextlib.closing(doors.DOORS[request.param]([registry], realms=realms)) as opened:
        yield opened


GOLDEN = PUSHES["docker-three-platforms"]


def test_a_real_registry_is_pushed_to_with_a_password(guarded, guarded_door):
    registry, _ = guarded
    wanted = GOLDEN.spec(registry, "elsewhere/three:v1")
    outcome = guarded_door.push(wanted, credentials=(USER, PASSWORD))
    assert (outcome.status, outcome.digest) == (0, GOLDEN.case["digest"]), outcome.text
    before = snapshot(registry)
    assert guarded_door.push(wanted, credentials=(USER, PASSWORD)) == outcome
    assert snapshot(registry) == before


@pytest.mark.parametrize("credentials", [(USER, "another"), None, (READER, PASSWORD)],
                         ids=["wrong", "none", "reader"])
def test_a_real_registry_denies_and_nothing_is_written(guarded, guarded_door, credentials):
    registry, _ = guarded
    before = snapshot(registry)
    wanted = GOLDEN.spec(registry, "elsewhere/three:v1")
    assert_refused(guarded_door.push(wanted, credentials=credentials), 4)
    assert snapshot(registry) == before


# -- what counts as missing -----------------------------------------------------------------------

@pytest.fixture
def partial(registry):
    """A spec with a source too many."""
    return spec(registry, [*names_of_sources(registry), registry.name("lab/absent:v1")])


def absent(registry, *behaviours):
    registry.script("* /v2/lab/absent/*", *behaviours)


def test_T35_what_is_not_found_is_left_out_and_told(door, registry, partial):
    outcome = door.push(partial, ignore_missing=True)
    assert len(assert_pushed(outcome, registry)["manifests"]) == len(PLATFORMS)
    assert "lab/absent:v1" in outcome.text


def test_T35_without_the_wish_it_is_an_error(door, registry, partial):
    assert_refused(door.push(partial), 3, "lab/absent:v1")
    assert not changes(registry)


@pytest.mark.parametrize("denial", [behave.fail(403, "DENIED", "no such access"),
                                    lambda *_: unauthorized('Basic realm="lab"')],
                         ids=["403", "401"])
def test_T35_denied_is_missing_where_the_registry_took_our_credentials(door, registry, partial,
                                                                       denial):
    """As of a repository that is not there on Docker Hub, Quay and GHCR."""
    registry.authority = Basic(*ROBOT)
    absent(registry, denial)
    outcome = door.push(partial, credentials=ROBOT, ignore_missing=True)
    assert len(assert_pushed(outcome, registry)["manifests"]) == len(PLATFORMS)
    assert "lab/absent:v1" in outcome.text and "denied" in outcome.text


def test_T35_denied_without_credentials_is_not_missing(door, registry, partial):
    absent(registry, behave.fail(403, "DENIED"))
    assert_refused(door.push(partial, ignore_missing=True), 4, "lab/absent:v1")
    assert not registry.tags(TARGET)


def test_T35_denied_by_another_registry_is_not_missing(door, registry, another_registry):
    registry.authority = Basic(*ROBOT)
    another_registry.script("GET *", behave.fail(403, "DENIED"))
    wanted = spec(registry, [*names_of_sources(registry), another_registry.name("lab/absent:v1")])
    assert_refused(door.push(wanted, credentials=ROBOT, ignore_missing=True), 4, "lab/absent:v1")
    assert not registry.tags(TARGET)


def test_T35_a_rejected_password_is_not_missing(door, registry, partial):
    registry.authority = Basic(*ROBOT)
    assert_refused(door.push(partial, credentials=WRONG, ignore_missing=True), 4)
    assert not changes(registry)


@pytest.mark.parametrize("failure, status", [
    (behave.rate_limited("1000"), 6), (behave.fail(500), 7), (behave.hang_up, 7),
    (behave.silence, 7), (behave.html_error(200), 7)])
def test_T35_what_cannot_be_known_is_not_missing(door, registry, partial, failure, status):
    absent(registry, failure)
    outcome = door.push(partial, ignore_missing=True, timeout=BRIEF)
    assert_refused(outcome, status, "lab/absent:v1")
    assert not registry.tags(TARGET)


def test_T35_a_missing_child_of_an_index_is_no_missing_source(door, registry):
    registry.push("lab/both:v1", images.index_of(*PLATFORMS))
    outcome = door.push(spec(registry, [registry.name("lab/both:v1")]), ignore_missing=True)
    assert_refused(outcome, 3)
    assert not registry.tags(TARGET)


def test_T35_when_all_are_missing_there_is_nothing_to_push(door, registry):
    outcome = door.push(spec(registry, [registry.name("lab/absent:v1")]), ignore_missing=True)
    assert_refused(outcome, 3)
    assert not changes(registry)
