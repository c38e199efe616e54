/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "registry/token_cache.h"

static const int64_t now = 1000000;
static const int64_t later = 1000000 + 300000;

static int set_up(void **state)
{
    struct token_cache *cache = malloc(sizeof(*cache));
    if (cache)
        token_cache_init(cache);
    *state = cache;
    return cache ? 0 : -1;
}

static int tear_down(void **state)
{
    token_cache_release(*state);
    free(*state);
    return 0;
}

static struct token_key key_of(const char *identity, const char *scope)
{
    const struct token_wanted wanted = {.base = "https://a.test",
                                        .realm = "https://a.test/token",
                                        .service = "a",
                                        .identity = identity,
                                        .scope = scope};
    struct token_key key;
    struct error error;

    assert_true(token_key_write(&key, &wanted, &error));
    return key;
}

/* Keeps a token that is good until `later`. */
static void keep(struct token_cache *cache, const char *identity, const char *scope,
                 const char *text)
{
    struct token_key key = key_of(identity, scope);
    struct token *token = token_cache_find_or_add(cache, &key);

    assert_non_null(token);
    token_cache_set_text(cache, token, strdup(text));
    token->expires = later;
    buffer_release(&key.text);
}

/* "exact", else "wider", else "none": what there is for it. */
static const char *look(struct token_cache *cache, const char *identity, const char *scope)
{
    struct token_key key = key_of(identity, scope);
    const struct token *exact = token_cache_find(cache, &key);
    const struct token *wider = token_cache_find_wider(cache, &key, now);

    buffer_release(&key.text);
    if (exact && token_is_good(exact, now))
        return "exact";
    return wider ? "wider" : "none";
}

static void test_A12_scopes_in_another_order_are_the_same(void **state)
{
    struct token_cache *cache = *state;

    keep(cache, "", "repository:b:push,pull repository:a:pull", "t");
    assert_string_equal(look(cache, "", "repository:a:pull repository:b:pull,push"), "exact");
    assert_string_equal(look(cache, "", "repository:a:pull repository:b:pull repository:b:push"),
                        "exact");
    keep(cache, "", "repository:c:pull,*,push", "t");
    assert_string_equal(look(cache, "", "repository:c:*"), "exact");
}

static void test_A12_a_token_for_more_serves_for_less(void **state)
{
    struct token_cache *cache = *state;

    keep(cache, "", "repository:a:pull,push repository:b:pull", "t");
    assert_string_equal(look(cache, "", "repository:a:pull"), "wider");
    assert_string_equal(look(cache, "", "repository:b:pull"), "wider");
    assert_string_equal(look(cache, "", "repository:b:pull repository:a:push"), "wider");
    assert_string_equal(look(cache, "", "repository:b:push"), "none");
    assert_string_equal(look(cache, "", "repository:c:pull"), "none");
    assert_string_equal(look(cache, "", "repository(plugin):a:pull"), "none");
    assert_string_equal(look(cache, "", ""), "none");
    keep(cache, "", "registry:catalog:*", "t");
    assert_string_equal(look(cache, "", "registry:catalog:read"), "wider");
}

static void test_A12_S25_a_token_is_its_owners_alone(void **state)
{
    static const struct token_wanted others[] = {
        {"https://b.test", "https://a.test/token", "a", "me", "repository:a:pull"},
        {"https://a.test", "https://b.test/token", "a", "me", "repository:a:pull"},
        {"https://a.test", "https://a.test/token", "b", "me", "repository:a:pull"},
        {"https://a.test", "https://a.test/token", NULL, "me", "repository:a:pull"},
        {"https://a.test", "https://a.test/token", "a", "you", "repository:a:pull"},
        {"https://a.test", "https://a.test/token", "a", "", "repository:a:pull"},
    };
    struct token_cache *cache = *state;
    struct error error;

    keep(cache, "me", "repository:a:pull,push", "t");
    assert_string_equal(look(cache, "me", "repository:a:pull"), "wider");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct token_key key;
        assert_true(token_key_write(&key, &others[i], &error));
        assert_null(token_cache_find(cache, &key));
        assert_null(token_cache_find_wider(cache, &key, now));
        buffer_release(&key.text);
    }
}

static void test_A9_a_token_is_renewed_before_it_expires(void **state)
{
    const struct token token = {.text = (char[]){"t"}, .expires = later};
    const struct token none = {.expires = later};
    (void)state;

    assert_true(token_is_good(&token, later - TOKEN_RENEWED_EARLY_MS - 1));
    assert_false(token_is_good(&token, later - TOKEN_RENEWED_EARLY_MS));
    assert_false(token_is_good(&none, now));
}

static void test_A12_what_is_for_more_but_has_expired_does_not_serve(void **state)
{
    struct token_cache *cache = *state;
    struct token_key key = key_of("", "repository:a:pull");

    keep(cache, "", "repository:a:pull,push", "t");
    assert_non_null(token_cache_find_wider(cache, &key, now));
    assert_null(token_cache_find_wider(cache, &key, later));
    buffer_release(&key.text);
}

static void test_the_least_used_goes_first_but_not_what_somebody_waits_for(void **state)
{
    struct token_cache *cache = *state;
    char scope[48];

    for (int i = 0; i < TOKENS_MAX; i++) {
        (void)snprintf(scope, sizeof(scope), "repository:r%d:pull", i);
        keep(cache, "", scope, "t");
    }
    struct token_key waited = key_of("", "repository:r0:pull");
    token_cache_find(cache, &waited)->waiters = 1;
    struct token_key old = key_of("", "repository:r1:pull");
    assert_non_null(token_cache_find(cache, &old)); /* used, and so the newest */
    for (int i = 0; i < 2; i++) {
        (void)snprintf(scope, sizeof(scope), "repository:more%d:pull", i);
        keep(cache, "", scope, "t");
    }
    assert_int_equal(cache->map.count, TOKENS_MAX);
    assert_string_equal(look(cache, "", "repository:r0:pull"), "exact");
    assert_string_equal(look(cache, "", "repository:r1:pull"), "exact");
    assert_string_equal(look(cache, "", "repository:r2:pull"), "none");
    assert_string_equal(look(cache, "", "repository:r3:pull"), "none");
    assert_string_equal(look(cache, "", "repository:r4:pull"), "exact");
    buffer_release(&waited.text);
    buffer_release(&old.text);
}

static void test_large_tokens_are_bounded_by_their_bytes(void **state)
{
    enum {
        LARGE = 128 * 1024
    };
    static char text[LARGE];
    struct token_cache *cache = *state;
    char scope[48];

    memset(text, 't', sizeof(text) - 1);
    for (int i = 0; i < 200; i++) {
        (void)snprintf(scope, sizeof(scope), "repository:r%d:pull", i);
        keep(cache, "", scope, text);
        assert_true(cache->bytes < TOKEN_BYTES_MAX + 2 * LARGE);
    }
    assert_string_equal(look(cache, "", "repository:r199:pull"), "exact");
    assert_string_equal(look(cache, "", "repository:r0:pull"), "none");
}

static void test_failures_are_not_kept(void **state)
{
    struct token_cache *cache = *state;
    struct token_key key = key_of("", "repository:a:pull");
    struct token *token = token_cache_find_or_add(cache, &key);

    token->waiters = 1;
    token_cache_drop_if_useless(cache, token);
    assert_int_equal(cache->map.count, 1);
    token->waiters = 0;
    token_cache_drop_if_useless(cache, token);
    assert_int_equal(cache->map.count, 0);
    assert_int_equal(cache->bytes, 0);
    buffer_release(&key.text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_A12_scopes_in_another_order_are_the_same),
        TEST(test_A12_a_token_for_more_serves_for_less),
        TEST(test_A12_S25_a_token_is_its_owners_alone),
        TEST(test_A9_a_token_is_renewed_before_it_expires),
        TEST(test_A12_what_is_for_more_but_has_expired_does_not_serve),
        TEST(test_the_least_used_goes_first_but_not_what_somebody_waits_for),
        TEST(test_large_tokens_are_bounded_by_their_bytes),
        TEST(test_failures_are_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
