/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Side by side, within bounds, and told in order. What must happen at the same time is made to wait
 * for each other: it would never end otherwise.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/crowd.h"

enum {
    QUESTIONS_MAX = 1000
};

struct fixture {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_asked[QUESTIONS_MAX]; /* guarded by mutex */
    unsigned running;             /* guarded by mutex */
    unsigned most;                /* guarded by mutex */
    size_t count;
    size_t told[QUESTIONS_MAX];
    size_t told_count;
    size_t stop_at; /* tell() ends it there */
};

static void fixture_init(struct fixture *fixture, size_t count)
{
    *fixture = (struct fixture){.count = count, .stop_at = SIZE_MAX};
    (void)pthread_mutex_init(&fixture->mutex, NULL);
    (void)pthread_cond_init(&fixture->changed, NULL);
}

static void begin(struct fixture *fixture)
{
    fixture->running++;
    if (fixture->running > fixture->most)
        fixture->most = fixture->running;
    (void)pthread_cond_broadcast(&fixture->changed);
}

static void end(struct fixture *fixture, size_t number)
{
    fixture->running--;
    fixture->is_asked[number] = true;
    (void)pthread_cond_broadcast(&fixture->changed);
}

static void ask_at_once(void *context, size_t number)
{
    struct fixture *fixture = context;

    (void)pthread_mutex_lock(&fixture->mutex);
    begin(fixture);
    end(fixture, number);
    (void)pthread_mutex_unlock(&fixture->mutex);
}

static bool tell(void *context, size_t number)
{
    struct fixture *fixture = context;

    fixture->told[fixture->told_count++] = number;
    return number != fixture->stop_at;
}

static void run(struct fixture *fixture, const char *(*lane)(const void *context, size_t number),
                void (*ask)(void *context, size_t number))
{
    const struct crowd crowd = {
        .count = fixture->count, .context = fixture, .lane = lane, .ask = ask, .tell = tell};
    struct error error = {0};

    assert_true(crowd_run(&crowd, &error));
    assert_int_equal(fixture->running, 0);
    for (size_t i = 0; i < fixture->told_count; i++)
        assert_int_equal(fixture->told[i], i);
}

/* -- lanes ---------------------------------------------------------------------------------- */

static const char *same_lane(const void *context, size_t number)
{
    (void)context;
    (void)number;
    return "one";
}

static const char *no_lane(const void *context, size_t number)
{
    (void)context;
    (void)number;
    return NULL;
}

/* Two names for many questions, as different strings of the same letters. */
static const char *two_lanes(const void *context, size_t number)
{
    static const char names[][4] = {"one", "two", "one", "two"};

    (void)context;
    return names[number % 4];
}

/* The last question alone. */
static const char *last_in_another_lane(const void *context, size_t number)
{
    const struct fixture *fixture = context;
    return number == fixture->count - 1 ? "other" : "one";
}

/* -- behaviour ------------------------------------------------------------------------------ */

static void test_all_are_asked_and_told_in_order(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, CROWD_A_LANE + 1, QUESTIONS_MAX};
    static const char *(*const lanes[])(const void *context, size_t number) = {
        same_lane, no_lane, two_lanes, last_in_another_lane};

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        for (size_t j = 0; j < sizeof(lanes) / sizeof(lanes[0]); j++) {
            struct fixture fixture;
            fixture_init(&fixture, counts[i]);
            run(&fixture, lanes[j], ask_at_once);
            assert_int_equal(fixture.told_count, counts[i]);
            for (size_t k = 0; k < counts[i]; k++)
                assert_true(fixture.is_asked[k]);
        }
    }
}

/* Ends when the question behind it has ended; the last one at once. */
static void ask_after_the_next(void *context, size_t number)
{
    struct fixture *fixture = context;

    (void)pthread_mutex_lock(&fixture->mutex);
    begin(fixture);
    while (number + 1 < fixture->count && !fixture->is_asked[number + 1])
        (void)pthread_cond_wait(&fixture->changed, &fixture->mutex);
    end(fixture, number);
    (void)pthread_mutex_unlock(&fixture->mutex);
}

static void test_answers_that_come_in_reverse_are_told_in_order(void **state)
{
    (void)state;
    struct fixture fixture;

    fixture_init(&fixture, CROWD_A_LANE);
    run(&fixture, same_lane, ask_after_the_next);
    assert_int_equal(fixture.told_count, CROWD_A_LANE);

    fixture_init(&fixture, CROWD_THREADS);
    run(&fixture, no_lane, ask_after_the_next);
    assert_int_equal(fixture.told_count, CROWD_THREADS);
}

/* The first of a lane wait until the lane is full. */
static void ask_when_full(void *context, size_t number)
{
    struct fixture *fixture = context;

    (void)pthread_mutex_lock(&fixture->mutex);
    begin(fixture);
    while (fixture->most < CROWD_A_LANE)
        (void)pthread_cond_wait(&fixture->changed, &fixture->mutex);
    end(fixture, number);
    (void)pthread_mutex_unlock(&fixture->mutex);
}

static void test_a_lane_is_filled_and_never_more(void **state)
{
    (void)state;
    struct fixture fixture;

    fixture_init(&fixture, QUESTIONS_MAX);
    run(&fixture, same_lane, ask_when_full);
    assert_int_equal(fixture.most, CROWD_A_LANE);
}

/* All wait for the last. */
static void ask_after_the_last(void *context, size_t number)
{
    struct fixture *fixture = context;

    (void)pthread_mutex_lock(&fixture->mutex);
    begin(fixture);
    while (number != fixture->count - 1 && !fixture->is_asked[fixture->count - 1])
        (void)pthread_cond_wait(&fixture->changed, &fixture->mutex);
    end(fixture, number);
    (void)pthread_mutex_unlock(&fixture->mutex);
}

static void test_a_lane_that_hangs_does_not_keep_another_waiting(void **state)
{
    (void)state;
    struct fixture fixture;

    fixture_init(&fixture, QUESTIONS_MAX);
    run(&fixture, last_in_another_lane, ask_after_the_last);
    assert_int_equal(fixture.told_count, QUESTIONS_MAX);
}

static void test_nothing_more_is_told_when_nobody_wants_to_know(void **state)
{
    (void)state;
    struct fixture fixture;

    fixture_init(&fixture, QUESTIONS_MAX);
    fixture.stop_at = CROWD_A_LANE;
    run(&fixture, same_lane, ask_at_once);
    assert_int_equal(fixture.told_count, CROWD_A_LANE + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_are_asked_and_told_in_order),
        cmocka_unit_test(test_answers_that_come_in_reverse_are_told_in_order),
        cmocka_unit_test(test_a_lane_is_filled_and_never_more),
        cmocka_unit_test(test_a_lane_that_hangs_does_not_keep_another_waiting),
        cmocka_unit_test(test_nothing_more_is_told_when_nobody_wants_to_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
