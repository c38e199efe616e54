# SPDX-License-Identifier: Apache-2.0
"""What those who ask notice of other settings and of a restart: nothing."""
import json
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from bench.load import DefaultDaemon, Offer, failures, requests_made, try_wrk
from bench.sizes import ManyImages
from support.docker_registry import listing
from support.service_manager import NotificationSink, Unit

SECONDS = 6
MISSES = 200   # a second, so that lookups are in flight, too
PERIOD = 0.1   # seconds from one reload to the next
PAUSE = 0.5    # seconds from a restart's end to the next
HIT, MISS = "/query?image={}/lab/first:v1", "/query?image={}/lab/n%d:v1"


def reload(report):
    """With other settings each time: the snapshot, its registry and connections are made anew."""
    with ManyImages() as registry:
        with DefaultDaemon({"registry": {"hosts": [listing(registry)]}}) as daemon:
            misses = Offer(daemon.address, MISS.format(registry.address), MISSES, SECONDS)

            def change(turn):
                daemon.reload({"cache": {"negative": f"{turn + 1}s"}})

            said, times = while_asked(f"http://{daemon.address}{HIT.format(registry.address)}",
                                      change, PERIOD)
            missed = misses.wait()
    report_failed(report, "reload under load", said, missed, f"{times} reloads")


def restart(report):
    """The socket stays open meanwhile, as systemd keeps it. Clients connect for each request: over
    a connection that is kept, a request may meet its end, and is the client's to send again."""
    with ManyImages() as registry, tempfile.TemporaryDirectory() as directory:
        settings = os.path.join(directory, "mqueryd.yaml")
        with open(settings, "w", encoding="utf-8") as file:
            json.dump({"cache": {"state_file": os.path.join(directory, "cache")},
                       "registry": {"hosts": [listing(registry)]}}, file)  # JSON is YAML
        with NotificationSink() as sink, Unit(settings, sink) as unit:
            unit.start()
            said, times = while_asked(
                f"http://127.0.0.1:{unit.port}{HIT.format(registry.address)}",
                lambda _: unit.restart(), PAUSE, ["-H", "Connection: close"])
    report_failed(report, "restart under load", said, None, f"{times} restarts")


def while_asked(url, change, period, options=()):
    """Calls change(0), change(1), ... while wrk asks; what wrk said, and how often that was."""
    times = 0
    with ThreadPoolExecutor() as pool:
        asking = pool.submit(try_wrk, url, SECONDS, options=options)
        while not asking.done():
            begun = time.monotonic()
            change(times)
            times += 1
            time.sleep(max(0, begun + period - time.monotonic()))
        return asking.result(), times


def report_failed(report, figure, said, missed, times):
    failed = failures(said) + (missed["failed"] if missed else 0)
    asked = requests_made(said) + (missed["answered"] if missed else 0)
    report(figure, f"{failed} of {asked} requests failed, {times}", None, "0")
