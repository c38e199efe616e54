# SPDX-License-Identifier: Apache-2.0
"""Who may read a fake registry: Basic credentials, or tokens from an endpoint of its own."""
import base64
import itertools
import json
from urllib.parse import parse_qs

from support import canaries
from support.http_server import HttpServer, Reply
from support.problem import problem


def basic(user, password):
    canaries.secret(password)
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Basic:
    """401 with a Basic challenge until these credentials come."""

    def __init__(self, user, password, challenge='Basic realm="lab"'):
        self.wanted = basic(user, password)
        self.challenge = challenge

    def check(self, registry, request):
        if request.header("authorization") == self.wanted:
            return None
        return unauthorized(self.challenge)


def registry_auth(**fields):
    """The headers with which a caller brings credentials of its own."""
    for name in ("password", "identitytoken", "registrytoken"):
        canaries.secret(fields.get(name, ""))
    value = base64.urlsafe_b64encode(json.dumps(fields).encode()).decode()
    return {"X-Registry-Auth": value}


class Bearer:
    """401 with Bearer challenges until a token comes that `tokens` has given out and not taken
    back. A challenge is one header's value; REALM and SCOPE in it are filled in."""

    def __init__(self, tokens, *challenges):
        self.tokens = tokens
        self.challenges = challenges or ['Bearer realm="REALM",service="lab",scope="SCOPE"']

    def check(self, registry, request):
        scheme, _, token = (request.header("authorization") or "").partition(" ")
        if scheme == "Bearer" and token in self.tokens.valid:
            return None
        repository = "/".join(request.path.split("/")[2:-2])
        return unauthorized(*(each.replace("REALM", self.tokens.realm)
                              .replace("SCOPE", f"repository:{repository}:pull")
                              for each in self.challenges))


class Scoped(Bearer):
    """401, too, until the token's scopes allow what is asked: push for whatever writes, and for a
    mount pull of the repository that it is from. Of several challenges each says what is lacking
    where it has SCOPE in it."""

    def check(self, registry, request):
        _, _, token = (request.header("authorization") or "").partition(" ")
        granted = self.tokens.granted.get(token)
        wanted = scopes_for(request)
        if granted and all(actions <= granted.get(name, set()) for name, actions in wanted.items()):
            return None
        scope = " ".join(f"repository:{name}:{','.join(sorted(actions))}"
                         for name, actions in wanted.items())
        error = ',error="insufficient_scope"' if granted is not None else ""
        return unauthorized(*(each.replace("REALM", self.tokens.realm)
                              .replace('"SCOPE"', f'"{scope}"{error}')
                              for each in self.challenges))


def scopes_for(request):
    repository = request.path.removeprefix("/v2/")
    for kind in ("/blobs/", "/manifests/"):
        repository = repository.partition(kind)[0]
    is_read = request.method in ("GET", "HEAD")
    wanted = {repository: {"pull"} if is_read else {"pull", "push"}}
    for source in request.query.get("from", []):
        wanted.setdefault(source, set()).add("pull")
    return wanted


class TokenEndpoint(HttpServer):
    """Gives tokens by GET to whoever sends `credentials` (a Basic header; None: to everybody), and
    by POST for `refresh_token`. `granted` says for each token what it is for."""

    def __init__(self, credentials=None, path="/token", **place):
        self.credentials = credentials
        self.welcomes_strangers = False  # who sends no credentials gets a token, too
        self.refresh_token = None
        self.get_allowed = True
        self.fields = ("token",)     # the members that hold the token
        self.more = {"expires_in": 300}
        self.valid = set()
        self.granted = {}            # token -> {repository: actions}
        self.withheld = set()        # actions that are never granted
        self.judge = lambda _, actions: actions  # those granted of a repository's
        self.scopes_heeded = None    # only so many of the scopes asked for; None: all
        self.behaviour = None        # instead of all this
        self._serial = itertools.count(1)
        super().__init__(**place)
        self.realm = self.url + path

    def revoke_all(self):
        self.valid.clear()

    def handle(self, request):
        if self.behaviour:
            return self.behaviour(self, request)
        return self.give_token(request)

    def give_token(self, request):
        form = request.query
        if request.method == "POST":
            form = parse_qs(request.body.decode())
            allowed = (self.refresh_token is not None
                       and form.get("refresh_token") == [self.refresh_token])
        elif not self.get_allowed:
            return problem(405, "UNSUPPORTED", "POST only")
        else:
            allowed = self._knows(request.header("authorization"))
        if not allowed:
            return problem(401, "UNAUTHORIZED", "incorrect username or password")
        granted = self.grant(" ".join(form.get("scope", [])).split())
        token = canaries.secret(f"issued-token-{next(self._serial)}")
        self.valid.add(token)
        self.granted[token] = granted
        body = json.dumps({**{name: token for name in self.fields}, **self.more}).encode()
        return Reply(200, body, [("Content-Type", "application/json")])

    def _knows(self, who):
        return self.credentials in (None, who) or (self.welcomes_strangers and who is None)

    def grant(self, scopes):
        """What a token for these is for."""
        granted = {}
        for scope in scopes[:self.scopes_heeded]:
            name, _, actions = scope.removeprefix("repository:").rpartition(":")
            allowed = self.judge(name, set(actions.split(",")) - self.withheld)
            granted.setdefault(name, set()).update(allowed)
        return granted


def unauthorized(*challenges):
    return problem(401, "UNAUTHORIZED", "authentication required",
                   [("WWW-Authenticate", each) for each in challenges])
