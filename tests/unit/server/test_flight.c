/* SPDX-License-Identifier: Apache-2.0 */
/* Who joins which flight, and who is taken off when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "server/flight.h"
#include "server/snapshot.h"

static struct flights *flights;
static struct snapshot settings;
static struct snapshot other_settings;

static int make_flights(void **state)
{
    (void)state;
    flights = flights_new();
    return flights ? 0 : -1;
}

static int free_flights(void **state)
{
    (void)state;
    flights_free(flights);
    return 0;
}

static struct question question_of(const char *image)
{
    struct error error;
    struct question question = {.image = BUFFER_INIT(REFERENCE_MAX)};
    assert_true(buffer_append_string(&question.image, image));
    assert_true(question_judge(&question, &error));
    return question;
}

static struct flight *flight_to(const char *image, uint32_t generation)
{
    struct error error;
    CLEANUP(question_release) struct question question = question_of(image);
    struct cache_key key;
    struct cache_finding finding = {.state = CACHE_MISS, .generation = generation};
    assert_true(cache_key_init(&key, question.reference, "", &error));
    struct flight *flight = flight_new(&settings, &question, &key, &finding);
    assert_non_null(flight);
    return flight;
}

static struct flight *flight_by(struct snapshot *snapshot, const char *image)
{
    struct flight *flight = flight_to(image, 0);
    snapshot_unref(flight->snapshot);
    flight->snapshot = snapshot_ref(snapshot);
    return flight;
}

static struct waiter *waiter_for(const char *image)
{
    struct question question = question_of(image);
    struct waiter *waiter = waiter_new(NULL, &question);
    assert_non_null(waiter);
    return waiter;
}

static enum flight_start start(struct flight *flight, struct waiter *waiter)
{
    struct error error;
    return flights_start(flights, flight, waiter, &error);
}

/* Answers them all; how many there were. */
static size_t answer(struct waiter *waiters)
{
    size_t count = 0;
    for (struct waiter *waiter = waiters, *next; waiter; waiter = next) {
        next = waiter->next;
        waiter_free(waiter);
        flights_release(flights);
        count++;
    }
    return count;
}

static size_t land(struct flight *flight)
{
    size_t count = answer(flights_land(flights, flight));
    flight_free(flight);
    return count;
}

static void test_T20_one_reference_is_one_flight(void **state)
{
    (void)state;
    struct flight *first = flight_to("debian", 0);
    struct flight *second = flight_to("docker.io/library/debian:latest", 0);
    struct flight *other = flight_to("debian:12", 0);
    struct waiter *joined = waiter_for("debian");
    assert_int_equal(start(first, waiter_for("debian")), FLIGHT_STARTED);
    assert_int_equal(start(second, joined), FLIGHT_JOINED);
    assert_true(joined->has_joined);
    assert_int_equal(start(other, waiter_for("debian:12")), FLIGHT_STARTED);
    assert_int_equal(flights_count(flights), 2);
    flight_free(second);
    assert_int_equal(land(first), 2);
    assert_int_equal(land(other), 1);
    assert_int_equal(flights_count(flights), 0);
}

static void test_a_refresh_is_joined_and_joins_without_a_waiter(void **state)
{
    (void)state;
    struct flight *refresh = flight_to("debian", 0);
    struct flight *again = flight_to("debian", 0);
    struct flight *asked = flight_to("debian", 0);
    assert_int_equal(start(refresh, NULL), FLIGHT_STARTED);
    assert_int_equal(start(again, NULL), FLIGHT_JOINED);
    assert_int_equal(start(asked, waiter_for("debian")), FLIGHT_JOINED);
    flight_free(again);
    flight_free(asked);
    assert_int_equal(land(refresh), 1);
}

static void test_what_was_asked_before_it_was_forgotten_is_not_joined(void **state)
{
    (void)state;
    struct flight *before = flight_to("debian", 0);
    struct flight *after = flight_to("debian", 1);
    assert_int_equal(start(before, waiter_for("debian")), FLIGHT_STARTED);
    assert_int_equal(start(after, waiter_for("debian")), FLIGHT_STARTED);
    assert_int_equal(flights_count(flights), 1);
    assert_int_equal(land(before), 0);
    assert_int_equal(land(after), 2);
}

static void test_what_is_asked_by_other_settings_is_not_joined(void **state)
{
    (void)state;
    struct flight *before = flight_by(&settings, "debian");
    struct flight *after = flight_by(&other_settings, "debian");
    assert_int_equal(start(before, waiter_for("debian")), FLIGHT_STARTED);
    assert_int_equal(start(after, waiter_for("debian")), FLIGHT_STARTED);
    assert_int_equal(land(before), 0);
    assert_int_equal(land(after), 2);
}

static void test_a_flight_that_does_not_end_is_told_until_it_does(void **state)
{
    (void)state;
    struct flight *late = flight_to("debian", 0);
    struct flight *later = flight_to("alpine", 0);
    late->deadline = 100;
    later->deadline = 200;
    late->has_begun = later->has_begun = true;
    assert_int_equal(start(late, waiter_for("debian")), FLIGHT_STARTED);
    assert_int_equal(start(later, NULL), FLIGHT_STARTED);
    assert_true(flights_lost_since(flights) == INT64_MAX);
    assert_int_equal(answer(flights_take_overdue(flights, 150)), 1);
    assert_int_equal(flights_lost_since(flights), 150);
    assert_int_equal(answer(flights_take_overdue(flights, 250)), 0);
    assert_int_equal(flights_lost_since(flights), 150);
    assert_int_equal(land(late), 0);
    assert_int_equal(flights_lost_since(flights), 250);
    assert_int_equal(land(later), 0);
    assert_true(flights_lost_since(flights) == INT64_MAX);
}

static void test_a_flight_that_no_worker_had_time_for_is_overdue_and_shows_nothing(void **state)
{
    (void)state;
    struct flight *waiting = flight_to("debian", 0);
    waiting->deadline = 100;
    assert_int_equal(start(waiting, waiter_for("debian")), FLIGHT_STARTED);
    assert_int_equal(answer(flights_take_overdue(flights, 150)), 1);
    assert_int_equal(flights_count(flights), 0);
    assert_true(flights_lost_since(flights) == INT64_MAX);
    assert_int_equal(land(waiting), 0);
}

static void test_a_flight_that_nobody_waits_for_any_more_is_told_as_well(void **state)
{
    (void)state;
    struct flight *before = flight_to("debian", 0);
    struct flight *after = flight_to("debian", 1);
    before->deadline = 100;
    after->deadline = 300;
    before->has_begun = true;
    assert_int_equal(start(before, waiter_for("debian")), FLIGHT_STARTED);
    assert_int_equal(start(after, waiter_for("debian")), FLIGHT_STARTED);
    assert_null(flights_take_overdue(flights, 150));
    assert_int_equal(flights_lost_since(flights), 150);
    assert_null(flights_take_overdue(flights, 200));
    assert_int_equal(land(before), 0);
    assert_true(flights_lost_since(flights) == INT64_MAX);
    assert_int_equal(land(after), 2);
}

static void test_who_is_overdue_is_taken_off_once_and_nobody_joins_that_flight(void **state)
{
    (void)state;
    struct flight *late = flight_to("debian", 0);
    struct flight *next = flight_to("debian", 0);
    struct flight *early = flight_to("alpine", 0);
    late->deadline = 100;
    early->deadline = 200;
    assert_int_equal(start(late, waiter_for("debian")), FLIGHT_STARTED);
    assert_int_equal(start(early, waiter_for("alpine")), FLIGHT_STARTED);
    assert_null(flights_take_overdue(flights, 100));
    assert_int_equal(answer(flights_take_overdue(flights, 101)), 1);
    assert_null(flights_take_overdue(flights, 101));
    assert_int_equal(start(next, waiter_for("debian")), FLIGHT_STARTED);
    assert_int_equal(land(late), 0);
    assert_int_equal(land(next), 1);
    assert_int_equal(land(early), 1);
}

static void test_held_requests_are_counted_until_they_are_answered(void **state)
{
    (void)state;
    struct flight *flight = flight_to("debian", 0);
    assert_true(flights_wait_until_none_held(flights, clock_monotonic_ms()));
    assert_int_equal(start(flight, waiter_for("debian")), FLIGHT_STARTED);
    assert_false(flights_wait_until_none_held(flights, clock_monotonic_ms()));
    assert_int_equal(land(flight), 1);
    assert_true(flights_wait_until_none_held(flights, clock_monotonic_ms()));
}

static void test_once_closed_nothing_starts(void **state)
{
    (void)state;
    struct error error;
    struct flight *flight = flight_to("debian", 0);
    struct waiter *waiter = waiter_for("debian");
    flights_close(flights);
    assert_int_equal(flights_start(flights, flight, waiter, &error), FLIGHT_REFUSED);
    assert_int_equal(error.code, ERROR_DRAINING);
    waiter_free(waiter);
    flight_free(flight);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_flights, free_flights)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_T20_one_reference_is_one_flight),
        TEST(test_a_refresh_is_joined_and_joins_without_a_waiter),
        TEST(test_what_was_asked_before_it_was_forgotten_is_not_joined),
        TEST(test_what_is_asked_by_other_settings_is_not_joined),
        TEST(test_a_flight_that_does_not_end_is_told_until_it_does),
        TEST(test_a_flight_that_no_worker_had_time_for_is_overdue_and_shows_nothing),
        TEST(test_a_flight_that_nobody_waits_for_any_more_is_told_as_well),
        TEST(test_who_is_overdue_is_taken_off_once_and_nobody_joins_that_flight),
        TEST(test_held_requests_are_counted_until_they_are_answered),
        TEST(test_once_closed_nothing_starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
