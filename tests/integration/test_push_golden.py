# SPDX-License-Identifier: Apache-2.0
"""What the reference tool pushed, pushed by us into a real registry: the same bytes under the same
tags, whichever way it is asked for, whole, and nothing at all where it is refused."""
import contextlib
import functools
import json
import shutil

import pytest

from support import doors
from support.command_line import mquery
from support.docker_registry import DockerRegistry
from support.golden import PUSHES
from support.skopeo import skopeo
from support.storage import fetch, has, snapshot

GOOD = [name for name, push in PUSHES.items() if not push.is_error]


@pytest.fixture(scope="module")
def new_registry(golden_storage, tmp_path_factory):
    """new_registry(): a registry with the golden images and a storage of its own."""
    with contextlib.ExitStack() as stack:
        def start():
            storage = tmp_path_factory.mktemp("registry") / "storage"
            shutil.copytree(golden_storage, storage)
            return stack.enter_context(DockerRegistry(str(storage)))
        yield start


@pytest.fixture(scope="module")
def loaded(new_registry):
    """One that nothing is pushed to."""
    return new_registry()


@pytest.fixture(scope="module")
def places(new_registry):
    """places(door): a registry, and the door by which it alone is pushed to."""
    with contextlib.ExitStack() as stack:
        @functools.cache
        def place(name):
            registry = new_registry()
            return registry, stack.enter_context(
                contextlib.closing(doors.DOORS[name]([registry])))
        yield place


@pytest.fixture(params=doors.DOORS)
def place(request, places):
    return places(request.param)


def command(push, registry, target=None, *flags):
    """Runs the reference tool's command, as we spell it."""
    flags = [*push.case["flags"], *flags]
    if push.has_spec:
        return mquery("push", *flags, "from-spec", "-", input=push.spec(registry, target))
    return mquery("push", *flags, "from-args", *push.arguments(registry, target))


def post(push, door, spec):
    """The same with a spec, by whichever door; what came of it."""
    flags = push.case["flags"]
    wishes = {"type": "oci"} if "oci" in flags else {}
    if "--ignore-missing" in flags:
        wishes["ignore_missing"] = True
    return door.push(spec, **wishes)


def run(push, registry, door, target=None):
    """Digest and size, by whichever door; it must go well and say nothing else."""
    if isinstance(door, doors.CommandLine):
        result = command(push, registry, target)
        assert (result.returncode, result.stdout) == (0, push.case["stdout"]), result.stderr
        outcome = doors.told(result)
    else:
        outcome = post(push, door, push.spec(registry, target))
        assert outcome.status == 0, outcome.text
    assert bool(outcome.text) == ("--ignore-missing" in push.case["flags"]), outcome.text
    return outcome.digest, outcome.size


def targets():
    """Where the reference tool put it (None), and in a repository that has nothing of it yet."""
    for name in GOOD:
        for target in (None, f"elsewhere/{name}:v1"):
            yield f"{name}-{'new' if target else 'same'}", PUSHES[name], target


def by_each_door():
    """Arguments are the command line's."""
    for case, push, target in targets():
        for door in doors.DOORS:
            if push.has_spec or door == "command":
                yield pytest.param(door, push, target, id=f"{door}-{case}")


each_push = pytest.mark.parametrize("place, push, target", [*by_each_door()], indirect=["place"])


# -- what is pushed -------------------------------------------------------------------------------

@each_push
def test_P21_a_push_gives_the_bytes_and_tags_of_the_reference(place, push, target):
    registry, door = place
    assert run(push, registry, door, target) == (push.case["digest"], push.case["size"])
    repository, _, tag = (target or push.target).partition(":")
    for each in [tag, *push.case["tags"], push.case["digest"]]:
        stored = fetch(registry, repository, each)
        assert stored.body == push.expected
        assert stored.digest == push.case["digest"]
        assert stored.media_type == push.case["media_type"]


@each_push
def test_P10_its_children_are_in_the_target_repository(place, push, target):
    registry, door = place
    run(push, registry, door, target)
    repository = (target or push.target).partition(":")[0]
    entries = json.loads(push.expected)["manifests"]
    assert [each["digest"] for each in entries] == push.case["children_in_target"]
    for entry in entries:
        child = fetch(registry, repository, entry["digest"])
        assert (child.media_type, len(child.body)) == (entry["mediaType"], entry["size"])
        for part in parts_kept_by_registries(json.loads(child.body)):
            blob = fetch(registry, repository, part["digest"], "blobs")
            assert len(blob.body) == part["size"]


def parts_kept_by_registries(manifest):
    """Its config, and its layers but for foreign ones (rule P9)."""
    return [each for each in [manifest["config"], *manifest["layers"]]
            if "foreign" not in each["mediaType"] and "nondistributable" not in each["mediaType"]]


@each_push
def test_T37_pushing_again_says_the_same_and_writes_nothing(place, push, target):
    registry, door = place
    first = run(push, registry, door, target)
    before = snapshot(registry)
    assert run(push, registry, door, target) == first
    assert snapshot(registry) == before


@pytest.mark.parametrize("push, target", [
    pytest.param(push, target, id=case) for case, push, target in targets()])
def test_P16_a_dry_run_gives_bytes_and_digest_and_writes_nothing(loaded, push, target):
    before = snapshot(loaded)
    result = command(push, loaded, target, "--dry-run")
    assert result.returncode == 0, result.stderr
    assert push.expected.decode() in result.stdout
    assert push.case["digest"] in result.stdout + result.stderr
    assert snapshot(loaded) == before


@each_push
def test_skopeo_copies_and_inspects_what_was_pushed(place, push, target, tmp_path):
    registry, door = place
    run(push, registry, door, target)
    source = f"docker://{registry.address}/{target or push.target}"
    assert skopeo("inspect", "--raw", "--tls-verify=false", source) == push.expected
    copied = f"dir:{tmp_path}"
    if b"os.version" in push.expected:  # a directory wants foreign layers, which are nowhere
        copied = f"docker://{registry.address}/copied/{push.name}:v1"
    skopeo("copy", "--all", "--src-tls-verify=false", "--dest-tls-verify=false", source, copied)
    assert skopeo("inspect", "--raw", "--tls-verify=false", copied) == push.expected


# -- what is refused ------------------------------------------------------------------------------

# The exit status, and words that its message has.
REFUSED = {
    "error-all-missing": (3, ["missing"]),
    "error-artifact-source": (5, ["lab/artifact:chart"]),
    "error-bad-yaml": (2, ["did not find expected node content"]),
    "error-docker-annotations": (2, ["annotation", "oci"]),
    "error-duplicate-platform": (2, ["linux/amd64", "lab/docker:linux-amd64",
                                     "lab/docker:linux-386"]),
    "error-missing": (3, ["lab/docker:absent"]),
    "error-no-platform-anywhere": (2, ["lab/docker:noplatform", "platform"]),
    "error-no-target": (2, ["image"]),
    # The reference tool refuses whatever is in another registry. We copy it (see
    # test_push_hostile.py); this one fails because there is no such host.
    "error-other-registry": (7, ["other.example.invalid"]),
    "error-unknown-platform": (2, ["pdp11"]),
}


def test_every_refusal_of_the_reference_tool_is_one_of_ours():
    assert sorted(REFUSED) == [name for name, push in PUSHES.items() if push.is_error]


@pytest.mark.parametrize("name", REFUSED)
def test_an_error_says_why_and_nothing_is_written(place, name):
    registry, door = place
    push = PUSHES[name]
    before = snapshot(registry)
    if isinstance(door, doors.CommandLine):
        result = command(push, registry)
        assert result.stdout == ""
        outcome = doors.told(result)
    else:
        outcome = post(push, door, push.spec(registry))
    status, words = REFUSED[name]
    assert outcome.status == status, outcome.text
    for word in words:
        assert word in outcome.text
    assert snapshot(registry) == before


@pytest.mark.parametrize("name", REFUSED)
def test_an_error_of_the_command_line_is_one_line(loaded, name):
    lines = command(PUSHES[name], loaded).stderr.splitlines()
    assert all(each.startswith("mquery: ") for each in lines)
    assert [each for each in lines if "warning: " not in each] == lines[-1:]


# -- across real registries -----------------------------------------------------------------------

@pytest.mark.parametrize("name", [name for name in GOOD if PUSHES[name].has_spec])
@pytest.mark.parametrize("kind", doors.DOORS)
def test_P8_sources_of_another_registry_are_copied(loaded, tmp_path, kind, name):
    push = PUSHES[name]
    with DockerRegistry(str(tmp_path)) as registry:
        with contextlib.closing(doors.DOORS[kind]([loaded, registry])) as door:
            outcome = post(push, door, push.spec(loaded).replace(
                f"{loaded.address}/{push.target}", f"{registry.address}/lab/copied:v1", 1))
        assert outcome.status == 0, outcome.text
        assert outcome.digest == push.case["digest"]
        assert fetch(registry, "lab/copied", "v1").body == push.expected
        assert all(has(registry, "lab/copied", each) for each in push.case["children_in_target"])
