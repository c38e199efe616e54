/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "registry/hosts.h"

static char realm_one[] = "https://one.test/token";
static char realm_two[] = "https://two.test/token";
static char service[] = "registry";

static int set_up(void **state)
{
    *state = hosts_new();
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    hosts_free(*state);
    return 0;
}

static void test_A13c_a_challenge_learned_is_recalled_for_its_origin_alone(void **state)
{
    const struct challenge learned = {
        .scheme = CHALLENGE_BEARER, .realm = realm_one, .service = service};
    struct challenge recalled;

    hosts_learn_challenge(*state, "https://a.test", &learned);
    assert_true(hosts_recall_challenge(*state, "https://a.test", &recalled));
    assert_int_equal(recalled.scheme, CHALLENGE_BEARER);
    assert_string_equal(recalled.realm, realm_one);
    assert_string_equal(recalled.service, service);
    assert_null(recalled.scope);
    challenge_release(&recalled);
    assert_false(hosts_recall_challenge(*state, "https://a.test:444", &recalled));
}

static void test_a_later_challenge_replaces_the_earlier(void **state)
{
    const struct challenge first = {.scheme = CHALLENGE_BEARER, .realm = realm_one};
    const struct challenge second = {.scheme = CHALLENGE_BASIC, .realm = realm_two};
    struct challenge recalled;

    hosts_learn_challenge(*state, "https://a.test", &first);
    hosts_learn_challenge(*state, "https://a.test", &second);
    assert_true(hosts_recall_challenge(*state, "https://a.test", &recalled));
    assert_int_equal(recalled.scheme, CHALLENGE_BASIC);
    assert_string_equal(recalled.realm, realm_two);
    challenge_release(&recalled);
}

static void test_a_challenge_that_led_nowhere_is_forgotten(void **state)
{
    const struct challenge learned = {.scheme = CHALLENGE_BEARER, .realm = realm_one};
    struct challenge recalled;

    hosts_learn_challenge(*state, "https://a.test", &learned);
    hosts_forget_challenge(*state, "https://a.test");
    hosts_forget_challenge(*state, "https://b.test");
    assert_false(hosts_recall_challenge(*state, "https://a.test", &recalled));
}

static void test_H20_a_pause_holds_for_its_host_until_it_has_passed(void **state)
{
    assert_int_equal(hosts_paused_until(*state, "https://a.test", 0), 0);
    hosts_pause(*state, "https://a.test", 5000);
    hosts_pause(*state, "https://a.test", 3000); /* a shorter one takes nothing back */
    assert_int_equal(hosts_paused_until(*state, "https://a.test", 4999), 5000);
    assert_int_equal(hosts_paused_until(*state, "https://a.test", 5000), 0);
    assert_int_equal(hosts_paused_until(*state, "https://b.test", 0), 0);
}

static void test_S30_what_strangers_taught_is_bounded_and_the_oldest_goes_first(void **state)
{
    char origin[32];

    for (int i = 0; i < 5000; i++) {
        (void)snprintf(origin, sizeof(origin), "https://%d.test", i);
        hosts_pause(*state, origin, 1000);
    }
    assert_int_equal(hosts_paused_until(*state, "https://0.test", 0), 0);
    assert_int_equal(hosts_paused_until(*state, "https://903.test", 0), 0);
    assert_int_equal(hosts_paused_until(*state, "https://904.test", 0), 1000);
    assert_int_equal(hosts_paused_until(*state, "https://4999.test", 0), 1000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_A13c_a_challenge_learned_is_recalled_for_its_origin_alone),
        TEST(test_a_later_challenge_replaces_the_earlier),
        TEST(test_a_challenge_that_led_nowhere_is_forgotten),
        TEST(test_H20_a_pause_holds_for_its_host_until_it_has_passed),
        TEST(test_S30_what_strangers_taught_is_bounded_and_the_oldest_goes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
