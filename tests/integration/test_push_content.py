# SPDX-License-Identifier: Apache-2.0
"""What a push brings along: large blobs in pieces, attestations, whatever an index says of its
entries."""
import contextlib
import threading

import pytest

from support import behave, doors, images
from support.images import config
from support.processes import PATIENCE, is_sanitized, peak_memory
from support.pushes import (PLATFORMS, TARGET, assert_pushed, assert_refused, assert_whole, changes,
                            layers_of, names_of_sources, push_sources, source_of, spec)

LARGE = 64 << 20  # bytes
SMALL = 32        # MiB that a push of something large may need


# -- copies that are large ------------------------------------------------------------------------

@pytest.fixture
def large(another_registry):
    """An image with a layer of 64 MiB."""
    layer = bytes(range(256)) * (LARGE // 256)
    another_registry.push_whole_image("lab/large:v1", config("linux/amd64"), [layer])
    return another_registry.name("lab/large:v1")


def assert_small(pid):
    assert is_sanitized(pid) or peak_memory(pid) < SMALL


def test_P8_a_large_blob_goes_through_the_service_in_pieces(registry, another_registry, large):
    with contextlib.closing(doors.Service([registry, another_registry])) as door:
        assert_pushed(door.push(spec(registry, [large])), registry)
        assert_small(door.daemon().pid)


def test_P8_a_large_blob_goes_through_the_command_line_in_pieces(registry, large):
    """Looked at while its last request waits for an answer."""
    arrived, go_on = threading.Event(), threading.Event()

    def wait(server, request):
        arrived.set()
        return behave.hold(go_on)(server, request)
    registry.script("PUT */manifests/v1", wait)
    with doors.command_under_way(spec(registry, [large])) as process:
        assert arrived.wait(PATIENCE)
        assert_small(process.pid)
        go_on.set()
        assert process.wait(PATIENCE) == 0
    assert_whole(registry)


def test_P8_a_large_blob_with_one_wrong_bit_is_not_completed(door, registry, another_registry,
                                                             large):
    def change_the_last_byte(server, request):
        reply = server.answer_honestly(request)
        if len(reply.body) == LARGE:
            reply.body = reply.body[:-1] + b"\0"
        return reply
    another_registry.script("GET */blobs/*", change_the_last_byte)
    registry.script("PUT */blobs/uploads/*", behave.take_anything)
    assert_refused(door.push(spec(registry, [large]), timeout="10s"), 7, "digest")
    assert all(len(each.body) < LARGE for each in registry.asked("PUT", "/blobs/"))
    assert not registry.tags(TARGET)


def test_queries_are_answered_while_a_copy_crawls(registry, another_registry, large):
    registry.reading_pause = 0.002
    registry.push("lab/other:v1", images.index_of("linux/amd64"))
    with contextlib.closing(doors.Service([registry, another_registry])) as door:
        daemon = door.daemon()
        pushing = threading.Thread(target=door.push, args=[spec(registry, [large])])
        pushing.start()
        for number in range(20):
            assert daemon.query(registry.name(f"lab/other{number}:v1")).status == 404
            assert pushing.is_alive()
        pushing.join()
    assert_whole(registry)


# -- what is more than an image -------------------------------------------------------------------

def attestation(registry, repository, subject):
    """A manifest that attests something of the image with this digest."""
    statement = b'{"predicate":{}}'
    layer = images.descriptor(statement, "application/vnd.in-toto+json")
    manifest = images.manifest({}, layers=[layer])
    registry.push(repository, manifest, parts=[{}, statement])
    return images.descriptor(manifest, images.OCI_MANIFEST,
                             annotations={**images.ATTESTATION,
                                          "vnd.docker.reference.digest": subject},
                             platform=images.platform("unknown/unknown"))


def attested(registry, platform):
    """An index as BuildKit makes it: an image and its attestation."""
    repository = source_of(platform)
    image = images.manifest(config(platform), layers=[images.layer(each)
                                                      for each in layers_of(platform)])
    digest = registry.push(repository, image, parts=[config(platform), *layers_of(platform)])
    entries = [images.descriptor(image, images.OCI_MANIFEST, platform=images.platform(platform)),
               attestation(registry, repository, digest)]
    registry.push(f"{repository}:v1", images.index(entries))
    return entries


def test_P18_P14_attestations_come_whole_and_last(door, registry):
    first, second = (attested(registry, each) for each in PLATFORMS)
    document = assert_pushed(door.push(spec(registry), type="oci"), registry)
    assert document["manifests"] == [first[0], second[0], first[1], second[1]]


def test_P18_attestations_come_from_another_registry_too(door, registry, another_registry):
    entries = [attested(another_registry, each) for each in PLATFORMS]
    outcome = door.push(spec(registry, names_of_sources(another_registry)), type="oci")
    assert len(assert_pushed(outcome, registry)["manifests"]) == sum(map(len, entries))


def test_T36_a_platform_beside_an_index_selects_from_it(door, registry):
    entries = [attested(registry, each) for each in PLATFORMS]
    registry.push("lab/arm64:all", images.index([entries[1][0], images.entry("linux/s390x")]))
    wanted = {"image": registry.name("lab/arm64:all"),
              "platform": {"os": "linux", "architecture": "arm64"}}
    document = assert_pushed(door.push(spec(registry, [wanted]), type="oci"), registry)
    assert [each["platform"] for each in document["manifests"]] == [images.platform("linux/arm64")]


def test_T36_a_platform_that_the_index_has_not_is_an_error(door, registry):
    registry.push("lab/arm64:all", images.index_of("linux/arm64"))
    wanted = {"image": registry.name("lab/arm64:all"),
              "platform": {"os": "linux", "architecture": "s390x"}}
    outcome = door.push(spec(registry, [wanted]), type="oci")
    assert outcome.status in (2, 3, 5), outcome.text
    assert "s390x" in outcome.text
    assert not changes(registry)


def test_T37_what_an_entry_says_besides_is_kept(door, registry):
    entry = attested(registry, PLATFORMS[0])[0]
    entry = {**entry, "urls": ["https://example.com/a"], "annotations": {"b": "<2>", "a": "1"},
             "artifactType": "application/vnd.example+type"}
    registry.push("lab/amd64:v1", images.index([entry]))
    document = assert_pushed(door.push(spec(registry, [registry.name("lab/amd64:v1")]),
                                       type="oci"), registry)
    assert document["manifests"] == [entry]


def test_P24_families_may_be_mixed_and_that_is_told(door, registry):
    push_sources(registry, images.DOCKER_MANIFEST)
    outcome = door.push(spec(registry), type="oci")
    assert_pushed(outcome, registry)
    assert outcome.text
