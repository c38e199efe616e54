# SPDX-License-Identifier: Apache-2.0
"""nginx, as what may stand before a registry, or to compare with."""
import os
import tempfile

from support.processes import Child, accepts, free_port, wait_until

CONFIGURATION = """
daemon off;
user root;
worker_processes WORKERS;
pid DIRECTORY/pid;
events { worker_connections 4096; }
http {
    log_format seen "$server_protocol $request_method $request_uri $status";
    access_log DIRECTORY/access.log seen;
    client_max_body_size 0;
    client_body_temp_path DIRECTORY/body;
    proxy_temp_path DIRECTORY/proxy;
    fastcgi_temp_path DIRECTORY/fastcgi;
    scgi_temp_path DIRECTORY/scgi;
    uwsgi_temp_path DIRECTORY/uwsgi;
    proxy_set_header Host $http_host;
    BLOCKS
}
"""


class Nginx:
    """`configuration` is what stands in its block `http`; each word like @name@ in it is an address
    of its own, told by `address(name)`. DIRECTORY may hold files for it."""

    def __init__(self, configuration, files=None, workers=1):
        self._directory = tempfile.TemporaryDirectory(prefix="nginx-")
        self._addresses = {}
        for name, content in (files or {}).items():
            with open(self._path(name), "w", encoding="utf-8") as file:
                file.write(content)
        with open(self._path("nginx.conf"), "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.replace("WORKERS", str(workers))
                       .replace("BLOCKS", self._place(configuration))
                       .replace("DIRECTORY", self._directory.name))
        self._child = Child(["/usr/sbin/nginx", "-e", "stderr", "-p", self._directory.name,
                             "-c", self._path("nginx.conf")])
        wait_until(self._answers, "nginx to answer")

    def _answers(self):
        assert self._child.process.poll() is None, "\n".join(self._child.lines)
        return all(accepts(int(each.rpartition(":")[2])) for each in self._addresses.values())

    def _path(self, name):
        return os.path.join(self._directory.name, name)

    def _place(self, configuration):
        parts = configuration.split("@")
        parts[1::2] = [self.address(name) for name in parts[1::2]]
        return "".join(parts)

    def address(self, name):
        return self._addresses.setdefault(name, f"127.0.0.1:{free_port()}")

    @property
    def seen(self):
        """Of each request: protocol, method, target and status."""
        with open(self._path("access.log"), encoding="utf-8") as file:
            return [line.split() for line in file]

    def close(self):
        self._child.stop()
        self._directory.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
