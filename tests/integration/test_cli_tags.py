# SPDX-License-Identifier: Apache-2.0
"""mquery tags: all of a repository's tags, however many pages they come in."""
import json

import pytest

from support import behave
from support.authority import Basic
from support.command_line import mquery, said
from support.docker_registry import DockerRegistry
from support.golden import IMAGES
from support.http_server import Reply

PATH = "/v2/lab/app/tags/list"


def page(tags, *links, **more):
    """A behaviour: one page, and the Link headers that come with it."""
    document = {"name": "lab/app", "tags": tags, **more}
    body = tags if isinstance(tags, bytes) else json.dumps(document).encode()
    return lambda registry, request: Reply(200, body, [
        ("Content-Type", "application/json"),
        *(("Link", each.replace("REGISTRY", registry.url)) for each in links)])


def next_is(target):
    return f'<{target}>; rel="next"'


@pytest.fixture
def repository(registry):
    return registry.name("lab/app")


def list_tags(registry, *pages):
    registry.script(f"GET {PATH}", *pages)
    return said(mquery("tags", registry.name("lab/app")))


# -- a real registry ------------------------------------------------------------------------------

def test_a_real_registrys_tags_are_listed(golden_storage):
    with DockerRegistry(golden_storage) as registry:
        wanted = {name.partition(":")[2] for name in IMAGES if name.startswith("lab/docker:")}
        status, out, err = said(mquery("tags", f"{registry.address}/lab/docker"))
        assert (status, set(out.splitlines()), err) == (0, wanted, "")
        assert said(mquery("tags", f"{registry.address}/lab/none"))[0] == 3


# -- pages ----------------------------------------------------------------------------------------

def test_H24_pages_are_followed_in_the_registrys_order(registry):
    status, out, err = list_tags(
        registry,
        page(["v2", "v10"], next_is(PATH + "?last=v10&n=1000")),
        page(["v1"], '</other>; rel="prev", ' + next_is("REGISTRY" + PATH + "?last=v1")),
        page(["latest"], '<https://elsewhere.example/docs>; rel="help"', next_is("?last=latest")),
        page(["a_.-Z"]))
    assert (status, out, err) == (0, "v2\nv10\nv1\nlatest\na_.-Z\n", "")
    assert [each.query for each in registry.requests] == [
        {"n": ["1000"]}, {"last": ["v10"], "n": ["1000"]}, {"last": ["v1"]}, {"last": ["latest"]}]


def test_json_is_one_line(registry, repository):
    registry.script(f"GET {PATH}", page(["v1"], next_is(PATH + "?last=v1")), page(["v2"]))
    assert said(mquery("tags", "--json", repository)) == (
        0, f'{{"name":"{repository}","tags":["v1","v2"]}}\n', "")


def test_H24_a_page_without_limit_may_hold_more_than_a_document_may(registry):
    """As from registries that know no pages: all their tags are one."""
    tags = [f"t{number}" for number in range(60000)]
    status, out, err = list_tags(registry, page(tags))
    assert (status, out.splitlines(), err) == (0, tags, "")


@pytest.mark.parametrize("tags", [[], None])
def test_H24_no_tags_are_no_error(registry, tags):
    assert list_tags(registry, page(tags)) == (0, "", "")


def test_S7_a_next_page_elsewhere_is_refused_and_gets_no_credentials(registry, another_registry):
    registry.authority = Basic("robot", "secret")
    for link in (another_registry.url + PATH, f"//{another_registry.address}{PATH}?last=a",
                 registry.url.replace("http:", "https:") + PATH + "?last=a"):
        registry.script(f"GET {PATH}", lambda registry, request, link=link: (
            registry.authority.check(registry, request)
            or page(["a"], next_is(link))(registry, request)))
        result = mquery("tags", "--username", "robot", "--password-stdin",
                        registry.name("lab/app"), input="secret")
        assert (result.returncode, result.stdout) == (7, "")
        assert "which is not the registry" in result.stderr
    assert another_registry.requests == []


@pytest.mark.parametrize("link, words", [
    ("/v2/lab/other/tags/list?last=a", "at another path"),
    ("/v2/_catalog", "at another path"),
    ("http://user:word@127.0.0.1/", "next page of tags"),
    ("ftp://127.0.0.1" + PATH, "next page of tags")])
def test_S7_a_next_page_that_is_none_is_refused(registry, link, words):
    status, out, err = list_tags(registry, page(["a"], next_is(link)))
    assert (status, out) == (7, "")
    assert words in err and err.count("\n") == 1


@pytest.mark.parametrize("length", [1, 2, 5])
def test_H24_a_list_that_leads_in_a_circle_ends(registry, length):
    def turn(registry, request):
        here = int(request.query.get("last", ["0"])[0])
        return page([f"t{here}"], next_is(f"{PATH}?last={(here + 1) % length}"))(registry, request)
    status, out, err = list_tags(registry, turn)
    assert (status, out) == (7, "")
    assert "leads in a circle" in err
    assert registry.count() < 4 * length + 4


def test_H24_a_list_without_end_ends(registry, repository):
    def go_on(registry, request):
        here = int(request.query.get("last", ["0"])[0])
        return page([], next_is(f"{PATH}?last={here + 1}"))(registry, request)
    registry.script(f"GET {PATH}", go_on)
    status, out, err = said(mquery("tags", "--timeout", "60s", repository))
    assert (status, out) == (5, "")
    assert "more than 10000 pages" in err
    assert registry.count() == 10000


# -- answers that are none ------------------------------------------------------------------------

@pytest.mark.parametrize("tags", [
    ["v1", "../../etc"], ["v1", "-x"], ["\x1b[2J"], ["a b"], [1], [["v1"]], [None], ["t" * 129],
    [""], {"v1": 1}, "v1", b'{"name":"lab/app"}', b'["v1"]', b"", b"<html>", b'{"tags":["v1"]',
    b'{"tags":["v1"],"tags":["v2"]}'])
def test_R5_what_is_no_list_of_tags_is_7_and_nothing_is_printed(registry, tags):
    status, out, err = list_tags(registry, page(tags))
    assert (status, out) == (7, "")
    assert err.startswith("mquery: ") and err.count("\n") == 1 and "\x1b" not in err


def test_R5_a_tag_may_be_written_with_escapes(registry):
    assert list_tags(registry, page(b'{"tags":["\\u0076\\u002d1"]}')) == (0, "v-1\n", "")


def test_H13_a_page_beyond_its_size_is_5(registry):
    status, out, _ = list_tags(registry, page(["t" * 100] * 50000))
    assert (status, out) == (5, "")


@pytest.mark.parametrize("behaviour, status", [
    (behave.fail(404), 3), (behave.fail(403), 4), (behave.rate_limited("3600"), 6)])
def test_the_registrys_refusal_is_told(registry, behaviour, status):
    assert list_tags(registry, behaviour)[:2] == (status, "")


def test_a_later_page_that_fails_leaves_nothing_half_said(registry):
    status, out, _ = list_tags(registry, page(["v1"], next_is(PATH + "?last=v1")),
                               behave.fail(404))
    assert (status, out) == (3, "")


def test_a_page_may_be_asked_for_again(registry):
    assert list_tags(registry, page(["v1"], next_is(PATH + "?last=v1")), behave.fail(503),
                     page(["v2"])) == (0, "v1\nv2\n", "")


# -- wrong calls ----------------------------------------------------------------------------------

@pytest.mark.parametrize("arguments, words", [
    ([], "wants one repository"), (["a", "b"], "wants one repository"),
    (["a:1"], "'a:1' is an image"), (["a@sha256:" + "1" * 64], "is an image"),
    (["A"], "must be in lower case"), (["--require", "arm64", "a"], "means nothing to tags")])
def test_a_wrong_call_is_2(arguments, words):
    result = mquery("tags", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert words in result.stderr and result.stderr.count("\n") == 1
