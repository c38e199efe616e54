# SPDX-License-Identifier: Apache-2.0
"""Asking a daemon to push: by its rules, in pieces, and without waiting for the answer."""
import contextlib
import http.client
import json
import socket

from support import images
from support.doors import TOKEN
from support.processes import PATIENCE
from support.pushes import TARGET

YAML = {"Content-Type": "application/yaml"}
KNOWN = {"Authorization": f"Bearer {TOKEN}"}
PLATFORMS = ["linux/amd64", "linux/arm64"]


def push_sources_at_home(registry):
    """Images in the target repository itself: nothing is to be copied."""
    for each in PLATFORMS:
        registry.push_whole_image(f"{TARGET}:{each.partition('/')[2]}", images.config(each),
                                  [each.encode()])


def spec(registry, tag="v1", tags=(), sources=None):
    sources = sources or [registry.name(f"{TARGET}:{each.partition('/')[2]}") for each in PLATFORMS]
    return {"image": registry.name(f"{TARGET}:{tag}"), "tags": list(tags),
            "manifests": [{"image": each} for each in sources]}


def push(daemon, document, query="", headers=KNOWN, timeout=PATIENCE):
    connection = daemon.connect(timeout)
    with contextlib.closing(connection):
        connection.request("POST", "/push" + query, json.dumps(document), {**YAML, **headers})
        return told(connection.getresponse())


def told(response):
    return response.status, json.loads(response.read())


def head(daemon, *lines, known=KNOWN):
    """A connection on which the head of a push has been sent."""
    client = socket.create_connection((daemon.host, daemon.port), timeout=PATIENCE)
    given = [f"{name}: {value}" for name, value in {**known, **YAML}.items()]
    client.sendall("\r\n".join(["POST /push HTTP/1.1", "Host: x", *given, *lines, "", ""]).encode())
    return client


def answer_on(client):
    """The answer that comes on it; 100 Continue is passed over."""
    response = http.client.HTTPResponse(client)
    response.begin()
    return told(response)


@contextlib.contextmanager
def under_way(daemon, *documents, headers=KNOWN):
    """Pushes that have been sent: their connections."""
    with contextlib.ExitStack() as stack:
        clients = []
        for each in documents:
            client = stack.enter_context(contextlib.closing(daemon.connect()))
            client.request("POST", "/push", json.dumps(each), {**YAML, **headers})
            clients.append(client)
        yield clients
