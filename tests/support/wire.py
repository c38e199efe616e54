# SPDX-License-Identifier: Apache-2.0
"""Bytes to and from a daemon, as no HTTP client would send them."""
import contextlib
import socket

from support.processes import PATIENCE


def exchange(daemon, data):
    """Sends bytes as they are, and returns all that comes until the daemon closes."""
    received = b""
    with socket.create_connection((daemon.host, daemon.port), timeout=PATIENCE) as client:
        with contextlib.suppress(ConnectionError):  # it may close before it has read all
            client.sendall(data)
        with contextlib.suppress(ConnectionError):
            while piece := client.recv(65536):
                received += piece
    return received
