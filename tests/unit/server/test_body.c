/* SPDX-License-Identifier: Apache-2.0 */
/* A body is kept whole or not at all, within its own limit and that of all together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/body.h"

static char piece[BODY_LIMIT + 1];

static struct slice piece_of(size_t length)
{
    memset(piece, 'x', sizeof(piece));
    return slice_of(piece, length);
}

static void test_pieces_become_one_body(void **state)
{
    (void)state;
    struct body_allowance allowance = {.limit = BODIES_LIMIT};
    struct body body;
    struct error error;

    body_begin(&body, &allowance);
    body_append(&body, SLICE("image: "));
    body_append(&body, SLICE(""));
    body_append(&body, SLICE("a/b:1\n"));
    assert_true(body_check(&body, &error));
    assert_true(slice_equal(buffer_slice(&body.bytes), SLICE("image: a/b:1\n")));
    assert_int_equal(allowance.drawn, 13);
    body_release(&body);
    assert_int_equal(allowance.drawn, 0);
    body_release(&body);
    assert_int_equal(allowance.drawn, 0);
}

static void test_a_mebibyte_is_taken_and_one_byte_more_is_too_large(void **state)
{
    (void)state;
    struct body_allowance allowance = {.limit = BODIES_LIMIT};
    struct body body;
    struct error error;

    body_begin(&body, &allowance);
    body_append(&body, piece_of(BODY_LIMIT));
    assert_true(body_check(&body, &error));
    body_append(&body, piece_of(1));
    assert_false(body_check(&body, &error));
    assert_int_equal(error.code, ERROR_TOO_LARGE);
    assert_int_equal(allowance.drawn, 0);
    body_append(&body, piece_of(1)); /* a piece that would find room by itself */
    assert_int_equal(body.bytes.length, 0);
    assert_false(body_check(&body, &error));
    body_release(&body);
}

static void test_all_bodies_share_an_allowance(void **state)
{
    (void)state;
    struct body_allowance allowance = {.limit = 100};
    struct body first;
    struct body second;
    struct error error;

    body_begin(&first, &allowance);
    body_begin(&second, &allowance);
    body_append(&first, piece_of(60));
    body_append(&second, piece_of(40));
    assert_true(body_check(&second, &error));
    body_append(&second, piece_of(1));
    assert_false(body_check(&second, &error));
    assert_int_equal(error.code, ERROR_OVERLOADED);

    body_append(&first, piece_of(40)); /* what the second had is free again */
    assert_true(body_check(&first, &error));
    body_release(&first);
    body_release(&second);
    assert_int_equal(allowance.drawn, 0);
}

static void test_what_never_began_is_released_too(void **state)
{
    (void)state;
    struct body body = {0};

    body_release(&body);
    assert_null(body.bytes.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_become_one_body),
        cmocka_unit_test(test_a_mebibyte_is_taken_and_one_byte_more_is_too_large),
        cmocka_unit_test(test_all_bodies_share_an_allowance),
        cmocka_unit_test(test_what_never_began_is_released_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
