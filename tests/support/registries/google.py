# SPDX-License-Identifier: Apache-2.0
"""Google's Artifact Registry: says only at its root what it wants, names no service there, gives
tokens by GET alone, and to users that stand for kinds of keys."""
import json

from support import canaries
from support.authority import Scoped, TokenEndpoint, basic, unauthorized
from support.problem import problem
from support.registries.hosted import TOKEN, Hosted

HOST = "europe-docker.pkg.dev"
ACCESS_TOKEN = ("oauth2accesstoken", canaries.secret("ya29.c.b0AXv0zTPQ-0123456789_abcdef"))
KEY = canaries.secret(json.dumps({
    "type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\n0123/+=\n-----END "
    "PRIVATE KEY-----\n", "client_email": "robot@lab.iam.gserviceaccount.com"}))
JSON_KEY = ("_json_key", KEY)


class ArtifactRegistry(Hosted):
    title = "Google Artifact Registry and GCR"
    names = (HOST,)
    account = JSON_KEY
    absent_repository = "denied"

    def __init__(self, ground):
        super().__init__(ground)
        self.registry = self.start_registry(HOST, TOKEN)
        self.start_own_tokens("/v2/token", GoogleTokens)
        self.registry.authority = OnlyAtTheRoot(self.tokens)
        self.registry.say_absent = self._say_absent

    def _say_absent(self, repository, kind):
        if repository.startswith("lab/"):
            return problem(404, "MANIFEST_UNKNOWN", "Failed to fetch 'none'")
        return problem(403, "DENIED", "Permission 'artifactregistry.repositories.downloadArtifacts' "
                       f"denied on resource '{repository}' (or it may not exist)")


class OnlyAtTheRoot(Scoped):
    def check(self, registry, request):
        if super().check(registry, request) is None:
            return None
        if request.path == "/v2/":
            return unauthorized(f'Bearer realm="{self.tokens.realm}"')
        return unauthorized()


class GoogleTokens(TokenEndpoint):
    def give_token(self, request):
        if request.method != "GET":
            return problem(404, "NOT_FOUND", "no such method")
        return super().give_token(request)

    def _knows(self, who):
        return who is None or who in (basic(*ACCESS_TOKEN), basic(*JSON_KEY))
