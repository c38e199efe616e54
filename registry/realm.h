/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking the services that Bearer challenges name for tokens (rules A7-A11, A14, A15), many side by
 * side.
 */
#ifndef REGISTRY_REALM_H
#define REGISTRY_REALM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "registry/retry.h"
#include "registry/url.h"

struct challenge;
struct session;
struct transfer;

struct realm_question {
    struct realm_question *next; /* asked beside it */

    /* The asker's to fill in; borrowed. */
    struct session *session;
    const struct challenge *challenge;
    const char *scope; /* separated by blanks */

    /* The answer. Errors: denied (the realm refuses the credentials, or is not trusted with them),
     * rate_limited, upstream, timeout, draining, internal. */
    char *token;  /* opaque; owned by the asker; NULL: `error` says why */
    int64_t life; /* ms from the answer on */
    struct error error;

    /* How far it is; realm.c's. */
    struct url realm;
    struct url url;   /* what is asked: a GET ... */
    char *form;       /* ... or, with this, a POST (A8) */
    bool with_secret; /* the session's credentials go along */
    struct transfer *transfer;
    struct retry retry;
    int64_t not_before; /* clock_monotonic_ms() */
    bool is_over;
};

/* Asks all that `first` begins, and returns when the last has its answer, which is by its session's
 * deadline. Each is given to `answered` at once when it has its own, on this thread: who waits for
 * one shall not wait for the slowest. A session's credentials go along if the realm may have them.
 */
void realm_ask_all(struct realm_question *first,
                   void (*answered)(struct realm_question *question, void *context), void *context);

#endif
