# SPDX-License-Identifier: Apache-2.0
"""Pushes into registries that refuse, forget, lie and fall over: nothing is tagged that is not
whole, and what is in the way is told."""
import json

import pytest

from support import behave, images
from support.authority import Basic
from support.http_server import Reply
from support.images import config
from support.pushes import (PLATFORMS, TARGET, assert_pushed, assert_refused, blobs, changes,
                            layers_of, manifests_put, names_of_sources, push_sources, source_of,
                            spec, tags_put)

BRIEF = "3s"  # for pushes that go on trying to the end

# Waiting is the same behind both doors.
by_command = pytest.mark.parametrize("door", ["command"], indirect=True)


@pytest.fixture
def sources(registry):
    """Their digests, in repositories that blobs can be mounted from."""
    return push_sources(registry)


@pytest.fixture
def distant_spec(registry, another_registry):
    """Sources that have to be copied through us."""
    push_sources(another_registry)
    return spec(registry, names_of_sources(another_registry))


# -- blobs: there, mounted, copied ----------------------------------------------------------------

def test_P1_what_is_there_is_not_sent(door, registry, another_registry, distant_spec):
    for platform in PLATFORMS:
        for part in [config(platform), *layers_of(platform)]:
            registry.push_blob(TARGET, part)
    assert_pushed(door.push(distant_spec), registry)
    assert not registry.count("POST")
    assert not another_registry.count("GET", images.digest_of(layers_of(PLATFORMS[0])[0]))


def test_P1_a_registry_without_head_of_blobs_is_pushed_to(door, registry, sources):
    registry.script("HEAD */blobs/*", behave.fail(405, "UNSUPPORTED"))
    assert_pushed(door.push(spec(registry)), registry)


def test_P1_a_blob_that_we_may_not_ask_for_is_denied(door, registry, sources):
    registry.script(f"HEAD */{TARGET}/blobs/*", behave.fail(403, "DENIED"))
    registry.script("POST *", behave.fail(403, "DENIED"))
    assert_refused(door.push(spec(registry)), 4)
    assert not registry.tags(TARGET)


def test_P2_mounts_move_no_bytes(door, registry, sources):
    assert_pushed(door.push(spec(registry)), registry)
    assert registry.count("POST", "mount=") == len(set(blobs()))
    assert not registry.count("GET", images.digest_of(layers_of(PLATFORMS[0])[0]))
    assert not registry.count("PUT", "/blobs/")


@pytest.mark.parametrize("mount", [
    behave.honest, behave.never_mount, behave.refuse_mounts(400), behave.refuse_mounts(401),
    behave.refuse_mounts(403, "DENIED"), behave.refuse_mounts(404, "NAME_UNKNOWN"),
    behave.refuse_mounts(405), behave.refuse_sourceless_mounts],
    ids="201 202 400 401 403 404 405 sourceless".split())
def test_T32_blobs_come_whatever_a_registry_says_to_mounts(door, registry, sources, mount):
    registry.script("POST */blobs/uploads/*", mount)
    assert_pushed(door.push(spec(registry)), registry)
    assert registry.writes.open_uploads() == 0


def test_P2_mounts_have_a_source_and_stay_in_their_registry(door, registry, another_registry):
    push_sources(another_registry)
    assert_pushed(door.push(spec(registry, names_of_sources(another_registry))), registry)
    assert not registry.count("POST", "mount=")
    assert not changes(another_registry)


@pytest.mark.parametrize("digest", ["sha256:" + "0" * 64, None], ids=["another", "none"])
def test_P2_a_mount_that_is_only_claimed_is_found_out(door, registry, sources, digest):
    def claim(server, request):
        if "mount" in request.query:
            return Reply(201, b"", [("Docker-Content-Digest", digest)] if digest else [])
        return server.answer_honestly(request)
    registry.script("POST */blobs/uploads/*", claim)
    outcome = door.push(spec(registry), timeout=BRIEF)
    if outcome.status == 0:
        assert_pushed(outcome, registry)
    else:
        assert not registry.tags(TARGET)


@pytest.mark.parametrize("status", [404, 405, 401])
def test_P3_an_upload_that_cannot_be_cancelled_changes_nothing(door, registry, sources, status):
    layer = images.digest_of(layers_of(PLATFORMS[0])[0])
    registry.script("POST */blobs/uploads/*", behave.never_mount)
    registry.script(f"GET */blobs/{layer}", behave.fail(404, "BLOB_UNKNOWN"))
    registry.script("DELETE *", behave.fail(status))
    assert_refused(door.push(spec(registry)), 3, layer[:19])
    assert not registry.tags(TARGET)


@pytest.mark.parametrize("is_absolute", [False, True], ids=["relative", "absolute"])
def test_P5_P6_an_uploads_location_comes_back_byte_for_byte(door, registry, sources, is_absolute):
    registry.writes.absolute_locations = is_absolute
    registry.script("POST */blobs/uploads/*", behave.never_mount)
    assert_pushed(door.push(spec(registry)), registry)
    assert registry.count("PUT", "/blobs/uploads/")
    for put in registry.asked("PUT", "/blobs/uploads/"):
        assert put.header("content-type") == "application/octet-stream"
        assert int(put.header("content-length")) == len(put.body)


@pytest.mark.parametrize("location", ["{}/upload", "//127.0.0.1:1/upload", "ftp://127.0.0.1/x",
                                      "file:///etc/passwd", "http://user:secret@127.0.0.1/x", ""])
def test_P6_A16_an_upload_elsewhere_is_refused(door, registry, another_registry, distant_spec,
                                               location):
    registry.authority = Basic("robot", "secret")
    registry.script("POST */blobs/uploads/*",
                    behave.upload_location(location.format(another_registry.url)))
    outcome = door.push(distant_spec, credentials=("robot", "secret"), timeout=BRIEF)
    assert outcome.status in (4, 7), outcome.text
    assert not changes(another_registry)
    assert not any(each.header("authorization") for each in another_registry.requests)
    assert not registry.tags(TARGET)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_P5_another_kind_of_yes_is_believed_only_of_what_is_there(door, registry, sources, status):
    registry.script("POST */blobs/uploads/*", behave.never_mount)

    def answer(server, request):
        return Reply(status if server.answer_honestly(request).status == 201 else 400)
    registry.script("PUT */blobs/uploads/*", answer)
    assert_pushed(door.push(spec(registry)), registry)


def test_P5_a_page_is_no_blob(door, registry, sources):
    registry.script("POST */blobs/uploads/*", behave.never_mount)
    registry.script("PUT */blobs/uploads/*", behave.html_error(200))
    assert_refused(door.push(spec(registry), timeout=BRIEF), 7)
    assert not registry.tags(TARGET)


def test_the_full_disk_behind_a_registry_is_upstream(door, registry, sources):
    registry.script("POST */blobs/uploads/*", behave.never_mount)
    registry.script("PUT */blobs/uploads/*", behave.fail(500, "UNKNOWN", "no space left"))
    assert_refused(door.push(spec(registry), timeout=BRIEF), 7, "500")
    assert not registry.tags(TARGET)
    assert not manifests_put(registry)


# -- sources that are not what they say -----------------------------------------------------------

@pytest.mark.parametrize("lie", [behave.altered, behave.cut_short, behave.lengthened,
                                 behave.compressed, behave.html_error(200)])
def test_P8_an_upload_of_something_else_is_not_completed(door, registry, another_registry,
                                                         distant_spec, lie):
    """Even where the registry would take it."""
    layer = images.digest_of(layers_of(PLATFORMS[0])[0])
    another_registry.script(f"GET */blobs/{layer}", lie)
    registry.script("PUT */blobs/uploads/*", behave.take_anything)
    assert_refused(door.push(distant_spec, timeout=BRIEF), 7)
    assert not registry.count("PUT", layer.replace(":", "%3A"))
    assert not registry.count("PUT", layer)
    assert not registry.tags(TARGET)


def test_P8_a_blob_that_has_vanished_since_is_not_found(door, registry, another_registry,
                                                        distant_spec):
    layer = images.digest_of(layers_of(PLATFORMS[1])[0])
    another_registry.script("GET */arm64/manifests/*", behave.afterwards(
        lambda server: server.remove(source_of(PLATFORMS[1]), layer)))
    assert_refused(door.push(distant_spec, timeout=BRIEF), 3, layer[:19])
    assert not registry.tags(TARGET)


def test_P8_a_copy_is_tried_again_after_it_broke_off(door, registry, another_registry,
                                                     distant_spec):
    layer = images.digest_of(layers_of(PLATFORMS[0])[0])
    another_registry.script(f"GET */blobs/{layer}", behave.cut_short, behave.honest)
    assert_pushed(door.push(distant_spec), registry)


def test_a_tag_that_moves_between_fetch_and_push_leaves_what_was_fetched(door, registry, sources):
    """The list is of the manifests that were read, whatever the tag says by now."""
    def move(server):
        server.push_whole_image("lab/amd64:v1", config("linux/s390x"), [b"another layer"])
    registry.script("GET */amd64/manifests/v1", behave.afterwards(move), behave.honest)
    document = assert_pushed(door.push(spec(registry)), registry)
    assert [each["digest"] for each in document["manifests"]] == sources


def test_a_source_that_vanishes_between_fetch_and_push_is_tagged_whole_or_not(door, registry,
                                                                             sources):
    def vanish(server):
        for repository in map(source_of, PLATFORMS):
            for kind in ("manifests", "blobs"):
                for reference in server.references(repository, kind):
                    server.remove(repository, reference)
    registry.script("GET */arm64/blobs/*", behave.afterwards(vanish))
    assert_refused(door.push(spec(registry), timeout=BRIEF), 3)
    assert not registry.tags(TARGET)


def test_H9_a_source_whose_bytes_are_not_its_digest_is_upstream(door, registry, sources):
    another = images.manifest(config("linux/s390x"))
    registry.script(f"GET */manifests/{sources[0]}", behave.respond(
        200, images.encode(another), ("Content-Type", images.OCI_MANIFEST)))
    names = [registry.name(f"lab/amd64@{sources[0]}"), registry.name("lab/arm64:v1")]
    assert_refused(door.push(spec(registry, names), timeout=BRIEF), 7)
    assert not changes(registry)


def test_P9_foreign_layers_are_neither_asked_for_nor_pushed(door, registry, another_registry):
    """Not from their URLs either; of other types a URL is nothing to go by."""
    url = another_registry.url + "/layer"
    layers = [images.descriptor(b"foreign", images.OCI_FOREIGN_LAYER, urls=[url]),
              images.descriptor(b"foreign of Docker", images.DOCKER_FOREIGN_LAYER),
              images.descriptor(b"ours", images.OCI_LAYER, urls=[url])]
    windows = config("windows/amd64", os_version="10.0.20348.1")
    registry.push_image("lab/windows:v1", windows, layers=layers)
    registry.push_blob("lab/windows", b"ours")
    assert_pushed(door.push(spec(registry, [registry.name("lab/windows:v1")])), registry)
    assert not another_registry.requests
    asked = [str(each) for each in registry.requests]
    assert not any(layer["digest"][7:] in each for layer in layers[:2] for each in asked)
    assert layers[2]["digest"] in registry.references(TARGET, "blobs")


# -- manifests ------------------------------------------------------------------------------------

def test_P10_children_come_by_digest_and_tags_last(door, registry, sources):
    assert_pushed(door.push(spec(registry, tags=["1.0", "latest"])), registry)
    assert sorted(manifests_put(registry)[:2]) == sorted(sources)
    assert manifests_put(registry)[2] == "v1"
    assert sorted(manifests_put(registry)[3:]) == ["1.0", "latest"]
    bodies = {each.body for each in registry.asked("PUT", f"/v2/{TARGET}/manifests/")[2:]}
    assert len(bodies) == 1


def test_P11_a_child_that_is_there_is_not_put_again(door, registry, sources):
    registry.push_whole_image(TARGET, config(PLATFORMS[0]), layers_of(PLATFORMS[0]))
    assert_pushed(door.push(spec(registry)), registry)
    assert manifests_put(registry) == [sources[1], "v1"]


@pytest.mark.parametrize("media_type", [images.OCI_MANIFEST, images.DOCKER_MANIFEST])
def test_P11_manifests_are_put_with_their_exact_type(door, registry, media_type):
    push_sources(registry, media_type)
    wishes = {"type": "oci"} if media_type == images.OCI_MANIFEST else {}
    assert_pushed(door.push(spec(registry), **wishes), registry)
    assert registry.count("PUT", "/manifests/")
    for put in registry.asked("PUT", "/manifests/"):
        assert put.header("content-type") == json.loads(put.body)["mediaType"]


@pytest.mark.parametrize("pattern", ["PUT */manifests/sha256:*", "PUT */manifests/v1"])
def test_P12_a_registry_that_rewrites_manifests_is_told_of(door, registry, sources, pattern):
    registry.script(pattern, behave.rewrite_manifest)
    assert_refused(door.push(spec(registry, tags=["latest"]), timeout=BRIEF), 7, "rewr")
    assert "latest" not in registry.tags(TARGET)
    assert tags_put(registry) == ([] if "sha256" in pattern else ["v1"])


@pytest.mark.parametrize("status", [200, 202, 204])
def test_P12_another_kind_of_yes_is_believed_only_of_what_is_there(door, registry, sources, status):
    def answer(server, request):
        return Reply(status if server.answer_honestly(request).status == 201 else 400)
    registry.script("PUT */manifests/*", answer)
    assert_pushed(door.push(spec(registry)), registry)


def test_P12_a_page_is_no_manifest(door, registry, sources):
    registry.script("PUT */manifests/*", behave.html_error(200))
    assert_refused(door.push(spec(registry), timeout=BRIEF), 7)
    assert not registry.tags(TARGET)
    assert not tags_put(registry)


def test_P13_blobs_that_are_not_there_after_all_are_pushed_once_more(door, registry, sources):
    """A registry may say 200 to HEAD and then not know the blob."""
    def claim(server, request):
        digest = request.path.rpartition("/")[2]
        for platform in PLATFORMS:
            found = server.find(source_of(platform), "blobs", digest)
            if found:
                return Reply(200, found[1], [("Docker-Content-Digest", digest)])
        return server.answer_honestly(request)
    registry.script(f"HEAD */{TARGET}/blobs/*", claim)
    assert_pushed(door.push(spec(registry)), registry)


def test_P13_a_repository_that_must_be_made_first_is_named(door, registry, sources):
    for method in ("POST", "PUT"):
        registry.script(f"{method} *", behave.fail(404, "NAME_UNKNOWN", "repository not known"))
    outcome = door.push(spec(registry), timeout=BRIEF)
    assert outcome.status in (3, 7), outcome.text
    assert TARGET in outcome.text
    assert not registry.tags(TARGET)


@pytest.mark.parametrize("status", [400, 404, 405, 415])
def test_P13_a_registry_without_indexes_is_told_and_nothing_is_switched(door, registry, sources,
                                                                        status):
    registry.script("PUT */manifests/*", behave.refuse_type(images.OCI_INDEX, status))
    outcome = door.push(spec(registry), type="oci", timeout=BRIEF)
    assert outcome.status in (5, 7), outcome.text
    assert outcome.text.count("the registry takes no OCI index; use --type docker") == 1
    assert not registry.tags(TARGET)
    assert not [each for each in registry.asked("PUT", "/manifests/")
                if each.header("content-type") == images.DOCKER_LIST]


def test_P15_of_a_tag_that_fails_the_others_stay_and_all_are_told(door, registry, sources):
    registry.script("PUT */manifests/1.0", behave.fail(403, "DENIED"))
    outcome = door.push(spec(registry, tags=["1.0", "latest"]))
    assert_refused(outcome, 4, "1.0", "v1")
    assert {"v1"} <= registry.tags(TARGET) <= {"v1", "latest"}
    assert not registry.count("DELETE", "/manifests/")
    registry.script("PUT */manifests/1.0", behave.honest)
    assert_pushed(door.push(spec(registry, tags=["1.0", "latest"])), registry, "latest")
    assert registry.tags(TARGET) == {"v1", "1.0", "latest"}


@pytest.mark.parametrize("lost, told", [
    ("v1", "whether it is tagged is not known"), ("1.0", "tagged 'v1', 'latest', perhaps '1.0'")])
def test_P15_a_tag_whose_answer_is_lost_is_not_called_unset(door, registry, sources, lost, told):
    assert_pushed(door.push(spec(registry, target=f"{TARGET}:v0")), registry, "v0")
    registry.script(f"PUT */manifests/{lost}", behave.taken_in_silence)
    outcome = door.push(spec(registry, tags=["1.0", "latest"]), timeout=BRIEF)
    assert outcome.status not in (0, 3), outcome.text
    assert told in outcome.text
    assert lost in registry.tags(TARGET)


def test_P15_what_was_there_before_stays_when_a_push_fails(door, registry, sources):
    before = registry.push(f"{TARGET}:v1", images.index_of("linux/386"))
    registry.script("PUT */manifests/sha256:*", behave.fail(500))
    assert_refused(door.push(spec(registry), timeout=BRIEF), 7)
    assert images.digest_of(registry.find(TARGET, "manifests", "v1")[1]) == before
    assert not registry.count("DELETE", "/manifests/")


def test_P16_a_dry_run_writes_nothing(door, registry, sources):
    assert door.push(spec(registry), dry_run=True).status == 0
    assert not changes(registry)


# -- tags that are written once -------------------------------------------------------------------

def test_T33_a_tag_that_cannot_move_is_written_once(door, registry, sources):
    registry.script("PUT */manifests/*", behave.keep_tags)
    wanted = spec(registry, tags=["latest"])
    first = door.push(wanted)
    assert_pushed(first, registry)
    assert tags_put(registry) == ["v1", "latest"]
    registry.forget()
    assert door.push(wanted) == first
    assert not changes(registry)


def test_T33_a_tag_that_cannot_move_and_has_something_else_is_an_error(door, registry, sources):
    registry.push(f"{TARGET}:v1", images.index_of("linux/386"))
    registry.script("PUT */manifests/*", behave.keep_tags)
    outcome = door.push(spec(registry), timeout=BRIEF)
    assert outcome.status not in (0, 3), outcome.text
    assert "immutable" in outcome.text


# -- answers that come only at PUT ----------------------------------------------------------------

@pytest.mark.parametrize("pattern", ["PUT */manifests/*", "PUT */blobs/*", "PUT *"])
def test_T34_a_401_only_at_put_has_the_body_sent_again(door, registry, distant_spec, pattern):
    registry.script(pattern, behave.demand(Basic("robot", "secret")))
    assert_pushed(door.push(distant_spec, credentials=("robot", "secret")), registry)


PASSING = [[behave.fail(503)], [behave.fail(500), behave.fail(502)], [behave.rate_limited("1")],
           [behave.hang_up]]


@by_command
@pytest.mark.parametrize("pattern", ["PUT */manifests/*", "PUT */blobs/*", "POST */uploads/*"])
@pytest.mark.parametrize("failures", PASSING, ids="503 500-502 429 hang-up".split())
def test_T34_what_passes_is_tried_again(door, registry, distant_spec, pattern, failures):
    registry.script(pattern, *failures, behave.honest)
    first = door.push(distant_spec)
    assert_pushed(first, registry)
    registry.forget()
    assert door.push(distant_spec) == first
    assert not changes(registry)


@by_command
@pytest.mark.parametrize("pattern", ["PUT */manifests/*", "PUT */blobs/*", "POST */uploads/*"])
@pytest.mark.parametrize("failure, status", [
    (behave.fail(500), 7), (behave.rate_limited("1000"), 6), (behave.html_error(502), 7),
    (behave.hang_up, 7)])
def test_T34_what_does_not_pass_is_given_up(door, registry, distant_spec, pattern, failure, status):
    registry.script(pattern, failure)
    assert_refused(door.push(distant_spec, timeout=BRIEF), status)
    assert not registry.tags(TARGET)
    assert len(registry.asked("PUT", "/manifests/")) <= 2 * 6


@by_command
@pytest.mark.parametrize("pattern", ["PUT */manifests/*", "PUT */blobs/*", "POST */uploads/*",
                                     "HEAD */blobs/*"])
def test_S26_a_registry_that_never_answers_meets_the_deadline(door, registry, distant_spec,
                                                              pattern):
    registry.script(pattern, behave.silence)
    assert_refused(door.push(distant_spec, timeout="2s"), 7)
    assert not registry.tags(TARGET)
