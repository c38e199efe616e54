# SPDX-License-Identifier: Apache-2.0
"""Becomes a program as a container runtime would start it.

    unshare --mount --pid --fork python3 contain.py ROOT COMMAND...

ROOT is the whole file system, read-only; the user is 65532, with no capability and no way to any.
"""
import ctypes
import os
import subprocess
import sys

NOBODY = 65532
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38


def main(root, *command):
    for options in (["--make-rprivate", "/"], ["--bind", root, root],
                    ["-o", "remount,bind,ro", root]):
        subprocess.run(["mount", *options], check=True)
    os.chroot(root)
    os.chdir("/")
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    os.execve(command[0], command, os.environ)


main(*sys.argv[1:])
