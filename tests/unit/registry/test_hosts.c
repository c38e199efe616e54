/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "registry/hosts.h"
#include "registry/registry.h"

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
    hosts_unref(*state);
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

static void test_H20_what_is_asked_for_is_heeded_for_an_hour_at_most(void **state)
{
    hosts_pause_for(*state, "https://a.test", 5000, 1000);
    hosts_pause_for(*state, "https://b.test", INT64_MAX, 1000);
    hosts_pause_for(*state, "https://c.test", 0, 1000);
    hosts_pause_for(*state, "https://d.test", -1, 1000);
    assert_int_equal(hosts_paused_until(*state, "https://a.test", 1000), 6000);
    assert_int_equal(hosts_paused_until(*state, "https://b.test", 1000), 3601000);
    assert_int_equal(hosts_paused_until(*state, "https://c.test", 0), 0);
    assert_int_equal(hosts_paused_until(*state, "https://d.test", 0), 0);
}

static void tell(struct hosts *hosts, const char *asker, int64_t remaining, int64_t ends)
{
    const struct quota quota = {.is_told = true,
                                .remaining = remaining,
                                .limit = 100,
                                .window = 60,
                                .told = 1000,
                                .ends = ends,
                                .source = "192.0.2.7"};
    hosts_note_quota(hosts, asker, &quota);
}

static void test_H22_a_quota_is_of_who_asks(void **state)
{
    tell(*state, "https://a.test me", 5, 60000);
    assert_true(hosts_quota_is_below(*state, "https://a.test me", 10, 2000));
    assert_false(hosts_quota_is_below(*state, "https://a.test me", 5, 2000));
    assert_false(hosts_quota_is_below(*state, "https://a.test ", 10, 2000));
    assert_false(hosts_quota_is_below(*state, "https://a.test me", 10, 60000));
    tell(*state, "https://a.test me", 50, 60000);
    assert_false(hosts_quota_is_below(*state, "https://a.test me", 10, 2000));
}

static void test_H22_quotas_are_told_while_they_count(void **state)
{
    struct registry_quota told[4];

    tell(*state, "https://a.test me", 5, 60000);
    tell(*state, "https://a.test ", 7, 60000);
    tell(*state, "https://b.test ", 9, 1500);
    hosts_pause(*state, "https://c.test ", 9000);
    assert_int_equal(hosts_list_quotas(*state, 2000, told, 4), 2);
    assert_string_equal(told[0].registry, "https://a.test");
    assert_string_equal(told[0].identity, "");
    assert_string_equal(told[0].source, "192.0.2.7");
    assert_int_equal(told[0].remaining, 7);
    assert_int_equal(told[0].age, 1000);
    assert_string_equal(told[1].identity, "me");
    assert_int_equal(hosts_list_quotas(*state, 1000, told, 1), 1);
    assert_string_equal(told[0].registry, "https://b.test");
}

static void test_a_registry_that_fails_is_passed_over_and_tried(void **state)
{
    for (int i = 0; i < 5; i++) {
        assert_int_equal(hosts_pass(*state, "https://a.test", true, 0).wait, 0);
        hosts_note_failure(*state, "https://a.test", 0);
    }
    struct hosts_pass refused = hosts_pass(*state, "https://a.test", true, 400);
    assert_int_equal(refused.wait, 600);
    assert_int_equal(refused.failures, 5);
    assert_false(refused.is_probe);
    assert_int_equal(hosts_pass(*state, "https://b.test", true, 400).wait, 0);
    assert_true(hosts_pass(*state, "https://a.test", true, 1000).is_probe);
    assert_int_equal(hosts_pass(*state, "https://a.test", true, 1000).wait, 1);
    assert_int_equal(hosts_pass(*state, "https://a.test", false, 1000).wait, 0);
    hosts_end_probe(*state, "https://a.test");
    assert_true(hosts_pass(*state, "https://a.test", true, 1000).is_probe);
    hosts_note_answer(*state, "https://a.test");
    assert_false(hosts_pass(*state, "https://a.test", true, 1000).is_probe);
}

static void test_H23_an_origin_tells_a_few_things_once(void **state)
{
    char text[8];

    assert_true(hosts_note_notice(*state, "https://a.test", SLICE("0")));
    assert_false(hosts_note_notice(*state, "https://a.test", SLICE("0")));
    assert_true(hosts_note_notice(*state, "https://b.test", SLICE("0")));
    for (int i = 1; i < 20; i++) {
        (void)snprintf(text, sizeof(text), "%d", i);
        assert_int_equal(hosts_note_notice(*state, "https://a.test", slice_from_string(text)),
                         i < 8);
    }
}

static void test_S30_what_is_used_is_kept_longer(void **state)
{
    char origin[32];

    hosts_pause(*state, "https://used.test", 1000);
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(origin, sizeof(origin), "https://%d.test", i);
        hosts_pause(*state, origin, 1000);
        assert_int_equal(hosts_paused_until(*state, "https://used.test", 0), 1000);
    }
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
        TEST(test_H20_what_is_asked_for_is_heeded_for_an_hour_at_most),
        TEST(test_H22_a_quota_is_of_who_asks),
        TEST(test_H22_quotas_are_told_while_they_count),
        TEST(test_a_registry_that_fails_is_passed_over_and_tried),
        TEST(test_H23_an_origin_tells_a_few_things_once),
        TEST(test_S30_what_is_used_is_kept_longer),
        TEST(test_S30_what_strangers_taught_is_bounded_and_the_oldest_goes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
