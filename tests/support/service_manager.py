# SPDX-License-Identifier: Apache-2.0
"""What systemd does for a service, without systemd: it listens for its notifications, holds its
sockets while it restarts, and passes them.
"""
import os
import signal
import socket
import subprocess
import tempfile
import time

from support import daemon as daemons
from support.processes import PATIENCE, wait_until


class NotificationSink:
    """The datagram socket that NOTIFY_SOCKET names."""

    def __init__(self):
        self._directory = tempfile.TemporaryDirectory(prefix="notify-")
        self.path = os.path.join(self._directory.name, "socket")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._socket.setblocking(False)
        self._heard = []

    def close(self):
        self._socket.close()
        self._directory.cleanup()

    @property
    def heard(self):
        """(when, the assignments of one datagram as a dict) of each so far."""
        while True:
            try:
                text = self._socket.recv(4096).decode()
            except BlockingIOError:
                return list(self._heard)
            lines = dict(line.split("=", 1) for line in text.split("\n"))
            self._heard.append((time.monotonic(), lines))

    def times(self, name):
        return [when for when, lines in self.heard if name in lines]

    def wait_for(self, name, value, count=1):
        def find():
            found = [lines for _, lines in self.heard if lines.get(name) == value]
            return found[count - 1] if len(found) >= count else None
        return wait_until(find, f"{name}={value}, {count} times")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# LISTEN_PID is the process's own, which is known only in it.
PASS_SOCKET = 'exec 3<&{fd}; export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=http; exec "$@"'


class Unit:
    """mqueryd.socket and mqueryd.service: the socket is open from first to last."""

    def __init__(self, settings_file, sink):
        self._command = [*daemons.MQUERYD, "--config", settings_file]
        self._sink = sink
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port = self.listener.getsockname()[1]
        self.process = None
        self.starts = 0

    def start(self):
        fd = self.listener.fileno()
        self.process = subprocess.Popen(
            ["/bin/bash", "-c", PASS_SOCKET.format(fd=fd), "bash", *self._command],
            env={**daemons.clean_environment(), "NOTIFY_SOCKET": self._sink.path},
            pass_fds=[fd], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.starts += 1
        self._sink.wait_for("READY", "1", self.starts)

    def stop(self, number=signal.SIGTERM):
        """The exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def restart(self):
        status = self.stop()
        self.start()
        return status

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
