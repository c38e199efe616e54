/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "host[:port]" taken apart, as it stands in references, settings and URLs (RFC 3986 section 3.2,
 * without userinfo). A host that is an address is recognised however it is spelled, since curl will
 * too: 127.0.0.1, 127.1, 0x7f.1 and 2130706433 are one (rule S1). Nothing is resolved.
 */
#ifndef REGISTRY_AUTHORITY_H
#define REGISTRY_AUTHORITY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

struct authority {
    struct slice host;       /* borrowed; IPv6 in brackets */
    uint16_t port;           /* 0: none was written */
    bool is_address;         /* the host is an address, not a name to resolve */
    struct in6_addr address; /* IPv4 as ::ffff:a.b.c.d */
};

/* False for what cannot be host and port: empty, a port outside 1..65535, a bad bracket. */
bool authority_parse(struct slice text, struct authority *out) MUST_USE;
/* Digits alone, 1..65535. */
bool authority_parse_port(struct slice digits, uint16_t *out) MUST_USE;
/* Equal addresses, names equal without case, or two of Docker Hub's names (R10). Ports are not
 * compared. */
bool authority_same_host(const struct authority *a, const struct authority *b);
/* Loopback by how it is written, never by what a name resolves to (H26, S24): localhost,
 * 127.0.0.0/8 or ::1. */
bool authority_is_loopback(const struct authority *authority);

#endif
