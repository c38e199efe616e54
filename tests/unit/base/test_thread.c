/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/thread.h"

struct seen {
    char name[16];
    int policy;
};

static void *look(void *context)
{
    struct seen *seen = context;
    struct sched_param priority;

    thread_begin_patient("patient");
    (void)pthread_getname_np(pthread_self(), seen->name, sizeof(seen->name));
    (void)pthread_getschedparam(pthread_self(), &seen->policy, &priority);
    return NULL;
}

static void test_a_patient_thread_has_a_name_and_waits_for_its_turn(void **state)
{
    struct seen seen = {.policy = -1};
    pthread_t thread;
    (void)state;

    assert_int_equal(pthread_create(&thread, NULL, look, &seen), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(seen.name, "patient");
    /* A sandbox may forbid it; then the thread is as it was. */
    assert_true(seen.policy == SCHED_BATCH || seen.policy == SCHED_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_patient_thread_has_a_name_and_waits_for_its_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
