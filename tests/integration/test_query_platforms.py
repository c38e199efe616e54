# SPDX-License-Identifier: Apache-2.0
"""Which platforms an image is said to run on: indexes, lone images, and what is neither."""
import pytest

from support import behave, images
from support.images import config, entry, index, index_of, manifest, platform

ATTESTATION = {"annotations": images.ATTESTATION}
UNKNOWN = platform("unknown/unknown")


def ask(registry, daemon, document, **parameters):
    """Pushes the document as lab/app:v1 and asks for that."""
    registry.push("lab/app:v1", document)
    return daemon.query(registry.name("lab/app:v1"), **parameters)


def test_T1_attestations_are_no_platforms_and_are_counted(registry, daemon):
    answer = ask(registry, daemon, index([
        entry("linux/amd64"), entry("linux/arm64"),
        entry(UNKNOWN, **ATTESTATION), entry(UNKNOWN, artifactType="a/b", **ATTESTATION)]))
    assert answer.status == 200
    assert answer.json["islist"] is True
    assert answer.platforms == ["linux/amd64", "linux/arm64"]
    assert answer.json["attestations"] == 2


def test_T1_an_index_costs_one_request(registry, daemon):
    ask(registry, daemon, index_of("linux/amd64", "linux/arm64", "linux/s390x"))
    assert [str(each) for each in registry.requests] == ["GET /v2/lab/app/manifests/v1"]


def test_T2_one_image_and_its_attestation_are_one_platform(registry, daemon):
    answer = ask(registry, daemon, index([entry("linux/amd64"), entry(UNKNOWN, **ATTESTATION)]))
    assert answer.platforms == ["linux/amd64"]
    assert answer.json["attestations"] == 1


@pytest.mark.parametrize("annotated", [True, False])
def test_T3_an_artifact_among_the_entries_is_no_platform(registry, daemon, annotated):
    attestation = manifest(b"{}", config_type=images.OCI_EMPTY,
                           artifactType="application/vnd.in-toto+json",
                           subject=images.descriptor(b"subject", images.OCI_MANIFEST))
    registry.push("lab/app", attestation, parts=[b"{}"])
    listed = images.descriptor(attestation, images.OCI_MANIFEST, **(ATTESTATION if annotated else {}))
    answer = ask(registry, daemon, index([entry("linux/amd64"), listed]))
    assert answer.status == 200
    assert answer.platforms == ["linux/amd64"]
    assert registry.count(contains="/blobs/") == 0


@pytest.mark.parametrize("platform_field", [
    {}, {"platform": None}, {"platform": {}}, {"platform": {"os": ""}}, {"platform": 5}],
    ids=["absent", "null", "empty", "empty os", "number"])
def test_T4_T5_an_entry_without_a_platform_is_looked_up_in_its_config(registry, daemon,
                                                                      platform_field):
    image = manifest(config("linux/arm/v6"))
    registry.push("lab/app", image, parts=[config("linux/arm/v6")])
    listed = {**images.descriptor(image, images.OCI_MANIFEST), **platform_field}
    answer = ask(registry, daemon, index([entry("linux/amd64"), listed]))
    assert answer.status == 200
    assert answer.platforms == ["linux/amd64", "linux/arm/v6"]


def test_T5_entries_with_a_platform_are_not_fetched_for_those_without(registry, daemon):
    image = manifest(config("linux/arm64"))
    registry.push("lab/app", image, parts=[config("linux/arm64")])
    ask(registry, daemon, index([entry("linux/amd64"), entry("linux/s390x"),
                                 images.descriptor(image, images.OCI_MANIFEST)]))
    assert len(registry.requests) == 3  # the index, one child, its config


def test_T5_a_platform_nobody_names_is_left_out_with_a_warning(registry, daemon):
    image = manifest(config(None))
    registry.push("lab/app", image, parts=[config(None)])
    answer = ask(registry, daemon, index([entry("linux/amd64"),
                                          images.descriptor(image, images.OCI_MANIFEST)]))
    assert answer.platforms == ["linux/amd64"]
    assert len(answer.json["warnings"]) == 1


def nest(registry, document, levels):
    """An index around an index around ... the document; all are pushed but the outermost."""
    for level in range(levels):
        registry.push("lab/app", document)
        document = index([images.descriptor(document, images.OCI_INDEX)],
                         annotations={"level": str(level)})
    return document


def test_T6_nested_indexes_are_followed(registry, daemon):
    answer = ask(registry, daemon, nest(registry, index_of("linux/amd64", "linux/arm64"), 2))
    assert answer.status == 200
    assert answer.platforms == ["linux/amd64", "linux/arm64"]


def test_T6_indexes_nested_too_deep_are_refused(registry, daemon):
    answer = ask(registry, daemon, nest(registry, index_of("linux/amd64"), 30))
    assert (answer.status, answer.code) == (422, "too_large")
    assert len(registry.requests) < 10


def test_T6_S30_a_shared_child_is_fetched_once(registry, daemon):
    inner = index_of("linux/amd64")
    registry.push("lab/app", inner)
    twice = index([images.descriptor(inner, images.OCI_INDEX, annotations={"n": str(n)})
                   for n in range(40)])
    answer = ask(registry, daemon, twice)
    assert (answer.status, answer.platforms) == (200, ["linux/amd64"])
    assert len(registry.requests) == 2


def test_S30_too_many_children_to_fetch_are_refused(registry, daemon):
    children = [index_of("linux/amd64", annotations={"n": str(n)}) for n in range(100)]
    for child in children:
        registry.push("lab/app", child)
    answer = ask(registry, daemon,
                 index([images.descriptor(each, images.OCI_INDEX) for each in children]))
    assert (answer.status, answer.code) == (422, "too_large")
    assert len(registry.requests) <= 65


def test_S30_an_index_that_claims_to_hold_itself_is_refused(registry, daemon):
    itself = index([{"mediaType": images.OCI_INDEX, "size": 300,
                     "digest": images.digest_of(b"whatever")}])
    registry.script("GET */manifests/sha256:*",
                    behave.respond(200, images.encode(itself), ("Content-Type", images.OCI_INDEX)))
    answer = ask(registry, daemon, itself)
    assert (answer.status, answer.code) == (502, "upstream")
    assert len(registry.requests) <= 3


@pytest.mark.parametrize("where, more, expected", [
    ("linux/arm/v6", {}, platform("linux/arm/v6")),
    ("windows/amd64", {"os_version": "10.0.20348.1"},
     platform("windows/amd64", os_version="10.0.20348.1"))])
def test_T7_a_lone_image_keeps_variant_and_os_version(registry, daemon, where, more, expected):
    registry.push_image("lab/app:v1", config(where, **more))
    answer = daemon.query(registry.name("lab/app:v1"))
    assert answer.json["islist"] is False
    assert answer.json["archlist"] == [expected]
    assert len(registry.requests) == 2


def test_T7_a_config_without_a_platform_is_never_guessed(registry, daemon):
    registry.push_image("lab/app:v1", config(None))
    answer = daemon.query(registry.name("lab/app:v1"))
    assert answer.status == 200
    assert answer.json["archlist"] == [{"architecture": "", "os": ""}]
    assert len(answer.json["warnings"]) == 1


@pytest.mark.parametrize("offered, asked, supported, runs", [
    ("linux/arm64/v8", "linux/arm64", True, None),
    ("linux/arm64", "linux/arm64/v8", True, None),
    ("linux/arm64", "arm64", True, None),
    ("linux/arm64", "aarch64", True, None),
    ("linux/arm/v7", "linux/arm", True, None),
    ("linux/arm", "linux/arm/v7", True, None),
    ("linux/arm/v6", "linux/arm/v7", False, "linux/arm/v6"),
    ("linux/arm/v7", "linux/arm/v6", False, None),
    ("linux/arm/v7", "linux/arm64", False, "linux/arm/v7"),
    ("linux/amd64", "linux/arm64", False, None),
    ("linux/amd64", "windows/amd64", False, None)])
def test_T8_a_platform_is_supported_by_exact_equality(registry, daemon, offered, asked, supported,
                                                      runs):
    answer = ask(registry, daemon, index_of(offered), platform=asked)
    assert answer.status == 200
    assert answer.json["supported"] is supported
    assert answer.json.get("runs") == runs


def test_T8_what_is_no_platform_is_an_invalid_request(registry, daemon):
    for text in ("linux", "linux/", "a/b/c/d", "linux/*", "", "windows/amd64:"):
        answer = ask(registry, daemon, index_of("linux/amd64"), platform=text)
        assert (answer.status, answer.code) == (400, "invalid"), text


def test_T9_unusual_platforms_are_shown_as_found(registry, daemon):
    unusual = ["linux/amd64/v2", "linux/arm64/v9", "linux/riscv64", "linux/loong64", "wasi/wasm",
               "darwin/arm64", "linux/armv8"]
    assert ask(registry, daemon, index_of(*unusual)).platforms == unusual


def test_T10_windows_versions_are_told_apart(registry, daemon):
    versions = [platform("windows/amd64", os_version=f"10.0.{n}.1") for n in (1, 2, 3)]
    answer = ask(registry, daemon, index([entry(each) for each in versions]))
    assert answer.json["archlist"] == versions
    assert "warnings" not in answer.json


@pytest.mark.parametrize("asked, supported, runs", [
    ("windows/amd64", True, None),
    ("windows/amd64:10.0.17763.2300", True, None),
    ("windows/amd64:10.0.20348.3000", False, "windows/amd64:10.0.20348.2113"),
    ("windows/amd64:10.0.14393.1", False, None)])
def test_T10_a_version_is_asked_for_as_it_is_shown(registry, daemon, asked, supported, runs):
    document = index([entry(platform("windows/amd64", os_version=version))
                      for version in ("10.0.17763.2300", "10.0.20348.2113")])
    answer = ask(registry, daemon, document, platform=asked)
    assert answer.json["platform"] == asked
    assert (answer.json["supported"], answer.json.get("runs")) == (supported, runs)
    text = ask(registry, daemon, document, platform=asked, format="text").body.decode()
    assert f" * {asked}: {'supported' if supported else 'not supported'}" in text


def test_T11_two_equal_platforms_are_both_given_with_a_warning(registry, daemon):
    answer = ask(registry, daemon, index([entry("linux/amd64"),
                                          entry("linux/amd64", annotations={"second": "yes"})]))
    assert answer.platforms == ["linux/amd64", "linux/amd64"]
    assert len(answer.json["warnings"]) == 1


def test_T12_children_of_both_kinds_may_stand_in_one_index(registry, daemon):
    answer = ask(registry, daemon, index([entry("linux/amd64", images.DOCKER_MANIFEST),
                                          entry("linux/arm64", images.OCI_MANIFEST)]))
    assert answer.platforms == ["linux/amd64", "linux/arm64"]


def test_T30_a_child_that_is_not_there_does_not_hide_the_others(registry, daemon):
    answer = ask(registry, daemon, index([entry("linux/amd64"), entry(None)]))
    assert answer.status == 200
    assert answer.platforms == ["linux/amd64"]
    assert len(answer.json["warnings"]) == 1


def test_the_text_form_is_the_reference_command_lines(registry, daemon):
    document = index([entry("linux/amd64"), entry("linux/arm/v7"),
                      entry(platform("windows/amd64", os_version="10.0.20348.1"))])
    answer = ask(registry, daemon, document, format="text")
    name = registry.name("lab/app:v1")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.body.decode() == (
        f"Image: {name} (digest: {images.digest_of(document)})\n"
        f" * Manifest List: Yes (Image type: {images.OCI_INDEX})\n"
        " * Supported platforms:\n"
        "   - linux/amd64\n"
        "   - linux/arm/v7\n"
        "   - windows/amd64:10.0.20348.1\n"
        "\n")


def test_the_text_form_can_be_had_by_accept(registry, daemon):
    registry.push_image("lab/app:v1", config("linux/arm/v7"))
    answer = daemon.query(registry.name("lab/app:v1"), headers={"Accept": "text/plain"})
    assert " * Supports: linux/arm/v7\n" in answer.body.decode()
