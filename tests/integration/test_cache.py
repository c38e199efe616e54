# SPDX-License-Identifier: Apache-2.0
"""What is kept, for how long and for whom; and that many askers cost one request."""
import threading

import pytest

from support import behave, crowd, images
from support.authority import Basic, Bearer, TokenEndpoint, registry_auth
from support.images import config, index_of
from support.processes import wait_until

OLD = index_of("linux/amd64")
NEW = index_of("linux/amd64", "linux/arm64")

# Everything held is old at once, and has to be confirmed before it is given.
ALWAYS_ASK = {"cache": {"fresh": "1ms", "stale_while_revalidate": "0s"}}
# ... or is given at once, and confirmed behind.
ASK_BEHIND = {"cache": {"fresh": "1ms", "stale_while_revalidate": "1h"}}


@pytest.fixture
def image(registry):
    registry.push("lab/app:v1", OLD)
    return registry.name("lab/app:v1")


def ask_again(daemon, registry, image, **options):
    return registry.wait_for_question(lambda: daemon.query(image, **options))


# -- fresh ----------------------------------------------------------------------------------------

def test_a_fresh_answer_costs_nothing(daemon, registry, image):
    first, second = daemon.query(image), daemon.query(image)
    assert first.body == second.body
    assert len(registry.requests) == 1


def test_two_spellings_of_one_image_cost_one_request(daemon, registry, image):
    digest = images.digest_of(OLD)
    assert daemon.query(image).json["imagename"] == image
    registry.push("lab/app:latest", OLD)
    daemon.query(registry.name("lab/app"))
    spelled = daemon.query(registry.name("lab/app:latest"))
    assert spelled.json["imagename"] == registry.name("lab/app:latest")
    assert registry.count("GET", "/latest") == 1
    assert spelled.json["digest"] == digest


def test_another_form_of_a_held_answer_costs_nothing(daemon, registry, image):
    daemon.query(image)
    assert daemon.query(image, format="text").status == 200
    assert daemon.query(image, platform="linux/arm64").json["supported"] is False
    assert daemon.query(image, platform="linux/amd64").json["supported"] is True
    assert len(registry.requests) == 1


def test_a_digest_is_asked_for_once(start, registry, image):
    daemon = start(ALWAYS_ASK)
    name = registry.name(f"lab/app@{images.digest_of(OLD)}")
    assert [daemon.query(name).status for _ in range(20)] == [200] * 20
    assert len(registry.requests) == 1


# -- old ------------------------------------------------------------------------------------------

def test_T19_an_unchanged_tag_costs_a_head(start, registry, image):
    daemon = start(ALWAYS_ASK)
    daemon.query(image)
    assert ask_again(daemon, registry, image).platforms == ["linux/amd64"]
    assert (registry.count("HEAD"), registry.count("GET")) == (1, 1)


def test_T19_an_unchanged_lone_image_costs_a_head(start, registry):
    registry.push_image("lab/one:v1", config("linux/arm64"))
    daemon = start(ALWAYS_ASK)
    daemon.query(registry.name("lab/one:v1"))
    answer = ask_again(daemon, registry, registry.name("lab/one:v1"))
    assert answer.platforms == ["linux/arm64"]
    assert (registry.count("HEAD"), registry.count("GET")) == (1, 2)


def test_T19_a_changed_tag_costs_one_get_more(start, registry, image):
    daemon = start(ALWAYS_ASK)
    daemon.query(image)
    registry.push("lab/app:v1", NEW)
    assert ask_again(daemon, registry, image).platforms == ["linux/amd64", "linux/arm64"]
    assert (registry.count("HEAD"), registry.count("GET")) == (1, 2)


@pytest.mark.parametrize("head", [
    behave.digest_header(None), behave.digest_header(""), behave.digest_header("nonsense"),
    behave.fail(400), behave.fail(404), behave.fail(405, "UNSUPPORTED"), behave.fail(403, "DENIED"),
    behave.fail(406), behave.fail(415), behave.fail(501)],
    ids=["no digest", "empty digest", "bad digest", "400", "404", "405", "403", "406", "415",
         "501"])
def test_T18_H8_where_head_is_of_no_use_a_get_decides(start, registry, image, head):
    registry.script("HEAD *", head)
    daemon = start(ALWAYS_ASK)
    daemon.query(image)
    registry.push("lab/app:v1", NEW)
    answer = ask_again(daemon, registry, image)
    assert answer.platforms == ["linux/amd64", "linux/arm64"]
    assert (registry.count("HEAD"), registry.count("GET")) == (1, 2)


def test_an_old_answer_is_given_at_once_and_refreshed_behind(start, registry, image):
    daemon = start(ASK_BEHIND)
    daemon.query(image)
    registry.push("lab/app:v1", NEW)
    release = threading.Event()
    registry.script("HEAD *", behave.hold(release))
    old = ask_again_until(daemon, image, lambda: registry.count("HEAD") == 1)
    assert old.platforms == ["linux/amd64"]
    assert old.json["stale"] is True
    release.set()
    wait_until(lambda: daemon.query(image).platforms == ["linux/amd64", "linux/arm64"],
               "the refreshed answer")


def ask_again_until(daemon, image, condition):
    """The last answer before the condition held."""
    def ask():
        answer = daemon.query(image)
        return answer if condition() else None
    return wait_until(ask, "the condition, while asking")


@pytest.mark.parametrize("failure", [
    behave.html_error(503), behave.hang_up, behave.rate_limited("30"), behave.rate_limited()],
    ids=["503", "hung up", "429 with Retry-After", "429"])
def test_T21_an_old_answer_is_given_when_the_registry_fails(start, registry, image, failure):
    daemon = start(ALWAYS_ASK)
    daemon.query(image)
    registry.script("*", failure)
    answer = ask_again(daemon, registry, image)
    assert (answer.status, answer.platforms) == (200, ["linux/amd64"])
    assert answer.json["stale"] is True


@pytest.mark.parametrize("failure, status", [(behave.fail(404), 404), (behave.fail(401), 403)])
def test_what_is_gone_or_closed_ends_the_entry(start, registry, image, failure, status):
    daemon = start(ALWAYS_ASK)
    daemon.query(image)
    registry.script("*", failure)
    assert ask_again(daemon, registry, image).status == status
    assert daemon.query(image).status == status


def test_too_old_an_answer_is_not_given(start, registry, image):
    daemon = start({"cache": {**ALWAYS_ASK["cache"], "stale_if_error": "0s"}})
    daemon.query(image)
    registry.script("*", behave.html_error(503))
    assert ask_again(daemon, registry, image).status == 502


# -- failures -------------------------------------------------------------------------------------

@pytest.mark.parametrize("failure", [behave.fail(404), behave.fail(403), behave.html_error(500)])
def test_a_failure_is_kept_for_a_while(daemon, registry, image, failure):
    registry.script("*", failure)
    first = daemon.query(image)
    asked = len(registry.requests)
    assert daemon.query(image).body == first.body
    assert len(registry.requests) == asked


def test_a_failure_is_not_kept_for_long(start, registry):
    daemon = start({"cache": {"negative": "1ms"}})
    name = registry.name("lab/app:v1")
    assert daemon.query(name).status == 404
    registry.push("lab/app:v1", OLD)
    wait_until(lambda: daemon.query(name).status == 200, "the image to be found")


def test_what_is_no_image_stays_none_and_costs_nothing(daemon, registry):
    registry.push("lab/chart:v1", images.manifest(
        b"{}", config_type="application/vnd.cncf.helm.config.v1+json"))
    first, second = (daemon.query(registry.name("lab/chart:v1")) for _ in range(2))
    assert (first.code, second.code) == ("unsupported", "unsupported")
    assert len(registry.requests) == 1


# -- many at once ---------------------------------------------------------------------------------

def test_T20_S31_a_thousand_askers_cost_one_request_and_one_token(start, registry, image):
    release = threading.Event()
    with TokenEndpoint() as tokens:
        registry.authority = Bearer(tokens)
        daemon = start(host={"realm": [tokens.address]})
        registry.script("GET */manifests/v1", behave.hold(release))
        clients = crowd.send(daemon, [f"/query?image={image}"] * 1000)
        release.set()
        answers = crowd.receive(clients)
    assert all(each.startswith(b"HTTP/1.1 200 ") for each in answers)
    assert len({each.partition(b"\r\n\r\n")[2] for each in answers}) == 1
    assert registry.count("GET") == 2  # one of them without the token
    assert len(tokens.requests) == 1


def test_T20_a_failure_is_shared_by_all_who_wait(daemon, registry):
    release = threading.Event()
    registry.script("GET *", behave.hold(release))
    clients = crowd.send(daemon, [f"/query?image={registry.name('lab/none')}"] * 100)
    release.set()
    answers = crowd.receive(clients)
    assert all(each.startswith(b"HTTP/1.1 404 ") for each in answers)
    assert len(registry.requests) == 1


# -- for whom -------------------------------------------------------------------------------------

MINE = registry_auth(username="anna", password="hers")


def test_T31_what_one_caller_may_see_another_does_not_get(daemon, registry, image):
    registry.authority = Basic("anna", "hers")
    assert daemon.query(image, headers=MINE).status == 200
    assert daemon.query(image).code == "denied"
    assert daemon.query(image, headers=registry_auth(username="anna", password="no")).code == "denied"
    assert daemon.query(image, headers=registry_auth(username="eve", password="hers")).code == "denied"


def test_T31_a_digest_is_no_way_round(daemon, registry, image):
    registry.authority = Basic("anna", "hers")
    name = registry.name(f"lab/app@{images.digest_of(OLD)}")
    assert daemon.query(name, headers=MINE).status == 200
    assert daemon.query(name).code == "denied"


def test_T31_a_callers_own_answer_is_kept_for_that_caller(daemon, registry, image):
    registry.authority = Basic("anna", "hers")
    daemon.query(image, headers=MINE)
    asked = len(registry.requests)
    again = daemon.query(image, headers=MINE)
    assert again.status == 200
    assert len(registry.requests) == asked
    assert "private" in again.headers["Cache-Control"] or "no-store" in again.headers["Cache-Control"]


def test_T31_being_denied_is_kept_for_that_caller_alone(daemon, registry, image):
    registry.authority = Basic("anna", "hers")
    assert daemon.query(image).code == "denied"
    assert daemon.query(image, headers=MINE).status == 200


def test_a_callers_credentials_go_to_the_registry_they_are_for(daemon, registry, image):
    registry.authority = Basic("anna", "hers")
    elsewhere = registry_auth(username="anna", password="hers", serveraddress="other.example")
    assert daemon.query(image, headers=elsewhere).status in (400, 403)
    assert all(each.header("authorization") is None for each in registry.requests)


@pytest.mark.parametrize("value", ["%%%", "e30", "bm90IGpzb24=", "W10=", "x" * 100000])
def test_credentials_that_cannot_be_read_are_refused(daemon, registry, image, value):
    answer = daemon.query(image, headers={"X-Registry-Auth": value})
    if value == "e30":  # {}: nobody in particular
        assert answer.status == 200
    else:
        assert answer.status in (400, 431)
        assert registry.requests == []
