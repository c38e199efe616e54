/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a call is done, request by request: begun (call.c), and its answer judged (settle.c). For
 * client.c, which runs calls in rounds, and for stream.c, which has two that depend on each other.
 */
#ifndef REGISTRY_CALL_H
#define REGISTRY_CALL_H

#include <stdbool.h>

#include "registry/client.h"

struct buffer;

/* -- call.c --------------------------------------------------------------------------------- */

/* The first thing to do with a call: says whose it is. One with a relay cannot send or take its
 * content twice, so its owner does the trying again. */
void call_open(struct call *call, struct session *session);
/* Starts the next request of a call that authorize_all() has readied. False, and the call's error
 * says why. */
bool call_begin(struct call *call) MUST_USE;
/* The call is over; its error, or none, is final. */
void call_finish(struct call *call);

/* Whether it changes something at the registry. */
bool call_writes(const struct call *call);
/* What is asked, for messages: "manifest 'latest' of 'docker.io/a/b'", or, of what changes
 * something, "cannot put manifest 'latest' into 'docker.io/a/b'". */
void call_describe(const struct call *call, struct buffer *out);

/* -- settle.c ------------------------------------------------------------------------------- */

/* Judges the answer: afterwards the call is done, or is to be begun again at `not_before`. */
void call_settle(struct call *call);
/* How many further tries the last request's failure deserves: it may pass. */
unsigned call_worth_retries(const struct call *call);

/* -- client.c ------------------------------------------------------------------------------- */

/* client_call() for calls that have been opened, of any sessions, at most CLIENT_SIDE_BY_SIDE. */
void client_run(struct call *const *calls, size_t count);

#endif
