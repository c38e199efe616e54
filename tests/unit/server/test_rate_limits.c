/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/client.h"
#include "server/rate_limits.h"
#include "server/response.h"

enum {
    LIMIT = 2,
    ROOM = 3, /* clients */
    NOW = 1000
};

static struct client client_of(const char *address)
{
    return (struct client){.address = ip_address_parse(slice_from_string(address))};
}

static bool take_some(struct rate_limits *limits, const char *address, uint32_t questions,
                      int64_t now)
{
    const struct client client = client_of(address);
    struct allowance allowance;

    return rate_limits_take(limits, &client, questions, LIMIT, now, &allowance);
}

static bool take(struct rate_limits *limits, const char *address, int64_t now)
{
    return take_some(limits, address, 1, now);
}

static uint32_t left(struct rate_limits *limits, const char *address, int64_t now)
{
    const struct client client = client_of(address);
    return rate_limits_look(limits, &client, LIMIT, now).left;
}

static void test_a_client_may_take_its_limit_and_no_more(void **state)
{
    CLEANUP(rate_limits_free_p) struct rate_limits *limits = rate_limits_new(ROOM);

    (void)state;
    assert_int_equal(left(limits, "192.0.2.1", NOW), 2);
    assert_true(take(limits, "192.0.2.1", NOW));
    assert_int_equal(left(limits, "192.0.2.1", NOW), 1);
    assert_true(take(limits, "192.0.2.1", NOW));
    assert_false(take(limits, "192.0.2.1", NOW));
    assert_int_equal(left(limits, "192.0.2.1", NOW), 0);
    assert_true(take(limits, "192.0.2.2", NOW));
}

static void test_what_costs_more_than_is_left_takes_nothing(void **state)
{
    CLEANUP(rate_limits_free_p) struct rate_limits *limits = rate_limits_new(ROOM);

    (void)state;
    assert_false(take_some(limits, "192.0.2.1", LIMIT + 1, NOW));
    assert_true(take_some(limits, "192.0.2.1", LIMIT, NOW));
    assert_int_equal(left(limits, "192.0.2.1", NOW), 0);
    assert_true(take(limits, "192.0.2.2", NOW));
    assert_false(take_some(limits, "192.0.2.2", UINT32_MAX, NOW)); /* no sum that wraps */
    assert_false(take_some(limits, "192.0.2.2", LIMIT, NOW));
    assert_int_equal(left(limits, "192.0.2.2", NOW), LIMIT - 1);
}

static void test_a_minute_after_the_first_all_is_there_again(void **state)
{
    CLEANUP(rate_limits_free_p) struct rate_limits *limits = rate_limits_new(ROOM);
    int64_t end = NOW + RATE_LIMITS_WINDOW_MS;

    (void)state;
    assert_true(take(limits, "192.0.2.1", NOW));
    assert_true(take(limits, "192.0.2.1", end - 1));
    assert_false(take(limits, "192.0.2.1", end - 1));
    assert_true(take(limits, "192.0.2.1", end));
    assert_int_equal(left(limits, "192.0.2.1", end), 1);
}

static void test_what_is_told_counts_down(void **state)
{
    CLEANUP(rate_limits_free_p) struct rate_limits *limits = rate_limits_new(ROOM);
    const struct client client = client_of("192.0.2.1");
    struct allowance allowance = rate_limits_look(limits, &client, LIMIT, NOW);

    (void)state;
    assert_int_equal(allowance.limit, LIMIT);
    assert_int_equal(allowance.resets, 60);
    assert_true(rate_limits_take(limits, &client, 1, LIMIT, NOW, &allowance));
    allowance = rate_limits_look(limits, &client, LIMIT, NOW + 59001);
    assert_int_equal(allowance.left, 1);
    assert_int_equal(allowance.resets, 1);
}

static void test_what_has_cost_nothing_is_given_back(void **state)
{
    CLEANUP(rate_limits_free_p) struct rate_limits *limits = rate_limits_new(ROOM);
    const struct client client = client_of("192.0.2.1");

    (void)state;
    rate_limits_give_back(limits, &client, NOW); /* never taken */
    assert_int_equal(left(limits, "192.0.2.1", NOW), 2);
    assert_true(take(limits, "192.0.2.1", NOW));
    rate_limits_give_back(limits, &client, NOW);
    rate_limits_give_back(limits, &client, NOW);
    assert_int_equal(left(limits, "192.0.2.1", NOW), 2);
}

static void test_a_smaller_limit_leaves_nothing(void **state)
{
    CLEANUP(rate_limits_free_p) struct rate_limits *limits = rate_limits_new(ROOM);
    const struct client client = client_of("192.0.2.1");

    (void)state;
    assert_true(take(limits, "192.0.2.1", NOW));
    assert_true(take(limits, "192.0.2.1", NOW));
    assert_int_equal(rate_limits_look(limits, &client, 1, NOW).left, 0);
}

static void test_without_room_the_first_is_forgotten(void **state)
{
    CLEANUP(rate_limits_free_p) struct rate_limits *limits = rate_limits_new(ROOM);

    (void)state;
    assert_true(take(limits, "192.0.2.1", NOW));
    assert_true(take(limits, "192.0.2.2", NOW));
    assert_true(take(limits, "192.0.2.3", NOW));
    assert_true(take(limits, "192.0.2.4", NOW));
    assert_int_equal(left(limits, "192.0.2.1", NOW), 2);
    assert_int_equal(left(limits, "192.0.2.2", NOW), 1);
    assert_int_equal(left(limits, "192.0.2.4", NOW), 1);
}

static void test_the_fields_are_structured(void **state)
{
    const struct allowance allowance = {.limit = 120, .left = 117, .resets = 42};
    struct buffer body = BUFFER_INIT(1);
    CLEANUP(response_unref_p) struct response *response = response_new(204, NULL, &body);

    (void)state;
    allowance_tell(&allowance, response);
    assert_string_equal(response_header(response, "RateLimit-Policy"), "\"default\";q=120;w=60");
    assert_string_equal(response_header(response, "RateLimit"), "\"default\";r=117;t=42");
    buffer_release(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_client_may_take_its_limit_and_no_more),
        cmocka_unit_test(test_what_costs_more_than_is_left_takes_nothing),
        cmocka_unit_test(test_a_minute_after_the_first_all_is_there_again),
        cmocka_unit_test(test_what_is_told_counts_down),
        cmocka_unit_test(test_what_has_cost_nothing_is_given_back),
        cmocka_unit_test(test_a_smaller_limit_leaves_nothing),
        cmocka_unit_test(test_without_room_the_first_is_forgotten),
        cmocka_unit_test(test_the_fields_are_structured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
