# SPDX-License-Identifier: Apache-2.0
"""`mquery push` as a person or a script meets it: where flags may stand, what is said where, and
that a wrong call asks nobody. What is pushed, test_push_*.py see to."""
import hashlib
import json
import os
import re
import signal
import subprocess

import pytest

from support import behave, images, pushes
from support.authority import Basic, basic
from support.command_line import MQUERY, mquery, said
from support.daemon import clean_environment
from support.processes import PATIENCE, wait_until
from support.terminal import at_a_terminal

DIGEST_LINE = re.compile(r"Digest: (sha256:[0-9a-f]{64}) ([0-9]+)\n")


@pytest.fixture
def sources(registry):
    """The names of two Docker images that there are to make one of."""
    pushes.push_sources(registry, images.DOCKER_MANIFEST)
    return pushes.names_of_sources(registry)


@pytest.fixture
def spec(registry, sources, tmp_path):
    """spec(...): the path of a file that asks for them."""
    def write(**more):
        path = tmp_path / "app.json"
        path.write_text(json.dumps({**pushes.spec(registry), **more}), encoding="utf-8")
        return str(path)
    return write


def stored(registry, reference="v1"):
    """(media type, document) under this tag of the target."""
    media_type, body = registry.find(pushes.TARGET, "manifests", reference)
    return media_type, json.loads(body)


def platforms(document):
    return ["/".join(filter(None, (each["platform"]["os"], each["platform"]["architecture"],
                                   each["platform"].get("variant"))))
            for each in document["manifests"]]


# -- where flags stand ----------------------------------------------------------------------------

ARRANGEMENTS = [
    ["push", "from-spec", "--type", "oci", "--ignore-missing", "FILE"],
    ["push", "--type", "oci", "--ignore-missing", "from-spec", "FILE"],
    ["--plain-http", "push", "--type=oci", "from-spec", "FILE", "--ignore-missing"],
    ["--ignore-missing=true", "--type=oci", "push", "from-spec", "FILE"],
    ["push", "from-spec", "FILE", "--ignore-missing=1", "--type", "oci"],
    ["push", "from-spec", "--type", "oci", "--ignore-missing", "--", "FILE"],
]


@pytest.mark.parametrize("arrangement", ARRANGEMENTS, ids=" ".join)
def test_flags_stand_before_and_after_the_command(registry, spec, arrangement):
    file = spec()
    pushes.push_sources(registry, images.OCI_MANIFEST)
    status, out, err = said(mquery(*(file if each == "FILE" else each for each in arrangement)))
    assert (status, err) == (0, "") and DIGEST_LINE.fullmatch(out)
    assert stored(registry)[0] == images.OCI_INDEX


def test_P17_a_docker_list_is_made_where_nothing_is_said(registry, spec):
    assert mquery("push", "from-spec", spec()).returncode == 0
    assert stored(registry)[0] == images.DOCKER_LIST


# -- what is said ---------------------------------------------------------------------------------

def test_P20_success_is_one_line_and_nothing_else(registry, spec):
    status, out, err = said(mquery("push", "from-spec", spec()))
    body = registry.find(pushes.TARGET, "manifests", "v1")[1]
    assert (status, err) == (0, "")
    assert out == f"Digest: {images.digest_of(body)} {len(body)}\n"


def test_a_spec_comes_by_standard_input_too(registry, spec):
    with open(spec(), encoding="utf-8") as file:
        text = file.read()
    assert said(mquery("push", "from-spec", "-", input=text)) == said(
        mquery("push", "from-spec", spec()))


def test_json_is_one_object_of_what_was_done(registry, spec):
    status, out, err = said(mquery("push", "--json", "from-spec", spec(tags=["1.0", "latest"])))
    body = registry.find(pushes.TARGET, "manifests", "v1")[1]
    assert (status, err) == (0, "") and out.endswith("\n") and out.count("\n") == 1
    assert list(json.loads(out).items())[:5] == [
        ("digest", images.digest_of(body)), ("size", len(body)), ("mediatype", images.DOCKER_LIST),
        ("image", registry.name("lab/app:v1")), ("tags", ["v1", "1.0", "latest"])]


def test_P16_a_dry_run_prints_the_bytes_and_writes_nothing(registry, spec):
    path = spec()
    dry = mquery("push", "--dry-run", "from-spec", path)
    assert dry.returncode == 0
    assert pushes.changes(registry) == []
    digest = "sha256:" + hashlib.sha256(dry.stdout.encode()).hexdigest()
    assert dry.stderr == f"Digest: {digest} {len(dry.stdout)}\n"
    assert mquery("push", "from-spec", path).stdout == dry.stderr
    assert registry.find(pushes.TARGET, "manifests", "v1")[1] == dry.stdout.encode()


def test_a_dry_run_as_json_holds_the_bytes(registry, spec):
    path = spec(tags=["latest"])
    answer = json.loads(mquery("push", "--dry-run", "--json", "from-spec", path).stdout)
    assert pushes.changes(registry) == []
    assert answer["dry_run"] is True and answer["tags"] == []
    assert images.digest_of(answer["manifest"].encode()) == answer["digest"]


def test_a_warning_goes_to_standard_error_or_into_the_json(registry, sources, spec):
    path = spec(manifests=[{"image": each} for each in [*sources, registry.name("lab/none:v1")]])
    status, out, err = said(mquery("push", "--ignore-missing", "from-spec", path))
    assert status == 0 and DIGEST_LINE.fullmatch(out)
    image = registry.name("lab/app:v1")
    assert err.startswith(f"mquery: {image}: warning: ") and err.count("\n") == 1
    status, out, err = said(mquery("push", "--ignore-missing", "--json", "from-spec", path))
    assert (status, err) == (0, "")
    warning, = json.loads(out)["warnings"]
    assert "lab/none" in warning


def test_a_failure_names_the_image_and_leaves_standard_output_empty(registry, spec):
    path = spec(manifests=[{"image": registry.name("lab/none:v1")}])
    status, out, err = said(mquery("push", "from-spec", path))
    assert (status, out) == (3, "")
    assert err.startswith(f"mquery: {registry.name('lab/app:v1')}: ") and err.count("\n") == 1
    assert pushes.changes(registry) == []


def test_a_push_whose_digest_cannot_be_written_says_that_it_is_tagged(registry, spec):
    path = spec()
    with open("/dev/full", "w", encoding="ascii") as full:
        result = mquery("push", "from-spec", path, stdout=full)
    digest = images.digest_of(registry.find(pushes.TARGET, "manifests", "v1")[1])
    assert result.returncode == 8
    assert f": it is tagged, as {digest}, but " in result.stderr
    assert "standard output: No space left on device" in result.stderr
    with open("/dev/full", "w", encoding="ascii") as full:
        assert "tagged" not in mquery("push", "--dry-run", "from-spec", path, stdout=full).stderr


# -- from-args, from-images -----------------------------------------------------------------------

def test_P20_from_args_names_the_sources_by_a_template(registry, sources):
    result = mquery("push", "from-args", "--platforms", "linux/amd64,linux/arm64",
                    "--template", registry.name("lab/ARCH:v1"),
                    "--target", registry.name("lab/app:v1"), "--tags", "1.0,latest")
    assert result.returncode == 0, result.stderr
    assert platforms(stored(registry)[1]) == ["linux/amd64", "linux/arm64"]
    assert registry.tags(pushes.TARGET) == {"v1", "1.0", "latest"}


def test_D5_from_images_takes_any_names_and_says_their_platforms(registry, sources):
    digest = registry.find("lab/arm64", "manifests", "v1")[1]
    by_digest = registry.name("lab/arm64@" + images.digest_of(digest))
    result = mquery("push", "from-images", "--target", registry.name("lab/app:v1"), sources[0],
                    by_digest + "=linux/arm64/v8")
    assert result.returncode == 0, result.stderr
    assert platforms(stored(registry)[1]) == ["linux/amd64", "linux/arm64/v8"]


def test_T36_annotations_are_cut_at_the_first_equals_sign(registry, spec):
    path = spec(annotations={"a.file": "1"})
    result = mquery("push", "--type", "oci", "from-spec", path, "--annotation", "k=a=b, c",
                    "--annotation=empty=", "--annotations", "x=1,y=2")
    assert result.returncode == 0, result.stderr
    assert stored(registry)[1]["annotations"] == {
        "a.file": "1", "empty": "", "k": "a=b, c", "x": "1", "y": "2"}


# -- wrong calls ----------------------------------------------------------------------------------

WRONG = [
    (["push"], "push what? see mquery push --help"),
    (["push", "from-spce", "x"], "unknown command 'push from-spce', did you mean 'from-spec'?"),
    (["push", "from-spec"], "push from-spec reads one file, or - for standard input"),
    (["push", "from-spec", "a", "b"], "push from-spec reads one file, or - for standard input"),
    (["push", "from-spec", "/none.yaml"],
     "cannot read '/none.yaml': No such file or directory"),
    (["push", "from-spec", "/"], "cannot read '/': Is a directory"),
    (["push", "from-spec", "--type", "OCI", "FILE"], "--type: "),
    (["push", "from-spec", "--type", "FILE"], "--type: "),
    (["push", "from-spec", "--platforms", "linux/amd64", "FILE"],
     "--platforms means nothing to push from-spec"),
    (["push", "from-spec", "--require", "arm64", "FILE"],
     "--require means nothing to push from-spec"),
    (["push", "from-spec", "--annotation", "x", "--type=oci", "FILE"],
     "--annotation: 'x' is not KEY=VALUE"),
    (["push", "from-spec", "--ignore-missing=maybe", "FILE"],
     "--ignore-missing is true or false, not 'maybe'"),
    (["push", "from-spec", "--timeout", "0s", "FILE"], "--timeout: "),
    (["push", "from-spec", "--username", "a", "FILE"], "--username needs --password-stdin"),
    (["push", "from-spec", "--password", "a", "FILE"], "--password needs --username"),
    (["push", "from-spec", "--docker-cfg", "/none", "FILE"],
     "--docker-cfg: cannot read '/none': No such file or directory"),
    (["push", "from-spec", "--username=a", "--password-stdin", "-"],
     "standard input cannot be both the spec and the password"),
    (["push", "from-args", "--target", "a"], "--platforms P[,P] is missing"),
    (["push", "from-images", "a"], "--target IMAGE is missing"),
    (["push", "from-images", "--target", "a:1"], "which images?"),
    (["push", "from-images", "--target", "A", "a"], "--target: "),
    (["push", "from-images", "--target", "a:1", "a=linux"], "the platform 'linux' "),
    (["push", "from-images", "--target", "a:1", "a=linux/pdp11"], ""),
    (["check-registry"], "check-registry wants one repository"),
    (["check-registry", "a", "b"], "check-registry wants one repository"),
    (["check-registry", "a/b:tag"], "'a/b:tag' is an image; name the repository alone"),
    (["check-registry", "A"], "invalid reference 'A'"),
    (["check-registry", "--dry-run", "a"], "--dry-run means nothing to check-registry"),
    (["--type", "oci", "alpine"], "--type means nothing to query"),
    (["--username", "a", "--password-stdin", "a.test/b", "b.test/c"],
     "--username is for one registry, and these are 'a.test' and 'b.test'"),
    (["help", "pussh"], "unknown command 'pussh', did you mean 'push'?"),
]


@pytest.mark.parametrize("arguments, why", WRONG, ids=[" ".join(each[0]) for each in WRONG])
def test_a_wrong_call_is_2_in_one_line_and_asks_nobody(registry, spec, arguments, why):
    file = spec()
    result = mquery(*(file if each == "FILE" else each for each in arguments))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"mquery: {why}") and result.stderr.count("\n") == 1
    assert registry.requests == []


@pytest.mark.parametrize("text, place, why", [
    ("image: a/B\nmanifests: [{image: a}]\n", ":1:8: ", "lower case"),
    ("image: a/b\nmanifests: [\n", ":3:1: ", ""),
    ("image: a/b\nmanifest: []\n", ":2:1: ", "did you mean 'manifests'?"),
    ("", "", ""), ("- a\n", "", ""), ("image: a/b\n", "", ""), ("\0", "", "")])
def test_a_wrong_file_is_named_with_line_and_column(tmp_path, text, place, why):
    path = tmp_path / "app.yaml"
    path.write_text(text, encoding="utf-8")
    result = mquery("push", "from-spec", str(path))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"mquery: {path}{place}") and result.stderr.count("\n") == 1
    assert why in result.stderr
    piped = mquery("push", "from-spec", "-", input=text)
    assert piped.stderr == result.stderr.replace(str(path), "standard input")


def test_an_unreadable_or_huge_file_is_told(tmp_path):
    path = tmp_path / "app.yaml"
    path.write_bytes(b"#" * (1024 * 1024 + 1))
    assert said(mquery("push", "from-spec", str(path))) == (
        5, "", f"mquery: '{path}' is larger than 1 MiB\n")
    assert said(mquery("push", "from-spec", "/dev/zero")) == (
        5, "", "mquery: '/dev/zero' is larger than 1 MiB\n")


@pytest.mark.parametrize("name, status", [("mquery", 2), ("manifest-tool", 0)])
def test_an_unknown_key_is_a_warning_to_who_is_used_to_manifest_tool(
        registry, spec, tmp_path, name, status):
    program = tmp_path / name
    program.symlink_to(os.path.realpath(MQUERY[-1]))
    result = subprocess.run([program, "push", "from-spec", spec(maintainer="me")],
                            env=clean_environment(), capture_output=True, text=True, check=False,
                            timeout=PATIENCE)
    assert result.returncode == status
    assert result.stderr.startswith(f"{name}: ") and "maintainer" in result.stderr
    assert bool(DIGEST_LINE.fullmatch(result.stdout)) == (status == 0)


# -- who one is -----------------------------------------------------------------------------------

USER, PASSWORD = "robot", "a-canary: of=the,tests"
COMMANDS = {
    "push": lambda registry, spec: ["push", "from-spec", spec()],
    "query": lambda registry, spec: [registry.name("lab/amd64:v1")]}


@pytest.fixture(params=COMMANDS)
def command(request, registry, spec):
    """A command line for a registry that wants to know who is asking."""
    registry.authority = Basic(USER, PASSWORD)
    return COMMANDS[request.param](registry, spec)


def test_T23_nobody_is_denied(command):
    assert mquery(*command).returncode == 4


@pytest.mark.parametrize("text", [PASSWORD, PASSWORD + "\n", PASSWORD + "\r\n"])
def test_a_password_is_read_from_standard_input(command, text):
    status, _, err = said(mquery("--username", USER, "--password-stdin", *command, input=text))
    assert (status, err) == (0, "")


def test_a_password_among_the_arguments_is_warned_of(command):
    status, _, err = said(mquery(*command, "--username", USER, "--password", PASSWORD))
    assert status == 0
    assert err == ("mquery: warning: the list of processes shows --password to every user of this "
                   "machine; use --password-stdin\n")


def test_S21_a_wrong_password_is_4_and_never_told(command):
    status, out, err = said(
        mquery("--username", USER, "--password-stdin", *command, input="wrong-canary"))
    assert (status, out) == (4, "")
    assert "canary" not in err and err.count("\n") == 1


@pytest.mark.parametrize("text, why", [
    ("", "the password is empty"), ("\n", "the password is empty"),
    ("a\nb\n", "the password is more than one line of text"),
    ("a\0b", "the password is more than one line of text"),
    ("a" * 20000, "the password is longer than 16 KiB")])
def test_C3_what_is_no_password_is_refused(registry, command, text, why):
    result = mquery("--username", USER, "--password-stdin", *command, input=text)
    assert said(result) == (2, "", f"mquery: {why}\n")
    assert registry.requests == []


@pytest.mark.parametrize("name", ["", "a:b", "a\nb"])
def test_C3_what_is_no_username_is_refused(command, name):
    result = mquery("--username", name, "--password-stdin", *command, input="x")
    assert said(result) == (2, "", "mquery: --username is empty or holds ':' or a line break\n")


@pytest.fixture
def docker_files(registry, tmp_path):
    """A directory with a config.json that opens the registry."""
    directory = tmp_path / "docker"
    directory.mkdir()
    auth = basic(USER, PASSWORD).removeprefix("Basic ")
    (directory / "config.json").write_text(
        json.dumps({"auths": {registry.address: {"auth": auth}}}), encoding="utf-8")
    return directory


@pytest.mark.parametrize("name", ["", "config.json"], ids=["directory", "file"])
def test_C1_docker_cfg_is_a_directory_or_a_file(command, docker_files, name):
    status, _, err = said(mquery("--docker-cfg", str(docker_files / name), *command))
    assert (status, err) == (0, "")


def test_C1_dockers_own_file_is_read_where_nothing_is_said(command, docker_files):
    assert mquery(*command, environment={"DOCKER_CONFIG": str(docker_files)}).returncode == 0
    docker_files.rename(docker_files.parent / ".docker")
    home = {"HOME": str(docker_files.parent)}
    assert mquery(*command, environment=home).returncode == 0
    assert mquery(*command, environment={**home, "MQUERY_REGISTRY_CREDENTIALS": "none"}
                  ).returncode == 4


def test_C6_a_name_on_the_command_line_comes_first(command, docker_files):
    result = mquery("--docker-cfg", str(docker_files), "--username", USER, "--password-stdin",
                    *command, input="wrong")
    assert result.returncode == 4


def test_docker_cfg_may_be_a_name_without_a_slash(command, docker_files):
    assert mquery("--docker-cfg", "docker", *command, cwd=docker_files.parent).returncode == 0
    docker_files.rename(docker_files.parent / "cfg")
    assert mquery("--docker-cfg", "cfg", *command, cwd=docker_files.parent).returncode == 0


def test_C1_an_empty_file_says_nothing_and_a_broken_one_is_named_as_it_was_given(
        command, docker_files):
    file = docker_files / "config.json"
    file.write_bytes(b"")
    assert mquery("--docker-cfg", str(file), *command).returncode == 4
    file.write_bytes(b"{")
    docker_files.rename(docker_files.parent / "cfg")
    status, out, err = said(mquery("--docker-cfg", "cfg", *command, cwd=docker_files.parent))
    assert (status, out) == (2, "") and " cfg/config.json: " in err


def test_S32_the_targets_password_is_not_for_the_sources_registry(
        registry, another_registry, tmp_path):
    registry.authority = Basic(USER, PASSWORD)
    pushes.push_sources(another_registry)
    another_registry.authority = Basic("somebody", "else")
    path = tmp_path / "app.json"
    path.write_text(json.dumps(pushes.spec(
        registry, pushes.names_of_sources(another_registry))), encoding="utf-8")
    result = mquery("push", "--username", USER, "--password-stdin", "from-spec", str(path),
                    input=PASSWORD)
    assert result.returncode == 4
    assert another_registry.requests
    assert {each.header("authorization") for each in another_registry.requests} == {None}


# -- progress -------------------------------------------------------------------------------------

def test_a_terminal_sees_progress_that_leaves_nothing_behind(registry, spec):
    with at_a_terminal("push", "from-spec", spec()) as (process, end):
        seen = end()
        assert process.returncode == 0
        assert DIGEST_LINE.fullmatch(process.stdout.read().decode())
    assert re.search(r"\r\x1b\[K\d+ there, \d+ mounted, \d+ copied", seen)
    assert seen.endswith("\r\x1b[K") and "\n" not in seen


def test_a_pipe_sees_none(spec):
    assert mquery("push", "from-spec", spec(), environment={"TERM": "xterm"}).stderr == ""


def test_nor_does_a_terminal_that_can_only_print(spec):
    with at_a_terminal("push", "from-spec", spec(), terminal="dumb") as (_, end):
        assert end() == ""


# -- Ctrl-C ---------------------------------------------------------------------------------------

def interruptible(*arguments):
    return subprocess.Popen([*MQUERY, *arguments], env=clean_environment(), text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def interrupt(process, condition, number=signal.SIGINT):
    """What the process says when it is told to end while the condition holds."""
    try:
        wait_until(condition, "the registry to be asked")
        process.send_signal(number)
        return process.communicate(timeout=PATIENCE)
    finally:
        process.kill()


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("pattern, method, part, done", [
    ("GET */manifests/*", "GET", "/manifests/", "nothing is tagged"),
    ("PUT */blobs/uploads/*", "PUT", "/blobs/uploads/", "nothing is tagged"),
    ("PUT */manifests/sha256:*", "PUT", "/manifests/sha256:",
     "{} blobs are in '{}', nothing is tagged"),
    ("PUT */manifests/v1", "PUT", "/manifests/v1",
     "{} of 2 children are in '{}', whether it is tagged is not known")])
def test_ctrl_c_says_what_is_done_and_leaves_nothing_half_done(
        registry, spec, number, status, pattern, method, part, done):
    registry.script("POST */blobs/uploads/*", behave.never_mount)
    registry.script(pattern, behave.silence)
    process = interruptible("push", "from-spec", spec())
    out, err = interrupt(process, lambda: registry.count(method, part) > 0, number)
    image = registry.name("lab/app:v1")
    assert (process.returncode, out) == (status, "")
    repository = image.rpartition(":")[0]
    assert re.fullmatch(re.escape(f"mquery: {image}: interrupted; {done}").replace(
        re.escape("{}"), r"\d+", 1).replace(re.escape("{}"), re.escape(repository)),
        err.splitlines()[-1])
    assert registry.tags(pushes.TARGET) == set()


def test_ctrl_c_between_tags_names_them(registry, spec):
    registry.script("PUT */manifests/latest", behave.silence)
    process = interruptible("push", "from-spec", spec(tags=["latest"]))
    out, err = interrupt(process, lambda: registry.count("PUT", "/manifests/latest") > 0)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1].endswith(": interrupted; tagged 'v1', perhaps 'latest'")
    pushes.assert_whole(registry)


def test_ctrl_c_tells_what_a_check_leaves_behind(registry):
    registry.script("PUT */manifests/*", behave.honest, behave.silence)
    repository = registry.name("lab/checked")
    process = interruptible("check-registry", repository)
    out, err = interrupt(process, lambda: registry.count("PUT", "/manifests/") > 1)
    assert (process.returncode, out) == (130, "")
    *left, last = err.splitlines()
    assert last == f"mquery: {repository}: interrupted"
    assert left and all(each.startswith(f"mquery: left behind: {repository}") for each in left)


# -- help -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("words, flags", [
    (["push"], ["--target", "--type", "--annotation", "--dry-run", "--password-stdin"]),
    (["push", "from-spec"], ["--type", "--annotation", "--ignore-missing", "--dry-run"]),
    (["push", "from-args"], ["--platforms", "--template", "--target", "--tags"]),
    (["push", "from-images"], ["--target", "--tags"]),
    (["query"], ["--server", "--require", "--username", "--docker-cfg"]),
    (["check-registry"], ["--json", "--username", "--insecure"]), (["ref"], ["--json"])],
    ids=" ".join)
def test_each_command_has_a_page_with_its_flags_and_an_example(words, flags):
    status, out, err = said(mquery(*words, "--help"))
    assert (status, err) == (0, "")
    assert out == mquery("help", *words).stdout == mquery("--help", *words, "more").stdout
    assert max(map(len, out.splitlines())) < 80
    for flag in flags:
        assert f"\n  {flag} " in out
    assert "\n\n  " in out.partition("--version")[2]


def test_a_page_tells_only_what_the_command_heeds():
    page = mquery("push", "from-spec", "--help").stdout
    assert "--server" not in page and "--platforms" not in page
