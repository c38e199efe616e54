/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which job is next (docs/architecture.md, decision 2). The workers' own: they add the threads and
 * the lock.
 *
 * Jobs wait in queues, one a registry. A queue stands in a ring while it has a job that may be
 * started: in the ring of known registries or in that of strangers. Taking the first of a ring and
 * putting it last again is the turn; a queue at its bound of threads stands in no ring, so finding
 * the next job walks over few queues that cannot be served: those that hold more threads than are
 * left.
 */
#ifndef SERVER_TURNS_H
#define SERVER_TURNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/list.h"
#include "base/map.h"

struct job;
struct workers_settings;

/* How many there are, of all or of strangers alone. */
struct turns_count {
    size_t waiting;
    size_t running;
};

struct turns {
    size_t threads_max;
    size_t registry_max;  /* threads one registry may hold */
    bool halves;          /* and half of what the others leave: where no setting says how many */
    size_t strangers_max; /* threads all strangers may hold */
    size_t queue_max;     /* jobs waiting for one registry */
    struct turns_count all;
    struct turns_count strangers;
    struct map queues;
    struct list known_ring;
    struct list strangers_ring;
    bool is_strangers_turn;
};

void turns_init(struct turns *turns, const struct workers_settings *settings);
/* Nothing waits or runs. */
void turns_release(struct turns *turns);

/* Lets the job wait. `*wanted` is how many threads are to be called for it. Errors: overloaded (a
 * bound is passed), internal. */
bool turns_add(struct turns *turns, struct job *job, size_t *wanted, struct error *error) MUST_USE;
/* A job that was added just now does not wait after all. */
void turns_withdraw(struct turns *turns, struct job *job);

/* A job that runs, and what it counts as. */
struct turn {
    struct job *job; /* NULL: none may be started */
    struct queue *queue;
    bool is_stranger;
};

struct turn turns_begin(struct turns *turns);
/* The job may be gone. */
void turns_end(struct turns *turns, const struct turn *turn);

/* Moves all jobs that wait to the end of `out`. */
void turns_collect(struct turns *turns, struct list *out);

#endif
