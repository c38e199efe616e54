/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/http_date.h"

/* RFC 9110, section 5.6.7, gives these three. */
static void test_the_three_forms_are_read(void **state)
{
    static const char *const forms[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
                                        "Sunday, 06-Nov-94 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 1994"};

    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        int64_t seconds = 0;
        assert_true(http_date_read(slice_from_string(forms[i]), &seconds));
        assert_int_equal(seconds, 784111777);
    }
}

static void test_the_first_form_is_written(void **state)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(64);

    (void)state;
    assert_true(http_date_write(784111777, &text));
    assert_string_equal(buffer_string(&text), "Sun, 06 Nov 1994 08:49:37 GMT");
    buffer_clear(&text);
    assert_false(http_date_write(INT64_MAX, &text));
}

static void test_anything_else_is_no_date(void **state)
{
    static const char *const texts[] = {"",
                                        "0",
                                        "784111777",
                                        "1994-11-06T08:49:37Z",
                                        "Sun, 06 Nov 1994 08:49:37",
                                        "Sun, 06 Nov 1994 08:49:37 CET",
                                        "Sun, 06 Nov 1994 08:49:37 GMT+1",
                                        "Sun, 66 Nov 1994 08:49:37 GMT",
                                        "Xyz, 06 Nov 1994 08:49:37 GMT",
                                        "Sun, 06 Nov 1994 08:49:37 GMT, and more than is read"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int64_t seconds = 7;
        if (http_date_read(slice_from_string(texts[i]), &seconds) || seconds != 7)
            fail_msg("'%s'", texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_three_forms_are_read),
        cmocka_unit_test(test_the_first_form_is_written),
        cmocka_unit_test(test_anything_else_is_no_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
