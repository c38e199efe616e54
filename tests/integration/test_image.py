# SPDX-License-Identifier: Apache-2.0
"""The container image: built as script/image builds it, run as PID 1 with no capability and no
writable file system."""
import json
import os
import shutil
import signal
import subprocess
import tarfile
import time
import urllib.request

import pytest

from support import images
from support.processes import ROOT, free_port, wait_until

ARCHIVE = os.path.join(ROOT, "build-image", "mquery-amd64.tar")
LARGEST = 25 * 1000 * 1000


def can_be_built():
    probe = ["unshare", "--mount", "--pid", "--fork", "true"]
    return (os.geteuid() == 0 and shutil.which("buildah") and shutil.which("mmdebstrap")
            and subprocess.run(probe, capture_output=True, check=False).returncode == 0)


pytestmark = pytest.mark.skipif(not can_be_built(), reason="needs root, buildah and mmdebstrap")


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """(configuration, directory of the unpacked file system)"""
    subprocess.run([os.path.join(ROOT, "script", "image"), "amd64"], check=True)
    unpacked = tmp_path_factory.mktemp("archive")
    root = tmp_path_factory.mktemp("root")
    root.chmod(0o755)
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(unpacked)
    manifest, = json.loads((unpacked / "manifest.json").read_text())
    for layer in manifest["Layers"]:
        with tarfile.open(unpacked / layer) as files:
            files.extractall(root)
    return json.loads((unpacked / manifest["Config"]).read_text())["config"], str(root)


def run_in(root, *command, environment=(), **options):
    """As PID 1 of its own, as nobody, without a capability, over a read-only file system."""
    return subprocess.Popen(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--",
         "/usr/bin/python3", os.path.join(ROOT, "tests", "support", "contain.py"), root, *command],
        env=dict(environment), **options)


def test_it_is_small_and_says_what_it_is(image):
    config, root = image
    size = sum(os.lstat(os.path.join(where, name)).st_size
               for where, _, names in os.walk(root) for name in names)
    assert size < LARGEST
    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == ["/mquery"] and config["Cmd"] == ["serve"]
    assert config["Healthcheck"]["Test"] == ["CMD", "/mquery", "healthcheck"]
    assert config["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert not any(os.path.exists(os.path.join(root, "bin", name)) for name in ("sh", "bash"))


def test_the_program_names_the_commit_that_the_label_does(image):
    config, root = image
    revision = config["Labels"]["org.opencontainers.image.revision"]
    asked = run_in(root, "/mquery", "--version", stdout=subprocess.PIPE, text=True)
    said, _ = asked.communicate(timeout=10)
    assert f"({revision[:12]})" in said


@pytest.fixture
def served(image):
    _, root = image
    port = free_port()
    child = run_in(root, "/mquery", "serve", environment={"PORT": str(port)},
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def answers():
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).status == 200
        except OSError:
            return False

    wait_until(answers, "the container to answer")
    yield root, port, child
    child.kill()
    child.wait()


def test_it_serves_on_all_addresses_as_pid_1_and_drains(served):
    root, port, child = served
    check = run_in(root, "/mquery", "healthcheck", environment={"PORT": str(port)})
    assert check.wait(10) == 0
    inner, = (int(each) for each in subprocess.run(
        ["pgrep", "-P", str(child.pid)], capture_output=True, check=True).stdout.split())
    status = open(f"/proc/{inner}/status", encoding="ascii").read()
    assert "NSpid:\t%d\t1\n" % inner in status
    assert "CapEff:\t0000000000000000" in status and "CapBnd:\t0000000000000000" in status
    begun = time.monotonic()
    os.kill(inner, signal.SIGTERM)
    assert child.wait(10) == 0
    assert time.monotonic() - begun < 10


def test_a_healthcheck_without_a_service_fails(image):
    _, root = image
    check = run_in(root, "/mquery", "healthcheck", environment={"PORT": str(free_port())},
                   stderr=subprocess.PIPE, text=True)
    _, said = check.communicate(timeout=10)
    assert check.returncode == 1
    assert said.count("\n") == 1


def test_an_image_on_its_command_line_is_asked_for(image, registry):
    _, root = image
    registry.push("lab/app:v1", images.index_of("linux/amd64", "linux/arm64"))
    asked = run_in(root, "/mquery", registry.name("lab/app:v1"), stdout=subprocess.PIPE, text=True)
    said, _ = asked.communicate(timeout=20)
    assert asked.returncode == 0
    assert "   - linux/arm64\n" in said
