/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How credential files name the registry a credential is for (rules C5-C7, C12, C13): `host`,
 * `host:port`, `https://host`, `https://host/v1/`, podman's `host/namespace/repository`, and in a
 * Kubernetes secret `*.host`. Whole hosts and whole path segments are compared, never parts of
 * them (S23).
 */
#ifndef REGISTRY_CREDENTIAL_KEY_H
#define REGISTRY_CREDENTIAL_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct credential_key {
    struct slice host; /* with its port */
    struct slice path; /* "namespace/repository", or empty */
};

/* Takes the scheme off, and a path that only says which protocol is meant (`/v1/`). Borrowed from
 * `text`; whatever it is, it is some key. */
struct credential_key credential_key_parse(struct slice text);

/* Equal without case, or two of Docker Hub's names (R10). A port is part of the host. */
bool credential_key_same_host(struct slice host, struct slice registry);

/* The name Docker's own files and helpers have for a registry: Docker Hub's is a URL of old (C5).
 */
const char *credential_key_canonical(const char *registry);

/* How well the key `text` names this repository of the registry; 0: not at all. The longer path is
 * better, then the canonical spelling, then a host over a pattern. */
unsigned credential_key_rank(struct slice text, const char *registry, const char *repository,
                             bool may_be_pattern);

#endif
