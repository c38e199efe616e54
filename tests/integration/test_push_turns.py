# SPDX-License-Identifier: Apache-2.0
"""Pushes beside queries, beside other pushes, without their client, and at the end of the service."""
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import behave, images
from support.http_server import Reply
from support.processes import PATIENCE, wait_until
from support.push_service import (KNOWN, PLATFORMS, push, push_sources_at_home, spec, told, under_way)
from support.pushes import TARGET


@pytest.fixture(autouse=True)
def sources(registry):
    push_sources_at_home(registry)


# -- queries after a push -------------------------------------------------------------------------

def test_what_is_pushed_is_what_queries_are_told_at_once(service, registry):
    daemon = service()
    image = registry.name(f"{TARGET}:v1")
    assert daemon.query(image).status == 404
    pushed = push(daemon, spec(registry, tags=["more"]))[1]
    for tag in ("v1", "more"):
        assert daemon.query(registry.name(f"{TARGET}:{tag}")).json["digest"] == pushed["digest"]
    alone = spec(registry, sources=[registry.name(f"{TARGET}:amd64")])
    again = push(daemon, alone)[1]
    assert daemon.query(image).json["digest"] == again["digest"] != pushed["digest"]


def test_what_was_unknown_by_digest_is_known_once_it_is_pushed(service, registry):
    daemon = service()
    digest = push(daemon, spec(registry), "?dry_run=true")[1]["digest"]
    assert daemon.query(registry.name(f"{TARGET}@{digest}")).status == 404
    push(daemon, spec(registry))
    assert daemon.query(registry.name(f"{TARGET}@{digest}")).status == 200


def test_a_partial_failure_is_told_to_queries_too(service, registry):
    daemon = service()
    registry.script(f"PUT /v2/{TARGET}/manifests/second", behave.fail(403, "DENIED", "no"))
    assert daemon.query(registry.name(f"{TARGET}:v1")).status == 404
    assert push(daemon, spec(registry, tags=["second"]))[1]["pushed"] == ["v1"]
    assert daemon.query(registry.name(f"{TARGET}:v1")).status == 200


def held_back(event):
    """The honest answer of now, given once `event` is set."""
    def answer(registry, request):
        reply = registry.answer_honestly(request)
        wait_until(lambda: event.is_set() or registry.stopping.is_set(), "the answer to be let go")
        return reply
    return answer


def test_a_lookup_that_was_begun_before_a_push_is_not_kept(service, registry):
    daemon = service()
    image = registry.name(f"{TARGET}:v1")
    release = threading.Event()
    push(daemon, spec(registry, sources=[registry.name(f"{TARGET}:amd64")]))
    registry.script(f"GET /v2/{TARGET}/manifests/v1", held_back(release), behave.honest)
    with ThreadPoolExecutor() as pool:
        old = pool.submit(daemon.query, image)
        wait_until(lambda: registry.asked("GET", "/manifests/v1"), "the registry to be asked")
        pushed = push(daemon, spec(registry))[1]
        release.set()
        assert old.result().json["digest"] != pushed["digest"]
    assert daemon.query(image).json["digest"] == pushed["digest"]


# -- who waits for whom ---------------------------------------------------------------------------

def test_a_second_push_to_a_tag_waits_for_the_first(service, registry):
    daemon = service()
    release = threading.Event()
    put = f"/v2/{TARGET}/manifests/v1"
    registry.script(f"PUT {put}", behave.hold(release), behave.honest)
    amd64, arm64 = ([registry.name(f"{TARGET}:{each}")] for each in ("amd64", "arm64"))
    others = [spec(registry, tag="other", tags=["v1"], sources=arm64), spec(registry, sources=amd64)]
    with under_way(daemon, spec(registry)) as [first]:
        wait_until(lambda: registry.asked("PUT", put), "the first push to be at its end")
        with under_way(daemon, *others) as [second, third]:
            assert push(daemon, spec(registry, tag="another"))[0] == 200  # no tag of theirs
            assert len(registry.asked("PUT", put)) == 1
            release.set()
            statuses = {told(each.getresponse())[0] for each in (first, second, third)}
    assert statuses == {200}
    assert len(registry.asked("PUT", put)) == 3


def test_a_push_waits_for_half_a_minute_and_outside_the_workers(service, registry):
    """While four others swallow what they are asked, too: nobody waits for them but themselves."""
    daemon = service()
    release = threading.Event()
    registry.script(f"GET /v2/{TARGET}/manifests/hole*", behave.hold(release))
    holes = [spec(registry, tag=f"t{number}", sources=[registry.name(f"{TARGET}:hole{number}")])
             for number in range(4)]
    with under_way(daemon, *holes):
        wait_until(lambda: len(registry.asked("GET", "/manifests/hole")) == 3, "three to hang")
        begun = time.monotonic()
        status, said = push(daemon, holes[0], timeout=2 * PATIENCE)
        assert (status, said["code"]) == (409, "conflict")
        assert 29 < time.monotonic() - begun < 40
        release.set()


def test_S32_pushes_without_a_token_hold_up_nobody_who_brings_one(service, registry,
                                                                  another_registry):
    """As many as there are places, at a registry that swallows them; one holds the very tag."""
    host = {"name": another_registry.address, "plain_http": True}
    daemon = service({"push": {"anonymous": True},
                      "registry": {"hosts": [host, {"name": registry.address,
                                                    "plain_http": True}]}})
    release = threading.Event()
    another_registry.script("*", behave.hold(release))
    registry.script(f"GET /v2/{TARGET}/manifests/hole*", behave.hold(release))
    holes = [spec(registry, tag="v1", sources=[another_registry.name("lab/hole:0")])]
    holes += [spec(registry, tag=f"t{number}", sources=[registry.name(f"{TARGET}:hole{number}")])
              for number in range(2)]
    more = [spec(each, tag=f"t{number}", sources=[each.name(f"{TARGET}:hole{number}")])
            for each in (registry, another_registry) for number in range(2, 8)]
    with under_way(daemon, *holes, headers={}):
        wait_until(lambda: len(registry.asked("GET", "/manifests/hole")) == 2
                   and another_registry.requests, "them to hang")
        with under_way(daemon, *more, headers={}):
            begun = time.monotonic()
            status, said = push(daemon, spec(registry))
            assert status == 200, said
            check = daemon.ask("POST", f"/check?repository={registry.name('lab/check')}", KNOWN)
            assert check.status == 200
            assert time.monotonic() - begun < 10
            release.set()


def test_S32_copies_without_a_token_leave_a_place_to_those_with_one(service, registry,
                                                                    another_registry):
    host = {"name": another_registry.address, "plain_http": True}
    daemon = service({"push": {"anonymous": True},
                      "registry": {"hosts": [host, {"name": registry.address,
                                                    "plain_http": True}]}})
    for name, layers in (("hole", [bytes([each]) for each in range(8)]), ("else", [b"x"])):
        another_registry.push_whole_image(f"lab/{name}:1", images.config("linux/amd64"), layers)
    release = threading.Event()
    another_registry.script("GET /v2/lab/hole/blobs/*", behave.honest,  # the config
                            behave.hold(release))
    with under_way(daemon, spec(registry, tag="hole",
                                sources=[another_registry.name("lab/hole:1")]), headers={}):
        wait_until(lambda: len(another_registry.asked("GET", "/v2/lab/hole/blobs/")) == 1 + 3,
                   "its blobs to be copied")
        status, said = push(daemon, spec(registry, sources=[another_registry.name("lab/else:1")]))
        assert status == 200, said
        assert len(another_registry.asked("GET", "/v2/lab/hole/blobs/")) == 1 + 3
        release.set()


def test_queries_and_wrong_specs_do_not_feel_pushes_that_hang(service, registry,
                                                              another_registry):
    host = {"name": another_registry.address, "plain_http": True}
    daemon = service({"registry": {"hosts": [host, {"name": registry.address,
                                                    "plain_http": True}]}})
    registry.push(f"{TARGET}:list", images.index_of(*PLATFORMS))
    release = threading.Event()
    for each in (registry, another_registry):
        each.script("GET */manifests/hole*", behave.hold(release))
    holes = [spec(each, tag=f"t{number}", sources=[each.name(f"{TARGET}:hole{number}")])
             for number in range(4) for each in (registry, another_registry)]
    with under_way(daemon, *holes):
        wait_until(lambda: sum(len(each.asked("GET", "/manifests/hole"))
                               for each in (registry, another_registry)) == 4, "four to hang")
        begun = time.monotonic()
        assert daemon.query(registry.name(f"{TARGET}:list")).status == 200
        assert push(daemon, {"image": "x"})[0] == 400
        assert time.monotonic() - begun < 1
        release.set()


# -- clients that leave, and the end --------------------------------------------------------------

def test_a_client_that_leaves_does_not_stop_a_push_whose_blobs_are_in(service, registry):
    daemon = service()
    release = threading.Event()
    registry.script(f"PUT /v2/{TARGET}/manifests/v1", behave.hold(release), behave.honest)
    with under_way(daemon, spec(registry, tags=["more"])):
        wait_until(lambda: registry.asked("PUT", "/manifests/v1"), "the push to be at its end")
    wait_until(lambda: daemon_has_noticed(daemon), "the daemon to notice")
    release.set()
    wait_until(lambda: "more" in registry.tags(TARGET), "the push to end")
    assert json.loads(daemon.wait_for_log('"message":"push"'))["status"] == 200


def daemon_has_noticed(daemon):
    """That no connection of a client's is open: a client that left is seen by the tick."""
    with open(f"/proc/{daemon.pid}/net/tcp", encoding="ascii") as file:
        rows = [line.split() for line in file.read().splitlines()[1:]]
    port = f":{daemon.port:04X}"
    close_wait = "08"
    return not any(row[1].endswith(port) and row[3] == close_wait for row in rows)


def test_a_client_that_leaves_stops_a_push_that_is_still_copying(service, registry,
                                                                 another_registry):
    layer = b"a layer " * 100000
    another_registry.push_whole_image("lab/far:v1", images.config("linux/amd64"), [layer])
    another_registry.script(f"GET */blobs/{images.digest_of(layer)}", slowly(layer))
    hosts = [{"name": each.address, "plain_http": True} for each in (registry, another_registry)]
    daemon = service({"registry": {"hosts": hosts}})
    with under_way(daemon, spec(registry, sources=[another_registry.name("lab/far:v1")])):
        wait_until(lambda: another_registry.asked("GET", images.digest_of(layer)), "the copy")
    line = json.loads(daemon.wait_for_log('"message":"push"'))
    assert line["status"] == 503
    assert "v1" not in registry.tags(TARGET)


def slowly(content):
    """This content in more time than a test has."""
    pieces = (content[at:at + 2000] for at in range(0, len(content), 2000))
    return lambda registry, request: Reply(200, behave.drip(registry, pieces),
                                           [("Content-Length", str(len(content)))])


def test_a_drain_lets_a_push_end(service, registry):
    daemon = service()
    release = threading.Event()
    registry.script(f"PUT /v2/{TARGET}/manifests/v1", behave.hold(release), behave.honest)
    with under_way(daemon, spec(registry)) as [client]:
        wait_until(lambda: registry.asked("PUT", "/manifests/v1"), "the push to be at its end")
        daemon.terminate()
        daemon.wait_for_log('"message":"draining"')
        release.set()
        status, said = told(client.getresponse())
        assert status == 200, said
    daemon.wait()


def test_a_drain_waits_for_a_push_whose_client_has_left(service, registry):
    daemon = service()
    release = threading.Event()
    registry.script(f"PUT /v2/{TARGET}/manifests/v1", behave.hold(release), behave.honest)
    with under_way(daemon, spec(registry)):
        wait_until(lambda: registry.asked("PUT", "/manifests/v1"), "the push to be at its end")
    daemon.terminate()
    daemon.wait_for_log('"message":"draining"')
    wait_until(lambda: daemon_has_noticed(daemon), "the daemon to notice")
    release.set()
    daemon.wait()
    assert "v1" in registry.tags(TARGET)


def test_pushes_that_do_not_end_are_answered_in_the_end(service, registry):
    daemon = service({"server": {"drain_timeout": "1s"}})
    registry.script(f"PUT /v2/{TARGET}/manifests/v1", behave.hold(threading.Event()))
    with under_way(daemon, spec(registry)) as [running]:
        wait_until(lambda: registry.asked("PUT", "/manifests/v1"), "the push to be at its end")
        with under_way(daemon, spec(registry)) as [waiting]:
            daemon.terminate()
            for client in (waiting, running):
                status, said = told(client.getresponse())
                assert (status, said["code"]) == (503, "draining")
    daemon.wait()
