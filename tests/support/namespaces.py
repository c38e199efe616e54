# SPDX-License-Identifier: Apache-2.0
"""A network of our own in which public addresses and any names lead to this machine.

Linux gives namespaces to threads, so a test runs in a thread that has left the machine's; the
sockets it opens and the daemon it starts are in there with it.
"""
import ctypes
import os
import re
import subprocess
import tempfile
import threading

PUBLIC_ADDRESS = "93.184.216.34"  # any that no rule calls private
INNER_NAME = "registry.inner.test"
NAMES = {"localhost": "127.0.0.1", INNER_NAME: "127.0.0.1"}

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000


class NotPermitted(Exception):
    pass


def public_address(number):
    """One of 200."""
    return f"93.184.216.{50 + number}"


def enter(names):
    """Moves the calling thread."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        raise NotPermitted(f"unshare: {os.strerror(ctypes.get_errno())}")
    run("mount --make-rprivate /")
    replace_file("/etc/hosts", "".join(f"{address} {name}\n" for name, address in names.items()))
    run("ip link set lo up")
    for address in {PUBLIC_ADDRESS, *names.values()} - {"127.0.0.1"}:
        run(f"ip address add {address}/32 dev lo")


def replace_file(path, text):
    """For those inside, who see another one there."""
    with tempfile.NamedTemporaryFile("w", prefix="inside-") as file:
        file.write(text)
        file.flush()
        os.chmod(file.name, 0o644)
        run(f"mount --bind {file.name} {path}")


def catch_all_packets():
    """Makes every address there is lead to this machine, where packets_sent() counts them."""
    for everything in ("0.0.0.0/0", "::/0"):
        run(f"ip route add local {everything} dev lo")


def packets_sent():
    """By anybody inside so far, to whichever address."""
    with open("/proc/thread-self/net/dev", encoding="ascii") as file:
        return int(re.search(r"^ *lo:(.*)$", file.read(), re.MULTILINE)[1].split()[9])


def run(command):
    try:
        subprocess.run(command.split(), check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        raise NotPermitted(f"{command}: {getattr(problem, 'stderr', '') or problem}")


def call_inside(function, names=None):
    """Calls it in there, where these names lead to these addresses besides NAMES, and raises here
    what it raised. NotPermitted: it was never called."""
    raised = []

    def body():
        try:
            enter({**NAMES, **(names or {})})
            function()
        except BaseException as problem:
            raised.append(problem)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
