# SPDX-License-Identifier: Apache-2.0
"""Credential files and helpers, through the daemon and the command line, against a real registry
that wants a password and a fake one that wants whatever the case needs."""
import base64
import contextlib
import json
import os
import stat

import pytest

from support import behave, docker_registry, golden
from support.authority import Basic, Bearer, basic
from support.command_line import mquery, said
from support.daemon import Daemon, run
from support.docker_registry import KINDS, PASSWORD, USER, listing
from support.images import index_of
from support.processes import wait_until

CANARY = "a/canary+secret=1"
ROBOT = ("robot", CANARY)
WRONG = "a-password-of-old"
SAYS_NONE = "echo 'credentials not found in native keychain'; exit 1"


def auth(user, password):
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def answer(user, secret):
    """A helper's script that answers so."""
    text = json.dumps({"ServerURL": "", "Username": user, "Secret": secret})
    return f"cat >/dev/null; echo '{text}'"


class Home:
    """A person's home, with a directory of their own on PATH."""

    def __init__(self, directory):
        self.directory = directory
        for each in ("bin", ".docker", "run/containers", ".config/containers"):
            (directory / each).mkdir(parents=True)
        self.environment = {
            "HOME": str(directory), "XDG_RUNTIME_DIR": str(directory / "run"),
            "XDG_CONFIG_HOME": str(directory / ".config"),
            "PATH": f"{directory / 'bin'}:/usr/bin:/bin"}

    def write(self, name, document):
        path = self.directory / name
        fresh = path.with_name("fresh")
        fresh.write_text(document if isinstance(document, str) else json.dumps(document))
        fresh.rename(path)
        return str(path)

    def configure(self, **document):
        return self.write(".docker/config.json", document)

    def add_helper(self, name, script):
        """A helper that notes the server it is asked for."""
        noted = self.directory / "asked"
        notes = f"read -r server || :; echo \"$1 $server\" >>'{noted}'"
        path = self.write(f"bin/docker-credential-{name}", f"#!/bin/sh\n{notes}\n{script}\n")
        os.chmod(path, stat.S_IRWXU)

    @property
    def asked(self):
        noted = self.directory / "asked"
        return noted.read_text().splitlines() if noted.exists() else []


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


@pytest.fixture
def start_at_home(start, home):
    """A daemon with docker's credentials; **host goes into the fake registry's listing."""
    def start_daemon(source="docker", **host):
        return start({"registry": {"credentials": source}, "log": {"level": "debug"}}, host=host,
                     environment=home.environment)
    return start_daemon


# -- a real registry, every place a credential may be in ------------------------------------------

@pytest.fixture(scope="module")
def private(golden_storage, tmp_path_factory):
    directory = str(tmp_path_factory.mktemp("private"))
    with KINDS["basic"](directory, golden_storage) as (registry, _):
        yield registry


def in_variable(home, address):
    home.environment["DOCKER_AUTH_CONFIG"] = json.dumps(
        {"auths": {address: {"auth": auth(USER, PASSWORD)}}})


def in_docker_config(home, address):
    (home.directory / "elsewhere").mkdir()
    home.write("elsewhere/config.json", {"auths": {address: {"auth": auth(USER, PASSWORD)}}})
    home.environment["DOCKER_CONFIG"] = str(home.directory / "elsewhere")


def in_home(home, address):
    home.configure(auths={f"https://{address}/v2/": {"username": USER, "password": PASSWORD}})


def in_own_helper(home, address):
    home.configure(credHelpers={address: "own"}, credsStore="absent")
    home.add_helper("own", answer(USER, PASSWORD))


def in_store(home, address):
    home.configure(credsStore="all", auths={address: {}})
    home.add_helper("all", answer(USER, PASSWORD))


def in_podmans(home, address):
    home.configure(auths={"another.example": {"auth": "broken"}})
    home.write("run/containers/auth.json", {"auths": {address: {"auth": auth(USER, PASSWORD)}}})


def in_podmans_by_name(home, address):
    home.environment["REGISTRY_AUTH_FILE"] = home.write(
        "auth.json", {"auths": {f"{address}/tests": {"auth": auth("nobody", "x")},
                                address: {"auth": auth(USER, PASSWORD)}}})


def in_the_oldest(home, address):
    home.write(".dockercfg", {f"https://{address}": {"auth": auth(USER, PASSWORD), "email": ""}})


def name_in(private):
    """Of an image that it has."""
    name = golden.RUNNABLE[0]
    return f"{private.address}/{name}"


PLACES = [in_variable, in_docker_config, in_home, in_own_helper, in_store, in_podmans,
          in_podmans_by_name, in_the_oldest]


@pytest.mark.parametrize("place", PLACES)
def test_T28_the_daemon_finds_the_credentials(private, home, place):
    place(home, private.address)
    settings = {"registry": {"credentials": "docker", "hosts": [listing(private)]}}
    with Daemon(settings, environment=home.environment) as daemon:
        assert daemon.query(name_in(private)).status == 200


@pytest.mark.parametrize("place", PLACES)
def test_T28_the_command_line_finds_them_unasked(private, home, place):
    place(home, private.address)
    status, out, err = said(mquery(name_in(private), environment=home.environment))
    assert (status, PASSWORD in out + err) == (0, False), err


@pytest.mark.parametrize("pattern", ["127.0.0.*", "127.*.0.1"])
def test_C13_a_kubernetes_secret_by_its_path(private, home, pattern):
    port = private.address.rpartition(":")[2]
    path = home.write(".dockerconfigjson",
                      {"auths": {f"https://{pattern}:{port}": {"auth": auth(USER, PASSWORD)}}})
    settings = {"registry": {"credentials": path, "hosts": [listing(private)]}}
    with Daemon(settings) as daemon:
        assert daemon.query(name_in(private)).status == 200


def test_C13_a_key_with_a_wrong_password_is_followed_by_the_next(private, home):
    entries = {private.address: {"auth": auth(USER, WRONG)},
               f"https://{private.address}/v1/": {"auth": auth(USER, PASSWORD)}}
    path = home.write(".dockerconfigjson", {"auths": entries})
    settings = {"registry": {"credentials": path, "hosts": [listing(private)]}}
    with Daemon(settings) as daemon:
        assert daemon.query(name_in(private)).status == 200


# Patterns for 127.0.0.1, behind what names it; the best first.
KEYS = ["127.0.0.1:{port}/lab", "127.0.0.1:{port}", "https://127.0.0.1:{port}/v1/",
        *(pattern + ":{port}" for pattern in ("*.0.0.1", "127.*.0.1", "127.0.*.1", "127.0.0.*",
                                              "*.*.0.1", "*.*.*.1"))]


@pytest.fixture
def ask_with(start, home, registry, image):
    """ask_with(users): the answer for an image, by a daemon with a Kubernetes secret that has a key
    for each of these; all but ROBOT have a wrong password."""
    def ask(users):
        port = registry.address.rpartition(":")[2]
        entries = [{"auth": auth(user, CANARY if user == ROBOT[0] else WRONG)} for user in users]
        keys = (key.format(port=port) for key in KEYS)
        path = home.write(".dockerconfigjson", {"auths": dict(zip(keys, entries))})
        return start({"registry": {"credentials": path}}).query(image)
    return ask


def users_tried(registry):
    """In their order."""
    sent = (each.header("authorization") for each in registry.asked("GET", "/manifests/"))
    return [base64.b64decode(each.split()[1]).decode().partition(":")[0] for each in sent if each]


@pytest.mark.parametrize("place", [0, 1, 2, 3, 7])
def test_C13_keys_that_match_are_tried_in_turn(ask_with, registry, place):
    registry.authority = Basic(*ROBOT)
    users = [*(f"user{number}" for number in range(place)), ROBOT[0]]
    assert ask_with([*users, "another"][:len(KEYS)]).status == 200
    assert users_tried(registry) == users


def test_C13_a_403_leads_to_the_next_key_too(ask_with, registry):
    registry.authority = Basic(*ROBOT)

    def know_a_reader(server, request):
        if request.header("authorization") == basic("reader", WRONG):
            return behave.fail(403, "DENIED")(server, request)
        return server.answer_honestly(request)
    registry.script("GET */manifests/*", know_a_reader)
    assert ask_with(["reader", ROBOT[0]]).status == 200


def test_C13_A11_keys_that_are_all_wrong_are_denied(ask_with, registry):
    registry.authority = Basic(*ROBOT)
    assert ask_with(["one", "two", "three"]).code == "denied"
    assert users_tried(registry) == ["one", "two", "three"]


def test_C13_no_more_than_eight_keys_are_tried(ask_with, registry):
    registry.authority = Basic(*ROBOT)
    assert ask_with([*(f"user{number}" for number in range(8)), ROBOT[0]]).code == "denied"
    assert len(users_tried(registry)) == 8


@pytest.mark.parametrize("name", [".docker", ".docker/config.json"])
def test_docker_cfg_is_a_directory_or_a_file_and_nothing_else_is_asked(private, home, name):
    image = name_in(private)
    home.configure(auths={private.address: {"auth": auth(USER, PASSWORD)}})
    path = str(home.directory / name)
    assert mquery("--docker-cfg", path, image).returncode == 0
    other = home.write("other.json", {})
    assert mquery("--docker-cfg", other, image, environment=home.environment).returncode == 4


def test_the_daemon_reads_no_files_unless_told_to(private, home):
    in_home(home, private.address)
    settings = {"registry": {"hosts": [listing(private)]}}
    with Daemon(settings, environment=home.environment) as daemon:
        assert daemon.query(name_in(private)).code == "denied"


def test_the_listed_hosts_own_username_wins(private, home, tmp_path):
    home.configure(auths={private.address: {"auth": auth("nobody", "wrong")}})
    host = listing(private, **docker_registry.with_password(str(tmp_path)))
    settings = {"registry": {"credentials": "docker", "hosts": [host]}}
    with Daemon(settings, environment=home.environment) as daemon:
        assert daemon.query(name_in(private)).status == 200


def test_A11_a_wrong_password_is_denied(private, home):
    home.configure(auths={private.address: {"auth": auth(USER, CANARY)}})
    status, out, err = said(mquery(name_in(private), environment=home.environment))
    assert (status, CANARY in out + err) == (4, False)


# -- the kinds of credentials ---------------------------------------------------------------------

@pytest.mark.parametrize("is_helper", [False, True])
def test_C8_an_identity_token_is_traded_in(start_at_home, home, registry, tokens, image, is_helper):
    registry.authority = Bearer(tokens)
    tokens.get_allowed, tokens.refresh_token = False, CANARY
    if is_helper:
        home.configure(credsStore="acr")
        home.add_helper("acr", answer("<token>", CANARY))
    else:
        home.configure(auths={registry.address: {"auth": auth("00000000", ""),
                                                 "identitytoken": CANARY}})
    daemon = start_at_home(realm=[tokens.address])
    assert daemon.query(image).status == 200
    daemon.stop()
    assert CANARY not in daemon.log


def test_A17_a_registry_token_is_sent_as_it_is(start_at_home, home, registry, tokens, image):
    registry.authority = Bearer(tokens)
    tokens.valid.add("registry-token")
    home.configure(auths={registry.address: {"registrytoken": "registry-token"}})
    assert start_at_home().query(image).status == 200
    assert not tokens.requests


def test_C7_credentials_are_for_that_very_host(start_at_home, home, registry, another_registry,
                                               image):
    port = registry.address.rpartition(":")[2]
    home.configure(auths={another_registry.address: {"auth": auth(*ROBOT)},
                          "127.0.0.1": {"auth": auth(*ROBOT)},
                          f"0.1:{port}": {"auth": auth(*ROBOT)},
                          f"*.0.0.1:{port}": {"auth": auth(*ROBOT)},
                          f"{registry.address}.example": {"auth": auth(*ROBOT)},
                          f"{registry.address}/lab/ap": {"auth": auth(*ROBOT)}})
    registry.authority = Basic(*ROBOT)
    assert start_at_home().query(image).code == "denied"
    assert all(each.header("authorization") is None for each in registry.requests)


def test_C5_helpers_are_asked_for_docker_hub_by_its_old_name(home):
    """Docker Hub is not reached, behind a proxy that is not there; that the helper was asked is
    what counts."""
    home.configure(credsStore="all")
    home.add_helper("all", SAYS_NONE)
    home.environment["https_proxy"] = "http://127.0.0.1:1"
    assert mquery("--timeout", "1s", "alpine", environment=home.environment).returncode == 7
    assert home.asked == ["get https://index.docker.io/v1/"]


# -- helpers that fail ----------------------------------------------------------------------------

def test_T28_C7_a_missing_store_is_warned_of_once(start_at_home, home, registry, image):
    registry.push("lab/other:v1", index_of("linux/arm64"))
    home.configure(credsStore="desktop")
    daemon = start_at_home()
    assert daemon.query(image).status == 200
    assert daemon.query(registry.name("lab/other:v1")).status == 200
    registry.authority = Basic(*ROBOT)
    registry.push("lab/private:v1", index_of("linux/arm64"))
    assert daemon.query(registry.name("lab/private:v1")).code == "denied"
    daemon.stop()
    assert daemon.log.count("'docker-credential-desktop' is not installed") == 1


def test_T28_a_missing_store_is_told_on_standard_error(home, registry, image):
    home.configure(credsStore="desktop")
    status, out, err = said(mquery(image, environment=home.environment))
    assert status == 0 and "Image: " in out
    assert err.startswith("mquery: ") and err.count("\n") == 1
    assert "warning: the credential helper 'docker-credential-desktop' is not installed" in err


def test_T28_nobody_pushes_as_nobody(home, registry, image):
    home.configure(credsStore="desktop")
    push = ["push", "from-images", "--target", registry.name("lab/list:v1"), image]
    status, out, err = said(mquery(*push, environment=home.environment))
    assert (status, out) == (2, "")
    assert "'docker-credential-desktop' is not installed" in err
    assert not registry.tags("lab/list")


def test_T28_a_missing_helper_of_that_very_host_is_an_error(start_at_home, home, registry, image):
    home.configure(credHelpers={registry.address: "ecr-login"})
    daemon = start_at_home()
    answered = daemon.query(image)
    assert answered.code == "invalid" and not registry.requests
    assert "'docker-credential-ecr-login' is not installed" in answered.json["error"]


@pytest.mark.parametrize("script, why", [
    (f"echo 'junk {CANARY}'", "does not answer with a Username and a Secret"),
    (f"echo '{{\"Username\":\"u\",\"Secret\":\"{CANARY}\"'", "does not answer"),
    (f"echo '{{\"Secret\":\"{CANARY}\"}}'; exit 1", "failed with status 1"),
    (f"echo {CANARY} >&2; exit 9", "failed with status 9"),
    ("echo no credentials username; exit 1", "failed: no credentials username"),
    ("head -c 100000 /dev/zero", "says more than 65536 bytes"),
    (answer("", CANARY), "a password without a username"),
    (answer("u\\n", CANARY), "a control byte"),
])
def test_T28_junk_is_an_error_and_tells_no_secret(start_at_home, home, registry, image, script,
                                                  why):
    home.configure(credsStore="junk")
    home.add_helper("junk", script)
    daemon = start_at_home()
    answered = daemon.query(image)
    assert answered.code == "invalid" and why in answered.json["error"]
    assert ".docker/config.json" in answered.json["error"] and not registry.requests
    status, out, err = said(mquery(image, environment=home.environment))
    assert status == 2 and why in err
    daemon.stop()
    assert CANARY not in daemon.log + out + err + answered.body.decode()


@pytest.mark.parametrize("name", ["../evil", "a;id", "a b", "x" * 300])
def test_S22_a_helper_has_a_plain_name(start_at_home, home, image, name):
    home.configure(credsStore=name)
    answered = start_at_home().query(image)
    assert answered.code == "invalid"
    assert "no credential helper can be called" in answered.json["error"]


def test_T28_a_slow_helper_is_waited_for(start_at_home, home, registry, image):
    registry.authority = Basic(*ROBOT)
    home.configure(credsStore="slow")
    home.add_helper("slow", "sleep 1; " + answer(*ROBOT))
    assert start_at_home().query(image).status == 200


def test_T28_a_question_ends_by_its_deadline_whatever_the_helper_does(start, home, registry, image):
    home.configure(credsStore="stuck")
    home.add_helper("stuck", "trap '' TERM; sleep 1000")
    daemon = start({"registry": {"credentials": "docker", "timeout": "1s"}},
                   environment=home.environment)
    assert daemon.query(image).code == "timeout"


def test_a_drain_does_not_wait_for_a_helper(start, home, registry, image):
    home.configure(credsStore="stuck")
    home.add_helper("stuck", f"echo $$ >{home.directory}/id; sleep 1000")
    daemon = start({"registry": {"credentials": "docker"}, "server": {"drain_timeout": "100ms"}},
                   environment=home.environment)
    with contextlib.closing(daemon.connect()) as connection:
        connection.request("GET", f"/query?image={image}")
        wait_until((home.directory / "id").exists, "the helper to run")
        daemon.stop()


# -- over time ------------------------------------------------------------------------------------

def test_C10_a_helper_is_not_run_for_each_question(start_at_home, home, registry, image):
    registry.authority = Basic(*ROBOT)
    registry.push("lab/other:v1", index_of("linux/arm64"))
    home.configure(credsStore="all")
    home.add_helper("all", answer(*ROBOT))
    daemon = start_at_home()
    assert daemon.query(image).status == 200
    assert daemon.query(registry.name("lab/other:v1")).status == 200
    assert home.asked == [f"get {registry.address}"]


@pytest.mark.parametrize("refusal", [None, behave.fail(403, "DENIED",
                                                       "Your authorization token has expired.")],
                         ids=["401", "403"])
def test_T27_a_rejected_credential_is_fetched_again_once(start_at_home, home, registry, image,
                                                         refusal):
    registry.push("lab/other:v1", index_of("linux/arm64"))
    home.configure(credsStore="ecr")
    home.add_helper("ecr", answer("AWS", "old"))
    registry.authority = Basic("AWS", "old")
    daemon = start_at_home()
    assert daemon.query(image).status == 200
    home.add_helper("ecr", answer("AWS", "new"))
    registry.authority = Basic("AWS", "new")
    if refusal:
        registry.script("GET */lab/other/*", refusal, behave.honest)
    assert daemon.query(registry.name("lab/other:v1")).status == 200
    assert len(home.asked) == 2


def test_T27_a_helper_with_nothing_better_is_asked_once_more(start_at_home, home, registry, image):
    home.configure(credsStore="all")
    home.add_helper("all", answer("robot", "wrong"))
    registry.authority = Basic(*ROBOT)
    assert start_at_home().query(image).code == "denied"
    assert len(home.asked) == 2


def test_a_file_that_changed_is_read_again(start_at_home, home, registry, image):
    home.configure(auths={registry.address: {"auth": auth("robot", "old")}})
    registry.authority = Basic("robot", "old")
    daemon = start_at_home()
    assert daemon.query(image).status == 200
    registry.authority = Basic(*ROBOT)
    registry.push("lab/other:v1", index_of("linux/arm64"))
    home.configure(auths={registry.address: {"auth": auth(*ROBOT)}})
    assert daemon.query(registry.name("lab/other:v1")).status == 200


# -- what is broken -------------------------------------------------------------------------------

def test_C1_a_broken_file_is_named_and_never_quoted(start_at_home, home, registry, image):
    path = home.write(".docker/config.json", f'{{"auths":{{"reg.x":{{"auth":"{CANARY}"}}')
    daemon = start_at_home()
    answered = daemon.query(image)
    assert answered.code == "invalid" and path in answered.json["error"]
    status, out, err = said(mquery(image, environment=home.environment))
    assert status == 2 and path in err
    daemon.stop()
    assert CANARY not in daemon.log + out + err + answered.body.decode()


def test_T28_a_bad_auth_spoils_only_its_own_host(start_at_home, home, registry, another_registry,
                                                 image):
    no_colon = base64.b64encode(b"user").decode()
    home.configure(auths={registry.address: {"auth": auth(*ROBOT)},
                          another_registry.address: {"auth": no_colon}})
    registry.authority = Basic(*ROBOT)
    assert start_at_home().query(image).status == 200
    another_registry.push("lab/app:v1", index_of("linux/amd64"))
    status, _, err = said(mquery(another_registry.name("lab/app:v1"),
                                 environment=home.environment))
    assert status == 2 and "an auth without a username and a colon" in err


@pytest.mark.parametrize("content, why", [
    (None, "No such file or directory"),
    ('{"auths":{"reg.x":{"auth":"CANARY"', "at byte"),
    ('{"auths":["CANARY"]}', "'auths' is not an object"),
])
def test_a_file_by_its_path_is_checked_at_the_start(home, content, why):
    path = str(home.directory / "auth.json")
    if content:
        home.write("auth.json", content)
    for flags in (["--check-config"], []):
        ended = run("--listen", "127.0.0.1:0", "--set", f"registry.credentials={path}", *flags)
        assert ended.returncode == 2
        assert path in ended.stderr and why in ended.stderr and "CANARY" not in ended.stderr


def test_a_good_path_passes_the_check(home):
    path = home.write("auth.json", {"auths": {}})
    assert run("--set", f"registry.credentials={path}", "--check-config").returncode == 0
