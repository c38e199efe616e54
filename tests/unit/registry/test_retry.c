/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry/retry.h"

static void test_a_service_tries_once_more_after_250_ms(void **state)
{
    struct retry retry = retry_begin(1, 20000);
    int64_t until = 0;
    (void)state;

    assert_true(retry_take(&retry, UINT_MAX, -1, 1000, &until));
    assert_int_equal(until, 1250);
    assert_false(retry_take(&retry, UINT_MAX, -1, 1250, &until));
}

static void test_no_retry_is_taken_where_none_is_allowed(void **state)
{
    struct retry retry = retry_begin(0, 20000);
    int64_t until = 0;
    (void)state;

    assert_false(retry_take(&retry, UINT_MAX, -1, 0, &until));
}

static void test_H19_a_person_s_tries_wait_longer_each_time_and_jitter_by_a_fifth(void **state)
{
    struct retry retry = retry_begin(5, 1000000);
    int64_t until = 0;
    (void)state;

    for (int64_t expected = 500; retry.used < 5; expected *= 2) {
        assert_true(retry_take(&retry, UINT_MAX, -1, 0, &until));
        assert_in_range(until, expected * 4 / 5, expected * 6 / 5);
    }
    assert_false(retry_take(&retry, UINT_MAX, -1, 0, &until));
}

static void test_a_failure_deserves_only_so_many_tries(void **state)
{
    struct retry retry = retry_begin(5, 1000000);
    int64_t until = 0;
    (void)state;

    assert_false(retry_take(&retry, 0, -1, 0, &until));
    assert_true(retry_take(&retry, 1, -1, 0, &until));
    assert_false(retry_take(&retry, 1, -1, 0, &until));
}

static void test_H19_the_deadline_wins_over_a_retry(void **state)
{
    struct retry retry = retry_begin(1, 1200);
    int64_t until = 0;
    (void)state;

    assert_false(retry_take(&retry, UINT_MAX, -1, 1000, &until));
    assert_int_equal(retry.used, 0);
}

static void test_H20_the_registry_s_own_wait_is_kept(void **state)
{
    struct retry retry = retry_begin(1, 20000);
    int64_t until = 0;
    (void)state;

    assert_true(retry_take(&retry, UINT_MAX, 900, 0, &until));
    assert_int_equal(until, 900);
}

static void test_H20_a_wait_beyond_patience_fails_at_once(void **state)
{
    struct retry service = retry_begin(1, 20000);
    struct retry person = retry_begin(5, 1000000);
    int64_t until = 0;
    (void)state;

    assert_false(retry_take(&service, UINT_MAX, 3000, 0, &until));
    assert_true(retry_take(&person, UINT_MAX, 3000, 0, &until));
    assert_int_equal(until, 3000);
    assert_false(retry_take(&person, UINT_MAX, 99999000, 0, &until));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_service_tries_once_more_after_250_ms),
        cmocka_unit_test(test_no_retry_is_taken_where_none_is_allowed),
        cmocka_unit_test(test_H19_a_person_s_tries_wait_longer_each_time_and_jitter_by_a_fifth),
        cmocka_unit_test(test_a_failure_deserves_only_so_many_tries),
        cmocka_unit_test(test_H19_the_deadline_wins_over_a_retry),
        cmocka_unit_test(test_H20_the_registry_s_own_wait_is_kept),
        cmocka_unit_test(test_H20_a_wait_beyond_patience_fails_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
