# SPDX-License-Identifier: Apache-2.0
"""What /metrics counts, in both of its formats, and how much of it there may be."""
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import threading

import pytest

from support import behave
from support.images import config, index_of
from support.metrics import OPEN_METRICS, scrape
from support.processes import ROOT, wait_until

OTHERS = ("process_", "mquery_")
SERIES_MAX = 1000


def queries(daemon, result, cache):
    return scrape(daemon).value("mquery_queries_total", result=result, cache=cache)


def asked(daemon, **labels):
    return scrape(daemon).sum("mquery_registry_requests_total", **labels)


# -- the formats ----------------------------------------------------------------------------------

def promtool(*arguments, text=None):
    """What `promtool check` says."""
    program = shutil.which("promtool")
    if not program:
        pytest.skip("promtool is not installed (script/setup test)")
    ended = subprocess.run([program, "check", *arguments], input=text, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def test_promtool_finds_nothing_to_complain_of(daemon, image):
    for target in (f"/query?image={image}", "/query", "/nothing", "/inspect?image=a"):
        daemon.get(target)
    assert promtool("metrics", text=scrape(daemon).text) == ""


def test_who_asks_for_nothing_special_gets_the_old_format(daemon):
    answer = daemon.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert b"# EOF" not in answer.body and answer.body.endswith(b"\n")


@pytest.mark.parametrize("accept, is_open", [
    (OPEN_METRICS, True),
    (f"{OPEN_METRICS};q=0.75,text/plain;version=0.0.4;q=0.2,*/*;q=0.1", True),
    (f"text/plain, {OPEN_METRICS};q=0.5", False), ("*/*", False), ("text/html", False)])
def test_open_metrics_is_for_those_who_like_it(daemon, accept, is_open):
    answer = daemon.get("/metrics", {"Accept": accept})
    assert answer.headers["Content-Type"].startswith(
        "application/openmetrics-text; version=1.0.0" if is_open else "text/plain; version=0.0.4")
    assert answer.body.endswith(b"\n# EOF\n") == is_open


def test_both_formats_have_the_same_series(daemon):
    texts, opens = (scrape(daemon, {"Accept": accept}) for accept in ("*/*", OPEN_METRICS))
    assert texts.names == opens.names
    assert {key for key in texts.series} == {key for key in opens.series}
    counters = {name for name, kind in texts.kinds.items() if kind == "counter"}
    assert counters and all(name.endswith("_total") for name in counters)
    assert {name for name, kind in opens.kinds.items() if kind == "counter"} == {
        name.removesuffix("_total") for name in counters}


def test_in_open_metrics_a_unit_is_how_the_name_ends(daemon):
    text = scrape(daemon, {"Accept": OPEN_METRICS}).text
    units = re.findall(r"^# UNIT (\S+) (\S+)$", text, re.MULTILINE)
    assert units and all(name.endswith(f"_{unit}") for name, unit in units)
    assert re.findall(r"^# TYPE .*\n# (?:UNIT|HELP)", text, re.MULTILINE)


def test_every_family_is_told_of_and_stands_together(daemon):
    told, current = set(), None
    for line in scrape(daemon).text.splitlines():
        name = line.split(" ")[2] if line.startswith("#") else re.match(r"[a-z_0-9]+", line)[0]
        if line.startswith("# TYPE"):
            assert name not in told
            told.add(name)
            current = name
        assert name.startswith(current) and name.startswith(OTHERS), line


def test_a_histogram_adds_up(daemon, image):
    daemon.query(image)
    now = scrape(daemon)
    name = "mquery_http_request_duration_seconds"
    buckets = [(labels["le"], value) for labels, value in now.all(f"{name}_bucket")
               if labels["route"] == "/query"]
    bounds = [float(bound.replace("+Inf", "inf")) for bound, _ in buckets]
    counts = [value for _, value in buckets]
    assert bounds == sorted(bounds) and bounds[-1] == float("inf")
    assert counts == sorted(counts)
    assert counts[-1] == now.value(f"{name}_count", route="/query") == 1


# -- what is counted ------------------------------------------------------------------------------

def test_at_the_start_all_is_there_and_nothing_has_happened(daemon):
    now = scrape(daemon)
    for name in ("mquery_queries_total", "mquery_push_total", "mquery_http_rejected_total",
                 "mquery_registry_requests_total", "mquery_cache_evictions_total",
                 "mquery_http_requests_total"):
        values = [value for _, value in now.all(name)]
        assert values and not any(values), name
    assert now.value("mquery_queries_total", result="not_found", cache="miss") == 0
    assert now.value("mquery_http_requests_total", route="/query", method="GET", code="200") == 0


def test_a_miss_a_hit_and_what_they_cost_are_counted(daemon, image, registry):
    daemon.query(image)
    daemon.query(image)
    now = scrape(daemon)
    assert now.value("mquery_queries_total", result="ok", cache="miss") == 1
    assert now.value("mquery_queries_total", result="ok", cache="hit") == 1
    assert now.value("mquery_http_requests_total", route="/query", method="GET", code="200") == 2
    assert now.value("mquery_registry_requests_total", registry=registry.address, op="manifest",
                     outcome="2xx") == 1
    assert now.value("mquery_registry_request_duration_seconds_count", op="manifest") == 1
    assert now.value("mquery_cache_entries") == 1
    assert 0 < now.value("mquery_cache_bytes") < now.value("mquery_cache_max_bytes")


def test_failures_are_counted_by_their_codes(daemon, registry):
    for _ in range(2):
        assert daemon.query(registry.name("lab/none:v1")).code == "not_found"
    assert daemon.get("/query?image=UPPER").code == "invalid"
    now = scrape(daemon)
    assert now.value("mquery_queries_total", result="not_found", cache="miss") == 1
    assert now.value("mquery_queries_total", result="not_found", cache="hit") == 1
    assert now.value("mquery_queries_total", result="invalid", cache="bypass") == 1
    assert now.value("mquery_registry_requests_total", registry=registry.address, op="manifest",
                     outcome="4xx") == 1


@pytest.mark.parametrize("behaviour, outcome", [
    (behave.fail(500), "5xx"), (behave.fail(429), "429"), (behave.hang_up, "error")])
def test_what_registries_answer_is_counted(daemon, image, registry, behaviour, outcome):
    registry.script("*", behaviour)
    assert daemon.query(image).status >= 500
    assert asked(daemon, registry=registry.address, outcome=outcome) > 0


def test_blobs_are_told_from_manifests(daemon, registry):
    registry.push_image("lab/one:v1", config("linux/amd64"))
    daemon.query(registry.name("lab/one:v1"))
    assert asked(daemon, op="manifest", outcome="2xx") == 1
    assert asked(daemon, op="blob", outcome="2xx") == 1


def test_registries_that_are_not_listed_have_one_name(start):
    daemon = start({"registry": {"allow_private": True}})
    assert daemon.query("127.0.0.1/lab/app:v1").code == "upstream"  # nobody is at port 443
    assert asked(daemon) == asked(daemon, registry="other", outcome="error") > 0
    assert '"127.0.0.1"' not in scrape(daemon).text


def test_those_who_ask_together_are_coalesced(daemon, image, registry):
    go_on = threading.Event()
    registry.script("*", behave.hold(go_on))
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        asked = [pool.submit(daemon.query, image) for _ in range(5)]
        wait_until(lambda: scrape(daemon).value("mquery_http_in_flight_requests") == 6, "them all")
        go_on.set()
        assert all(answer.result().status == 200 for answer in asked)
    now = scrape(daemon)
    assert now.value("mquery_queries_total", result="ok", cache="miss") == 1
    assert now.value("mquery_queries_total", result="ok", cache="coalesced") == 4


def test_what_is_in_flight_is_shown(daemon, image, registry):
    go_on = threading.Event()
    registry.script("*", behave.hold(go_on))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(daemon.query, image)
        wait_until(lambda: scrape(daemon).value("mquery_lookups_in_flight") == 1, "a lookup")
        assert scrape(daemon).value("mquery_http_in_flight_requests") == 2  # and this one
        go_on.set()
        assert waiting.result().status == 200
    assert scrape(daemon).value("mquery_lookups_in_flight") == 0


def test_a_quota_is_shown_as_it_was_told_last(daemon, image, registry):
    assert not scrape(daemon).all("mquery_registry_rate_limit_remaining")
    registry.script("*", behave.with_headers(("ratelimit-limit", "100;w=21600"),
                                             ("ratelimit-remaining", "76;w=21600")))
    daemon.query(image)
    assert scrape(daemon).value("mquery_registry_rate_limit_remaining",
                                registry=registry.address) == 76


def test_what_goes_unheard_is_counted(daemon):
    assert daemon.get("/query?image=a&pad=" + "x" * 4096).status == 414
    now = scrape(daemon)
    assert now.value("mquery_http_rejected_total", reason="too_large") == 1
    assert now.value("mquery_http_requests_total", route="/query", method="GET", code="414") == 1


def test_the_log_is_counted(daemon, image):
    before = scrape(daemon).value("mquery_log_messages_total", level="info")
    daemon.query(image)
    now = scrape(daemon)
    assert now.value("mquery_log_messages_total", level="info") == before + 1
    assert now.value("mquery_log_dropped_total") == 0


def test_the_process_is_shown(daemon):
    now = scrape(daemon)
    with open(f"/proc/{daemon.pid}/status", encoding="utf-8") as status:
        resident = int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) * 1024
    assert now.value("process_resident_memory_bytes") == pytest.approx(resident, rel=0.25)
    assert now.value("process_open_fds") == pytest.approx(
        len(os.listdir(f"/proc/{daemon.pid}/fd")), abs=3)
    assert now.value("process_threads") == len(os.listdir(f"/proc/{daemon.pid}/task"))
    assert now.value("process_max_fds") > now.value("process_open_fds")
    assert now.value("process_cpu_seconds_total") > 0
    (labels, one), = now.all("mquery_build_info")
    assert one == 1 and labels["version"] == daemon.get("/version").json["version"]


def test_a_dropped_entry_is_counted(start, registry):
    daemon = start({"cache": {"memory": "1MiB"}})
    images = [f"lab/app:v{number}" for number in range(1200)]
    document = index_of("linux/amd64", "linux/arm64")
    for name in images:
        registry.push(name, document)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        statuses = {answer.status for answer in
                    pool.map(daemon.query, [registry.name(name) for name in images])}
    assert statuses == {200}
    now = scrape(daemon)
    dropped = now.value("mquery_cache_evictions_total", reason="size")
    assert dropped > 0 and now.value("mquery_cache_entries") == len(images) - dropped


# -- how much of it -------------------------------------------------------------------------------

def test_there_are_fewer_than_a_thousand_series_whatever_is_asked(start, registry):
    hosts = [{"name": f"registry-{number}.test"} for number in range(40)]
    daemon = start({"registry": {"hosts": [*hosts, {"name": registry.address,
                                                    "plain_http": True}]}})
    registry.push("lab/app:v1", index_of("linux/amd64"))
    paths = ["/query", "/mquery", "/inspect", "/health", "/ready", "/version", "/", "/push",
             "/check", "/metrics", "/nothing", "/openapi.json", "/%zz"]
    for path in paths:
        for method in ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "BREW"):
            daemon.ask(method, f"{path}?image={registry.name('lab/app:v1')}")
            daemon.ask(method, f"{path}?image=a%00&pad=" + "x" * (4096 if method == "GET" else 1))
    assert len(scrape(daemon).series) < SERIES_MAX


def test_what_callers_write_is_in_no_label(daemon, registry):
    for target in ("/query?image=canary/name:tag", "/canary", "/query/canary?canary"):
        daemon.get(target, {"User-Agent": "canary", "X-Request-Id": "canary"})
    daemon.ask("CANARY", "/query")
    assert "canary" not in scrape(daemon).text.lower()


# -- what is made of it (deploy/) -----------------------------------------------------------------

DASHBOARD = os.path.join(ROOT, "deploy", "grafana", "mquery.json")
PROMETHEUS = os.path.join(ROOT, "deploy", "prometheus")
OURS = re.compile(r"\b(?:mquery|process)_[a-z_]+")


@pytest.fixture
def dashboard():
    with open(DASHBOARD, encoding="utf-8") as file:
        return json.load(file)


@pytest.fixture
def full(daemon, image, registry):
    """All that /metrics can show."""
    registry.script("*", behave.with_headers(("ratelimit-remaining", "76;w=21600")))
    daemon.query(image)
    return scrape(daemon)


def expressions_of(dashboard):
    found = [target["expr"] for panel in dashboard["panels"]
             for target in panel.get("targets", [])]
    assert found
    return found


def test_the_dashboard_asks_only_for_what_there_is(dashboard, full):
    for expression in expressions_of(dashboard):
        used = set(OURS.findall(expression))
        assert used and used <= full.names, expression


def test_the_dashboards_labels_are_there_too(dashboard, full):
    labels = {"instance"} | {name for _, found in full.series for name, _ in found}
    for expression in expressions_of(dashboard):
        used = re.findall(r"([a-z_]+)(?:=|!=|=~|!~)\"", expression)
        for group in re.findall(r"\bby \(([^)]*)\)", expression):
            used += [name.strip() for name in group.split(",")]
        assert set(used) <= labels, expression


def test_promtool_understands_the_dashboards_expressions(dashboard, tmp_path):
    rules = [{"record": f"panel:{number}",
              "expr": expression.replace("$__rate_interval", "5m").replace("$instance", ".*")}
             for number, expression in enumerate(expressions_of(dashboard))]
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"{len(rules)} rules found" in promtool("rules", str(file))


def test_the_dashboard_can_be_imported(dashboard):
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    assert dashboard["id"] is None and len(dashboard["uid"]) <= 40
    assert dashboard["schemaVersion"] >= 39
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert 0 <= place["x"] and place["x"] + place["w"] <= 24
        if panel["type"] != "row":
            assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            names = [target["refId"] for target in panel["targets"]]
            assert len(set(names)) == len(names)


def test_the_dashboards_panels_do_not_overlap(dashboard):
    taken = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells


def test_promtool_takes_the_scrape_example():
    promtool("config", "--syntax-only", os.path.join(PROMETHEUS, "prometheus.yml"))


def test_promtool_takes_the_alerts_and_what_they_watch_is_there(full):
    rules = os.path.join(PROMETHEUS, "alerts.yml")
    assert "rules found" in promtool("rules", rules)
    with open(rules, encoding="utf-8") as file:
        used = set(OURS.findall(file.read()))
    assert used and used <= full.names
