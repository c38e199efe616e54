# SPDX-License-Identifier: Apache-2.0
"""Images in a fake registry to make one of, and whether what came of it is whole."""
import json

from support import images
from support.fake_writes import parts_of

PLATFORMS = ["linux/amd64", "linux/arm64"]
TARGET = "lab/app"


def layers_of(platform):
    return [f"layer {number} for {platform}".encode() for number in range(2)]


def push_sources(registry, media_type=images.OCI_MANIFEST):
    """An image for each platform, in a repository of its own. Returns their digests."""
    return [registry.push_whole_image(f"{source_of(each)}:v1", images.config(each),
                                      layers_of(each), media_type) for each in PLATFORMS]


def source_of(platform):
    return "lab/" + platform.split("/")[1]


def names_of_sources(registry):
    return [registry.name(f"{source_of(each)}:v1") for each in PLATFORMS]


def spec(registry, sources=None, tags=(), target=TARGET + ":v1"):
    """Makes the target of what push_sources() put into `registry`, or of these images."""
    sources = sources or names_of_sources(registry)
    return {"image": registry.name(target), "tags": list(tags),
            "manifests": [each if isinstance(each, dict) else {"image": each} for each in sources]}


def blobs():
    """The digests of all that the images of push_sources() consist of."""
    for each in PLATFORMS:
        for part in [images.config(each), *layers_of(each)]:
            yield images.digest_of(part)


# -- what came of it ------------------------------------------------------------------------------

def assert_whole(registry, repository=TARGET, reference="v1"):
    """That the repository has the list and all it leads to. Returns the list."""
    found = registry.find(repository, "manifests", reference)
    assert found, f"there is no {repository}:{reference}"
    waiting = [json.loads(found[1])]
    while waiting:
        for kind, digest in parts_of(waiting.pop()):
            part = registry.find(repository, kind, digest)
            assert part, f"{repository} lacks {kind[:-1]} {digest}"
            assert images.digest_of(part[1]) == digest
            if kind == "manifests":
                waiting.append(json.loads(part[1]))
    return json.loads(found[1])


def assert_pushed(outcome, registry, reference="v1"):
    """Returns the list."""
    assert outcome.status == 0, outcome.text
    document = assert_whole(registry, TARGET, reference)
    assert outcome.digest == images.digest_of(registry.find(TARGET, "manifests", reference)[1])
    return document


def assert_refused(outcome, status, *words):
    """... and that the message has these words."""
    assert (outcome.status, outcome.digest) == (status, None), outcome.text
    for word in words:
        assert word in outcome.text


def changes(registry):
    """The requests that would change something."""
    return [each for each in registry.requests if each.method not in ("GET", "HEAD")]


def manifests_put(registry, repository=TARGET):
    """Under what they were put, in that order."""
    return [each.path.rpartition("/")[2]
            for each in registry.asked("PUT", f"/v2/{repository}/manifests/")]


def tags_put(registry, repository=TARGET):
    return [each for each in manifests_put(registry, repository) if ":" not in each]
