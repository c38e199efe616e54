# SPDX-License-Identifier: Apache-2.0
"""Settings: the file, the environment and PORT, flags, and what is wrong with any of them."""
import json
import os
import subprocess

import pytest

from support.daemon import MQUERYD, Daemon, run
from support.docker_registry import listing
from support.images import index_of
from support.processes import free_port


def test_port_is_listened_on_at_all_addresses(start):
    port = free_port()
    daemon = start(environment={"PORT": str(port)}, listen=None)
    assert daemon.port == port
    assert daemon.host in ("0.0.0.0", "[::]", "")
    assert daemon.get("/health").status == 200


def test_listen_wins_over_port(start):
    daemon = start(environment={"PORT": "1"})
    assert daemon.port != 1


def test_a_flag_wins_over_the_environment_and_that_over_the_file(start):
    from_environment, from_flag = free_port(), free_port()
    daemon = start(environment={"MQUERY_SERVER_LISTEN": f"127.0.0.1:{from_environment}"},
                   listen="127.0.0.1:1")
    assert daemon.port == from_environment
    daemon = start(environment={"MQUERY_SERVER_LISTEN": "127.0.0.1:1"}, listen="127.0.0.1:1",
                   arguments=["--listen", f"127.0.0.1:{from_flag}"])
    assert daemon.port == from_flag


def test_a_list_can_be_given_by_the_environment(registry):
    registry.push("lab/app:v1", index_of("linux/amd64"))
    hosts = json.dumps([listing(registry)])
    with Daemon(environment={"MQUERY_REGISTRY_HOSTS": hosts}) as daemon:
        assert daemon.query(registry.name("lab/app:v1")).status == 200


def test_a_setting_can_be_given_by_the_environment(registry):
    environment = {"MQUERY_REGISTRY_HOSTS": f"[{{name: '{registry.address}', plain_http: true}}]",
                   "MQUERY_CACHE_NEGATIVE": "1h", "MQUERY_REGISTRY_DENY": "[evil.example]"}
    with Daemon(environment=environment) as daemon:
        assert daemon.query("evil.example/x").code == "forbidden"
        assert daemon.query(registry.name("lab/none")).status == 404


def test_an_unknown_variable_warns_and_harms_nothing():
    environment = {"MQUERY_PORT": "tcp://10.0.0.1:80", "MQUERY_SERVICE_HOST": "10.0.0.1"}
    with Daemon(environment=environment) as daemon:
        assert daemon.get("/health").status == 200
        assert "MQUERY_SERVICE_HOST" in daemon.wait_for_log("MQUERY_SERVICE_HOST")


@pytest.mark.parametrize("text, where", [
    ("cache:\n  fersh: 5m\n", ":2:3"),
    ("cache:\n  fresh: 5m\n  fresh: 6m\n", ":3:3"),
    ("cache:\n  fresh: soon\n", ":2:10"),
    ("cache: [fresh]\n", ":1:"),
    ("server: {listen: nowhere}\n", ":1:"),
    ("registry:\n  hosts:\n    - name: a/b\n", ":3:"),
    ("registry:\n  hosts:\n    - {name: a.example, colour: red}\n", ":3:"),
    ("log:\n  level: loud\n", ":2:"),
    ("cache:\n\tfresh: 5m\n", ":2:"),
    ("a: &a [*a]\n", ":1:")])
def test_a_mistake_in_the_file_is_named_with_its_place(secret_file, text, where):
    path = secret_file(text, "mqueryd.yaml")
    ended = run("--config", path)
    assert ended.returncode == 2
    assert path + where in ended.stderr


@pytest.mark.parametrize("settings, told", [
    (["server.listen=127.0.0.1:9", "server.admin=127.0.0.1:9"],
     "server.admin is the same address as server.listen"),
    (["server.listen=127.0.0.1:0", "server.admin=127.0.0.1:0"], None)])
def test_two_doors_want_two_addresses(settings, told):
    flags = [part for setting in settings for part in ("--set", setting)]
    ended = run("--check-config", *flags)
    assert ended.returncode == (2 if told else 0)
    assert told is None or told in ended.stderr


@pytest.mark.parametrize("name", ["ca_file", "client_key"])
def test_a_file_that_is_read_later_is_no_fifo(tmp_path, name):
    """Whoever opened it would wait for its writer."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    files = {"client_cert": "/dev/null", "client_key": "/dev/null", name: str(fifo)}
    ended = run("--check-config", environment={
        "MQUERY_REGISTRY_HOSTS": json.dumps([{"name": "a.test", **files}])})
    assert ended.returncode == 2
    assert f"{fifo}: it is no regular file" in ended.stderr


def test_settings_may_come_through_a_pipe():
    ended = subprocess.run([*MQUERYD, "--print-config", "--config", "/dev/stdin"], check=False,
                           input="cache: {fresh: 17s}\n", text=True, capture_output=True)
    assert ended.returncode == 0 and "fresh: 17s" in ended.stdout, ended.stderr


def test_pushes_that_nobody_may_do_are_warned_about(start):
    said = "push.enabled lets nobody push"
    assert said in start({"push": {"enabled": True}}).wait_for_log(said)
    assert said not in start({"push": {"enabled": True, "anonymous": True}}).log


@pytest.mark.parametrize("variable, value", [
    ("MQUERY_CACHE_FRESH", "soon"), ("MQUERY_REGISTRY_HOSTS", "[{"), ("PORT", "http")])
def test_a_mistake_in_a_variable_names_the_variable(variable, value):
    ended = run(environment={variable: value})
    assert ended.returncode == 2
    assert variable in ended.stderr


@pytest.mark.parametrize("arguments", [["--nonsense"], ["--config", "/does/not/exist"],
                                       ["--listen", "nowhere"], ["--config"]])
def test_a_mistake_on_the_command_line_ends_it(arguments):
    ended = run(*arguments)
    assert ended.returncode == 2
    assert ended.stderr


def test_a_port_that_is_taken_ends_it_in_words(registry):
    ended = run("--listen", registry.address)
    assert ended.returncode not in (0, -6, -11)
    assert registry.address in ended.stderr or str(registry.port) in ended.stderr


def test_settings_can_be_checked_and_printed(secret_file):
    path = secret_file("cache: {fresh: 7m}\n", "mqueryd.yaml")
    assert run("--config", path, "--check-config").returncode == 0
    printed = run("--config", path, "--print-config")
    assert printed.returncode == 0
    assert "fresh: 7m" in printed.stdout
    again = secret_file(printed.stdout, "printed.yaml")
    assert run("--config", again, "--print-config").stdout == printed.stdout


def test_a_password_is_never_printed(secret_file):
    password = secret_file("a-secret-word", "password")
    path = secret_file("registry: {hosts: [{name: a.example, username: robot, "
                       f"password_file: {password}}}]}}\n", "mqueryd.yaml")
    printed = run("--config", path, "--print-config")
    assert printed.returncode == 0
    assert "a-secret-word" not in printed.stdout + printed.stderr


@pytest.mark.parametrize("flag", ["--version", "--help"])
def test_it_says_what_it_is(flag):
    said = run(flag)
    assert said.returncode == 0
    assert "mqueryd" in said.stdout
