# SPDX-License-Identifier: Apache-2.0
"""Just enough of HTTP/2 over TLS to see which requests share a connection."""
import itertools

from support.http_server import HANG_UP, HttpServer

PREFACE_SIZE = 24
HEADERS, SETTINGS = 1, 4
ACK, END_STREAM, END_HEADERS = 1, 1, 4
NOT_FOUND = b"\x8d"  # ":status: 404", as HPACK has it in its static table


class Http2Server(HttpServer):
    """Leaves the first request of each connection (`held` counts them) without an answer until it
    is closed, and says "not found" to all that join it there (`joined`). To who does not offer
    HTTP/2 it speaks HTTP/1.1."""

    def __init__(self, tls):
        self.held = 0
        self.joined = 0
        tls.set_alpn_protocols(["h2", "http/1.1"])
        super().__init__(tls=tls)

    def handle(self, request):
        self.held += 1
        self.stopping.wait()
        return HANG_UP

    def _answer_one(self, connection, stream):
        if connection.selected_alpn_protocol() != "h2":
            return super()._answer_one(connection, stream)
        stream.read(PREFACE_SIZE)
        connection.sendall(frame(SETTINGS))
        streams = itertools.count()
        while not self.stopping.is_set():
            kind, flags, number = read_frame(stream)
            if kind == SETTINGS and not flags & ACK:
                connection.sendall(frame(SETTINGS, ACK))
            elif kind == HEADERS and next(streams) == 0:
                self.held += 1
            elif kind == HEADERS:
                self.joined += 1
                connection.sendall(frame(HEADERS, END_STREAM | END_HEADERS, number, NOT_FOUND))
        return False


def frame(kind, flags=0, number=0, payload=b""):
    return (len(payload).to_bytes(3, "big") + bytes([kind, flags]) + number.to_bytes(4, "big")
            + payload)


def read_frame(stream):
    """Its type, flags and stream; what it carries is read over."""
    head = stream.read(9)
    if len(head) < 9:
        raise OSError("the connection has ended")
    stream.read(int.from_bytes(head[:3], "big"))
    return head[3], head[4], int.from_bytes(head[5:], "big")
