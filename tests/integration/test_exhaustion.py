# SPDX-License-Identifier: Apache-2.0
"""Where the machine has no more to give, those who come wait or lose a line of the log, and the
service goes on."""
import contextlib
import os
import re
import resource
import signal
import subprocess

import pytest

from support import daemon as daemons
from support.docker_registry import listing
from support.processes import PATIENCE, wait_until

FEW = 128


def limit_descriptors(daemon, soft, hard=None):
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (soft, hard or soft))


def open_descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.pid}/fd"))


def connect_many(daemon, count):
    clients = [daemon.connect() for _ in range(count)]
    for client in clients:
        client.connect()
    return clients


def answers(client):
    client.request("GET", "/health")
    response = client.getresponse()
    response.read()
    return response.status == 200


# -- descriptors ----------------------------------------------------------------------------------

@contextlib.contextmanager
def descriptors(count):
    """For daemons that are started meanwhile."""
    command = daemons.MQUERYD
    daemons.MQUERYD = ["prlimit", f"--nofile={count}:{count}", *command]
    try:
        yield
    finally:
        daemons.MQUERYD = command


@pytest.fixture
def cramped(registry):
    """A daemon that may have few descriptors, from its start on."""
    with descriptors(FEW), daemons.Daemon({"registry": {"hosts": [listing(registry)]}}) as daemon:
        yield daemon


def run_with_descriptors(count, *arguments):
    return subprocess.run(["prlimit", f"--nofile={count}:{count}", *daemons.MQUERYD, *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=PATIENCE, check=False)


def test_with_fewer_descriptors_than_one_question_takes_it_does_not_start(registry, image):
    ended = run_with_descriptors(10, "--listen", "127.0.0.1:0")
    assert ended.returncode == 1
    told = re.fullmatch(r"mqueryd: the limit on open files \(LimitNOFILE=, ulimit -n\) is 10; "
                        r"(\d+) are the least\n", ended.stderr)
    assert told, ended.stderr

    with descriptors(told[1]), daemons.Daemon({"registry": {"hosts": [listing(registry)]}}) as daemon:
        assert daemon.query(image).status == 200


def test_connections_leave_descriptors_for_registries(cramped, image):
    clients = connect_many(cramped, 2 * FEW)
    cramped.wait_for_log("no room for more connections")
    clients[0].request("GET", f"/query?image={image}")
    assert clients[0].getresponse().status == 200
    for client in clients:
        client.close()
    wait_until(lambda: open_descriptors(cramped) < FEW / 2, "the connections to be closed")
    assert cramped.query(image).status == 200


def test_without_descriptors_clients_wait_and_are_served_later(start, image):
    daemon = start()
    assert daemon.query(image).status == 200
    first = connect_many(daemon, 4)
    assert all(map(answers, first))
    _, hard = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    limit_descriptors(daemon, open_descriptors(daemon), hard)

    later = connect_many(daemon, 20)  # the kernel takes them in
    daemon.wait_for_log("no descriptors for more connections")
    assert answers(first[0])
    first[1].request("GET", f"/query?image={image}")
    assert first[1].getresponse().status == 200
    limit_descriptors(daemon, hard, hard)
    assert all(map(answers, later))
    assert daemon.log.count("no descriptors") == 1
    for client in first + later:
        client.close()


# -- the disk -------------------------------------------------------------------------------------

def test_a_log_that_cannot_be_written_costs_its_lines_only(registry, image):
    """/dev/full is a disk without room."""
    with open("/dev/full", "wb") as full, subprocess.Popen(
            [*daemons.MQUERYD, "--listen", "127.0.0.1:0", "--set", "log.access=all"],
            stdout=full, stderr=full,
            env={**daemons.clean_environment(),
                 "MQUERY_REGISTRY_HOSTS": f"[{{name: '{registry.address}', plain_http: true}}]"},
    ) as process:
        port = wait_until(lambda: listening_port(process.pid), "the daemon to listen")
        for _ in range(3):
            asked = subprocess.run(
                ["curl", "-s", f"http://127.0.0.1:{port}/query?image={image}"],
                stdout=subprocess.PIPE, text=True, timeout=PATIENCE)
            assert '"archlist"' in asked.stdout
        process.terminate()
        assert process.wait(PATIENCE) == 0


@pytest.fixture
def full_pipe():
    """One that nobody reads, to its writing end."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"x")
    os.set_blocking(writing, True)
    yield writing
    os.close(writing)
    os.close(reading)


@pytest.mark.parametrize("signals, status", [(1, 0), (2, 128 + signal.SIGTERM)])
def test_a_log_that_nobody_reads_keeps_it_from_neither_serving_nor_ending(full_pipe, signals,
                                                                          status):
    with subprocess.Popen([*daemons.MQUERYD, "--listen", "127.0.0.1:0", "--set",
                           f"server.drain_delay={60 if signals > 1 else 0}s"],
                          stdout=subprocess.DEVNULL, stderr=full_pipe,
                          env=daemons.clean_environment()) as process:
        port = wait_until(lambda: listening_port(process.pid), "the daemon to listen")
        url = f"http://127.0.0.1:{port}/ready"
        assert subprocess.run(["curl", "-sf", url], timeout=PATIENCE).returncode == 0
        process.terminate()
        if signals > 1:
            wait_until(lambda: subprocess.run(["curl", "-sfo", "/dev/null", url]).returncode,
                       "the drain to begin")
            process.terminate()
        try:
            assert process.wait(PATIENCE) == status
        finally:
            process.kill()


def listening_port(pid):
    """As the kernel tells, since nobody else can."""
    sockets = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
    with open("/proc/net/tcp", encoding="ascii") as file:
        for line in file.read().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                return int(fields[1].rpartition(":")[2], 16)
    return None
