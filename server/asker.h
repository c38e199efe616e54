/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks, and what it costs them: whatever makes us ask a registry on a client's behalf is
 * charged as so many questions to what the client may ask in a minute (server.rate_limit).
 *
 * A lookup, a refresh and each image of a batch are one question; a push is one for each of its
 * sources and one for each tag that it sets; a check is CHECK_QUESTIONS. What costs more than the
 * limit as a whole costs all of it: so it can be asked, once a minute. What is wrong is free.
 *
 * Any thread.
 */
#ifndef SERVER_ASKER_H
#define SERVER_ASKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "server/client.h"

struct rate_limits;
struct request;
struct response;
struct snapshot;

/* Who asks, for when the request is gone. */
struct asker {
    struct snapshot *snapshot;
    struct rate_limits *limits; /* NULL: nothing is charged */
    struct client client;
};

/* With a reference of its own to the request's snapshot. */
struct asker asker_of(const struct request *request);
void asker_release(struct asker *asker);

/* Errors: quota, with `retry_after`. */
bool asker_charge(const struct asker *asker, uint32_t questions, struct error *error) MUST_USE;
/* One question has cost nothing after all. */
void asker_refund(const struct asker *asker);

/* asker_charge() of whoever asks the request, until it is answered. */
bool request_charge(const struct request *request, uint32_t questions,
                    struct error *error) MUST_USE;
/* The response, or one in its place, with what the client has left of its questions, where they are
 * counted: for every answer to what may be charged. Never NULL. */
struct response *request_tell_allowance(const struct request *request,
                                        struct response *response) MUST_USE;

#endif
