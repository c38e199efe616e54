/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads for work that blocks, shared fairly between registries (docs/architecture.md, decision
 * 2).
 *
 * Jobs wait in bounded queues, one a registry, served in turn. No registry holds more than half of
 * the threads (or what the settings say) or of those that the others leave, and strangers
 * (registries that have not answered lately) together no more than a quarter, so hosts that swallow
 * packets cannot take the others' turn. A queue that is full refuses at once. Threads start with
 * the first job, grow on demand, and end when idle.
 */
#ifndef SERVER_WORKERS_H
#define SERVER_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/list.h"

/* Lives inside the caller's own struct; ends by exactly one of the two calls, which may free it. */
struct job {
    /* On a worker's thread. May block, but must have a deadline of its own. */
    void (*run)(struct job *job);
    /* Instead of run(), on the thread of workers_free(), when its turn never came. */
    void (*cancel)(struct job *job);
    const char *registry; /* borrowed for the job's life */
    bool is_stranger;
    struct list place; /* the workers' own */
};

struct workers_settings {
    size_t threads_max;
    size_t threads_kept; /* idle ones that do not end */
    int64_t idle;        /* ms after which the others do */
    size_t queue_max;    /* jobs waiting for one registry; all together: four times as many */
    size_t registry_max; /* threads one registry may hold; 0: half of them */
};

struct workers_counts {
    size_t threads;
    size_t running;
    size_t waiting;
};

struct workers;

/* Starts no thread. NULL: no memory. */
struct workers *workers_new(const struct workers_settings *settings) MUST_USE;
/* Cancels what waits and returns when what runs has ended; whoever is in a hurry makes the running
 * jobs end first. */
void workers_free(struct workers *workers);
CLEANUP_DEFINE(struct workers, workers_free)

/* Queues the job; never blocks. On false the job stays the caller's. Any thread. Errors:
 * overloaded (a queue is full, or no thread can be had), draining, internal (no memory). */
bool workers_submit(struct workers *workers, struct job *job, struct error *error) MUST_USE;

/* Any thread. */
struct workers_counts workers_counts(struct workers *workers);

#endif
