# SPDX-License-Identifier: Apache-2.0
"""What `meson install` puts where a Debian user, a shell and systemd look for it."""
import json
import os
import re
import shutil
import subprocess

import pytest

from support import daemon
from support.command_line import MQUERY, mquery, run
from support.processes import ROOT

BUILD = os.path.dirname(os.path.dirname(os.path.realpath(MQUERY[-1])))
PAGES = {"mquery": 1, "mqueryd": 8, "mqueryd.yaml": 5}


def meson(*arguments):
    return subprocess.run(["meson", *arguments], check=True, capture_output=True, text=True).stdout


def install(directory, prefix, *options):
    """Sets a build up with these options, takes what has been compiled already, and installs it."""
    build, destination = directory / "build", directory / "root"
    meson("setup", str(build), ROOT, f"--prefix={prefix}", "-Dtests=false", "-Dman=enabled", *options)
    for target in json.loads(meson("introspect", "--targets", str(build))):
        for path in target["filename"] if target["installed"] else []:
            name = os.path.relpath(path, build)
            shutil.copy2(os.path.join(BUILD, name), build / name)
    meson("install", "-C", str(build), "--no-rebuild", "--quiet", "--destdir", str(destination))
    return destination


@pytest.fixture(scope="module")
def debian(tmp_path_factory):
    """As a Debian package installs it, under both names."""
    return install(tmp_path_factory.mktemp("usr"), "/usr", "-Dmanifest-tool=true")


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """As a person installs it who gives no options."""
    return install(tmp_path_factory.mktemp("local"), "/usr/local")


def installed(root):
    return {os.path.relpath(os.path.join(directory, name), root)
            for directory, _, names in os.walk(root) for name in names}


def everything(prefix, zsh):
    return {
        f"{prefix}/bin/mquery",
        f"{prefix}/bin/mqueryd",
        f"{prefix}/lib/systemd/system/mqueryd.service",
        f"{prefix}/lib/systemd/system/mqueryd.socket",
        f"{prefix}/share/bash-completion/completions/mquery",
        f"{prefix}/share/doc/mqueryd/examples/mqueryd.yaml",
        f"{prefix}/share/fish/vendor_completions.d/mquery.fish",
        f"{prefix}/share/zsh/{zsh}/_mquery",
        *(f"{prefix}/share/man/man{section}/{name}.{section}" for name, section in PAGES.items()),
    }


def test_a_package_holds_each_file_where_debian_looks_for_it(debian):
    assert installed(debian) == everything("usr", "vendor-completions") | {
        "usr/bin/manifest-tool",
        "usr/share/bash-completion/completions/manifest-tool",
        "usr/share/fish/vendor_completions.d/manifest-tool.fish",
        "usr/share/man/man1/manifest-tool.1"}


def test_below_usr_local_nothing_takes_the_older_tools_name(local):
    assert installed(local) == everything("usr/local", "site-functions")


def test_the_installed_link_answers_as_manifest_tool(debian):
    link = debian / "usr/bin/manifest-tool"
    assert os.readlink(link) == "mquery"
    assert re.match(r"manifest-tool version \S+ \(commit: ", run([str(link), "--version"]).stdout)
    assert run([str(link), "tags", "x"]).returncode == 1  # a command of mquery's alone


def test_no_link_leads_nowhere(debian):
    for path in installed(debian):
        assert os.path.exists(debian / path), path


def test_installed_units_are_ours_and_name_the_installed_program(debian, local):
    for unit in ("mqueryd.service", "mqueryd.socket"):
        with open(os.path.join(ROOT, "systemd", unit), encoding="utf-8") as file:
            ours = file.read()
        assert (debian / "usr/lib/systemd/system" / unit).read_text() == ours
        assert (local / "usr/local/lib/systemd/system" / unit).read_text() == ours.replace(
            "/usr/bin/", "/usr/local/bin/")


# -- the sample settings --------------------------------------------------------------------------

def sample(root):
    return root / "usr/share/doc/mqueryd/examples/mqueryd.yaml"


def printed_config(path):
    """What --print-config says of a file."""
    result = daemon.run("--print-config", "--config", str(path))
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_the_sample_settings_are_fine_and_change_nothing(debian):
    checked = daemon.run("--check-config", "--config", str(sample(debian)))
    assert (checked.returncode, checked.stdout) == (0, "the settings are fine\n")
    assert printed_config(sample(debian)) == daemon.run("--print-config").stdout


def test_the_sample_has_every_setting_with_its_default(debian, tmp_path):
    """Without its '#' it still says what is so anyway, but for the one registry it lists."""
    bare = tmp_path / "bare.yaml"
    bare.write_text(re.sub(r"^  #(?=\S|  )", "  ", sample(debian).read_text(), flags=re.MULTILINE))
    hosts = re.compile(r"^  hosts:(?: \[\]\n|\n(?:    .*\n)+)", re.MULTILINE)
    printed = printed_config(bare)
    assert "registry.example.com:5000" in hosts.search(printed)[0]
    assert hosts.sub("", printed) == hosts.sub("", daemon.run("--print-config").stdout)
    keys = re.findall(r"^  (\w+):", printed, re.MULTILINE)
    assert keys == re.findall(r"^  (\w+):", bare.read_text(), re.MULTILINE)


# -- the pages ------------------------------------------------------------------------------------

def render(root, name):
    """A page as plain text."""
    page = root / f"usr/share/man/man{PAGES[name]}/{name}.{PAGES[name]}"
    rendered = subprocess.run(
        ["groff", "-t", "-man", "-ww", "-Tascii", "-P-c", "-P-b", "-P-o", "-P-u", str(page)],
        check=True, capture_output=True, text=True)
    assert rendered.stderr == ""
    return rendered.stdout


def terms(page, head, pattern):
    """What the entries below a heading are about."""
    section = re.search(rf"^{head}\n((?: .*\n|\n)+)", page, re.MULTILINE)[1]
    return set(re.findall(rf"^ {{7}}({pattern})", section, re.MULTILINE))


def commands():
    """Of mquery, and the parts of those that have parts."""
    for name in mquery("__complete", "--", "").stdout.splitlines():
        yield (command := name.split("\t")[0])
        usages = mquery("help", command).stdout.partition("\n\n")[0]
        yield from re.findall(rf"^  mquery ({command} [a-z-]+) ", usages, re.MULTILINE)


def test_every_command_and_flag_is_in_the_page_of_mquery(debian):
    page = render(debian, "mquery")
    flags = set()
    for command in commands():
        assert terms(page, "COMMANDS", f"{command}(?=[ \n])"), command
        flags |= set(re.findall(r"^  (--[a-z-]+)", mquery("help", *command.split()).stdout,
                                re.MULTILINE))
    assert flags and terms(page, "OPTIONS", "--[a-z-]+") == flags


def test_every_flag_is_in_the_page_of_mqueryd(debian):
    flags = set(re.findall(r"^  (--[a-z-]+)", daemon.run("--help").stdout, re.MULTILINE))
    assert flags and terms(render(debian, "mqueryd"), "OPTIONS", "--[a-z-]+") == flags


def test_every_setting_is_in_the_page_of_the_file(debian):
    section, names = None, set()
    for head, key in re.findall(r"^(?:(\w+)|  (\w+)):", daemon.run("--print-config").stdout,
                                re.MULTILINE):
        section = head or section
        names |= {f"{section}.{key}"} if key else set()
    page = render(debian, "mqueryd.yaml")
    assert names and terms(page, "SETTINGS", r"\w+\.\w+(?=\n)") == names
    keys = re.findall(r"^  #  [- ] (\w+):", sample(debian).read_text(), re.MULTILINE)
    assert "ca_file" in keys and terms(page, "REGISTRIES", r"\w+(?=\n)") == set(keys)
