# SPDX-License-Identifier: Apache-2.0
"""Fakes of the registries that people really have, each with the ways by which it differs.

    with contextlib.closing(DockerHub(AtAddresses(ca))) as hub:
        hub.push("lab/app:v1", index_of("linux/amd64"))
        daemon.query(hub.image("lab/app:v1"))
        hub.assert_discreet()
"""
from support.registries.amazon import EcrPrivate, EcrPublic
from support.registries.azure import AzureContainerRegistry
from support.registries.docker_hub import DockerHub
from support.registries.github import Ghcr
from support.registries.gitlab import GitLab
from support.registries.google import ArtifactRegistry
from support.registries.hosted import AtAddresses, ByName
from support.registries.kubernetes import Kubernetes
from support.registries.quay import Quay
from support.registries.self_hosted import Artifactory, Harbor, Nexus

REGISTRIES = (DockerHub, Ghcr, EcrPrivate, EcrPublic, ArtifactRegistry, AzureContainerRegistry,
              Quay, GitLab, Harbor, Nexus, Artifactory, Kubernetes)
# Of all their servers.
NAMES = tuple(dict.fromkeys(name for each in REGISTRIES for name in each.names))

__all__ = ["AtAddresses", "ByName", "NAMES", "REGISTRIES",
           *(each.__name__ for each in REGISTRIES)]
