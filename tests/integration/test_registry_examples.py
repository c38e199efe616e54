# SPDX-License-Identifier: Apache-2.0
"""docs/registries.md: each of its examples is a file that passes the check, and through those for
registries of which there is a fake, that one is asked, under its real name."""
import contextlib
import os
import re

import pytest

from support import registries
from support.certificates import CertificateAuthority
from support.connect_proxy import ConnectProxy
from support.daemon import Daemon, run
from support.images import config
from support.processes import ROOT

SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"(?:/run/secrets|/etc/mqueryd)/([\w.-]+)")


def sections():
    """Title -> its example."""
    with open(os.path.join(ROOT, "docs", "registries.md"), encoding="utf-8") as file:
        text = file.read()
    return {title: EXAMPLE.search(body)[1] for title, body in SECTION.findall(text)}


EXAMPLES = sections()
FAKES = {kind.title: kind for kind in registries.REGISTRIES}


@pytest.fixture
def place_files(tmp_path):
    """place_files(example, secret): the example with files of the test's in the place of those it
    names: certificates where they are meant, else the secret."""
    def place(example, secret):
        authority = CertificateAuthority(tmp_path)
        certificate, key = authority.issue()
        contents = {"pem": certificate, "key": key}
        for name in FILE.findall(example):
            kind = name.rpartition(".")[2]
            if kind in contents:
                os.symlink(contents[kind], tmp_path / name)
            else:
                (tmp_path / name).write_text(f"{secret}\n", encoding="utf-8")
        return FILE.sub(lambda found: str(tmp_path / found[1]), example)
    return place


def test_there_is_an_example_for_each_fake():
    assert FAKES.keys() <= EXAMPLES.keys()


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_passes_the_check(place_files, secret_file, title):
    path = secret_file(place_files(EXAMPLES[title], "a-secret-of-the-tests"), "mqueryd.yaml")
    ended = run("--config", path, "--check-config")
    assert (ended.returncode, ended.stderr) == (0, "")


def helper_on_path(directory, account):
    helper = directory / "docker-credential-ecr-login"
    helper.write_text("#!/bin/sh\ncat >/dev/null\necho "
                      f"""'{{"Username":"{account[0]}","Secret":"{account[1]}"}}'\n""",
                      encoding="utf-8")
    helper.chmod(0o700)
    return {"PATH": f"{directory}:/usr/bin:/bin"}


@pytest.mark.parametrize("kind", registries.REGISTRIES, ids=lambda kind: kind.__name__)
def test_a_registry_is_asked_through_its_example(ca, place_files, tmp_path, kind):
    """Through a proxy, which finds the fake at the real names."""
    ground = registries.ByName(ca, registries.NAMES)
    with contextlib.closing(kind(ground)) as hosted, ConnectProxy(ground.places) as proxy:
        hosted.push_image("lab/app:v1", config("linux/arm64"))
        example = place_files(EXAMPLES[kind.title], hosted.account[1])
        environment = {"SSL_CERT_FILE": ca.file, "MQUERY_REGISTRY_PROXY": proxy.url,
                       **helper_on_path(tmp_path, hosted.account)}
        with Daemon(example, environment=environment) as daemon:
            answer = daemon.query(hosted.image("lab/app:v1"))
            assert (answer.status, answer.platforms) == (200, ["linux/arm64"]), answer.body
        hosted.assert_discreet()
        if hosted.account[0]:
            assert_asked_by_the_account(hosted)


def assert_asked_by_the_account(hosted):
    """And not by a stranger, who might read the same."""
    asked = hosted.registry.requests + (hosted.tokens.requests if hosted.tokens else [])
    assert any((each.header("authorization") or "").startswith("Basic ") for each in asked)
