/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

enum {
    NICENESS = 5 /* a third of the processor that a thread without it gets, where both want it */
};

void thread_begin_patient(const char *name)
{
    const struct sched_param priority = {.sched_priority = 0};

    (void)pthread_setname_np(pthread_self(), name);
    (void)pthread_setschedparam(pthread_self(), SCHED_BATCH, &priority);
    (void)!nice(NICENESS); /* Linux: of the calling thread alone */
}
