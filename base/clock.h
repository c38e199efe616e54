/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time, in milliseconds. Only the edges ask the clock; everything below takes `now` as a
 * parameter, so that tests of caches and tokens never sleep.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* Since some fixed point; never jumps. Deadlines are points on this clock. */
int64_t clock_monotonic_ms(void);

/* Since 1970-01-01 UTC. For people and protocols, not for waiting. */
int64_t clock_realtime_ms(void);

/* Whole seconds, rounded up; 0 for nothing or less. */
uint32_t clock_seconds_up(int64_t ms);

/* A condition whose timed waits are on clock_monotonic_ms()'s clock. */
void clock_condition_init(pthread_cond_t *condition);

/* A point of clock_monotonic_ms() for pthread_cond_timedwait() on such a condition. */
struct timespec clock_timespec(int64_t monotonic_ms);

#endif
