# SPDX-License-Identifier: Apache-2.0
"""Many clients at once, from one thread: a socket each."""
import resource
import socket


def allow_sockets(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count + 512)), hard))


def send(daemon, targets):
    """Asks for each target over a connection of its own; returns the open sockets."""
    allow_sockets(len(targets))
    clients = []
    for target in targets:
        client = socket.create_connection((daemon.host, daemon.port))
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        clients.append(client)
    return clients


def receive(clients):
    """The whole answer of each, as bytes, once all have come."""
    answers = []
    for client in clients:
        with client, client.makefile("rb") as stream:
            answers.append(stream.read())
    return answers
