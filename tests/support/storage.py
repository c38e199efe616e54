# SPDX-License-Identifier: Apache-2.0
"""What a real registry has on disk, and what it tells of it: proof that nothing was written."""
import os
import urllib.error
import urllib.request
from dataclasses import dataclass

from support import images

MANIFEST_TYPES = (images.OCI_INDEX, images.DOCKER_LIST, images.OCI_MANIFEST, images.DOCKER_MANIFEST)


def snapshot(registry):
    """When each file and directory of its storage was last written. A manifest or blob that is put
    again changes it, and so does an upload that is opened."""
    return {path: os.stat(path).st_mtime_ns
            for directory, _, files in os.walk(registry.storage)
            for path in [directory, *(os.path.join(directory, file) for file in files)]}


@dataclass
class Stored:
    media_type: str
    digest: str
    body: bytes


def fetch(registry, repository, reference, kind="manifests"):
    request = urllib.request.Request(f"{registry.url}/v2/{repository}/{kind}/{reference}")
    request.add_header("Accept", ", ".join(MANIFEST_TYPES))
    with urllib.request.urlopen(request) as answer:
        return Stored(answer.headers["Content-Type"], answer.headers["Docker-Content-Digest"],
                      answer.read())


def has(registry, repository, reference, kind="manifests"):
    try:
        fetch(registry, repository, reference, kind)
    except urllib.error.HTTPError as error:
        assert error.code == 404
        return False
    return True
