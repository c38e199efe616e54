# SPDX-License-Identifier: Apache-2.0
"""What people run themselves: Harbor, whose robots have a dollar in their names; Nexus, which
shouts BASIC and says no digests; Artifactory, which denies what is not there."""
from support import behave, canaries
from support.authority import Basic, Scoped, TokenEndpoint
from support.problem import problem
from support.registries.hosted import PASSWORD, TOKEN, Hosted


class Harbor(Hosted):
    title = "Harbor"
    names = ("harbor.example.com", "harbor.s3.eu-central-1.amazonaws.com")
    account = ("robot$lab+ci", canaries.secret("Harbor0123456789robotSecret"))

    def __init__(self, ground):
        super().__init__(ground)
        self.registry = self.start_registry("harbor.example.com", TOKEN)
        self.start_own_tokens("/service/token")
        self.registry.authority = Scoped(
            self.tokens, 'Bearer realm="REALM",service="harbor-registry",scope="SCOPE"')
        self.registry.say_absent = lambda repository, _: problem(
            404, "UNKNOWN", f"artifact {repository}:none not found")
        self.move_blobs(self.names[1])


class Nexus(Hosted):
    title = "Nexus"
    names = ("nexus.example.com",)
    account = ("lab-deployer", canaries.secret("nexus:Pass word=0123456789"))
    revalidation = ["HEAD", "GET"]

    def __init__(self, ground):
        super().__init__(ground)
        self.registry = self.start_registry("nexus.example.com", PASSWORD)
        self.registry.authority = Basic(
            *self.account, 'BASIC realm="Sonatype Nexus Repository Manager"')
        for method in ("GET", "HEAD"):
            self.registry.script(f"{method} */manifests/*", behave.digest_header(None))


class Artifactory(Hosted):
    title = "Artifactory"
    names = ("artifactory.example.com",)
    account = ("lab-reader", canaries.secret("cmVmdGtuOjAxOjAxMjM0NTY3ODk6YWJjZGVm"))
    absent_tag = absent_repository = "denied"

    def __init__(self, ground):
        super().__init__(ground)
        self.registry = self.start_registry("artifactory.example.com", TOKEN)
        self.start_own_tokens("/artifactory/api/docker/lab/v2/token", ArtifactoryTokens)
        self.registry.authority = Scoped(
            self.tokens, 'Bearer realm="REALM",service="artifactory.example.com"')
        self.registry.script("GET */manifests/*", forbid_what_is_absent)


def forbid_what_is_absent(registry, request):
    """As its virtual repositories do; what is written there is asked for by HEAD."""
    reply = registry.answer_honestly(request)
    if reply.status == 404:
        return problem(403, "DENIED", "Download request for repo:path 'lab-remote-cache:app/none/"
                       "manifest.json' is forbidden for user 'lab-reader'.")
    return reply


class ArtifactoryTokens(TokenEndpoint):
    def give_token(self, request):
        if request.method == "POST":
            return problem(401, "UNAUTHORIZED", "method is not supported")
        return super().give_token(request)
