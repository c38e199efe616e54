# SPDX-License-Identifier: Apache-2.0
"""How small and how soon: resident memory, and the time from exec to the first answer."""
import json
import os
import random
import re
import socket
import statistics
import time

from bench.load import DefaultDaemon, Nginx, ask_each
from bench.rates import SIX
from support.daemon import MQUERYD, clean_environment
from support.docker_registry import listing
from support.images import OCI_INDEX, index_of
from support.processes import free_port

MANY = 100000
SETTLING = 2  # seconds; what a burst needed is given back once a second


def resident(daemon):
    """MiB, of a daemon that has nothing to do."""
    time.sleep(SETTLING)
    with open(f"/proc/{daemon.pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+) kB", file.read())[1]) / 1024


class ManyImages(Nginx):
    """A registry that holds an image of six platforms under every name: another one each, as the
    name stands in it."""

    def __init__(self):
        document = index_of(*SIX, annotations={"name": "$uri"})
        super().__init__(json.dumps(document), OCI_INDEX)


def memory(report):
    with ManyImages() as registry:
        settings = {"cache": {"memory": "1GiB", "fresh": "1h"},
                    "registry": {"hosts": [listing(registry)]}}
        with DefaultDaemon(settings) as daemon:
            daemon.get("/health")
            report("resident, started", f"{resident(daemon):.1f} MiB", None, "under 10")
            look_up(daemon, registry, 0, 1000)
            report("resident, 1000 lookups", f"{resident(daemon):.1f} MiB", None, "under 20")
            look_up(daemon, registry, 1000, MANY - 1000)
            size = resident(daemon)
            registry.close()
            held = held_of_a_sample(daemon, registry)
            report(f"resident, {MANY} answers", f"{size:.1f} MiB ({held:.0%} of a sample held)",
                   None, "under 200")


def look_up(daemon, registry, first, count):
    ask_each(f"http://{daemon.address}", f"/query?image={registry.address}/lab/n%d:v1",
             first, count, 90, threads=1)


def held_of_a_sample(daemon, registry, size=500):
    """The registry is gone by now: only what is held can be answered."""
    numbers = random.sample(range(MANY), size)
    answers = [daemon.query(f"{registry.address}/lab/n{number}:v1") for number in numbers]
    return sum(each.status == 200 for each in answers) / size


def first_answer(report):
    times = [time_to_first_answer() for _ in range(11)]
    report("first answer after exec", f"{statistics.median(times):.1f} ms, "
           f"best {min(times):.1f} ms", None, "within 15")


def time_to_first_answer():
    port = free_port()
    arguments = [*MQUERYD, "--listen", f"127.0.0.1:{port}"]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    start = time.perf_counter()
    pid = os.posix_spawn(arguments[0], arguments, clean_environment(),
                         file_actions=[(os.POSIX_SPAWN_DUP2, nowhere, fd) for fd in (1, 2)])
    while True:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
                answer = client.recv(4096)
                break
    elapsed = (time.perf_counter() - start) * 1000
    os.kill(pid, 15)
    os.waitpid(pid, 0)
    os.close(nowhere)
    assert answer.startswith(b"HTTP/1.1 200")
    return elapsed
