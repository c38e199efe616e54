/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a question to its answer: the cache, else the lookup that is already in flight, else a
 * worker asks the registry (docs/architecture.md, "The life of a request" and decisions 2-6).
 */
#ifndef SERVER_LOOKUP_H
#define SERVER_LOOKUP_H

#include <stdbool.h>

#include "base/error.h"
#include "config/config.h"
#include "registry/registry.h"

struct request;
struct lookup;

/* Borrows both, for its life. Starts no thread before the first miss. */
struct lookup *lookup_new(const struct config *config, struct registry *registry,
                          struct error *error) MUST_USE;

/* Answers GET or HEAD /query (router handler's body): at once on a hit or a bad request, later from
 * a worker's thread otherwise. Never blocks on I/O. */
void lookup_answer(struct lookup *lookup, struct request *request);

/* What is known of the reference is told to nobody any more, and what was asked before now is not
 * kept: its tag has been pushed. Any thread. */
void lookup_forget(struct lookup *lookup, const struct reference *reference);

/* Draining: every waiter still there at `deadline` (clock_monotonic_ms) is answered `draining`;
 * returns when no request is held any more. New questions are refused with `draining` afterwards.
 */
void lookup_drain(struct lookup *lookup, int64_t deadline);
/* After lookup_drain(): ends the workers, frees the cache. */
void lookup_free(struct lookup *lookup);

/* Once a second from the server's tick: expires what has waited past its deadline, trims memory. */
void lookup_tick(struct lookup *lookup, int64_t now);

#endif
