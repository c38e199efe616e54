/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

static void test_the_monotonic_clock_never_goes_back(void **state)
{
    int64_t before = clock_monotonic_ms();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_monotonic_ms();
        assert_true(now >= before);
        before = now;
    }
}

static void test_the_real_clock_counts_milliseconds_since_1970(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL) - 1; /* time() may use a coarser clock */
    int64_t now = clock_realtime_ms() / 1000;
    int64_t after = (int64_t)time(NULL) + 1;

    assert_in_range(now, before, after);
}

static void test_a_deadline_keeps_its_milliseconds(void **state)
{
    struct timespec point = clock_timespec(12345);

    (void)state;
    assert_int_equal(point.tv_sec, 12);
    assert_int_equal(point.tv_nsec, 345000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_monotonic_clock_never_goes_back),
        cmocka_unit_test(test_the_real_clock_counts_milliseconds_since_1970),
        cmocka_unit_test(test_a_deadline_keeps_its_milliseconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
