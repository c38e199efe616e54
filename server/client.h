/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks: the machine at the other end, or, where that is a proxy the operator trusts, the one
 * that the proxy speaks for (X-Forwarded-For, or RFC 7239's Forwarded).
 *
 * Anybody can write such headers, and a proxy passes on what it was sent with its own word behind.
 * So lists are read from their end, as far as they come from machines that are trusted; and where
 * the two headers do not agree on somebody, neither is believed.
 */
#ifndef SERVER_CLIENT_H
#define SERVER_CLIENT_H

#include <stdbool.h>

#include "base/buffer.h"
#include "server/networks.h"

enum {
    CLIENT_KEY_SIZE = 12
};

struct client {
    struct ip_address address; /* not known: over a Unix socket */
    unsigned token;            /* the line of the token it brought; 0: none */
};

/* What it is counted by: its token, else its address, of which IPv6 keeps the first 64 bits: those
 * are one customer's. */
struct slice client_key(const struct client *client, char out[CLIENT_KEY_SIZE]);

/* -- what proxies say ----------------------------------------------------------------------- */

/* One header's list of machines that a request came through, the client first. */
struct hops {
    bool is_told;
    struct ip_address first;
    bool has_stranger;          /* the last in the list that is not trusted; ... */
    struct ip_address stranger; /* ... not known: it is no address */
};

/* Zeroed but for `proxies`: nothing was said. */
struct forwarding {
    const struct networks *proxies; /* those that are trusted */
    struct hops by_x;               /* X-Forwarded-For */
    struct hops by_standard;        /* Forwarded */
    bool has_protocol;
    bool is_plain; /* some part of the way was not encrypted */
};

/* Given each of the request's headers, in the order in which they came. */
void forwarding_note(struct forwarding *forwarding, struct slice name, struct slice value);
/* Whether a proxy has spoken of a client at all. */
bool forwarding_is_told(const struct forwarding *forwarding);
/* For whom the proxy at `peer` has asked: for itself, where nobody is to be believed. */
struct ip_address forwarding_client(const struct forwarding *forwarding,
                                    const struct ip_address *peer);
/* Whether all of the way to the proxies was encrypted, in their word. */
bool forwarding_is_confidential(const struct forwarding *forwarding);

#endif
