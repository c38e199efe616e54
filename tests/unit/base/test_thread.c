/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/thread.h"

struct seen {
    char name[16];
    int policy;
    int niceness;
};

enum {
    NICENESS_MAX = 19
};

static void *look(void *context)
{
    struct seen *seen = context;
    struct sched_param priority;

    thread_begin_patient("patient");
    (void)pthread_getname_np(pthread_self(), seen->name, sizeof(seen->name));
    (void)pthread_getschedparam(pthread_self(), &seen->policy, &priority);
    seen->niceness = getpriority(PRIO_PROCESS, 0); /* Linux: the thread's */
    return NULL;
}

static void test_a_patient_thread_has_a_name_and_waits_for_its_turn(void **state)
{
    struct seen seen = {.policy = -1};
    pthread_t thread;
    int ours = getpriority(PRIO_PROCESS, 0);
    (void)state;

    assert_int_equal(pthread_create(&thread, NULL, look, &seen), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(seen.name, "patient");
    assert_int_equal(seen.policy, SCHED_BATCH);
    assert_true(seen.niceness > ours || ours == NICENESS_MAX);
    assert_int_equal(getpriority(PRIO_PROCESS, 0), ours);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_patient_thread_has_a_name_and_waits_for_its_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
