/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time, in milliseconds. Only the edges ask the clock; everything below takes `now` as a
 * parameter, so that tests of caches and tokens never sleep.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Since some fixed point; never jumps. Deadlines are points on this clock. */
int64_t clock_monotonic_ms(void);

/* Since 1970-01-01 UTC. For people and protocols, not for waiting. */
int64_t clock_realtime_ms(void);

/* A point of clock_monotonic_ms() for pthread_cond_timedwait() on a CLOCK_MONOTONIC condition. */
struct timespec clock_timespec(int64_t monotonic_ms);

#endif
