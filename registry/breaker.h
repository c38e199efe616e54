/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A registry that does not answer is left alone for a while, and whoever wants it is told so at
 * once, instead of a worker waiting out one more deadline.
 *
 * Closed: everything passes. After BREAKER_FAILURES_MAX failures in a row it opens: nothing passes
 * for a pause. Then one request does, the probe; its failure opens the breaker for twice as long,
 * any answer closes it. Pure: the owner guards it, and gives the time.
 */
#ifndef REGISTRY_BREAKER_H
#define REGISTRY_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum {
    BREAKER_FAILURES_MAX = 5,
    BREAKER_PAUSE_SHORTEST_MS = 1000,
    BREAKER_PAUSE_LONGEST_MS = 60 * 1000
};

/* Zeroed: closed, and nothing has failed. Times are of one clock. */
struct breaker {
    unsigned failures; /* in a row */
    int64_t pause;     /* ms; 0: closed */
    int64_t opened;    /* when the pause began */
    bool is_probing;   /* the one request that may pass is on its way */
};

/* For how long nothing may be asked, in ms; 0: the caller may pass. For one that may be the probe
 * it is also 1 at least while another is on its way; who may not (a push, which has its own reasons
 * to go on) minds the pause alone. */
int64_t breaker_wait(const struct breaker *breaker, int64_t now, bool may_probe);
/* One that may be the probe passes. True when it is, and breaker_end_probe() has to follow,
 * whatever becomes of it. */
bool breaker_pass(struct breaker *breaker);
void breaker_end_probe(struct breaker *breaker);

/* The registry has answered, whatever it said but that it is broken. */
void breaker_note_answer(struct breaker *breaker);
/* It has not. What was asked before the breaker opened and fails during its pause is no news. */
void breaker_note_failure(struct breaker *breaker, int64_t now);

#endif
