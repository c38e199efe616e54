/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answering a registry that asks who we are (rules A1, A5, A13-A13c, A16-A19).
 */
#ifndef REGISTRY_AUTHORIZE_H
#define REGISTRY_AUTHORIZE_H

#include <stdbool.h>

#include "base/error.h"

struct fetch;
struct session;
struct transfer;

/* Adds the Authorization this registry is known to want, or none. Only for a request to the
 * registry's own origin. Errors: as token_get(). */
bool authorize(struct session *session, struct fetch *fetch, struct transfer *transfer,
               struct error *error) MUST_USE;

/* True for a 401, and for the answers that mean a token has expired (A13b). */
bool authorize_wants_answer(const struct transfer *transfer);

/* Learns from the refusal what the next request needs. False, and `fetch->error` says why, when the
 * same refusal would come again: then the refusal is the answer. */
bool authorize_answer(struct session *session, struct fetch *fetch) MUST_USE;

#endif
