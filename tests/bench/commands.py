# SPDX-License-Identifier: Apache-2.0
"""What the command line takes: a fleet's audit, an inspection, a single question."""
import contextlib
import http.client
import os
import subprocess
import tempfile
import time

from bench.load import NginxServer
from bench.rates import ROUNDS, SIX, in_turns
from bench.sizes import ManyImages
from support import images
from support.certificates import CertificateAuthority
from support.command_line import mquery, run
from support.delay_proxy import DelayProxy
from support.images import OCI_INDEX, OCI_MANIFEST


def seconds(function, *arguments, **options):
    start = time.perf_counter()
    function(*arguments, **options)
    return time.perf_counter() - start


def run_mquery(*arguments, **options):
    return succeed(mquery(*arguments, **options))


def run_curl(*arguments):
    """Run as mquery is, since that takes a while, too."""
    return succeed(run(["curl", "--silent", "--show-error", "--fail", "--header",
                        f"Accept: {OCI_INDEX}", "--output", os.devnull, *arguments])).stdout


def succeed(ended):
    if ended.returncode != 0:
        raise RuntimeError(f"{' '.join(ended.args[:4])}: {ended.stderr}")
    return ended


# -- audit ----------------------------------------------------------------------------------------

REGISTRIES, IMAGES = 20, 500
AUDIT_ONE_WAY = 0.025  # seconds
SAMPLE = 100           # of the images, asked for one after the other: all would take half a minute


def audit(report):
    """The other way is made as good as it can be: one process, and a connection to each registry
    that is open before the clock runs."""
    with ManyImages() as server, contextlib.ExitStack() as stack:
        proxies = [stack.enter_context(DelayProxy(server.port, AUDIT_ONE_WAY))
                   for _ in range(REGISTRIES)]
        names = [(proxies[number % REGISTRIES].address, f"lab/n{number}")
                 for number in range(IMAGES)]
        text = "".join(f"{registry}/{name}:v1\n" for registry, name in names)
        theirs = one_after_the_other(names[:SAMPLE]) * IMAGES / SAMPLE
        ours = seconds(run_mquery, "audit", "--require", "linux/arm64", input=text)
    report(f"audit: {IMAGES} images, {REGISTRIES} registries",
           f"{ours:.2f} s, one after the other {theirs:.1f} s", theirs / ours, "at least 10")


def one_after_the_other(names):
    connections = {registry: http.client.HTTPConnection(registry) for registry, _ in names}
    for registry in connections:
        get(connections[registry], "lab/first")
    taken = seconds(lambda: [get(connections[registry], name) for registry, name in names])
    for connection in connections.values():
        connection.close()
    return taken


def get(connection, name):
    connection.request("GET", f"/v2/{name}/manifests/v1", headers={"Accept": OCI_INDEX})
    if connection.getresponse().read().count(b"architecture") != len(SIX):
        raise RuntimeError(f"{name} is not what it should be")


# -- inspect --------------------------------------------------------------------------------------

INSPECT_ONE_WAY = 0.01  # seconds
TRIP = 2 * INSPECT_ONE_WAY


def inspect(report):
    """Of a list of six platforms, over HTTP/2; curl gets the list alone. What is left of the time
    when starting and connecting are over are the rounds."""
    with tempfile.TemporaryDirectory() as directory:
        authority = CertificateAuthority(directory)
        with TlsRegistry(authority, "lab/six", "v1") as registry:
            with DelayProxy(registry.port, INSPECT_ONE_WAY) as proxy:
                connecting, theirs, ours, ratio = time_inspect(proxy, authority)
                starting = min(seconds(run_mquery, "--version") for _ in range(ROUNDS))
                used = proxy.connections
                run_mquery_inspect(proxy, authority)
                used = proxy.connections - used
    report("inspect: six platforms, 20 ms away",
           f"{ours * 1000:.0f} ms, curl of the list {theirs * 1000:.0f} ms", ratio, "at most 2")
    rounds = (ours - starting - connecting) / TRIP
    report("inspect: after connecting", f"{rounds:.1f} round trips, {used} connection", None,
           "2 and 1")


def run_mquery_inspect(proxy, authority):
    hosts = f"[{{name: '{proxy.address}', ca_file: '{authority.file}'}}]"
    text = run_mquery("inspect", f"{proxy.address}/lab/six:v1",
                      environment={"MQUERY_REGISTRY_HOSTS": hosts}).stdout
    if not all(each.split("/")[1] in text for each in SIX):
        raise RuntimeError(f"mquery inspect left something out:\n{text}")


def time_inspect(proxy, authority):
    """Seconds until curl is connected, for all that curl does, for all that mquery does; and the
    ratio of these two."""
    connecting = []

    def curl(_):
        said = run_curl("--http2", "--cacert", authority.file, "--write-out",
                        "%{time_appconnect} %{http_version}",
                        f"https://{proxy.address}/v2/lab/six/manifests/v1")
        appconnect, version = said.split()
        if version != "2":
            raise RuntimeError(f"curl spoke HTTP/{version}")
        connecting.append(float(appconnect))

    theirs, ours, ratio = in_turns(lambda turn: seconds(curl, turn),
                                   lambda _: seconds(run_mquery_inspect, proxy, authority))
    return min(connecting), theirs, ours, ratio


class TlsRegistry(NginxServer):
    """A list of six platforms, its children and their configurations."""

    def __init__(self, authority, repository, tag):
        self._files = tempfile.TemporaryDirectory(prefix="registry-")
        certificate, key = authority.issue()
        super().__init__("\n".join([
            f"ssl_certificate {certificate};", f"ssl_certificate_key {key};",
            *self._locations(repository, tag)]), how=" ssl http2")

    def close(self):
        super().close()
        self._files.cleanup()

    def _locations(self, repository, tag):
        entries = []
        for platform in SIX:
            config = images.config(platform)
            manifest = images.manifest(config)
            entries.append(images.descriptor(manifest, OCI_MANIFEST,
                                             platform=images.platform(platform)))
            yield self._location(f"/v2/{repository}/blobs", images.digest_of(config), config,
                                 "application/octet-stream")
            yield self._location(f"/v2/{repository}/manifests", images.digest_of(manifest),
                                 manifest, OCI_MANIFEST)
        yield self._location(f"/v2/{repository}/manifests", tag, images.index(entries), OCI_INDEX)

    def _location(self, place, name, document, media_type):
        path = os.path.join(self._files.name, name)
        with open(path, "wb") as file:
            file.write(images.encode(document))
        os.chmod(self._files.name, 0o755)  # nginx's workers are somebody else
        return f"location = {place}/{name} {{ default_type {media_type}; alias {path}; }}"


# -- a single question ----------------------------------------------------------------------------

QUESTIONS = 200


def command(report):
    """From exec to exit, beside curl getting the same manifest."""
    with ManyImages() as registry:
        url = f"http://{registry.address}/v2/lab/six/manifests/v1"
        image = f"{registry.address}/lab/six:v1"
        theirs, ours, ratio = in_turns(lambda _: seconds(run_curl, url),
                                       lambda _: seconds(run_mquery, image), QUESTIONS)
    report("mquery IMAGE", f"{ours * 1000:.1f} ms, curl {theirs * 1000:.1f} ms", ratio,
           "at most 1.2")
