# SPDX-License-Identifier: Apache-2.0
"""What may come next on a line of mquery: as the program tells it, and as shells complete it."""
import shutil

import pytest

from support.command_line import manifest_tool, mquery, said
from support.shell import Shell

SHELLS = [pytest.param(name, marks=pytest.mark.skipif(
    not shutil.which(name), reason=f"{name} is not installed")) for name in ("bash", "zsh", "fish")]


def told(*words, program=mquery):
    """The words that may stand where the last of these is."""
    status, out, err = said(program("__complete", "--", *words))
    assert (status, err) == (0, "")
    return [line.split("\t")[0] for line in out.splitlines()]


@pytest.mark.parametrize("words, expected", [
    (["push", ""], ["from-spec", "from-args", "from-images"]),
    (["--insecure", "push", ""], ["from-spec", "from-args", "from-images"]),
    (["--username", "push", "push", ""], ["from-spec", "from-args", "from-images"]),
    (["push", "from-args", "--type", ""], ["docker", "oci"]),
    (["push", "from-args", "--type=o"], ["--type=docker", "--type=oci"]),
    (["inspect", "--color", ""], ["auto", "always", "never"]),
    (["audit", "--format=csv", "--color="], ["--color=auto", "--color=always", "--color=never"]),
    (["completion", ""], ["bash", "zsh", "fish"]),
    (["push", "from-spec", ""], [":files"]),
    (["--docker-cfg", ""], [":files"]),
    (["--docker-cfg=/et"], [":files"]),
    # Nobody knows the images, repositories, users and times of a person's registries.
    (["alpine", ""], []),
    (["inspect", ""], []),
    (["push", "from-spec", "app.yaml", ""], []),
    (["--username", ""], []),
    (["--timeout="], []),
    (["--unknown="], []),
    (["--insecure="], []),
    # Behind "--" stand images.
    (["--", ""], []),
    (["--", "push", ""], []),
    (["--", "--"], []),
], ids=" ".join)
def test_what_may_come(words, expected):
    assert told(*words) == expected


def test_the_first_word_is_one_of_the_commands_that_persons_use():
    commands = told("")
    assert {"query", "inspect", "push", "version", "completion"} <= set(commands)
    assert "__complete" not in commands and "from-spec" not in commands
    assert commands == told("insp") == told("--insecure", "") == told("help", "")


def test_flags_are_those_that_the_command_heeds():
    assert "--raw" in told("inspect", "-") and "--raw" not in told("audit", "-")
    assert "--require" in told("--") and "--target" not in told("--")
    assert {"--annotation", "--template"} <= set(told("push", "--"))


def test_a_flag_that_must_not_come_twice_is_not_told_again():
    words = told("push", "from-images", "--target", "a/b", "--tags", "v1", "--dry-run", "--")
    assert not {"--target", "--dry-run"} & set(words)
    assert "--tags" in words


def test_manifest_tool_knows_its_own_commands_only():
    assert told("", program=manifest_tool) == ["inspect", "push", "help"]
    assert told("push", "", program=manifest_tool) == ["from-spec", "from-args"]
    assert {"--target", "--raw"} <= set(told("--", program=manifest_tool))


@pytest.mark.parametrize("arguments, message", [
    ([], "completion wants one shell: bash, zsh or fish"),
    (["bash", "zsh"], "completion wants one shell: bash, zsh or fish"),
    (["tcsh"], "no completion for 'tcsh'; there is bash, zsh, fish"),
])
def test_only_three_shells_can_be_taught(arguments, message):
    assert said(mquery("completion", *arguments)) == (2, "", f"mquery: {message}\n")


# -- in real shells, at a terminal ----------------------------------------------------------------

@pytest.fixture(params=SHELLS)
def shell(request, tmp_path):
    (tmp_path / "application.yaml").touch()
    with Shell(request.param, tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("typed, completed", [
    ("mquery insp", "mquery inspect "),
    ("mquery push from-s", "mquery push from-spec "),
    ("mquery localhost:5000/app:1 --plat", "mquery localhost:5000/app:1 --platform "),
    ("mquery push from-args --type d", "mquery push from-args --type docker "),
    ("mquery push from-args --type=d", "mquery push from-args --type=docker "),
    ("mquery push from-spec appl", "mquery push from-spec application.yaml "),
    ("mquery --docker-cfg=appl", "mquery --docker-cfg=application.yaml "),
    ("NAME=x mquery check-", "NAME=x mquery check-registry "),
    ("manifest-tool insp", "manifest-tool inspect "),
])
def test_a_shell_completes_what_is_typed(shell, typed, completed):
    shell.type_and_complete(typed, completed)
