/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/slots.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"

struct slots {
    pthread_mutex_t lock;
    pthread_cond_t given_back;
    unsigned free;    /* guarded by lock */
    unsigned waiting; /* guarded by lock: who holds none */
    unsigned guests;  /* guarded by lock: of these */
};

enum {
    LEFT_BY_GUESTS = 1
};

struct slots *slots_new(unsigned count)
{
    struct slots *slots = calloc(1, sizeof(*slots));
    if (!slots)
        return NULL;
    slots->free = count;
    (void)pthread_mutex_init(&slots->lock, NULL);
    clock_condition_init(&slots->given_back);
    return slots;
}

void slots_free(struct slots *slots)
{
    if (!slots)
        return;
    (void)pthread_cond_destroy(&slots->given_back);
    (void)pthread_mutex_destroy(&slots->lock);
    free(slots);
}

/* The lock is held. */
static bool has_place(const struct slots *slots, bool is_guest)
{
    return slots->free > (is_guest ? LEFT_BY_GUESTS : 0);
}

bool slots_take(struct slots *slots, bool is_guest, unsigned held)
{
    pthread_mutex_lock(&slots->lock);
    unsigned before_us = is_guest ? slots->waiting : slots->waiting - slots->guests;
    bool may_take = has_place(slots, is_guest) && (held == 0 || before_us == 0);
    slots->free -= may_take;
    pthread_mutex_unlock(&slots->lock);
    return may_take;
}

bool slots_wait(struct slots *slots, bool is_guest, int64_t until)
{
    struct timespec then = clock_timespec(until);
    int outcome = 0;

    pthread_mutex_lock(&slots->lock);
    slots->waiting++;
    slots->guests += is_guest;
    while (!has_place(slots, is_guest) && outcome == 0)
        outcome = pthread_cond_timedwait(&slots->given_back, &slots->lock, &then);
    slots->waiting--;
    slots->guests -= is_guest;
    bool may_take = has_place(slots, is_guest);
    slots->free -= may_take;
    pthread_mutex_unlock(&slots->lock);
    return may_take;
}

void slots_give_back(struct slots *slots)
{
    pthread_mutex_lock(&slots->lock);
    slots->free++;
    pthread_cond_broadcast(&slots->given_back); /* not each who waits may take it */
    pthread_mutex_unlock(&slots->lock);
}
