# SPDX-License-Identifier: Apache-2.0
"""A registry that does not answer is left alone for a while, whoever asks, and tried again."""
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import behave, doors
from support.command_line import mquery
from support.docker_registry import listing
from support.images import index_of
from support.processes import free_port, wait_until
from support.pushes import assert_pushed, assert_refused, push_sources, spec

FAILURES = 5   # in a row, then it is left alone
ANYTHING = "* /v2/lab/*"
OPEN = re.compile(r"has not answered (\d+) times in a row; asked again in (\d+) s$")


@pytest.fixture(autouse=True)
def images_of_everyone(registry):
    for number in range(20):
        registry.push(f"lab/app:t{number}", index_of("linux/amd64"))


def ask(daemon, registry, *numbers):
    """The answers for other tags, so that no failure is told from the cache."""
    return [daemon.query(registry.name(f"lab/app:t{number}")) for number in numbers]


def ask_until_it_is_left_alone(daemon, registry):
    """Each query fails twice, and nothing is asked of the registry at the end."""
    for answer in ask(daemon, registry, 0, 1, 2):
        assert (answer.status, answer.code) in [(502, "upstream"), (504, "timeout")]
        assert not OPEN.search(answer.json["error"])
    registry.forget()


def assert_left_alone(answer):
    """Returns for how many seconds."""
    assert (answer.status, answer.code) == (502, "upstream")
    told = OPEN.search(answer.json["error"])
    assert told, answer.json
    assert int(told[1]) >= FAILURES
    assert answer.headers["Retry-After"] == told[2]
    return int(told[2])


# -- when it opens --------------------------------------------------------------------------------

@pytest.mark.parametrize("failure", [behave.html_error(503), behave.fail(500), behave.hang_up])
def test_a_registry_that_fails_five_times_is_left_alone(daemon, registry, failure):
    registry.script(ANYTHING, failure)
    ask_until_it_is_left_alone(daemon, registry)
    began = time.monotonic()
    for answer in ask(daemon, registry, 3, 4, 5):
        assert assert_left_alone(answer) == 1
    assert time.monotonic() - began < 0.5
    assert registry.requests == []


def test_a_registry_that_is_not_there_is_left_alone(start, registry):
    address = f"127.0.0.1:{free_port()}"
    daemon = start({"registry": {"hosts": [{"name": address, "plain_http": True}]}})
    answers = [daemon.query(f"{address}/lab/app:t{number}") for number in range(6)]
    assert not OPEN.search(answers[0].json["error"])
    assert_left_alone(answers[-1])


def test_S26_a_registry_that_never_answers_costs_no_more_deadlines(start, registry):
    registry.script(ANYTHING, behave.silence)
    daemon = start({"registry": {"timeout": "1s"}})
    with ThreadPoolExecutor(max_workers=FAILURES) as pool:
        pool.map(lambda number: ask(daemon, registry, number), range(FAILURES))
    began = time.monotonic()
    assert_left_alone(*ask(daemon, registry, 10))
    assert time.monotonic() - began < 0.5


@pytest.mark.parametrize("refusal", [behave.fail(404), behave.fail(403, "DENIED"),
                                     behave.fail(400), behave.fail(501)])
def test_a_registry_that_refuses_does_answer(daemon, registry, refusal):
    registry.script(ANYTHING, refusal)
    for answer in ask(daemon, registry, *range(2 * FAILURES)):
        assert not OPEN.search(answer.json["error"])
    assert registry.count() >= 2 * FAILURES


def test_only_failures_in_a_row_count(daemon, registry):
    registry.script(ANYTHING, behave.fail(503), behave.fail(503), behave.honest,
                    behave.fail(503), behave.fail(503), behave.fail(503), behave.fail(503),
                    behave.honest)
    assert [each.status for each in ask(daemon, registry, *range(5))] == [502, 200, 502, 502, 200]


def test_another_registry_is_asked_all_the_same(start, registry, another_registry):
    another_registry.push("lab/app:v1", index_of("linux/amd64"))
    daemon = start({"registry": {"hosts": [listing(registry), listing(another_registry)]}})
    registry.script(ANYTHING, behave.fail(503))
    ask_until_it_is_left_alone(daemon, registry)
    assert_left_alone(*ask(daemon, registry, 3))
    assert daemon.query(another_registry.name("lab/app:v1")).status == 200


def test_the_target_of_a_redirect_is_not_the_registry(start, registry, another_registry):
    another_registry.script(ANYTHING, behave.fail(503))
    registry.script("GET */manifests/*", behave.redirect_to(another_registry))
    daemon = start({"registry": {"hosts": [listing(registry), listing(another_registry)]}})
    for answer in ask(daemon, registry, *range(2 * FAILURES)):
        assert not OPEN.search(answer.json["error"])


def test_an_old_answer_is_given_meanwhile(start, registry):
    daemon = start({"cache": {"fresh": "1ms", "stale_while_revalidate": "0s"}})
    assert ask(daemon, registry, 9)[0].status == 200
    registry.script(ANYTHING, behave.fail(503))
    ask_until_it_is_left_alone(daemon, registry)
    answer, = ask(daemon, registry, 9)
    assert (answer.status, answer.json["stale"]) == (200, True)
    assert registry.requests == []


# -- how it closes --------------------------------------------------------------------------------

def test_one_request_tries_it_and_an_answer_ends_the_pause(daemon, registry):
    let_go = threading.Event()
    registry.script(ANYTHING, *[behave.fail(503)] * 6, behave.hold(let_go))
    ask_until_it_is_left_alone(daemon, registry)
    time.sleep(1.1)
    with ThreadPoolExecutor(max_workers=1) as pool:
        trial = pool.submit(ask, daemon, registry, 3)
        wait_until(lambda: registry.count() == 1, "the trial")
        for answer in ask(daemon, registry, 4, 5):
            assert_left_alone(answer)
        assert registry.count() == 1
        let_go.set()
        assert trial.result()[0].status == 200
    assert [each.status for each in ask(daemon, registry, 6, 7)] == [200, 200]


def test_a_trial_that_fails_makes_the_next_pause_longer(daemon, registry):
    registry.script(ANYTHING, behave.fail(503))
    ask_until_it_is_left_alone(daemon, registry)
    time.sleep(1.1)
    assert not OPEN.search(ask(daemon, registry, 3)[0].json["error"])
    assert assert_left_alone(*ask(daemon, registry, 4)) == 2


# -- pushes, and people ---------------------------------------------------------------------------

def test_a_push_is_refused_before_it_has_begun(registry):
    push_sources(registry)
    service = doors.Service([registry])
    try:
        registry.script(ANYTHING, behave.fail(503))
        ask_until_it_is_left_alone(service.daemon(), registry)
        assert_refused(service.push(spec(registry)), 7, "asked again in 1 s")
        assert registry.requests == []
    finally:
        service.close()


def test_a_push_that_has_begun_goes_on_by_its_own_rules(door, registry, another_registry):
    """Each of its blobs is asked for twice: more failures in a row than a query would forgive."""
    push_sources(another_registry)
    registry.script("HEAD */blobs/*", *[behave.fail(503)] * 6, behave.honest)
    sources = [another_registry.name(f"lab/{each}:v1") for each in ("amd64", "arm64")]
    assert_pushed(door.push(spec(registry, sources)), registry)


def test_a_person_may_try_as_often_as_they_like(registry):
    registry.script(ANYTHING, *[behave.fail(503)] * 5, behave.honest)
    tried = mquery("query", "--timeout", "40s", registry.name("lab/app:t0"))
    assert tried.returncode == 0, tried.stderr
