/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answering a registry that asks who we are (rules A1, A5, A13-A13c, A16-A19, T27).
 */
#ifndef REGISTRY_AUTHORIZE_H
#define REGISTRY_AUTHORIZE_H

#include <stdbool.h>

#include "base/error.h"

struct call;
struct transfer;

/* Adds the Authorization this registry is known to want, or none. Only for a request to the
 * registry's own origin. Errors: as token_get(). */
bool authorize(struct call *call, struct transfer *transfer, struct error *error) MUST_USE;

/* True for a 401, and for the answers that mean a token has expired (A13b). */
bool authorize_wants_answer(const struct transfer *transfer);

/* Learns from the refusal what the next request needs. False, and `call->error` says why, when the
 * same refusal would come again: then the refusal is the answer. */
bool authorize_answer(struct call *call) MUST_USE;

/* A refusal after authentication: true where the session has another credential by now, and the
 * call should be begun again with it (T27). */
bool authorize_anew(struct call *call) MUST_USE;

#endif
