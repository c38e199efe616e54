# SPDX-License-Identifier: Apache-2.0
"""Redirects: followed where registries need them, and never with anything they may not have."""
import pytest

from support import behave, images
from support.authority import Basic, unauthorized
from support.fake_registry import FakeRegistry
from support.images import config, index_of

USER, PASSWORD = "robot", "secret"
CONFIG = config("linux/arm64")


@pytest.fixture
def image(registry, another_registry):
    """A lone image whose config another host holds as well."""
    registry.push_image("lab/app:v1", CONFIG)
    another_registry.push_image("lab/app:v1", CONFIG)
    return registry.name("lab/app:v1")


@pytest.fixture
def with_credentials(start, registry, secret_file):
    registry.authority = Basic(USER, PASSWORD)
    return start(host={"username": USER, "password_file": secret_file(PASSWORD)})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_H14_a_blob_elsewhere_is_fetched_there(daemon, registry, another_registry, image, status):
    registry.script("GET */blobs/*", behave.redirect_to(another_registry, status))
    answer = daemon.query(image)
    assert (answer.status, answer.platforms) == (200, ["linux/arm64"])
    assert another_registry.count("GET", "/blobs/") == 1


def test_H17_a_manifest_elsewhere_is_fetched_there(daemon, registry, another_registry, image):
    registry.script("GET *", behave.redirect_to(another_registry))
    assert daemon.query(image).platforms == ["linux/arm64"]


def test_H14_a_redirect_may_be_relative(daemon, registry, image):
    registry.script("GET */blobs/*", behave.redirect("/elsewhere/config"))
    registry.script("GET /elsewhere/config", behave.respond(200, images.encode(CONFIG)))
    assert daemon.query(image).status == 200


def test_T26_S6_authorization_does_not_follow_to_another_host(with_credentials, registry,
                                                              another_registry, image):
    registry.script("GET */blobs/*", behave.redirect_to(another_registry))
    assert with_credentials.query(image).status == 200
    assert len(another_registry.requests) == 1
    assert another_registry.requests[0].header("authorization") is None


def test_S6_authorization_stays_dropped_on_the_way_back(with_credentials, registry,
                                                        another_registry, image):
    registry.script("GET */blobs/*", behave.redirect(another_registry.url + "/there"))
    another_registry.script("GET /there", behave.redirect(registry.url + "/back"))
    registry.script("GET /back", behave.respond(200, images.encode(CONFIG)))
    assert with_credentials.query(image).status == 200
    assert registry.asked(contains="/back")[0].header("authorization") is None


def test_H16_a_401_elsewhere_is_not_answered_with_credentials(with_credentials, registry,
                                                              another_registry, image):
    registry.script("GET */blobs/*", behave.redirect_to(another_registry))
    another_registry.script("GET *", lambda *_: unauthorized('Basic realm="give me"'))
    answer = with_credentials.query(image)
    assert answer.status in (403, 502)
    assert all(each.header("authorization") is None for each in another_registry.requests)


def test_T26_a_config_from_elsewhere_is_verified(daemon, registry, another_registry, image):
    registry.script("GET */blobs/*", behave.redirect_to(another_registry))
    another_registry.script("GET */blobs/*", behave.altered)
    answer = daemon.query(image)
    assert (answer.status, answer.code) == (502, "upstream")


def test_H14_a_loop_of_redirects_ends(daemon, registry, image):
    registry.script("GET */blobs/*", behave.redirect_to(registry))
    answer = daemon.query(image)
    assert (answer.status, answer.code) == (502, "upstream")
    assert registry.count("GET", "/blobs/") <= 22  # ten redirects, and one more try


@pytest.mark.parametrize("location", [
    "file:///etc/passwd", "gopher://127.0.0.1:1/x", "ftp://127.0.0.1/x", "dict://127.0.0.1:1/x",
    "http://user:pass@127.0.0.1:1/x", "http://127.0.0.1:1/a b", "http://[fe80::1%25eth0]/x",
    "http://localhost.:1/x", "http://１２７.0.0.1/x", "http://", "", "::"])
def test_S4_S29_a_redirect_to_what_is_no_plain_url_is_refused(daemon, registry, image, location):
    registry.script("GET */blobs/*", behave.redirect(location.encode().decode("latin-1")))
    answer = daemon.query(image)
    assert (answer.status, answer.code) == (502, "upstream"), answer.body


def test_S4_a_redirect_without_a_location_is_refused(daemon, registry, image):
    registry.script("GET */blobs/*", behave.respond(307))
    assert daemon.query(image).code == "upstream"


def test_H16_https_never_becomes_http(start, ca, another_registry):
    with FakeRegistry(tls=ca.server_context()) as secure:
        secure.push("lab/app:v1", index_of("linux/amd64"))
        another_registry.push("lab/app:v1", index_of("linux/amd64"))
        secure.script("GET *", behave.redirect_to(another_registry))
        hosts = [{"name": secure.address, "ca_file": ca.file}]
        answer = start({"registry": {"hosts": hosts}}).query(secure.name("lab/app:v1"))
    assert (answer.status, answer.code) == (502, "upstream")
    assert another_registry.connections == 0
