/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/bell.h"

#include "base/clock.h"

void bell_init(struct bell *bell)
{
    *bell = (struct bell){.has_rung = false};
    (void)pthread_mutex_init(&bell->lock, NULL);
    clock_condition_init(&bell->rung);
}

void bell_release(struct bell *bell)
{
    (void)pthread_cond_destroy(&bell->rung);
    (void)pthread_mutex_destroy(&bell->lock);
}

void bell_ring(struct bell *bell)
{
    pthread_mutex_lock(&bell->lock);
    bell->has_rung = true;
    pthread_cond_signal(&bell->rung);
    pthread_mutex_unlock(&bell->lock);
}

void bell_wait(struct bell *bell, int64_t until)
{
    struct timespec then = clock_timespec(until);
    int outcome = 0;

    pthread_mutex_lock(&bell->lock);
    while (!bell->has_rung && outcome == 0)
        outcome = pthread_cond_timedwait(&bell->rung, &bell->lock, &then);
    bell->has_rung = false;
    pthread_mutex_unlock(&bell->lock);
}
