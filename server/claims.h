/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tags are being pushed just now: one push a tag at a time. Whoever comes second waits here,
 * without a thread, until the tags are given up or its patience is at an end.
 *
 * A push claims all its tags or none, so two that overlap never hold each other up for good. Any
 * thread.
 */
#ifndef SERVER_CLAIMS_H
#define SERVER_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/list.h"

struct claimed_tag;
struct spec;

/* Lives inside the caller's own struct. */
struct claim {
    struct list place; /* among those that wait; the receiver's once it is out of there */
    struct claimed_tag *tags;
    size_t count;
    int64_t deadline; /* clock_monotonic_ms(): how long it waits */
    bool is_held;
};

/* The spec's target and its further tags; the spec outlives the claim. Errors: internal. */
bool claim_init(struct claim *claim, const struct spec *spec, struct error *error) MUST_USE;
/* Neither held nor waiting any more. Harmless for a claim that is all zeros. */
void claim_release(struct claim *claim);

struct claims;

/* At most `waiting_max` wait. NULL: no memory. */
struct claims *claims_new(size_t waiting_max) MUST_USE;
/* Nothing is held and nobody waits. */
void claims_free(struct claims *claims);

enum claim_outcome {
    CLAIM_HELD,
    CLAIM_WAITS,  /* until `deadline`; another thread may have it already */
    CLAIM_REFUSED /* errors: overloaded (too many wait) */
};
enum claim_outcome claims_take(struct claims *claims, struct claim *claim, int64_t deadline,
                               struct error *error) MUST_USE;
/* Gives up what is held, if it is. Those that waited for it, and hold theirs now, are put last into
 * `granted`. */
void claims_give_up(struct claims *claims, struct claim *claim, struct list *granted);
/* Those that have waited past their deadline are put last into `overdue`. */
void claims_take_overdue(struct claims *claims, int64_t now, struct list *overdue);

#endif
