# SPDX-License-Identifier: Apache-2.0
"""POST /push and POST /check: what is told, who may, and in whose name."""
import json

import pytest

from support import behave, images
from support.authority import Basic, basic, registry_auth
from support.daemon import run
from support.doors import TOKEN
from support.push_service import (KNOWN, YAML, answer_on, head, push, push_sources_at_home, spec)
from support.pushes import TARGET, assert_whole, changes

MIB = 1 << 20


@pytest.fixture(autouse=True)
def sources(registry):
    push_sources_at_home(registry)


# -- what is told ---------------------------------------------------------------------------------

def test_a_push_is_told_what_became_of_it(service, registry):
    answer = service().ask("POST", "/push?type=oci", {**YAML, **KNOWN},
                           json.dumps(spec(registry, tags=["latest", "1.0"])))
    assert answer.status == 200, answer.body
    assert answer.headers["Cache-Control"] == "no-store"
    assert list(answer.json) == ["digest", "size", "mediatype", "image", "tags", "warnings"]
    _, body = registry.find(TARGET, "manifests", "v1")
    assert answer.json == {
        "digest": images.digest_of(body), "size": len(body), "mediatype": images.OCI_INDEX,
        "image": registry.name(f"{TARGET}:v1"), "tags": ["v1", "latest", "1.0"], "warnings": []}
    for tag in answer.json["tags"]:
        assert_whole(registry, TARGET, tag)


@pytest.mark.parametrize("media_type", [
    "application/yaml", "text/yaml; charset=utf-8", "application/x-yaml", "application/json"])
def test_a_body_is_yaml_or_json(service, registry, media_type):
    status, said = push(service(), spec(registry), headers={**KNOWN, "Content-Type": media_type})
    assert (status, said.get("mediatype")) == (200, images.DOCKER_LIST), said


def test_P16_a_dry_run_gives_the_list_and_writes_nothing(service, registry):
    status, said = push(service(), spec(registry, tags=["latest"]), "?dry_run=true")
    assert status == 200, said
    assert list(said)[-2:] == ["dry_run", "manifest"]
    assert (said["tags"], said["dry_run"]) == ([], True)
    assert images.digest_of(said["manifest"].encode()) == said["digest"]
    assert len(said["manifest"]) == said["size"]
    assert not changes(registry)


def test_what_is_left_out_is_a_warning(service, registry):
    document = spec(registry, sources=[registry.name(f"{TARGET}:amd64"),
                                       registry.name(f"{TARGET}:none")])
    daemon = service()
    status, said = push(daemon, document)
    assert (status, said["code"]) == (404, "not_found")
    status, said = push(daemon, document, "?ignore_missing=true")
    assert status == 200, said
    assert any(f"{TARGET}:none" in each for each in said["warnings"])


def test_P15_a_partial_failure_says_which_tags_are_pushed(service, registry):
    registry.script(f"PUT /v2/{TARGET}/manifests/second", behave.fail(403, "DENIED", "no"))
    status, said = push(service(), spec(registry, tags=["second", "third"]))
    assert (status, said["code"]) == (403, "denied")
    assert said["pushed"] == ["v1", "third"]
    assert any("second" in each for each in said["warnings"])


def test_an_error_before_anything_was_written_has_no_such_list(service, registry):
    registry.script("PUT *", behave.fail(403, "DENIED", "no"))
    status, said = push(service(), spec(registry))
    assert (status, set(said)) == (403, {"error", "code"})


@pytest.mark.parametrize("query", ["type=list", "type=OCI", "dry_run=1", "ignore_missing=yes",
                                   "dry_run=true&dry_run=true"])
def test_a_wrong_parameter_is_invalid(service, registry, query):
    status, said = push(service(), spec(registry), "?" + query)
    assert (status, said["code"]) == (400, "invalid")
    assert not registry.requests


def test_P19_a_wrong_spec_is_told_with_line_and_column(service, registry):
    answer = service().ask("POST", "/push", {**YAML, **KNOWN}, "image: a/b:1\nimages: []\n")
    assert (answer.status, answer.code) == (400, "invalid")
    assert answer.json["error"].startswith("the body:2:1: ")
    assert not registry.requests


# -- who may --------------------------------------------------------------------------------------

def test_pushing_is_off_until_it_is_set(daemon, registry):
    for path in ("/push", f"/check?repository={registry.name(TARGET)}"):
        answer = daemon.ask("POST", path, {**YAML, **KNOWN}, json.dumps(spec(registry)))
        assert (answer.status, answer.code) == (403, "forbidden")
        assert "push.enabled" in answer.json["error"]
    assert not registry.requests


def test_enabled_alone_opens_to_nobody(start, registry):
    status, said = push(start({"push": {"enabled": True}}), spec(registry))
    assert (status, said["code"]) == (403, "forbidden")
    assert "push.tokens_file" in said["error"] and "push.anonymous" in said["error"]


@pytest.mark.parametrize("headers", [
    {}, {"Authorization": "Bearer " + TOKEN[:-1]}, {"Authorization": "Bearer " + TOKEN + "0"},
    {"Authorization": TOKEN}, {"Authorization": "Bearer # the tests"}, {"Authorization": "Bearer"},
    {"Authorization": basic("user", TOKEN)}])
def test_without_the_token_nothing_is_pushed(service, registry, headers):
    daemon = service()
    answer = daemon.ask("POST", "/push", {**YAML, **headers}, json.dumps(spec(registry)))
    assert (answer.status, answer.code) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="mqueryd"'
    answer = daemon.ask("POST", f"/check?repository={registry.name(TARGET)}", headers)
    assert answer.status == 401
    assert not registry.requests


def test_who_may_not_push_is_told_before_the_body_is_read(service):
    with head(service(), "Content-Length: 1000", known={}) as client:
        status, said = answer_on(client)
    assert (status, said["code"]) == (401, "unauthorized")


def test_a_client_that_sends_on_still_hears_why(service):
    """Closing a socket with unread bytes would reset it, and with it the answer."""
    daemon = service()
    for _ in range(10):
        answer = daemon.ask("POST", "/push", YAML, b"x" * (3 * MIB))
        assert (answer.status, answer.code) == (401, "unauthorized")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/push", "/check"])
def test_T40_another_method_is_not_allowed(service, method, path):
    answer = service().ask(method, path, KNOWN)
    assert (answer.status, answer.headers["Allow"]) == (405, "POST, OPTIONS")


@pytest.mark.parametrize("text, where", [
    ("short\n", ":1: "), (TOKEN + "\n\nwith a blank in it\n", ":3: "), ("# nothing\n", ": ")])
def test_S21_a_wrong_file_of_tokens_is_told_at_the_start(secret_file, text, where):
    path = secret_file(text)
    settings = ["--set", "push.enabled=true", "--set", f"push.tokens_file={path}",
                "--listen", "127.0.0.1:0"]
    for flags in ([], ["--check-config"]):
        result = run(*settings, *flags)
        assert result.returncode == 2
        assert result.stderr.startswith(f"mqueryd: push.tokens_file: {path}{where}")
        assert "short" not in result.stderr and "blank in" not in result.stderr


def test_a_file_of_tokens_that_others_may_read_is_warned_about(service):
    service().wait_for_log("others on this machine may read")


# -- in whose name --------------------------------------------------------------------------------

OPERATOR, CALLER = ("operator", "a-password-of-the-operator"), ("caller", "a-password-of-a-caller")


def in_the_operators_name(secret_file):
    return {"username": OPERATOR[0], "password_file": secret_file(OPERATOR[1], "password")}


def test_who_has_a_token_pushes_in_the_operators_name(service, registry, secret_file):
    registry.authority = Basic(*OPERATOR)
    status, said = push(service(host=in_the_operators_name(secret_file)), spec(registry))
    assert status == 200, said


def test_S32_the_anonymous_never_push_in_the_operators_name(service, registry, secret_file):
    registry.authority = Basic(*OPERATOR)
    daemon = service({"push": {"anonymous": True}}, host=in_the_operators_name(secret_file))
    status, said = push(daemon, spec(registry), headers={})
    assert (status, said["code"]) == (403, "denied")
    answer = daemon.ask("POST", f"/check?repository={registry.name(TARGET)}")
    assert (answer.status, answer.code) == (403, "denied")
    assert registry.requests
    assert all(each.header("authorization") is None for each in registry.requests)


def test_the_anonymous_push_where_nobody_is_asked_who_they_are(start, registry):
    status, said = push(start({"push": {"enabled": True, "anonymous": True}}), spec(registry),
                        headers={})
    assert status == 200, said


@pytest.mark.parametrize("settings, headers", [({}, KNOWN), ({"anonymous": True}, {})])
def test_callers_push_with_credentials_of_their_own(service, registry, settings, headers):
    registry.authority = Basic(*CALLER)
    own = registry_auth(username=CALLER[0], password=CALLER[1])
    status, said = push(service({"push": settings}), spec(registry), headers={**headers, **own})
    assert status == 200, said


def test_S21_no_secret_is_logged_and_every_push_is(service, registry):
    registry.authority = Basic(*CALLER)
    daemon = service({"log": {"level": "debug"}})
    own = registry_auth(username=CALLER[0], password=CALLER[1])
    _, said = push(daemon, spec(registry, tags=["more"]), headers={**KNOWN, **own})
    push(daemon, spec(registry), headers={"Authorization": "Bearer a-wrong-but-secret-token"})
    line = json.loads(daemon.wait_for_log('"message":"push"'))
    assert line["who"] == "token 2"
    assert line["target"] == registry.name(f"{TARGET}:v1")
    assert (line["digest"], line["tags"], line["status"]) == (said["digest"], 2, 200)
    refused = json.loads(daemon.wait_for_log('"who":"nobody known"'))
    assert refused["status"] == 401
    for secret in (TOKEN, CALLER[1], own["X-Registry-Auth"], "secret-token"):
        assert secret not in daemon.log


def test_S31_a_push_that_wrote_nothing_leaves_what_is_known(service, registry):
    daemon = service()
    registry.push(f"{TARGET}:v1", images.index_of("linux/amd64"))
    name = registry.name(f"{TARGET}:v1")
    assert daemon.query(name).status == 200
    status, _ = push(daemon, {"image": name, "manifests": [
        {"image": registry.name("lab/nowhere:v1")}]}, headers=KNOWN)
    assert status == 404
    asked = len(registry.requests)
    assert daemon.query(name).status == 200
    assert len(registry.requests) == asked


# -- /check ---------------------------------------------------------------------------------------

def test_T38_a_registry_is_checked(service, registry):
    answer = service().ask("POST", f"/check?repository={registry.name('lab/check')}", KNOWN)
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert registry.asked("PUT", "/v2/lab/check/manifests/")
    assert isinstance(answer.json, dict)


@pytest.mark.parametrize("query", ["", "?repository=", "?repository=a/UPPER",
                                   "?repository=a&repository=b"])
def test_a_check_needs_a_repository(service, registry, query):
    answer = service().ask("POST", "/check" + query, KNOWN)
    assert (answer.status, answer.code) == (400, "invalid")
    assert not registry.requests


def test_a_check_of_a_registry_that_may_not_be_asked_is_forbidden(service, registry):
    answer = service().ask("POST", "/check?repository=127.0.0.1:1/lab/check", KNOWN)
    assert (answer.status, answer.code) == (403, "forbidden")
