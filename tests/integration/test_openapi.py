# SPDX-License-Identifier: Apache-2.0
"""GET /openapi.json. That every answer of every test is as it says is support/described.py's."""
import gzip
import json
import os
import re

import jsonschema
import pytest

from support import described
from support.daemon import Answer
from support.images import index_of
from support.processes import ROOT


def test_the_document_that_is_served_is_the_one_in_the_repository(daemon):
    answer = daemon.get("/openapi.json")
    assert answer.status == 200
    assert answer.json == described.DOCUMENT
    assert answer.json["openapi"].startswith("3.1.")


def test_it_is_packed_and_not_sent_twice(daemon):
    plain = daemon.get("/openapi.json")
    packed = daemon.get("/openapi.json", {"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    again = daemon.get("/openapi.json", {"If-None-Match": packed.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")


def routes():
    """Path and methods of each row of the router's table."""
    with open(os.path.join(ROOT, "server", "router.c"), encoding="utf-8") as file:
        for path, methods in re.findall(r'\{"(/[^"]*)", \w+, ([A-Z |]+),', file.read()):
            yield path, ({"get", "head"} if "READ" in methods else set()) | (
                {"post"} if "WRITE" in methods else set())


def test_every_route_is_described_with_its_methods_and_no_other():
    paths = {path: {name for name in described.resolve(item) if name != "options"}
             for path, item in described.DOCUMENT["paths"].items()}
    assert paths and paths == dict(routes())


def test_every_reference_leads_somewhere_and_every_component_is_referred_to():
    text = json.dumps(described.DOCUMENT)
    referred = set(re.findall(r'"\$ref": "#/([^"]*)"', text))
    for reference in referred:
        described.resolve({"$ref": f"#/{reference}"})
    components = {f"components/{kind}/{name}"
                  for kind, items in described.DOCUMENT["components"].items()
                  for name in items if kind != "securitySchemes"}
    assert components <= referred, components - referred


@pytest.mark.parametrize("name", sorted(described.DOCUMENT["components"]["schemas"]))
def test_every_schema_is_one(name):
    jsonschema.Draft202012Validator.check_schema(
        described.DOCUMENT["components"]["schemas"][name])


@pytest.mark.parametrize("field, value", [
    ("archlist", None), ("islist", "true"), ("cachets", -1), ("digest", "sha256:12"),
    ("stale", False), ("surprise", 1)])
def test_another_answer_would_be_noticed(daemon, registry, field, value):
    """The check checks."""
    registry.push("lab/app:v1", index_of("linux/amd64"))
    answer = daemon.query(registry.name("lab/app:v1"))
    wrong = {**answer.json, field: value}
    with pytest.raises(jsonschema.ValidationError):
        described.check("GET", "/query", Answer(200, answer.headers, json.dumps(wrong).encode()))


@pytest.mark.parametrize("method, target, status", [
    ("GET", "/query", 201), ("GET", "/health", 500), ("PUT", "/query", 200), ("GET", "/no", 200)])
def test_another_status_would_be_noticed(daemon, method, target, status):
    answer = daemon.get("/health")
    with pytest.raises(described.NotDescribed):
        described.check(method, target, Answer(status, answer.headers, answer.body))


def test_another_header_would_be_noticed(daemon):
    answer = daemon.get("/health")
    answer.headers["X-Surprise"] = "1"
    with pytest.raises(described.NotDescribed):
        described.check("GET", "/health", answer)
    del answer.headers["X-Surprise"]
