/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wakes one thread that waits for several things at once: each rings when it is over. A ring that
 * comes before the wait is not lost.
 */
#ifndef REGISTRY_BELL_H
#define REGISTRY_BELL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct bell {
    pthread_mutex_t lock;
    pthread_cond_t rung;
    bool has_rung; /* guarded by lock */
};

void bell_init(struct bell *bell);
void bell_release(struct bell *bell);
/* Any thread. */
void bell_ring(struct bell *bell);
/* Returns after a ring since the last wait, or at `until` (clock_monotonic_ms()). */
void bell_wait(struct bell *bell, int64_t until);

#endif
