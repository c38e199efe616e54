# SPDX-License-Identifier: Apache-2.0
"""mquery check-registry and POST /check: a true table of what a registry takes, and nothing left."""
import json
import subprocess

import pytest

from support import behave, images
from support.command_line import mquery
from support.daemon import Daemon
from support.docker_registry import KINDS, PASSWORD, USER, DockerRegistry, listing

DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
EVERYTHING = {"blobs", "mount", "docker_images", "oci_images", "docker_list", "oci_index",
              "oci_annotated", "oci_nested", "oci_mixed", "list_by_digest", "retag", "delete"}
OF_OCI_INDEXES = {"oci_index", "oci_annotated", "oci_nested", "oci_mixed"}


def check(registry, *flags, repository="lab/checked"):
    return mquery("check-registry", *flags, f"{registry.address}/{repository}")


def report_of(registry):
    result = check(registry, "--json")
    assert result.stderr == ""
    return json.loads(result.stdout)


def supported(report):
    return {row["name"] for row in report["checks"] if row["supported"]}


def row(report, name):
    return next(each for each in report["checks"] if each["name"] == name)


def tags(registry, repository="lab/checked"):
    reply = subprocess.run(["curl", "-s", f"{registry.url}/v2/{repository}/tags/list"],
                           capture_output=True, check=True)
    return json.loads(reply.stdout).get("tags") or []


@pytest.fixture
def with_deletes(tmp_path):
    with DockerRegistry(str(tmp_path), delete=True) as registry:
        yield registry


@pytest.fixture
def without_deletes(tmp_path):
    with DockerRegistry(str(tmp_path)) as registry:
        yield registry


# -- a real registry ------------------------------------------------------------------------------

def test_docker_registry_takes_everything_and_nothing_is_left(with_deletes):
    report = report_of(with_deletes)
    assert report["repository"] == f"{with_deletes.address}/lab/checked"
    assert supported(report) == EVERYTHING
    assert (report["docker_lists"], report["oci_indexes"]) == (True, True)
    assert report["left"] == []
    assert tags(with_deletes) == []


def test_with_deletes_off_the_table_says_so_and_what_was_left(without_deletes):
    report = report_of(without_deletes)
    assert supported(report) == EVERYTHING - {"delete"}
    assert "405" in row(report, "delete")["detail"]
    left = {each.rpartition(":")[2] for each in report["left"]
            if each.startswith(f"{without_deletes.address}/lab/checked:")}
    assert set(tags(without_deletes)) == left != set()


def test_twice_gives_the_same_table(with_deletes):
    assert report_of(with_deletes)["checks"] == report_of(with_deletes)["checks"]


def test_a_password_is_needed_and_given(tmp_path):
    with KINDS["basic"](str(tmp_path), str(tmp_path / "storage")) as (registry, _):
        refused = check(registry)
        assert refused.returncode == 4 and refused.stdout == ""
        assert refused.stderr.count("\n") == 1
        given = check(registry, "--json", "--username", USER, "--password", PASSWORD)
        assert given.returncode == 0
        assert json.loads(given.stdout)["oci_indexes"]


def test_the_text_is_a_table_and_the_exit_status_an_answer(with_deletes):
    result = check(with_deletes)
    assert result.returncode == 0 and result.stderr == ""
    first, *rows, last = result.stdout.splitlines()
    assert first == f"{with_deletes.address}/lab/checked"
    assert [each[:7] for each in rows] == ["  yes  "] * len(EVERYTHING)
    assert last == "Docker manifest lists: yes. OCI indexes: yes."


def test_a_service_checks_too(with_deletes, tmp_path):
    (tmp_path / "tokens").write_text("a-token-of-the-tests-0123456789\n", encoding="utf-8")
    settings = {"registry": {"hosts": [listing(with_deletes)]},
                "push": {"enabled": True, "tokens_file": str(tmp_path / "tokens")}}
    with Daemon(settings) as daemon:
        target = f"/check?repository={with_deletes.address}/lab/checked"
        assert daemon.ask("POST", target).status == 401
        for image in (":v1", "@sha256:" + "0" * 64):
            refused = daemon.ask("POST", target + image,
                                 {"Authorization": "Bearer a-token-of-the-tests-0123456789"})
            assert refused.status == 400 and "name the repository alone" in refused.json["error"]
        answer = daemon.ask("POST", target,
                            {"Authorization": "Bearer a-token-of-the-tests-0123456789"})
        assert answer.status == 200
        assert supported(answer.json) == EVERYTHING


# -- registries that lack something ---------------------------------------------------------------

def refuse(registry, *media_types, status=400):
    """Manifests of these types; the rest is taken as it comes."""
    refusal = behave.fail(status, "MANIFEST_INVALID", "not that kind of manifest")
    registry.script("PUT */manifests/*", lambda server, request: (
        refusal(server, request) if request.header("Content-Type") in media_types
        else server.answer_honestly(request)))


@pytest.mark.parametrize("status", [400, 404, 405, 415])
def test_one_without_oci_indexes(registry, status):
    refuse(registry, images.OCI_INDEX, status=status)
    report = report_of(registry)
    assert supported(report) == EVERYTHING - OF_OCI_INDEXES
    assert (report["docker_lists"], report["oci_indexes"]) == (True, False)
    assert str(status) in row(report, "oci_index")["detail"]
    assert row(report, "oci_nested")["supported"] is None  # not tried: what it needs was refused


def test_one_without_docker_lists(registry):
    refuse(registry, DOCKER_LIST)
    report = report_of(registry)
    assert supported(report) == EVERYTHING - {"docker_list"}
    assert (report["docker_lists"], report["oci_indexes"]) == (False, True)


def test_one_without_any_is_an_honest_no(registry):
    refuse(registry, DOCKER_LIST, images.OCI_INDEX)
    result = check(registry)
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1].startswith("Docker manifest lists: no. OCI indexes: no.")


def test_one_that_grants_no_mounts(registry):
    def no_mount(server, request):
        if "mount" in request.query:
            del request.query["mount"]  # an upload is opened instead, as the specification allows
        return server.answer_honestly(request)

    registry.script("POST */blobs/uploads/*", no_mount)
    report = report_of(registry)
    assert supported(report) == EVERYTHING - {"mount"}
    assert "202" in row(report, "mount")["detail"]


def test_one_that_rewrites_lists(registry):
    def rewrite(server, request):
        if request.header("Content-Type") == images.OCI_INDEX:
            request.body = request.body.replace(b" ", b"")
        return server.answer_honestly(request)

    registry.script("PUT */manifests/*", rewrite)
    report = report_of(registry)
    assert not report["oci_indexes"] and report["docker_lists"]
    assert not row(report, "oci_index")["supported"]


def test_one_that_takes_nothing_from_us_is_an_error(registry):
    registry.script("POST */blobs/uploads/*", behave.fail(403, "DENIED", "read only"))
    result = check(registry, "--json")
    assert result.returncode == 4
    assert result.stdout == "" and result.stderr.count("\n") == 1


def test_one_whose_quota_is_used_up_is_no_table(registry):
    registry.script("PUT */manifests/*", behave.rate_limited("7200"))
    result = check(registry, "--json")
    assert (result.returncode, result.stdout) == (6, "")
