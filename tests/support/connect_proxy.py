# SPDX-License-Identifier: Apache-2.0
"""An HTTP proxy for TLS: CONNECT, and then bytes as they are."""
import contextlib
import socket
import threading

from support.http_server import HttpServer, read_head


class ConnectProxy(HttpServer):
    """Connects to `places` (what is asked for -> address), whatever they are really called; others
    are refused. `headers` come with its 200."""

    def __init__(self, places, headers=()):
        self._places = places
        self._headers = headers
        self.asked_for = []
        self.heads = []
        super().__init__()

    def _answer_one(self, connection, stream):
        request = read_head(stream)
        if request is None:
            return False
        self.heads.append(request)
        self.asked_for.append(request.target)
        place = self._places.get(request.target)
        if request.method != "CONNECT" or place is None:
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return False
        host, _, port = place.rpartition(":")
        with socket.create_connection((host, int(port))) as server:
            lines = ["HTTP/1.1 200 Connection established",
                     *(f"{name}: {value}" for name, value in self._headers), "", ""]
            connection.sendall("\r\n".join(lines).encode())
            back = threading.Thread(target=pass_on, args=(server, connection), daemon=True)
            back.start()
            pass_on(connection, server)
            back.join()
        return False


def pass_on(source, target):
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
