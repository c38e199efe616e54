/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry/breaker.h"

/* A breaker that has just opened, at 1000. */
static struct breaker opened(void)
{
    struct breaker breaker = {.failures = 0};

    for (unsigned i = 0; i < BREAKER_FAILURES_MAX; i++)
        breaker_note_failure(&breaker, 1000);
    return breaker;
}

static void test_it_opens_after_so_many_failures_in_a_row(void **state)
{
    struct breaker breaker = {.failures = 0};
    (void)state;

    for (unsigned i = 1; i < BREAKER_FAILURES_MAX; i++) {
        breaker_note_failure(&breaker, 1000);
        assert_int_equal(breaker_wait(&breaker, 1000, true), 0);
        assert_false(breaker_pass(&breaker));
    }
    breaker_note_failure(&breaker, 1000);
    assert_int_equal(breaker.failures, BREAKER_FAILURES_MAX);
    assert_int_equal(breaker_wait(&breaker, 1000, true), BREAKER_PAUSE_SHORTEST_MS);
    assert_int_equal(breaker_wait(&breaker, 1999, false), 1);
}

static void test_an_answer_begins_the_count_anew(void **state)
{
    struct breaker breaker = {.failures = 0};
    (void)state;

    for (int i = 0; i < 100; i++) {
        breaker_note_failure(&breaker, 1000);
        if (i % 4 == 3)
            breaker_note_answer(&breaker);
        assert_int_equal(breaker_wait(&breaker, 1000, true), 0);
    }
}

static void test_after_the_pause_one_may_try(void **state)
{
    struct breaker breaker = opened();
    (void)state;

    assert_int_equal(breaker_wait(&breaker, 2000, true), 0);
    assert_true(breaker_pass(&breaker));
    assert_int_equal(breaker_wait(&breaker, 2000, true), 1);
    assert_int_equal(breaker_wait(&breaker, 2000, false), 0); /* who has other reasons to go on */
}

static void test_a_trial_that_came_to_nothing_makes_room_for_another(void **state)
{
    struct breaker breaker = opened();
    (void)state;

    assert_true(breaker_pass(&breaker));
    breaker_end_probe(&breaker);
    assert_int_equal(breaker_wait(&breaker, 2000, true), 0);
    assert_true(breaker_pass(&breaker));
}

static void test_an_answer_closes_it(void **state)
{
    struct breaker breaker = opened();
    (void)state;

    assert_true(breaker_pass(&breaker));
    breaker_note_answer(&breaker);
    breaker_end_probe(&breaker);
    assert_int_equal(breaker_wait(&breaker, 2000, true), 0);
    assert_false(breaker_pass(&breaker));
    breaker_note_failure(&breaker, 3000);
    assert_int_equal(breaker_wait(&breaker, 3000, true), 0);
}

static void test_each_trial_that_fails_doubles_the_pause_up_to_a_minute(void **state)
{
    static const int64_t pauses[] = {2000, 4000, 8000, 16000, 32000, 60000, 60000};
    struct breaker breaker = opened();
    int64_t now = 1000 + BREAKER_PAUSE_SHORTEST_MS;
    (void)state;

    for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
        assert_int_equal(breaker_wait(&breaker, now, true), 0);
        assert_true(breaker_pass(&breaker));
        breaker_note_failure(&breaker, now);
        breaker_end_probe(&breaker);
        assert_int_equal(breaker_wait(&breaker, now, true), pauses[i]);
        now += pauses[i];
    }
    assert_int_equal(breaker.failures, BREAKER_FAILURES_MAX + 7);
}

static void test_what_fails_during_the_pause_had_been_asked_before(void **state)
{
    struct breaker breaker = opened();
    (void)state;

    for (int i = 0; i < 50; i++)
        breaker_note_failure(&breaker, 1500);
    assert_int_equal(breaker.failures, BREAKER_FAILURES_MAX);
    assert_int_equal(breaker_wait(&breaker, 1500, true), 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_opens_after_so_many_failures_in_a_row),
        cmocka_unit_test(test_an_answer_begins_the_count_anew),
        cmocka_unit_test(test_after_the_pause_one_may_try),
        cmocka_unit_test(test_a_trial_that_came_to_nothing_makes_room_for_another),
        cmocka_unit_test(test_an_answer_closes_it),
        cmocka_unit_test(test_each_trial_that_fails_doubles_the_pause_up_to_a_minute),
        cmocka_unit_test(test_what_fails_during_the_pause_had_been_asked_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
