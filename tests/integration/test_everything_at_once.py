# SPDX-License-Identifier: Apache-2.0
"""Everything at once: what requests, reloads, clients that leave and a drain do to each other.

Each of these is tested alone elsewhere. Here only two things are judged: every answer is one that
mqueryd gives on purpose, and mqueryd ends well, which says most when it was built with a sanitizer.
"""
import http.client
import json
import random
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import behave
from support.daemon import merged
from support.docker_registry import listing
from support.images import config, index_of
from support.processes import wait_until
from support.push_service import KNOWN, YAML, push_sources_at_home
from support.pushes import TARGET

CLIENTS, STEPS, RELOADS = 8, 40, 10
ON_PURPOSE = {200, 400, 401, 403, 404, 429, 502, 503, 504}  # not 500
# Everything is old at once, and room for it is short.
RESTLESS = {"cache": {"fresh": "20ms", "stale_while_revalidate": "30ms", "negative": "10ms",
                      "memory": "1MiB"},
            "server": {"admin": "127.0.0.1:0"}}


# -- what a client may do: (daemon, image) -> an answer's status, or None where it did not wait ---

def query(daemon, image):
    return daemon.query(image).status


def query_past_the_cache(daemon, image):
    return daemon.query(image, {"Cache-Control": "no-cache"}, platform="linux/arm64").status


def inspect(daemon, image):
    return daemon.get(f"/inspect?image={image}").status


def inspect_in_another_spelling(daemon, image):
    return daemon.get(f"/inspect?image={image}&platform=linux/arm64").status


def batch(daemon, image):
    return daemon.ask("POST", "/query", {"Content-Type": "application/json"},
                      json.dumps([image, image.replace("app", "lone"), "no image"])).status


def push(daemon, image):
    home = f"{image.partition('/')[0]}/{TARGET}"
    document = {"image": f"{home}:pushed",
                "manifests": [{"image": f"{home}:{each}"} for each in ("amd64", "arm64")]}
    return daemon.ask("POST", "/push", {**YAML, **KNOWN}, json.dumps(document)).status


def look_inside(daemon, image):
    door = daemon.operators
    for target in ("/debug", f"/debug/cache?image={image}", "/metrics"):
        assert door.get(target).status == 200
    return daemon.get("/health").status


def leave_at_once(daemon, image):
    with socket.create_connection((daemon.host, daemon.port)) as client:
        client.sendall(f"GET /query?image={image} HTTP/1.1\r\nHost: x\r\n\r\n".encode())


def leave_in_a_body(daemon, image):
    with socket.create_connection((daemon.host, daemon.port)) as client:
        client.sendall(b"POST /query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       b"Content-Length: 1000\r\n\r\n[" + json.dumps(image).encode())


def leave_in_an_answer(daemon, image):
    connection = daemon.connect()
    connection.request("POST", "/query", json.dumps([image] * 50),
                       {"Content-Type": "application/json"})
    connection.getresponse().read(20)
    connection.close()


DEEDS = [query, query_past_the_cache, inspect, inspect_in_another_spelling, batch, push,
         look_inside, leave_at_once, leave_in_a_body, leave_in_an_answer]


def act(daemon, registries, seed):
    """One deed after the other, chosen by the seed; yields what each returned."""
    choose = random.Random(seed)
    while True:
        image = choose.choice(registries).name(
            f"lab/{choose.choice(['app', 'lone', 'none'])}:v{choose.randrange(4)}")
        yield choose.choice(DEEDS)(daemon, image)


# -- registries, settings -------------------------------------------------------------------------

MOODS = [behave.hang_up, behave.html_error(502), behave.cut_short,
         behave.fail(401, "UNAUTHORIZED"), behave.rate_limited("1")]


def moody(registry, request):
    """Mostly honest."""
    behaviour = behave.honest if random.random() < 0.9 else random.choice(MOODS)
    return behaviour(registry, request)


@pytest.fixture
def registries(registry, another_registry):
    """One that can be relied on, and one that cannot."""
    for each in (registry, another_registry):
        push_sources_at_home(each)
        for number in range(4):
            each.push(f"lab/app:v{number}", index_of("linux/amd64", "linux/arm64"))
            each.push_image(f"lab/lone:v{number}", config("linux/arm64"))
    another_registry.script("*", moody)
    return [registry, another_registry]


@pytest.fixture
def restless(service, registries):
    hosts = [listing(each) for each in registries]
    return service(merged(RESTLESS, {"registry": {"hosts": hosts}}))


# -- the tests ------------------------------------------------------------------------------------

def test_requests_and_reloads_do_each_other_no_harm(restless, registries):
    def client(seed):
        deeds = act(restless, registries, seed)
        return {next(deeds) for _ in range(STEPS)} - {None}

    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(client, seed) for seed in range(CLIENTS)]
        for number in range(RELOADS):
            hosts = [listing(each, timeout=f"{9 + number}s") for each in registries]
            restless.reload({"registry": {"hosts": hosts}})
        statuses = set.union(*(each.result() for each in clients))
    assert {200, 404} <= statuses <= ON_PURPOSE


@pytest.mark.parametrize("timeout", ["20s", "0s"])
def test_a_drain_in_the_midst_of_requests_ends_well(restless, registries, timeout):
    restless.reload({"server": {"drain_timeout": timeout}})
    answered = threading.Semaphore(0)

    def client(seed):
        try:
            for status in act(restless, registries, seed):
                assert status is None or status in ON_PURPOSE
                answered.release()
        except (OSError, http.client.HTTPException):
            wait_until(lambda: not restless.is_running(), "the end")

    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(client, seed) for seed in range(CLIENTS)]
        for _ in range(CLIENTS * 4):
            assert answered.acquire(timeout=30)
        restless.terminate()
        for each in clients:
            each.result()
    restless.wait()
