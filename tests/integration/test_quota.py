# SPDX-License-Identifier: Apache-2.0
"""What a registry says of how much may still be asked of it, and what is saved when it is little."""
import time

import pytest

from support import behave
from support.authority import registry_auth
from support.images import config, index_of

ALWAYS_ASK = {"cache": {"fresh": "0s", "stale_while_revalidate": "0s"}}
LITTLE = [("ratelimit-limit", "100;w=21600"), ("ratelimit-remaining", "5;w=21600"),
          ("docker-ratelimit-source", "192.0.2.7")]
OLD, NEW = index_of("linux/amd64"), index_of("linux/amd64", "linux/arm64")


@pytest.fixture
def image(registry):
    registry.push("lab/app:v1", OLD)
    return registry.name("lab/app:v1")


@pytest.fixture
def daemon(start):
    return start(ALWAYS_ASK)


def tell(registry, headers):
    registry.script("*", behave.with_headers(*headers))


def learn(daemon, registry, image, told, **options):
    """Of the image, and how much is left; then its tag moves."""
    tell(registry, told)
    assert daemon.query(image, **options).platforms == ["linux/amd64"]
    registry.push("lab/app:v1", NEW)
    registry.forget()


def methods(registry):
    return [each.method for each in registry.requests]


def assert_saved(daemon, registry, image, **options):
    answer = daemon.query(image, **options)
    assert (answer.status, answer.json["stale"]) == (200, True)
    assert answer.platforms == ["linux/amd64"]
    assert methods(registry) == ["HEAD"]


def assert_spent(daemon, registry, image, **options):
    answer = daemon.query(image, **options)
    assert answer.platforms == ["linux/amd64", "linux/arm64"]
    assert "stale" not in answer.json
    assert methods(registry) == ["HEAD", "GET"]


# -- below the floor ------------------------------------------------------------------------------

@pytest.mark.parametrize("little", [
    LITTLE, [("ratelimit-remaining", "5")], [("RateLimit-Remaining", "0;w=60")],
    [("x-ratelimit-remaining", "3"), ("x-ratelimit-limit", "5000")],
    [("x-ratelimit-remaining", "3"), ("x-ratelimit-reset", str(int(time.time()) + 3600))],
    [("ratelimit-remaining", "9"), ("ratelimit-reset", "600")]])
def test_T22_H22_what_is_left_is_not_spent_where_an_old_answer_will_do(daemon, registry, image,
                                                                       little):
    learn(daemon, registry, image, little)
    assert_saved(daemon, registry, image)


def test_T22_a_head_goes_on_confirming(daemon, registry, image):
    tell(registry, LITTLE)
    for _ in range(3):
        assert "stale" not in daemon.query(image).json
    assert methods(registry) == ["GET", "HEAD", "HEAD"]


def test_T22_what_is_not_known_is_asked_for(daemon, registry, image):
    learn(daemon, registry, image, LITTLE)
    registry.push("lab/app:v2", NEW)
    registry.push_image("lab/lone:v1", config("linux/arm64"))
    assert daemon.query(registry.name("lab/app:v2")).status == 200
    assert daemon.query(registry.name("lab/lone:v1")).platforms == ["linux/arm64"]


def test_T22_too_old_an_answer_is_not_given_for_the_sake_of_the_quota(start, registry, image):
    daemon = start({"cache": {**ALWAYS_ASK["cache"], "stale_if_error": "0s"}})
    learn(daemon, registry, image, LITTLE)
    assert_spent(daemon, registry, image)


@pytest.mark.parametrize("status", [403, 404])
def test_T22_what_is_gone_or_closed_ends_the_entry_all_the_same(daemon, registry, image, status):
    learn(daemon, registry, image, LITTLE)
    registry.script("*", behave.fail(status, "DENIED"))
    assert daemon.query(image).status == status


def test_T22_what_is_behind_a_head_that_tells_nothing_is_saved_too(daemon, registry, image):
    learn(daemon, registry, image, LITTLE)
    registry.script("HEAD *", behave.fail(405))
    assert_saved(daemon, registry, image)


# -- not below it ---------------------------------------------------------------------------------

@pytest.mark.parametrize("enough", [
    [], [("ratelimit-remaining", "10;w=21600")], [("ratelimit-remaining", "many")],
    [("ratelimit-remaining", "-1")], [("ratelimit-limit", "5;w=60")],
    [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1700000000")]])
def test_T22_without_a_word_of_little_nothing_is_saved(daemon, registry, image, enough):
    learn(daemon, registry, image, enough)
    assert_spent(daemon, registry, image)


def test_T22_a_quota_that_has_recovered_is_used_again(daemon, registry, image):
    learn(daemon, registry, image, LITTLE)
    tell(registry, [("ratelimit-remaining", "50;w=21600")])
    assert_spent(daemon, registry, image)


@pytest.mark.parametrize("floor, is_saved", [(0, False), (5, False), (6, True)])
def test_T22_the_operator_says_how_much_is_saved(start, registry, image, floor, is_saved):
    daemon = start({**ALWAYS_ASK, "registry": {"quota_floor": floor}})
    learn(daemon, registry, image, LITTLE)
    (assert_saved if is_saved else assert_spent)(daemon, registry, image)


def test_T22_one_callers_quota_is_not_everyones(daemon, registry, image):
    caller = registry_auth(registrytoken="a-callers")
    learn(daemon, registry, image, LITTLE, headers=caller)
    tell(registry, [])
    registry.push("lab/app:v1", OLD)
    learn(daemon, registry, image, [])
    assert_spent(daemon, registry, image)


# -- what a registry wants people to be told ------------------------------------------------------

def warn(registry, *values):
    registry.script("*", behave.with_headers(*[("Warning", value) for value in values]))


def warnings_in(daemon):
    return [line for line in daemon.log.splitlines() if "says:" in line]


def test_H23_a_warning_is_told_once(daemon, registry, image):
    warn(registry, '299 - "this registry \\"moves\\" soon"')
    for _ in range(3):
        daemon.query(image)
    daemon.wait_for_log("moves")
    daemon.query(image)
    assert len(warnings_in(daemon)) == 1
    assert registry.address in warnings_in(daemon)[0]


@pytest.mark.parametrize("value", ['299 - "a\x1b[31mred"', '199 - "another code"', '299 - "unclosed',
                                   "299 - unquoted", '299 - ""', '299 me "an agent"', ""])
def test_H23_S20_what_is_no_warning_is_not_told(daemon, registry, image, value):
    warn(registry, value)
    daemon.query(image)
    registry.push("lab/app:v2", OLD)
    warn(registry, '299 - "the end"')
    daemon.query(registry.name("lab/app:v2"))
    daemon.wait_for_log("the end")
    assert len(warnings_in(daemon)) == 1


def test_H23_a_registry_cannot_fill_the_log(daemon, registry, image):
    for number in range(20):
        registry.push(f"lab/app:w{number}", OLD)
        warn(registry, f'299 - "warning {number}"', f'299 - "{"x" * 4090}"')
        daemon.query(registry.name(f"lab/app:w{number}"))
    daemon.wait_for_log("warning 7")
    assert len(warnings_in(daemon)) == 8
    assert max(map(len, warnings_in(daemon))) < 1024
