# SPDX-License-Identifier: Apache-2.0
"""GET /inspect: what `mquery inspect --json` prints, kept while the reference means the same."""
import json
from urllib.parse import urlencode

import pytest

from support import behave, crowd, golden, images
from support.authority import Basic, registry_auth
from support.command_line import mquery
from support.doors import Service

# Everything held is old at once, and has to be confirmed before it is given.
ALWAYS_ASK = {"cache": {"fresh": "1ms", "stale_while_revalidate": "0s"}}


def inspect(daemon, image, headers=None, **parameters):
    return daemon.get("/inspect?" + urlencode({"image": image, **parameters}), headers)


def push_app(registry, *platforms, tag="v1"):
    """An index whose children are whole; how many documents are read of it."""
    configs = [images.config(each) for each in platforms]
    children = [images.manifest(each) for each in configs]
    for child, config in zip(children, configs):
        registry.push("lab/app", child, parts=[config])
    registry.push(f"lab/app:{tag}", images.index([
        images.descriptor(child, images.OCI_MANIFEST, platform=images.platform(platform))
        for child, platform in zip(children, platforms)]))
    return 1 + 2 * len(platforms)


@pytest.fixture
def image(registry):
    push_app(registry, "linux/amd64", "linux/arm64")
    return registry.name("lab/app:v1")


def architectures(answer):
    return [each["platform"]["architecture"] for each in answer.json["manifests"]]


# -- the answers ----------------------------------------------------------------------------------

@pytest.mark.parametrize("name", golden.IMAGES)
def test_it_answers_what_the_command_line_prints(real, name):
    registry, daemon = real
    image = f"{registry.address}/{name}"
    answer = inspect(daemon, image)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.body.decode() + "\n" == mquery("inspect", "--json", image).stdout


def test_platform_leaves_the_children_for_that_platform(real):
    registry, daemon = real
    image = f"{registry.address}/lab/oci:multi"
    answer = inspect(daemon, image, platform="arm64")
    assert [each["platform"]["variant"] for each in answer.json["manifests"]] == ["v8"]
    assert answer.body.decode() + "\n" == mquery("inspect", "--json", "--platform", "arm64",
                                                 image).stdout
    assert inspect(daemon, image, platform="linux/mips64le").json["manifests"] == []


def test_the_text_is_the_command_lines(real):
    registry, daemon = real
    image = f"{registry.address}/lab/oci:multi"
    answer = inspect(daemon, image, {"Accept": "text/plain"})
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.body.decode() == mquery("inspect", image).stdout
    assert inspect(daemon, image, format="text").body == answer.body


def test_T23_a_missing_image_is_not_found(real):
    registry, daemon = real
    answer = inspect(daemon, f"{registry.address}/lab/oci:absent")
    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize("target", [
    "/inspect", "/inspect?image=", "/inspect?image=quay.io/A", "/inspect?image=a&platform=linux",
    "/inspect?image=a&format=raw"])
def test_T40_a_wrong_question_is_invalid(daemon, target):
    answer = daemon.get(target)
    assert (answer.status, answer.code) == (400, "invalid")


def test_it_is_only_read(daemon):
    answer = daemon.ask("POST", "/inspect?image=alpine")
    assert (answer.status, answer.code) == (405, "method")
    assert "POST" not in answer.headers["Allow"]


def test_S1_a_registry_that_may_not_be_asked_is_forbidden(daemon):
    answer = inspect(daemon, "127.0.0.1:1/lab/app")
    assert (answer.status, answer.code) == (403, "forbidden")


# -- what is kept ---------------------------------------------------------------------------------

def test_a_fresh_answer_costs_nothing(daemon, registry, image):
    first = inspect(daemon, image)
    asked = len(registry.requests)
    assert asked == 5  # the index, two manifests, two configurations
    assert inspect(daemon, image).body == first.body
    assert architectures(inspect(daemon, image, platform="arm64")) == ["arm64"]
    assert inspect(daemon, image, format="text").status == 200
    assert len(registry.requests) == asked
    assert first.headers["Cache-Control"].startswith("public, max-age=300, ")


def test_a_digest_is_asked_for_once(start, registry, image):
    daemon = start(ALWAYS_ASK)
    digest = mquery("inspect", "--json", image)
    name = registry.name("lab/app@" + json.loads(digest.stdout)["digest"])
    registry.forget()
    answers = [inspect(daemon, name) for _ in range(5)]
    assert len(registry.requests) == 5
    assert answers[-1].headers["Cache-Control"] == "public, max-age=31536000, immutable"


def ask_again(daemon, registry, image):
    registry.forget()
    return registry.wait_for_question(lambda: inspect(daemon, image))


def test_T19_an_unchanged_tag_costs_a_head(start, registry, image):
    daemon = start(ALWAYS_ASK)
    first = inspect(daemon, image)
    assert ask_again(daemon, registry, image).body == first.body
    assert (registry.count("HEAD"), registry.count("GET")) == (1, 0)


def test_T19_a_changed_tag_is_read_anew(start, registry, image):
    daemon = start(ALWAYS_ASK)
    inspect(daemon, image)
    push_app(registry, "linux/s390x")
    assert architectures(ask_again(daemon, registry, image)) == ["s390x"]
    assert (registry.count("HEAD"), registry.count("GET")) == (1, 3)


def test_T21_an_old_answer_is_given_when_the_registry_fails(start, registry, image):
    daemon = start(ALWAYS_ASK)
    first = inspect(daemon, image)
    registry.script("*", behave.html_error(503))
    answer = ask_again(daemon, registry, image)
    assert (answer.status, answer.body) == (200, first.body)
    assert answer.headers["Cache-Control"] == "no-cache"


def test_T21_what_is_gone_is_not_told_any_more(start, registry, image):
    daemon = start(ALWAYS_ASK)
    inspect(daemon, image)
    registry.remove("lab/app", "v1")
    assert ask_again(daemon, registry, image).status == 404


def test_a_missing_child_is_looked_for_again(start, registry):
    config = images.config("linux/amd64")
    child = images.manifest(config)
    registry.push("lab/app:v1", images.index([
        images.descriptor(child, images.OCI_MANIFEST, platform=images.platform("linux/amd64"))]))
    image = registry.name("lab/app:v1")
    daemon = start({"cache": {"negative": "1ms", "stale_while_revalidate": "0s"}})
    answer = inspect(daemon, image)
    assert answer.json["manifests"][0]["problem"].startswith("missing: ")
    registry.push("lab/app", child, parts=[config])
    assert "problem" not in ask_again(daemon, registry, image).json["manifests"][0]


def test_T20_many_askers_cost_one_inspection(daemon, registry, image):
    targets = ["/inspect?" + urlencode({"image": image, "platform": each})
               for each in ("linux/amd64", "linux/arm64") for _ in range(20)]
    answers = crowd.receive(crowd.send(daemon, targets))
    assert all(each.startswith(b"HTTP/1.1 200 ") for each in answers)
    assert len(registry.requests) == 5


def test_query_and_inspect_know_nothing_of_each_other(daemon, registry, image):
    """The one knows a digest's platforms, the other its documents: neither answers for both."""
    by_digest = registry.name("lab/app@" + daemon.query(image).json["digest"])
    for name in (image, by_digest):
        assert architectures(inspect(daemon, name)) == ["amd64", "arm64"]
        assert daemon.query(name).platforms == ["linux/amd64", "linux/arm64"]
        assert architectures(inspect(daemon, name)) == ["amd64", "arm64"]
        # Another spelling: its bytes are made from what is kept.
        assert architectures(inspect(daemon, name, platform="arm64")) == ["arm64"]


def test_a_push_ends_what_is_known_of_its_tag(registry):
    push_app(registry, "linux/amd64", tag="one")
    push_app(registry, "linux/arm64", tag="two")
    service = Service([registry])
    try:
        target = registry.name("lab/app:v1")
        for tag, architecture in (("one", "amd64"), ("two", "arm64")):
            outcome = service.push({"image": target,
                                    "manifests": [{"image": registry.name(f"lab/app:{tag}")}]})
            assert outcome.status == 0, outcome.text
            assert architectures(inspect(service.daemon(), target)) == [architecture]
    finally:
        service.close()


# -- for whom -------------------------------------------------------------------------------------

def test_T31_what_one_caller_may_see_another_never_gets(daemon, registry, image):
    registry.authority = Basic("robot", "secret")
    mine = registry_auth(username="robot", password="secret")
    answer = inspect(daemon, image, mine)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    others = registry_auth(username="robot", password="wrong")
    for headers in (None, others):
        refused = inspect(daemon, image, headers)
        assert (refused.status, refused.code) == (403, "denied")
    asked = len(registry.requests)
    assert inspect(daemon, image, mine).body == answer.body
    assert len(registry.requests) == asked


def test_the_access_log_says_what_was_asked(daemon, image):
    inspect(daemon, image)
    line = json.loads(daemon.wait_for_log('"message":"inspect"'))
    assert (line["image"], line["cache"], line["status"]) == (image, "miss", 200)
