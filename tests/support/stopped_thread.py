# SPDX-License-Identifier: Apache-2.0
"""One thread of a process that stands still while the others go on, as no signal can make it, but a
tracer can."""
import contextlib
import ctypes
import os

PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000  # of waitpid(): threads, too

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


class NotPermitted(Exception):
    """This machine does not let us."""


def threads_named(pid, name):
    """The ids of the process's threads of this name."""
    found = []
    for each in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{each}/comm", encoding="ascii") as file:
            if file.read() == name + "\n":
                found.append(int(each))
    return found


def _ptrace(request, thread):
    if _libc.ptrace(request, thread, None, None) != 0:
        raise NotPermitted(os.strerror(ctypes.get_errno()))


@contextlib.contextmanager
def stopped_thread(thread):
    """To be entered and left by one thread of ours."""
    _ptrace(PTRACE_SEIZE, thread)
    try:
        _ptrace(PTRACE_INTERRUPT, thread)
        os.waitpid(thread, WALL)
        yield
    finally:
        _ptrace(PTRACE_DETACH, thread)
