# SPDX-License-Identifier: Apache-2.0
"""Errors as registries and token servers tell them."""
import json

from support.http_server import Reply


def problem(status, code, message, headers=()):
    """An error answer as the distribution specification wants it."""
    body = json.dumps({"errors": [{"code": code, "message": message, "detail": None}]}).encode()
    return Reply(status, body, [("Content-Type", "application/json"), *headers])
