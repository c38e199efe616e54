/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a program that is told something, answers, and ends.
 *
 * There is no shell. The program gets nothing of ours but its three standard descriptors and the
 * environment without our own secrets and sockets, and has a process group of its own, which is
 * killed when it takes too long. Any thread of any process may run one: no signal handler is
 * touched, and no other child is waited for.
 */
#ifndef REGISTRY_PROGRAM_H
#define REGISTRY_PROGRAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

enum {
    PROGRAM_INPUT_MAX = 4096 /* a pipe takes that much without a reader (POSIX's PIPE_BUF) */
};

/* Until when a program may run. */
struct program_limit {
    int64_t deadline;                /* clock_monotonic_ms() */
    const atomic_bool *is_cancelled; /* becomes true when nobody wants to wait any more */
};

/*
 * Finds words[0] on PATH and runs it with these arguments (NULL-terminated). `input` is its
 * standard input; its standard output is appended to `output`, up to the ceiling; its standard
 * error goes nowhere, since it may hold secrets. `*status` is what it exited with, or 128 and the
 * signal that ended it. Messages begin with a verb, for the caller to say what they are about.
 * Errors: not_found (no program that we may run), invalid (it cannot be run), timeout, too_large,
 * draining, internal.
 */
bool program_run(char *const words[], struct slice input, const struct program_limit *limit,
                 struct buffer *output, int *status, struct error *error) MUST_USE;

#endif
