# SPDX-License-Identifier: Apache-2.0
"""A registry that does as a test tells it.

It serves the images it was given, takes those that clients push (support/fake_writes.py), and is
honest until told otherwise:

    with FakeRegistry() as registry:
        registry.push("lab/app:v1", index_of("linux/amd64"))
        registry.script("GET */manifests/*", behave.rate_limited("3"), behave.honest)

script() takes a pattern and what to do at the first, second, ... request that matches it; the
last one stays. Behaviours are functions of (registry, request) that return an answer; there is a
box of them in support/behave.py. `registry.authority` (support/authority.py) says who may read.
"""
import fnmatch
import threading

from support import images
from support.fake_writes import Writes
from support.http_server import HttpServer, Reply
from support.problem import problem


class FakeRegistry(HttpServer):
    def __init__(self, *place, **more):
        """Of HttpServer."""
        self._content = {}  # (repository, "manifests" | "blobs", tag or digest) -> (type, bytes)
        self.writes = Writes(self)
        self._scripts = []  # (pattern, behaviours); the newest is asked first
        self._script_lock = threading.Lock()
        self.authority = None
        self.say_absent = say_absent  # what it answers for what it does not have
        super().__init__(*place, **more)

    # -- content ------------------------------------------------------------------------------

    def push(self, name, document, media_type=None, parts=()):
        """Makes a manifest known by tag (or by digest alone, for "repository"), and `parts` as
        its blobs. Returns its digest."""
        repository, _, tag = name.partition(":")
        body = images.encode(document)
        if media_type is None:
            media_type = document.get("mediaType", images.OCI_INDEX)
        digest = images.digest_of(body)
        for reference in filter(None, [tag, digest, images.digest_of(body, "sha512")]):
            self.store(repository, "manifests", reference, body, media_type)
        for part in parts:
            self.push_blob(repository, part)
        return digest

    def push_image(self, name, config, media_type=images.OCI_MANIFEST, **fields):
        """A lone image with this config."""
        return self.push(name, images.manifest(config, media_type, **fields), parts=[config])

    def push_whole_image(self, name, config, layers, media_type=images.OCI_MANIFEST, **fields):
        """A lone image with these layers, which are there, unlike those of push_image()."""
        fields["layers"] = [images.layer(each, media_type) for each in layers]
        return self.push(name, images.manifest(config, media_type, **fields),
                         parts=[config, *layers])

    def push_blob(self, repository, document):
        body = images.encode(document)
        digest = images.digest_of(body)
        self.store(repository, "blobs", digest, body)
        return digest

    def store(self, repository, kind, reference, body, media_type="application/octet-stream"):
        self._content[repository, kind, reference] = (media_type, body)

    def find(self, repository, kind, reference):
        """(media type, bytes), or None."""
        return self._content.get((repository, kind, reference))

    def remove(self, repository, reference):
        for kind in ("manifests", "blobs"):
            self._content.pop((repository, kind, reference), None)

    def references(self, repository, kind):
        """The digests, and of manifests the tags too, that the repository has."""
        return {key[2] for key in list(self._content) if key[:2] == (repository, kind)}

    def tags(self, repository):
        return {each for each in self.references(repository, "manifests") if ":" not in each}

    def name(self, image):
        """How the image is asked for: with this registry's address before it."""
        return f"{self.address}/{image}"

    # -- behaviour ----------------------------------------------------------------------------

    def script(self, pattern, *behaviours):
        """pattern: "METHOD path", with * for anything, e.g. "GET */blobs/*"."""
        with self._script_lock:
            self._scripts.insert(0, (pattern, list(behaviours)))

    def handle(self, request):
        behaviour = self._next_behaviour(request)
        if behaviour:
            return behaviour(self, request)
        return self.answer_honestly(request)

    def _next_behaviour(self, request):
        with self._script_lock:
            for pattern, behaviours in self._scripts:
                if fnmatch.fnmatchcase(f"{request.method} {request.path}", pattern):
                    return behaviours.pop(0) if len(behaviours) > 1 else behaviours[0]
        return None

    def refusal(self, request):
        """What the authority says to it; None: it may pass."""
        return self.authority.check(self, request) if self.authority else None

    def answer_honestly(self, request):
        refusal = self.refusal(request)
        if refusal:
            return refusal
        if request.path in ("/v2", "/v2/"):
            return Reply(200, b"{}", [("Content-Type", "application/json")])
        return self._serve_content(request)

    def _serve_content(self, request):
        repository, kind, reference = parse_path(request.path)
        if self.writes.knows(request.method, kind):
            return self.writes.handle(request, repository, kind, reference)
        if request.method not in ("GET", "HEAD") or repository is None:
            return problem(405, "UNSUPPORTED", "the operation is unsupported")
        found = self.find(repository, kind, reference)
        if found is None:
            return self.say_absent(repository, kind)
        media_type, body = found
        digest = reference if ":" in reference else images.digest_of(body)
        return Reply(200, body, [("Content-Type", media_type), ("Docker-Content-Digest", digest)])


def say_absent(_, kind):
    what = "BLOB_UNKNOWN" if kind == "blobs" else "MANIFEST_UNKNOWN"
    return problem(404, what, f"{kind[:-1]} unknown")


def parse_path(path):
    """Repository, "manifests", "blobs" or "uploads", and the reference or the upload's id."""
    parts = path.split("/")
    if parts[-3:-1] == ["blobs", "uploads"]:
        return "/".join(parts[2:-3]), "uploads", parts[-1]
    if len(parts) < 5:
        return None, None, None
    return "/".join(parts[2:-2]), parts[-2], parts[-1]
