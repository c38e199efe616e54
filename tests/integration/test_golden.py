# SPDX-License-Identifier: Apache-2.0
"""The golden images in a real registry: open, behind Basic, behind tokens, over TLS, and over TLS
that wants a certificate of ours."""
import json

import pytest

from support import golden
from support.daemon import Daemon
from support.docker_registry import KINDS


@pytest.fixture(scope="module", params=KINDS)
def service(request, golden_storage, tmp_path_factory):
    """(the registry, a daemon that may ask it)."""
    directory = str(tmp_path_factory.mktemp(request.param))
    with KINDS[request.param](directory, golden_storage) as (registry, host):
        with Daemon({"registry": {"hosts": [host]}}) as daemon:
            yield registry, daemon


@pytest.mark.parametrize("name", golden.RUNNABLE)
def test_an_image_is_answered_as_wanted(service, name):
    registry, daemon = service
    golden.assert_answered(daemon.query(f"{registry.address}/{name}"), name, registry.address)


@pytest.mark.parametrize("name", golden.ARTIFACTS)
def test_an_artifact_is_unsupported_and_named(service, name):
    registry, daemon = service
    answer = daemon.query(f"{registry.address}/{name}")
    assert (answer.status, answer.code) == (422, "unsupported")
    assert "chart" in answer.json["error"]


def test_an_image_is_found_by_its_digest(service):
    registry, daemon = service
    digest = golden.IMAGES["lab/oci:multi"]["digest"]
    answer = daemon.query(f"{registry.address}/lab/oci@{digest}")
    assert answer.status == 200
    assert answer.json["digest"] == digest


def test_the_answer_is_compact_json_with_its_keys_in_order(service):
    registry, daemon = service
    answer = daemon.query(f"{registry.address}/lab/oci:multi")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.body == json.dumps(answer.json, separators=(",", ":")).encode()
    assert list(answer.json) == ["cachets", "islist", "imagename", "digest", "mediatype",
                                 "archlist", "attestations"]
    assert list(answer.json["archlist"][3]) == ["architecture", "os", "os.version", "os.features"]


def test_a_missing_tag_is_not_found(service):
    registry, daemon = service
    answer = daemon.query(f"{registry.address}/lab/oci:no-such-tag")
    assert (answer.status, answer.code) == (404, "not_found")
