# SPDX-License-Identifier: Apache-2.0
"""Who may ask, at which door, and on whose word: tokens, TLS, operators, proxies."""
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import stat
import threading

import pytest

from support import behave, canaries
from support import daemon as daemons
from support.authority import Basic, registry_auth
from support.daemon import Daemon, run
from support.docker_registry import listing
from support.fake_registry import FakeRegistry
from support.images import index_of
from support.metrics import scrape
from support.namespaces import PUBLIC_ADDRESS
from support.processes import Child, free_port, wait_until

ALICE = canaries.secret("alice-reads-with-this-1")
BOB = canaries.secret("bob-reads-with-that-22")
ROBOT = ("robot", "p:a ss")
ROBOTS = registry_auth(username=ROBOT[0], password=ROBOT[1])


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


# -- tokens for reading ---------------------------------------------------------------------------

@pytest.fixture
def closed(start, secret_file):
    """A daemon that answers those who bring a token."""
    return start({"server": {"tokens_file": secret_file(f"# readers\n{ALICE}\n{BOB}\n", "tokens")}})


@pytest.mark.parametrize("token", [ALICE, BOB])
def test_who_brings_a_token_may_ask(closed, image, token):
    assert closed.query(image, bearer(token)).status == 200
    assert closed.get(f"/inspect?image={image}", bearer(token)).status == 200


@pytest.mark.parametrize("headers", [
    {}, bearer("another-token-of-16"), bearer(""), bearer(ALICE + "x"), bearer(ALICE[:-1]),
    {"Authorization": f"Basic {ALICE}"}, {"Authorization": ALICE}])
def test_others_may_not(closed, image, headers):
    answer = closed.query(image, headers)
    assert (answer.status, answer.code) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_others_may_not_even_if_the_answer_is_known(closed, image, registry):
    closed.query(image, bearer(ALICE))
    assert closed.query(image).status == 401
    assert closed.ask("HEAD", f"/query?image={image}").status == 401
    assert closed.get(f"/mquery?image={image}").status == 401
    assert len(registry.requests) == 1


def test_no_cache_that_others_share_may_keep_an_answer(closed, image, registry):
    """They would give it to those who bring no token (RFC 9111, section 3.5)."""
    digest = closed.query(image, bearer(ALICE)).json["digest"]
    for asked in (image, registry.name(f"lab/app@{digest}"), registry.name("lab/none")):
        for _ in ("miss", "hit"):
            said = closed.query(asked, bearer(ALICE)).headers
            assert said["Cache-Control"].startswith("private, max-age="), asked
            assert said["Vary"].endswith(", Authorization")


def test_what_was_public_is_so_no_more_once_tokens_are_wanted(start, image, secret_file):
    daemon = start()
    for _ in ("miss", "hit"):
        assert daemon.query(image).headers["Cache-Control"].startswith("public")
    daemon.reload({"server": {"tokens_file": secret_file(f"{ALICE}\n", "tokens")}})
    assert daemon.query(image, bearer(ALICE)).headers["Cache-Control"].startswith("private")
    daemon.reload()
    assert daemon.query(image).headers["Cache-Control"].startswith("public")


def test_a_batch_wants_a_token_before_its_body_comes(closed, image):
    kind = {"Content-Type": "application/json"}
    assert closed.ask("POST", "/query", kind, json.dumps([image])).status == 401
    answer = closed.ask("POST", "/query", {**kind, **bearer(BOB)}, json.dumps([image]))
    assert answer.status == 200 and b'"status":200' in answer.body


@pytest.mark.parametrize("path", ["/health", "/ready", "/livez", "/version", "/", "/openapi.json"])
def test_what_says_nothing_of_images_is_open_to_all(closed, path):
    assert closed.get(path).status == 200


def test_metrics_want_a_token_where_readers_see_them(closed):
    assert closed.get("/metrics").status == 401
    assert closed.get("/metrics", bearer(ALICE)).status == 200


def test_two_tokens_are_one_too_many(closed, image):
    connection = closed.connect()
    connection.putrequest("GET", f"/query?image={image}")
    connection.putheader("Authorization", f"Bearer {ALICE}")
    connection.putheader("Authorization", f"Bearer {BOB}")
    connection.endheaders()
    assert connection.getresponse().status == 401
    connection.close()


def test_a_push_token_opens_no_reading_nor_the_other_way(start, secret_file, image):
    push = canaries.secret("pushers-have-this-one-3")
    daemon = start({"server": {"tokens_file": secret_file(ALICE, "readers")},
                    "push": {"enabled": True, "tokens_file": secret_file(push, "pushers")}})
    assert daemon.query(image, bearer(push)).status == 401
    kind = {"Content-Type": "application/yaml"}
    assert daemon.ask("POST", "/push", {**kind, **bearer(ALICE)}, "image: a").status == 401
    assert daemon.ask("POST", "/push", {**kind, **bearer(push)}, "image: a").status == 400


def test_tokens_change_with_the_settings(closed, image, secret_file):
    assert closed.query(image, bearer(ALICE)).status == 200
    secret_file(BOB, "tokens")
    closed.reload()
    assert closed.query(image, bearer(ALICE)).status == 401
    assert closed.query(image, bearer(BOB)).status == 200


def test_refusals_are_counted_and_name_no_token(closed, image):
    closed.query(image, bearer("wrong-but-secret-16"))
    assert scrape_with_token(closed).value("mquery_http_rejected_total", reason="auth") == 1
    assert "wrong-but-secret" not in closed.log


def scrape_with_token(daemon):
    return scrape(daemon, bearer(ALICE))


# -- the operators' door --------------------------------------------------------------------------

@pytest.fixture
def two_doors(start):
    return start({"server": {"admin": "127.0.0.1:0"}})


def test_operators_have_metrics_and_debug_to_themselves(two_doors, image):
    two_doors.query(image)
    for path in ("/metrics", "/debug", f"/debug/cache?image={image}"):
        assert two_doors.operators.get(path).status == 200
        assert two_doors.get(path).code == "no_route"


def test_debug_is_nowhere_without_a_door_for_operators(daemon):
    for path in ("/debug", "/debug/cache?image=a"):
        assert daemon.get(path).code == "no_route"


def test_operators_need_no_token(start, secret_file):
    daemon = start({"server": {"tokens_file": secret_file(ALICE), "admin": "127.0.0.1:0"}})
    assert daemon.operators.get("/metrics").status == 200


def test_nobody_asks_for_images_at_the_operators_door(two_doors, image):
    for path in (f"/query?image={image}", f"/inspect?image={image}", "/push"):
        assert two_doors.operators.get(path).code == "no_route"
    assert two_doors.operators.get("/health").status == 200


def test_operators_are_heard_when_the_other_door_is_full(start):
    daemon = start({"server": {"admin": "127.0.0.1:0", "max_connections": 3}})
    crowd = [socket.create_connection((daemon.host, daemon.port)) for _ in range(6)]
    wait_until(lambda: scrape(daemon.operators).value("mquery_http_connections") == 3, "a crowd")
    for client in crowd:
        client.close()


@pytest.mark.skipif(not shutil.which("systemd-socket-activate"), reason="systemd is not installed")
def test_a_socket_that_systemd_calls_metrics_is_the_operators():
    ports = [free_port(), free_port()]
    activated = Child(
        ["systemd-socket-activate", *(f"--listen=127.0.0.1:{port}" for port in ports),
         "--fdname=http:metrics", *daemons.MQUERYD, "--set", "server.admin=192.0.2.1:1"],
        environment=daemons.clean_environment())

    def status(port, path):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        client.request("GET", path)
        return client.getresponse().status
    try:
        activated.wait_for_line(lambda line: "Listening on" in line, "that it listens")
        assert [status(port, "/health") for port in ports] == [200, 200]
        assert [status(port, "/metrics") for port in ports] == [404, 200]
        activated.signal(signal.SIGTERM)
        assert activated.wait() == 0
    finally:
        activated.stop()


def test_the_cache_is_shown_as_it_is(two_doors, image, registry):
    door = two_doors.operators
    assert door.get(f"/debug/cache?image={image}").json["entries"] == []
    shown = two_doors.query(image).json
    two_doors.query(image)
    entry, = door.get(f"/debug/cache?image={image}").json["entries"]
    assert (entry["partition"], entry["kind"], entry["state"]) == ("everyone", "query", "fresh")
    assert entry["digest"] == shown["digest"] and entry["confirmed"] == shown["cachets"]
    assert entry["answers"] == entry["answers_hot"] == 1 and entry["sharers"] == 1
    assert entry["report_bytes"] > 0 and 0 <= entry["age_ms"] < 60000


def test_a_callers_own_entry_is_told_apart_but_not_by_whom(two_doors, image, registry):
    registry.authority = Basic(*ROBOT)
    two_doors.query(image)
    two_doors.query(image, ROBOTS)
    shown = two_doors.operators.get(f"/debug/cache?image={image}")
    everyones, = [each for each in shown.json["entries"] if each["partition"] == "everyone"]
    own, = [each for each in shown.json["entries"] if each["partition"] != "everyone"]
    assert everyones["failure"]["code"] == "denied" and everyones["state"] == "failed"
    assert len(own["partition"]) == 8 and own["state"] == "fresh"
    assert b"robot" not in shown.body


@pytest.mark.parametrize("target, code", [
    ("/debug/cache", "invalid"), ("/debug/cache?image=UPPER", "invalid"),
    ("/debug/cache?image=a&image=b", "invalid")])
def test_an_image_is_to_be_named(two_doors, target, code):
    assert two_doors.operators.get(target).code == code


def test_what_is_in_flight_is_shown(two_doors, image, registry):
    go_on = threading.Event()
    registry.script("*", behave.hold(go_on))
    asking = threading.Thread(target=two_doors.query, args=[image])
    asking.start()
    door = two_doors.operators
    wait_until(lambda: registry.requests, "the registry to be asked")
    lookup, = door.get("/debug").json["lookups"]
    assert lookup["image"] == f"{registry.address}/lab/app v1"
    assert (lookup["kind"], lookup["waiters"], lookup["is_private"]) == ("query", 1, False)
    assert 0 < lookup["left_ms"] <= 20000
    assert door.get("/debug").json["workers"]["running"] == 1
    go_on.set()
    asking.join()


@pytest.mark.parametrize("behaviour, key", [
    (behave.rate_limited("60"), "paused_ms"), (behave.hang_up, "failures")])
def test_registries_in_trouble_are_shown(two_doors, image, registry, behaviour, key):
    registry.script("*", behaviour)
    assert two_doors.operators.get("/debug").json["troubles"] == []
    two_doors.query(image)
    trouble = two_doors.operators.get("/debug").json["troubles"][0]
    assert trouble["registry"] == f"http://{registry.address}"
    assert trouble[key] > 0


def test_quotas_are_shown(two_doors, image, registry):
    registry.script("*", behave.with_headers(("ratelimit-limit", "100;w=21600"),
                                             ("ratelimit-remaining", "76;w=21600")))
    two_doors.query(image)
    quota, = two_doors.operators.get("/debug").json["quotas"]
    assert (quota["remaining"], quota["limit"], quota["window_s"]) == (76, 100, 21600)


def test_an_address_that_is_taken_is_told(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = run("--listen", "127.0.0.1:0", "--set",
                    f"server.admin=127.0.0.1:{taken.getsockname()[1]}")
    assert ended.returncode == 1 and "address in use" in ended.stderr


# -- TLS ------------------------------------------------------------------------------------------

@pytest.fixture
def pair(ca, tmp_path):
    """Paths of a certificate and its key, which may be written anew."""
    def write():
        for source, name in zip(ca.issue(), ("our.pem", "our.key")):
            shutil.copy(source, tmp_path / name)
    write()
    paths = {"tls_cert": str(tmp_path / "our.pem"), "tls_key": str(tmp_path / "our.key")}
    return paths, write


@pytest.fixture
def trusting(ca):
    return ssl.create_default_context(cafile=ca.file)


@pytest.fixture
def encrypted(start, pair, trusting):
    return start({"server": pair[0]}, tls=trusting)


def serial_of(daemon):
    with socket.create_connection((daemon.host, daemon.port)) as client, \
            daemon.tls.wrap_socket(client, server_hostname="localhost") as secured:
        return secured.getpeercert()["serialNumber"]


def test_questions_are_answered_over_tls(encrypted, image):
    assert encrypted.query(image).platforms == ["linux/amd64"]
    assert encrypted.query(image).status == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_of_tls_are_spoken(encrypted, version):
    encrypted.tls.minimum_version = encrypted.tls.maximum_version = version
    assert encrypted.get("/health").status == 200


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_older_versions_of_tls_are_refused(encrypted, version):
    """The client is let speak them, so it is the server that hangs up."""
    encrypted.tls.minimum_version = encrypted.tls.maximum_version = version
    encrypted.tls.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLZeroReturnError):
        encrypted.get("/health")


def test_a_batch_is_streamed_over_tls(encrypted, registry):
    images = [f"lab/app:v{number}" for number in range(50)]
    for name in images:
        registry.push(name, index_of("linux/amd64"))
    answer = encrypted.ask("POST", "/query", {"Content-Type": "application/json"},
                           json.dumps([registry.name(name) for name in images]))
    lines = [json.loads(line) for line in answer.body.splitlines()]
    assert lines[-1]["done"] and lines[-1]["ok"] == len(images)


def test_who_speaks_no_tls_gets_nothing(encrypted):
    connection = http.client.HTTPConnection(encrypted.host, encrypted.port, timeout=10)
    connection.request("GET", "/health")
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        connection.getresponse()
    connection.close()
    assert encrypted.get("/health").status == 200


def test_a_handshake_that_stops_is_given_up(start, pair, trusting):
    daemon = start({"server": {**pair[0], "header_timeout": "1s"}}, tls=trusting)
    with socket.create_connection((daemon.host, daemon.port), timeout=10) as client:
        client.sendall(b"\x16\x03\x01")
        assert client.recv(1) == b""


def test_another_certificate_is_shown_after_a_reload(encrypted, pair):
    before = serial_of(encrypted)
    pair[1]()
    encrypted.reload()
    assert serial_of(encrypted) != before


def test_who_is_connected_stays_so_until_the_answer(encrypted, pair, registry, image):
    go_on = threading.Event()
    registry.script("*", behave.hold(go_on))
    connection = encrypted.connect()
    connection.request("GET", f"/query?image={image}")
    wait_until(lambda: registry.requests, "the question")
    pair[1]()
    encrypted.reload()
    assert encrypted.get("/health").status == 200
    go_on.set()
    response = connection.getresponse()
    assert response.status == 200 and response.read()
    assert response.headers["Connection"] == "close"
    connection.close()


def test_the_threads_of_the_old_certificate_end(encrypted, pair):
    def threads():
        return len(os.listdir(f"/proc/{encrypted.pid}/task"))
    encrypted.get("/health")
    before = threads()
    pair[1]()
    encrypted.reload()
    assert threads() > before
    wait_until(lambda: threads() == before, "the old threads to end")


def test_settings_without_tls_take_it_away_and_bring_it_back(encrypted, pair):
    context = encrypted.tls
    encrypted.reload({"server": {"tls_cert": None, "tls_key": None}})
    encrypted.tls = None
    assert encrypted.get("/health").status == 200
    encrypted.reload()
    encrypted.tls = context
    assert encrypted.get("/health").status == 200


def test_a_bad_certificate_leaves_the_old_one(encrypted, pair):
    before = serial_of(encrypted)
    with open(pair[0]["tls_cert"], "w", encoding="utf-8") as file:
        file.write("no certificate\n")
    told = encrypted.reload_in_vain(json.dumps(encrypted._settings))
    assert "our.pem: there is no certificate in it" in told
    assert serial_of(encrypted) == before


@pytest.mark.parametrize("settings, told", [
    ({"tls_cert": "{our.pem}"}, "server.tls_cert and server.tls_key are of use together only"),
    ({"tls_key": "{our.key}"}, "server.tls_cert and server.tls_key are of use together only"),
    ({"tls_cert": "/nowhere.pem", "tls_key": "{our.key}"},
     "server.tls_cert and server.tls_key: /nowhere.pem: No such file"),
    ({"tls_cert": "{our.key}", "tls_key": "{our.key}"}, "there is no certificate in it"),
    ({"tls_cert": "{our.pem}", "tls_key": "{our.pem}"}, "there is no key in it"),
    ({"tls_cert": "{our.pem}", "tls_key": "{other.key}"}, "it is not the key of the certificate"),
    ({"trusted_proxies": "10.0.0.0/33"}, "server.trusted_proxies: '10.0.0.0/33' is not"),
    ({"tokens_file": "/nowhere"}, "server.tokens_file: /nowhere: No such file"),
    ({"tokens_file": "/dev/zero"}, "server.tokens_file: /dev/zero: the file is too large")])
def test_what_cannot_work_is_told_before_anything_starts(ca, pair, settings, told):
    places = {"{our.pem}": pair[0]["tls_cert"], "{our.key}": pair[0]["tls_key"],
              "{other.key}": ca.issue("127.0.0.2")[1]}
    flags = [part for name, value in settings.items()
             for part in ("--set", f"server.{name}={places.get(value, value)}")]
    for ended in (run("--check-config", *flags), run("--listen", "127.0.0.1:0", *flags)):
        assert ended.returncode == 2 and told in ended.stderr, ended.stderr


def test_a_certificate_that_has_expired_is_refused(ca):
    certificate, key = ca.issue("127.0.0.3", days=-1)
    ended = run("--check-config", "--set", f"server.tls_cert={certificate}", "--set",
                f"server.tls_key={key}")
    assert ended.returncode == 2 and "the certificate has expired" in ended.stderr


@pytest.mark.parametrize("is_encrypted, status", [(True, 200), (False, 403)])
def test_from_elsewhere_credentials_are_taken_over_tls_alone(inside, ca, trusting, is_encrypted,
                                                             status):
    def body():
        certificate, key = ca.issue(PUBLIC_ADDRESS)
        pair = {"tls_cert": certificate, "tls_key": key} if is_encrypted else {}
        with FakeRegistry() as registry:
            registry.authority = Basic(*ROBOT)
            registry.push("lab/app:v1", index_of("linux/amd64"))
            with Daemon({"server": pair, "registry": {"hosts": [listing(registry)]}},
                        listen=f"{PUBLIC_ADDRESS}:0",
                        tls=trusting if is_encrypted else None) as daemon:
                answer = daemon.query(registry.name("lab/app:v1"), ROBOTS)
                assert answer.status == status, answer.body
    inside(body)


# -- a Unix socket --------------------------------------------------------------------------------

def test_questions_are_answered_at_a_unix_socket(start, image, tmp_path):
    path = tmp_path / "mquery.sock"
    daemon = start(listen=f"unix:{path}")
    assert daemon.query(image).status == 200
    assert stat.S_ISSOCK(os.stat(path).st_mode)


# -- proxies --------------------------------------------------------------------------------------

PLAIN = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "http"}
SECURE = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}


@pytest.fixture
def private(registry, image):
    """An image that only the robot may see."""
    registry.authority = Basic(*ROBOT)
    return image


@pytest.mark.parametrize("proxies, headers, status", [
    ([], {}, 200),                 # from this machine, directly
    ([], PLAIN, 200),              # nobody is believed
    (["127.0.0.1"], {}, 200),      # directly
    (["127.0.0.1"], SECURE, 200),
    (["127.0.0.0/8"], SECURE, 200),
    (["127.0.0.1"], PLAIN, 403),
    (["127.0.0.1"], {"X-Forwarded-For": "192.0.2.1"}, 403),
    (["127.0.0.1"], {**SECURE, "X-Forwarded-Proto": "https, http"}, 403),
    (["127.0.0.1"], {**SECURE, "Forwarded": "for=192.0.2.1;proto=http"}, 200),
    (["127.0.0.1"], {**PLAIN, "Forwarded": "for=192.0.2.1;proto=https"}, 403),
    (["127.0.0.1"], {"Forwarded": "for=192.0.2.1;proto=https"}, 403),
    (["10.0.0.0/8"], PLAIN, 200)])
def test_a_proxys_word_decides_whether_secrets_were_safe(start, registry, private, proxies,
                                                         headers, status):
    daemon = start({"server": {"trusted_proxies": proxies}})
    answer = daemon.query(private, {**headers, **ROBOTS})
    assert answer.status == status, answer.body
    if status == 403:
        assert answer.code == "forbidden" and "trusted proxy that says https" in answer.json["error"]


@pytest.mark.parametrize("headers, status", [
    ({"Forwarded": "for=192.0.2.1;proto=https"}, 200),
    ({"Forwarded": "for=192.0.2.1;proto=http"}, 403),
    ({"Forwarded": "for=192.0.2.1"}, 403),
    ({**PLAIN, "Forwarded": "for=192.0.2.1;proto=https"}, 200),
    ({**SECURE, "Forwarded": "for=192.0.2.1;proto=http"}, 403),
    (SECURE, 403)])
def test_the_header_that_proxies_write_decides_it(start, private, headers, status):
    daemon = start({"server": {"trusted_proxies": ["127.0.0.1"], "proxy_header": "forwarded"}})
    assert daemon.query(private, {**headers, **ROBOTS}).status == status


def test_at_a_unix_socket_a_proxy_may_stand_too(start, private, tmp_path):
    daemon = start({"server": {"trusted_proxies": ["unix"]}},
                   listen=f"unix:{tmp_path}/mquery.sock")
    assert daemon.query(private, {**PLAIN, **ROBOTS}).status == 403
    assert daemon.query(private, {**SECURE, **ROBOTS}).status == 200
