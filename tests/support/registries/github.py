# SPDX-License-Identifier: Apache-2.0
"""GHCR, GitHub's: its root asks for a placeholder's scope, its tokens are opaque, what is private
is denied as what is not there, and it says to come back in fractions of a millisecond."""
from support import behave, canaries
from support.authority import Scoped, TokenEndpoint, unauthorized
from support.problem import problem
from support.registries.hosted import TOKEN, Hosted


class Ghcr(Hosted):
    title = "GitHub (GHCR)"
    names = ("ghcr.io", "pkg-containers.githubusercontent.com")
    account = ("octocat", canaries.secret("ghp_0123456789abcdefghijABCDEFGHIJ0123"))
    absent_repository = "denied"

    def __init__(self, ground):
        super().__init__(ground)
        self.registry = self.start_registry("ghcr.io", TOKEN)
        self.start_own_tokens("/token", GhcrTokens)
        self.registry.authority = PlaceholderAtTheRoot(
            self.tokens, 'Bearer realm="REALM",service="ghcr.io",scope="SCOPE"')
        self.registry.script("DELETE */blobs/uploads/*", behave.fail(405, "UNSUPPORTED"))
        self.move_blobs("pkg-containers.githubusercontent.com")

    def limit(self):
        self.registry.script("*", lambda *_: problem(
            429, "TOOMANYREQUESTS", "retry-after: 1.246809ms, allowed: 44000/minute",
            [("Retry-After", "1.246809ms")]))


class PlaceholderAtTheRoot(Scoped):
    def check(self, registry, request):
        if request.path != "/v2/":
            return super().check(registry, request)
        return unauthorized(f'Bearer realm="{self.tokens.realm}",service="ghcr.io",'
                            'scope="repository:user/image:pull"')


class GhcrTokens(TokenEndpoint):
    """Denies what is not there, or not for who asks."""

    def give_token(self, request):
        for scope in request.query.get("scope", []):
            if not scope.startswith("repository:lab/"):
                return problem(403, "DENIED", "requested access to the resource is denied")
        return super().give_token(request)
