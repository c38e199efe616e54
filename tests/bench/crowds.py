# SPDX-License-Identifier: Apache-2.0
"""What questions cost the registry: so many requests, however many ask at once."""
import threading

from bench.load import DefaultDaemon
from support import behave, crowd
from support.authority import Bearer, TokenEndpoint
from support.docker_registry import listing
from support.fake_registry import FakeRegistry
from support.images import config, index_of

LOOKUPS = 200


def requests_per_miss(report):
    """Once a token is held."""
    with FakeRegistry() as registry, TokenEndpoint() as tokens:
        for number in range(LOOKUPS):
            registry.push(f"lab/list:t{number}",
                          index_of("linux/amd64", annotations={"number": str(number)}))
            registry.push_image(f"lab/lone:t{number}", config("linux/arm64"),
                                annotations={"number": str(number)})
        registry.authority = Bearer(tokens)
        settings = {"registry": {"hosts": [listing(registry, realm=[tokens.address])]}}
        with DefaultDaemon(settings) as daemon:
            for what, wanted in (("list", 1), ("lone", 2)):
                daemon.query(registry.name(f"lab/{what}:t0"))
                registry.forget()
                for number in range(1, LOOKUPS):
                    daemon.query(registry.name(f"lab/{what}:t{number}"))
                each = len(registry.requests) / (LOOKUPS - 1)
                report(f"requests a miss, {what}", f"{each:.2f}", None, wanted)


def one_flight(report):
    with FakeRegistry() as registry:
        registry.push("lab/app:v1", index_of("linux/amd64"))
        release = threading.Event()
        registry.script("GET *", behave.hold(release))
        with DefaultDaemon({"registry": {"hosts": [listing(registry)]}}) as daemon:
            clients = crowd.send(daemon, [f"/query?image={registry.name('lab/app:v1')}"] * 1000)
            release.set()
            answers = crowd.receive(clients)
        good = sum(each.startswith(b"HTTP/1.1 200") for each in answers)
        report("1000 clients, one cold reference",
               f"{registry.count('GET')} upstream GET, {good} answered", None, "1, 1000")
