/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ctrl-C while an operation runs: it is told to end, and what had been done can be said. A second
 * one ends the program at once.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"

struct registry;

/* One operation's; begun and ended by the same thread. */
struct interrupt {
    struct registry *registry;
    sigset_t awaited;
    sigset_t before;
    pthread_t thread;
    _Atomic int caught; /* the signal's number, or 0 */
    _Atomic bool is_over;
};

/* From here on SIGINT, SIGTERM and SIGHUP cancel the registry's operations; those that the program
 * was started to ignore, as by nohup, stay ignored. Before the first operation, since threads
 * inherit what they block. Errors: internal. */
bool interrupt_begin(struct interrupt *interrupt, struct registry *registry,
                     struct error *error) MUST_USE;
/* The signal that came in between, or 0. */
int interrupt_end(struct interrupt *interrupt);

#endif
