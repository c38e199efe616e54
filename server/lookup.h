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
#include "server/workers.h"

struct cache;
struct lookup;
struct request;
struct snapshot;

/* Starts no thread before the first miss. Keeps nothing of `config`: the settings that may change
 * come with each request, and by lookup_configure(). Errors: internal. */
struct lookup *lookup_new(const struct config *config, struct error *error) MUST_USE;
/* Other settings hold: those of the cache, and nothing is told that was learnt where `now` does not
 * agree with `before`. The main thread's, right after `now` has come into force. */
void lookup_configure(struct lookup *lookup, const struct snapshot *now,
                      const struct snapshot *before);

/* Answers GET or HEAD /query (router handler's body): at once on a hit or a bad request, later from
 * a worker's thread otherwise. Never blocks on I/O. */
void lookup_answer(struct lookup *lookup, struct request *request);
/* The same for /inspect. */
void lookup_inspect(struct lookup *lookup, struct request *request);

/* What is known of the reference is told to nobody any more, and what was asked before now is not
 * kept: its tag has been pushed. Any thread. */
void lookup_forget(struct lookup *lookup, const struct reference *reference);

/* What it is at. Any thread. */
struct lookup_counts {
    size_t flights; /* references that are being asked for */
    struct workers_counts workers;
};
struct lookup_counts lookup_count(const struct lookup *lookup);
/* Its flights one by one; see flights_look(). */
struct flight_view;
size_t lookup_look(const struct lookup *lookup, int64_t now, struct flight_view *out, size_t max);

/* What it knows; borrowed. */
struct cache *lookup_cache(const struct lookup *lookup);

/* Draining: every waiter still there at `deadline` (clock_monotonic_ms) is answered `draining`;
 * returns when no request is held any more. New questions are refused with `draining` afterwards.
 * What workers still ask is the caller's to cancel (snapshots_cancel()). */
void lookup_drain(struct lookup *lookup, int64_t deadline);
/* After lookup_drain(): ends the workers, frees the cache. */
void lookup_free(struct lookup *lookup);

/* False while a worker seems to be stuck: for a minute something has not ended by its deadline. */
bool lookup_is_alive(const struct lookup *lookup, int64_t now);

/* Once a second from the server's tick: expires what has waited past its deadline, trims memory. */
void lookup_tick(struct lookup *lookup, int64_t now);

#endif
