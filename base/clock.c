/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

static int64_t clock_ms(clockid_t id)
{
    struct timespec now;
    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_monotonic_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

int64_t clock_realtime_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

uint32_t clock_seconds_up(int64_t ms)
{
    return ms > 0 ? (uint32_t)((ms + 999) / 1000) : 0;
}

void clock_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(condition, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

struct timespec clock_timespec(int64_t monotonic_ms)
{
    return (struct timespec){
        .tv_sec = (time_t)(monotonic_ms / 1000),
        .tv_nsec = (long)(monotonic_ms % 1000) * 1000000,
    };
}
