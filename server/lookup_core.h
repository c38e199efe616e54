/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a lookup, for its own files: lookup.c (the way of a question), lookup_ask.c (a
 * flight, from its start to its landing) and lookup_deliver.c (answers).
 */
#ifndef SERVER_LOOKUP_CORE_H
#define SERVER_LOOKUP_CORE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "server/access.h"
#include "server/asker.h"
#include "server/cache.h"
#include "server/flight.h"
#include "server/known_hosts.h"
#include "server/lookup.h"
#include "server/lookup_kind.h"
#include "server/question.h"
#include "server/workers.h"

struct crowd;
struct request;
struct response;

struct lookup {
    struct cache *cache;
    struct flights *flights;
    struct workers *workers;
    struct known_hosts *hosts;
    atomic_bool is_draining;
    atomic_uint landings;   /* since memory was last trimmed */
    atomic_uint batches;    /* being answered */
    struct crowd *batchers; /* whose they are */
};

/* -- lookup.c ------------------------------------------------------------------------------- */

/* Under which key the cache knows the question (judged). The caller releases. Errors: internal. */
bool lookup_key(const struct question *question, struct cache_key *key,
                struct error *error) MUST_USE;

/* -- lookup_deliver.c: each ends the request, and writes its line of the access log --------- */

/* Takes the response's reference. */
void lookup_respond(struct request *request, const struct question *question, enum outcome outcome,
                    struct response *response);
void lookup_fail(struct request *request, const struct question *question, enum outcome outcome,
                 const struct error *error);
/* Renders what was found, keeps the bytes for those who ask alike, and answers. */
void lookup_deliver(struct lookup *lookup, struct request *request, const struct question *question,
                    const struct cache_key *key, const struct cache_finding *finding,
                    enum outcome outcome);
/* Answers all who were taken off a flight, and frees them. */
void lookup_deliver_to_waiters(struct lookup *lookup, struct waiter *waiters,
                               const struct cache_key *key, const struct cache_finding *finding);
/* The same with an error, or a stale answer where that may stand in. */
void lookup_fail_waiters(struct lookup *lookup, struct waiter *waiters, const struct error *error);

/* -- lookup_ask.c --------------------------------------------------------------------------- */

/* Asks the registry, or joins the flight that does; the request is answered when it lands. Takes
 * what it needs out of the question, the key and the finding. */
void lookup_wait(struct lookup *lookup, struct request *request, struct question *question,
                 struct cache_key *key, struct cache_finding *finding);
/* Asks behind an answer that was given; nobody waits, and the request is gone. */
void lookup_refresh(struct lookup *lookup, const struct asker *asker, struct question *question,
                    struct cache_key *key, struct cache_finding *finding);

#endif
