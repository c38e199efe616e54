# SPDX-License-Identifier: Apache-2.0
"""ECR, Amazon's: a password that is good for twelve hours, and 403 when it is no longer; the public
one gives tokens, and says 400. Neither says digests, both keep blobs elsewhere."""
from support import behave, canaries
from support.authority import Basic, Scoped
from support.problem import problem
from support.registries.hosted import PASSWORD, TOKEN, Hosted

PRIVATE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


class EcrPrivate(Hosted):
    title = "Amazon ECR, private"
    names = (PRIVATE, "prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com")
    account = ("AWS", canaries.secret("eyJwYXlsb2FkIjoibGFiIn0=the-first-twelve-hours"))
    revalidation = ["HEAD", "GET"]

    def __init__(self, ground):
        super().__init__(ground)
        self.repositories = {"lab/app", "lab/amd64", "lab/arm64"}
        self.registry = self.start_registry(PRIVATE, PASSWORD)
        self.registry.authority = TwelveHours(
            *self.account, f'Basic realm="https://{PRIVATE}/",service="ecr.amazonaws.com"')
        self.registry.say_absent = self._say_absent
        for method in ("GET", "HEAD"):
            self.registry.script(f"{method} */manifests/*", behave.digest_header(None))
        self.registry.script("POST */blobs/uploads/*", self._open_upload)
        self.move_blobs(self.names[1])

    def expire(self, password):
        """The account's password; the next is this one."""
        self.registry.authority.renew(self.account[0], canaries.secret(password))

    def _say_absent(self, repository, kind):
        if repository not in self.repositories:
            return problem(404, "NAME_UNKNOWN", f"The repository with name '{repository}' does not "
                           "exist in the registry with id '123456789012'")
        return problem(404, "MANIFEST_UNKNOWN", "Requested image not found")

    def _open_upload(self, registry, request):
        repository = request.path.removeprefix("/v2/").partition("/blobs/")[0]
        if not registry.refusal(request) and repository not in self.repositories:
            return self._say_absent(repository, "blobs")
        return registry.answer_honestly(request)


class TwelveHours(Basic):
    """Whose passwords expire."""

    def __init__(self, *arguments):
        self._expired = set()
        super().__init__(*arguments)

    def renew(self, user, password):
        self._expired.add(self.wanted)
        self.wanted = Basic(user, password).wanted

    def check(self, registry, request):
        if request.header("authorization") in self._expired:
            return problem(403, "DENIED",
                           "Your authorization token has expired. Reauthenticate and try again.")
        return super().check(registry, request)


class EcrPublic(Hosted):
    title = "Amazon ECR, public"
    names = ("public.ecr.aws", "d5l0dvt14r5h8.cloudfront.net")
    account = ("AWS", canaries.secret("eyJwdWJsaWMiOiJsYWIifQ==of-the-public-one"))
    revalidation = ["HEAD", "GET"]

    def __init__(self, ground):
        super().__init__(ground)
        self.registry = self.start_registry("public.ecr.aws", TOKEN)
        self.start_own_tokens("/token/")
        self.registry.authority = Outdated(
            self.tokens, 'Bearer realm="REALM",service="public.ecr.aws",scope="aws"')
        for method in ("GET", "HEAD"):
            self.registry.script(f"{method} */manifests/*", behave.digest_header(None))
        self.registry.script("POST */blobs/uploads/*", behave.refuse_mounts(405))
        self.move_blobs(self.names[1])


class Outdated(Scoped):
    """Calls tokens invalid that it once gave."""

    def check(self, registry, request):
        _, _, token = (request.header("authorization") or "").partition(" ")
        if token in self.tokens.granted and token not in self.tokens.valid:
            return problem(400, "DENIED", "Your Authorization Token is invalid.")
        return super().check(registry, request)
