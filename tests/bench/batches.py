# SPDX-License-Identifier: Apache-2.0
"""A batch of many images beside asking for each by itself, where the registry is some way off."""
import json
import time

from bench.load import DefaultDaemon
from bench.sizes import ManyImages
from support.delay_proxy import DelayProxy

COUNT = 1000
ONE_WAY = 0.005  # seconds


def batch(report):
    with ManyImages() as registry, DelayProxy(registry.port, ONE_WAY) as proxy:
        settings = {"registry": {"hosts": [{"name": proxy.address, "plain_http": True}]}}
        with DefaultDaemon(settings) as daemon:
            images = [f"{proxy.address}/lab/n{number}:v1" for number in range(2 * COUNT)]
            alone = seconds(lambda: ask_one_by_one(daemon, images[:COUNT]))
            together = seconds(lambda: ask_at_once(daemon, images[COUNT:]))
            again = seconds(lambda: ask_at_once(daemon, images[COUNT:]))
    report(f"batch of {COUNT}, cold", f"{together:.2f} s, one by one {alone:.2f} s",
           alone / together, "at least 8")
    report(f"batch of {COUNT}, warm", f"{again * 1000:.0f} ms", None, "under 100 ms")


def seconds(work):
    start = time.monotonic()
    work()
    return time.monotonic() - start


def ask_one_by_one(daemon, images):
    connection = daemon.connect()
    for image in images:
        connection.request("GET", f"/query?image={image}")
        response = connection.getresponse()
        response.read()
        assert response.status == 200
    connection.close()


def ask_at_once(daemon, images):
    answer = daemon.ask("POST", "/query", {"Content-Type": "application/json"},
                        json.dumps(images).encode())
    last = json.loads(answer.body.splitlines()[-1])
    assert last == {"done": True, "total": COUNT, "ok": COUNT, "failed": 0}, last
