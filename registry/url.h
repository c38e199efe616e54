/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs that a registry gave us: redirects, token realms, links. One parser, curl's, for checking
 * and for using (rule S29): what was judged here is what will be connected to.
 */
#ifndef REGISTRY_URL_H
#define REGISTRY_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

/* A URL taken apart: scheme and host in lower case, port effective. Owned by the caller. */
struct url {
    char *text; /* normalised, for curl; no fragment, no default port */
    char *scheme;
    char
        *host; /* IPv6 in brackets; an IPv4 address in four decimal parts, however it was written */
    uint16_t port;
};

/* Absolute, or relative to `base` (NULL: must be absolute). Only http and https; no userinfo, zone
 * id, trailing dot, control or non-ASCII bytes, or fragment (S29, A14). Errors: upstream, naming
 * `what` the URL is ("redirect", "token realm"), never the URL, which may hold a signature (S21);
 * internal. */
bool url_parse(struct slice text, const char *base, const char *what, struct url *out,
               struct error *error) MUST_USE;
/* What lies at `path` below an origin: the origin was parsed, the path is made by us of parts that
 * have passed a parser (H1), so neither is parsed again. `path` begins without a slash, and
 * `origin` has no path of its own. Errors: upstream (longer than 8 KiB), internal. */
bool url_below(const struct url *origin, struct slice path, struct url *out,
               struct error *error) MUST_USE;
void url_release(struct url *url);
/* Scheme, host and effective port are equal (H15). */
bool url_same_origin(const struct url *a, const struct url *b);

#endif
