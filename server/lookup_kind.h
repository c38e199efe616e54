/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a lookup is for: which platforms an image offers (/query), or everything about it
 * (/inspect). Both go the same way and live in the same cache; what one has learnt is never told by
 * the other.
 */
#ifndef SERVER_LOOKUP_KIND_H
#define SERVER_LOOKUP_KIND_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

struct cache_finding;
struct question;
struct registry;
struct registry_question;
struct report;

struct lookup_kind {
    const char *name; /* in the log */
    const char *mark; /* in keys: what sets its entries apart; a visible letter, or "" */
    /* On a worker's thread. Errors: as registry_query(). */
    struct report *(*ask)(struct registry *registry, const struct registry_question *question,
                          struct error *error);
    /* Renders what was found for a question (judged). The buffer's state says what went wrong. */
    void (*write)(const struct question *question, const struct cache_finding *finding,
                  struct buffer *out);
    /* A report found elsewhere by its digest answers, too. */
    bool shares_reports;
};

extern const struct lookup_kind lookup_query_kind;
extern const struct lookup_kind lookup_inspect_kind;

#endif
