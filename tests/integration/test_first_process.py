# SPDX-License-Identifier: Apache-2.0
"""As the first process of a container: nobody else buries the dead there, the kernel ignores
signals that are not awaited, and whoever stops it kills it after ten seconds."""
import json
import os
import re
import signal
import subprocess

import pytest

from support import daemon as daemons
from support.images import index_of
from support.processes import PATIENCE, Child, wait_until

ALONE = ["unshare", "--pid", "--fork", "--kill-child"]


@pytest.fixture(scope="module", autouse=True)
def permission():
    tried = subprocess.run([*ALONE, "true"], stderr=subprocess.PIPE, text=True)
    if tried.returncode != 0:
        pytest.skip(tried.stderr.strip())


class FirstProcess:
    """mqueryd with a process namespace of its own."""

    def __init__(self, *flags, environment=None):
        self._child = Child([*ALONE, *daemons.MQUERYD, "--listen", "127.0.0.1:0", *flags],
                            environment={**daemons.clean_environment(),
                                         "MQUERY_LOG_FORMAT": "json", **(environment or {})})
        self.address = self._child.wait_for_line(daemons.listening_address, "where it listens")
        self.pid = children(self._child.process.pid)[0]

    def get(self, target):
        """The status."""
        asked = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
                                f"http://{self.address}{target}"], stdout=subprocess.PIPE,
                               text=True, timeout=PATIENCE)
        return int(asked.stdout)

    def terminate(self):
        os.kill(self.pid, signal.SIGTERM)

    def wait(self):
        return self._child.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._child.process.kill()
        self._child.wait()


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def all_children(pid):
    """Of every thread: whoever started a program is its parent."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
            yield from map(int, file.read().split())


def drain_timeout(*prefix, environment=None):
    printed = subprocess.run(
        [*prefix, *daemons.MQUERYD, "--print-config"], stdout=subprocess.PIPE, text=True,
        env={**daemons.clean_environment(), **(environment or {})}, timeout=PATIENCE)
    return re.search(r"drain_timeout: (\w+)", printed.stdout)[1]


def test_the_drain_is_short_enough_for_a_container():
    assert drain_timeout(*ALONE) == "8s"
    assert drain_timeout() == "20s"
    assert drain_timeout(*ALONE, environment={"MQUERY_SERVER_DRAIN_TIMEOUT": "3s"}) == "3s"


def test_sigterm_ends_it_well():
    with FirstProcess() as daemon:
        assert daemon.get("/health") == 200
        daemon.terminate()
        assert daemon.wait() == 0


def test_no_zombies_are_left_of_credential_helpers(registry, tmp_path):
    """One that takes too long, with children of its own that nobody waits for."""
    registry.push("lab/app:v1", index_of("linux/amd64"))
    helper = tmp_path / "docker-credential-slow"
    helper.write_text("#!/bin/sh\n(sleep 1000 & sleep 1000) &\nsleep 1000\n")
    helper.chmod(0o755)
    (tmp_path / "config.json").write_text('{"credsStore": "slow"}')
    hosts = json.dumps([{"name": registry.address, "plain_http": True}])
    with FirstProcess(environment={
            "PATH": f"{tmp_path}:{os.environ['PATH']}", "MQUERY_REGISTRY_HOSTS": hosts,
            "MQUERY_REGISTRY_TIMEOUT": "1s",
            "MQUERY_REGISTRY_CREDENTIALS": str(tmp_path / "config.json")}) as daemon:
        assert daemon.get(f"/query?image={registry.name('lab/app:v1')}") == 504
        wait_until(lambda: not list(all_children(daemon.pid)), "the helper and its children to end")
        daemon.terminate()
        assert daemon.wait() == 0
