/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked on a client's behalf is charged to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/asker.h"
#include "server/rate_limits.h"
#include "server/request.h"
#include "server/response.h"
#include "server/snapshot.h"

enum {
    LIMIT = 5
};

static struct config config = {.server = {.rate_limit = LIMIT}};
static struct snapshot snapshot = {.config = &config};

static struct request request_of(struct rate_limits *limits, unsigned push_token)
{
    return (struct request){
        .snapshot = &snapshot, .limits = limits, .client = {.push_token = push_token}};
}

static void test_so_many_questions_are_charged_as_it_costs(void **state)
{
    CLEANUP(rate_limits_free_p) struct rate_limits *limits = rate_limits_new(2);
    const struct request request = request_of(limits, 1);
    struct error error;

    (void)state;
    assert_true(request_charge(&request, 3, &error));
    assert_false(request_charge(&request, 3, &error));
    assert_int_equal(error.code, ERROR_QUOTA);
    assert_in_range(error.retry_after, 1, 60);
    assert_non_null(strstr(error.message, "2 are left, and this takes 3"));
    assert_true(request_charge(&request, 2, &error));
    assert_false(request_charge(&request, 1, &error));
}

static void test_what_costs_more_than_the_limit_costs_all_of_it(void **state)
{
    CLEANUP(rate_limits_free_p) struct rate_limits *limits = rate_limits_new(2);
    const struct request one = request_of(limits, 1);
    const struct request other = request_of(limits, 2);
    struct error error;

    (void)state;
    assert_true(request_charge(&one, 1000, &error));
    assert_false(request_charge(&one, 1, &error));
    assert_true(request_charge(&other, 1, &error));
    assert_false(request_charge(&other, 1000, &error));
}

static void test_where_nobody_counts_all_is_free_and_nothing_is_told(void **state)
{
    const struct request request = request_of(NULL, 1);
    struct buffer body = BUFFER_INIT(1);
    CLEANUP(response_unref_p) struct response *response = response_new(204, NULL, &body);
    struct error error;

    (void)state;
    assert_true(request_charge(&request, 1000, &error));
    assert_true(request_charge(&request, 1000, &error));
    assert_ptr_equal(request_tell_allowance(&request, response), response);
    assert_null(response_header(response, "RateLimit"));
}

static void test_an_answer_tells_what_is_left(void **state)
{
    CLEANUP(rate_limits_free_p) struct rate_limits *limits = rate_limits_new(2);
    const struct request request = request_of(limits, 1);
    struct buffer body = BUFFER_INIT(1);
    struct response *response = response_new(204, NULL, &body);
    struct error error;

    (void)state;
    assert_true(request_charge(&request, 2, &error));
    response = request_tell_allowance(&request, response);
    assert_string_equal(response_header(response, "RateLimit-Policy"), "\"default\";q=5;w=60");
    assert_memory_equal(response_header(response, "RateLimit"), "\"default\";r=3;t=", 16);
    response_unref(response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_so_many_questions_are_charged_as_it_costs),
        cmocka_unit_test(test_what_costs_more_than_the_limit_costs_all_of_it),
        cmocka_unit_test(test_where_nobody_counts_all_is_free_and_nothing_is_told),
        cmocka_unit_test(test_an_answer_tells_what_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
