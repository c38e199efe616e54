# SPDX-License-Identifier: Apache-2.0
"""mquery audit: do all of these images offer it?"""
import csv
import io
import json
import re
import threading

import pytest

from support import behave, golden, images
from support.authority import Basic
from support.command_line import mquery, said
from support.daemon import Daemon
from support.docker_registry import DockerRegistry, listing
from support.fake_registry import FakeRegistry
from support.processes import free_port
from support.terminal import at_a_terminal

BOTH = ["linux/amd64", "linux/arm64/v8"]


@pytest.fixture
def fleet(registry):
    """fleet(name, ...): these images under this registry's name."""
    registry.push("lab/both:v1", images.index_of(*BOTH))
    registry.push("lab/intel:v1", images.index_of("linux/amd64"))
    registry.push_image("lab/lone:v1", images.config("linux/arm64"))
    registry.push("lab/arm:v1", images.index_of("linux/arm/v7"))
    return lambda *names: [registry.name(f"lab/{each}:v1") for each in names]


def audit(*arguments, **options):
    return said(mquery("audit", *arguments, **options))


def rows(text):
    """JSON's lines."""
    return [json.loads(line) for line in text.splitlines()]


def audited(*arguments, **options):
    """(exit status, the images of the rows)."""
    status, out, _ = audit("--json", *arguments, **options)
    return status, [each["image"] for each in rows(out)]


# -- the verdict ----------------------------------------------------------------------------------

def test_all_that_offer_it_are_0(fleet):
    assert audit("--require", "linux/arm64", *fleet("both", "lone"))[::2] == (0, "")


def test_L4_one_that_does_not_is_1_and_a_substitute_is_none(fleet):
    status, _, err = audit("--require", "linux/arm64", *fleet("both", "intel", "arm"))
    assert (status, err) == (1, "mquery: of 3 images: 2 without linux/arm64\n")


def test_without_a_requirement_the_table_lists_what_is_offered(fleet):
    names = fleet("both", "intel")
    width = max(map(len, names))
    assert audit(*names) == (0, "".join([
        f"{'IMAGE':{width}}  OFFERS\n",
        f"{names[0]:{width}}  linux/amd64 linux/arm64/v8\n",
        f"{names[1]:{width}}  linux/amd64\n"]), "")


def test_what_cannot_be_asked_outweighs_a_no_and_the_first_gives_the_status(registry, fleet):
    registry.script("GET */lab/late/*", behave.rate_limited("3600"))
    gone, late = registry.name("lab/gone:v1"), registry.name("lab/late:v1")
    for names, wanted in ((["intel", gone, late], 3), (["intel", late, gone], 6),
                          (["LAB", gone], 2), (["intel", "both"], 1)):
        names = [name if "/" in name or name == "LAB" else fleet(name)[0] for name in names]
        assert audit("--require", "arm64", *names)[0] == wanted
    _, _, err = audit("--require", "arm64", *fleet("intel"), gone, "LAB")
    assert err == "mquery: of 3 images: 1 without arm64, 2 that could not be asked for\n"


def test_every_requirement_has_its_column(registry, fleet):
    gone = registry.name("lab/gone:v1")
    status, out, _ = audit("--require", "linux/amd64,arm64", *fleet("both", "lone"), gone)
    lines = [re.split("  +", line) for line in out.splitlines()]
    assert status == 3
    assert lines[:3] == [["IMAGE", "linux/amd64", "linux/arm64", "OFFERS"],
                         [*fleet("both"), "yes", "yes", "linux/amd64 linux/arm64/v8"],
                         [*fleet("lone"), "no", "yes", "linux/arm64"]]
    assert lines[3][:3] == [gone, "?", "?"]
    assert lines[3][3].startswith("? manifest 'v1' of ") and "not found" in lines[3][3]


def test_a_real_registrys_images(golden_storage):
    names = golden.RUNNABLE
    with DockerRegistry(golden_storage) as registry:
        status, out, err = audit("--json", *(f"{registry.address}/{name}" for name in names))
        assert (status, err) == (0, "")
        assert [(each["image"], each["digest"]) for each in rows(out)] == [
            (f"{registry.address}/{name}", golden.IMAGES[name]["digest"]) for name in names]
        assert {each["image"].partition("/")[2]: each["platforms"] for each in rows(out)}[
            "lab/oci:nested"] == BOTH
        assert audit(f"{registry.address}/{golden.ARTIFACTS[0]}")[0] == 5


def test_a_service_may_be_asked(registry, fleet):
    with Daemon({"registry": {"hosts": [listing(registry)]}}) as daemon:
        for names, status in ((["both", "lone"], 0), (["both", "intel"], 1)):
            assert audit("--server", f"http://{daemon.address}", "--require", "arm64",
                         *fleet(*names))[0] == status
    direct = audit("--json", "--require", "arm64", *fleet("both", "intel", "lone"))
    with Daemon({"registry": {"hosts": [listing(registry)]}}) as daemon:
        assert direct == audit("--json", "--require", "arm64", "--server",
                               f"http://{daemon.address}", *fleet("both", "intel", "lone"))


# -- the list -------------------------------------------------------------------------------------

def test_an_image_is_asked_for_once_however_it_is_written(registry, fleet):
    image, = fleet("both")
    digest = registry.push("lab/both:v1", images.index_of(*BOTH))
    repository = image.rpartition(":")[0]
    registry.push("lab/both:latest", images.index_of(*BOTH))
    status, names = audited(image, image, f"{image}@{digest}",
                            f"{repository}@{digest}", repository, f"{repository}:latest")
    assert (status, names) == (0, [image, f"{image}@{digest}", repository])
    assert registry.count("GET", "/manifests/") == 3


def test_docker_hubs_short_names_are_one_image():
    """The host of a digest and a service's answer do not matter here: it is never asked twice."""
    with FakeRegistry() as service:
        service.script("GET *", behave.fail(404))
        _, names = audited("--server", service.url, "alpine", "docker.io/library/alpine:latest",
                           "index.docker.io/alpine", "library/alpine", "alpine:3")
    assert names == ["alpine", "alpine:3"]


def test_a_list_has_comments_and_empty_lines(fleet):
    both, intel, lone = fleet("both", "intel", "lone")
    text = f"# the fleet\n\n  {both}  # our own\r\n\t\n#{lone}\n{intel}\n{both}"
    for arguments in ([], ["-"]):
        assert audited(*arguments, input=text) == (0, [both, intel])
    assert audited(lone, "-", input=text) == (0, [lone, both, intel])


def test_a_sharp_within_a_word_is_no_comment(fleet):
    image, = fleet("both")
    assert audited(input=f"{image}#x\n") == (2, [f"{image}#x"])


def pods(*objects):
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects,
                       "metadata": {"resourceVersion": ""}}, indent=4)


def containers(*names):
    return [{"name": "c", "image": name, "ports": [{"containerPort": 80}]} for name in names]


def test_kubectls_pods_are_read_with_all_their_containers(fleet):
    both, intel, lone, arm = fleet("both", "intel", "lone", "arm")
    text = pods(
        {"kind": "Pod", "spec": {"initContainers": containers(intel),
                                 "containers": containers(both, both),
                                 "ephemeralContainers": containers(lone)}},
        {"kind": "Pod", "spec": {"containers": [*containers(arm), {"name": "filled in later"}]}},
        {"kind": "Pod", "spec": None}, None)
    assert audited(input=text) == (0, [intel, both, lone, arm])


@pytest.mark.parametrize("path", [
    ["spec"], ["spec", "template", "spec"], ["template", "spec"],
    ["spec", "jobTemplate", "spec", "template", "spec"]], ids=".".join)
def test_whatever_makes_pods_is_read_too_in_a_list_or_alone(fleet, path):
    image, = fleet("both")
    document = {"containers": containers(image)}
    for name in reversed(path):
        document = {name: document}
    assert audited(input=pods(document)) == (0, [image])
    assert audited(input="\n" + json.dumps(document)) == (0, [image])


def test_a_whole_clusters_pods_are_more_than_a_document_may_be(fleet):
    both, intel = fleet("both", "intel")
    pod = {"kind": "Pod", "metadata": {"labels": {str(number): "x" for number in range(100)}},
           "spec": {"containers": containers(both)}}
    last = {"kind": "Pod", "spec": {"containers": containers(intel)}}
    assert audited(input=pods(*[pod] * 5000, last)) == (0, [both, intel])


@pytest.mark.parametrize("text, words", [
    ("", "standard input names no image"), ("# nothing\n", "standard input names no image"),
    ("{}", "standard input names no image"), ('{"items":[]}', "standard input names no image"),
    ('{"items":[{"kind":"Node","spec":{"containers":{"image":"a"}}}]}', "names no image"),
    ('{"items":[{"spec":]}', "standard input: expected a value"),
    ('{"items":{}}', "standard input: expected an array"),
    ('{"items":[', "standard input: unexpected end"),
    ('{"items":[{"a":1,"a":2}]}', "standard input: repeated key")])
def test_S11_an_input_that_names_nothing_is_2(text, words):
    status, out, err = audit(input=text)
    assert (status, out) == (2, "")
    assert words in err and err.count("\n") == 1


# -- the formats ----------------------------------------------------------------------------------

def test_json_is_an_object_a_line(registry, fleet):
    gone = registry.name("lab/gone:v1")
    status, out, _ = audit("--json", "--require", "arm64,s390x", *fleet("both"), gone)
    row, error = rows(out)
    assert status == 3
    assert row.pop("digest").startswith("sha256:")
    assert row == {"image": fleet("both")[0], "offered": False, "missing": ["linux/s390x"],
                   "platforms": BOTH}
    assert list(error) == ["image", "error", "code"] and error["code"] == "not_found"
    assert audit("--format", "json", *fleet("both")) == audit("--json", *fleet("both"))
    assert "offered" not in rows(audit("--json", *fleet("both"))[1])[0]


def test_csv_is_rfc_4180(registry, fleet):
    gone = registry.name("lab/gone:v1")
    registry.script("GET */lab/gone/*", behave.fail(404, message='a "quoted", long\r\nstory'))
    status, out, _ = audit("--format=csv", "--require", "arm64", *fleet("both", "intel"), gone)
    assert status == 3
    head, both, intel, missing = csv.reader(io.StringIO(out), strict=True)
    assert head == ["image", "offered", "missing", "platforms", "digest", "code", "error"]
    assert both[:4] == [*fleet("both"), "yes", "", " ".join(BOTH)]
    assert intel[:4] == [*fleet("intel"), "no", "linux/arm64", "linux/amd64"]
    assert missing[:6] == [gone, "", "", "", "", "not_found"]
    assert 'a "quoted", long\\x0d\\x0astory' in missing[6]


def test_csv_ends_its_lines_with_two_bytes(fleet, tmp_path):
    path = tmp_path / "audit.csv"
    with open(path, "wb") as file:
        assert mquery("audit", "--format", "csv", *fleet("both"), stdout=file).returncode == 0
    assert path.read_bytes().count(b"\r\n") == path.read_bytes().count(b"\n") == 2


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(1)", '="x",y'])
def test_a_cell_is_never_a_formula(name):
    status, out, _ = audit("--format", "csv", input=name + "\n")
    _, row = csv.reader(io.StringIO(out), strict=True)
    assert (status, row[0]) == (2, "'" + name)


@pytest.mark.parametrize("format", ["table", "csv", "json"])
def test_S20_no_row_moves_the_cursor(registry, format):
    registry.push("lab/app:v1", images.index([images.entry(
        {"architecture": "\x1b[2J", "os": "li\nnux"})]))
    status, out, err = audit("--format", format, registry.name("lab/app:v1"), "\x1b[2Jx\ny")
    assert status == 2
    assert "\x1b" not in out + err
    assert len(out.splitlines()) == (2 if format == "json" else 3)


# -- many, side by side ---------------------------------------------------------------------------

def test_a_registry_is_asked_for_a_few_at_a_time_and_rows_keep_their_order(registry):
    at_once, most, lock = 0, 0, threading.Lock()

    def crawl(registry, request):
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        registry.stopping.wait(0.01)
        with lock:
            at_once -= 1
        return registry.answer_honestly(request)

    registry.push("lab/app:v1", images.index_of(*BOTH))
    names = [registry.name(f"lab/app:t{number}") for number in range(100)]
    for name in names:
        registry.push(name.partition("/")[2], images.index_of(*BOTH))
    registry.script("GET *", crawl)
    assert audited(*names) == (0, names)
    assert 4 <= most <= 8


def test_a_registry_that_hangs_keeps_no_other_waiting(registry, another_registry, fleet):
    registry.script("GET */lab/slow*", behave.silence)
    slow = [registry.name(f"lab/slow{number}:v1") for number in range(20)]
    another_registry.push("lab/app:v1", images.index_of(*BOTH))
    status, out, _ = audit("--json", "--timeout", "1s", *slow[:8], *slow[:1],
                           another_registry.name("lab/app:v1"))
    assert status == 7
    assert [each.get("code") for each in rows(out)] == ["timeout"] * 8 + [None]


def test_a_terminal_sees_progress_that_leaves_nothing_behind(registry):
    def crawl(registry, request):
        registry.stopping.wait(0.02)
        return registry.answer_honestly(request)

    names = [registry.name(f"lab/app:t{number}") for number in range(400)]
    registry.push("lab/app:t0", images.index_of(*BOTH))
    registry.script("GET *", crawl)
    with at_a_terminal("audit", "--format", "csv", *names) as (process, end):
        lines = process.stdout.read().splitlines()
        seen = end()
    assert len(lines) == 401
    assert re.search(r"\r\x1b\[Kasked for \d+ of 400 images", seen)
    assert seen.endswith("\r\x1b[Kmquery: of 400 images: 399 that could not be asked for\r\n")


def test_a_pipe_sees_none(fleet):
    assert audit(*fleet("both"), environment={"TERM": "xterm"})[2] == ""


# -- whom, and wrong calls ------------------------------------------------------------------------

def test_credentials_are_for_one_registry(registry, another_registry, fleet):
    registry.authority = Basic("robot", "secret")
    account = ["--username", "robot", "--password-stdin"]
    assert audit(*account, *fleet("both", "lone"), input="secret")[0] == 0
    status, out, err = audit(*account, *fleet("both"), another_registry.name("lab/app"),
                             input="secret")
    assert (status, out) == (2, "")
    assert "--username is for one registry" in err
    assert another_registry.requests == []


@pytest.mark.parametrize("arguments, words", [
    (["--format", "xml", "a"], "--format is table, csv or json, not 'xml'"),
    (["--json", "--format", "csv", "a"], "--json and --format are one too many"),
    (["--require", "linux", "a"], "--require: "),
    (["--require", "linux/arm46", "a"], "--require: no architecture 'arm46' is known here"),
    (["--platform", "arm64", "a"], "--platform means nothing to audit"),
    (["--username", "me", "--password-stdin", "-"], "standard input cannot hold"),
    (["--username", "me", "--password-stdin"], "standard input cannot hold")])
def test_a_wrong_call_is_2_and_nobody_is_asked(arguments, words):
    status, out, err = audit(*arguments)
    assert (status, out) == (2, "")
    assert words in err and err.count("\n") == 1


def test_T23_a_registry_that_is_not_there_is_7():
    assert audit("--timeout", "1s", f"127.0.0.1:{free_port()}/lab/app")[0] == 7


@pytest.mark.parametrize("format", ["table", "csv", "json"])
def test_a_full_disk_is_8(fleet, format):
    with open("/dev/full", "w", encoding="ascii") as full:
        result = mquery("audit", "--format", format, *fleet("both"), stdout=full)
    assert result.returncode == 8
    assert "standard output: No space left on device" in result.stderr
