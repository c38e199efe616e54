# SPDX-License-Identifier: Apache-2.0
"""Docker Hub: tokens from another host, for whatever is asked for; a quota that HEAD is free of."""
from support import canaries
from support.authority import Scoped
from support.http_server import Reply
from support.problem import problem
from support.registries.hosted import TOKEN, Hosted

SPENT = ("You have reached your pull rate limit. You may increase the limit by authenticating and "
         "upgrading: https://www.docker.com/increase-rate-limit")
OURS = "lab/"  # the account's own repositories


class DockerHub(Hosted):
    title = "Docker Hub"
    names = ("docker.io", "registry-1.docker.io", "auth.docker.io",
             "production.cloudflare.docker.com")
    account = ("labrobot", canaries.secret("dckr_pat_0123456789abcdefghij"))
    absent_repository = "denied"  # as what is private: its token allows nothing

    def __init__(self, ground):
        super().__init__(ground)
        self.pulls_left = 100
        self.is_abused = False
        self.registry = self.start_registry("registry-1.docker.io", TOKEN)
        self.start_tokens("auth.docker.io", "/token")
        self.tokens.judge = lambda name, actions: actions if name.startswith(OURS) else set()
        self.registry.authority = Scoped(
            self.tokens, 'Bearer realm="REALM",service="registry.docker.io",scope="SCOPE"')
        self.move_blobs("production.cloudflare.docker.com")
        for method in ("GET", "HEAD"):
            self.registry.script(f"{method} */manifests/*", self._meter)

    def _meter(self, registry, request):
        if self.is_abused:  # no JSON, and whatever is asked
            return Reply(429, b"Too Many Requests\n", [("Content-Type", "text/plain")])
        refusal = registry.refusal(request)
        if refusal:
            return refusal
        if request.method == "GET" and self.pulls_left == 0:
            return problem(429, "TOOMANYREQUESTS", SPENT, self._quota())
        self.pulls_left -= request.method == "GET"
        reply = registry.answer_honestly(request)
        return Reply(reply.status, reply.body, reply.headers + self._quota())

    def _quota(self):
        return [("ratelimit-limit", "100;w=21600"),
                ("ratelimit-remaining", f"{self.pulls_left};w=21600"),
                ("docker-ratelimit-source", "192.0.2.1")]
