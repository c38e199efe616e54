/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry/timestamp.h"

static void test_A9_points_in_time_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-01-02T03:04:05Z", 1767323045000},
        {"2026-01-02t03:04:05z", 1767323045000},
        {"2026-01-02 03:04:05Z", 1767323045000},
        {"2026-01-02T03:04:05.6Z", 1767323045600},
        {"2026-01-02T03:04:05.678901234Z", 1767323045678},
        {"2026-01-02T04:04:05+01:00", 1767323045000},
        {"2026-01-01T21:34:05.5-05:30", 1767323045500},
        {"2016-12-31T23:59:60Z", 1483228800000},
        {"0001-01-01T00:00:00Z", -62135596800000},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t ms = -1;
        assert_true(timestamp_read(slice_from_string(rows[i].text), &ms));
        assert_int_equal(ms, rows[i].ms);
    }
}

static void test_A9_what_is_no_point_in_time_is_not(void **state)
{
    static const char *const rows[] = {
        "",
        "now",
        "1767323045",
        "2026-01-02",
        "2026-01-02T03:04:05",
        "2026-01-02T03:04Z",
        "2026-1-02T03:04:05Z",
        "2026-13-02T03:04:05Z",
        "2026-00-02T03:04:05Z",
        "2026-01-32T03:04:05Z",
        "2026-01-02T24:04:05Z",
        "2026-01-02T03:60:05Z",
        "2026-01-02T03:04:61Z",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05Z ",
        "2026-01-02T03:04:05+0100",
        "2026-01-02T03:04:05+01:00x",
        "2026-01-02T03:04:05+24:00",
        "+026-01-02T03:04:05Z",
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t ms = -1;
        assert_false(timestamp_read(slice_from_string(rows[i]), &ms));
        assert_int_equal(ms, -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_A9_points_in_time_are_read),
        cmocka_unit_test(test_A9_what_is_no_point_in_time_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
