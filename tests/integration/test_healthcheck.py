# SPDX-License-Identifier: Apache-2.0
"""mquery healthcheck: it finds the daemon that its own environment has made."""
import pytest

from support.command_line import mquery
from support.daemon import Daemon
from support.processes import free_port


@pytest.fixture
def encrypted(ca):
    """The variables that make a daemon speak TLS, by an authority that nobody here trusts."""
    certificate, key = ca.issue()
    return {"MQUERY_SERVER_TLS_CERT": certificate, "MQUERY_SERVER_TLS_KEY": key}


def check(environment, *arguments):
    return mquery("healthcheck", *arguments, environment=environment)


def assert_well_only_while_served(environment):
    with Daemon(environment=environment, listen=None):
        result = check(environment)
        assert (result.returncode, result.stderr) == (0, "")
    result = check(environment)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("listen", ["127.0.0.1:{}", "0.0.0.0:{}", ":{}", "[::1]:{}", "[::]:{}",
                                    "unix:{}"])
@pytest.mark.parametrize("is_encrypted", [False, True])
def test_it_asks_where_the_daemon_listens(encrypted, tmp_path, listen, is_encrypted):
    where = f"{tmp_path}/mquery.sock" if listen.startswith("unix") else free_port()
    environment = {"MQUERY_SERVER_LISTEN": listen.format(where)}
    if is_encrypted:
        environment |= encrypted
    assert_well_only_while_served(environment)


def test_it_heeds_the_port_of_a_container(encrypted):
    assert_well_only_while_served({"PORT": str(free_port())})
    assert_well_only_while_served({"PORT": str(free_port()), **encrypted})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_on_loopback_a_url_needs_no_proof(encrypted, host):
    port = free_port()
    with Daemon(environment=encrypted, listen=f"127.0.0.1:{port}"):
        assert check({}, "--server", f"https://{host}:{port}").returncode == 0


@pytest.mark.parametrize("path", ["/", "//", "/?x=y"])
def test_a_url_may_end_as_people_write_it(path):
    with Daemon() as daemon:
        result = check({}, "--server", f"http://{daemon.address}{path}")
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("url", ["http://me:canary@127.0.0.1:{}", "ftp://me:canary@127.0.0.1:{}"])
def test_S21_a_password_in_its_url_is_never_told(url):
    result = check({}, "--server", url.format(free_port()))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1 and "127.0.0.1:" in result.stderr
    assert "canary" not in result.stderr


def test_elsewhere_a_url_does(encrypted):
    """0.0.0.0 is this machine to the kernel, but no name of it that we know."""
    port = free_port()
    with Daemon(environment=encrypted, listen=f"127.0.0.1:{port}"):
        result = check({}, "--server", f"https://0.0.0.0:{port}")
    assert result.returncode == 1
    assert "certificate" in result.stderr


def test_what_is_wrong_elsewhere_is_not_its_business():
    environment = {"PORT": str(free_port()), "MQUERY_REGISTRY_TIMEOUT": "soon"}
    with Daemon(environment={"PORT": environment["PORT"]}, listen=None):
        assert check(environment).returncode == 0


def test_settings_that_are_wrong_are_told():
    result = check({"MQUERY_SERVER_LISTEN": "nowhere"})
    assert result.returncode == 1
    assert "MQUERY_SERVER_LISTEN" in result.stderr
