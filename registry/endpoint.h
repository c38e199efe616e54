/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a registry's name to where and how it is reached, and the few questions about URLs that
 * decide who may be told a secret. One parser (curl's) for checking and for using (S29).
 */
#ifndef REGISTRY_ENDPOINT_H
#define REGISTRY_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

struct config_host;
struct config_registry;

/* Where a registry lives. Strings are owned; the listed host is borrowed from the settings. */
struct endpoint {
    char *registry;                   /* the reference's registry: "docker.io" */
    char *base;                       /* "https://registry-1.docker.io", no final slash (R10) */
    const struct config_host *listed; /* NULL: not listed */
    bool plain_http;                  /* http:// may be spoken to it (H26) */
    bool insecure;                    /* certificates are not verified */
    bool may_be_private; /* its address may be private: listed, or allowed by setting */
};

/* Errors: internal. The caller releases. Listed by the reference's registry name; Docker Hub's
 * names are one host (R10). */
bool endpoint_find(const struct config_registry *settings, const char *registry,
                   struct endpoint *out, struct error *error) MUST_USE;
void endpoint_release(struct endpoint *endpoint);

/* A URL taken apart: scheme and host in lower case, port effective. Owned by the caller. */
struct url {
    char *text; /* normalised, for curl; no fragment */
    char *scheme;
    char *host; /* IPv6 in brackets */
    uint16_t port;
};

/* Absolute, or relative to `base` (NULL: must be absolute). Only http and https; no userinfo, zone
 * id, trailing dot, control or non-ASCII bytes, or fragment (S29, A14). Errors: upstream, naming
 * `what` the URL is ("redirect", "token realm"); internal. */
bool url_parse(struct slice text, const char *base, const char *what, struct url *out,
               struct error *error) MUST_USE;
void url_release(struct url *url);
/* Scheme, host and effective port are equal (H15). */
bool url_same_origin(const struct url *a, const struct url *b);

#endif
