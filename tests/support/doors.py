# SPDX-License-Identifier: Apache-2.0
"""The two doors through which a push goes in, `mquery push` and POST /push, told apart by nobody.

A spec is a document as a push's YAML has it, or its text.
"""
import contextlib
import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from urllib.parse import urlencode

from support import canaries
from support.authority import registry_auth
from support.command_line import MQUERY, mquery
from support.daemon import Daemon, clean_environment
from support.docker_registry import listing

TOKEN = canaries.secret("a-token-of-the-tests-0123456789abcdef")
# What mquery's exit status is for an error's code.
EXIT_STATUS = {
    "invalid": 2, "not_found": 3, "unauthorized": 4, "forbidden": 4, "denied": 4, "too_large": 5,
    "unsupported": 5, "conflict": 6, "quota": 6, "rate_limited": 6, "overloaded": 6, "draining": 6,
    "no_route": 7, "method": 7, "media_type": 7, "upstream": 7, "timeout": 7, "internal": 8}


@dataclass
class Outcome:
    status: int   # mquery's exit status, or what it would be
    digest: str   # None after a failure
    size: int
    text: str     # what was said besides: warnings and errors


class CommandLine:
    """`mquery push from-spec -`"""

    def __init__(self, registries=(), realms=()):
        self._environment = {}
        if realms:  # else there is nothing to list: a person may ask any registry
            hosts = [listing(each, realm=realms) for each in registries]
            self._environment = {"MQUERY_REGISTRY_HOSTS": json.dumps(hosts)}

    def push(self, spec, credentials=None, timeout="20s", **wishes):
        return told(mquery(*arguments(credentials, timeout, wishes), input=text_of(spec),
                           environment=self._environment))

    def close(self):
        pass


class Service:
    """A daemon that may ask these registries, with one token for pushes."""

    def __init__(self, registries=(), realms=()):
        self._stack = contextlib.ExitStack()
        self._hosts = [listing(each, realm=list(realms)) for each in registries]
        self._daemons = {}

    def push(self, spec, credentials=None, timeout="20s", **wishes):
        headers = {"Content-Type": "application/yaml", "Authorization": f"Bearer {TOKEN}"}
        if credentials:
            headers |= registry_auth(username=credentials[0], password=credentials[1])
        parameters = {name: "true" if value is True else value for name, value in wishes.items()}
        answer = self.daemon(timeout).ask("POST", "/push?" + urlencode(parameters), headers,
                                          text_of(spec).encode())
        said = answer.json
        if answer.status != 200:
            return Outcome(EXIT_STATUS[said["code"]], None, None, said["error"])
        return Outcome(0, said["digest"], said["size"], "\n".join(said.get("warnings", [])))

    def daemon(self, timeout="20s"):
        """The one whose pushes may take so long."""
        if timeout not in self._daemons:
            tokens = self._stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".tokens"))
            tokens.write(TOKEN + "\n")
            tokens.flush()
            settings = {"registry": {"hosts": self._hosts},
                        "push": {"enabled": True, "tokens_file": tokens.name, "timeout": timeout}}
            self._daemons[timeout] = self._stack.enter_context(Daemon(settings))
        return self._daemons[timeout]

    def close(self):
        self._stack.close()


DOORS = {"command": CommandLine, "service": Service}


@contextlib.contextmanager
def command_under_way(spec):
    """The process of a command that has not ended yet."""
    with tempfile.TemporaryFile("w+") as text:
        text.write(text_of(spec))
        text.seek(0)
        process = subprocess.Popen([*MQUERY, *arguments(None, "60s", {})], stdin=text,
                                   stdout=subprocess.DEVNULL, env=clean_environment())
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def arguments(credentials, timeout, wishes):
    flags = ["--timeout", timeout]
    flags += [part for name, value in wishes.items() for part in flag(name, value)]
    if credentials:
        flags += ["--username", credentials[0], "--password", credentials[1]]
    return ["push", *flags, "from-spec", "-"]


def text_of(spec):
    return spec if isinstance(spec, str) else json.dumps(spec)  # JSON is YAML


def flag(name, value):
    name = "--" + name.replace("_", "-")
    return [name] if value is True else [name, value]


def told(result):
    """The outcome of a run of mquery, which says one line and nothing else, or nothing."""
    found = re.fullmatch(r"Digest: (sha256:[0-9a-f]{64}) (\d+)\n", result.stdout)
    is_dry_run = result.stdout.startswith("{")
    assert found or is_dry_run or not result.stdout, result.stdout
    if not found:
        return Outcome(result.returncode, None, None, result.stderr)
    return Outcome(result.returncode, found[1], int(found[2]), result.stderr)
