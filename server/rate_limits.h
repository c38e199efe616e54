/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many questions a minute each client may cost (server.rate_limit); what counts as how many is
 * asker.h's.
 *
 * A client's minute begins with its first question. Bounded: where there is no room for one more
 * client, the one whose minute began first is forgotten, and may begin another. Any thread; `now`
 * is clock_monotonic_ms().
 */
#ifndef SERVER_RATE_LIMITS_H
#define SERVER_RATE_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct client;
struct rate_limits;
struct response;

/* Its name in answers: there is but one. */
#define RATE_LIMITS_POLICY "default"

enum {
    RATE_LIMITS_WINDOW_MS = 60 * 1000
};

/* What remains to a client. */
struct allowance {
    uint32_t limit;
    uint32_t left;
    uint32_t resets; /* seconds until all of it is there again */
};

/* Remembers at most so many clients. NULL: no memory. */
struct rate_limits *rate_limits_new(size_t clients_max) MUST_USE;
void rate_limits_free(struct rate_limits *limits);
CLEANUP_DEFINE(struct rate_limits, rate_limits_free)

/* Takes so many questions off what `limit` leaves to the client; false: so many were not left, and
 * none is taken. Either way `out` says what is now. Without memory nobody is refused. */
bool rate_limits_take(struct rate_limits *limits, const struct client *client, uint32_t questions,
                      uint32_t limit, int64_t now, struct allowance *out) MUST_USE;
/* One of them has cost nothing after all. */
void rate_limits_give_back(struct rate_limits *limits, const struct client *client, int64_t now);
struct allowance rate_limits_look(struct rate_limits *limits, const struct client *client,
                                  uint32_t limit, int64_t now);

/* RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers) on a response that may be
 * changed. */
void allowance_tell(const struct allowance *allowance, struct response *response);

#endif
