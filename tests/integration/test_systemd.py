# SPDX-License-Identifier: Apache-2.0
"""Under systemd: the units are right, and mqueryd keeps its side of each of their promises."""
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from support import daemon as daemons
from support.processes import PATIENCE, ROOT, Child, free_port, wait_until
from support.service_manager import NotificationSink, Unit
from support.stopped_thread import NotPermitted, stopped_thread, threads_named

UNITS = os.path.join(ROOT, "systemd")


def wants(program):
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not installed")


@pytest.fixture
def sink():
    with NotificationSink() as opened:
        yield opened


# -- the units ------------------------------------------------------------------------------------

@pytest.fixture
def units(tmp_path):
    """The units, with the program where it is here."""
    for name in os.listdir(UNITS):
        with open(os.path.join(UNITS, name), encoding="utf-8") as file:
            text = file.read()
        program = os.path.realpath(daemons.MQUERYD[0])
        (tmp_path / name).write_text(text.replace("/usr/bin/mqueryd", program), encoding="utf-8")
    return tmp_path


@wants("systemd-analyze")
def test_systemd_finds_nothing_wrong_with_the_units(units):
    checked = subprocess.run(
        ["systemd-analyze", "verify", *sorted(map(str, units.glob("mqueryd.*")))],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
    assert (checked.returncode, checked.stdout) == (0, "")


@wants("systemd-analyze")
def test_the_service_is_exposed_to_little(units):
    """The threshold is ten times the score, of 10."""
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15",
         str(units / "mqueryd.service")], stdout=subprocess.PIPE, text=True, timeout=PATIENCE)
    assert judged.returncode == 0, judged.stdout


def unit_text(name):
    with open(os.path.join(UNITS, name), encoding="utf-8") as file:
        return file.read()


def test_the_units_promise_what_is_tested_here():
    service, listening = unit_text("mqueryd.service"), unit_text("mqueryd.socket")
    for line in ("Type=notify", "ExecReload=/bin/kill -HUP $MAINPID", "WatchdogSec=30s",
                 "RestartPreventExitStatus=2"):
        assert f"\n{line}\n" in service
    assert "\nFileDescriptorName=http\n" in listening
    with open(os.path.join(ROOT, "config", "passed.c"), encoding="utf-8") as file:
        known = re.findall(r'^    {"([\w-]+)", "[\w.]+"},$', file.read(), re.MULTILINE)
    assert known == re.findall(r"^LoadCredential=([\w-]+):mqueryd\.\1$", service, re.MULTILINE)


# -- notifications --------------------------------------------------------------------------------

def test_it_says_when_it_serves_and_when_it_stops(start, sink):
    daemon = start(environment={"NOTIFY_SOCKET": sink.path})
    assert sink.wait_for("READY", "1")["STATUS"] == "serving"
    assert daemon.get("/ready").status == 200
    daemon.stop()
    assert sink.wait_for("STOPPING", "1")["STATUS"] == "draining"


def test_a_reload_is_told_from_its_start_to_its_end(start, sink):
    daemon = start(environment={"NOTIFY_SOCKET": sink.path})
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    daemon.reload()
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    reloading = sink.wait_for("RELOADING", "1")
    assert before <= int(reloading["MONOTONIC_USEC"]) <= after
    assert sink.wait_for("READY", "1", 2)["STATUS"] == "serving"
    order = [next(iter(lines)) for _, lines in sink.heard]
    assert order == ["READY", "RELOADING", "READY"]


def test_a_reload_in_vain_is_ready_all_the_same_and_says_why(start, sink):
    daemon = start(environment={"NOTIFY_SOCKET": sink.path})
    problem = daemon.reload_in_vain("cache:\n  fresh: soon\n")
    status = sink.wait_for("READY", "1", 2)["STATUS"]
    assert status == f"serving by its old settings: {problem}"
    assert ":2:10:" in status


# -- the watchdog ---------------------------------------------------------------------------------

def test_it_shows_that_it_lives_while_it_serves(start, sink):
    daemon = start(environment={"NOTIFY_SOCKET": sink.path, "WATCHDOG_USEC": "6000000"})
    sink.wait_for("WATCHDOG", "1", 3)
    pings = sink.times("WATCHDOG")
    assert all(later - earlier < 4 for earlier, later in zip(pings, pings[1:]))
    assert "/health" not in daemon.log
    counted = 'mquery_http_requests_total{route="/health",method="GET",code="200"} '
    assert counted + "0\n" in daemon.get("/metrics").body.decode()


def test_it_does_not_where_nobody_watches_or_another_is_meant(start, sink):
    started = [start(environment={"NOTIFY_SOCKET": sink.path, **variables})
               for variables in ({}, {"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"})]
    watched = start(environment={"NOTIFY_SOCKET": sink.path, "WATCHDOG_USEC": "3000000"})
    sink.wait_for("WATCHDOG", "1", 2)
    before = len(sink.times("WATCHDOG"))
    watched.stop()
    for daemon in started:
        daemon.stop()
    assert len(sink.times("WATCHDOG")) <= before + 1


@pytest.mark.parametrize("name, count", [("transfer", 1), ("MHD-single", 1), ("MHD-single", None)])
def test_no_sign_of_life_comes_while_a_thread_is_stuck(start, image, sink, name, count):
    """The one that asks registries, one that serves clients, or all of these."""
    daemon = start({"server": {"threads": 2}},
                   environment={"NOTIFY_SOCKET": sink.path, "WATCHDOG_USEC": "3000000"})
    assert daemon.query(image).status == 200
    sink.wait_for("WATCHDOG", "1")
    with contextlib.ExitStack() as stopped:
        try:
            for thread in threads_named(daemon.pid, name)[:count]:
                stopped.enter_context(stopped_thread(thread))
        except NotPermitted as problem:
            pytest.skip(f"threads cannot be stopped here: {problem}")
        wait_until(lambda: time.monotonic() - sink.times("WATCHDOG")[-1] > 5, "the signs to end")
    sink.wait_for("WATCHDOG", "1", len(sink.times("WATCHDOG")) + 2)


# -- credentials ----------------------------------------------------------------------------------

def test_files_that_systemd_passes_are_used(start, tmp_path):
    token = "0123456789abcdef"
    (tmp_path / "push-tokens").write_text(f"{token}\n")
    daemon = start({"push": {"enabled": True, "tokens_file": "/nonexistent"}},
                   environment={"CREDENTIALS_DIRECTORY": str(tmp_path)})
    authorization = {"Authorization": f"Bearer {token}"}
    assert daemon.ask("POST", "/check").status == 401
    assert daemon.ask("POST", "/check", authorization).status == 400


# -- sockets --------------------------------------------------------------------------------------

@wants("systemd-socket-activate")
def test_systemd_s_own_tool_can_pass_the_socket(registry, image, sink):
    """It begins with the first client, who is answered."""
    port = free_port()
    hosts = json.dumps([{"name": registry.address, "plain_http": True}])
    activated = Child(
        ["systemd-socket-activate", f"--listen=127.0.0.1:{port}", "--fdname=http",
         f"--setenv=NOTIFY_SOCKET={sink.path}", f"--setenv=MQUERY_REGISTRY_HOSTS={hosts}",
         *daemons.MQUERYD, "--listen", "192.0.2.1:1"], environment=daemons.clean_environment())
    try:
        activated.wait_for_line(lambda line: "Listening on" in line, "that it listens")
        assert not sink.times("READY")
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        client.request("GET", f"/query?image={image}")
        assert client.getresponse().status == 200
        activated.wait_for_line(lambda line: f"address=127.0.0.1:{port} socket=http" in line,
                                "which socket it was given")
        activated.signal(signal.SIGTERM)
        assert activated.wait() == 0
        sink.wait_for("STOPPING", "1")
    finally:
        activated.stop()


@pytest.fixture
def unit(registry, sink, tmp_path):
    settings = tmp_path / "settings.yaml"
    settings.write_text(json.dumps({
        "cache": {"state_file": str(tmp_path / "cache")},
        "registry": {"hosts": [{"name": registry.address, "plain_http": True}]}}))
    with Unit(str(settings), sink) as opened:
        opened.start()
        yield opened


def ask_forever(port, target, statuses, stop):
    """One connection a request, as clients behind a load balancer have them."""
    while not stop.is_set():
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            client.request("GET", target)
            response = client.getresponse()
            statuses.append(200 if response.status == 200 else response.read().decode())
        except (OSError, http.client.HTTPException) as problem:
            statuses.append(repr(problem))
        client.close()


def test_restarts_refuse_no_connection_and_fail_no_request(unit, image):
    statuses, stop = [], threading.Event()
    clients = [threading.Thread(target=ask_forever,
                                args=(unit.port, f"/query?image={image}", statuses, stop))
               for _ in range(4)]
    for client in clients:
        client.start()
    for _ in range(4):
        asked = len(statuses)
        wait_until(lambda: len(statuses) > asked + 50, "requests between two restarts")
        assert unit.restart() == 0
    stop.set()
    for client in clients:
        client.join()
    assert set(statuses) == {200}


def test_after_a_kill_only_requests_in_flight_are_lost(unit, image):
    assert unit.stop(signal.SIGKILL) == -signal.SIGKILL
    waiting = socket.create_connection(("127.0.0.1", unit.port))  # nobody serves, nobody refuses
    waiting.sendall(f"GET /query?image={image} HTTP/1.0\r\n\r\n".encode())
    unit.start()
    assert waiting.recv(15).startswith(b"HTTP/1.")
    waiting.close()
