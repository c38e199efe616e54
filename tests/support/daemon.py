# SPDX-License-Identifier: Apache-2.0
"""mqueryd as a child process, asked over HTTP.

    with Daemon({"registry": {"hosts": [{"name": address, "plain_http": True}]}}) as daemon:
        daemon.query(f"{address}/lab/app:v1").json["archlist"]

It listens on a port of the kernel's choice (or as told) and is read from its log. Leaving the block
stops it with SIGTERM and asserts that it ended well: exit status 0, and nothing on standard error
but log lines, so that a sanitizer's report is a failure too.
"""
import copy
import http.client
import json
import os
import shlex
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from urllib.parse import urlencode

from support import canaries, described
from support.processes import PATIENCE, ROOT, Child, peak_memory, wait_until

MQUERYD = shlex.split(os.environ.get("MQUERYD", os.path.join(ROOT, "build", "server", "mqueryd")))


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json.get("code")

    @property
    def platforms(self):
        """"os/architecture[/variant]" of each element of archlist."""
        return ["/".join(filter(None, (each["os"], each["architecture"], each.get("variant"))))
                for each in self.json["archlist"]]


# The format in which its log is read here, and all that it can tell.
TALKATIVE = {"format": "json", "access": "all", "level": "debug"}


class Daemon:
    """`settings` are a document, or the text of a file. With `tls`, an ssl.SSLContext, it is asked
    over TLS."""

    def __init__(self, settings=None, environment=None, arguments=(), listen="127.0.0.1:0",
                 tls=None, log=TALKATIVE):
        self.tls = tls
        self.is_described = True
        own = {"server": {"listen": listen} if listen else {}, "log": log}
        is_text = isinstance(settings, str)
        if is_text:
            arguments = [*arguments, *as_flags(own)]
        self._settings = own if is_text else merged(own, settings or {})
        self._file = tempfile.NamedTemporaryFile("w", suffix=".yaml")
        self.write_settings(settings if is_text else json.dumps(self._settings))  # JSON is YAML
        self._child = Child([*MQUERYD, "--config", self._file.name, *arguments],
                            environment={**clean_environment(), **(environment or {})})
        try:
            self.address = self._child.wait_for_line(listening_address, "where it listens")
        except BaseException:
            self._child.stop()
            raise
        self.host, _, port = self.address.rpartition(":")
        self.port = None if self.host == "unix" else int(port)

    @property
    def pid(self):
        return self._child.process.pid

    @property
    def log(self):
        """The log so far, as text."""
        return "\n".join(self._child.lines)

    def peak_memory(self):
        return peak_memory(self.pid)

    def wait_for_log(self, text):
        return self._child.wait_for_line(lambda line: text in line and line, repr(text))

    # -- asking -------------------------------------------------------------------------------

    def connect(self, timeout=PATIENCE):
        if self.port is None:
            return UnixConnection(self.address, timeout)
        host = self.host.strip("[]")
        host = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}.get(host, host)
        if self.tls:
            return http.client.HTTPSConnection(host, self.port, timeout=timeout, context=self.tls)
        return http.client.HTTPConnection(host, self.port, timeout)

    def ask(self, method, target, headers=None, body=None):
        connection = self.connect()
        try:
            connection.request(method, target, body=body, headers=headers or {})
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        canaries.hear(f"{method} {target}", f"{answer.headers}{answer.body!r}")
        if self.is_described:
            described.hear(method, target, answer)
        return answer

    def get(self, target, headers=None):
        return self.ask("GET", target, headers)

    @property
    def operators(self):
        """The same daemon, asked at server.admin."""
        door = copy.copy(self)
        told = json.loads(self.wait_for_log("operators are served"))
        door.address = told["address"]
        door.host, _, port = door.address.rpartition(":")
        door.port = int(port)
        door.tls = None
        door.is_described = False  # docs/openapi.json is about the other door
        return door

    def query(self, image, headers=None, **parameters):
        return self.get("/query?" + urlencode({"image": image, **parameters}), headers)

    # -- other settings -----------------------------------------------------------------------

    @property
    def settings_file(self):
        return self._file.name

    def write_settings(self, text):
        self._file.seek(0)
        self._file.truncate()
        self._file.write(text)
        self._file.flush()

    def reload(self, settings=None):
        """Those it began with, these over them."""
        self.write_settings(json.dumps(merged(self._settings, settings or {})))
        self.hang_up("the settings have been read again")

    def reload_in_vain(self, text):
        """What is wrong with the text, as the log tells."""
        self.write_settings(text)
        return json.loads(self.hang_up("the settings stay as they were"))["error"]

    def hang_up(self, said):
        """Sends SIGHUP, and waits until the log says so once more; the line."""
        before = self.log.count(said)
        self.signal(signal.SIGHUP)
        wait_until(lambda: self.log.count(said) > before, f"the log to say {said!r}")
        return [line for line in self._child.lines if said in line][-1]

    # -- stopping -----------------------------------------------------------------------------

    def signal(self, number):
        self._child.signal(number)

    def terminate(self):
        self.signal(signal.SIGTERM)

    def is_running(self):
        return self._child.process.poll() is None

    def stop(self):
        if self.is_running():
            self.terminate()
        self.wait()

    def wait(self):
        """Waits for the end and asserts that it was a good one."""
        status = self.wait_for_end()
        strange = [line for line in self._child.lines if not is_log_line(line)]
        assert not strange, "on standard error:\n" + "\n".join(strange)
        assert status == 0, f"mqueryd ended with status {status}:\n{self.log}"

    def wait_for_end(self):
        """Waits for an end of whatever kind."""
        status = self._child.wait()
        self._file.close()
        canaries.hear("mqueryd", self.log)
        return status

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None and not self._file.closed:
            self.stop()
        else:
            self._child.stop()
            self._file.close()


def as_flags(settings):
    for section, values in settings.items():
        for name, value in values.items():
            yield from ("--set", f"{section}.{name}={value}")


class UnixConnection(http.client.HTTPConnection):
    """To unix:/path."""

    def __init__(self, address, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = address.removeprefix("unix:")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def merged(base, more):
    """Settings in `more` go over those in `base`, section by section."""
    result = dict(base)
    for name, value in more.items():
        both_sections = isinstance(value, dict) and isinstance(result.get(name), dict)
        result[name] = merged(result[name], value) if both_sections else value
    return result


# Where whoever runs the tests has credentials of their own.
PERSONAL = ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DOCKER_CONFIG", "DOCKER_AUTH_CONFIG",
            "REGISTRY_AUTH_FILE")


def clean_environment():
    """The environment without what would be taken for settings, credentials or a proxy."""
    return {name: value for name, value in os.environ.items()
            if name not in ("PORT", *PERSONAL) and not name.startswith("MQUERY_")
            and "proxy" not in name.lower()}


def is_log_line(line):
    try:
        return "message" in json.loads(line)
    except ValueError:
        return False


def listening_address(line):
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    return fields.get("address") if fields.get("message") == "listening" else None


def run(*arguments, environment=None):
    """Runs mqueryd where it is expected to end by itself."""
    ended = subprocess.run(
        [*MQUERYD, *arguments], env={**clean_environment(), **(environment or {})}, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE)
    canaries.hear("mqueryd " + " ".join(arguments), ended.stdout + ended.stderr)
    return ended
