/* SPDX-License-Identifier: Apache-2.0 */
/* What is put comes back, and what is broken breaks nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/record.h"

enum {
    ROOM = 4096
};

static void test_what_is_put_is_taken(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX};
    CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT(ROOM);

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        record_put_number(&bytes, numbers[i]);
        record_put_text(&bytes, "text");
        record_put_text(&bytes, "");
        record_put_bytes(&bytes, slice_of("a\0b", 3));
    }
    struct record_reader reader = {.rest = buffer_slice(&bytes)};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        assert_true(record_take_number(&reader) == numbers[i]);
        assert_string_equal(record_take_text(&reader), "text");
        assert_string_equal(record_take_text(&reader), "");
        assert_true(slice_equal(record_take_bytes(&reader), slice_of("a\0b", 3)));
    }
    assert_int_equal(reader.rest.length, 0);
    assert_false(reader.is_broken);
}

static void test_what_is_not_there_breaks_the_reader_for_good(void **state)
{
    (void)state;
    static const struct slice broken[] = {
        {"", 0},                                              /* nothing */
        {"\x80", 1},                                          /* a number without its end */
        {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11}, /* one of too many bytes */
        {"\x05"
         "ab",
         3}, /* fewer bytes than were counted */
    };

    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        struct record_reader reader = {.rest = broken[i]};
        assert_int_equal(record_take_bytes(&reader).length, 0);
        assert_true(reader.is_broken);
        assert_true(record_take_number(&reader) == 0);
        assert_string_equal(record_take_text(&reader), "");
        assert_true(reader.is_broken);
    }
    struct record_reader reader = {.rest = SLICE("without its end")};
    assert_string_equal(record_take_text(&reader), "");
    assert_true(reader.is_broken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_put_is_taken),
        cmocka_unit_test(test_what_is_not_there_breaks_the_reader_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
