/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/number.h"

static void test_numbers_are_digits_within_a_bound(void **state)
{
    static const struct {
        const char *text;
        unsigned max;
        bool is_number;
        unsigned number;
    } rows[] = {
        {"0", 0, true, 0},
        {"0010", 10, true, 10},
        {"4294967295", UINT32_MAX, true, UINT32_MAX},
        {"11", 10, false, 0},
        {"4294967296", UINT32_MAX, false, 0},
        {"4294967297", INT32_MAX, false, 0},
        {"18446744073709551617", UINT32_MAX, false, 0},
        {"", 10, false, 0},
        {" 1", 10, false, 0},
        {"1 ", 10, false, 0},
        {"+1", 10, false, 0},
        {"-1", 10, false, 0},
        {"0x1", 10, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned number = 7;
        if (number_parse(slice_from_string(rows[i].text), rows[i].max, &number) !=
            rows[i].is_number)
            fail_msg("'%s' up to %u", rows[i].text, rows[i].max);
        assert_int_equal(number, rows[i].is_number ? rows[i].number : 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_digits_within_a_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
