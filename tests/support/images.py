# SPDX-License-Identifier: Apache-2.0
"""Builds the documents of images: configs, manifests, indexes, and their digests."""
import hashlib
import json

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
OCI_FOREIGN_LAYER = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
DOCKER_FOREIGN_LAYER = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+json"
SCHEMA1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"

ATTESTATION = {"vnd.docker.reference.type": "attestation-manifest"}


def encode(document):
    """A document's bytes; bytes are taken as they are."""
    if isinstance(document, bytes):
        return document
    return json.dumps(document, separators=(",", ":")).encode()


def digest_of(document, algorithm="sha256"):
    return f"{algorithm}:" + hashlib.new(algorithm, encode(document)).hexdigest()


def platform(text, **more):
    """"linux/arm/v7" as a platform object; more: os_version, os_features."""
    parts = text.split("/")
    result = {"architecture": parts[1], "os": parts[0]}
    if "os_version" in more:
        result["os.version"] = more["os_version"]
    if "os_features" in more:
        result["os.features"] = more["os_features"]
    if len(parts) > 2:
        result["variant"] = parts[2]
    return result


def descriptor(document, media_type, **fields):
    content = encode(document)
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content), **fields}


def entry(where, media_type=OCI_MANIFEST, **fields):
    """An index entry for a platform ("linux/arm64", an object, or None) and a child that need
    not exist."""
    if isinstance(where, str):
        where = platform(where)
    seed = json.dumps([where, fields], sort_keys=True)
    result = descriptor(seed.encode(), media_type, **fields)
    if where is not None:
        result["platform"] = where
    return result


def index(entries, media_type=OCI_INDEX, **fields):
    return {"schemaVersion": 2, "mediaType": media_type, "manifests": entries, **fields}


def manifest(config, media_type=OCI_MANIFEST, config_type=None, **fields):
    """A manifest whose config is this document, with one layer that need not exist."""
    docker = media_type == DOCKER_MANIFEST
    config_type = config_type or (DOCKER_CONFIG if docker else OCI_CONFIG)
    return {"schemaVersion": 2, "mediaType": media_type,
            "config": descriptor(config, config_type),
            "layers": [descriptor(b"a layer", OCI_LAYER)], **fields}


def layer(content, manifest_type=OCI_MANIFEST):
    """The descriptor of a layer with this content."""
    return descriptor(content, DOCKER_LAYER if manifest_type == DOCKER_MANIFEST else OCI_LAYER)


def config(where, **more):
    """An image's config for "linux/arm64"; None names no platform."""
    result = platform(where, **more) if where else {}
    return {**result, "rootfs": {"type": "layers", "diff_ids": [digest_of(b"a layer")]}}


def index_of(*platforms, **fields):
    """An index with an entry for each platform given as text."""
    return index([entry(each) for each in platforms], **fields)
