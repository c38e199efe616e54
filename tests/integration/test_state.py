# SPDX-License-Identifier: Apache-2.0
"""The warm restart: what was known is known again, but never what not everyone may see."""
import os
import signal
import stat

import pytest

from support import authority, namespaces
from support.images import index_of
from support.processes import wait_until


@pytest.fixture
def image(registry):
    registry.push("lab/app:v1", index_of("linux/amd64", "linux/arm64"))
    return registry.name("lab/app:v1")


@pytest.fixture
def state_file(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def restart(start, state_file):
    """restart() starts a daemon with the state file that the one before it has left."""
    def start_again(**more):
        return start({"cache": {"state_file": str(state_file)}}, **more)
    return start_again


def test_what_was_known_is_known_after_a_restart(restart, registry, state_file, image):
    daemon = restart()
    before = daemon.query(image)
    daemon.stop()
    assert '"message":"saved the cache","entries":1' in daemon.log
    assert stat.S_IMODE(state_file.stat().st_mode) == 0o600
    assert os.listdir(state_file.parent) == [state_file.name]

    registry.requests.clear()
    daemon = restart()
    assert '"message":"loaded the saved cache","entries":1' in daemon.log
    after = daemon.query(image)
    assert after.json == before.json
    assert registry.requests == []


def test_an_answer_that_is_not_fresh_any_more_is_confirmed_behind(start, registry, state_file,
                                                                  image):
    cache = {"fresh": "0s", "stale_while_revalidate": "1h", "state_file": str(state_file)}
    daemon = start({"cache": cache})
    daemon.query(image)
    daemon.stop()
    registry.requests.clear()
    daemon = start({"cache": cache})
    assert daemon.query(image).json["stale"]
    wait_until(lambda: registry.requests, "the registry to be asked behind")
    assert registry.requests[0].method == "HEAD"


def test_callers_own_answers_are_not_in_the_file(restart, registry, state_file, image):
    registry.authority = authority.Basic("alice", "swordfish")
    registry.push("lab/secret:v1", index_of("linux/amd64"))
    auth = authority.registry_auth(username="alice", password="swordfish")
    daemon = restart()
    assert daemon.query(registry.name("lab/secret:v1"), auth).status == 200
    daemon.stop()
    content = state_file.read_bytes()
    assert b"secret" not in content and b"swordfish" not in content and b"alice" not in content


def test_a_registry_that_is_asked_as_another_user_begins_anew(restart, registry, image, secret_file):
    daemon = restart()
    assert daemon.query(image).status == 200
    daemon.stop()
    registry.requests.clear()
    robot = {"username": "robot", "password_file": secret_file("x\n")}
    daemon = restart(host=robot)
    assert '"passed_over":1' in daemon.log
    assert daemon.query(image).status == 200
    assert registry.requests


@pytest.mark.parametrize("damage", [
    lambda content: b"",
    lambda content: b"nonsense" * 1000,
    lambda content: content[:-1],
    lambda content: content[:100] + b"?" + content[101:],
])
def test_a_damaged_file_is_told_and_not_used(restart, registry, state_file, image, damage):
    daemon = restart()
    daemon.query(image)
    daemon.stop()
    state_file.write_bytes(damage(state_file.read_bytes()))
    registry.requests.clear()
    daemon = restart()
    daemon.wait_for_log("the saved cache is not used")
    assert daemon.query(image).status == 200
    assert registry.requests
    daemon.stop()
    assert '"message":"saved the cache","entries":1' in daemon.log


def test_after_a_kill_the_next_start_is_clean(restart, registry, state_file, image):
    daemon = restart()
    daemon.query(image)
    daemon.stop()
    daemon = restart()
    daemon.signal(signal.SIGKILL)
    daemon.wait_for_end()
    assert not state_file.exists()  # what it knew better is not forgotten for what was in there

    registry.requests.clear()
    daemon = restart()
    assert "saved cache" not in daemon.log
    assert daemon.query(image).status == 200
    assert registry.requests


def test_a_directory_that_is_not_there_keeps_nobody_from_serving(start, tmp_path, image):
    daemon = start({"cache": {"state_file": str(tmp_path / "none" / "cache")}})
    daemon.wait_for_log("the cache will not be saved")
    assert daemon.query(image).status == 200
    daemon.stop()
    daemon.wait_for_log("the cache is not saved")


def test_on_a_full_disk_nothing_is_saved_and_nothing_left(registry, start, image):
    """A file system of one page that is full already."""
    def inside():
        directory = "/mnt"
        namespaces.run(f"mount -t tmpfs -o size=4k tmpfs {directory}")
        with open(f"{directory}/full", "wb", buffering=0) as file:
            file.write(bytes(4096))
        daemon = start({"cache": {"state_file": f"{directory}/cache"}})
        assert daemon.get("/health").status == 200
        daemon.stop()
        daemon.wait_for_log("No space left on device")
        assert os.listdir(directory) == ["full"]

    try:
        namespaces.call_inside(inside)
    except namespaces.NotPermitted as reason:
        pytest.skip(str(reason))


def test_the_file_can_be_named_by_a_reload(start, state_file, image):
    daemon = start()
    daemon.query(image)
    daemon.reload({"cache": {"state_file": str(state_file)}})
    daemon.stop()
    wait_until(state_file.exists, "the file")
