# SPDX-License-Identifier: Apache-2.0
"""How registries misbehave: behaviours for FakeRegistry.script().

Each is, or returns, a function of (registry, request) that returns an answer.
"""
import gzip
import json
from dataclasses import replace

from support import images
from support.http_server import HANG_UP, Raw, Reply
from support.problem import problem


def honest(registry, request):
    return registry.answer_honestly(request)


def respond(status=200, body=b"", *headers):
    return lambda registry, request: Reply(status, body, list(headers))


def fail(status, code="UNKNOWN", message="a problem", *headers):
    return lambda registry, request: problem(status, code, message, headers)


def hang_up(registry, request):
    return HANG_UP


def html_error(status):
    return respond(status, b"<html><body><h1>Something broke</h1></body></html>",
                   ("Content-Type", "text/html; charset=utf-8"))


def rate_limited(retry_after=None, body=b"toomanyrequests: slow down\n"):
    headers = [] if retry_after is None else [("Retry-After", retry_after)]
    return respond(429, body, ("Content-Type", "text/plain"), *headers)


def redirect(location, status=307):
    return respond(status, b"", ("Location", location))


def redirect_to(server, status=307):
    """To the same path on another server."""
    return lambda registry, request: Reply(
        status, b"", [("Location", server.url + request.target)])


# -- the honest answer, but ... -------------------------------------------------------------------

def with_headers(*headers, without=()):
    """... with these headers instead of those of the same names, and without some."""
    replaced = {name.lower() for name, _ in headers} | {name.lower() for name in without}

    def behave(registry, request):
        reply = registry.answer_honestly(request)
        kept = [each for each in reply.headers if each[0].lower() not in replaced]
        return Reply(reply.status, reply.body, kept + list(headers))
    return behave


def content_type(value):
    """... with this Content-Type; None: without any."""
    if value is None:
        return with_headers(without=["Content-Type"])
    return with_headers(("Content-Type", value))


def digest_header(value):
    """... with this Docker-Content-Digest; None: without any."""
    if value is None:
        return with_headers(without=["Docker-Content-Digest"])
    return with_headers(("Docker-Content-Digest", value))


def altered(registry, request):
    """... with another body of the same length, under the right digest header."""
    reply = registry.answer_honestly(request)
    return Reply(reply.status, reply.body.replace(b"linux", b"xunil"), reply.headers)


def compressed(registry, request):
    """... gzipped, though nobody asked for that."""
    reply = registry.answer_honestly(request)
    return Reply(reply.status, gzip.compress(reply.body),
                 reply.headers + [("Content-Encoding", "gzip")])


def cut_short(registry, request):
    """... ten bytes short of its Content-Length."""
    reply = registry.answer_honestly(request)
    return Reply(reply.status, iter([reply.body[:-10]]),
                 reply.headers + [("Content-Length", str(len(reply.body)))])


def lengthened(registry, request):
    """... with a byte more, and a Content-Length to match."""
    reply = registry.answer_honestly(request)
    return Reply(reply.status, reply.body + b"\n", reply.headers)


def overlong(registry, request):
    """... with one byte more than its Content-Length."""
    reply = registry.answer_honestly(request)
    return Reply(reply.status, iter([reply.body + b"\n"]),
                 reply.headers + [("Content-Length", str(len(reply.body))),
                                  ("Connection", "close")])


def afterwards(action):
    """... and then action(registry), before anybody sees the answer."""
    def behave(registry, request):
        reply = registry.answer_honestly(request)
        action(registry)
        return reply
    return behave


def hold(event):
    """... once `event` is set."""
    def behave(registry, request):
        while not event.wait(0.05):
            if registry.stopping.is_set():
                return HANG_UP
        return registry.answer_honestly(request)
    return behave


# -- when it is written to ------------------------------------------------------------------------

def demand(authority):
    """... for who passes this authority, whatever the rest of the registry wants."""
    return lambda registry, request: (authority.check(registry, request)
                                      or registry.answer_honestly(request))


def upload_location(value):
    """... with this Location: where the content is to be sent."""
    return with_headers(("Location", value))


def never_mount(registry, request):
    """... to who wants to mount a blob: an upload is opened instead."""
    return registry.answer_honestly(replace(request, target=request.path))


def refuse_mounts(status, code="UNSUPPORTED"):
    def behave(registry, request):
        if "mount" in request.query:
            return problem(status, code, "no mounts here")
        return registry.answer_honestly(request)
    return behave


def refuse_sourceless_mounts(registry, request):
    if "mount" in request.query and "from" not in request.query:
        return problem(400, "UNSUPPORTED", "mount from where?")
    return registry.answer_honestly(request)


def refuse_type(media_type, status, code="MANIFEST_INVALID"):
    """... but a manifest of this type is refused."""
    def behave(registry, request):
        if request.header("content-type") == media_type:
            return problem(status, code, "this manifest is not supported")
        return registry.answer_honestly(request)
    return behave


def rewrite_manifest(registry, request):
    """Stores other bytes of the same meaning under a digest of their own, and says so."""
    reference = request.path.rpartition("/")[2]
    rewritten = json.dumps(json.loads(request.body), indent=1).encode()
    path = request.path
    if ":" in reference:
        path = request.path.replace(reference, images.digest_of(rewritten))
    return registry.answer_honestly(replace(request, target=path, body=rewritten))


def confirm_subject(registry, request):
    """Lists a manifest among its subject's referrers by itself, and says so."""
    reply = registry.answer_honestly(request)
    subject = json.loads(request.body).get("subject", {}).get("digest")
    said = [("OCI-Subject", subject)] if subject and reply.status == 201 else []
    return Reply(reply.status, reply.body, reply.headers + said)


def keep_tags(registry, request):
    """A tag that is there is not written again, not even with what it has."""
    repository, _, reference = request.path.removeprefix("/v2/").partition("/manifests/")
    if reference in registry.tags(repository):
        return problem(400, "TAG_INVALID", "the tag exists and is immutable")
    return registry.answer_honestly(request)


def take_anything(registry, request):
    """Says that it has the content, whatever came."""
    return Reply(201, b"", [("Location", request.path)])


# -- too slow, or without end ---------------------------------------------------------------------

def drip(registry, pieces):
    """One piece every now and then, as long as anybody wants them."""
    for piece in pieces:
        if registry.stopping.wait(0.1):
            return
        yield piece


def forever(piece):
    while True:
        yield piece


def slow_headers(registry, request):
    head = b"HTTP/1.1 200 OK\r\nX-Slow: "
    return Raw(drip(registry, (bytes([byte]) for byte in head + b"x" * 100000)))


def endless_headers(registry, request):
    def pieces():
        yield b"HTTP/1.1 200 OK\r\n"
        yield from forever(b"X-More: " + b"x" * 4000 + b"\r\n")
    return Raw(pieces())


def slow_body(registry, request):
    return Reply(200, drip(registry, forever(b" ")),
                 [("Content-Type", images.OCI_INDEX), ("Content-Length", "100000")])


def endless_body(registry, request):
    """Chunked, so that no length gives it away."""
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    return Reply(200, forever(chunk),
                 [("Content-Type", images.OCI_INDEX), ("Transfer-Encoding", "chunked")])


def chunked(body):
    def pieces():
        for start in range(0, len(body), 65536):
            part = body[start:start + 65536]
            yield b"%x\r\n%s\r\n" % (len(part), part)
        yield b"0\r\n\r\n"
    return lambda registry, request: Reply(
        200, pieces(), [("Content-Type", images.OCI_INDEX), ("Transfer-Encoding", "chunked")])


def taken_in_silence(registry, request):
    """Does what is asked for, and never says so."""
    registry.answer_honestly(request)
    return silence(registry, request)


def silence(registry, request):
    registry.stopping.wait()
    return HANG_UP
