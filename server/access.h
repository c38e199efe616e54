/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The access log of /query, /inspect, /push and /check: one line a request, written where it ends,
 * as log.access wants it.
 */
#ifndef SERVER_ACCESS_H
#define SERVER_ACCESS_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "config/config.h"

struct push_result;
struct request;

/* How an answer was come by. */
enum outcome {
    OUTCOME_REFUSED,   /* the question itself is wrong */
    OUTCOME_HIT,       /* known */
    OUTCOME_STALE_HIT, /* known, not fresh, given at once */
    OUTCOME_MISS,      /* asked */
    OUTCOME_JOINED,    /* asked already for another */
    OUTCOME_STOOD_IN   /* asked in vain: a stale answer stands in */
};
enum {
    OUTCOME_COUNT = OUTCOME_STOOD_IN + 1
};

/* What a lookup was about. */
struct access_lookup {
    const char *action; /* "query", "inspect" */
    struct slice image;
    enum outcome outcome;
};

/* `error`: NULL for an answer. Before the request is answered: it is gone afterwards. */
void access_log_lookup(const struct config_log *settings, const struct request *request,
                       const struct access_lookup *lookup, unsigned status,
                       const struct error *error);

/* What a push or a check was about. */
struct access_push {
    const char *action; /* "push", "check" */
    struct slice target;
    bool is_dry_run;
    const struct push_result *result; /* NULL: nothing was done */
};

/* As above; nothing here is a hit. Also for what is refused at its head. */
void access_log_push(const struct config_log *settings, const struct request *request,
                     const struct access_push *push, unsigned status, const struct error *error);

#endif
