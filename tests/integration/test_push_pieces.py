# SPDX-License-Identifier: Apache-2.0
"""Pushes into registries that do not take a blob in one piece, or miss what they took."""
import json
import re

import pytest

from support import behave, images
from support.images import config
from support.problem import problem
from support.pushes import (PLATFORMS, TARGET, assert_pushed, assert_refused, blobs, layers_of,
                            manifests_put, names_of_sources, push_sources, spec)

MIB = 1 << 20
LAYER = bytes(range(256)) * (MIB // 256 * 7 // 2)  # three pieces and a half
BRIEF = "3s"


@pytest.fixture
def large(another_registry):
    """An image that has to be copied."""
    another_registry.push_whole_image("lab/large:v1", config("linux/amd64"), [LAYER])
    return another_registry.name("lab/large:v1")


def refuse_more_than(limit, status=413):
    """As a proxy does: with a page, whatever is asked."""
    def behave_so(registry, request):
        if len(request.body) > limit:
            return behave.html_error(status)(registry, request)
        return registry.answer_honestly(request)
    return behave_so


def pieces(registry):
    return [each.header("content-range") for each in registry.asked("PATCH")]


def sizes(registry):
    """Of the pieces, which follow on each other."""
    found, at = [], 0
    for start, end in (map(int, each.split("-")) for each in pieces(registry)):
        assert start == at
        at = end + 1
        found.append(at - start)
    return found


# -- P7 -------------------------------------------------------------------------------------------

@pytest.mark.parametrize("status", [413, 411])
def test_P7_a_blob_that_is_refused_whole_goes_in_pieces(door, registry, large, status):
    registry.script("P* */blobs/uploads/*", refuse_more_than(MIB, status))
    assert_pushed(door.push(spec(registry, [large])), registry)
    assert sizes(registry) == [MIB] * 3 + [MIB // 2]
    assert {len(each.body) for each in registry.asked("PATCH")} == {MIB, MIB // 2}
    end = [each for each in registry.asked("PUT", "/uploads/") if not each.body]
    assert len(end) == 1 and end[0].header("content-range") is None
    assert registry.writes.open_uploads() == 0


def test_P7_a_blob_that_is_taken_whole_does_not(door, registry, large):
    assert_pushed(door.push(spec(registry, [large])), registry)
    assert pieces(registry) == []


def test_P7_pieces_are_as_large_as_the_registry_wants_them(door, registry, large):
    registry.script("POST */blobs/uploads/*", behave.with_headers(
        ("OCI-Chunk-Min-Length", str(2 * MIB))))
    registry.script("PUT */blobs/uploads/*", refuse_more_than(MIB))
    assert_pushed(door.push(spec(registry, [large])), registry)
    assert sizes(registry) == [2 * MIB, len(LAYER) - 2 * MIB]


def test_P7_pieces_that_are_too_large_are_too_large(door, registry, large):
    registry.script("P* */blobs/uploads/*", refuse_more_than(1000))
    assert_refused(door.push(spec(registry, [large])), 5, "larger than the registry takes")
    assert not registry.tags(TARGET) and not registry.references(TARGET, "manifests")
    assert registry.writes.open_uploads() == 0


@pytest.mark.parametrize("said", ["0-1000", "0-1048576", "bytes 5"])
def test_P7_a_piece_that_was_not_taken_whole_is_an_error(door, registry, large, said):
    registry.script("PUT */blobs/uploads/*", refuse_more_than(MIB))
    registry.script("PATCH *", behave.with_headers(("Range", said)))
    assert_refused(door.push(spec(registry, [large]), timeout=BRIEF), 7, said.split()[0])
    assert not registry.tags(TARGET)


def test_P7_pieces_are_followed_up_where_no_range_and_no_location_is_told(door, registry, large):
    registry.script("PUT */blobs/uploads/*", refuse_more_than(MIB))
    registry.script("PATCH *", behave.with_headers(without=["Range", "Location"]))
    registry.writes.takes_any_state = True
    assert_pushed(door.push(spec(registry, [large])), registry)


def test_P6_A16_the_next_piece_stays_in_the_registry(door, registry, another_registry, large):
    registry.script("PUT */blobs/uploads/*", refuse_more_than(MIB))
    registry.script("PATCH *", behave.upload_location(another_registry.url + "/v2/x/blobs/uploads/1"))
    assert_refused(door.push(spec(registry, [large]), timeout=BRIEF), 7)
    assert not another_registry.count("PATCH") and not another_registry.count("PUT")


def test_P8_pieces_of_something_else_are_not_completed(door, registry, another_registry, large):
    def change_the_last_byte(server, request):
        reply = server.answer_honestly(request)
        if len(reply.body) == len(LAYER):
            reply.body = reply.body[:-1] + b"\0"
        return reply
    another_registry.script("GET */blobs/*", change_the_last_byte)
    registry.script("PUT */blobs/uploads/*", refuse_more_than(MIB))
    assert_refused(door.push(spec(registry, [large]), timeout=BRIEF), 7, "another digest")
    assert images.digest_of(LAYER) not in registry.references(TARGET, "blobs")


def test_P7_an_upload_lost_between_pieces_is_begun_anew(door, registry, large):
    registry.script("PUT */blobs/uploads/*", refuse_more_than(MIB))
    registry.script("PATCH *", behave.honest, behave.fail(404, "BLOB_UPLOAD_UNKNOWN"),
                    behave.honest)
    assert_pushed(door.push(spec(registry, [large])), registry)


@pytest.mark.parametrize("number", [1, 2, 4])
def test_H19_a_registry_that_hangs_up_after_a_piece_is_asked_again(door, registry, large, number):
    """It has read the whole piece: as it does when it is restarted."""
    registry.script("PUT */blobs/uploads/*", refuse_more_than(MIB))
    registry.script("PATCH *", *[behave.honest] * (number - 1), behave.hang_up, behave.honest)
    assert_pushed(door.push(spec(registry, [large])), registry)
    assert registry.count("PATCH") >= 5


def test_P7_a_source_that_breaks_off_between_pieces_is_asked_again(door, registry, another_registry,
                                                                  large):
    def cut_the_layer(server, request):
        reply = server.answer_honestly(request)
        if len(reply.body) == len(LAYER):
            reply.headers.append(("Content-Length", str(len(LAYER))))
            reply.body = iter([LAYER[:2 * MIB + 5]])
        return reply
    another_registry.script("GET */blobs/*", behave.honest, cut_the_layer, cut_the_layer,
                            behave.honest)
    registry.script("PUT */blobs/uploads/*", refuse_more_than(MIB))
    assert_pushed(door.push(spec(registry, [large])), registry)


# -- P13 ------------------------------------------------------------------------------------------

@pytest.fixture
def distant(registry, another_registry):
    push_sources(another_registry)
    return spec(registry, names_of_sources(another_registry))


def claim_to_have(server, request):
    """Every blob that is asked for."""
    digest = request.path.rpartition("/")[2]
    sizes_of = {images.digest_of(part): len(images.encode(part)) for platform in PLATFORMS
                for part in [config(platform), *layers_of(platform)]}
    return behave.respond(200, b"x" * sizes_of[digest])(server, request)


def name_the_missing(server, request):
    """As CNCF Distribution does, each in a detail of its own."""
    reply = server.answer_honestly(request)
    if reply.status != 400:
        return reply
    document = json.loads(request.body)
    missing = [part["digest"] for part in [document["config"], *document["layers"]]
               if not server.find(TARGET, "blobs", part["digest"])]
    errors = [{"code": "MANIFEST_BLOB_UNKNOWN", "message": "blob unknown to registry",
               "detail": {"digest": each}} for each in missing]
    return behave.respond(400, json.dumps({"errors": errors}).encode())(server, request)


def unnamed(server, request):
    reply = server.answer_honestly(request)
    if reply.status != 400:
        return reply
    return problem(404, "MANIFEST_BLOB_UNKNOWN", "something is missing")


@pytest.mark.parametrize("refusal", [behave.honest, name_the_missing,
                                     unnamed], ids=["the first", "all", "none"])
def test_P13_blobs_that_are_missed_are_copied_and_the_manifest_is_put_again(door, registry, distant,
                                                                           refusal):
    """Whichever of them the registry names."""
    registry.script("HEAD */blobs/*", claim_to_have)
    registry.script("PUT */manifests/sha256:*", refusal)
    assert_pushed(door.push(distant), registry)


def test_P13_what_was_only_said_to_be_mounted_is_copied(door, registry):
    push_sources(registry)
    registry.script("POST */blobs/uploads/*", lambda server, request: (
        behave.respond(201)(server, request) if "mount" in request.query
        else server.answer_honestly(request)))
    registry.script("PUT */manifests/sha256:*", unnamed)
    assert_pushed(door.push(spec(registry)), registry)
    assert registry.count("PUT", "/uploads/") == len(set(blobs()))


def test_P13_only_what_is_named_is_copied(door, registry, distant):
    lying = set(list(blobs())[:2])

    def claim(server, request):
        is_lie = request.path.rpartition("/")[2] in lying
        return (claim_to_have if is_lie else behave.honest)(server, request)
    registry.script("HEAD */blobs/*", claim)
    registry.script("PUT */manifests/sha256:*", name_the_missing)
    assert_pushed(door.push(distant), registry)
    assert registry.count("PUT", "/uploads/") == len(set(blobs()))


def test_P13_but_not_for_ever(door, registry, distant):
    registry.script("PUT */manifests/sha256:*", behave.fail(400, "MANIFEST_BLOB_UNKNOWN"))
    assert_refused(door.push(distant), 7, "MANIFEST_BLOB_UNKNOWN")
    assert len(manifests_put(registry)) == 3 * len(PLATFORMS)
    assert not registry.tags(TARGET)
    assert re.search(r"\d+ blobs are in", door.push(distant).text)
