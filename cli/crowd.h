/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many questions side by side, their answers one after the other in the order of the questions.
 *
 * Asking blocks, so each question that is under way has a thread. Those of one lane (a registry)
 * are only so many at once, however many other threads would be free: a long list is no attack.
 */
#ifndef CLI_CROWD_H
#define CLI_CROWD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum {
    CROWD_THREADS = 128, /* questions under way */
    CROWD_A_LANE = 8     /* of them in one lane */
};

/* The questions have the numbers 0 to `count` - 1. */
struct crowd {
    size_t count;
    void *context;
    /* What questions that share a bound have in common; NULL: this one needs nobody else. Borrowed
     * until crowd_run() returns. On the calling thread. */
    const char *(*lane)(const void *context, size_t number);
    /* Gets the answer and keeps it. On any thread, at the same time as others. */
    void (*ask)(void *context, size_t number);
    /* Tells the answer. On the calling thread, in order. False: nobody wants the rest. */
    bool (*tell)(void *context, size_t number);
};

/* Returns when all is told, or, after a tell() that returned false, when what was under way has
 * ended. Errors: internal (no memory; not one thread can be started). */
bool crowd_run(const struct crowd *crowd, struct error *error) MUST_USE;

#endif
