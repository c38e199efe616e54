/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/metrics.h"
#include "server/response.h"
#include "server/router.h"

enum {
    THREADS = 4,
    TIMES = 20000
};

/* What is counted so far; the caller frees. */
static struct tally *read_all(const struct metrics *metrics)
{
    struct tally *tally = malloc(sizeof(*tally));

    assert_non_null(tally);
    metrics_read(metrics, tally);
    return tally;
}

static size_t index_of_status(unsigned status)
{
    size_t i = 1;

    while (i < METRICS_STATUSES_MAX && metrics_status(i) != status)
        i++;
    return i < METRICS_STATUSES_MAX ? i : 0;
}

static void test_an_answer_is_counted_by_route_method_status_and_time(void **state)
{
    CLEANUP(metrics_free_p) struct metrics *metrics = metrics_new();
    const struct request request = {
        .method = METHOD_HEAD, .route = router_find(SLICE("/mquery")), .started = 1000};
    const struct response response = {.status = 200};
    size_t route = router_number(router_find(SLICE("/query")));

    (void)state;
    metrics_count_answer(metrics, &request, &response, 1005);
    metrics_count_answer(metrics, &request, &response, 1006);
    metrics_count_answer(metrics, &request, &response, 100000);
    CLEANUP(free_p) struct tally *tally = read_all(metrics);
    assert_int_equal(tally->requests[route][METHOD_HEAD][index_of_status(200)], 3);
    assert_int_equal(tally->requests[route][METHOD_GET][index_of_status(200)], 0);
    assert_int_equal(tally->request_durations[route].counts[0], 1); /* 5 ms are within 5 ms */
    assert_int_equal(tally->request_durations[route].counts[1], 1);
    assert_int_equal(tally->request_durations[route].counts[METRICS_BOUNDS_MAX], 1);
    assert_int_equal(tally->request_durations[route].sum, 5 + 6 + 99000);
}

static void test_what_no_route_or_status_names_is_other(void **state)
{
    CLEANUP(metrics_free_p) struct metrics *metrics = metrics_new();
    const struct request request = {.method = METHOD_OTHER};
    const struct response response = {.status = 418};

    (void)state;
    metrics_count_answer(metrics, &request, &response, 0);
    CLEANUP(free_p) struct tally *tally = read_all(metrics);
    assert_int_equal(tally->requests[0][METHOD_OTHER][0], 1);
    assert_int_equal(metrics_status(0), 0);
}

static void test_refusals_are_told_from_failures(void **state)
{
    (void)state;
    static const struct {
        enum error_code code;
        unsigned status;
        enum rejection reason; /* REJECTION_COUNT: none */
    } rows[] = {
        {ERROR_QUOTA, 429, REJECTED_RATE_LIMIT},    {ERROR_UNAUTHORIZED, 401, REJECTED_AUTH},
        {ERROR_OVERLOADED, 503, REJECTED_OVERLOAD}, {ERROR_DRAINING, 503, REJECTED_DRAINING},
        {ERROR_TOO_LARGE, 413, REJECTED_TOO_LARGE}, {ERROR_TOO_LARGE, 414, REJECTED_TOO_LARGE},
        {ERROR_TOO_LARGE, 422, REJECTION_COUNT},    {ERROR_RATE_LIMITED, 503, REJECTION_COUNT},
        {ERROR_UPSTREAM, 502, REJECTION_COUNT},     {ERROR_NONE, 200, REJECTION_COUNT},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(metrics_free_p) struct metrics *metrics = metrics_new();
        const struct request request = {.method = METHOD_GET};
        const struct response response = {.status = rows[i].status, .error = rows[i].code};

        metrics_count_answer(metrics, &request, &response, 0);
        CLEANUP(free_p) struct tally *tally = read_all(metrics);
        for (enum rejection reason = 0; reason < REJECTION_COUNT; reason++)
            assert_int_equal(tally->rejections[reason], reason == rows[i].reason);
    }
}

static void test_nobody_needs_to_count(void **state)
{
    const struct request request = {.method = METHOD_GET};
    const struct response response = {.status = 200};

    (void)state;
    metrics_count_answer(NULL, &request, &response, 0);
    metrics_count_query(NULL, OUTCOME_HIT, ERROR_NONE);
    metrics_count_push(NULL, ERROR_NONE);
    metrics_count_rejection(NULL, REJECTED_AUTH);
}

static void *count_hits(void *metrics)
{
    for (int i = 0; i < TIMES; i++)
        metrics_count_query(metrics, OUTCOME_HIT, ERROR_NONE);
    return NULL;
}

static void test_nothing_is_lost_between_threads(void **state)
{
    CLEANUP(metrics_free_p) struct metrics *metrics = metrics_new();
    pthread_t threads[THREADS];

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_hits, metrics), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    CLEANUP(free_p) struct tally *tally = read_all(metrics);
    assert_int_equal(tally->queries[ERROR_NONE][OUTCOME_HIT], THREADS * TIMES);
}

static void test_a_registry_without_a_name_is_other(void **state)
{
    CLEANUP(metrics_free_p) struct metrics *metrics = metrics_new();

    (void)state;
    assert_int_equal(metrics_find_registry(metrics, "docker.io"), 0);
    assert_string_equal(metrics_registry(metrics, 0), "other");
    assert_null(metrics_registry(metrics, 1));
    assert_null(metrics_registry(metrics, METRICS_REGISTRIES_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_is_counted_by_route_method_status_and_time),
        cmocka_unit_test(test_what_no_route_or_status_names_is_other),
        cmocka_unit_test(test_refusals_are_told_from_failures),
        cmocka_unit_test(test_nobody_needs_to_count),
        cmocka_unit_test(test_nothing_is_lost_between_threads),
        cmocka_unit_test(test_a_registry_without_a_name_is_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
