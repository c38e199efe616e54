# SPDX-License-Identifier: Apache-2.0
"""A DNS server that may answer the same question differently each time."""
import contextlib
import socket
import struct
import threading

A, IN = 1, 1
RESOLV_CONF = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"


class NameServer:
    """`answers`: name -> lists of IPv4 addresses, one a question; the last one stays. It is inside
    a network of our own, for only there port 53 is free and can be told of."""

    def __init__(self, answers):
        self._answers = {name: list(lists) for name, lists in answers.items()}
        self.asked = []  # names, each time they were
        self._is_closing = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._is_closing = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while not self._is_closing:
                question, client = self._socket.recvfrom(512)
                if question:
                    self._socket.sendto(self._answer(question), client)

    def _answer(self, message):
        name, end = read_name(message)
        kind = struct.unpack_from("!H", message, end)[0]
        addresses = self._next(name) if kind == A else []
        head = message[:2] + struct.pack("!5H", 0x8180, 1, len(addresses), 0, 0)
        records = b"".join(struct.pack("!HHHLH", 0xC00C, A, IN, 0, 4) + socket.inet_aton(each)
                           for each in addresses)
        return head + message[12:end + 4] + records

    def _next(self, name):
        self.asked.append(name)
        lists = self._answers.get(name, [[]])
        return lists.pop(0) if len(lists) > 1 else lists[0]


def read_name(message):
    """The question's, and where it ends."""
    labels, place = [], 12
    while message[place]:
        length = message[place]
        labels.append(message[place + 1:place + 1 + length].decode())
        place += 1 + length
    return ".".join(labels), place + 1
