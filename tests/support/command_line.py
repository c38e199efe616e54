# SPDX-License-Identifier: Apache-2.0
"""mquery, run as a person or a script runs it, under either of its names."""
import atexit
import functools
import os
import pty
import shlex
import shutil
import subprocess
import tempfile

from support import canaries
from support.daemon import clean_environment
from support.processes import PATIENCE, ROOT

MQUERY = shlex.split(os.environ.get("MQUERY", os.path.join(ROOT, "build", "cli", "mquery")))


def mquery(*arguments, **options):
    return run([*MQUERY, *arguments], **options)


def manifest_tool(*arguments, **options):
    return run([*manifest_tool_command(), *arguments], **options)


def run(command, environment=None, **options):
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    if "input" not in options:
        options["stdin"] = subprocess.DEVNULL
    ended = subprocess.run(command, env={**clean_environment(), **(environment or {})},
                           timeout=PATIENCE, text=True, check=False, **options)
    canaries.hear(" ".join(command), f"{ended.stdout}\n{ended.stderr}")
    return ended


@functools.cache
def manifest_tool_command():
    """mquery under the name of the tool that it stands in for."""
    directory = tempfile.mkdtemp(prefix="manifest-tool-")
    atexit.register(shutil.rmtree, directory)
    link = os.path.join(directory, "manifest-tool")
    os.symlink(os.path.abspath(MQUERY[-1]), link)
    return [*MQUERY[:-1], link]


def on_terminal(*arguments, environment=None):
    """What mquery writes to standard output where that is a terminal."""
    ours, its = pty.openpty()
    environment = {**clean_environment(), "TERM": "xterm", **(environment or {})}
    with subprocess.Popen([*MQUERY, *arguments], env=environment, stdin=subprocess.DEVNULL,
                          stdout=its) as process:
        os.close(its)
        text = b"".join(iter(functools.partial(read_terminal, ours), b""))
    os.close(ours)
    assert process.returncode == 0
    return text.decode().replace("\r\n", "\n")


def read_terminal(terminal):
    """Its end is an error to Linux."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def said(result):
    """(exit status, standard output, standard error)."""
    return result.returncode, result.stdout, result.stderr
