# SPDX-License-Identifier: Apache-2.0
"""Other settings while serving: SIGHUP reads them again, and no request and no answer is lost."""
import base64
import json
import os
import re
import signal
import socket
import threading

import pytest

from support import authority, behave, daemon as daemons
from support.docker_registry import listing
from support.images import index_of
from support.processes import ROOT, wait_until


def gets(registry):
    return sum(request.method == "GET" and "/manifests/" in request.target
               for request in registry.requests)


# -- what changes ---------------------------------------------------------------------------------

def test_settings_hold_from_the_next_request_on(start, image):
    daemon = start({"cache": {"fresh": "1h"}})
    assert daemon.query(image).headers["Cache-Control"].startswith("public, max-age=3600")
    daemon.reload({"cache": {"fresh": "2h"}})
    assert daemon.query(image, platform="linux/amd64").headers["Cache-Control"].startswith(
        "public, max-age=7200")


def test_the_cache_stays(start, registry, image):
    daemon = start()
    daemon.query(image)
    daemon.reload({"cache": {"fresh": "1h"}, "log": {"level": "debug"}})
    assert daemon.query(image).headers["Cache-Control"].startswith("public, max-age=3600, ")
    assert gets(registry) == 1


def send_nonsense(daemon):
    """The library complains of it, at level debug."""
    with socket.create_connection((daemon.host, daemon.port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nContent-Length: nonsense\r\n\r\n")
        client.recv(1)


def test_the_level_of_the_log_changes(start):
    daemon = start({"log": {"level": "info"}})
    send_nonsense(daemon)
    daemon.reload({"log": {"level": "debug"}})
    assert "libmicrohttpd" not in daemon.log
    send_nonsense(daemon)
    daemon.wait_for_log("libmicrohttpd")


def test_variables_and_flags_win_as_at_the_start(start, image):
    daemon = start(environment={"MQUERY_CACHE_FRESH": "1h"})
    daemon.reload({"cache": {"fresh": "2h"}})
    assert daemon.query(image).headers["Cache-Control"].startswith("public, max-age=3600")


def test_what_wants_a_restart_is_told_and_stays(start, image):
    daemon = start()
    daemon.reload({"server": {"listen": "127.0.0.1:1", "threads": 7}, "log": {"format": "logfmt"}})
    for name in ("server.listen", "server.threads", "log.format"):
        assert f'"message":"this setting stays as it was until the next start","setting":"{name}"' \
            in daemon.log
    assert daemon.query(image).status == 200


def test_the_settings_that_wait_for_a_restart_are_documented():
    with open(os.path.join(ROOT, "config", "settings.c"), encoding="utf-8") as file:
        waiting = re.findall(r"^ *{\"([\w.]+)\", &\w+, RESTART\(", file.read(), re.MULTILINE)
    with open(os.path.join(ROOT, "docs", "operations.md"), encoding="utf-8") as file:
        told = re.search(r"A few settings wait for the next start,([^;]*?):((?:\s+`[\w.]+`[,.])+)",
                         file.read())
    assert waiting and sorted(waiting) == sorted(re.findall(r"`([\w.]+)`", told[2]))


def test_unknown_variables_are_warned_about_again(start):
    daemon = start(environment={"MQUERY_PORT": "tcp://10.0.0.1:80"})
    before = daemon.log.count("MQUERY_PORT")
    daemon.reload()
    assert daemon.log.count("MQUERY_PORT") == before + 1


# -- what is wrong --------------------------------------------------------------------------------

@pytest.mark.parametrize("text, where", [
    ("server:\n  listen: [\n", ":3:1: "),
    ("cache:\n  fresh: soon\n", ":2:10: 'soon' is not a duration"),
    ("cache:\n  fersh: 1m\n", ":2:3: unknown setting 'cache.fersh'"),
    ("push: {enabled: true, tokens_file: /nonexistent}\n", "/nonexistent: "),
    ("registry: {credentials: /nonexistent}\n", "/nonexistent"),
    ("registry: {hosts: [{name: a.test, username: u, password_file: /nonexistent}]}\n",
     "/nonexistent"),
])
def test_wrong_settings_change_nothing_and_are_told(start, image, text, where):
    daemon = start({"cache": {"fresh": "1h"}})
    problem = daemon.reload_in_vain(text)
    assert where in problem
    assert daemon.query(image).headers["Cache-Control"].startswith("public, max-age=3600")

    checked = daemons.run("--check-config", "--config", daemon.settings_file)
    assert checked.returncode == 2
    assert problem in checked.stderr
    daemon.reload({"cache": {"fresh": "2h"}})
    assert daemon.query(image, platform="linux/amd64").headers["Cache-Control"].startswith(
        "public, max-age=7200")


def test_a_file_that_is_gone_changes_nothing(start, image):
    daemon = start()
    hidden = daemon.settings_file + ".hidden"
    os.rename(daemon.settings_file, hidden)
    try:
        assert "No such file" in daemon.hang_up("the settings stay as they were")
        assert daemon.query(image).status == 200
    finally:
        os.rename(hidden, daemon.settings_file)


# -- who may see what -----------------------------------------------------------------------------

def test_a_registry_asked_by_another_user_is_asked_again(start, registry, image, secret_file):
    registry.authority = authority.Basic("robot", "first")
    password = secret_file("first\n")
    robot = {"username": "robot", "password_file": password}
    daemon = start(host=robot)
    assert daemon.query(image).status == 200

    daemon.reload()
    assert daemon.query(image).status == 200
    assert gets(registry) == 2  # the first of them was answered 401
    secret_file("second\n")
    daemon.reload()
    assert daemon.query(image).code == "denied"


def test_who_stands_in_the_file_of_credentials_no_more_has_opened_nothing(start, registry, image,
                                                                          tmp_path):
    """By digest, an answer that would be told for good."""
    registry.authority = authority.Basic("robot", "first")
    digest = registry.push("lab/app:v2", index_of("linux/amd64"))
    known = {"auths": {registry.address: {"auth": base64.b64encode(b"robot:first").decode()}}}
    file = tmp_path / "config.json"
    file.write_text(json.dumps(known))
    daemon = start({"registry": {"credentials": str(file)}})
    pinned = registry.name(f"lab/app@{digest}")
    assert daemon.query(pinned).status == 200
    before = gets(registry)
    daemon.reload()
    assert daemon.query(pinned).status == 200
    assert gets(registry) == before

    file.write_text("{}")
    daemon.reload()
    assert daemon.query(pinned).code == "denied"


def test_only_the_registry_that_changed_is_asked_again(start, registry, another_registry, image):
    another_registry.push("lab/app:v1", index_of("linux/s390x"))
    other_image = another_registry.name("lab/app:v1")
    hosts = [listing(registry), listing(another_registry)]
    daemon = start({"registry": {"hosts": hosts}})
    assert daemon.query(image).status == daemon.query(other_image).status == 200

    daemon.reload({"registry": {"hosts": [hosts[0], {**hosts[1], "realm": ["a.test"]}]}})
    assert daemon.query(image).status == daemon.query(other_image).status == 200
    assert gets(registry) == 1
    assert gets(another_registry) == 2


def test_a_registry_that_is_denied_now_is_not_answered_from_memory(start, registry, image):
    daemon = start()
    assert daemon.query(image).status == 200
    daemon.reload({"registry": {"deny": [registry.address]}})
    assert daemon.query(image).code == "forbidden"


def test_tokens_of_pushers_are_read_again(service, secret_file):
    daemon = service()
    first, second = "0123456789abcdef", "fedcba9876543210"

    def pushes(token):
        return daemon.ask("POST", "/check", {"Authorization": f"Bearer {token}"}).status != 401

    assert not pushes(second)
    secret_file(f"{second}\n", "tokens")
    daemon.reload()
    assert pushes(second)
    assert not pushes(first)


def test_a_pause_that_a_registry_asked_for_outlasts_a_reload(start, registry, image):
    registry.push("lab/other:v1", index_of("linux/amd64"))
    registry.script("GET */manifests/*", behave.rate_limited("60"))
    daemon = start()
    assert daemon.query(image).code == "rate_limited"
    asked = len(registry.requests)
    daemon.reload()
    assert daemon.query(registry.name("lab/other:v1")).code == "rate_limited"
    assert len(registry.requests) == asked


# -- what is in flight ----------------------------------------------------------------------------

def test_a_request_in_flight_ends_by_the_settings_it_began_with(start, registry, image):
    release = threading.Event()
    registry.script("GET */manifests/*", behave.hold(release))
    daemon = start({"cache": {"fresh": "1h"}})
    client = daemon.connect()
    client.request("GET", f"/query?image={image}")
    wait_until(lambda: registry.requests, "the registry to be asked")

    daemon.reload({"cache": {"fresh": "2h"}, "registry": {"deny": [registry.address]}})
    release.set()
    response = client.getresponse()
    assert response.status == 200
    assert response.headers["Cache-Control"].startswith("public, max-age=3600")
    response.read()
    # It was told to who had asked, and to nobody else.
    assert daemon.query(image).code == "forbidden"


def test_reloads_under_load_fail_no_request(start, registry):
    for number in range(40):
        registry.push(f"lab/app:v{number}", index_of("linux/amd64"))
    daemon = start({"cache": {"fresh": "0s", "stale_while_revalidate": "0s"}})
    statuses, stop = [], threading.Event()

    def ask(first):
        client = daemon.connect()
        while not stop.is_set():
            for number in range(first, 40, 4):
                image = registry.name(f"lab/app:v{number}")
                client.request("GET", f"/query?image={image}")
                response = client.getresponse()
                response.read()
                statuses.append(response.status)

    threads = [threading.Thread(target=ask, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for number in range(20):
        asked = len(statuses)
        daemon.reload({"cache": {"negative": f"{number + 1}s"}})
        wait_until(lambda: len(statuses) > asked + 8, "requests between two reloads")
    stop.set()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}
    # The threads and descriptors of the old settings are gone with who held them.
    wait_until(lambda: len(os.listdir(f"/proc/{daemon.pid}/task")) < 40, "old threads to end")


def test_many_hang_ups_at_once_are_as_good_as_one(start, image):
    daemon = start()
    for _ in range(50):
        daemon.signal(signal.SIGHUP)
    daemon.wait_for_log("the settings have been read again")
    assert daemon.query(image).status == 200
