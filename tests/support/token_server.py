# SPDX-License-Identifier: Apache-2.0
"""A token server that CNCF Distribution believes (its `auth: token`): RS256, signed by openssl."""
import base64
import hashlib
import json
import os
import secrets
import time

from support import canaries
from support.certificates import openssl
from support.http_server import HttpServer, Reply
from support.problem import problem

ISSUER = "lab-tokens"
SERVICE = "lab-registry"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


class SigningKey:
    """An RSA key and the self-signed certificate that the registry is given as its
    rootcertbundle."""

    def __init__(self, directory):
        self._key = os.path.join(directory, "token.key")
        self.certificate = os.path.join(directory, "token.pem")
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=token signer",
                "-days", "2", "-keyout", self._key, "-out", self.certificate)
        self.id = self._key_id()

    def _key_id(self):
        """As libtrust names keys: a shortened SHA-256 of the public key, in base32 by fours."""
        der = openssl("pkey", "-in", self._key, "-pubout", "-outform", "DER").stdout
        text = base64.b32encode(hashlib.sha256(der).digest()[:30]).decode()
        return ":".join(text[i:i + 4] for i in range(0, len(text), 4))

    def sign(self, claims):
        header = {"typ": "JWT", "alg": "RS256", "kid": self.id}
        signed = b".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        signature = openssl("dgst", "-sha256", "-sign", self._key, input=signed).stdout
        return (signed + b"." + base64url(signature)).decode()


    def give_token(self, access):
        """One that its bearer may use for all this in the next five minutes."""
        now = int(time.time())
        return canaries.secret(self.sign({
            "iss": ISSUER, "sub": "robot", "aud": SERVICE, "iat": now, "nbf": now - 10,
            "exp": now + 300, "jti": secrets.token_hex(8), "access": access}))


class TokenServer(HttpServer):
    """Grants its users what they ask for, but for what is withheld from each, and nothing to
    anybody else."""

    def __init__(self, key, withheld):
        self._key = key
        self._withheld = withheld  # a user's Basic header -> actions
        super().__init__()
        self.realm = self.url + "/token"

    def handle(self, request):
        withheld = self._withheld.get(request.header("authorization"))
        if withheld is None:
            return problem(401, "UNAUTHORIZED", "who are you?")
        token = self._key.give_token([
            access(scope, withheld) for text in request.query.get("scope", [])
            for scope in text.split(" ")])
        body = json.dumps({"token": token, "expires_in": 300}).encode()
        return Reply(200, body, [("Content-Type", "application/json")])


def access(scope, withheld):
    kind, _, rest = scope.partition(":")
    name, _, actions = rest.rpartition(":")
    granted = [each for each in actions.split(",") if each not in withheld]
    return {"type": kind, "name": name, "actions": granted}
