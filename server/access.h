/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The access log of /query: one line a request, written where it ends, as log.access wants it.
 */
#ifndef SERVER_ACCESS_H
#define SERVER_ACCESS_H

#include "base/buffer.h"
#include "base/error.h"
#include "config/config.h"

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

/* `error`: NULL for an answer. Before the request is answered: it is gone afterwards. */
void access_log_query(const struct config_log *settings, const struct request *request,
                      struct slice image, enum outcome outcome, unsigned status,
                      const struct error *error);

#endif
