# SPDX-License-Identifier: Apache-2.0
"""How much one client may ask of registries through us (server.rate_limit), and how many connections
it may have (server.max_connections_per_client)."""
import concurrent.futures
import json
import re
import socket
import threading

import pytest

from support import behave, canaries
from support.doors import TOKEN
from support.images import index_of
from support.metrics import scrape
from support.processes import wait_until
from support.push_service import KNOWN, YAML, push_sources_at_home, spec
from support.pushes import TARGET

LIMIT = 3
POLICY = f'"default";q={LIMIT};w=60'
ALICE = canaries.secret("alice-reads-with-this-1")
BOB = canaries.secret("bob-reads-with-that-22")


@pytest.fixture
def images(registry):
    """Of more images than are asked for, their names."""
    names = [f"lab/app:v{number}" for number in range(10)]
    for name in names:
        registry.push(name, index_of("linux/amd64"))
    return [registry.name(name) for name in names]


@pytest.fixture
def daemon(start):
    return start({"server": {"rate_limit": LIMIT}})


def left(answer):
    """What RateLimit tells: how many are left, and for how many seconds."""
    assert answer.headers["RateLimit-Policy"] == POLICY
    told = re.fullmatch(r'"default";r=(\d+);t=(\d+)', answer.headers["RateLimit"])
    return int(told[1]), int(told[2])


def ask_all(daemon, images, headers=None):
    return [daemon.query(image, headers).status for image in images]


def through(client, **more):
    return {"X-Forwarded-For": client, **more}


# -- questions ------------------------------------------------------------------------------------

def test_by_default_nobody_counts(start, images):
    daemon = start()
    answers = [daemon.query(image) for image in images]
    assert {answer.status for answer in answers} == {200}
    assert not any("RateLimit" in answer.headers for answer in answers)


def test_what_is_not_in_the_cache_counts_until_the_limit(daemon, images, registry):
    assert ask_all(daemon, images[:5]) == [200, 200, 200, 429, 429]
    assert len(registry.requests) == LIMIT


def test_what_is_in_the_cache_is_free(daemon, images):
    ask_all(daemon, images[:LIMIT])
    assert daemon.query(images[3]).status == 429
    for _ in range(5):
        assert ask_all(daemon, images[:LIMIT]) == [200] * LIMIT


def test_a_refusal_says_what_when_and_why(daemon, images):
    ask_all(daemon, images[:LIMIT])
    answer = daemon.query(images[3])
    assert (answer.status, answer.code) == (429, "quota")
    remaining, resets = left(answer)
    assert remaining == 0 and 0 < resets <= 60
    assert int(answer.headers["Retry-After"]) >= resets
    assert f"{LIMIT} questions a minute" in answer.json["error"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_refusal_is_a_problem_for_those_who_like_them(daemon, images):
    ask_all(daemon, images[:LIMIT])
    answer = daemon.query(images[3], {"Accept": "application/problem+json"})
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["type"].endswith("#quota-exceeded") and answer.json["code"] == "quota"
    assert answer.json["violated-policies"] == ["default"]
    assert answer.headers["RateLimit-Policy"].startswith('"default";')


def test_every_answer_tells_what_is_left(daemon, images, registry):
    assert [left(daemon.query(image))[0] for image in images[:LIMIT]] == [2, 1, 0]
    assert left(daemon.query(images[0]))[0] == 0             # a hit
    assert left(daemon.get("/query?image=UPPER"))[0] == 0    # refused
    assert "RateLimit" not in daemon.get("/health").headers


def test_a_hit_of_one_client_does_not_tell_another_what_is_left(start, images):
    daemon = start({"server": {"rate_limit": LIMIT, "trusted_proxies": ["127.0.0.1"]}})
    assert left(daemon.query(images[0], through("192.0.2.1")))[0] == 2
    for _ in range(2):
        assert left(daemon.query(images[0], through("192.0.2.2")))[0] == 3
        assert left(daemon.query(images[0], through("192.0.2.1")))[0] == 2


def test_inspections_count_with_the_queries(daemon, images):
    ask_all(daemon, images[:2])
    assert daemon.get(f"/inspect?image={images[0]}").status == 200
    assert daemon.get(f"/inspect?image={images[1]}").status == 429


def test_a_batch_counts_by_the_images_in_it(daemon, images):
    answer = daemon.ask("POST", "/query", {"Content-Type": "application/json"},
                        json.dumps(images[:5]))
    lines = [json.loads(line) for line in answer.body.splitlines()][:-1]
    assert sorted(line["status"] for line in lines) == [200] * LIMIT + [429] * 2


def test_a_failure_that_is_remembered_is_free(daemon, registry):
    missing = registry.name("lab/none:v1")
    assert [daemon.query(missing).status for _ in range(LIMIT + 2)] == [404] * (LIMIT + 2)


def test_what_is_wrong_is_free(daemon, images):
    for _ in range(LIMIT + 2):
        assert daemon.get("/query?image=UPPER").status == 400
    assert daemon.query(images[0]).status == 200


def test_asking_to_have_it_confirmed_counts(daemon, images):
    assert daemon.query(images[0]).status == 200
    again = {"Cache-Control": "no-cache"}
    assert [daemon.query(images[0], again).status for _ in range(3)] == [200, 200, 429]


def test_a_stale_answer_is_given_and_not_refreshed_at_the_limit(start, images, registry):
    daemon = start({"server": {"rate_limit": LIMIT}, "cache": {"fresh": "1ms"}})
    ask_all(daemon, images[:LIMIT])
    registry.forget()
    answer = daemon.query(images[0])
    assert (answer.status, answer.json["stale"], left(answer)[0]) == (200, True, 0)
    assert daemon.query(images[4]).status == 429
    assert registry.requests == []


def test_joining_what_is_asked_already_is_free(daemon, images, registry):
    go_on = threading.Event()
    registry.script("*", behave.hold(go_on))
    with concurrent.futures.ThreadPoolExecutor(LIMIT) as pool:
        asked = [pool.submit(daemon.query, images[0]) for _ in range(LIMIT)]
        wait_until(lambda: scrape(daemon).value("mquery_http_in_flight_requests") == LIMIT + 1,
                   "them all")
        go_on.set()
        assert {each.result().status for each in asked} == {200}
    assert left(daemon.query(images[0]))[0] == LIMIT - 1


def test_the_refused_are_counted(daemon, images):
    ask_all(daemon, images[:5])
    now = scrape(daemon)
    assert now.value("mquery_http_rejected_total", reason="rate_limit") == 2
    assert now.value("mquery_queries_total", result="quota", cache="miss") == 2


def test_another_limit_comes_with_other_settings(daemon, images):
    assert ask_all(daemon, images[:4])[-1] == 429
    daemon.reload({"server": {"rate_limit": LIMIT + 1}})
    assert ask_all(daemon, images[4:6]) == [200, 429]
    daemon.reload({"server": {"rate_limit": 0}})
    assert ask_all(daemon, images) == [200] * len(images)


# -- pushes and checks ----------------------------------------------------------------------------

PUSH_COST = 3   # two sources and one tag
CHECK_COST = 10


@pytest.fixture
def take_pushes(service, registry):
    """take_pushes(limit, ...) starts a daemon that takes pushes, and charges for them."""
    push_sources_at_home(registry)
    return lambda limit, **settings: service({"server": {"rate_limit": limit}, **settings})


def ask_push(daemon, document, query="", headers=KNOWN):
    return daemon.ask("POST", "/push" + query, {**YAML, **headers}, json.dumps(document))


def ask_check(daemon, registry, headers=KNOWN):
    return daemon.ask("POST", f"/check?repository={registry.name('lab/check')}", headers)


def left_of_pushes(answer):
    return int(re.fullmatch(r'"default";r=(\d+);t=\d+', answer.headers["RateLimit"])[1])


def test_a_push_counts_by_its_sources_and_its_tags(take_pushes, registry):
    daemon = take_pushes(20)
    assert left_of_pushes(ask_push(daemon, spec(registry))) == 20 - PUSH_COST
    answer = ask_push(daemon, spec(registry, tags=["more", "most"]))
    assert (answer.status, left_of_pushes(answer)) == (200, 20 - PUSH_COST - (PUSH_COST + 2))
    answer = ask_push(daemon, spec(registry), "?dry_run=true")
    assert (answer.status, left_of_pushes(answer)) == (200, 20 - 3 * PUSH_COST - 2)


def test_a_push_past_the_limit_is_refused_before_anything_is_asked(take_pushes, registry):
    daemon = take_pushes(2 * PUSH_COST - 1)
    assert ask_push(daemon, spec(registry)).status == 200
    registry.forget()
    answer = ask_push(daemon, spec(registry), headers={**KNOWN,
                                                       "Accept": "application/problem+json"})
    assert (answer.status, answer.code) == (429, "quota")
    assert left_of_pushes(answer) == PUSH_COST - 1
    assert answer.headers["RateLimit-Policy"] == f'"default";q={2 * PUSH_COST - 1};w=60'
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.json["type"].endswith("#quota-exceeded")
    assert registry.requests == []
    assert scrape(daemon).value("mquery_http_rejected_total", reason="rate_limit") == 1


def test_a_push_that_costs_more_than_the_limit_takes_all_of_it(take_pushes, registry):
    daemon = take_pushes(PUSH_COST - 1)
    answer = ask_push(daemon, spec(registry))
    assert (answer.status, left_of_pushes(answer)) == (200, 0)
    assert ask_push(daemon, spec(registry)).status == 429


def test_a_check_counts_as_ten(take_pushes, registry):
    daemon = take_pushes(CHECK_COST + 1)
    answer = ask_check(daemon, registry)
    assert (answer.status, left_of_pushes(answer)) == (200, 1)
    registry.forget()
    answer = ask_check(daemon, registry)
    assert (answer.status, answer.code, left_of_pushes(answer)) == (429, "quota", 1)
    assert int(answer.headers["Retry-After"]) >= 1
    assert registry.requests == []


def test_pushes_that_are_wrong_or_not_allowed_are_free(take_pushes, registry):
    daemon = take_pushes(PUSH_COST)
    assert ask_push(daemon, {"image": "a/b:1", "manifests": []}).status == 400
    assert ask_push(daemon, spec(registry), "?dry_run=1").status == 400
    assert ask_push(daemon, spec(registry), headers={}).status == 401
    elsewhere = {"image": "a/b:1", "manifests": [{"image": "127.0.0.9:5000/c:1"}]}
    assert ask_push(daemon, elsewhere).code == "forbidden"
    assert daemon.ask("POST", "/check?repository=127.0.0.9:5000/c", KNOWN).code == "forbidden"
    answer = daemon.ask("POST", "/check?repository=a/UPPER", KNOWN)
    assert (answer.status, left_of_pushes(answer)) == (400, PUSH_COST)
    assert ask_push(daemon, spec(registry)).status == 200


def test_anonymous_pushes_count_with_the_questions_of_their_address(take_pushes, registry):
    daemon = take_pushes(PUSH_COST + 1, push={"anonymous": True})
    image = registry.name(f"{TARGET}:amd64")
    assert left_of_pushes(ask_push(daemon, spec(registry), headers={})) == 1
    assert left_of_pushes(daemon.query(image)) == 0
    assert ask_push(daemon, spec(registry), headers={}).status == 429


def test_who_pushes_with_a_token_is_known_by_it(start, registry, secret_file):
    push_sources_at_home(registry)
    tokens = secret_file(f"{TOKEN}\n{ALICE}\n", "push-tokens")
    daemon = start({"server": {"rate_limit": PUSH_COST},
                    "push": {"enabled": True, "tokens_file": tokens}})
    alice = {"Authorization": f"Bearer {ALICE}"}
    statuses = [ask_push(daemon, spec(registry), headers=who).status
                for who in (KNOWN, alice, KNOWN, alice)]
    assert statuses == [200, 200, 429, 429]
    assert daemon.query(registry.name(f"{TARGET}:amd64")).status == 200  # asked by an address


# -- whose they are -------------------------------------------------------------------------------

@pytest.fixture
def behind_proxies(start):
    """Starts a daemon behind proxies that say it in this header."""
    return lambda header: start({"server": {
        "rate_limit": 1, "trusted_proxies": ["127.0.0.1", "10.0.0.0/8"], "proxy_header": header}})


@pytest.mark.parametrize("first, second, is_same", [
    (through("192.0.2.1"), through("192.0.2.1"), True),
    (through("192.0.2.1"), through("192.0.2.2"), False),
    (through("192.0.2.1"), {}, False),
    (through("192.0.2.1"), through("198.51.100.7, 192.0.2.1"), True),  # what it claims to be
    (through("192.0.2.1"), through("192.0.2.1, 10.0.0.9"), True),      # another proxy of ours
    (through("192.0.2.1"), through("192.0.2.1:4711"), True),
    (through("2001:db8:0:1::7"), through("2001:db8:0:1:ffff::1"), True),
    (through("2001:db8:0:1::7"), through("2001:db8:0:2::7"), False),
    (through("192.0.2.1"), through("::ffff:192.0.2.1"), True),
    (through("10.0.0.7"), through("10.0.0.8"), False),                 # inside, all are trusted
    # The client's own header: it is neither believed nor does it hide anybody.
    (through("192.0.2.1"), through("192.0.2.1", Forwarded="for=192.0.2.9"), True),
    (through("192.0.2.1"), through("192.0.2.2", Forwarded="for=192.0.2.1"), False),
    # Where nobody is to be believed it is the proxy itself:
    ({}, through("unknown"), True),
    ({}, through("192.0.2.1, garbage"), True),
    ({}, {"Forwarded": "for=192.0.2.1"}, True)])
def test_a_client_is_known_by_the_last_stranger(behind_proxies, images, first, second, is_same):
    daemon = behind_proxies("x-forwarded-for")
    assert daemon.query(images[0], first).status == 200
    assert daemon.query(images[1], second).status == (429 if is_same else 200)


@pytest.mark.parametrize("first, second, is_same", [
    ("for=192.0.2.1", "for=192.0.2.1", True),
    ("for=192.0.2.1", "for=192.0.2.2", False),
    ("for=192.0.2.1", 'for="[2001:db8::1]:4711", For="192.0.2.1"', True),
    ("for=2001:db8::1", 'for="[2001:db8::1]:4711";proto=http', True)])
def test_proxies_may_write_the_standard_header(behind_proxies, images, first, second, is_same):
    daemon = behind_proxies("forwarded")
    assert daemon.query(images[0], {"Forwarded": first}).status == 200
    contradiction = through("198.51.100.7", Forwarded=second)
    assert daemon.query(images[1], contradiction).status == (429 if is_same else 200)


def test_headers_that_come_in_several_lines_are_one_list(behind_proxies, images):
    behind_proxy = behind_proxies("x-forwarded-for")
    assert behind_proxy.query(images[0], through("192.0.2.1")).status == 200
    connection = behind_proxy.connect()
    connection.putrequest("GET", f"/query?image={images[1]}")
    connection.putheader("X-Forwarded-For", "198.51.100.7")  # the client's own
    connection.putheader("X-Forwarded-For", "192.0.2.1")     # the proxy's
    connection.endheaders()
    assert connection.getresponse().status == 429
    connection.close()


def test_on_one_connection_a_proxy_asks_for_many(behind_proxies, images):
    behind_proxy = behind_proxies("x-forwarded-for")
    connection = behind_proxy.connect()
    statuses = []
    for number, image in enumerate(images[:4]):
        connection.request("GET", f"/query?image={image}", headers=through(f"192.0.2.{number // 2}"))
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
    connection.close()
    assert statuses == [200, 429, 200, 429]


def test_without_trusted_proxies_nobody_is_believed(start, images):
    daemon = start({"server": {"rate_limit": 1}})
    assert daemon.query(images[0], through("192.0.2.1")).status == 200
    assert daemon.query(images[1], through("192.0.2.2")).status == 429


def test_who_has_a_token_is_known_by_it(start, images, secret_file):
    daemon = start({"server": {"rate_limit": 1, "tokens_file": secret_file(f"{ALICE}\n{BOB}\n")}})
    statuses = [daemon.query(image, {"Authorization": f"Bearer {token}"}).status
                for image, token in zip(images, [ALICE, BOB, ALICE, BOB])]
    assert statuses == [200, 200, 429, 429]


# -- connections ----------------------------------------------------------------------------------

def crowd(daemon, count):
    """So many connections, each of which has had an answer or been closed."""
    clients = [socket.create_connection((daemon.host, daemon.port), timeout=10)
               for _ in range(count)]
    for client in clients:
        try:
            client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        except ConnectionError:
            pass
    return clients


def served(client):
    try:
        return client.recv(4096).startswith(b"HTTP/1.1 200")
    except ConnectionError:
        return False


def test_one_client_has_so_many_connections_and_no_more(start):
    daemon = start({"server": {"max_connections_per_client": 5}})
    clients = crowd(daemon, 8)
    assert sum(served(client) for client in clients) == 5
    for client in clients:
        client.close()
    wait_until(lambda: daemon.get("/health").status == 200, "room again")
    assert scrape(daemon).value("mquery_http_rejected_total", reason="connections") == 3


def test_who_leaves_makes_room(start):
    daemon = start({"server": {"max_connections_per_client": 2}})
    for _ in range(10):
        assert daemon.get("/health").status == 200


def test_a_proxy_has_as_many_as_it_likes(start):
    daemon = start({"server": {"max_connections_per_client": 2,
                               "trusted_proxies": ["127.0.0.1"]}})
    clients = crowd(daemon, 6)
    assert all(served(client) for client in clients)
    for client in clients:
        client.close()


def test_another_number_comes_with_other_settings(start):
    daemon = start()
    clients = crowd(daemon, 4)
    assert all(served(client) for client in clients)
    daemon.reload({"server": {"max_connections_per_client": 2}})
    more = crowd(daemon, 4)  # those from before are not counted
    assert sum(served(client) for client in more) == 2
    daemon.reload()
    last = crowd(daemon, 4)
    assert all(served(client) for client in last)
    for client in clients + more + last:
        client.close()
