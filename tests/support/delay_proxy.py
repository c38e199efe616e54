# SPDX-License-Identifier: Apache-2.0
"""A long way to a server on this machine: plain TCP, passed on as it is, each piece later.

What went through is kept, so that a test can look for what should not have been sent at all.
"""
import asyncio
import collections
import re
import threading

REQUEST_LINE = re.compile(rb"^(GET|HEAD|POST|PUT|PATCH|DELETE) (\S+) HTTP/1\.1\r\n", re.MULTILINE)


class DelayProxy:
    """`one_way` is in seconds. A new connection's first piece waits a round trip more, as long as
    its handshake would have taken."""

    def __init__(self, port, one_way):
        self.one_way = one_way
        self._port = port
        self._connections = []  # pairs of directions: to the server, and from it
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._run(self._loop.create_server(self._accept, "127.0.0.1", 0,
                                                           backlog=1024))
        self.port = self._server.sockets[0].getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _accept(self):
        there, back = Direction(self.one_way), Direction(self.one_way)
        there.held = True
        self._connections.append((there, back))
        self._loop.create_task(self._connect(there, back))
        return End(there, back)

    async def _connect(self, there, back):
        await self._loop.create_connection(lambda: End(back, there), "127.0.0.1", self._port)
        self._loop.call_later(2 * self.one_way, there.release)

    def close(self):
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # -- what went through --------------------------------------------------------------------

    @property
    def connections(self):
        return len(self._connections)

    def requests(self):
        """(method, target) of each, in no order."""
        return [(found[1].decode(), found[2].decode()) for there, _ in self._connections
                for found in REQUEST_LINE.finditer(bytes(there.seen))]

    def has_seen(self, content):
        """Whether this went through in either direction."""
        return any(content in direction.seen for pair in self._connections for direction in pair)

    def bytes_seen(self):
        return sum(len(direction.seen) for pair in self._connections for direction in pair)


class Direction:
    """Pieces under way to one end. All of it runs on the proxy's loop."""

    def __init__(self, delay):
        self.seen = bytearray()
        self.held = False
        self._delay = delay
        self._transport = None
        self._under_way = collections.deque()  # pieces; None: the end
        self._arrived = 0

    def arrive_at(self, transport):
        self._transport = transport
        self._deliver()

    def release(self):
        self.held = False
        self._deliver()

    def send(self, piece):
        if piece:
            self.seen += piece
        self._under_way.append(piece)
        asyncio.get_running_loop().call_later(self._delay, self._arrive)

    def _arrive(self):
        self._arrived += 1
        self._deliver()

    def _deliver(self):
        while self._arrived and self._transport and not self.held:
            self._arrived -= 1
            piece = self._under_way.popleft()
            if piece is None:
                self._transport.close()
            else:
                self._transport.write(piece)


class End(asyncio.Protocol):
    """One of the two sockets of a connection: what it says goes one direction, and what comes the
    other way goes to it."""

    def __init__(self, outward, inward):
        self._outward, self._inward = outward, inward

    def connection_made(self, transport):
        self._inward.arrive_at(transport)

    def data_received(self, data):
        self._outward.send(data)

    def connection_lost(self, problem):
        self._outward.send(None)
