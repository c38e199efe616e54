/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "registry/slots.h"

enum {
    LONG_MS = 30 * 1000
};

static void test_there_are_as_many_as_were_made(void **state)
{
    struct slots *slots = slots_new(2);
    (void)state;

    assert_true(slots_take(slots, false, 0));
    assert_true(slots_take(slots, false, 1));
    assert_false(slots_take(slots, false, 2));
    slots_give_back(slots);
    assert_true(slots_take(slots, false, 1));
    slots_free(slots);
}

static void test_a_wait_ends_at_its_time(void **state)
{
    struct slots *slots = slots_new(0);
    (void)state;

    assert_false(slots_wait(slots, false, clock_monotonic_ms()));
    slots_free(slots);
}

static void *wait_for_one(void *slots)
{
    return slots_wait(slots, false, clock_monotonic_ms() + LONG_MS) ? slots : NULL;
}

static void test_who_holds_some_leaves_the_next_to_who_waits_with_none(void **state)
{
    struct slots *slots = slots_new(1);
    pthread_t waiter;
    void *got = NULL;
    (void)state;

    assert_true(slots_take(slots, false, 0));
    assert_int_equal(pthread_create(&waiter, NULL, wait_for_one, slots), 0);
    /* Until the other one waits, the place goes back and forth; from then on it is theirs. */
    do {
        slots_give_back(slots);
    } while (slots_take(slots, false, 1));
    pthread_join(waiter, &got);
    assert_ptr_equal(got, slots);
    slots_free(slots);
}

static void test_guests_leave_the_last_to_others(void **state)
{
    struct slots *slots = slots_new(2);
    (void)state;

    assert_true(slots_take(slots, true, 0));
    assert_false(slots_take(slots, true, 0));
    assert_false(slots_wait(slots, true, clock_monotonic_ms()));
    assert_true(slots_wait(slots, false, clock_monotonic_ms()));
    slots_give_back(slots);
    slots_give_back(slots);
    assert_true(slots_wait(slots, true, clock_monotonic_ms()));
    slots_free(slots);
}

static void *wait_as_guest(void *slots)
{
    return slots_wait(slots, true, clock_monotonic_ms() + LONG_MS) ? slots : NULL;
}

static void test_nobody_but_guests_gives_way_to_a_guest(void **state)
{
    struct slots *slots = slots_new(2);
    pthread_t waiter;
    void *got = NULL;
    (void)state;

    assert_true(slots_take(slots, true, 0));
    assert_int_equal(pthread_create(&waiter, NULL, wait_as_guest, slots), 0);
    /* Whether it waits already or not. */
    for (int i = 0; i < 1000; i++) {
        assert_true(slots_take(slots, false, 1));
        slots_give_back(slots);
    }
    /* Until it waits, a guest's place goes back and forth. */
    do {
        slots_give_back(slots);
    } while (slots_take(slots, true, 1));
    pthread_join(waiter, &got);
    assert_ptr_equal(got, slots);
    slots_free(slots);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_are_as_many_as_were_made),
        cmocka_unit_test(test_a_wait_ends_at_its_time),
        cmocka_unit_test(test_who_holds_some_leaves_the_next_to_who_waits_with_none),
        cmocka_unit_test(test_guests_leave_the_last_to_others),
        cmocka_unit_test(test_nobody_but_guests_gives_way_to_a_guest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
