/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel says of this process.
 */
#ifndef SERVER_PROCESS_H
#define SERVER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct process_numbers {
    int64_t cpu; /* ms, of user and system together */
    int64_t open_fds;
    int64_t max_fds;
    int64_t resident;     /* bytes */
    int64_t virtual_size; /* bytes */
    int64_t threads;
};

/* What cannot be learnt is 0. Reads /proc. */
struct process_numbers process_numbers_read(void);

/* Whether `more` descriptors can be opened besides those that are open. Errors: internal. */
bool process_can_open(size_t more, struct error *error) MUST_USE;

#endif
