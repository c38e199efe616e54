/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of machines, and lists of networks that they may be in.
 */
#ifndef SERVER_NETWORKS_H
#define SERVER_NETWORKS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "base/error.h"
#include "config/config.h"

/* Any address as one of IPv6; those of IPv4 as ::ffff:192.0.2.1. */
struct ip_address {
    struct in6_addr bytes;
    bool is_known; /* false of a Unix socket, and of what could not be read */
};

struct network {
    struct in6_addr start;
    unsigned bits;
};

struct networks {
    struct network *items;
    size_t count;
    bool has_unix; /* whoever comes over a Unix socket is in them */
};

struct ip_address ip_address_of(const struct sockaddr *socket);
/* "192.0.2.1", "2001:db8::1"; in a Forwarded header's forms, too: "192.0.2.1:4711",
 * "[2001:db8::1]",
 * "[2001:db8::1]:4711". `is_known` tells whether it is one. */
struct ip_address ip_address_parse(struct slice text);
bool ip_address_is_loopback(const struct ip_address *address);

/* Addresses, networks such as 10.0.0.0/8, and "unix". `what`, a setting's name, begins the message.
 * The caller releases, also after a failure. Errors: invalid, internal. */
bool networks_parse(const struct string_list *texts, const char *what, struct networks *out,
                    struct error *error) MUST_USE;
void networks_release(struct networks *networks);
bool networks_have(const struct networks *networks, const struct ip_address *address);

#endif
