# SPDX-License-Identifier: Apache-2.0
"""What a line of the log for each hit costs."""
import json
import subprocess
import tempfile
import urllib.request

from bench.load import rate
from bench.rates import SECONDS, in_turns
from bench.sizes import ManyImages
from support.daemon import MQUERYD, clean_environment
from support.docker_registry import listing
from support.metrics import Scrape
from support.processes import PATIENCE, accepts, free_port, wait_until


def access(report):
    with ManyImages() as registry:
        with Logging("none", registry) as silent, Logging("all", registry) as telling:
            theirs, ours, ratio = in_turns(lambda _: silent.rate_of_hits(),
                                           lambda _: telling.rate_of_hits())
            lost = telling.lines_lost()
    report("hits, log.access: all", f"{ours:.0f}/s, none {theirs:.0f}/s", ratio, "")
    report("lines of the log lost", f"{lost:.1%}", None, "")


class Logging:
    """mqueryd whose log is a file that nobody reads: with all hits in it, it has gigabytes."""

    def __init__(self, access_logged, registry):
        self._url = f"http://127.0.0.1:{free_port()}"
        self._target = f"{self._url}/query?image={registry.address}/lab/first:v1"
        self._log = tempfile.TemporaryFile(prefix="log-")
        self._process = subprocess.Popen(
            [*MQUERYD, "--listen", self._url.removeprefix("http://"),
             "--set", f"log.access={access_logged}"],
            env={**clean_environment(), "MQUERY_REGISTRY_HOSTS": json.dumps([listing(registry)])},
            stdout=subprocess.DEVNULL, stderr=self._log)
        port = int(self._url.rpartition(":")[2])
        wait_until(lambda: accepts(port), "mqueryd to answer")

    def rate_of_hits(self):
        return rate(self._target, SECONDS)

    def lines_lost(self):
        """As a share of all."""
        with urllib.request.urlopen(f"{self._url}/metrics", timeout=PATIENCE) as answer:
            metrics = Scrape(answer.read().decode())
        lost = metrics.sum("mquery_log_dropped_total")
        return lost / (lost + metrics.sum("mquery_log_messages_total"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._log.close()
