# SPDX-License-Identifier: Apache-2.0
"""mquery diff: what of two images differs."""
import json

import pytest

from support import behave, golden, images
from support.command_line import mquery, said
from support.docker_registry import DockerRegistry
from support.processes import free_port


def diff(*arguments, **options):
    return said(mquery("diff", *arguments, **options))


def push_app(registry, name, layers, *platforms):
    """An index of images whose layers are these; the platform's own is the last."""
    entries = []
    for platform in platforms:
        config = images.config(platform)
        manifest = images.manifest(config, layers=[
            images.layer(each) for each in [*layers, platform.encode()]])
        registry.push(name.partition(":")[0], manifest, parts=[config])
        entries.append(images.descriptor(manifest, images.OCI_MANIFEST,
                                         platform=images.platform(platform)))
    registry.push(name, images.index(entries))
    return registry.name(name)


@pytest.fixture
def releases(registry):
    """Two of them: a layer is another, one platform has gone, one has come."""
    return (push_app(registry, "lab/app:1", [b"base", b"one"], "linux/amd64", "linux/s390x"),
            push_app(registry, "lab/app:2", [b"base", b"two!"], "linux/amd64", "linux/arm64"))


def test_nothing_is_said_of_equal_images(registry, releases):
    assert diff(releases[0], releases[0]) == (0, "", "")
    assert diff(releases[0], push_app(registry, "lab/other:1", [b"base", b"one"], "linux/amd64",
                                      "linux/s390x")) == (0, "", "")


def test_L7_attestations_and_annotations_of_the_list_do_not_count(registry, releases):
    _, body = registry.find("lab/app", "manifests", "1")
    document = json.loads(body)
    document["manifests"].append(images.entry("unknown/unknown", annotations=images.ATTESTATION))
    registry.push("lab/app:attested", {**document, "annotations": {"built": "again"}})
    assert diff(releases[0], registry.name("lab/app:attested"))[:2] == (0, "")


def test_platforms_layers_and_sizes_are_told_and_the_status_is_1(releases):
    status, out, err = diff(*releases)
    lines = out.splitlines()
    assert (status, err) == (1, "")
    assert lines[0].startswith(f"--- {releases[0]} (digest: sha256:")
    assert lines[1].startswith(f"+++ {releases[1]} (digest: sha256:")
    assert [line.split(":")[0] for line in lines[2:]] == [
        " * linux/amd64", "   - sha256", "   + sha256", " - linux/s390x", " + linux/arm64"]
    assert lines[3] == f"   - {images.digest_of(b'one')} 3 B"
    assert lines[4] == f"   + {images.digest_of(b'two!')} 4 B"


def test_json_tells_all_platforms(releases):
    status, out, err = diff("--json", *releases)
    assert (status, err, out.count("\n")) == (1, "", 1)
    answer = json.loads(out)
    assert list(answer) == ["equal", "before", "after", "platforms"]
    assert answer["equal"] is False
    assert [answer[side]["image"] for side in ("before", "after")] == list(releases)
    assert [(each["platform"], each["change"]) for each in answer["platforms"]] == [
        ("linux/amd64", "changed"), ("linux/s390x", "removed"), ("linux/arm64", "added")]
    changed = answer["platforms"][0]
    assert [each["digest"] for each in changed["layers"]["removed"]] == [images.digest_of(b"one")]
    assert [each["size"] for each in changed["layers"]["added"]] == [4]
    assert changed["after"]["totalsize"] == changed["before"]["totalsize"] + 1
    equal = json.loads(diff("--json", releases[0], releases[0])[1])
    assert equal["equal"] is True
    assert {each["change"] for each in equal["platforms"]} == {"none"}


def test_a_lone_image_and_a_list_of_it_alone_are_equal(registry):
    listed = push_app(registry, "lab/app:1", [b"base"], "linux/arm64")
    entry = json.loads(registry.find("lab/app", "manifests", "1")[1])["manifests"][0]
    assert diff(listed, f"{registry.name('lab/app')}@{entry['digest']}") == (0, "", "")


def test_both_are_asked_side_by_side_and_children_too(registry, releases):
    registry.forget()
    assert diff(*releases)[0] == 1
    assert registry.count("GET", "/manifests/") == 2 + 4


def test_a_missing_child_is_told_and_the_rest_compared(registry, releases):
    _, body = registry.find("lab/app", "manifests", "2")
    registry.remove("lab/app", json.loads(body)["manifests"][0]["digest"])
    status, out, _ = diff(*releases)
    assert status == 1
    assert " - linux/s390x" in out and " + linux/arm64" in out
    line, = [line for line in out.splitlines() if line.startswith(" * linux/amd64: ")]
    assert "missing" in line.partition(" -> ")[2].lower()


def test_two_formats_of_a_real_registrys_image(golden_storage):
    with DockerRegistry(golden_storage) as registry:
        docker, oci = (f"{registry.address}/lab/{each}:linux-amd64" for each in ("docker", "oci"))
        status, out, err = diff(docker, oci)
        assert (status, err) == (1, "")
        assert f"   type: {images.DOCKER_MANIFEST} -> {images.OCI_MANIFEST}\n" in out
        for name in golden.IMAGES:
            image = f"{registry.address}/{name}"
            assert diff(image, image) == (0, "", ""), name


# -- what goes wrong ------------------------------------------------------------------------------

def test_the_first_that_failed_gives_the_status_and_nothing_is_printed(registry, releases):
    gone = registry.name("lab/gone:1")
    registry.script("GET */lab/late/*", behave.rate_limited("3600"))
    late = registry.name("lab/late:1")
    for pair, wanted in (((releases[0], gone), 3), ((gone, late), 3), ((late, gone), 6),
                         ((releases[0], f"127.0.0.1:{free_port()}/lab/app"), 7)):
        status, out, err = diff("--timeout", "5s", *pair)
        assert (status, out) == (wanted, "")
        assert all(line.startswith("mquery: ") for line in err.splitlines())


@pytest.mark.parametrize("arguments, words", [
    ([], "diff wants two images"), (["a"], "diff wants two images"),
    (["a", "b", "c"], "diff wants two images"), (["a", "B"], "invalid reference 'B'"),
    (["--require", "arm64", "a", "b"], "--require means nothing to diff")])
def test_a_wrong_call_is_2_and_nobody_is_asked(arguments, words):
    status, out, err = diff(*arguments)
    assert (status, out) == (2, "")
    assert words in err and err.count("\n") == 1


def test_S20_nothing_moves_the_cursor(registry):
    for name, platform in (("lab/a:1", "x\x1b[2J"), ("lab/b:1", "y\n")):
        config = {**images.config("linux/amd64"), "architecture": platform}
        registry.push_image(name, config)
    status, out, err = diff(registry.name("lab/a:1"), registry.name("lab/b:1"))
    assert (status, err) == (1, "")
    assert "\x1b" not in out and len(out.splitlines()) == 4


def test_a_full_disk_is_8(releases):
    with open("/dev/full", "w", encoding="ascii") as full:
        assert mquery("diff", *releases, stdout=full).returncode == 8
