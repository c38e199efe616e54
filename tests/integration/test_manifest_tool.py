# SPDX-License-Identifier: Apache-2.0
"""mquery under the name manifest-tool: scripts written for that tool go on working."""
import json
import re
import shutil

import pytest

from support import golden, images
from support.authority import Basic
from support.command_line import manifest_tool, mquery, said
from support.docker_registry import KINDS, DockerRegistry
from support.storage import fetch


@pytest.fixture(scope="module")
def real(golden_storage, tmp_path_factory):
    """A registry that may be pushed to."""
    storage = tmp_path_factory.mktemp("registry") / "storage"
    shutil.copytree(golden_storage, storage)
    with DockerRegistry(str(storage)) as registry:
        yield registry


# -- what the tool's own tests check --------------------------------------------------------------

@pytest.mark.parametrize("flag", ["--version", "-v", "-version"])
def test_it_says_its_version(flag):
    status, out, err = said(manifest_tool(flag))
    assert (status, err) == (0, "")
    assert re.fullmatch(r"manifest-tool version \S+ \(commit: \S+\)\n", out)


def test_it_inspects_over_plain_http(real):
    image = f"{real.address}/lab/docker:linux-amd64"
    result = manifest_tool("--plain-http", "inspect", image)
    assert said(result) == said(mquery("inspect", image))
    assert result.returncode == 0 and result.stdout.startswith(f"Name: {image} (Type: ")


def test_it_inspects_over_tls_with_any_certificate_if_told(golden_storage, tmp_path):
    with KINDS["tls"](str(tmp_path), golden_storage) as (registry, _):
        image = f"{registry.address}/lab/docker:multi"
        refused = manifest_tool("inspect", image)
        result = manifest_tool("--insecure", "inspect", image)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert (result.returncode, result.stderr) == (0, "")
    assert " * Contains 2 manifest references" in result.stdout


# -- its commands and flags -----------------------------------------------------------------------

def test_R9_a_reference_without_a_tag_takes_latest(registry):
    registry.push_image("lab/app:latest", images.config("linux/amd64"))
    result = manifest_tool("--plain-http", "inspect", registry.name("lab/app"))
    assert result.returncode == 0 and "        Arch: amd64\n" in result.stdout


def test_raw_and_expand_config_are_its_flags(real):
    image = f"{real.address}/lab/oci:linux-s390x"
    result = manifest_tool("--plain-http", "inspect", "--raw", "--expand-config", image)
    assert json.loads(result.stdout)["config"]["architecture"] == "s390x"
    assert manifest_tool("inspect", "--expand-config", image).returncode == 1


def test_flags_may_begin_with_one_dash_as_in_go(real):
    image = f"{real.address}/lab/oci:linux-s390x"
    result = manifest_tool("-plain-http", "-insecure=false", "inspect", "-raw", image)
    assert json.loads(result.stdout)["architecture"] == "s390x"
    assert mquery("inspect", "-raw", image).returncode == 2


@pytest.mark.parametrize("name", [
    name for name, push in golden.PUSHES.items()
    if not push.is_error and "--ignore-missing" not in push.case["flags"]])
def test_a_push_ends_with_its_digest_line(real, name, tmp_path):
    push = golden.PUSHES[name]
    flags = [*push.case["flags"]]
    if push.has_spec:
        spec = tmp_path / "spec.yaml"
        spec.write_text(push.spec(real), encoding="utf-8")
        arguments = ["push", *flags, "from-spec", str(spec)]
    else:
        arguments = ["push", *flags, "from-args", *push.arguments(real)]
    result = manifest_tool("--plain-http", *arguments)
    assert said(result) == (0, push.case["stdout"], "")
    repository, _, tag = push.target.partition(":")
    assert fetch(real, repository, tag).body == push.expected


def test_debug_says_what_is_asked(real):
    image = f"{real.address}/lab/docker:multi"
    result = manifest_tool("--debug", "inspect", image)
    assert result.stdout == mquery("inspect", image).stdout
    assert f"url={real.url}/v2/lab/docker/manifests/multi status=200" in result.stderr


@pytest.mark.parametrize("arguments", [[], ["help"], ["--help"], ["-h"]])
def test_help_is_a_page_about_its_own_commands(arguments):
    status, out, err = said(manifest_tool(*arguments))
    assert (status, err) == (0, "")
    for words in ("inspect IMAGE", "push from-spec FILE", "push from-args", "--docker-cfg PATH"):
        assert words in out
    assert "mquery" not in out and "check-registry" not in out and "query" not in out
    assert max(map(len, out.splitlines())) < 80


def test_help_of_a_command_names_the_tool():
    page = manifest_tool("help", "push", "from-spec").stdout
    assert page == manifest_tool("push", "from-spec", "--help").stdout
    assert page.startswith("  manifest-tool push from-spec FILE") and "mquery" not in page


# -- exit statuses --------------------------------------------------------------------------------

@pytest.mark.parametrize("arguments, words", [
    (["alpine"], "unknown command 'alpine'; see manifest-tool --help"),
    (["query", "alpine"], "unknown command 'query'"),
    (["serve"], "unknown command 'serve'"),
    (["push", "from-images"], "unknown command 'push from-images'"),
    (["inspect"], "which image? see manifest-tool inspect --help"),
    (["inspect", "quay.io/A"], "lower case"),
    (["--nonsense", "inspect", "a"], "unknown flag '--nonsense'"),
    (["push", "from-spec", "/none.yaml"], "cannot read '/none.yaml'"),
])
def test_whatever_is_wrong_is_1(arguments, words):
    result = manifest_tool(*arguments)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("manifest-tool: ") and words in result.stderr
    assert result.stderr.count("\n") == 1


def test_T23_a_missing_image_and_a_private_one_are_1(registry):
    registry.push_image("lab/app:v1", images.config("linux/amd64"))
    assert manifest_tool("--plain-http", "inspect", registry.name("lab/app:none")).returncode == 1
    registry.authority = Basic("robot", "secret")
    assert manifest_tool("--plain-http", "inspect", registry.name("lab/app:v1")).returncode == 1


# -- who one is -----------------------------------------------------------------------------------

@pytest.fixture
def private(registry):
    registry.push_image("lab/app:v1", images.config("linux/amd64"))
    registry.authority = Basic("robot", "secret")
    return registry.name("lab/app:v1")


def test_a_name_and_a_password_before_the_command_log_in(private):
    result = manifest_tool("--plain-http", "--username", "robot", "--password", "secret",
                           "inspect", private)
    assert (result.returncode, result.stderr) == (0, "")


def test_C1_docker_cfg_is_a_file_or_its_directory(private, registry, tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps(
        {"auths": {registry.address: {"username": "robot", "password": "secret"}}}), "utf-8")
    config.chmod(0o600)
    for path in (tmp_path, config):
        result = manifest_tool("--plain-http", "--docker-cfg", str(path), "inspect", private)
        assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("path", ["", "/nowhere"], ids=["empty directory", "no such path"])
def test_C1_docker_cfg_without_a_file_asks_as_nobody(registry, tmp_path, path):
    registry.push_image("lab/app:v1", images.config("linux/amd64"))
    place = str(tmp_path) + path
    image = registry.name("lab/app:v1")
    assert said(manifest_tool("--docker-cfg", place, "inspect", image))[::2] == (0, "")
    assert mquery("--docker-cfg", place, "inspect", image).returncode == 2
    assert all(each.header("authorization") is None for each in registry.requests)


def test_what_is_empty_is_not_given(registry):
    registry.push_image("lab/app:v1", images.config("linux/amd64"))
    result = manifest_tool("--username", "", "--password=", "--docker-cfg", "", "inspect",
                           registry.name("lab/app:v1"))
    assert (result.returncode, result.stderr) == (0, "")
