# SPDX-License-Identifier: Apache-2.0
"""Debian's docker-registry with what may stand before it, or between it and us: all golden images
through each, and what each of them does to a question. (The registry alone: test_golden.py.)"""
import pytest

from support import fronts, golden
from support.daemon import Daemon
from support.docker_registry import DockerRegistry, demanding_certificates, listing
from support.processes import free_port, wait_until

LIST, LONE = "lab/oci:multi", "lab/oci:linux-arm64v8"
ALWAYS_ASK = {"fresh": "1ms", "stale_while_revalidate": "0s", "negative": "1ms"}


@pytest.fixture(scope="module", params=[
    fronts.as_token_realm, fronts.as_blob_host, fronts.as_http2, fronts.as_line_that_is_cut,
    fronts.as_mirror], ids=lambda front: front.__name__)
def front(request, golden_storage, tmp_path_factory):
    """(address, a daemon that may ask there)."""
    directory = str(tmp_path_factory.mktemp("front"))
    with request.param(directory, golden_storage) as (address, host, _):
        with Daemon({"registry": {"hosts": [host]}}) as daemon:
            yield address, daemon


@pytest.mark.parametrize("name", golden.RUNNABLE)
def test_a_golden_image_is_answered_as_wanted(front, name):
    address, daemon = front
    golden.assert_answered(daemon.query(f"{address}/{name}"), name, address)


def test_T23_a_missing_tag_is_not_found(front):
    address, daemon = front
    answer = daemon.query(f"{address}/lab/oci:no-such-tag")
    assert (answer.status, answer.code) == (404, "not_found"), answer.body


# -- one by one -----------------------------------------------------------------------------------

@pytest.fixture
def behind(golden_storage, tmp_path):
    """behind(front, cache=...): (nginx, a function that asks for an image through it)."""
    opened = []

    def start(kind, **sections):
        context = kind(str(tmp_path), golden_storage)
        address, host, nginx = context.__enter__()
        daemon = Daemon({"registry": {"hosts": [host], "timeout": "2s"}, **sections})
        opened.extend([context, daemon])
        return nginx, lambda name: daemon.query(f"{address}/{name}")
    yield start
    for each in reversed(opened):
        each.__exit__(None, None, None)


def test_H31_http2_is_spoken_where_it_is_offered(behind):
    nginx, query = behind(fronts.as_http2)
    assert query(LONE).status == 200
    assert {line[0] for line in nginx.seen} == {"HTTP/2.0"}


def test_T26_blobs_elsewhere_are_asked_for_without_the_password(behind):
    """nginx answers 400 to who brings it."""
    nginx, query = behind(fronts.as_blob_host)
    assert query(LONE).status == 200
    assert ["200"] == [line[3] for line in nginx.seen if "X-Signature" in line[2]]


def test_T21_a_rate_limiters_429_is_told_and_what_is_known_is_given(behind):
    nginx, query = behind(fronts.as_rate_limiter, cache=ALWAYS_ASK)
    assert query(LIST).status == 200
    limited = query(LONE)
    assert (limited.status, limited.code) == (503, "rate_limited")
    assert 1 <= int(limited.headers["Retry-After"]) <= 30
    asked = len(nginx.seen)
    known, unknown = query(LIST), query(LONE)
    assert (known.status, known.json["stale"], unknown.code) == (200, True, "rate_limited")
    assert len(nginx.seen) == asked  # H20: nobody asks before the time is over


def test_B1_head_is_free_of_the_limit(behind):
    nginx, query = behind(fronts.as_rate_limiter, cache=ALWAYS_ASK)
    assert query(LIST).status == 200
    wait_until(lambda: query(LIST).status == 200 and
               [line[1] for line in nginx.seen].count("HEAD") >= 3, "three confirmations")
    assert {line[3] for line in nginx.seen} == {"200"}


def test_S26_a_slow_line_is_a_timeout(behind):
    _, query = behind(fronts.as_slow_line)
    answer = query(LIST)
    assert (answer.status, answer.code) == (504, "timeout")


def test_S26_a_slow_line_delays_nobody_else(golden_storage, tmp_path):
    with fronts.as_slow_line(str(tmp_path), golden_storage) as (slow, host, _), \
            DockerRegistry(golden_storage) as registry:
        settings = {"registry": {"hosts": [host, listing(registry)], "timeout": "3s",
                                 "workers_max": 8}}
        with Daemon(settings) as daemon:
            waiting = [daemon.connect() for _ in range(8)]
            for number, client in enumerate(waiting):
                client.request("GET", f"/query?image={slow}/lab/oci:t{number}")
            assert daemon.query(f"{registry.address}/{LIST}").status == 200
            for client in waiting:
                assert client.getresponse().status in (404, 503, 504)
                client.close()


def test_H19_a_line_that_is_cut_costs_a_request_more(behind):
    nginx, query = behind(fronts.as_line_that_is_cut)
    assert [query(name).status for name in (LIST, LONE)] == [200, 200]
    assert "444" in {line[3] for line in nginx.seen}


# -- client certificates --------------------------------------------------------------------------

def test_T39_a_registry_that_wants_a_certificate_answers_nobody_without(golden_storage, tmp_path):
    with demanding_certificates(str(tmp_path), golden_storage) as (registry, host):
        listed = {"name": registry.address, "ca_file": host["ca_file"]}
        with Daemon({"registry": {"hosts": [listed]}}) as daemon:
            answer = daemon.query(f"{registry.address}/{LIST}")
            assert (answer.status, answer.code) == (502, "upstream")


def test_T39_a_certificate_is_shown_to_its_own_host_alone(golden_storage, tmp_path):
    """Another one that wants one as well is shown none, though it is listed."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir(), second.mkdir()
    with demanding_certificates(str(first), golden_storage) as (registry, host), \
            demanding_certificates(str(second), golden_storage) as (another, other):
        listed = {"name": another.address, "ca_file": other["ca_file"]}
        with Daemon({"registry": {"hosts": [host, listed]}}) as daemon:
            assert daemon.query(f"{registry.address}/{LIST}").status == 200
            assert daemon.query(f"{another.address}/{LIST}").code == "upstream"


# -- mirrors --------------------------------------------------------------------------------------

def test_H28_a_mirror_answers_for_a_registry_that_is_gone(golden_storage, tmp_path):
    gone = f"127.0.0.1:{free_port()}"
    with fronts.as_mirror(str(tmp_path), golden_storage) as (address, mirror, _):
        hosts = [{"name": gone, "plain_http": True, "mirrors": [address]}, mirror]
        with Daemon({"registry": {"hosts": hosts}}) as daemon:
            answer = daemon.query(f"{gone}/{LIST}")
            assert answer.status == 200, answer.body
            assert answer.json["digest"] == golden.IMAGES[LIST]["digest"]
            assert answer.json["imagename"] == f"{gone}/{LIST}"


def test_H28_a_mirror_that_is_gone_is_passed_over(golden_storage):
    gone = f"127.0.0.1:{free_port()}"
    with DockerRegistry(golden_storage) as registry:
        hosts = [listing(registry, mirrors=[gone]), {"name": gone, "plain_http": True}]
        with Daemon({"registry": {"hosts": hosts}}) as daemon:
            assert daemon.query(f"{registry.address}/{LIST}").status == 200
