/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry/notice.h"

static void test_H23_warnings_are_read_one_by_one(void **state)
{
    static const struct {
        const char *header;
        const char *notices[3];
    } rows[] = {
        {"299 - \"one\"", {"one"}},
        {"  299 - \"one\" , 299 - \"two, and more\",299 - \"3\"", {"one", "two, and more", "3"}},
        {"299 - \"with \\\"quotes\\\" and a \\\\\"", {"with \"quotes\" and a \\"}},
        {"299 - \"dated\" \"Tue, 15 Nov 1994 08:12:31 GMT\"", {"dated"}},
        {"299 - \"\xc3\xa9t\xc3\xa9\"", {"\xc3\xa9t\xc3\xa9"}},
        /* no warnings, and the end of what is understood */
        {"", {0}},
        {"299 - \"\"", {0}},
        {"299 - one", {0}},
        {"299 - \"one", {0}},
        {"299 - \"one\\\"", {0}},
        {"299 - \"a\tb\"", {0}},
        {"299 - \"a\x7f\"", {0}},
        {"299 agent \"one\"", {0}},
        {"199 - \"one\"", {0}},
        {"299 - \"one\", 199 - \"two\", 299 - \"three\"", {"one"}},
    };
    struct buffer notice = BUFFER_INIT(64);
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct slice rest = slice_from_string(rows[i].header);
        for (size_t k = 0; k < 3 && rows[i].notices[k]; k++) {
            assert_true(notice_take(&rest, &notice));
            assert_string_equal(buffer_string(&notice), rows[i].notices[k]);
        }
        assert_false(notice_take(&rest, &notice));
    }
    buffer_release(&notice);
}

static void test_H23_a_warning_beyond_the_buffer_is_none(void **state)
{
    struct slice rest = SLICE("299 - \"0123456789\"");
    struct buffer notice = BUFFER_INIT(5);
    (void)state;

    assert_false(notice_take(&rest, &notice));
    buffer_release(&notice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_H23_warnings_are_read_one_by_one),
        cmocka_unit_test(test_H23_a_warning_beyond_the_buffer_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
