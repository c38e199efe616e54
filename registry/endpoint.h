/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a registry's name to where and how it is reached.
 */
#ifndef REGISTRY_ENDPOINT_H
#define REGISTRY_ENDPOINT_H

#include <stdbool.h>

#include "base/error.h"
#include "registry/url.h"

struct config_host;
struct config_registry;

/* Where a registry lives. Strings are owned; the host is borrowed from the settings. */
struct endpoint {
    char *registry;                 /* the reference's registry: "docker.io" */
    char *base;                     /* "https://registry-1.docker.io", no final slash (R10) */
    const struct config_host *host; /* what the settings say of it; NULL: nothing */
    bool is_listed;                 /* they say it of this very host */
    bool plain_http;                /* http:// may be spoken to it (H26) */
    bool insecure;                  /* certificates are not verified */
    bool may_be_private;            /* its address may be private: listed, or allowed by setting */
};

/* The listed host of this reference's registry, or NULL. Docker Hub's names are one host (R10). */
const struct config_host *endpoint_listed(const struct config_registry *settings,
                                          const char *registry);
/* The listed host, else the pattern that covers it, or NULL. A pattern opens nothing: it says how,
 * not that. */
const struct config_host *endpoint_settings(const struct config_registry *settings,
                                            const char *registry);

/*
 * Where `registry`, a reference's, is reached: docker.io at registry-1.docker.io, any other at its
 * own name. Plain HTTP (H26) only where it is listed so or where the command line's flag says so;
 * in a person's own run (`open`) also at a loopback host written as such, unless that is listed,
 * has port 443, or certificates are not to be verified, which only makes sense with TLS. Never by
 * what a name resolves to (S24). The caller releases. Errors: internal.
 */
bool endpoint_find(const struct config_registry *settings, const char *registry,
                   struct endpoint *out, struct error *error) MUST_USE;
void endpoint_release(struct endpoint *endpoint);

#endif
