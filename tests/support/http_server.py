# SPDX-License-Identifier: Apache-2.0
"""A small HTTP/1.1 server over raw sockets, so that its answers can be wrong in every way.

Python's own server is of no use for that: it would not send a header twice, a wrong length, or
half an answer. One thread a connection; everything asked is recorded.
"""
import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from support.processes import wait_until

REASONS = {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content",
           301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
           307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request",
           401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
           413: "Content Too Large", 415: "Unsupported Media Type", 429: "Too Many Requests",
           500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable",
           504: "Gateway Timeout"}
PIECE = 65536  # bytes that are read of a body at once


@dataclass
class Request:
    method: str
    target: str
    headers: dict  # lower-case name -> list of values
    body: bytes
    path: str = ""
    query: dict = field(default_factory=dict)

    def __post_init__(self):
        parts = urlsplit(self.target)
        self.path = parts.path
        self.query = parse_qs(parts.query, keep_blank_values=True)

    def header(self, name):
        return self.headers.get(name.lower(), [None])[0]

    def __str__(self):
        return f"{self.method} {self.target}"


@dataclass
class Reply:
    """An answer. Content-Length is added unless a header says otherwise; a body that is no bytes
    is an iterator of pieces, sent one by one."""
    status: int = 200
    body: object = b""
    headers: list = field(default_factory=list)

    def has(self, name):
        return any(key.lower() == name.lower() for key, _ in self.headers)


@dataclass
class Raw:
    """An answer's bytes as they go on the wire, head and all; the connection ends after them."""
    pieces: object


HANG_UP = Raw(())


class HttpServer:
    """handle(request) answers with a Reply or Raw; it runs on the connection's own thread. `name`
    is what clients know the place by, where that is not the address (support/namespaces.py)."""

    def __init__(self, host="127.0.0.1", tls=None, port=0, name=None):
        self.requests = []
        self.connections = 0
        self.cut_off = 0       # requests whose body ended before its time
        self.reading_pause = 0  # seconds between the pieces of a body: an upload that crawls
        self.stopping = threading.Event()
        self._open = set()
        self._lock = threading.Lock()
        self._tls = tls
        self._listener = socket.create_server((host, port), backlog=2048)
        self.port = self._listener.getsockname()[1]
        self.address = name or f"{host}:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.address}"
        threading.Thread(target=self._accept, daemon=True).start()

    def handle(self, request):
        raise NotImplementedError

    def close(self):
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept()
        self._listener.close()
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def count(self, method=None, contains=""):
        """How many requests there were with this method and this text in their target."""
        return len(self.asked(method, contains))

    def asked(self, method=None, contains=""):
        with self._lock:
            return [each for each in self.requests
                    if method in (None, each.method) and contains in each.target]

    def forget(self):
        with self._lock:
            self.requests.clear()

    def wait_for_question(self, ask):
        """What ask() returned when it had first made somebody ask us."""
        before = len(self.requests)

        def ask_again():
            answer = ask()
            return answer if len(self.requests) > before else None
        return wait_until(ask_again, "a request")

    # -- one connection after another ---------------------------------------------------------

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with self._lock:
            self.connections += 1
            self._open.add(connection)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                connection = self._start_tls(connection)
            with connection.makefile("rb") as stream:
                while self._answer_one(connection, stream):
                    pass
        except (OSError, ssl.SSLError, ValueError):
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _start_tls(self, plain):
        connection = self._tls.wrap_socket(plain, server_side=True)
        with self._lock:
            self._open.discard(plain)
            self._open.add(connection)
        return connection

    def _answer_one(self, connection, stream):
        request = self._read_request(connection, stream)
        if request is None:
            return False
        with self._lock:
            self.requests.append(request)
        reply = self.handle(request)
        if isinstance(reply, Raw):
            send_all(connection, reply.pieces)
            return False
        connection.sendall(head_of(reply))
        if request.method != "HEAD":
            send_all(connection, [reply.body] if isinstance(reply.body, bytes) else reply.body)
        return not reply.has("Connection") and isinstance(reply.body, bytes)

    def _read_request(self, connection, stream):
        """None at the end of the stream."""
        request = read_head(stream)
        if request is None:
            return None
        if request.header("expect") == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        try:
            request.body = b"".join(self._slowly(body_pieces(stream, request)))
        except EOFError:
            with self._lock:
                self.cut_off += 1
            return None
        return request

    def _slowly(self, pieces):
        for piece in pieces:
            yield piece
            if self.reading_pause and self.stopping.wait(self.reading_pause):
                raise EOFError


def read_head(stream):
    """A request without its body; None at the end of the stream, and for what is not HTTP (TLS,
    where none is spoken)."""
    if not stream.peek(1)[:1].isalpha():
        return None
    method, target, _ = read_line(stream).split(" ")
    headers = {}
    while True:
        line = read_line(stream)
        if not line:
            return Request(method, target, headers, b"")
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), []).append(value.strip())


def read_line(stream):
    return stream.readline(65536).decode("latin-1").rstrip("\r\n")


def body_pieces(stream, request):
    """EOFError, when it ends before its time."""
    if request.header("transfer-encoding") != "chunked":
        yield from read_pieces(stream, int(request.header("content-length") or 0))
        return
    length = None
    while length != 0:
        length = int(read_line(stream) or "-1", 16)
        if length < 0:
            raise EOFError
        yield from read_pieces(stream, length)
        read_line(stream)


def read_pieces(stream, length):
    while length > 0:
        piece = stream.read(min(length, PIECE))
        if not piece:
            raise EOFError
        length -= len(piece)
        yield piece


def head_of(reply):
    headers = list(reply.headers)
    if isinstance(reply.body, bytes):
        if not reply.has("Content-Length") and not reply.has("Transfer-Encoding"):
            headers.append(("Content-Length", str(len(reply.body))))
    elif not reply.has("Connection"):
        headers.append(("Connection", "close"))
    lines = [f"HTTP/1.1 {reply.status} {REASONS.get(reply.status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def send_all(connection, pieces):
    for piece in pieces:
        connection.sendall(piece)
