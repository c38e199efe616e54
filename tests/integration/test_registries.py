# SPDX-License-Identifier: Apache-2.0
"""The registries that people really have (support/registries): each of them asked for an index, a
lone image and what is not there, confirmed by HEAD and pushed to; then what only one of them does.

Whatever is asked, no server is told a secret that is not for it (rules A15, A16, H15).
"""
import contextlib

import pytest

from support import behave, images, registries
from support.authority import registry_auth
from support.daemon import Daemon, merged
from support.doors import TOKEN
from support.images import config, index_of
from support.push_service import push
from support.pushes import assert_whole
from support.registries import azure, google

PLATFORMS = ["linux/amd64", "linux/arm64"]
# Whatever is held is old at once, and confirmed before it is given.
ALWAYS_ASK = {"cache": {"fresh": "1ms", "stale_while_revalidate": "0s", "negative": "1ms"}}


@pytest.fixture(scope="session")
def ground(ca):
    return registries.AtAddresses(ca)


@pytest.fixture
def open_hosted(ground):
    """open_hosted(kind): a fake of this kind, which has not been told too much in the end."""
    with contextlib.ExitStack() as stack:
        def open_one(kind):
            hosted = stack.enter_context(contextlib.closing(kind(ground)))
            stack.callback(hosted.assert_discreet)
            return hosted
        yield open_one


@pytest.fixture(params=registries.REGISTRIES, ids=lambda kind: kind.__name__)
def hosted(request, open_hosted):
    return open_hosted(request.param)


@pytest.fixture
def serve(ca, secret_file):
    """serve(hosted, settings, **entry) starts a daemon for who has an account there."""
    with contextlib.ExitStack() as stack:
        def start_daemon(hosted, settings=None, **entry):
            base = {"registry": {"hosts": [{**hosted.entry(secret_file), **entry}]},
                    "push": {"enabled": True, "tokens_file": secret_file(TOKEN, "tokens")}}
            return stack.enter_context(Daemon(merged(base, settings or {}),
                                              environment={"SSL_CERT_FILE": ca.file}))
        yield start_daemon


@pytest.fixture
def serve_strangers(ca):
    """The same for who has none."""
    with contextlib.ExitStack() as stack:
        def start_daemon(hosted, settings=None):
            base = {"registry": {"hosts": [{"name": hosted.image("").rstrip("/")}]}}
            if hosted.realm:
                base["registry"]["hosts"][0]["realm"] = [hosted.realm]
            return stack.enter_context(Daemon(merged(base, settings or {}),
                                              environment={"SSL_CERT_FILE": ca.file}))
        yield start_daemon


# -- what all of them are asked -------------------------------------------------------------------

def test_an_index_is_read(hosted, serve):
    digest = hosted.push("lab/app:v1", index_of(*PLATFORMS))
    answer = serve(hosted).query(hosted.image("lab/app:v1"))
    assert (answer.status, answer.platforms) == (200, PLATFORMS), answer.body
    assert answer.json["digest"] == digest


def test_a_lone_image_is_read_from_its_config(hosted, serve):
    hosted.push_image("lab/app:v1", config("linux/arm/v7"))
    answer = serve(hosted).query(hosted.image("lab/app:v1"))
    assert (answer.status, answer.platforms) == (200, ["linux/arm/v7"]), answer.body


@pytest.mark.parametrize("name, kind_of_absence", [
    ("lab/app:none", "absent_tag"), ("theirs/absent:v1", "absent_repository")])
def test_T23_what_is_not_there_is_called_what_can_be_known_of_it(hosted, serve, name,
                                                                 kind_of_absence):
    hosted.push("lab/app:v1", index_of(*PLATFORMS))
    answer = serve(hosted).query(hosted.image(name))
    assert answer.code == getattr(hosted, kind_of_absence), answer.body


def confirm(daemon, hosted, name):
    return hosted.registry.wait_for_question(lambda: daemon.query(hosted.image(name)))


def test_T19_H8_an_unchanged_tag_is_confirmed_by_head(hosted, serve):
    hosted.push("lab/app:v1", index_of(*PLATFORMS))
    daemon = serve(hosted, ALWAYS_ASK)
    assert daemon.query(hosted.image("lab/app:v1")).status == 200
    hosted.registry.forget()
    again = confirm(daemon, hosted, "lab/app:v1")
    assert (again.status, again.platforms) == (200, PLATFORMS)
    assert [each.method for each in hosted.registry.requests][:len(hosted.revalidation)] == \
        hosted.revalidation
    if "GET" not in hosted.revalidation:
        assert not hosted.registry.count("GET")


def push_of_several_repositories(hosted, daemon):
    """Each platform's image is in a repository of its own, and the list in another one."""
    for each in PLATFORMS:
        hosted.registry.push_whole_image(f"lab/{each[6:]}:v1", config(each), [each.encode()])
    status, said = push(daemon, {
        "image": hosted.image("lab/app:v1"),
        "manifests": [{"image": hosted.image(f"lab/{each[6:]}:v1")} for each in PLATFORMS]})
    assert status == 200, said


@pytest.mark.parametrize("hosted", [each for each in registries.REGISTRIES if each.takes_pushes],
                         ids=lambda kind: kind.__name__, indirect=True)
def test_T32_images_of_several_repositories_become_one(hosted, serve):
    push_of_several_repositories(hosted, serve(hosted))
    assert_whole(hosted.registry)


STRANGERS_ARE_WELCOME = [registries.DockerHub, registries.Ghcr, registries.EcrPublic,
                         registries.ArtifactRegistry, registries.Quay, registries.GitLab,
                         registries.Harbor, registries.Kubernetes]


@pytest.mark.parametrize("hosted", STRANGERS_ARE_WELCOME, ids=lambda kind: kind.__name__,
                         indirect=True)
def test_who_has_no_account_reads_what_is_public(hosted, serve_strangers):
    hosted.push_image("lab/app:v1", config("linux/arm64"))
    answer = serve_strangers(hosted).query(hosted.image("lab/app:v1"))
    assert (answer.status, answer.platforms) == (200, ["linux/arm64"]), answer.body


# -- Docker Hub -----------------------------------------------------------------------------------

@pytest.fixture
def hub(open_hosted):
    hosted = open_hosted(registries.DockerHub)
    hosted.push("lab/app:v1", index_of(*PLATFORMS))
    return hosted


def test_B1_a_pull_is_one_of_the_quota_and_a_confirmation_none(hub, serve):
    daemon = serve(hub, ALWAYS_ASK)
    assert daemon.query(hub.image("lab/app:v1")).status == 200
    for _ in range(3):
        assert confirm(daemon, hub, "lab/app:v1").status == 200
    assert hub.pulls_left == 99


def test_H22_T21_a_spent_quota_is_rate_limited_and_what_is_known_still_told(hub, serve):
    daemon = serve(hub, ALWAYS_ASK)
    assert daemon.query(hub.image("lab/app:v1")).status == 200
    hub.pulls_left = 0
    answer = daemon.query(hub.image("lab/app:v2"))
    assert (answer.status, answer.code) == (503, "rate_limited")
    assert int(answer.headers["Retry-After"]) >= 1
    assert daemon.query(hub.image("lab/app:v1")).status == 200


def test_H22_the_limit_for_abuse_is_no_json_and_understood(hub, serve):
    daemon = serve(hub, ALWAYS_ASK)
    assert daemon.query(hub.image("lab/app:v1")).status == 200
    hub.is_abused = True
    kept = confirm(daemon, hub, "lab/app:v1")
    assert (kept.status, kept.json["stale"]) == (200, True)
    assert daemon.query(hub.image("lab/app:v2")).code == "rate_limited"


# -- GHCR -----------------------------------------------------------------------------------------

def test_A5_the_scope_of_a_placeholder_is_not_asked_for(open_hosted, serve):
    ghcr = open_hosted(registries.Ghcr)
    ghcr.push("lab/app:v1", index_of(*PLATFORMS))
    ghcr.registry.script("GET */manifests/*", lambda registry, request: (
        behave.honest(registry, request) if request.header("authorization")
        else behave.respond(401)(registry, request)))  # so that the root is asked (A1)
    assert serve(ghcr).query(ghcr.image("lab/app:v1")).status == 200
    assert [each.query["scope"] for each in ghcr.registry.asked(contains="/token")] == [
        ["repository:lab/app:pull"]]


def test_T21_fractions_of_a_millisecond_are_no_invitation(open_hosted, serve):
    ghcr = open_hosted(registries.Ghcr)
    ghcr.limit()
    daemon = serve(ghcr)
    answers = [daemon.query(ghcr.image(f"lab/app:v{number}")) for number in range(5)]
    assert {each.code for each in answers} == {"rate_limited"}
    assert all(int(each.headers["Retry-After"]) >= 1 for each in answers)


# -- ECR ------------------------------------------------------------------------------------------

def test_T27_A13b_a_password_that_has_expired_is_fetched_anew(open_hosted, ca, tmp_path):
    ecr = open_hosted(registries.EcrPrivate)
    for tag in ("v1", "v2"):
        ecr.push(f"lab/app:{tag}", index_of(*PLATFORMS))
    home = helper_at(tmp_path, ecr.account[1])
    host = ecr.image("").rstrip("/")
    path = tmp_path / "config.json"
    path.write_text('{"credHelpers":{"%s":"ecr-login"}}' % host, encoding="utf-8")
    settings = {"registry": {"hosts": [{"name": host}], "credentials": str(path)}}
    with Daemon(settings, environment={**home, "SSL_CERT_FILE": ca.file}) as daemon:
        assert daemon.query(ecr.image("lab/app:v1")).status == 200
        ecr.expire("eyJwYXlsb2FkIjoibGFiIn0=the-next-twelve-hours")
        helper_at(tmp_path, "eyJwYXlsb2FkIjoibGFiIn0=the-next-twelve-hours")
        assert daemon.query(ecr.image("lab/app:v2")).status == 200


def helper_at(directory, password):
    """docker-credential-ecr-login, and the environment in which it is found."""
    helper = directory / "bin" / "docker-credential-ecr-login"
    helper.parent.mkdir(exist_ok=True)
    helper.write_text("#!/bin/sh\ncat >/dev/null\n"
                      f'echo \'{{"Username":"AWS","Secret":"{password}"}}\'\n', encoding="utf-8")
    helper.chmod(0o700)
    return {"PATH": f"{helper.parent}:/usr/bin:/bin"}


def test_T27_A13b_a_token_that_is_called_invalid_is_fetched_anew(open_hosted, serve):
    ecr = open_hosted(registries.EcrPublic)
    for tag in ("v1", "v2"):
        ecr.push(f"lab/app:{tag}", index_of(*PLATFORMS))
    daemon = serve(ecr)
    assert daemon.query(ecr.image("lab/app:v1")).status == 200
    ecr.tokens.revoke_all()
    assert daemon.query(ecr.image("lab/app:v2")).status == 200


def test_P13_a_repository_that_must_be_made_first_is_named(open_hosted, serve):
    ecr = open_hosted(registries.EcrPrivate)
    ecr.registry.push_whole_image("lab/amd64:v1", config("linux/amd64"), [b"layer"])
    status, said = push(serve(ecr), {
        "image": ecr.image("lab/unmade:v1"), "manifests": [{"image": ecr.image("lab/amd64:v1")}]})
    assert (status, said["code"]) == (404, "not_found")
    assert "lab/unmade" in said["error"]


# -- Google ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("account", [google.ACCESS_TOKEN, google.JSON_KEY],
                         ids=lambda account: account[0])
def test_users_that_stand_for_kinds_of_keys_are_users(open_hosted, serve, secret_file, account):
    hosted = open_hosted(registries.ArtifactRegistry)
    hosted.account = account
    hosted.push("lab/app:v1", index_of(*PLATFORMS))
    assert serve(hosted).query(hosted.image("lab/app:v1")).status == 200


def test_A4_no_service_is_asked_for_where_none_is_named(open_hosted, serve):
    hosted = open_hosted(registries.ArtifactRegistry)
    hosted.push("lab/app:v1", index_of(*PLATFORMS))
    assert serve(hosted).query(hosted.image("lab/app:v1")).status == 200
    assert all("service" not in each.query for each in hosted.registry.asked(contains="/v2/token"))


# -- Azure ----------------------------------------------------------------------------------------

def test_A8_C8_a_refresh_token_is_traded_in(open_hosted, serve_strangers):
    acr = open_hosted(registries.AzureContainerRegistry)
    acr.push_image("lab/app:v1", config("linux/arm64"))
    mine = registry_auth(username=azure.NOBODY, identitytoken=azure.REFRESH_TOKEN)
    answer = serve_strangers(acr).query(acr.image("lab/app:v1"), headers=mine)
    assert (answer.status, answer.platforms) == (200, ["linux/arm64"]), answer.body
    asked = acr.registry.asked(contains="/oauth2/token")
    assert {each.method for each in asked} == {"POST"}


# -- Quay, GitLab ---------------------------------------------------------------------------------

def test_H2_quay_converts_nothing_for_us(open_hosted, serve):
    quay = open_hosted(registries.Quay)
    quay.push("lab/app:v1", index_of(*PLATFORMS))
    answer = serve(quay).query(quay.image("lab/app:v1"))
    assert answer.json["mediatype"] == images.OCI_INDEX


def test_A18_one_scope_for_each_repository(open_hosted, serve):
    gitlab = open_hosted(registries.GitLab)
    push_of_several_repositories(gitlab, serve(gitlab))
    assert len(gitlab.tokens.requests) > 1
    for request in gitlab.tokens.requests:
        repositories = [each.rpartition(":")[0] for each in request.query["scope"]]
        assert len(repositories) == len(set(repositories))


# -- registry.k8s.io ------------------------------------------------------------------------------

def test_H17_H16_credentials_stay_behind_where_all_is_redirected(open_hosted, serve, secret_file):
    """Though the operator gave some for it; assert_discreet() looks at where they went."""
    kubernetes = open_hosted(registries.Kubernetes)
    kubernetes.account = ("lab-robot", "kept-behind/0123456789")
    kubernetes.push_image("lab/app:v1", config("linux/arm64"))
    assert serve(kubernetes).query(kubernetes.image("lab/app:v1")).status == 200
    assert {each.method for each in kubernetes.front.requests} == {"GET"}
    assert all(each.header("authorization") is None for each in kubernetes.registry.requests)
