# SPDX-License-Identifier: Apache-2.0
"""Documents that are strange, hostile or no images: refused in words, never believed."""
import json

import pytest

from support import behave, images
from support.images import config, entry, index, index_of, manifest

GOOD = index_of("linux/amd64")


def ask(registry, daemon, body, media_type=images.OCI_INDEX):
    registry.push("lab/app:v1", body, media_type)
    return daemon.query(registry.name("lab/app:v1"))


def assert_refused(answer, code="upstream"):
    status = {"upstream": 502, "too_large": 422, "unsupported": 422}[code]
    assert (answer.status, answer.code) == (status, code), answer.body


# -- what a document is said to be ----------------------------------------------------------------

@pytest.mark.parametrize("said", [
    images.OCI_INDEX + "; charset=utf-8", images.OCI_INDEX.upper(), "text/plain",
    "application/json", None])
def test_T12_a_content_type_that_says_less_than_the_body_is_no_error(registry, daemon, said):
    registry.script("GET */manifests/*", behave.content_type(said))
    answer = ask(registry, daemon, GOOD)
    assert (answer.status, answer.platforms) == (200, ["linux/amd64"])
    assert answer.json["mediatype"] == images.OCI_INDEX


@pytest.mark.parametrize("document, kind", [
    ({"schemaVersion": 2, "manifests": [entry("linux/amd64")]}, images.OCI_INDEX),
    ({**manifest(config("linux/amd64")), "mediaType": ""}, images.OCI_MANIFEST)])
def test_T12_a_document_without_a_media_type_is_judged_by_its_shape(registry, daemon, document,
                                                                    kind):
    if not document.get("mediaType", "x"):
        del document["mediaType"]
    registry.push_blob("lab/app", config("linux/amd64"))
    registry.script("GET */manifests/*", behave.content_type(None))
    answer = ask(registry, daemon, document, kind)
    assert (answer.status, answer.platforms) == (200, ["linux/amd64"])


def test_S8_a_content_type_against_the_body_is_refused(registry, daemon):
    assert_refused(ask(registry, daemon, GOOD, images.OCI_MANIFEST))


@pytest.mark.parametrize("document", [
    {**GOOD, "layers": []},
    {**GOOD, "config": images.descriptor(b"{}", images.OCI_CONFIG)},
    {**manifest(config("linux/amd64")), "manifests": []},
    {**manifest(config("linux/amd64")), "fsLayers": []},
    {**GOOD, "Manifests": []}])
def test_T13_S8_a_document_that_is_two_things_is_refused(registry, daemon, document):
    assert_refused(ask(registry, daemon, document, document["mediaType"]))


@pytest.mark.parametrize("media_type", [images.SCHEMA1, images.SCHEMA1_SIGNED])
def test_T14_L11_schema_1_is_refused_by_name(registry, daemon, media_type):
    document = {"schemaVersion": 1, "name": "lab/app", "tag": "v1", "architecture": "amd64",
                "fsLayers": [], "history": [], "signatures": []}
    answer = ask(registry, daemon, document, media_type)
    assert_refused(answer, "unsupported")
    assert "schema 1" in answer.json["error"]


def test_T14_H9_schema_1_is_refused_by_name_though_its_digest_is_of_a_part_of_it(registry, daemon):
    body = images.encode({"schemaVersion": 1, "signatures": [{}]})
    digest = images.digest_of(b"the payload")
    for reference in ("v1", digest):
        registry.store("lab/app", "manifests", reference, body, images.SCHEMA1_SIGNED)
    registry.script("* */manifests/*", behave.digest_header(digest))
    for name in ("lab/app:v1", f"lab/app@{digest}"):
        answer = daemon.query(registry.name(name))
        assert_refused(answer, "unsupported")
        assert "schema 1" in answer.json["error"]


@pytest.mark.parametrize("config_type, artifact_type, named", [
    ("application/vnd.cncf.helm.config.v1+json", None, "helm"),
    ("application/vnd.dev.cosign.simplesigning.v1+json", None, "sign"),
    ("application/vnd.buildkit.cacheconfig.v0", None, "cache"),
    ("application/vnd.wasm.config.v0+json", None, "webassembly"),
    (images.OCI_EMPTY, "application/spdx+json", "sbom")])
def test_T15_an_artifact_is_refused_and_named(registry, daemon, config_type, artifact_type, named):
    fields = {"artifactType": artifact_type} if artifact_type else {}
    answer = ask(registry, daemon, manifest(b"{}", config_type=config_type, **fields),
                 images.OCI_MANIFEST)
    assert_refused(answer, "unsupported")
    assert named in answer.json["error"].lower()


@pytest.mark.parametrize("version", [1, 3, "2", 2.0, None])
def test_H7_another_schema_version_is_refused(registry, daemon, version):
    answer = ask(registry, daemon, {**GOOD, "schemaVersion": version})
    assert answer.status in (422, 502)
    assert answer.code in ("upstream", "unsupported")


# -- what JSON is ---------------------------------------------------------------------------------

TEXT = json.dumps(GOOD)


@pytest.mark.parametrize("body", [
    TEXT.replace('"schemaVersion"', '"mediaType":"a/b","schemaVersion"'),
    TEXT.replace('"size"', '"size":1,"\\u0073ize"')])
def test_S9_duplicate_keys_are_refused(registry, daemon, body):
    assert_refused(ask(registry, daemon, body.encode()))


@pytest.mark.parametrize("body", [
    TEXT.replace('"mediaType"', '"mediaType\\u0000":"y","mediaType"', 1),
    TEXT.replace('"amd64"', '"amd64\\u0000x"')])
def test_S10_a_nul_in_a_key_or_string_is_refused(registry, daemon, body):
    assert_refused(ask(registry, daemon, body.encode()))


@pytest.mark.parametrize("body", [
    TEXT.replace('"', "'").encode(), TEXT.replace("2", "NaN", 1).encode(),
    TEXT.replace("amd64", "amd\n64").encode(), TEXT.encode().replace(b"amd64", b"\xc0\xaf"),
    TEXT.encode().replace(b"amd64", b"\xed\xa0\x80"), b"\xef\xbb\xbf" + TEXT.encode(),
    TEXT.encode() + b"x", TEXT.encode()[:-1], b"[]", b'"text"', b"", b"null", b"{}"],
    ids=["single quotes", "NaN", "raw line feed", "overlong", "surrogate", "BOM", "trailing byte",
         "cut", "array", "string", "empty", "null", "nothing in it"])
def test_S11_what_is_no_json_object_is_refused(registry, daemon, body):
    assert_refused(ask(registry, daemon, body))


@pytest.mark.parametrize("size", ["-1", "1e3", "1.9", '"12"', "9223372036854775808",
                                  "9007199254740993", "null", None])
def test_S12_a_size_that_is_no_count_of_bytes_is_refused(registry, daemon, size):
    listed = entry("linux/amd64")
    del listed["size"]
    text = json.dumps(index([listed]))
    if size is not None:
        text = text.replace('"digest"', f'"size":{size},"digest"')
    assert_refused(ask(registry, daemon, text.encode()))


@pytest.mark.parametrize("body", [
    b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", b"[" * 2000000, b'{"a":[' + b"[]," * 100000 + b"0]}",
    b'{"a":[' + b'{"a":0},' * 400000 + b"0]}"],
    ids=["deep", "2 MB of brackets", "100 thousand arrays", "400 thousand objects"])
def test_S13_deep_and_endless_documents_are_refused(registry, daemon, body):
    answer = ask(registry, daemon, body)
    assert answer.code in ("upstream", "too_large"), answer.body


def test_S14_a_hundred_thousand_keys_are_refused(registry, daemon):
    body = json.dumps({**GOOD, "annotations": {f"key{n}": "" for n in range(100000)}})
    answer = ask(registry, daemon, body.encode())
    assert answer.code in ("upstream", "too_large"), answer.body


# -- how much of it there is ----------------------------------------------------------------------

def test_T29_a_manifest_over_4_mib_is_too_large(registry, daemon):
    answer = ask(registry, daemon, index([], annotations={"fat": "x" * (30 << 20)}))
    assert_refused(answer, "too_large")


def test_T29_more_than_1000_entries_are_too_large(registry, daemon):
    entries = [entry("linux/amd64", annotations={"n": str(n)}) for n in range(1001)]
    assert_refused(ask(registry, daemon, index(entries)), "too_large")


def test_T29_an_annotation_of_a_megabyte_is_no_error(registry, daemon):
    answer = ask(registry, daemon, index([entry("linux/amd64")],
                                         annotations={"fat": "x" * (1 << 20)}))
    assert (answer.status, answer.platforms) == (200, ["linux/amd64"])


def test_T29_a_digest_of_two_megabytes_is_refused(registry, daemon):
    listed = {**entry("linux/amd64"), "digest": "sha256:" + "a" * (2 << 20)}
    assert_refused(ask(registry, daemon, index([listed])))


@pytest.mark.parametrize("digest", [
    "sha256:../../x", "sha256:" + "A" * 64, "sha256:" + "a" * 63, "md5:" + "a" * 32, "", 7])
def test_S15_a_malformed_digest_in_a_document_is_refused(registry, daemon, digest):
    assert_refused(ask(registry, daemon, index([{**entry("linux/amd64"), "digest": digest}])))


def test_S15_a_body_altered_under_the_right_header_is_refused(registry, daemon):
    registry.script("GET */manifests/*", behave.altered)
    answer = ask(registry, daemon, GOOD)
    assert_refused(answer)
    assert "digest" in answer.json["error"]


def test_S15_a_config_swapped_for_other_bytes_is_refused(registry, daemon):
    registry.push_image("lab/app:v1", config("linux/amd64"))
    registry.script("GET */blobs/*", behave.altered)
    assert_refused(daemon.query(registry.name("lab/app:v1")))


def test_S16_a_config_of_another_size_than_said_is_refused(registry, daemon):
    document = manifest(config("linux/amd64"))
    document["config"]["size"] += 1
    registry.push_blob("lab/app", config("linux/amd64"))
    assert_refused(ask(registry, daemon, document, images.OCI_MANIFEST))


def test_S16_a_config_said_to_be_vast_is_not_fetched_in_full(registry, daemon):
    document = manifest(config("linux/amd64"))
    document["config"]["size"] = 1 << 52
    registry.push_blob("lab/app", config("linux/amd64"))
    answer = ask(registry, daemon, document, images.OCI_MANIFEST)
    assert answer.code in ("upstream", "too_large")


def test_T17_a_body_other_than_the_digest_asked_for_is_refused(registry, daemon):
    digest = registry.push("lab/app", GOOD)
    registry.script("GET */manifests/*", behave.respond(
        200, images.encode(index_of("linux/s390x")), ("Content-Type", images.OCI_INDEX)))
    assert_refused(daemon.query(registry.name(f"lab/app@{digest}")))


def test_T16_a_digest_wins_over_a_tag(registry, daemon):
    registry.push("lab/app:v1", index_of("linux/s390x"))
    digest = registry.push("lab/app", GOOD)
    answer = daemon.query(registry.name(f"lab/app:v1@{digest}"))
    assert answer.platforms == ["linux/amd64"]
    assert [each.path for each in registry.requests] == [f"/v2/lab/app/manifests/{digest}"]


def test_T16_an_image_is_found_by_its_sha512_digest(registry, daemon):
    registry.push("lab/app", GOOD)
    digest = images.digest_of(GOOD, "sha512")
    answer = daemon.query(registry.name(f"lab/app@{digest}"))
    assert (answer.status, answer.platforms) == (200, ["linux/amd64"])


def test_T16_latest_is_asked_for_where_nothing_is_said(registry, daemon):
    registry.push("lab/app:latest", GOOD)
    assert daemon.query(registry.name("lab/app")).status == 200
    assert registry.requests[0].path == "/v2/lab/app/manifests/latest"


@pytest.mark.parametrize("reference", [
    "lab/Upper", "docker://alpine", "alpine ", " alpine", "https://ghcr.io/x", "a//b", "x:",
    "x@sha256:12", "x@md5:" + "a" * 32, "a" * 64, "[1::2::3]/x", "host:70000/x", "Docker.io/x",
    "é/x", "a" * 2000])
def test_T16_a_reference_that_is_none_is_invalid(daemon, reference):
    answer = daemon.query(reference)
    assert (answer.status, answer.code) == (400, "invalid")


def test_S18_a_line_break_cannot_reach_a_request(registry, daemon):
    for reference in ("lab/app:v1\r\nX-Inj: 1", "lab/app:v1\n", "lab/app\r\n"):
        assert daemon.query(registry.name(reference)).status == 400
    assert registry.connections == 0


@pytest.mark.parametrize("path", ["a/../b", "../../etc", "a/%2e%2e/b", "a/./b", "..", "a/b/../../.."])
def test_S19_a_path_cannot_be_climbed(registry, daemon, path):
    assert daemon.query(registry.name(path)).status == 400
    assert registry.connections == 0
