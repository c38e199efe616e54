/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <pthread.h>
#include <sched.h>

void thread_begin_patient(const char *name)
{
    const struct sched_param priority = {.sched_priority = 0};

    (void)pthread_setname_np(pthread_self(), name);
    (void)pthread_setschedparam(pthread_self(), SCHED_BATCH, &priority);
}
