# SPDX-License-Identifier: Apache-2.0
"""mquery inspect: the reference's words, everything it loses, and what is odd about an image."""
import json
import os
import re

import pytest

from support import behave, golden, images
from support.authority import Basic
from support.command_line import mquery, on_terminal, said
from support.docker_registry import GOLDEN, KINDS

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# The reference does not follow an index within an index (golden/README.md).
NOT_FOLLOWED = ["lab/oci:nested"]


def reference(name, extension):
    """What the reference tool printed, with REGISTRY for the registry; None: it fell over."""
    path = os.path.join(GOLDEN, "inspect", re.sub("[/:]", "_", name) + extension)
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return file.read()


def known(extension):
    return [name for name in golden.IMAGES if reference(name, extension)]


@pytest.fixture(scope="module")
def real(golden_storage, tmp_path_factory):
    with KINDS["open"](str(tmp_path_factory.mktemp("open")), golden_storage) as (registry, _):
        yield registry


# -- the golden images ----------------------------------------------------------------------------

@pytest.mark.parametrize("name", [each for each in known(".txt") if each not in NOT_FOLLOWED])
def test_the_text_is_the_references_byte_for_byte(real, name):
    result = mquery("inspect", f"{real.address}/{name}")
    assert said(result) == (0, reference(name, ".txt").replace("REGISTRY", real.address), "")


def test_L9_a_nested_index_is_followed_where_the_reference_stops(real):
    result = mquery("inspect", f"{real.address}/lab/oci:nested")
    before, stop, _ = reference("lab/oci:nested", ".txt").partition("Unknown media type")
    assert stop and result.returncode == 0
    assert result.stdout.startswith(before.replace("REGISTRY", real.address))
    assert "[2.1]    -    Arch: arm64\n" in result.stdout


def test_L11_a_platform_that_the_index_lacks_is_the_childs_own(real):
    result = mquery("inspect", f"{real.address}/lab/oci:noplatform-entry")
    assert re.findall(r"Arch: (\w+)", result.stdout) == ["amd64", "arm64"]


def keeps(ours, theirs, path="$"):
    """Whatever the reference says stands in ours, too, in its order."""
    if isinstance(theirs, dict):
        assert [key for key in ours if key in theirs] == list(theirs), path
        for key, value in theirs.items():
            keeps(ours[key], value, f"{path}.{key}")
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs), path
        for number, value in enumerate(theirs):
            keeps(ours[number], value, f"{path}[{number}]")
    else:
        assert ours == theirs, path


@pytest.mark.parametrize("name", known(".raw.json"))
def test_raw_json_has_all_that_the_reference_says(real, name):
    expected = reference(name, ".raw.json").replace("REGISTRY", real.address)
    status, out, err = said(mquery("inspect", "--raw", f"{real.address}/{name}"))
    assert (status, err) == (0, "")
    keeps(json.loads(out), json.loads(expected))
    if "manifests" not in json.loads(expected):  # nothing is lost of a lone image
        assert out == expected


def test_raw_json_keeps_what_the_reference_loses_of_children(real):
    printed = json.loads(mquery("inspect", "--raw", f"{real.address}/lab/oci:multi").stdout)
    wanted = golden.wanted("lab/oci:multi", real.address)["archlist"]
    shown = [each["platform"] for each in printed["manifests"]
             if each["platform"]["os"] != "unknown"]
    assert shown == wanted
    assert all(each["digest"].startswith("sha256:") and each["size"] > 0
               for each in printed["manifests"])


def test_expand_config_puts_a_lone_images_configuration_into_raw_json(real):
    image = f"{real.address}/lab/docker:linux-armv7"
    plain = json.loads(mquery("inspect", "--raw", image).stdout)
    expanded = json.loads(mquery("inspect", "--raw", "--expand-config", image).stdout)
    assert plain["config"]["digest"].startswith("sha256:")
    assert (expanded["config"]["variant"], expanded["config"]["config"]["Cmd"]) == ("v7", ["/hello"])
    assert expanded["layers"] == plain["layers"]


@pytest.mark.parametrize("name", golden.IMAGES)
def test_json_is_one_line_with_the_facts_of_each_child(real, name):
    status, out, err = said(mquery("inspect", "--json", f"{real.address}/{name}"))
    assert (status, err, out.count("\n")) == (0, "", 1)
    document = json.loads(out)
    assert list(document)[0] == "name" and document["name"] == f"{real.address}/{name}"
    assert document["digest"] == golden.IMAGES[name]["digest"]
    assert document["size"] == golden.IMAGES[name]["size"]
    if name in golden.ARTIFACTS:
        assert document["kind"] == "artifact"
        return
    leaves = [*leaves_of(document)]
    wanted = golden.wanted(name, real.address)["archlist"]
    assert [each["platform"] for each in leaves] == wanted
    for each in leaves:
        assert each["config"]["digest"] and each["layers"]
        assert each["totalsize"] <= document["totalsize"]


def leaves_of(document):
    """The images, those of nested indexes in their places."""
    if document["kind"] == "index":
        for child in document["manifests"]:
            yield from leaves_of(child)
    else:
        yield document


def test_T15_an_artifact_is_shown(real):
    result = mquery("inspect", "--json", f"{real.address}/lab/artifact:chart")
    document = json.loads(result.stdout)
    assert "chart" in document["artifact"] and len(document["layers"]) == 1


# -- one platform ---------------------------------------------------------------------------------

def test_L4_platform_shows_only_children_of_that_platform(real):
    image = f"{real.address}/lab/oci:multi"
    result = mquery("inspect", "--platform", "arm64", image)
    assert result.returncode == 0
    assert re.findall(r"^\[(\d+)\].* Arch: (\w+)$", result.stdout, re.MULTILINE) == [("2", "arm64")]
    document = json.loads(mquery("inspect", "--json", "--platform", "arm64", image).stdout)
    assert [each["platform"]["variant"] for each in document["manifests"]] == ["v8"]


@pytest.mark.parametrize("name", ["lab/oci:multi", "lab/docker:linux-amd64", "lab/artifact:chart"])
def test_L4_a_platform_that_is_not_offered_is_an_honest_no(real, name):
    image = f"{real.address}/{name}"
    assert said(mquery("inspect", "--platform", "linux/mips64le", image)) == (
        1, "", f"mquery: {image}: linux/mips64le is not offered\n")


# -- what is missing or odd -----------------------------------------------------------------------

@pytest.fixture
def incomplete(registry):
    """An index of two, of which the registry has lost the second; its digest."""
    configs = [images.config("linux/amd64"), images.config("linux/arm64")]
    children = [images.manifest(each) for each in configs]
    registry.push("lab/app", children[0], parts=[configs[0]])
    registry.push("lab/app:v1", images.index([
        images.descriptor(child, images.OCI_MANIFEST, platform=images.platform(platform))
        for child, platform in zip(children, ("linux/amd64", "linux/arm64"))]))
    return images.digest_of(children[1])


def test_a_missing_child_is_shown_as_missing_and_the_rest_is_shown(registry, incomplete):
    image = registry.name("lab/app:v1")
    status, out, err = said(mquery("inspect", image))
    assert status == 0
    assert "[1] # Layers: 1\n" in out and f"[2]   Digest: {incomplete}\n" in out
    assert "[2]       >>> missing: the registry does not have it\n" in out
    assert err == (f"mquery: {image}: warning: {incomplete}: "
                   "missing: the registry does not have it\n")


def test_json_tells_of_a_missing_child_itself(registry, incomplete):
    status, out, err = said(mquery("inspect", "--json", registry.name("lab/app:v1")))
    first, second = json.loads(out)["manifests"]
    assert (status, err) == (0, "")
    assert "problem" not in first and second["problem"].startswith("missing: ")
    assert (second["digest"], second["platform"]["architecture"]) == (incomplete, "arm64")


def test_a_missing_child_of_another_platform_is_nobodys_concern(registry, incomplete):
    result = mquery("inspect", "--platform", "linux/amd64", registry.name("lab/app:v1"))
    assert (result.returncode, result.stderr) == (0, "")
    assert incomplete not in result.stdout


def test_a_child_that_cannot_be_asked_for_is_no_answer(registry, incomplete):
    registry.script(f"GET */manifests/{incomplete}", behave.fail(403, "DENIED"))
    result = mquery("inspect", registry.name("lab/app:v1"))
    assert (result.returncode, result.stdout) == (4, "")


def test_S20_what_a_registry_writes_moves_no_cursor(registry):
    registry.push("lab/app:v1", images.index([images.entry(
        {"os": "linux\x1b[2J", "architecture": "amd64\n\u202e"}, "application/x\x07")]))
    for form in ([], ["--color", "always"]):
        result = mquery("inspect", *form, registry.name("lab/app:v1"))
        text = COLOURS.sub("", result.stdout + result.stderr)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", text)


# -- colours --------------------------------------------------------------------------------------

def test_a_terminal_gets_the_references_colours(real):
    image = f"{real.address}/lab/docker:multi"
    text = on_terminal("inspect", image)
    green, yellow, reset = "\x1b[1;32m", "\x1b[1;33m", "\x1b[22;0m"
    assert text.startswith(f"Name:   {green}{image}{reset} (Type: {green}")
    assert f"\nDigest: {yellow}sha256:" in text
    assert COLOURS.sub("", text) == mquery("inspect", image).stdout


@pytest.mark.parametrize("flags, environment, is_coloured", [
    ([], {"NO_COLOR": "1"}, False),
    ([], {"NO_COLOR": "anything at all"}, False),
    ([], {"NO_COLOR": ""}, True),
    ([], {"TERM": "dumb"}, False),
    (["--color", "never"], {}, False),
    (["--color=auto"], {}, True),
    (["--color=always"], {"NO_COLOR": "1"}, True),
    (["--raw"], {}, False),
    (["--json"], {}, False),
])
def test_colours_on_a_terminal_are_as_wished(real, flags, environment, is_coloured):
    text = on_terminal("inspect", *flags, f"{real.address}/lab/docker:multi",
                       environment=environment)
    assert bool(COLOURS.search(text)) == is_coloured


@pytest.mark.parametrize("flags, is_coloured", [
    ([], False), (["--color", "auto"], False), (["--color", "always"], True)])
def test_a_pipe_gets_colours_only_if_they_are_asked_for(real, flags, is_coloured):
    text = mquery("inspect", *flags, f"{real.address}/lab/docker:multi").stdout
    assert bool(COLOURS.search(text)) == is_coloured


# -- calling it -----------------------------------------------------------------------------------

@pytest.mark.parametrize("arguments, words", [
    ([], "which image?"),
    (["--expand-config", "a"], "--expand-config is for --raw"),
    (["--expand-config", "--json", "a"], "--expand-config is for --raw"),
    (["--raw", "--json", "a"], "one too many"),
    (["--color", "sometimes", "a"], "--color is auto, always or never, not 'sometimes'"),
    (["--platform", "linux", "a"], "--platform: "),
    (["--server", "http://localhost", "a"], "--server means nothing to inspect"),
    (["--require", "arm64", "a"], "--require means nothing to inspect"),
    (["--username", "me", "--password", "x", "quay.io/a", "ghcr.io/a"], "for one registry"),
    (["quay.io/A"], "lower case"),
])
def test_a_wrong_call_is_2_and_one_line(arguments, words):
    result = mquery("inspect", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert words in result.stderr and result.stderr.count("\n") == 1


def test_T23_a_missing_image_is_3_and_a_private_one_is_4(registry, incomplete):
    assert mquery("inspect", registry.name("lab/app:none")).returncode == 3
    registry.authority = Basic("robot", "secret")
    result = mquery("inspect", registry.name("lab/app:v1"))
    assert (result.returncode, result.stdout) == (4, "")


def test_several_images_are_shown_in_the_order_given(real):
    names = ["lab/oci:multi", "lab/docker:linux-amd64", "lab/oci:absent", "lab/docker:multi"]
    result = mquery("inspect", *(f"{real.address}/{name}" for name in names))
    assert result.returncode == 3
    assert result.stdout == "".join(
        reference(name, ".txt").replace("REGISTRY", real.address)
        for name in names if "absent" not in name)
    assert result.stderr.startswith(f"mquery: {real.address}/lab/oci:absent: ")
    assert result.stderr.count("\n") == 1


def test_json_of_several_images_is_a_line_each(real):
    names = ["lab/oci:multi", "lab/docker:multi"]
    lines = mquery("inspect", "--json", *(f"{real.address}/{name}" for name in names))
    assert [json.loads(line)["digest"] for line in lines.stdout.splitlines()] == [
        golden.IMAGES[name]["digest"] for name in names]


def test_an_image_is_found_by_its_digest(real):
    digest = golden.IMAGES["lab/oci:multi"]["digest"]
    image = f"{real.address}/lab/oci@{digest}"
    assert mquery("inspect", image).stdout.splitlines()[:2] == [
        f"Name:   {image} (Type: {images.OCI_INDEX})", f"Digest: {digest}"]


def test_a_full_disk_under_the_answer_is_8(real):
    with open("/dev/full", "w", encoding="ascii") as full:
        result = mquery("inspect", f"{real.address}/lab/oci:multi", stdout=full)
    assert result.returncode == 8
    assert "No space left on device" in result.stderr


# -- --debug --------------------------------------------------------------------------------------

def test_debug_says_what_is_asked_and_nothing_secret(registry, incomplete):
    registry.authority = Basic("robot", "a-secret-of-the-tests")
    result = mquery("--debug", "inspect", "--username", "robot", "--password-stdin",
                    registry.name("lab/app:v1"), input="a-secret-of-the-tests")
    assert result.returncode == 0
    asked = re.findall(r'level=debug message="asked" method=(\w+) url=(\S+) status=(\d+)',
                       result.stderr)
    assert ("GET", f"{registry.url}/v2/lab/app/manifests/v1", "401") in asked
    assert ("GET", f"{registry.url}/v2/lab/app/manifests/v1", "200") in asked
    assert ("GET", f"{registry.url}/v2/lab/app/manifests/{incomplete}", "404") in asked
    assert "a-secret" not in result.stderr and "Basic" not in result.stderr
    assert mquery("inspect", "--debug", registry.name("lab/app:none")).stdout == ""


def test_S21_debug_shows_no_query_of_a_redirect(registry, another_registry):
    config = images.config("linux/amd64")
    registry.push_image("lab/app:v1", config)
    registry.script("GET */blobs/*", behave.redirect(
        f"{another_registry.url}/blob?signature=opens-doors"))
    another_registry.script("GET /blob", behave.respond(200, images.encode(config)))
    result = mquery("--debug", "inspect", registry.name("lab/app:v1"))
    assert result.returncode == 0, result.stderr
    assert f"url={another_registry.url}/blob status=200" in result.stderr
    assert "opens-doors" not in result.stderr
