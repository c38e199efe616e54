# SPDX-License-Identifier: Apache-2.0
"""docs/openapi.json holds for every answer that a test has been given.

Answers are noted where they are read (support/daemon.py) and judged after each test: path, method,
status, type, headers and body are as the document has them, and nothing is there that it does not
tell of.
"""
import gzip
import json
import os
from urllib.parse import urlsplit

import jsonschema

from support.processes import ROOT

with open(os.path.join(ROOT, "docs", "openapi.json"), encoding="utf-8") as _file:
    DOCUMENT = json.load(_file)
_RESOLVER = jsonschema.RefResolver.from_schema(DOCUMENT)
_heard = []  # (method, target, answer), since the last check

# HTTP's own; what browsers want to hear (server.cors) goes with every answer, too.
HEADERS_OF_ALL = {"date", "connection", "content-length", "content-type", "transfer-encoding"}
# What is said of a request before its path matters: the document tells so in `info`.
STATUSES_OF_ALL = {"400", "404", "405", "413", "414"}


# What the HTTP library refuses before anybody sees it, in its own words (docs/api.md).
LIBRARY_STATUSES = {400, 414, 431, 505}


class NotDescribed(AssertionError):
    pass


def hear(method, target, answer):
    _heard.append((method, target, answer))


def assert_kept():
    heard = list(_heard)
    _heard.clear()
    for method, target, answer in heard:
        try:
            check(method, target, answer)
        except (NotDescribed, jsonschema.ValidationError) as error:
            raise NotDescribed(f"{method} {target}: {answer.status}: {error}\n{answer.headers}"
                               f"{answer.body[:2000]!r}") from error


def resolve(value):
    """What a reference means, or the value itself."""
    while "$ref" in value:
        _, value = _RESOLVER.resolve(value["$ref"])
    return value


def validate(schema, value):
    jsonschema.Draft202012Validator(
        schema, resolver=_RESOLVER,
        format_checker=jsonschema.draft202012_format_checker).validate(value)


def check(method, target, answer):
    if answer.status in LIBRARY_STATUSES and answer.body.startswith(b"<html>"):
        return
    response = find_response(method, urlsplit(target).path, str(answer.status))
    check_headers(response, answer)
    check_body(method, response, answer)


def find_response(method, path, status):
    operation = resolve(DOCUMENT["paths"].get(path, {})).get(method.lower())
    described = operation["responses"].get(status) if operation else None
    if described:
        return resolve(described)
    if status not in STATUSES_OF_ALL:
        raise NotDescribed("no such answer is described")
    return DOCUMENT["components"]["responses"]["Error"]


def check_headers(response, answer):
    described = {name.lower(): resolve(header)
                 for name, header in response.get("headers", {}).items()}
    for name, value in answer.headers.items():
        name = name.lower()
        if name in described:
            schema = described[name]["schema"]
            validate(schema, int(value) if schema.get("type") == "integer" else value)
        elif name not in HEADERS_OF_ALL and not name.startswith("access-control-"):
            raise NotDescribed(f"the header {name} is not described")


def check_body(method, response, answer):
    contents = response.get("content", {})
    if method == "HEAD" or not contents:
        if answer.body:
            raise NotDescribed("no body is described")
        return
    kind = answer.headers["Content-Type"].partition(";")[0]
    if kind not in contents:
        raise NotDescribed(f"the type {kind} is not described")
    packed = answer.headers.get("Content-Encoding") == "gzip"
    text = (gzip.decompress(answer.body) if packed else answer.body).decode()
    for value in documents(kind, text):
        validate(contents[kind]["schema"], value)


def documents(kind, text):
    if kind == "application/x-ndjson":
        return [json.loads(line) for line in text.splitlines()]
    return [json.loads(text) if kind.endswith("json") else text]
