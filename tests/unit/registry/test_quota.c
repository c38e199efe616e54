/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry/quota.h"

static const int64_t now = 50000;                        /* on the monotonic clock */
static const int64_t today = INT64_C(1795000000) * 1000; /* on the other */

static void test_H22_T22_what_registries_say_of_their_quota_is_read(void **state)
{
    static const struct {
        struct quota_headers headers; /* limit, remaining, reset, source */
        int64_t remaining, limit, window, counts_s;
        const char *source;
    } rows[] = {
        /* Docker Hub */
        {{"100;w=21600", "76;w=21600", NULL, "192.0.2.7"}, 76, 100, 21600, 21600, "192.0.2.7"},
        {{"100;w=3600", "0", NULL, NULL}, 0, 100, 3600, 3600, ""},
        {{"200 ; w=21600", " 199 ; w=21600 ", NULL, "2001:db8::"},
         199,
         200,
         21600,
         21600,
         "2001:db8::"},
        /* GitHub, GitLab: a point in time */
        {{"5000", "4999", "1795000600", NULL}, 4999, 5000, 0, 600, ""},
        /* the IETF's drafts: seconds, further parameters, several windows */
        {{"10, 10;w=1, 50;w=60", "9", "30", NULL}, 9, 10, 1, 30, ""},
        {{NULL, "7, whatever", NULL, NULL}, 7, -1, 0, 3600, ""},
        /* what cannot be is not heeded */
        {{"many", "5;w=0", NULL, NULL}, 5, -1, 0, 3600, ""},
        {{"5;w=x", "5;window=7", "soon", "a b"}, 5, 5, 0, 3600, "a"},
        {{NULL, "5;w=99999999", NULL, NULL}, 5, -1, 99999999, 86400, ""},
        {{NULL, "5", "99999999", NULL}, 5, -1, 0, 86400, ""},
        {{NULL, "5", "1700000000", "\x1b[31m"}, 5, -1, 0, 0, ""},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quota quota;
        assert_true(quota_read(&rows[i].headers, now, today, &quota));
        assert_true(quota.is_told);
        assert_int_equal(quota.remaining, rows[i].remaining);
        assert_int_equal(quota.limit, rows[i].limit);
        assert_int_equal(quota.window, rows[i].window);
        assert_int_equal(quota.told, now);
        assert_int_equal(quota.ends, now + 1000 * rows[i].counts_s);
        assert_string_equal(quota.source, rows[i].source);
    }
}

static void test_T22_without_a_number_of_what_remains_nothing_is_said(void **state)
{
    static const char *const remainders[] = {
        NULL, "", "many", "-1", "+1", "1.5", "5x", ";w=5", "99999999999999999999"};
    (void)state;

    for (size_t i = 0; i < sizeof(remainders) / sizeof(remainders[0]); i++) {
        const struct quota_headers headers = {.limit = "100;w=60", .remaining = remainders[i]};
        struct quota quota = {.is_told = false};
        assert_false(quota_read(&headers, now, today, &quota));
        assert_false(quota.is_told);
    }
}

static void test_T22_little_is_less_than_the_floor_until_its_time_is_over(void **state)
{
    const struct quota_headers headers = {.remaining = "5;w=60"};
    struct quota quota = {.is_told = false};
    (void)state;

    assert_false(quota_is_below(&quota, 10, now));
    assert_true(quota_read(&headers, now, today, &quota));
    assert_true(quota_is_below(&quota, 6, now));
    assert_false(quota_is_below(&quota, 5, now));
    assert_false(quota_is_below(&quota, 0, now));
    assert_true(quota_is_below(&quota, 6, now + 59999));
    assert_false(quota_is_below(&quota, 6, now + 60000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_H22_T22_what_registries_say_of_their_quota_is_read),
        cmocka_unit_test(test_T22_without_a_number_of_what_remains_nothing_is_said),
        cmocka_unit_test(test_T22_little_is_less_than_the_floor_until_its_time_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
