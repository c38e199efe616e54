# SPDX-License-Identifier: Apache-2.0
"""mquery, run as a person or a script runs it."""
import json
import os
import re
import signal

import pytest

from support import behave, golden, images
from support.authority import Basic
from support.command_line import MQUERY, mquery, said
from support.daemon import clean_environment, listening_address
from support.docker_registry import KINDS, PASSWORD
from support.http_server import HttpServer, Reply
from support.processes import ROOT, Child, free_port

DIGEST = "sha256:" + "1" * 64


# -- the answers ----------------------------------------------------------------------------------

def text_of(answer):
    """What the reference mquery prints for this answer."""
    def platform(each):
        return "/".join([each["os"], each["architecture"], *filter(None, [each.get("variant")])])

    def version(each):
        return ":" + each["os.version"] if each["os"] == "windows" else ""

    lines = [f"Image: {answer['imagename']} (digest: {answer['digest']})",
             f" * Manifest List: {'Yes' if answer['islist'] else 'No'} "
             f"(Image type: {answer['mediatype']})"]
    if answer["islist"]:
        lines += [" * Supported platforms:",
                  *(f"   - {platform(each)}{version(each)}" for each in answer["archlist"])]
    else:
        lines += [f" * Supports: {platform(each)}" for each in answer["archlist"]]
    return "\n".join(lines) + "\n\n"


@pytest.mark.parametrize("name", golden.RUNNABLE)
def test_an_image_is_told_in_the_words_of_the_reference(real, name):
    registry, _ = real
    image = f"{registry.address}/{name}"
    status, out, err = said(mquery(image))
    assert (status, out) == (0, text_of(golden.wanted(name, registry.address)))
    assert err.startswith(f"mquery: {image}: warning: ") if name in golden.WITH_A_WARNING else not err


@pytest.mark.parametrize("name", golden.IMAGES)
@pytest.mark.parametrize("flags", [[], ["--json"], ["--platform", "linux/arm64"]],
                         ids=["text", "json", "platform"])
def test_a_service_and_the_registry_itself_give_the_same(real, name, flags):
    registry, daemon = real
    image = f"{registry.address}/{name}"
    asked = [said(mquery(*flags, *source, image))
             for source in ([], ["--server", f"http://{daemon.address}"])]
    direct, served = [(status, without_time(out, flags), err.replace(": the service: ", ": "))
                      for status, out, err in asked]
    assert served == direct


def without_time(out, flags):
    if "--json" not in flags or not out:
        return out
    assert out.endswith("\n") and out.count("\n") == 1
    answer = json.loads(out)
    assert list(answer)[0] == "cachets" and answer.pop("cachets") > 1.7e9
    return answer


def test_json_is_what_the_service_answers(real):
    registry, daemon = real
    image = f"{registry.address}/lab/oci:multi"
    answer = daemon.query(image, platform="linux/arm/v7").json
    printed = json.loads(mquery("--json", "--platform", "linux/arm/v7", image).stdout)
    assert list(printed) == list(answer)
    assert {**printed, "cachets": 0} == {**answer, "cachets": 0}


def test_several_images_are_told_in_the_order_given(real):
    registry, _ = real
    names = ["lab/oci:multi", "lab/docker:linux-amd64", "lab/docker:multi"]
    result = mquery(*(f"{registry.address}/{name}" for name in names))
    assert said(result) == (
        0, "".join(text_of(golden.wanted(name, registry.address)) for name in names), "")


@pytest.mark.parametrize("kind", ["basic", "token", "tls"])
def test_the_environment_names_registries_as_it_does_for_the_daemon(golden_storage, tmp_path, kind):
    with KINDS[kind](str(tmp_path), golden_storage) as (registry, host):
        image = f"{registry.address}/lab/oci:multi"
        result = mquery(image, environment={"MQUERY_REGISTRY_HOSTS": json.dumps([host]),
                                            "PORT": "tcp://not-for-us"})
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"Image: {image} (digest: ")
    assert PASSWORD not in result.stdout + result.stderr


# -- --platform and --require ---------------------------------------------------------------------

@pytest.fixture
def app(registry):
    """An image for linux/amd64 and linux/arm/v6."""
    registry.push("lab/app:v1", images.index_of("linux/amd64", "linux/arm/v6"))
    return registry.name("lab/app:v1")


@pytest.mark.parametrize("asked, line", [
    ("linux/amd64", " * linux/amd64: supported"),
    ("x86_64", " * linux/amd64: supported"),
    ("linux/arm/v7", " * linux/arm/v7: not supported, but linux/arm/v6 runs on it"),
    ("linux/s390x", " * linux/s390x: not supported"),
])
def test_L4_platform_adds_a_line(app, asked, line):
    result = mquery("--platform", asked, app)
    assert result.returncode == 0
    assert result.stdout.splitlines()[-2:] == [line, ""]


@pytest.mark.parametrize("asked, status, why", [
    ("linux/amd64", 0, None),
    ("linux/arm/v6,amd64", 0, None),
    ("linux/arm/v7", 1, "linux/arm/v7 is not offered (linux/arm/v6 runs on it)"),
    ("amd64,s390x,ppc64le", 1, "linux/s390x is not offered, linux/ppc64le is not offered"),
])
def test_L4_require_is_an_exit_status(app, asked, status, why):
    result = mquery("--require", asked, app)
    assert said(result) == (status, mquery(app).stdout, f"mquery: {app}: {why}\n" if why else "")


@pytest.mark.parametrize("flag, platform", [
    *((flag, platform) for flag in ("--platform", "--require")
      for platform in ("linux", "", "linux/amd64,", "linux/amd64/v3/x", "*")),
    ("--require", "linux/amd64,,linux/arm64")])
def test_L3_a_platform_that_is_none_is_refused_before_anything_is_asked(
        registry, app, flag, platform):
    result = mquery(flag, platform, app)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"mquery: {flag}: ")
    assert registry.requests == []


# -- exit statuses --------------------------------------------------------------------------------

def test_T16_a_bad_reference_is_2_and_nothing_is_asked(registry):
    result = mquery(registry.name("lab/App:v1"))
    assert (result.returncode, result.stdout) == (2, "")
    assert "lower case" in result.stderr
    assert registry.requests == []


def test_T23_a_missing_image_is_3(registry):
    image = registry.name("lab/app:none")
    result = mquery(image)
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr.startswith(f"mquery: {image}: ") and result.stderr.count("\n") == 1


def test_T23_a_private_image_is_4_and_never_not_found(registry, app):
    registry.authority = Basic("robot", "secret")
    result = mquery(app)
    assert (result.returncode, result.stdout) == (4, "")


def test_T15_an_artifact_is_5_and_named(real):
    registry, _ = real
    result = mquery(f"{registry.address}/lab/artifact:chart")
    assert (result.returncode, result.stdout) == (5, "")
    assert "chart" in result.stderr


def test_T21_a_spent_quota_is_6_and_says_how_long(registry, app):
    registry.script("GET */manifests/*", behave.rate_limited("3600"))
    result = mquery(app)
    assert (result.returncode, result.stdout) == (6, "")
    assert "(try again in 3600 s)" in result.stderr


def test_T23_a_registry_that_is_not_there_is_7():
    result = mquery("--timeout", "1s", f"127.0.0.1:{free_port()}/lab/app")
    assert (result.returncode, result.stdout) == (7, "")


def test_T23_a_registry_that_does_not_answer_is_7_in_time(registry, app):
    registry.script("GET */manifests/*", behave.silence)
    result = mquery("--timeout=1s", app)
    assert (result.returncode, result.stdout) == (7, "")


def test_retries_are_a_persons(registry, app):
    registry.script("GET */manifests/*", behave.fail(503), behave.fail(503), behave.honest)
    assert mquery(app).returncode == 0


def test_of_several_images_the_first_that_failed_gives_the_status(app):
    missing = app.replace(":v1", ":none")
    result = mquery(app, missing, "lab/App", app)
    assert result.returncode == 3
    assert result.stdout == 2 * mquery(app).stdout
    assert [line.split(": ")[1] for line in result.stderr.splitlines()] == [
        missing, "invalid reference 'lab/App'"]


# -- a service ------------------------------------------------------------------------------------

class FakeService(HttpServer):
    def __init__(self, reply):
        self.reply = reply
        super().__init__()

    def handle(self, request):
        return self.reply


ANSWER = {"cachets": 1760000000, "islist": True, "imagename": "app", "digest": DIGEST,
          "mediatype": images.OCI_INDEX, "archlist": [images.platform("linux/amd64")]}


def answering(document, status=200, *headers):
    return FakeService(Reply(status, images.encode(document),
                             [("Content-Type", "application/json"), *headers]))


@pytest.mark.parametrize("path", ["", "/", "/tools/mquery", "/tools/mquery//"])
def test_the_image_is_asked_for_below_the_services_url(path):
    with answering(ANSWER) as service:
        image = "[::1]:5000/a__b:V1@" + DIGEST
        result = mquery("--server", service.url + path, image)
        request, = service.requests
    assert result.returncode == 0, result.stderr
    assert request.path == path.rstrip("/") + "/query"
    assert request.query == {"image": [image]}
    assert "/" not in request.target.partition("?")[2]


def test_the_environment_may_name_the_service_and_a_flag_wins(app):
    with answering(ANSWER) as service:
        environment = {"MQUERY_SERVER": service.url}
        assert mquery(app, environment=environment).returncode == 0
        assert mquery("--server=", app, environment=environment).returncode == 0
        assert mquery(app, environment={"MQUERY_SERVER": ""}).returncode == 0
        assert service.count() == 1


@pytest.mark.parametrize("code, status", [
    ("invalid", 2), ("not_found", 3), ("denied", 4), ("forbidden", 4), ("unauthorized", 4),
    ("unsupported", 5), ("too_large", 5), ("conflict", 6), ("quota", 6), ("rate_limited", 6),
    ("overloaded", 6), ("draining", 6), ("upstream", 7), ("timeout", 7), ("no_route", 7),
    ("internal", 8), ("something new", 7),
])
def test_a_services_error_has_the_exit_status_of_its_code(code, status):
    with answering({"error": "as it is", "code": code}, 500) as service:
        result = mquery("--server", service.url, "app")
    assert said(result) == (status, "", "mquery: app: the service: as it is\n")


@pytest.mark.parametrize("words, hint", [
    (["inspct", "alpine"], "; no command either, did you mean 'inspect'?"), (["alpine"], "")])
def test_an_image_that_nobody_has_may_have_been_meant_as_a_command(words, hint):
    with answering({"error": "not there", "code": "not_found"}, 404) as service:
        result = mquery("--server", service.url, *words)
    assert result.stderr.splitlines()[0] == f"mquery: {words[0]}: the service: not there{hint}"
    assert "did you mean" not in "".join(result.stderr.splitlines()[1:])


def test_a_service_may_say_how_long_to_wait():
    error = {"error": "no room", "code": "overloaded"}
    with answering(error, 503, ("Retry-After", "7")) as service:
        result = mquery("--server", service.url, "app")
    assert said(result) == (6, "", "mquery: app: the service: no room (try again in 7 s)\n")


@pytest.mark.parametrize("reply", [
    Reply(502, b"<html>Bad Gateway</html>"), Reply(200, b""), Reply(200, b'{"status":"ok"}'),
    Reply(307, b"", [("Location", "http://127.0.0.1:1/")])])
def test_what_is_no_mqueryd_is_7(reply):
    with FakeService(reply) as service:
        assert mquery("--server", service.url, "app").returncode == 7


def test_a_service_that_is_not_there_is_7_and_named_once_with_its_port():
    place = f"127.0.0.1:{free_port()}"
    result = mquery("--server", f"http://{place}", "app")
    assert said(result) == (7, "", f"mquery: app: cannot reach the service at '{place}': "
                                   "Couldn't connect to server\n")


def test_a_service_that_is_too_slow_is_7_and_named(registry):
    registry.script("GET *", behave.silence)
    result = mquery("--timeout=1s", "--server", registry.url, "app")
    assert (result.returncode, result.stdout) == (7, "")
    assert f"the service at '{registry.address}': " in result.stderr


@pytest.mark.parametrize("arguments, why", [
    (["--server", "localhost:8080"],
     "--server 'localhost:8080' is not a URL such as http://localhost:8080"),
    (["--server", "ftp://localhost"], "--server 'ftp://localhost' is not a URL"),
    (["--server", "://"], "--server '://' is not a URL"),
    (["--require", "foo/bar"], "--require: no architecture 'bar' is known here"),
    (["--server", "http://127.0.0.1:1", "--plain-http"], "--plain-http is for asking a registry"),
    (["--timeout", "soon"], "--timeout: 'soon' is not a duration")])
def test_flags_that_make_no_sense_are_2(arguments, why):
    result = mquery(*arguments, "app")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"mquery: {why}")


def test_a_wrong_variable_of_the_registry_section_is_2_and_others_are_not_ours():
    result = mquery("app", environment={"MQUERY_REGISTRY_HOSTS": "[{name: a/b}]"})
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("mquery: MQUERY_REGISTRY_HOSTS")
    with answering(ANSWER) as service:
        assert mquery("--server", service.url, "app",
                      environment={"MQUERY_CACHE_FRESH": "soon", "PORT": "x"}).returncode == 0


def test_S21_a_password_in_the_services_url_is_never_told():
    result = mquery("--server", f"http://me:canary@127.0.0.1:{free_port()}", "app")
    assert result.returncode == 7
    assert "canary" not in result.stderr


def test_S21_nor_is_one_in_what_is_no_url_of_a_service():
    result = mquery("app", environment={"MQUERY_SERVER": "ftp://me:canary@localhost"})
    assert said(result) == (2, "", "mquery: MQUERY_SERVER '...@localhost' is not a URL such as "
                                   "http://localhost:8080\n")


def test_S20_a_service_cannot_move_the_cursor():
    with answering({"error": "\x1b[2Jgone\nmquery: ok", "code": "denied"}, 403) as service:
        result = mquery("--server", service.url, "app")
    assert said(result) == (4, "", "mquery: app: the service: \\x1b[2Jgone\\x0amquery: ok\n")


# -- output that cannot be written ----------------------------------------------------------------

def test_a_full_disk_is_8(app):
    with open("/dev/full", "w", encoding="ascii") as full:
        result = mquery(app, stdout=full)
    assert result.returncode == 8
    assert "standard output: No space left on device" in result.stderr


def test_a_closed_pipe_is_8_and_ends_the_asking(registry, app):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        result = mquery(*[app] * 500, stdout=writer)
    finally:
        os.close(writer)
    assert result.returncode == 8
    assert "standard output: Broken pipe" in result.stderr
    assert registry.count("GET", "/manifests/") < 500


@pytest.mark.parametrize("arguments", [["ref", "debian"], ["--help"], ["--version"], ["APP"]])
def test_a_closed_standard_output_is_8(app, arguments):
    arguments = [app if each == "APP" else each for each in arguments]
    result = mquery(*arguments, stdout=None, preexec_fn=lambda: os.close(1))
    assert result.returncode == 8
    assert "standard output: Bad file descriptor" in result.stderr


# -- the other commands ---------------------------------------------------------------------------

@pytest.mark.parametrize("image, wanted", [
    ("debian", {"registry": "docker.io", "repository": "library/debian", "tag": "latest"}),
    ("index.docker.io/debian:12",
     {"registry": "docker.io", "repository": "library/debian", "tag": "12"}),
    ("localhost:5000/a/b", {"registry": "localhost:5000", "repository": "a/b", "tag": "latest"}),
    ("ghcr.io/a/b@" + DIGEST, {"registry": "ghcr.io", "repository": "a/b", "digest": DIGEST}),
    ("[::1]:5000/a:T@" + DIGEST,
     {"registry": "[::1]:5000", "repository": "a", "tag": "T", "digest": DIGEST}),
    ("docker.io/library/serve",
     {"registry": "docker.io", "repository": "library/serve", "tag": "latest"}),
])
def test_R9_ref_takes_a_reference_apart(image, wanted):
    assert said(mquery("ref", image)) == (0, json.dumps(wanted, separators=(",", ":")) + "\n", "")


def test_ref_goes_on_after_a_bad_reference():
    result = mquery("ref", "a", "B", "c")
    assert result.returncode == 2
    assert [json.loads(line)["repository"] for line in result.stdout.splitlines()] == [
        "library/a", "library/c"]
    assert result.stderr.startswith("mquery: invalid reference 'B': ")


@pytest.mark.parametrize("image, line", [
    ("B", "invalid reference 'B': at byte 1, a repository's name must be in lower case"),
    ("a@sha256:1", "a@sha256:1: invalid reference: a sha256 digest has 64 hex digits, not 1"),
    ("", "invalid reference: it is empty")])
def test_a_bad_reference_is_named_once(image, line):
    for command in ([], ["ref"]):
        assert said(mquery(*command, image)) == (2, "", f"mquery: {line}\n")


@pytest.mark.parametrize("arguments", [
    [], ["query"], ["ref"], ["--json"], ["ref", "--require", "linux/arm64", "a"],
    ["--json", "serve"], ["--sever=x", "a"], ["version", "a"], ["healthcheck", "http://a"],
    ["--debug", "--server", "http://127.0.0.1:1", "a"]])
def test_a_wrong_call_is_2_and_one_line(arguments):
    result = mquery(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("mquery: ") and result.stderr.count("\n") == 1


def test_commands_win_over_images_but_not_after_a_double_dash():
    with answering(ANSWER) as service:
        arguments = ["--server", service.url]
        assert mquery(*arguments, "version").stdout.startswith("mquery ")
        assert service.count() == 0
        for word in ("version", "serve", "help"):
            assert mquery(*arguments, "--", word).returncode == 0
        assert mquery(*arguments, "query", "version").returncode == 0
        assert [each.query["image"] for each in service.requests] == [
            ["version"], ["serve"], ["help"], ["version"]]


def test_help_fits_one_screen_and_knows_every_flag():
    status, out, err = said(mquery("--help"))
    assert (status, err) == (0, "")
    assert len(out.splitlines()) <= 24
    assert max(map(len, out.splitlines())) < 80
    assert out == mquery("help").stdout == mquery("-h").stdout == mquery("x", "--help").stdout
    for flag in ("--server", "--json", "--platform", "--require", "--timeout", "--plain-http",
                 "--insecure", "--help", "--version"):
        assert f"  {flag}" in out


def test_every_flag_and_command_is_documented():
    with open(os.path.join(ROOT, "docs", "command-line.md"), encoding="utf-8") as file:
        document = file.read()
    for words in ("query", "inspect", "audit", "diff", "tags", "push", "check-registry", "ref"):
        page = mquery(words, "--help").stdout
        tables = page.partition("\n\n  mq")[0]
        names = re.findall(r"^  (--[a-z-]+)|^  mquery ([a-z -]+[a-z])", tables, re.MULTILINE)
        assert names
        for name in filter(None, sum(names, ())):
            assert f"`{name}" in document or f"`mquery {name}" in document, name


def test_serve_becomes_mqueryd(app):
    child = Child([*MQUERY, "serve", "--listen", "127.0.0.1:0"],
                  environment={**clean_environment(), "MQUERY_LOG_FORMAT": "json"})
    try:
        address = child.wait_for_line(listening_address, "where it listens")
        result = mquery("--server", f"http://{address}", app)
        assert result.returncode == 4  # a private address: the daemon is closed by default
        child.signal(signal.SIGTERM)
        assert child.wait() == 0
    finally:
        child.stop()
