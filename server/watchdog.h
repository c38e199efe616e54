/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Showing the service manager that we live (sd_watchdog_enabled(3)): not by a timer, which ticks in
 * a process that is stuck, too, but after each part that could get stuck has given a sign.
 */
#ifndef SERVER_WATCHDOG_H
#define SERVER_WATCHDOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Asks a part for a sign, and later whether it came. Neither blocks. */
struct watchdog_part {
    void (*ask)(void *part);
    bool (*has_answered)(void *part);
    void *part;
};

struct watchdog {
    int64_t interval; /* ms between rounds; 0: nobody watches */
    int64_t next;     /* when the next round begins, on clock_monotonic_ms() */
    bool is_asking;
};

/* From WATCHDOG_USEC and WATCHDOG_PID, either of which may be empty; what cannot be understood, or
 * is for another process, is as good as none. */
void watchdog_open(struct watchdog *watchdog, struct slice microseconds, struct slice process);

/* Once a second or so. True when all parts have answered: the service manager is to be told. A part
 * is asked again only after all have. */
bool watchdog_tick(struct watchdog *watchdog, const struct watchdog_part *parts, size_t count,
                   int64_t now);

#endif
