# SPDX-License-Identifier: Apache-2.0
"""What a push costs over a long way: round trips, requests, and bytes that need not move."""
import json
import time

from support import images
from support.command_line import mquery
from support.delay_proxy import DelayProxy
from support.fake_registry import FakeRegistry
from support.pushes import assert_whole

LAYERS = 10
PLATFORMS = [
    *(f"linux/{each}" for each in (
        "386", "amd64", "arm/v5", "arm/v6", "arm/v7", "arm64", "loong64", "mips", "mips64",
        "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64", "s390x", "wasm")),
    "darwin/amd64", "darwin/arm64", "freebsd/amd64", "windows/amd64"]

ONE_WAY = 0.1  # seconds
TRIP = 2 * ONE_WAY
# The longest chain of requests that need each other's answers: one of each line waits for one of
# the line before, and nothing else waits for anything.
CHAIN = [
    "connect",
    "GET the sources' manifests, HEAD the tag",
    "GET their configs, for what the spec does not say of their platforms, HEAD the children",
    "POST, to mount the blobs",
    "PUT the children",
    "PUT the list under its tag",
]


def across_repositories(report):
    """Images of as many repositories become one in yet another; all their layers are different.
    The registry answers at once, so that what is measured is the way to it."""
    with FakeRegistry() as registry:
        layers = [layer for each in PLATFORMS for layer in push_source(registry, each)]
        with DelayProxy(registry.port, ONE_WAY) as proxy:
            seconds = push(proxy)
        assert len(assert_whole(registry)["manifests"]) == len(PLATFORMS)
    trips = seconds / TRIP
    report(f"push: {len(PLATFORMS)} images of {LAYERS} layers",
           f"{trips:.1f} round trips of {TRIP * 1000:.0f} ms, chain {len(CHAIN)}",
           trips / len(CHAIN), "at most 1.5")
    report("push: requests", f"{len(proxy.requests())} over {proxy.connections} connections", None,
           "")
    report("push: layers sent or fetched",
           f"{sum(map(proxy.has_seen, layers))} of {len(layers)}, {proxy.bytes_seen() >> 10} KiB "
           "in all", None, "0")


def push_source(registry, platform):
    """An image for this platform, in a repository of its own; returns its layers."""
    layers = [f"layer {number} for {platform}".encode() for number in range(LAYERS)]
    registry.push_whole_image(repository_of(platform) + ":v1", images.config(platform), layers)
    return layers


def repository_of(platform):
    return "lab/" + platform.replace("/", "-")


def push(registry):
    """How many seconds it took."""
    spec = {"image": f"{registry.address}/lab/app:v1",
            "manifests": [{"image": f"{registry.address}/{repository_of(each)}:v1"}
                          for each in PLATFORMS]}
    start = time.perf_counter()
    result = mquery("push", "--type", "oci", "from-spec", "-", input=json.dumps(spec))
    seconds = time.perf_counter() - start
    if result.returncode != 0:
        raise RuntimeError(result.stderr)
    return seconds
