/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks: the machine at the other end, or, where that is a proxy the operator trusts, the one
 * that the proxy speaks for (X-Forwarded-For, or RFC 7239's Forwarded).
 *
 * Anybody can write such headers. A proxy adds its word behind what it was sent in the one header
 * that it knows (mostly X-Forwarded-For), and passes the other on as the client wrote it. So the
 * operator says which one that is (server.proxy_header), and the other is never believed, whether
 * they agree or not; and of the right one the list is read from its end, as far as it comes from
 * machines that are trusted.
 */
#ifndef SERVER_CLIENT_H
#define SERVER_CLIENT_H

#include <stdbool.h>

#include "base/buffer.h"
#include "config/config.h"
#include "server/networks.h"

enum {
    CLIENT_KEY_SIZE = 12
};

struct client {
    struct ip_address address; /* not known: over a Unix socket */
    unsigned token;            /* the line of the token it brought, to read; 0: none */
    unsigned push_token;       /* the same, to push */
};

/* What it is counted by: the token it brought, else its address, of which IPv6 keeps the first 64
 * bits: those are one customer's. */
struct slice client_key(const struct client *client, char out[CLIENT_KEY_SIZE]);

/* -- what proxies say ----------------------------------------------------------------------- */

/* The list of machines that a request came through, the client first. */
struct hops {
    bool has_first;
    struct ip_address first;
    bool has_stranger;          /* the last in the list that is not trusted; ... */
    struct ip_address stranger; /* ... not known: it is no address */
};

/* Zeroed but for the first two: nothing was said. */
struct forwarding {
    const struct networks *proxies; /* those that are trusted */
    enum proxy_header header;       /* what they say it in */
    bool is_told;                   /* in either header */
    struct hops hops;
    bool has_protocol;
    bool is_plain; /* some part of the way was not encrypted */
};

/* Given each of the request's headers, in the order in which they came. */
void forwarding_note(struct forwarding *forwarding, struct slice name, struct slice value);
/* For whom the proxy at `peer` has asked: for itself, where it has told of nobody to be believed.
 */
struct ip_address forwarding_client(const struct forwarding *forwarding,
                                    const struct ip_address *peer);
/* Whether all of the way to the proxies was encrypted, in their word: not where they say nothing.
 */
bool forwarding_is_confidential(const struct forwarding *forwarding);

#endif
