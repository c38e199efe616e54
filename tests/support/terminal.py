# SPDX-License-Identifier: Apache-2.0
"""mquery with a person watching: its standard error is a terminal."""
import contextlib
import os
import pty
import subprocess
import threading

from support.command_line import MQUERY
from support.daemon import clean_environment
from support.processes import PATIENCE


@contextlib.contextmanager
def at_a_terminal(*arguments, terminal="xterm", **options):
    """The process, and a function that waits for its end and gives what it wrote to standard
    error, which is a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*MQUERY, *arguments], env={**clean_environment(), "TERM": terminal}, stderr=follower,
        stdin=subprocess.DEVNULL, **{"stdout": subprocess.PIPE, **options})
    os.close(follower)
    written = bytearray()

    def read():
        with contextlib.suppress(OSError):  # EIO: nobody has the other side any more
            while piece := os.read(leader, 4096):
                written.extend(piece)
    reader = threading.Thread(target=read)
    reader.start()

    def end():
        process.wait(PATIENCE)
        reader.join(PATIENCE)
        return written.decode()
    try:
        yield process, end
    finally:
        process.kill()
        end()
        os.close(leader)
        if process.stdout:
            process.stdout.close()
