# SPDX-License-Identifier: Apache-2.0
"""Stopping: SIGTERM lets what is in flight end, and ends with status 0."""
import http.client
import json
import signal
import socket
import threading

import pytest

from support import behave
from support.metrics import scrape
from support.processes import wait_until


def ask_in_flight(daemon, registry, image):
    """A connection whose question has reached the registry, which holds the answer back; and what
    lets the registry go on."""
    release = threading.Event()
    registry.script("GET *", behave.hold(release))
    client = daemon.connect()
    client.request("GET", f"/query?image={image}")
    wait_until(lambda: registry.requests, "the registry to be asked")
    return client, release


def is_refusing(daemon):
    try:
        return daemon.get("/ready").status == 503
    except (OSError, http.client.HTTPException):
        return True


def test_sigterm_lets_a_request_in_flight_end(start, registry, image):
    daemon = start()
    client, release = ask_in_flight(daemon, registry, image)
    daemon.terminate()
    wait_until(lambda: is_refusing(daemon), "the daemon to refuse new work")
    assert daemon.is_running()
    release.set()
    response = client.getresponse()
    assert response.status == 200
    assert json.loads(response.read())["imagename"] == image
    daemon.wait()


def test_a_request_that_does_not_end_is_answered_in_the_end(start, registry, image):
    daemon = start({"server": {"drain_timeout": "1s"}})
    client, _ = ask_in_flight(daemon, registry, image)
    daemon.terminate()
    response = client.getresponse()
    assert response.status == 503
    assert json.loads(response.read())["code"] == "draining"
    daemon.wait()


def test_the_drain_delay_keeps_serving_but_is_not_ready(start, registry, image):
    daemon = start({"server": {"drain_delay": "2s"}})
    daemon.terminate()
    wait_until(lambda: daemon.get("/ready").status == 503, "the daemon not to be ready")
    assert daemon.get("/health").status == 200
    assert daemon.query(image).status == 200
    daemon.wait()


def test_idle_connections_do_not_delay_the_end(start, image):
    daemon = start()
    idle = [daemon.connect() for _ in range(20)]
    for client in idle:
        client.request("GET", "/health")
        client.getresponse().read()
    silent = socket.create_connection((daemon.host, daemon.port))
    daemon.terminate()
    daemon.wait()
    silent.close()


def test_a_client_that_left_does_not_delay_the_end(start, registry, image):
    daemon = start()
    client, release = ask_in_flight(daemon, registry, image)
    client.close()
    daemon.terminate()
    release.set()
    daemon.wait()


def test_a_client_that_left_in_a_body_does_not_delay_the_end(start):
    """The library reads what came together with the end, and is not told of the end."""
    daemon = start({"server": {"drain_timeout": "1h"}})
    with socket.create_connection((daemon.host, daemon.port)) as client:
        client.sendall(b"POST /query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       b"Content-Length: 9\r\n\r\n[")
    wait_until(lambda: scrape(daemon).value("mquery_http_in_flight_requests") == 2,
               "the body to be waited for, besides this question")
    daemon.terminate()
    daemon.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_daemon_that_was_never_asked_ends(start, number):
    daemon = start()
    daemon.signal(number)
    daemon.wait()


def test_a_second_signal_ends_it_at_once(start, registry, image):
    daemon = start()
    ask_in_flight(daemon, registry, image)
    daemon.terminate()
    wait_until(lambda: is_refusing(daemon), "the daemon to drain")
    daemon.terminate()
    daemon.wait_for_end()
