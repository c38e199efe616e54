# SPDX-License-Identifier: Apache-2.0
"""A shell with a person before it, who has taught it to complete lines of mquery."""
import os
import pty
import re
import select
import time

from support.command_line import MQUERY
from support.daemon import clean_environment
from support.processes import PATIENCE

COMMANDS = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"],
            "fish": ["fish", "--no-config"]}
LESSONS = {"bash": "source <(mquery completion bash)",
           "zsh": "autoload -U compinit; compinit -u -D; source <(mquery completion zsh)",
           "fish": "mquery completion fish | source"}
CONTROL = re.compile(rb"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07]*\x07|[()][0-9A-B]|[=>])|[\r\x07]")
KILL_LINE = b"\x15"


class Shell:
    def __init__(self, name, directory):
        programs = directory / "bin"
        programs.mkdir()
        for link in ("mquery", "manifest-tool"):
            (programs / link).symlink_to(os.path.realpath(MQUERY[-1]))
        environment = {**clean_environment(), "PATH": f"{programs}:{os.environ['PATH']}",
                       "HOME": str(directory), "TERM": "xterm", "PS1": "$ "}
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(directory)
            os.execvpe(COMMANDS[name][0], COMMANDS[name], environment)
        self._lesson = LESSONS[name]

    def __enter__(self):
        # The word is put together by the shell, so that its echo is not taken for its output.
        self._type(f"{self._lesson}; echo rea''dy\r".encode())
        self._wait_for("ready")
        return self

    def __exit__(self, *_):
        os.close(self._terminal)
        os.waitpid(self._pid, 0)

    def type_and_complete(self, typed, completed):
        """Asserts that the line has become so after the tabulator key."""
        self._type(typed.encode() + b"\t")
        self._wait_for(completed)
        self._type(KILL_LINE)

    def _type(self, keys):
        os.write(self._terminal, keys)

    def _wait_for(self, text):
        seen, deadline = b"", time.monotonic() + PATIENCE
        while text.encode() not in CONTROL.sub(b"", seen):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._terminal], [], [], left)[0]:
                raise AssertionError(f"waited in vain for {text!r}: {seen!r}")
            seen += os.read(self._terminal, 65536)
