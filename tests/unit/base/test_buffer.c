/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "tests/support/fail_alloc.h"

static void test_appends_keep_the_bytes_and_end_with_a_nul(void **state)
{
    struct buffer buffer = BUFFER_INIT(100);

    (void)state;
    assert_string_equal(buffer_string(&buffer), "");
    assert_true(buffer_append_string(&buffer, "one"));
    assert_true(buffer_append_char(&buffer, ' '));
    assert_true(buffer_append_integer(&buffer, INT64_MIN));
    assert_true(buffer_append_slice(&buffer, (struct slice){0}));
    assert_true(buffer_format(&buffer, " %s %d", "three", 4));
    assert_string_equal(buffer_string(&buffer), "one -9223372036854775808 three 4");
    assert_int_equal(buffer.length, strlen(buffer.data));
    buffer_release(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer.ceiling, 100);
}

static void test_ceiling_is_reached_but_not_passed(void **state)
{
    struct buffer buffer = BUFFER_INIT(70);
    struct error error = {0};
    char bytes[70] = {0};

    (void)state;
    assert_true(buffer_append(&buffer, bytes, 70));
    assert_true(buffer_check(&buffer, "the text", &error));
    assert_int_equal(buffer.capacity, 71);
    assert_false(buffer_append_char(&buffer, 'x'));
    assert_int_equal(buffer.state, BUFFER_FULL);
    assert_int_equal(buffer.length, 70);
    assert_false(buffer_check(&buffer, "the text", &error));
    assert_int_equal(error.code, ERROR_TOO_LARGE);
    assert_string_equal(error.message, "the text is larger than 70 bytes");
    buffer_release(&buffer);
}

static void test_a_failure_is_remembered_until_cleared(void **state)
{
    struct buffer buffer = BUFFER_INIT(4);

    (void)state;
    assert_true(buffer_append_string(&buffer, "abc"));
    assert_false(buffer_format(&buffer, "%s", "too long"));
    assert_false(buffer_append_char(&buffer, 'd')); /* it would fit */
    assert_string_equal(buffer_string(&buffer), "abc");
    assert_false(buffer_ok(&buffer));
    buffer_clear(&buffer);
    assert_true(buffer_ok(&buffer));
    assert_string_equal(buffer_string(&buffer), "");
    assert_true(buffer_append_string(&buffer, "abcd"));
    buffer_release(&buffer);
}

static void test_a_length_near_the_end_of_memory_does_not_wrap(void **state)
{
    struct buffer buffer = BUFFER_INIT(SIZE_MAX);
    struct buffer small = BUFFER_INIT(10);

    (void)state;
    assert_true(buffer_append_string(&buffer, "x"));
    assert_string_equal(buffer_string(&buffer), "x");
    buffer_release(&buffer);
    assert_true(buffer_append_string(&small, "x"));
    assert_false(buffer_append(&small, "", SIZE_MAX));
    assert_int_equal(small.state, BUFFER_FULL);
    buffer_release(&small);
}

static void test_take_hands_the_bytes_over(void **state)
{
    struct buffer buffer = BUFFER_INIT(10);

    (void)state;
    char *empty = buffer_take(&buffer);
    assert_string_equal(empty, "");
    free(empty);
    buffer_append_string(&buffer, "abc");
    char *taken = buffer_take(&buffer);
    assert_string_equal(taken, "abc");
    assert_int_equal(buffer.length, 0);
    assert_null(buffer.data);
    free(taken);
    buffer_release(&buffer);
    buffer_release(NULL);
}

static bool fill(const void *context, struct error *error)
{
    CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT(1000);
    CLEANUP(free_p) char *copy = slice_copy(slice_from_string(context));

    if (!copy)
        return error_no_memory(error);
    buffer_append_string(&buffer, copy);
    buffer_format(&buffer, "%200d", 1);
    return buffer_check(&buffer, "the text", error);
}

static bool take_empty(const void *context, struct error *error)
{
    struct buffer buffer = BUFFER_INIT(1000);
    CLEANUP(free_p) char *taken = buffer_take(&buffer);

    (void)context;
    return taken || error_no_memory(error);
}

static void test_no_memory_is_told(void **state)
{
    (void)state;
    assert_int_equal(fail_alloc_sweep(fill, "some"), 3);
    assert_int_equal(fail_alloc_sweep(take_empty, NULL), 1);
}

static void test_slices_are_compared(void **state)
{
    (void)state;
    assert_true(slice_equal(SLICE("ab"), SLICE("ab")));
    assert_true(slice_equal((struct slice){0}, SLICE("")));
    assert_false(slice_equal(SLICE("ab"), SLICE("abc")));
    assert_false(slice_equal(SLICE("ab"), SLICE("aB")));
    assert_true(slice_equal_string(SLICE("ab"), "ab"));
    assert_true(slice_equal_string((struct slice){0}, NULL));
    assert_true(slice_equal_ignoring_case(SLICE("aZ-\xc3"), SLICE("Az-\xc3")));
    assert_false(slice_equal_ignoring_case(SLICE("[a"), SLICE("{a")));
    assert_false(slice_equal_ignoring_case(SLICE("a"), SLICE("ab")));
    assert_true(slice_starts_with(SLICE("abc"), SLICE("ab")));
    assert_false(slice_starts_with(SLICE("a"), SLICE("ab")));
    assert_true(slice_ends_with(SLICE("abc"), SLICE("bc")));
    assert_false(slice_ends_with(SLICE("abc"), SLICE("ab")));
    assert_false(slice_ends_with(SLICE("c"), SLICE("bc")));
}

static void test_slices_are_searched_and_cut(void **state)
{
    struct slice whole = SLICE("a.b.c");

    (void)state;
    assert_int_equal(slice_find(whole, '.'), 1);
    assert_int_equal(slice_find_last(whole, '.'), 3);
    assert_int_equal(slice_find(whole, 'x'), -1);
    assert_int_equal(slice_find((struct slice){0}, 'x'), -1);
    assert_int_equal(slice_find_last((struct slice){0}, 'x'), -1);
    assert_true(slice_equal(slice_from(whole, 2), SLICE("b.c")));
    assert_int_equal(slice_from(whole, 5).length, 0);
    assert_int_equal(slice_from(whole, 6).length, 0);
    assert_true(slice_equal(slice_until(whole, 3), SLICE("a.b")));
    assert_true(slice_equal(slice_until(whole, 9), whole));
    assert_true(slice_equal(slice_trim(SLICE(" \t\r\na b\n ")), SLICE("a b")));
    assert_int_equal(slice_trim(SLICE(" \n")).length, 0);
    assert_true(slice_equal(slice_without_mark(SLICE("\xef\xbb\xbfx")), SLICE("x")));
    assert_true(slice_equal(slice_without_mark(SLICE("\xef\xbb")), SLICE("\xef\xbb")));
}

static void test_a_slice_is_taken_apart_at_a_byte(void **state)
{
    struct slice rest = SLICE("a,,b");

    (void)state;
    assert_true(slice_equal(slice_before(rest, ','), SLICE("a")));
    assert_true(slice_equal(slice_before(rest, ';'), rest));
    assert_true(slice_equal(slice_take_part(&rest, ','), SLICE("a")));
    assert_int_equal(slice_take_part(&rest, ',').length, 0);
    assert_true(slice_equal(slice_take_part(&rest, ','), SLICE("b")));
    assert_int_equal(rest.length, 0);
    assert_int_equal(slice_take_part(&rest, ',').length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appends_keep_the_bytes_and_end_with_a_nul),
        cmocka_unit_test(test_ceiling_is_reached_but_not_passed),
        cmocka_unit_test(test_a_failure_is_remembered_until_cleared),
        cmocka_unit_test(test_a_length_near_the_end_of_memory_does_not_wrap),
        cmocka_unit_test(test_take_hands_the_bytes_over),
        cmocka_unit_test(test_no_memory_is_told),
        cmocka_unit_test(test_slices_are_compared),
        cmocka_unit_test(test_slices_are_searched_and_cut),
        cmocka_unit_test(test_a_slice_is_taken_apart_at_a_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
