/* SPDX-License-Identifier: Apache-2.0 */
/* What goes through the whole cache: registries, and forgetting them. */
#include "server/names.h"
#include "tests/unit/server/cache_words.h"

static void forget(struct cache *cache, const char *registry)
{
    CLEANUP(names_release) struct names names;

    names_init(&names);
    assert_true(names_add(&names, slice_from_string(registry)));
    cache_forget_registries(cache, &names);
}

static void test_each_registry_is_listed_once(void **state)
{
    CLEANUP(names_release) struct names names;
    size_t count = 0;

    names_init(&names);
    store(*state, "a.test/x", START);
    store(*state, "a.test:5000/x", START);
    store(*state, "a.test/y", START);
    store_as(*state, "b.test/x", alice, "x", START);
    store_failure(*state, "c.test/x", ERROR_NOT_FOUND, START);
    assert_true(cache_list_registries(*state, &names));
    for (const char *name = names_next(&names, NULL); name; name = names_next(&names, name))
        count++;
    assert_int_equal(count, 4);
    assert_true(names_has(&names, SLICE("a.test:5000")));
    assert_true(names_has(&names, SLICE("b.test")));
    assert_true(names_has(&names, SLICE("c.test")));
}

static void test_a_registry_that_is_forgotten_is_so_for_everyone(void **state)
{
    store(*state, "a.test/x", START);
    store_answer(*state, "a.test/x", "spelling", START);
    store_as(*state, "a.test/x", alice, "x", START);
    store_failure(*state, "a.test/y", ERROR_NOT_FOUND, START);
    forget(*state, "a.test");
    assert_int_equal(state_of(*state, "a.test/x", START), CACHE_MISS);
    assert_int_equal(answer_state(*state, "spelling", START), CACHE_MISS);
    assert_int_equal(state_as(*state, "a.test/x", alice, START), CACHE_MISS);
    assert_int_equal(state_of(*state, "a.test/y", START), CACHE_MISS);
}

static void test_others_stay_as_they_were(void **state)
{
    CLEANUP(cache_key_release) struct cache_key key = key_of("b.test/gone", everyone);

    store(*state, "b.test/x", START);
    store_answer(*state, "b.test/x", "spelling", START);
    store_as(*state, "b.test/x", alice, "x", START);
    store_as(*state, "b.test/gone", alice, "gone", START);
    store(*state, "a.test.b.test/x", START);
    cache_forget(*state, &key);
    forget(*state, "a.test");
    assert_int_equal(state_of(*state, "b.test/x", START), CACHE_FRESH);
    assert_int_equal(answer_state(*state, "spelling", START), CACHE_FRESH);
    assert_int_equal(state_as(*state, "b.test/x", alice, START), CACHE_FRESH);
    assert_int_equal(state_as(*state, "b.test/gone", alice, START), CACHE_MISS);
    assert_int_equal(state_of(*state, "a.test.b.test/x", START), CACHE_FRESH);
}

static void test_what_was_being_asked_is_not_stored(void **state)
{
    CLEANUP(cache_key_release) struct cache_key key = key_of("a.test/x", everyone);
    CLEANUP(report_unref_p) struct report *report = report_of("x");
    struct cache_finding finding;

    cache_find(*state, &key, START, &finding);
    forget(*state, "a.test");
    cache_store(*state, &key, report, CONFIRMED, START, finding.generation);
    assert_int_equal(state_of(*state, "a.test/x", START), CACHE_MISS);
}

static void test_all_can_be_forgotten(void **state)
{
    store(*state, "a.test/x", START);
    store_as(*state, "b.test/x", alice, "x", START);
    cache_forget_registries(*state, NULL);
    assert_int_equal(cache_counts(*state).entries, 0);
}

static void test_other_settings_hold_at_once(void **state)
{
    struct config_cache other = settings;

    store(*state, "debian", START);
    other.fresh = SECOND;
    cache_configure(*state, &other);
    assert_int_equal(state_of(*state, "debian", START + 2 * SECOND), CACHE_REFRESH);
    other.memory = 1;
    cache_configure(*state, &other);
    assert_int_equal(cache_counts(*state).entries, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_cache, free_cache)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_registry_is_listed_once),
        TEST(test_a_registry_that_is_forgotten_is_so_for_everyone),
        TEST(test_others_stay_as_they_were),
        TEST(test_what_was_being_asked_is_not_stored),
        TEST(test_all_can_be_forgotten),
        TEST(test_other_settings_hold_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
