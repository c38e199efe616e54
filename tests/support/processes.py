# SPDX-License-Identifier: Apache-2.0
"""Servers as child processes, and waiting for conditions instead of sleeping."""
import os
import re
import resource
import signal
import socket
import subprocess
import tempfile
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
        time.sleep(0.002)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def accepts(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def peak_memory(pid):
    """The most it has had resident, in MiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmHWM:\s+(\d+) kB", file.read())[1]) / 1024


def is_sanitized(pid):
    """Sanitizers alone map terabytes; memory is theirs then, and not the program's."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize() > 1 << 40


class Child:
    """A program whose standard error goes to a file, which costs it and us nothing to fill."""

    def __init__(self, command, environment=None, directory=None):
        self.command = command
        self._errors = tempfile.TemporaryFile(prefix="stderr-")
        self.process = subprocess.Popen(command, env=environment, cwd=directory,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=self._errors)

    @property
    def lines(self):
        """What it has said so far."""
        size = os.fstat(self._errors.fileno()).st_size
        said = os.pread(self._errors.fileno(), size, 0).decode("utf-8", "backslashreplace")
        return said.rstrip("\n").split("\n") if said else []

    def wait_for_line(self, find, what, patience=PATIENCE):
        """What find(line) returned for the first line where that is true, old lines included."""
        def search():
            has_ended = self.process.poll() is not None
            found = next(filter(None, map(find, self.lines)), None)
            if has_ended and not found:
                raise AssertionError(f"{self.command[0]} ended")
            return found
        try:
            return wait_until(search, f"{self.command[0]} to say {what}", patience)
        except AssertionError as error:
            raise AssertionError(f"{error}; it said:\n" + "\n".join(self.lines[-20:])) from None

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, patience=PATIENCE):
        """The exit status."""
        return self.process.wait(patience)

    def stop(self):
        """Ends the program whatever state it is in."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.wait()
