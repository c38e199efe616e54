# SPDX-License-Identifier: Apache-2.0
"""Children that have a subject: a registry that does not list them as referrers by itself gets a
list of them, under the tag that clients look for (rules P14, H25)."""
import contextlib
import json

import pytest

from support import behave, doors, images, referrers
from support.command_line import mquery
from support.docker_registry import DockerRegistry
from support.pushes import (TARGET, assert_pushed, changes, layers_of, manifests_put, source_of,
                            spec)
from support.skopeo import skopeo
from support.storage import fetch, snapshot

PLATFORM = "linux/arm64"
SOURCE = source_of(PLATFORM)
PUT_OF_A_LIST = "PUT */manifests/sha256-*"
WRITES = 4  # of one list, where it does not stay
SOMEBODYS_MANIFEST = referrers.referrer(images.entry(PLATFORM), "another")[0]
SOMEBODYS = referrers.descriptor_of(SOMEBODYS_MANIFEST)


def attested(registry, names=("sbom", "provenance")):
    """Pushes a source with artifacts that refer to it. Returns the tag of their list, and what it
    is to say of them."""
    subject, manifests = referrers.push_attested(registry, SOURCE, PLATFORM, layers_of(PLATFORM),
                                                 names)
    return referrers.tag_of(subject), [referrers.descriptor_of(each) for each in manifests]


def push(door, registry):
    return door.push(spec(registry, [registry.name(f"{SOURCE}:v1")]), type="oci")


def listed(registry, tag):
    """The bytes under the tag, in the target repository."""
    media_type, body = registry.find(TARGET, "manifests", tag)
    assert media_type == images.OCI_INDEX
    return body


def lists_put(registry):
    return [each for each in manifests_put(registry) if each.startswith("sha256-")]


def push_somebodys(registry, tag, descriptors=(), **fields):
    """Somebody else's list, with a referrer of theirs."""
    registry.push(TARGET, SOMEBODYS_MANIFEST)
    document = images.index([SOMEBODYS, *descriptors], **fields)
    registry.push(f"{TARGET}:{tag}", document)
    return document


# -- a list is made -------------------------------------------------------------------------------

def test_P14_H25_referrers_are_listed_under_their_subjects_tag(door, registry):
    tag, descriptors = attested(registry)
    outcome = push(door, registry)
    assert_pushed(outcome, registry)
    assert listed(registry, tag) == referrers.listing(descriptors)
    assert not outcome.text


def test_P14_P10_the_list_comes_after_the_referrers_and_before_the_name(door, registry):
    tag, descriptors = attested(registry, ["sbom"])
    assert_pushed(push(door, registry), registry)
    assert manifests_put(registry)[1:] == [descriptors[0]["digest"], tag, "v1"]


def test_P14_a_lone_image_with_a_subject_is_listed_by_its_configs_type(door, registry):
    subject = images.entry("linux/amd64")
    manifest = images.manifest(images.config(PLATFORM), layers=[], subject=subject)
    registry.push(f"{SOURCE}:v1", manifest, parts=[images.config(PLATFORM)])
    assert_pushed(push(door, registry), registry)
    expected = images.descriptor(manifest, images.OCI_MANIFEST, artifactType=images.OCI_CONFIG)
    assert listed(registry, referrers.tag_of(subject["digest"])) == referrers.listing([expected])


def test_P14_what_is_listed_already_stays_as_it_is(door, registry):
    tag, descriptors = attested(registry)
    before = push_somebodys(registry, tag, descriptors[1:], annotations={"z": "<1>", "a": "2"})
    assert_pushed(push(door, registry), registry)
    assert json.loads(listed(registry, tag)) == {
        **before, "manifests": [SOMEBODYS, descriptors[1], descriptors[0]]}


def test_P14_nothing_is_listed_in_a_dry_run(door, registry):
    attested(registry)
    assert door.push(spec(registry, [registry.name(f"{SOURCE}:v1")]), type="oci",
                     dry_run=True).status == 0
    assert not changes(registry)


# -- where the registry lists them itself ---------------------------------------------------------

def test_P14_a_registry_that_confirms_the_subject_is_given_no_list(door, registry):
    tag, _ = attested(registry)
    registry.script("PUT */manifests/*", behave.confirm_subject)
    assert_pushed(push(door, registry), registry)
    assert not lists_put(registry)
    assert not registry.count("GET", tag)


@pytest.mark.parametrize("said", ["sha256:" + "0" * 64, "", "yes"])
def test_P14_another_subject_than_the_manifests_is_no_confirmation(door, registry, said):
    tag, descriptors = attested(registry)
    registry.script("PUT */manifests/sha256:*", behave.with_headers(("OCI-Subject", said)))
    assert_pushed(push(door, registry), registry)
    assert listed(registry, tag) == referrers.listing(descriptors)


def test_P14_a_confirmation_counts_though_the_answer_does_not_prove_the_storing(door, registry):
    """A 200 is looked after by HEAD (P12), whose answer says nothing of the subject."""
    attested(registry)

    def say_200(server, request):
        reply = behave.confirm_subject(server, request)
        reply.status = 200
        return reply
    registry.script("PUT */manifests/sha256:*", say_200)
    assert_pushed(push(door, registry), registry)
    assert not lists_put(registry)


# -- again ----------------------------------------------------------------------------------------

def test_P14_pushing_again_changes_nothing(door, registry):
    attested(registry)
    first = push(door, registry)
    before = changes(registry)
    assert push(door, registry) == first
    assert changes(registry) == before


def test_H25_pushing_again_asks_the_registry_for_its_own_list(door, registry):
    attested(registry)
    registry.script("PUT */manifests/*", behave.confirm_subject)
    registry.script("GET */referrers/*", behave.respond(
        200, images.encode(images.index([])), ("Content-Type", images.OCI_INDEX)))
    first = push(door, registry)
    before = changes(registry)
    assert push(door, registry) == first
    assert changes(registry) == before


@pytest.mark.parametrize("answer", [
    behave.fail(400, "UNSUPPORTED"), behave.fail(404, "NOT_FOUND"), behave.fail(405, "UNSUPPORTED"),
    behave.fail(406, "UNSUPPORTED"), behave.html_error(200)])
def test_P15_H25_pushing_again_lists_what_could_not_be_listed(door, registry, answer):
    tag, descriptors = attested(registry)
    registry.script("GET */referrers/*", answer)
    registry.script(PUT_OF_A_LIST, behave.fail(403, "DENIED"), behave.honest)
    assert tag in push(door, registry).text
    outcome = push(door, registry)
    assert_pushed(outcome, registry)
    assert listed(registry, tag) == referrers.listing(descriptors)
    assert not outcome.text


def test_H25_a_registry_that_does_not_answer_for_its_own_list_is_given_none(door, registry):
    attested(registry)
    registry.script(PUT_OF_A_LIST, behave.fail(403, "DENIED"))
    push(door, registry)
    before = changes(registry)
    registry.script("GET */referrers/*", behave.fail(403, "DENIED"))
    outcome = push(door, registry)
    assert_pushed(outcome, registry)
    assert "referrers" in outcome.text
    assert changes(registry) == before


# -- others write it too --------------------------------------------------------------------------

def test_P14_a_list_that_another_client_put_over_ours_is_completed(door, registry):
    tag, descriptors = attested(registry)
    registry.script(PUT_OF_A_LIST, behave.afterwards(lambda server: push_somebodys(server, tag)),
                    behave.honest)
    outcome = push(door, registry)
    assert_pushed(outcome, registry)
    assert json.loads(listed(registry, tag))["manifests"] == [SOMEBODYS, *descriptors]
    assert not outcome.text


def test_P14_a_list_that_never_stays_is_given_up(door, registry):
    tag, _ = attested(registry)
    registry.script(PUT_OF_A_LIST, behave.afterwards(lambda server: push_somebodys(server, tag)))
    outcome = push(door, registry)
    assert_pushed(outcome, registry)
    assert lists_put(registry) == [tag] * WRITES
    assert tag in outcome.text


# -- what stands in the way -----------------------------------------------------------------------

OBSTACLES = {
    "an image": (images.manifest(images.config(PLATFORM)), images.OCI_MANIFEST),
    "a Docker list": (images.index([], images.DOCKER_LIST), images.DOCKER_LIST),
    "no JSON": (b"{", images.OCI_INDEX),
    "no list": ({"schemaVersion": 2, "mediaType": images.OCI_INDEX}, images.OCI_INDEX),
}


@pytest.mark.parametrize("what", OBSTACLES)
def test_P14_what_is_no_list_of_referrers_is_warned_of_and_left_alone(door, registry, what):
    tag, _ = attested(registry)
    body, media_type = OBSTACLES[what]
    registry.push(f"{TARGET}:{tag}", body, media_type)
    outcome = push(door, registry)
    assert_pushed(outcome, registry)
    assert not lists_put(registry)
    assert tag in outcome.text


def test_P14_a_list_that_is_refused_is_warned_of(door, registry):
    """Where tags follow a pattern, say."""
    tag, _ = attested(registry)
    registry.script(PUT_OF_A_LIST, behave.fail(403, "DENIED"))
    outcome = push(door, registry)
    assert_pushed(outcome, registry)
    assert tag in outcome.text
    assert "403" in outcome.text


def test_P14_a_list_that_cannot_be_read_is_not_written(door, registry):
    tag, _ = attested(registry)
    registry.script(f"GET */manifests/{tag}", behave.fail(403, "DENIED"))
    outcome = push(door, registry)
    assert_pushed(outcome, registry)
    assert not lists_put(registry)
    assert tag in outcome.text


# -- a real one -----------------------------------------------------------------------------------

@pytest.mark.parametrize("name", doors.DOORS)
def test_P14_H25_docker_registry_gets_a_list_that_others_can_read(registry, tmp_path, name):
    """Debian's has no interface for referrers."""
    tag, descriptors = attested(registry)
    with DockerRegistry(str(tmp_path)) as real, \
            contextlib.closing(doors.DOORS[name]([registry, real])) as door:
        wanted = {"image": f"{real.address}/{TARGET}:v1",
                  "manifests": [{"image": registry.name(f"{SOURCE}:v1")}]}
        first = door.push(wanted, type="oci")
        assert (first.status, first.text) == (0, "")
        stored = fetch(real, TARGET, tag)
        assert (stored.media_type, stored.body) == (images.OCI_INDEX,
                                                    referrers.listing(descriptors))
        place = f"{real.address}/{TARGET}:{tag}"
        assert skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{place}") == stored.body
        shown = json.loads(mquery("inspect", "--raw", place).stdout)
        assert [each["digest"] for each in shown["manifests"]] == [
            each["digest"] for each in descriptors]
        before = snapshot(real)
        assert door.push(wanted, type="oci") == first
        assert snapshot(real) == before
