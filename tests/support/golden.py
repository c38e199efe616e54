# SPDX-License-Identifier: Apache-2.0
"""The golden images, and the answers wanted for them.

What the reference service answered holds, but for the places where golden/README.md says that it
is wrong; those are WANTED here.
"""
import json
import os

from support.docker_registry import GOLDEN
from support.images import platform


def read(name):
    with open(os.path.join(GOLDEN, name), encoding="utf-8") as file:
        return json.load(file)


IMAGES = read("images.json")["images"]
REFERENCE = read("query-of-the-reference-service.json")

WINDOWS_2019 = [platform("windows/amd64", os_version="10.0.17763.2300")]
WINDOWS_2022 = [platform("windows/amd64", os_version="10.0.20348.2113", os_features=["win32k"])]
BOTH = [platform("linux/amd64"), platform("linux/arm64/v8")]

WANTED_PLATFORMS = {
    "lab/arm-app:v1": [platform("linux/arm/v7")],
    "lab/docker:linux-arm64v8": [platform("linux/arm64/v8")],
    "lab/docker:linux-armv6": [platform("linux/arm/v6")],
    "lab/docker:linux-armv7": [platform("linux/arm/v7")],
    "lab/docker:windows-2019": WINDOWS_2019,
    "lab/docker:windows-2022": WINDOWS_2022,
    "lab/oci:linux-arm64v8": [platform("linux/arm64/v8")],
    "lab/oci:linux-armv6": [platform("linux/arm/v6")],
    "lab/oci:linux-armv7": [platform("linux/arm/v7")],
    "lab/oci:windows-2019": WINDOWS_2019,
    "lab/oci:windows-2022": WINDOWS_2022,
    "lab/oci:empty": [],
    "lab/oci:nested": BOTH,
    "lab/oci:noplatform-entry": BOTH,
}
ATTESTATIONS = {"lab/buildkit:amd64": 1, "lab/buildkit:arm64": 1, "lab/oci:multi": 2}
WITH_A_WARNING = ["lab/docker:noplatform", "lab/oci:noplatform", "lab/oci:duplicate"]
ARTIFACTS = ["lab/artifact:chart"]
RUNNABLE = [name for name in IMAGES if name not in ARTIFACTS]


def wanted(name, registry):
    """The answer for an image but for its `cachets` and the words of its `warnings`."""
    reference = REFERENCE[name]
    if "crash" in reference:  # an index at which the reference service fell over
        reference = {"islist": True, "digest": IMAGES[name]["digest"],
                     "mediatype": IMAGES[name]["mediaType"], "archlist": None}
    answer = {"islist": reference["islist"], "imagename": f"{registry}/{name}",
              "digest": reference["digest"], "mediatype": reference["mediatype"],
              "archlist": WANTED_PLATFORMS.get(name, reference["archlist"])}
    if name in ATTESTATIONS:
        answer["attestations"] = ATTESTATIONS[name]
    return answer


def assert_answered(answer, name, registry):
    """A daemon's answer is the one wanted for the image."""
    assert answer.status == 200, answer.body
    said = answer.json
    assert isinstance(said.pop("cachets"), int)
    assert bool(said.pop("warnings", [])) == (name in WITH_A_WARNING)
    assert said == wanted(name, registry)


# -- pushes ---------------------------------------------------------------------------------------

class Push:
    """What the reference tool was asked to push, and what it pushed. `target` may be another
    repository than the reference tool's; that changes no byte of the list."""

    def __init__(self, name):
        self.name = name
        self.case = read(os.path.join("push", name, "case.json"))
        self.is_error = self.case["exit"] != 0
        self.target = self.case.get("target")

    def text(self, file):
        with open(os.path.join(GOLDEN, "push", self.name, file), encoding="utf-8") as opened:
            return opened.read()

    @property
    def expected(self):
        return self.text("expected.json").encode()

    @property
    def has_spec(self):
        return "args" not in self.case

    def spec(self, registry, target=None):
        """The text of the spec, with this registry's address in it."""
        return self._placed(self.text("spec.yaml"), registry, target)

    def arguments(self, registry, target=None):
        """Of `push from-args`."""
        return [self._placed(each, registry, target) for each in self.case["args"]]

    def _placed(self, text, registry, target):
        if target:
            text = text.replace(f"REGISTRY/{self.target}", f"REGISTRY/{target}", 1)
        return text.replace("REGISTRY", registry.address)


PUSHES = {name: Push(name) for name in sorted(os.listdir(os.path.join(GOLDEN, "push")))}
