# SPDX-License-Identifier: Apache-2.0
"""What a registry does when it is written to: blobs uploaded and mounted, manifests put, deleted.

It checks what real ones check: that an upload's location comes back as it was given, that content
has the digest it is sent under, and that a manifest's parts are in its own repository.
"""
import itertools
import json

from support import images
from support.http_server import Reply
from support.problem import problem


class Writes:
    """The part of a FakeRegistry that takes content."""

    def __init__(self, registry):
        self._registry = registry
        self._uploads = {}  # id -> what has come of it
        self._serial = itertools.count(1)
        self.absolute_locations = False
        self.takes_any_state = False  # of an upload, not only the newest
        self._handlers = {
            ("POST", "uploads"): self._open, ("PATCH", "uploads"): self._append,
            ("PUT", "uploads"): self._finish, ("DELETE", "uploads"): self._cancel,
            ("PUT", "manifests"): self._put_manifest,
            ("DELETE", "manifests"): self._delete, ("DELETE", "blobs"): self._delete}

    def knows(self, method, kind):
        return (method, kind) in self._handlers

    def handle(self, request, repository, kind, reference):
        return self._handlers[request.method, kind](request, repository, reference)

    def open_uploads(self):
        """How many have been neither finished nor cancelled."""
        return len(self._uploads)

    # -- blobs --------------------------------------------------------------------------------

    def _open(self, request, repository, _):
        mounted, source = (request.query.get(name, [None])[0] for name in ("mount", "from"))
        found = mounted and source and self._registry.find(source, "blobs", mounted)
        if found:
            return self._store_blob(repository, mounted, found[1])
        number = str(next(self._serial))
        self._uploads[number] = bytearray()
        return Reply(202, b"", [("Location", self._location(repository, number)),
                                ("Docker-Upload-UUID", number), ("Range", "0-0")])

    def _append(self, request, repository, number):
        content = self._uploads.get(number)
        if content is None or not self._came_back(request.target, repository, number):
            return problem(404, "BLOB_UPLOAD_UNKNOWN", "upload unknown")
        start = (request.header("content-range") or f"{len(content)}-").partition("-")[0]
        if int(start) != len(content):
            return problem(416, "BLOB_UPLOAD_INVALID", "not where the last piece ended")
        content += request.body
        return Reply(202, b"", [("Location", self._location(repository, number)),
                                ("Range", f"0-{len(content) - 1}")])

    def _finish(self, request, repository, number):
        digest = request.query.get("digest", [""])[0]
        location = request.target.partition("&digest=")[0]
        came_back = location and self._came_back(location, repository, number)
        if number not in self._uploads or not came_back:
            return problem(404, "BLOB_UPLOAD_UNKNOWN", "upload unknown")
        content = bytes(self._uploads.pop(number)) + request.body
        if not is_digest_of(content, digest):
            return problem(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        return self._store_blob(repository, digest, content)

    def _came_back(self, location, repository, number):
        if self.takes_any_state:
            return location.split("?")[0] == self._path(repository, number).split("?")[0]
        return location == self._path(repository, number)

    def _cancel(self, request, repository, number):
        if self._uploads.pop(number, None) is None:
            return problem(404, "BLOB_UPLOAD_UNKNOWN", "upload unknown")
        return Reply(204)

    def _store_blob(self, repository, digest, content):
        self._registry.store(repository, "blobs", digest, content)
        return created(f"/v2/{repository}/blobs/{digest}", digest)

    def _location(self, repository, number):
        base = self._registry.url if self.absolute_locations else ""
        return base + self._path(repository, number)

    def _path(self, repository, number):
        """With a state that must come back byte for byte."""
        size = len(self._uploads.get(number, b""))
        return f"/v2/{repository}/blobs/uploads/{number}?_state=a%2Fb+{size}%3d&~"

    # -- manifests ----------------------------------------------------------------------------

    def _put_manifest(self, request, repository, reference):
        digest = images.digest_of(request.body)
        media_type = request.header("content-type")
        refusal = self._judge_manifest(request.body, media_type, repository)
        if not refusal and ":" in reference and not is_digest_of(request.body, reference):
            refusal = problem(400, "DIGEST_INVALID", "provided digest did not match the manifest")
        if refusal:
            return refusal
        for name in {reference, digest}:
            self._registry.store(repository, "manifests", name, request.body, media_type)
        return created(f"/v2/{repository}/manifests/{digest}", digest)

    def _judge_manifest(self, body, media_type, repository):
        try:
            document = json.loads(body)
        except ValueError:
            return problem(400, "MANIFEST_INVALID", "not JSON")
        if document.get("mediaType", media_type) != media_type:
            return problem(400, "MANIFEST_INVALID", "the content type is not the mediaType")
        for kind, digest in parts_of(document):
            if not self._registry.find(repository, kind, digest):
                return problem(400, "MANIFEST_BLOB_UNKNOWN", f"unknown to the repository: {digest}")
        return None

    def _delete(self, request, repository, reference):
        kind = "blobs" if "/blobs/" in request.path else "manifests"
        found = self._registry.find(repository, kind, reference)
        if not found:
            return problem(404, f"{kind[:-1].upper()}_UNKNOWN", "not here")
        names = {reference}
        if kind == "manifests" and ":" in reference:
            names |= {tag for tag in self._registry.tags(repository)
                      if self._registry.find(repository, kind, tag)[1] == found[1]}
        for name in names:
            self._registry.remove(repository, name)
        return Reply(202)


def is_digest_of(content, digest):
    algorithm = digest.partition(":")[0]
    return algorithm in ("sha256", "sha512") and images.digest_of(content, algorithm) == digest


def parts_of(document):
    """What a manifest or index needs in its repository: ("blobs" or "manifests", digest)."""
    for child in document.get("manifests", []):
        yield "manifests", child["digest"]
    for part in [document.get("config"), *document.get("layers", [])]:
        if part and "foreign" not in part["mediaType"] and "nondistrib" not in part["mediaType"]:
            yield "blobs", part["digest"]


def created(location, digest):
    return Reply(201, b"", [("Location", location), ("Docker-Content-Digest", digest)])
