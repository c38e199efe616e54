# SPDX-License-Identifier: Apache-2.0
"""A real registry (Debian's docker-registry) on a free port, with the golden images in it."""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

from support import canaries, token_server
from support.authority import basic
from support.certificates import CertificateAuthority
from support.processes import ROOT, Child, accepts, free_port, wait_until

GOLDEN = os.path.join(ROOT, "tests", "fixtures", "golden")
USER, PASSWORD = "robot", canaries.secret("a-password-of-the-tests")
READER = "reader"  # may pull, where there are tokens; has the same password


class DockerRegistry:
    """`sections` go into the registry's configuration; `storage` may be shared between several."""

    def __init__(self, storage, delete=False, **sections):
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}"
        self.storage = storage
        http = {"addr": self.address, "secret": "x", **sections.pop("http", {})}
        configuration = {
            "version": 0.1,
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": storage}, "delete": {"enabled": delete},
                        "cache": {"blobdescriptor": "inmemory"}},
            "http": http,
            "validation": {"manifests": {"urls": {"allow": ["^https?://"]}}},
            **sections}
        self._file = tempfile.NamedTemporaryFile("w", suffix=".yml")
        json.dump(configuration, self._file)  # JSON is YAML
        self._file.flush()
        self._child = Child(["docker-registry", "serve", self._file.name],
                            environment={**os.environ, "OTEL_TRACES_EXPORTER": "none"})
        wait_until(lambda: accepts(port), f"the registry at {self.address} to answer")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._child.stop()
        self._file.close()


def load_golden(url, *credentials):
    subprocess.run([sys.executable, os.path.join(GOLDEN, "load"), url, *credentials],
                   check=True, capture_output=True)


def listing(registry, **more):
    """The registry as an entry of `registry.hosts` in the daemon's settings."""
    return {"name": registry.address, "plain_http": True, **more}


def write_htpasswd(path):
    line = subprocess.run(["htpasswd", "-nbB", USER, PASSWORD], check=True, capture_output=True)
    with open(path, "wb") as file:
        file.write(line.stdout)


def with_password(directory):
    path = os.path.join(directory, "password")
    with open(path, "w", encoding="utf-8") as file:
        file.write(PASSWORD + "\n")
    return {"username": USER, "password_file": path}


# -- its kinds: each yields (registry, its entry in `hosts`) over the same storage -----------

@contextlib.contextmanager
def open_to_all(directory, storage):
    with DockerRegistry(storage) as registry:
        yield registry, listing(registry)


@contextlib.contextmanager
def demanding_basic(directory, storage):
    path = os.path.join(directory, "htpasswd")
    write_htpasswd(path)
    with DockerRegistry(storage, auth={"htpasswd": {"realm": "lab", "path": path}}) as registry:
        yield registry, listing(registry, **with_password(directory))


@contextlib.contextmanager
def demanding_tokens(directory, storage):
    key = token_server.SigningKey(directory)
    withheld = {basic(USER, PASSWORD): (), basic(READER, PASSWORD): ("push", "delete")}
    with token_server.TokenServer(key, withheld) as tokens:
        auth = {"token": {"realm": tokens.realm, "service": token_server.SERVICE,
                          "issuer": token_server.ISSUER, "rootcertbundle": key.certificate}}
        with DockerRegistry(storage, auth=auth) as registry:
            yield registry, listing(registry, realm=[tokens.address], **with_password(directory))


@contextlib.contextmanager
def over_tls(directory, storage):
    authority = CertificateAuthority(directory)
    certificate, key = authority.issue()
    with DockerRegistry(storage, http={"tls": {"certificate": certificate, "key": key}}) as registry:
        yield registry, {"name": registry.address, "ca_file": authority.file}


@contextlib.contextmanager
def demanding_certificates(directory, storage):
    """TLS, where only who has a certificate of the authority's may come in."""
    authority = CertificateAuthority(directory)
    certificate, key = authority.issue()
    client_cert, client_key = authority.issue("127.0.0.9", "client")
    tls = {"certificate": certificate, "key": key, "clientcas": [authority.file]}
    with DockerRegistry(storage, http={"tls": tls}) as registry:
        yield registry, {"name": registry.address, "ca_file": authority.file,
                         "client_cert": client_cert, "client_key": client_key}


KINDS = {"open": open_to_all, "basic": demanding_basic, "token": demanding_tokens,
         "tls": over_tls, "certificate": demanding_certificates}


# -- many names for one image ---------------------------------------------------------------------

def tag_many(registry, repository, digest, count):
    """Gives an image thousands of tags (t0, t1, ...) by writing what the registry itself would
    write; through its API this takes minutes."""
    tags = os.path.join(registry.storage, "docker", "registry", "v2", "repositories",
                        *repository.split("/"), "_manifests", "tags")
    for number in range(count):
        directory = os.path.join(tags, f"t{number}", "current")
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, "link"), "w", encoding="ascii") as file:
            file.write(digest)


@contextlib.contextmanager
def storage():
    """A storage directory with the golden images in it."""
    directory = tempfile.mkdtemp(prefix="registry-")
    try:
        with DockerRegistry(directory) as registry:
            load_golden(registry.url)
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
