# SPDX-License-Identifier: Apache-2.0
"""The documents say what is so."""
import glob
import os
import re
from fnmatch import fnmatch

import pytest

from support import daemon
from support.processes import ROOT

DOCUMENTS = [*glob.glob(os.path.join(ROOT, "*.md")), *glob.glob(os.path.join(ROOT, "docs", "*.md"))]
FOLDERS = ("base", "data", "manifest", "config", "registry", "server", "cli", "tests")


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def settings():
    """(name, help) of each setting, as --print-config tells them."""
    printed = daemon.run("--print-config").stdout
    section = None
    for line in re.findall(r"^(\w+):$|^  # (.*)\n  (\w+):", printed, re.MULTILINE):
        section = line[0] or section
        if line[2]:
            yield f"{section}.{line[2]}", line[1]


def test_every_setting_is_documented_in_its_own_words():
    rows = dict(re.findall(r"^\| `(\w+\.\w+)` \|.*\| (.*) \|$", read("docs", "configuration.md"),
                           re.MULTILINE))
    assert rows and rows == dict(settings())


def test_every_key_of_a_host_is_documented_in_its_own_words():
    table = read("config", "settings.c").partition("host_settings[] = {")[2]
    keys = dict(re.findall(r'\{"(\w+)", &setting_\w+, OF_HOST.*?\n? *"([^"]*)"\},', table, re.DOTALL))
    part = read("docs", "configuration.md").partition("### `registry.hosts`")[2].partition("##")[0]
    assert keys and dict(re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", part, re.MULTILINE)) == keys


def variables():
    """Those of the settings, and the command line's own."""
    yield from ("MQUERY_" + name.upper().replace(".", "_") for name, _ in settings())
    yield "MQUERY_SERVER"


@pytest.mark.parametrize("path", DOCUMENTS, ids=os.path.basename)
def test_every_variable_that_a_document_names_is_known(path):
    known = set(variables())
    for name in re.findall(r"MQUERY_[A-Z_]+\*?", read(path)):
        assert any(fnmatch(each, name) for each in known), name


def ids_in_use():
    """As comments name them ("rules S9, S10") and tests (test_S9_...)."""
    number = r"(?:[1-9]|[1-3]\d|4[01])[bc]?"
    for folder in FOLDERS:
        for path in glob.glob(os.path.join(ROOT, folder, "**", "*.*"), recursive=True):
            if path.endswith((".c", ".h", ".py")):
                yield from re.findall(rf"(?:\b|(?<=test_))([RHACLPST]{number})(?:\b|_)", read(path))


def ids_explained():
    return set(re.findall(r"^- \*\*(\w+)\*\*", read("docs", "protocol-rules.md"), re.MULTILINE))


def test_every_rule_that_code_names_is_explained():
    used = set(ids_in_use())
    assert used and used <= ids_explained(), sorted(used - ids_explained())


def ids_tested():
    """As names of tests carry them: test_S9_..., test_T19_H8_..., test_R1_to_R8_..."""
    for path in glob.glob(os.path.join(ROOT, "tests", "**", "test_*.*"), recursive=True):
        if not path.endswith((".py", ".c")):
            continue
        for name in re.findall(r"\b(?:def|void) test_(\w+)\(", read(path)):
            yield from re.findall(r"(?:^|(?<=_))[RHACLPST]\d+[bc]?(?=_)", name)
            for kind, first, last in re.findall(r"([RHACLPST])(\d+)_to_\1(\d+)_", name):
                yield from (f"{kind}{number}" for number in range(int(first), int(last) + 1))


def test_every_rule_that_is_explained_has_a_test_of_its_name():
    tested = set(ids_tested())
    assert ids_explained() <= tested, sorted(ids_explained() - tested)


@pytest.mark.parametrize("path", DOCUMENTS, ids=os.path.basename)
def test_links_between_documents_lead_somewhere(path):
    with open(path, encoding="utf-8") as file:
        for target in re.findall(r"\]\(([^)#:]+)\)", file.read()):
            assert os.path.exists(os.path.join(os.path.dirname(path), target)), target
