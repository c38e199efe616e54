# SPDX-License-Identifier: Apache-2.0
"""What the tests are given: a fake registry, the real one's images, and daemons that ask them."""
import contextlib

import pytest

from support import canaries, described, docker_registry, doors, namespaces
from support.authority import TokenEndpoint
from support.certificates import CertificateAuthority
from support.daemon import Daemon, merged
from support.docker_registry import listing
from support.fake_registry import FakeRegistry
from support.images import index_of


def pytest_make_parametrize_id(config, val, argname):
    """A behaviour is called by the name of the function that it is or that made it."""
    return val.__qualname__.split(".")[0] if callable(val) else None


@pytest.fixture(autouse=True)
def no_secret_is_given_away():
    """By whatever the test has let the programs say (S21)."""
    yield
    canaries.assert_kept()


@pytest.fixture(autouse=True)
def answers_are_as_described():
    """Every one that a test has been given is one that docs/openapi.json tells of."""
    yield
    described.assert_kept()


@pytest.fixture
def registry():
    """A fake registry of its own for each test."""
    with FakeRegistry() as server:
        yield server


@pytest.fixture
def another_registry():
    with FakeRegistry() as server:
        yield server


@pytest.fixture
def image(registry):
    """One that is in the fake registry, for linux/amd64."""
    registry.push("lab/app:v1", index_of("linux/amd64"))
    return registry.name("lab/app:v1")


@pytest.fixture
def tokens():
    """Whoever asks here is given one."""
    with TokenEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def start(registry):
    """start(settings, environment, ...) starts a daemon that has the fake registry listed."""
    with contextlib.ExitStack() as stack:
        def start_daemon(settings=None, host=None, **more):
            listed = {"registry": {"hosts": [listing(registry, **(host or {}))]}}
            return stack.enter_context(Daemon(merged(listed, settings or {}), **more))
        yield start_daemon


@pytest.fixture
def daemon(start):
    """A daemon with default settings that has the fake registry listed."""
    return start()


@pytest.fixture
def trusting(start, tokens):
    """A daemon that may send passwords to the token server."""
    return start(host={"realm": [tokens.address]})


@pytest.fixture(params=doors.DOORS)
def door(request, registry, another_registry):
    """Where a push goes in, once for each way; it may ask both fake registries."""
    with contextlib.closing(doors.DOORS[request.param]([registry, another_registry])) as opened:
        yield opened


@pytest.fixture(params=doors.DOORS)
def token_door(request, registry, tokens):
    """One that may send passwords to the token server."""
    opened = doors.DOORS[request.param]([registry], realms=[tokens.address])
    with contextlib.closing(opened):
        yield opened


@pytest.fixture
def service(start, secret_file):
    """service(settings, ...) starts a daemon that takes pushes from whoever knows doors.TOKEN."""
    tokens = secret_file(f"# the tests\n{doors.TOKEN}\n", "tokens")

    def start_service(settings=None, **more):
        push = {"push": {"enabled": True, "tokens_file": tokens}}
        return start(merged(push, settings or {}), **more)
    return start_service


@pytest.fixture
def inside():
    """inside(function, names) calls it in a network of our own (support/namespaces.py)."""
    def call(function, names=None):
        try:
            namespaces.call_inside(function, names)
        except namespaces.NotPermitted as problem:
            pytest.skip(f"no network of our own here: {problem}")
    return call


@pytest.fixture
def secret_file(tmp_path):
    """secret_file(text): the path of a file with this text in it."""
    def write(text, name="secret"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)
    return write


@pytest.fixture(scope="session")
def ca(tmp_path_factory):
    return CertificateAuthority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="session")
def golden_storage():
    """The storage of a real registry with the golden images in it."""
    with docker_registry.storage() as directory:
        yield directory


@pytest.fixture(scope="module")
def real(golden_storage, tmp_path_factory):
    """A real registry, and a daemon that asks it."""
    with docker_registry.KINDS["open"](str(tmp_path_factory.mktemp("open")), golden_storage) as (registry, host):
        with Daemon({"registry": {"hosts": [host]}}) as daemon:
            yield registry, daemon
