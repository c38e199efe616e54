# SPDX-License-Identifier: Apache-2.0
"""A network of our own in which a public address and an inner name lead to this machine.

Linux gives namespaces to threads, so a test runs in a thread that has left the machine's; the
sockets it opens and the daemon it starts are in there with it.
"""
import ctypes
import os
import subprocess
import tempfile
import threading

PUBLIC_ADDRESS = "93.184.216.34"  # any that no rule calls private
INNER_NAME = "registry.inner.test"

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
HOSTS = f"127.0.0.1 localhost\n127.0.0.1 {INNER_NAME}\n"


class NotPermitted(Exception):
    pass


def enter():
    """Moves the calling thread."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        raise NotPermitted(f"unshare: {os.strerror(ctypes.get_errno())}")
    with tempfile.NamedTemporaryFile("w", suffix=".hosts") as hosts:
        hosts.write(HOSTS)
        hosts.flush()
        os.chmod(hosts.name, 0o644)
        for command in ("mount --make-rprivate /", f"mount --bind {hosts.name} /etc/hosts",
                        "ip link set lo up", f"ip address add {PUBLIC_ADDRESS}/32 dev lo"):
            run(command.split())


def run(command):
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        raise NotPermitted(f"{' '.join(command)}: {getattr(problem, 'stderr', '') or problem}")


def call_inside(function):
    """Calls it in there, and raises here what it raised. NotPermitted: it was never called."""
    raised = []

    def body():
        try:
            enter()
            function()
        except BaseException as problem:
            raised.append(problem)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
