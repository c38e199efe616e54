/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes through both ends, in every order of their ends. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/channel.h"

struct writer {
    unsigned taken;
    unsigned left;
};

static void count_taken(void *context)
{
    struct writer *writer = context;
    writer->taken++;
    assert_int_equal(writer->left, 0);
}

static void count_left(void *context)
{
    struct writer *writer = context;
    writer->left++;
}

static struct channel *open_channel(struct writer *writer)
{
    const struct channel_writer told = {
        .taken = count_taken, .left = count_left, .context = writer};
    struct channel *channel = channel_new(&told);

    assert_non_null(channel);
    return channel;
}

static void assert_takes(struct channel *channel, size_t size, const char *expected)
{
    char out[16];
    size_t length = 0;

    assert_int_equal(channel_take(channel, out, size, &length), CHANNEL_BYTES);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(out, expected, length);
}

static void test_bytes_come_out_in_order_whatever_the_pieces(void **state)
{
    struct writer writer = {0};
    struct channel *channel = open_channel(&writer);

    (void)state;
    assert_int_equal(channel_look(channel), CHANNEL_EMPTY);
    channel_write(channel, SLICE("abc"));
    channel_write(channel, SLICE("defgh"));
    assert_int_equal(channel_waiting(channel), 8);
    assert_takes(channel, 2, "ab");
    assert_takes(channel, 4, "cdef");
    channel_write(channel, SLICE("ij"));
    assert_int_equal(channel_waiting(channel), 4);
    assert_takes(channel, 16, "ghij");
    assert_int_equal(channel_look(channel), CHANNEL_EMPTY);
    assert_int_equal(writer.taken, 3);
    channel_write(channel, SLICE("k"));
    channel_end(channel);
    assert_takes(channel, 16, "k");
    assert_int_equal(channel_look(channel), CHANNEL_ENDED);
    channel_stop_reading(channel);
    assert_int_equal(writer.left, 1);
}

/* However much goes through, memory is for what waits. */
static void test_what_was_taken_is_forgotten(void **state)
{
    enum {
        PIECE = 64 * 1024,
        PIECES = 2000 /* more than a channel's ceiling in all */
    };
    static char piece[PIECE];
    struct writer writer = {0};
    struct channel *channel = open_channel(&writer);
    size_t length = 0;

    (void)state;
    channel_write(channel, SLICE("x")); /* it is never quite empty */
    for (size_t i = 0; i < PIECES; i++) {
        channel_write(channel, slice_of(piece, sizeof(piece)));
        assert_int_equal(channel_take(channel, piece, sizeof(piece), &length), CHANNEL_BYTES);
        assert_int_equal(length, sizeof(piece));
        assert_int_equal(channel_waiting(channel), 1);
    }
    channel_end(channel);
    channel_stop_reading(channel);
}

static void test_a_reader_that_has_left_is_told_nothing_more(void **state)
{
    struct writer writer = {0};
    struct channel *channel = open_channel(&writer);

    (void)state;
    assert_true(channel_is_read(channel));
    channel_stop_reading(channel);
    assert_int_equal(writer.left, 1);
    assert_false(channel_is_read(channel));
    channel_write(channel, SLICE("abc"));
    assert_int_equal(channel_waiting(channel), 0);
    channel_end(channel);
    assert_int_equal(writer.left, 1);
}

static void count_wake(void *context)
{
    unsigned *woken = context;
    ++*woken;
}

static void test_a_reader_is_woken_by_bytes_and_by_the_end(void **state)
{
    struct writer writer = {0};
    struct channel *channel = open_channel(&writer);
    unsigned woken = 0;

    (void)state;
    channel_write(channel, SLICE("a"));
    channel_on_change(channel, count_wake, &woken);
    assert_int_equal(woken, 0);
    channel_write(channel, SLICE("b"));
    assert_int_equal(woken, 1);
    channel_on_change(channel, NULL, NULL);
    channel_write(channel, SLICE("c"));
    assert_int_equal(woken, 1);
    channel_on_change(channel, count_wake, &woken);
    channel_end(channel);
    assert_int_equal(woken, 2);
    channel_stop_reading(channel);
}

enum {
    LINES = 20000
};

static void *write_lines(void *context)
{
    for (size_t i = 0; i < LINES; i++)
        channel_write(context, SLICE("0123456789"));
    channel_end(context);
    return NULL;
}

static void test_two_threads_lose_nothing(void **state)
{
    const struct channel_writer nobody = {
        .taken = count_wake, .left = count_wake, .context = &(unsigned){0}};
    struct channel *channel = channel_new(&nobody);
    enum channel_state found = CHANNEL_EMPTY;
    pthread_t thread;
    size_t total = 0;

    (void)state;
    assert_non_null(channel);
    assert_int_equal(pthread_create(&thread, NULL, write_lines, channel), 0);
    while (found != CHANNEL_ENDED) {
        char out[777];
        size_t length = 0;
        found = channel_take(channel, out, sizeof(out), &length);
        for (size_t i = 0; i < length; i++)
            assert_int_equal(out[i], '0' + (int)((total + i) % 10));
        total += length;
    }
    assert_int_equal(total, LINES * 10);
    channel_stop_reading(channel);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_come_out_in_order_whatever_the_pieces),
        cmocka_unit_test(test_what_was_taken_is_forgotten),
        cmocka_unit_test(test_a_reader_that_has_left_is_told_nothing_more),
        cmocka_unit_test(test_a_reader_is_woken_by_bytes_and_by_the_end),
        cmocka_unit_test(test_two_threads_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
