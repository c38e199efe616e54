# SPDX-License-Identifier: Apache-2.0
"""registry.k8s.io: holds nothing, asks nobody, and sends everybody to the nearest of others."""
from support import behave
from support.fake_registry import FakeRegistry
from support.registries.hosted import NOTHING, Hosted

PREFIX = "k8s-artifacts-prod/images/"


class Kubernetes(Hosted):
    title = "registry.k8s.io"
    names = ("registry.k8s.io", "europe-west3-docker.pkg.dev",
             "prod-registry-k8s-io.s3.amazonaws.com")
    takes_pushes = False

    def __init__(self, ground):
        super().__init__(ground)
        self.registry = self.start_registry("europe-west3-docker.pkg.dev", NOTHING)
        self.move_blobs(self.names[2])
        self.front = self.start(FakeRegistry, "registry.k8s.io")
        self.front.script("*", lambda _, request: behave.redirect(
            f"{self.registry.url}/v2/{PREFIX}{request.path.removeprefix('/v2/')}")(_, request))

    @property
    def first(self):
        return self.front

    def push(self, name, *arguments, **more):
        return super().push(PREFIX + name, *arguments, **more)

    def push_image(self, name, *arguments, **more):
        return super().push_image(PREFIX + name, *arguments, **more)
