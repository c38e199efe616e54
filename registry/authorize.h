/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answering a registry that asks who we are (rules A1, A5, A13-A13c, A16-A19, T27).
 */
#ifndef REGISTRY_AUTHORIZE_H
#define REGISTRY_AUTHORIZE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct call;
struct transfer;

/* Readies each unfinished call's next request: what is needed to show the registry who we are is
 * at hand then, tokens being asked for side by side. A call for which that fails is finished, and
 * its error says why: as token.h's, or invalid. */
void authorize_all(struct call *const *calls, size_t count);
/* Adds the Authorization that authorize_all() has readied, or none. Only for a request to the
 * registry's own origin. Errors: invalid, internal. */
bool authorize(const struct call *call, struct transfer *transfer, struct error *error) MUST_USE;

/* True for a 401, and for the answers that mean a token has expired (A13b). */
bool authorize_wants_answer(const struct transfer *transfer);

/* Learns from the refusal what the next request needs. False, and `call->error` says why, when the
 * same refusal would come again: then the refusal is the answer. */
bool authorize_answer(struct call *call) MUST_USE;

/* A refusal after authentication: true where the session has another credential by now, and the
 * call should be begun again with it (T27). */
bool authorize_anew(struct call *call) MUST_USE;

#endif
