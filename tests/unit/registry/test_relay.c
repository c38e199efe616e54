/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A relay between two sides that are played here: what one gives, the other gets, but for the last
 * byte until the whole is known to be right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "registry/relay.h"

enum {
    PIECE = 16 * 1024, /* as curl hands them over */
    MUCH = 3 * RELAY_RING_SIZE
};

static char out[RELAY_RING_SIZE];

/* `size` bytes that do not repeat with the ring. */
static struct slice content_of(size_t size)
{
    static char bytes[MUCH];

    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(i * 7 + i / 251);
    return slice_of(bytes, size);
}

static struct relay *relay_for(struct slice content, int64_t size, struct digest *digest)
{
    assert_true(digest_compute(DIGEST_SHA256, content, digest));
    struct relay *relay = relay_new(NULL, NULL, digest, size);
    assert_non_null(relay);
    return relay;
}

/* Takes everything that the target may have now. */
static size_t drain(struct relay *relay, char *to)
{
    size_t total = 0;
    size_t given;

    while (relay_give(relay, to + total, PIECE, &given) == RELAY_MOVED && given)
        total += given;
    return total;
}

static void test_P8_the_last_byte_waits_for_the_verdict(void **state)
{
    struct slice content = content_of(1000);
    struct digest digest;
    struct relay *relay = relay_for(content, 1000, &digest);
    (void)state;

    assert_int_equal(relay_take(relay, content), RELAY_MOVED);
    assert_int_equal(drain(relay, out), 999);
    assert_false(relay_may_wake_target(relay));
    relay_finish_source(relay);
    assert_true(relay->is_whole);
    assert_true(relay_may_wake_target(relay));
    assert_int_equal(drain(relay, out + 999), 1);
    assert_memory_equal(out, content.data, 1000);
    assert_int_equal(atomic_load(&relay->given), 1000);
    relay_free(relay);
}

static void test_P8_content_of_another_digest_is_never_whole(void **state)
{
    struct slice content = content_of(1000);
    struct digest digest;
    struct relay *relay = relay_for(SLICE("something else"), 1000, &digest);
    size_t given;
    (void)state;

    assert_int_equal(relay_take(relay, content), RELAY_MOVED);
    relay_finish_source(relay);
    assert_int_equal(relay->fault, RELAY_REFUSED);
    assert_int_equal(relay->error.code, ERROR_UPSTREAM);
    assert_int_equal(relay_give(relay, out, PIECE, &given), RELAY_END);
    assert_int_equal(given, 0);
    relay_free(relay);
}

static void test_P8_content_of_another_size_is_refused(void **state)
{
    struct slice content = content_of(1000);
    struct digest digest;
    struct relay *less = relay_for(content, 1001, &digest);
    struct relay *more = relay_for(content, 999, &digest);
    (void)state;

    assert_int_equal(relay_take(less, content), RELAY_MOVED);
    relay_finish_source(less);
    assert_int_equal(less->fault, RELAY_REFUSED);
    assert_int_equal(relay_take(more, slice_until(content, 999)), RELAY_MOVED);
    assert_int_equal(relay_take(more, slice_from(content, 999)), RELAY_END);
    assert_int_equal(more->fault, RELAY_REFUSED);
    relay_free(less);
    relay_free(more);
}

static void test_an_empty_blob_is_whole_at_once(void **state)
{
    struct digest digest;
    struct relay *relay = relay_for(slice_of("", 0), 0, &digest);
    size_t given = 1;
    (void)state;

    relay_finish_source(relay);
    assert_true(relay->is_whole);
    assert_int_equal(relay_give(relay, out, PIECE, &given), RELAY_MOVED);
    assert_int_equal(given, 0);
    relay_free(relay);
}

static void test_a_full_ring_makes_the_source_wait_until_half_is_free(void **state)
{
    struct slice content = content_of(MUCH);
    struct digest digest;
    struct relay *relay = relay_for(content, MUCH, &digest);
    size_t given;
    (void)state;

    assert_int_equal(relay_take(relay, slice_until(content, RELAY_RING_SIZE)), RELAY_MOVED);
    assert_int_equal(relay_take(relay, slice_until(content, 1)), RELAY_WAIT);
    assert_false(relay_may_wake_source(relay));
    assert_int_equal(relay_give(relay, out, RELAY_RING_SIZE / 2, &given), RELAY_MOVED);
    assert_int_equal(given, RELAY_RING_SIZE / 2);
    assert_true(relay_may_wake_source(relay));
    assert_false(relay_may_wake_source(relay)); /* it has been told */
    relay_free(relay);
}

static void test_bytes_come_out_as_they_went_in_however_the_ring_turns(void **state)
{
    struct slice content = content_of(MUCH);
    struct digest digest;
    struct relay *relay = relay_for(content, MUCH, &digest);
    char *whole = malloc(content.length);
    size_t taken = 0;
    size_t given = 0;
    (void)state;

    for (size_t piece = 1; taken < content.length; piece = piece * 3 % PIECE + 1) {
        struct slice next = slice_until(slice_from(content, taken), piece);
        assert_int_equal(relay_take(relay, next), RELAY_MOVED);
        taken += next.length;
        given += drain(relay, whole + given);
    }
    relay_finish_source(relay);
    given += drain(relay, whole + given);
    assert_int_equal(given, content.length);
    assert_memory_equal(whole, content.data, content.length);
    free(whole);
    relay_free(relay);
}

static void test_P7_a_target_gets_its_share_and_no_byte_more(void **state)
{
    struct slice content = content_of(1000);
    struct digest digest;
    struct relay *relay = relay_for(content, 1000, &digest);
    size_t given = 1;
    (void)state;

    assert_int_equal(relay_take(relay, content), RELAY_MOVED);
    relay->left = 600;
    assert_int_equal(drain(relay, out), 600);
    assert_int_equal(relay_give(relay, out, PIECE, &given), RELAY_MOVED);
    assert_int_equal(given, 0);
    relay->left = 400;
    assert_int_equal(drain(relay, out + 600), 399); /* P8: the last one still waits */
    assert_false(relay_may_wake_target(relay));
    relay_finish_source(relay);
    assert_true(relay_may_wake_target(relay));
    assert_int_equal(drain(relay, out + 999), 1);
    assert_memory_equal(out, content.data, 1000);
    relay_free(relay);
}

/* -- watching ------------------------------------------------------------------------------- */

/* A relay whose target runs, watched since 1000 ms. */
static struct relay *watched(struct digest *digest)
{
    struct relay *relay = relay_for(content_of(MUCH), MUCH, digest);

    relay->target = (struct transfer *)(void *)out; /* never looked into */
    relay_watch(relay, 1000);
    return relay;
}

static void test_S26_a_trickle_ends_as_a_timeout(void **state)
{
    struct digest digest;
    struct relay *relay = watched(&digest);
    (void)state;

    assert_int_equal(relay_take(relay, content_of(1000)), RELAY_MOVED);
    (void)drain(relay, out);
    relay_watch(relay, 1000 + RELAY_TRICKLE_MS - 1);
    assert_int_equal(relay->fault, RELAY_FINE);
    relay_watch(relay, 1000 + RELAY_TRICKLE_MS);
    assert_int_equal(relay->fault, RELAY_REFUSED);
    assert_int_equal(relay->error.code, ERROR_TIMEOUT);
    relay_free(relay);
}

static void test_S26_a_steady_stream_is_watched_anew_each_time(void **state)
{
    struct digest digest;
    struct relay *relay = watched(&digest);
    (void)state;

    for (int64_t round = 1; round <= 3; round++) {
        assert_int_equal(relay_take(relay, content_of(RELAY_TRICKLE_BYTES + 1)), RELAY_MOVED);
        (void)drain(relay, out);
        relay_watch(relay, 1000 + round * RELAY_TRICKLE_MS);
        assert_int_equal(relay->fault, RELAY_FINE);
    }
    relay_free(relay);
}

static void test_a_target_that_has_everything_may_take_its_time(void **state)
{
    struct slice content = content_of(1000);
    struct digest digest;
    struct relay *relay = relay_for(content, 1000, &digest);
    (void)state;

    relay->target = (struct transfer *)(void *)out;
    relay_watch(relay, 1000);
    assert_int_equal(relay_take(relay, content), RELAY_MOVED);
    relay_finish_source(relay);
    assert_int_equal(drain(relay, out), 1000);
    relay_watch(relay, 2000);
    relay_watch(relay, 2000 + RELAY_TRICKLE_MS);
    assert_int_equal(relay->fault, RELAY_FINE);
    relay_watch(relay, 2000 + RELAY_ANSWER_MS);
    assert_int_equal(relay->error.code, ERROR_TIMEOUT);
    relay_free(relay);
}

static void test_what_nobody_wants_ends(void **state)
{
    struct digest digest;
    struct relay *relay = watched(&digest);
    (void)state;

    atomic_store(&relay->is_cancelled, true);
    relay_watch(relay, 1001);
    assert_int_equal(relay->fault, RELAY_REFUSED);
    assert_int_equal(relay->error.code, ERROR_DRAINING);
    relay_free(relay);
}

static void test_the_first_fault_counts(void **state)
{
    struct digest digest;
    struct relay *relay = watched(&digest);
    (void)state;

    relay_fail(relay, RELAY_TARGET_ENDED);
    relay_fail(relay, RELAY_SOURCE_FAILED);
    relay_finish_source(relay);
    assert_int_equal(relay->fault, RELAY_TARGET_ENDED);
    assert_int_equal(relay_take(relay, content_of(1)), RELAY_END);
    relay_free(relay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_P8_the_last_byte_waits_for_the_verdict),
        cmocka_unit_test(test_P8_content_of_another_digest_is_never_whole),
        cmocka_unit_test(test_P8_content_of_another_size_is_refused),
        cmocka_unit_test(test_an_empty_blob_is_whole_at_once),
        cmocka_unit_test(test_a_full_ring_makes_the_source_wait_until_half_is_free),
        cmocka_unit_test(test_bytes_come_out_as_they_went_in_however_the_ring_turns),
        cmocka_unit_test(test_S26_a_trickle_ends_as_a_timeout),
        cmocka_unit_test(test_P7_a_target_gets_its_share_and_no_byte_more),
        cmocka_unit_test(test_S26_a_steady_stream_is_watched_anew_each_time),
        cmocka_unit_test(test_a_target_that_has_everything_may_take_its_time),
        cmocka_unit_test(test_what_nobody_wants_ends),
        cmocka_unit_test(test_the_first_fault_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
