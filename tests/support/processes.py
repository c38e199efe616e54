# SPDX-License-Identifier: Apache-2.0
"""Servers as child processes, and waiting for conditions instead of sleeping."""
import os
import signal
import socket
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATIENCE = 30.0  # seconds until a condition that should hold soon is given up


def wait_until(condition, what, patience=PATIENCE):
    """Polls until condition() is true, and returns what it returned."""
    deadline = time.monotonic() + patience
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience:.0f} s in vain: {what}")
        time.sleep(0.005)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def accepts(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


class Child:
    """A program with its standard error read line by line as it comes."""

    def __init__(self, command, environment=None, directory=None):
        self.command = command
        self.lines = []
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            command, env=environment, cwd=directory, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            with self._news:
                self.lines.append(line.decode("utf-8", "backslashreplace").rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def wait_for_line(self, find, what, patience=PATIENCE):
        """What find(line) returned for the first line where that is true, old lines included."""
        seen = 0
        deadline = time.monotonic() + patience
        with self._news:
            while True:
                for line in self.lines[seen:]:
                    found = find(line)
                    if found:
                        return found
                seen = len(self.lines)
                left = deadline - time.monotonic()
                if left <= 0 or not self._reader.is_alive():
                    raise AssertionError(
                        f"{self.command[0]} did not say {what}:\n" + "\n".join(self.lines))
                self._news.wait(min(left, 0.5))

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, patience=PATIENCE):
        """The exit status, after all of standard error has been read."""
        status = self.process.wait(patience)
        self._reader.join(patience)
        self.process.stderr.close()
        return status

    def stop(self):
        """Ends the program whatever state it is in."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.wait()
