# SPDX-License-Identifier: Apache-2.0
"""What the fakes of real registries have in common: servers at names of their own, an account that
an operator has there, and who of them may be told what."""
import contextlib
import os

from support import canaries
from support.authority import TokenEndpoint, basic
from support.fake_registry import FakeRegistry, parse_path
from support.http_server import HttpServer, Reply

NOTHING, PASSWORD, TOKEN = (), ("password",), ("token",)


class Hosted:
    """A registry as a service. Subclasses copy the ways of one real registry each."""

    title = ""                  # its section in docs/registries.md
    names = ()                  # of its servers; first what its images' names begin with
    account = (None, None)      # the operator's user and secret; None: nobody is asked
    absent_tag = "not_found"    # what the answer for one is called
    absent_repository = "not_found"
    revalidation = ["HEAD"]     # what an unchanged tag costs
    takes_pushes = True

    def __init__(self, ground):
        self._ground = ground
        self._running = contextlib.ExitStack()
        self._may_see = []      # (server, beginning of a path, kinds of secrets it is told there)
        self.tokens = None
        self.realm = None       # the token server's address, where that is another host

    # -- its servers --------------------------------------------------------------------------

    def start(self, kind, name, may_see=NOTHING, **more):
        """A server of this kind in the place of the one of this name."""
        server = self._running.enter_context(kind(**more, **self._ground.place(name)))
        self._may_see.append((server, "/", may_see))
        self._ground.learn(name, server)
        return server

    def start_registry(self, name, may_see):
        return self.start(FakeRegistry, name, may_see)

    def start_tokens(self, name, path, kind=TokenEndpoint):
        """Where the account's password buys tokens, and strangers may have some as well."""
        self._take_tokens(self.start(kind, name, PASSWORD, path=path))
        self.realm = self.tokens.address

    def start_own_tokens(self, path, kind=TokenEndpoint):
        """The same at the registry's own host."""
        self._take_tokens(self._running.enter_context(kind(path=path)))
        self.tokens.realm = self.registry.url + path
        self.registry.script("* " + path, lambda _, request: self.tokens.handle(request))
        self._may_see.insert(0, (self.registry, path, PASSWORD))

    def _take_tokens(self, tokens):
        self.tokens = tokens
        tokens.credentials = basic(*self.account)
        tokens.welcomes_strangers = True

    def move_blobs(self, name, status=307):
        """To an object store of this name, whither the registry redirects."""
        store = self.start(ObjectStore, name, registry=self.registry)

        def redirect(registry, request):
            return registry.refusal(request) or Reply(
                status, b"", [("Location", store.location(request))])
        self.registry.script("GET */blobs/sha256:*", redirect)
        self.registry.script("HEAD */blobs/sha256:*", redirect)

    def close(self):
        self._running.close()

    # -- what is in it ------------------------------------------------------------------------

    def image(self, name):
        """How it is asked for."""
        return f"{self._ground.registry(self)}/{name}"

    def push(self, name, *arguments, **more):
        return self.registry.push(name, *arguments, **more)

    def push_image(self, name, *arguments, **more):
        return self.registry.push_image(name, *arguments, **more)

    # -- for those who ask it -----------------------------------------------------------------

    @property
    def first(self):
        """The server that is asked first."""
        return self.registry

    def entry(self, secret_file):
        """Of `registry.hosts` in the settings."""
        entry = {"name": self._ground.registry(self)}
        if self.account[0]:
            entry |= {"username": self.account[0], "password_file": secret_file(self.account[1])}
        if self.realm:
            entry["realm"] = [self.realm]
        return entry

    def assert_discreet(self):
        """That none of its servers was told what is another's to know."""
        for server in {server for server, _, _ in self._may_see}:
            for request in server.requests:
                may_see = next(kinds for which, path, kinds in self._may_see
                               if which is server and request.path.startswith(path))
                told = f"{request} {request.headers} {request.body!r}"
                for secret in self._secrets_but(may_see):
                    assert not any(form in told for form in canaries.forms(secret)), told
                if not may_see:
                    assert not request.header("authorization") and not request.header("cookie")

    def _secrets_but(self, kinds):
        if "password" not in kinds and self.account[1]:
            yield self.account[1]
        if "token" not in kinds and self.tokens:
            yield from list(self.tokens.granted)


class ObjectStore(HttpServer):
    """Where a registry sends clients for blobs. Whoever has its signature may read; who sends
    credentials besides is refused, as by S3 and Azure (rule H15)."""

    def __init__(self, registry, **place):
        self._registry = registry
        self._signature = canaries.secret("signature/" + os.urandom(8).hex())
        super().__init__(**place)

    def location(self, request):
        return f"{self.url}{request.path}?X-Amz-Signature={self._signature}"

    def handle(self, request):
        if request.header("authorization"):
            return refuse(400, "Only one auth mechanism allowed")
        if request.query.get("X-Amz-Signature") != [self._signature] or request.method != "GET":
            return refuse(403, "SignatureDoesNotMatch")
        return Reply(200, self._registry.find(*parse_path(request.path))[1])


def refuse(status, text):
    return Reply(status, f"<Error><Message>{text}</Message></Error>".encode(),
                 [("Content-Type", "application/xml")])


# -- where the stand-ins are ----------------------------------------------------------------------

class AtAddresses:
    """At free ports of this machine, told apart by these."""

    def __init__(self, ca):
        self._tls = ca.server_context()

    def place(self, _):
        return {"tls": self._tls}

    def learn(self, name, server):
        pass

    def registry(self, hosted):
        return hosted.first.address


class ByName:
    """By the real names, for who asks through a proxy that finds them at `places`."""

    def __init__(self, ca, names):
        self.places = {}  # "name:443" -> address
        self._tls = ca.server_context("127.0.0.1", *names)

    def place(self, name):
        return {"tls": self._tls, "name": name}

    def learn(self, name, server):
        self.places[f"{name}:443"] = f"127.0.0.1:{server.port}"

    def registry(self, hosted):
        return hosted.names[0]
