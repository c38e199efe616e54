# SPDX-License-Identifier: Apache-2.0
"""What the figures are measured with: wrk, which asks as fast as it is answered; offer (offer.c),
which asks at a constant rate; nginx, to compare with; and the daemon, set as it comes."""
import contextlib
import os
import re
import subprocess

from support import nginx
from support.daemon import Daemon
from support.processes import ROOT

HERE = os.path.dirname(os.path.abspath(__file__))
CONNECTIONS = 64


class DefaultDaemon(Daemon):
    """With what a figure needs beside the defaults; only the format of its log is another."""

    def __init__(self, settings):
        super().__init__(settings, log={"format": "json"})


# -- processors -----------------------------------------------------------------------------------

# A registry is another machine: it can have the last processor for itself.
ALL = os.sched_getaffinity(0)
THEIRS = {max(ALL)}
OURS = ALL - THEIRS or ALL


@contextlib.contextmanager
def on(processors):
    """Where the processes run that are started meanwhile."""
    os.sched_setaffinity(0, processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, ALL)


# -- wrk ------------------------------------------------------------------------------------------

def run_wrk(url, seconds, threads=2, options=(), arguments=()):
    said = try_wrk(url, seconds, threads, options, arguments)
    if failures(said):
        raise RuntimeError(f"{failures(said)} requests to {url} failed:\n{said}")
    return said


def try_wrk(url, seconds, threads=2, options=(), arguments=()):
    """What wrk said, whether or not requests have failed."""
    command = ["wrk", f"-t{threads}", f"-c{CONNECTIONS}", f"-d{seconds}s", *options, url]
    if arguments:
        command += ["--", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def failures(said):
    """How many requests got no good answer, or none at all."""
    told = re.findall(r"Socket errors: .*|Non-2xx or 3xx responses: .*", said)
    return sum(int(number) for line in told for number in re.findall(r" (\d+)\b", line))


def requests_made(said):
    return int(re.search(r"(\d+) requests in ", said)[1])


def requests_per_second(said):
    return float(re.search(r"Requests/sec: +([\d.]+)", said)[1])


def rate(url, seconds):
    """Requests a second for one URL, asked again and again."""
    return requests_per_second(run_wrk(url, seconds))


def ask_each(url, pattern, first, count, seconds, accept=None, threads=2):
    """Asks each of many targets once (see asks.lua), for so many seconds or until all are
    answered. Returns what wrk said."""
    arguments = [pattern, first, count, threads] + ([accept] if accept else [])
    return run_wrk(url, seconds, threads, ["-s", os.path.join(HERE, "asks.lua")], arguments)


def rate_of_distinct(url, pattern, first, count, seconds, accept=None):
    """Requests a second for targets of which there must be enough for so many seconds: with the
    last one asked again and again the rate would be one of hits."""
    said = ask_each(url, pattern, first, count, seconds, accept)
    if "all targets were asked" in said:
        raise RuntimeError(f"{count} targets do not last for {seconds} seconds")
    return requests_per_second(said)


# -- offer ----------------------------------------------------------------------------------------

OFFER = os.environ.get("OFFER", os.path.join(ROOT, "build-release", "offer"))


class Offer:
    """Requests at a constant rate, begun at once; `pattern` as for offer.c."""

    def __init__(self, address, pattern, rate, seconds, first=0, connections=CONNECTIONS,
                 accept="*/*"):
        port = address.rpartition(":")[2]
        self._process = subprocess.Popen(
            [OFFER, *map(str, (port, pattern, rate, seconds, connections, first, accept))],
            stdout=subprocess.PIPE, text=True)

    def wait(self):
        """What offer.c prints, by name."""
        said, _ = self._process.communicate()
        if self._process.returncode != 0:
            raise RuntimeError("the load cannot be offered")
        words = said.split()
        return dict(zip(words[0::2], map(int, words[1::2])))


# -- nginx ----------------------------------------------------------------------------------------

SERVER = """
server {{
    listen @server@{how};
    access_log off;
    keepalive_requests 10000000;
    {server}
}}
"""


class NginxServer:
    """`server` is what stands in nginx's block of that name, `how` what listen says besides."""

    def __init__(self, server, how=""):
        self._nginx = nginx.Nginx(SERVER.format(server=server, how=how), workers=2)
        self.address = self._nginx.address("server")
        self.port = int(self.address.rpartition(":")[2])

    def close(self):
        self._nginx.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Nginx(NginxServer):
    """Answers everything with the same body; $uri in it is what was asked for."""

    def __init__(self, body, media_type):
        super().__init__(f"location / {{ default_type {media_type}; return 200 '{body}'; }}")
