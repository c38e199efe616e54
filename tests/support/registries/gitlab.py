# SPDX-License-Identifier: Apache-2.0
"""GitLab: tokens from the forge's own host, several scopes in one challenge, and of two scopes for
one repository the last one only."""
from support import canaries
from support.authority import Scoped, TokenEndpoint
from support.problem import problem
from support.registries.hosted import TOKEN, Hosted


class GitLab(Hosted):
    title = "GitLab"
    names = ("registry.gitlab.com", "gitlab.com", "cdn.registry.gitlab-static.net")
    account = ("gitlab+deploy-token-42", canaries.secret("gldt-0123456789abcdefghij"))
    absent_repository = "denied"

    def __init__(self, ground):
        super().__init__(ground)
        self.registry = self.start_registry("registry.gitlab.com", TOKEN)
        self.start_tokens("gitlab.com", "/jwt/auth", GitLabTokens)
        self.registry.authority = Scoped(
            self.tokens, 'Bearer realm="REALM",service="container_registry",scope="SCOPE"')
        self.move_blobs("cdn.registry.gitlab-static.net")


class GitLabTokens(TokenEndpoint):
    def give_token(self, request):
        if "repository:lab/" not in request.target.replace("%3A", ":").replace("%2F", "/"):
            return problem(403, "DENIED", "access forbidden")
        return super().give_token(request)

    def grant(self, scopes):
        last = {scope.rpartition(":")[0]: scope for scope in scopes}
        return super().grant(list(last.values()))
