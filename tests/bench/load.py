# SPDX-License-Identifier: Apache-2.0
"""The two tools that the figures are measured with: wrk, which asks, and nginx, to compare with."""
import os
import re
import subprocess
import tempfile

from support.processes import Child, accepts, free_port, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
CONNECTIONS = 64


def run_wrk(url, seconds, threads=2, script=(), arguments=()):
    command = ["wrk", f"-t{threads}", f"-c{CONNECTIONS}", f"-d{seconds}s", *script, url]
    if arguments:
        command += ["--", *map(str, arguments)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    if failed:
        raise RuntimeError(f"{failed[1]} requests to {url} failed:\n{said}")
    return said


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


def requests_per_second(said):
    return float(re.search(r"Requests/sec: +([\d.]+)", said)[1])


CONFIGURATION = """
daemon off;
worker_processes 2;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 10000000;
    server {{
        listen 127.0.0.1:{port}{how};
        {server}
    }}
}}
"""


class NginxServer:
    """`server` is what stands in nginx's block of that name, `how` what listen says besides."""

    def __init__(self, server, how=""):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._directory = tempfile.TemporaryDirectory(prefix="nginx-")
        path = os.path.join(self._directory.name, "nginx.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(directory=self._directory.name, port=self.port,
                                            server=server, how=how))
        self._child = Child(["/usr/sbin/nginx", "-e", "stderr", "-p", self._directory.name,
                             "-c", path])
        wait_until(lambda: accepts(self.port), "nginx to answer")

    def close(self):
        self._child.stop()
        self._directory.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Nginx(NginxServer):
    """Answers everything with the same body; $uri in it is what was asked for."""

    def __init__(self, body, media_type):
        super().__init__(f"location / {{ default_type {media_type}; return 200 '{body}'; }}")
