# SPDX-License-Identifier: Apache-2.0
"""Manifests that have a subject, and the lists that are kept of them (rules P14, H25)."""
import json

from support import images

ATTESTS = "application/vnd.docker.attestation.manifest.v1+json"
STATEMENT = "application/vnd.in-toto+json"


def tag_of(digest):
    """What the referrers of this subject are listed under."""
    return digest.replace(":", "-")


def referrer(subject, name, artifact_type=ATTESTS):
    """An artifact that refers to a subject's descriptor: (manifest, its blobs)."""
    statement = json.dumps({"predicateType": name}).encode()
    manifest = images.manifest(
        {}, config_type=images.OCI_EMPTY, layers=[images.descriptor(statement, STATEMENT)],
        artifactType=artifact_type, subject=subject, annotations={"z": "1", "a": name})
    return manifest, [{}, statement]


def descriptor_of(manifest):
    """The referrer's, as a list of referrers has it."""
    return images.descriptor(manifest, images.OCI_MANIFEST,
                             annotations=dict(sorted(manifest["annotations"].items())),
                             artifactType=manifest["artifactType"])


def listing(descriptors):
    """The bytes of a list of referrers that we make."""
    return json.dumps(images.index(descriptors), indent=2).encode()


def push_attested(registry, repository, platform, layers, names):
    """An index of an image, and of an artifact with each of these names that refers to it.
    Returns the image's digest and the artifacts' manifests."""
    config = images.config(platform)
    image = images.manifest(config, layers=[images.layer(each) for each in layers])
    registry.push(repository, image, parts=[config, *layers])
    subject = images.descriptor(image, images.OCI_MANIFEST)
    entries, manifests = [{**subject, "platform": images.platform(platform)}], []
    for name in names:
        manifest, parts = referrer(subject, name)
        registry.push(repository, manifest, parts=parts)
        manifests.append(manifest)
        entries.append(images.descriptor(
            manifest, images.OCI_MANIFEST, artifactType=ATTESTS,
            annotations={**images.ATTESTATION, "vnd.docker.reference.digest": subject["digest"]},
            platform=images.platform("unknown/unknown")))
    registry.push(f"{repository}:v1", images.index(entries))
    return subject["digest"], manifests
