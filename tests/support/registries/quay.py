# SPDX-License-Identifier: Apache-2.0
"""Quay: robots with a plus in their names, 401 for repositories that are not there, schema 1 for
who does not ask for OCI's types, and no mount without a source."""
from support import behave, canaries, images
from support.authority import Scoped, unauthorized
from support.http_server import Reply
from support.registries.hosted import TOKEN, Hosted


class Quay(Hosted):
    title = "Quay"
    names = ("quay.io", "cdn01.quay.io")
    account = ("lab+robot", canaries.secret("QUAYROBOT0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    absent_repository = "denied"

    def __init__(self, ground):
        super().__init__(ground)
        self.registry = self.start_registry("quay.io", TOKEN)
        self.start_own_tokens("/v2/auth")
        self.registry.authority = TheirsIsHidden(
            self.tokens, 'Bearer realm="REALM",service="quay.io",scope="SCOPE"')
        self.registry.script("POST */blobs/uploads/*", behave.refuse_sourceless_mounts)
        self.registry.script("GET */manifests/*", convert_unless_asked)
        self.move_blobs("cdn01.quay.io", status=302)


class TheirsIsHidden(Scoped):
    def check(self, registry, request):
        if request.path.startswith(("/v2/lab/", "/v2/auth")):
            return super().check(registry, request)
        return unauthorized(*(each.replace("REALM", self.tokens.realm)
                              for each in self.challenges))


def convert_unless_asked(registry, request):
    reply = registry.answer_honestly(request)
    if reply.status == 200 and images.OCI_INDEX not in request.header("accept"):
        return Reply(200, b'{"schemaVersion":1,"name":"lab/app","tag":"v1","architecture":"amd64"}',
                     [("Content-Type", images.SCHEMA1)])
    return reply
