/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a question from the door to its answer, with a canned registry behind it. */
#include "tests/unit/server/lookup_house.h"

/* -- the question --------------------------------------------------------------------------- */

static void test_T40_a_wrong_question_is_refused_with_the_reason(void **state)
{
    static const struct {
        const char *query;
        unsigned status;
        const char *body;
    } cases[] = {
        {"", 400, "{\"error\":\"No image name provided\",\"code\":\"invalid\"}"},
        {"image=", 400, "{\"error\":\"No image name provided\",\"code\":\"invalid\"}"},
        {"platform=linux/arm64", 400, "No image name provided"},
        {"image=a&image=b", 400, "'image' is given 2 times"},
        {"image=a&format=yaml", 400, "format 'yaml' is neither 'json' nor 'text'"},
        {"image=a&format=text&format=json", 400, "'format' is given 2 times"},
        {"image=a%00b", 400, "\"code\":\"invalid\""},
        {"image=a%2", 400, "\"code\":\"invalid\""},
        {"image=A", 400, "\"code\":\"invalid\""},
        {"image=a&platform=linux", 400, "\"code\":\"invalid\""},
        {"image=a&platform=linux/*", 400, "\"code\":\"invalid\""},
        {"image=denied.test/a", 403, "\"code\":\"forbidden\""},
    };
    (void)state;
    furnish(200);
    open_house();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct asker asker = {0};
        send_question(&asker, cases[i].query);
        assert_true(asker_is_answered(&asker));
        assert_int_equal(asker.response->status, cases[i].status);
        if (!strstr(asker.response->body, cases[i].body))
            fail_msg("'%s': no '%s' in %s", cases[i].query, cases[i].body, asker.response->body);
        assert_string_equal(asker_told(&asker, "Cache-Control"), "no-store");
        asker_release(&asker);
    }
    assert_int_equal(gets_so_far(), 0);
    close_house();
}

static void test_T40_an_image_is_at_most_1024_bytes(void **state)
{
    struct asker asker = {0};
    (void)state;
    furnish(200);
    open_house();
    memcpy(asker.query, "image=", 6);
    memset(asker.query + 6, 'a', 1025);
    send_question(&asker, asker.query);
    assert_true(asker_is_answered(&asker));
    assert_code(&asker, 400, "invalid");
    asker_release(&asker);
    close_house();
}

/* -- asking, hits, joining ------------------------------------------------------------------ */

static void test_a_cold_question_costs_one_get_and_a_warm_one_none(void **state)
{
    struct asker cold = {0};
    struct asker warm = {0};
    (void)state;
    furnish(200);
    open_house();
    ask(&cold, "app:1", "");
    assert_int_equal(cold.response->status, 200);
    assert_string_equal(cold.response->content_type, "application/json");
    assert_non_null(strstr(cold.response->body, "\"islist\":true"));
    assert_string_equal(asker_told(&cold, "Cache-Control"),
                        "public, max-age=3600, stale-while-revalidate=60, stale-if-error=3600");
    assert_false(cold.response->is_shared);

    send_image(&warm, "app:1", "");
    assert_true(asker_is_answered(&warm));
    assert_ptr_equal(warm.response->body, cold.response->body);
    assert_true(warm.response->is_shared);
    assert_string_equal(asker_told(&cold, "Cache-Status"), "mqueryd; fwd=miss; stored");
    assert_string_equal(asker_told(&warm, "Cache-Status"), "mqueryd; hit; ttl=3600");
    assert_string_equal(asker_told(&warm, "ETag"), asker_told(&cold, "ETag"));
    assert_int_equal(gets_so_far(), 1);
    assert_int_equal(heads_so_far(), 0);
    asker_release(&cold);
    asker_release(&warm);
    close_house();
}

static void test_only_if_cached_asks_nobody(void **state)
{
    struct asker cold = {.cache_control = "max-stale, only-if-cached"};
    struct asker asked = {0};
    struct asker warm = {.cache_control = "only-if-cached"};
    struct asker both = {.cache_control = "only-if-cached, no-cache"};
    (void)state;
    furnish(200);
    open_house();
    ask(&cold, "app:1", "");
    assert_code(&cold, 504, "only_if_cached");
    assert_string_equal(asker_told(&cold, "Cache-Control"), "no-store");
    assert_int_equal(gets_so_far(), 0);
    ask(&asked, "app:1", "");
    ask(&warm, "app:1", "");
    assert_int_equal(warm.response->status, 200);
    ask(&both, "app:1", "");
    assert_code(&both, 504, "only_if_cached");
    assert_int_equal(gets_so_far() + heads_so_far(), 1);
    asker_release(&cold);
    asker_release(&asked);
    asker_release(&warm);
    asker_release(&both);
    close_house();
}

static void test_T19_no_cache_has_what_is_known_confirmed(void **state)
{
    struct asker cold = {0};
    struct asker anew = {.cache_control = "No-Cache"};
    (void)state;
    furnish(200);
    open_house();
    ask(&cold, "app:1", "");
    ask(&anew, "app:1", "");
    assert_int_equal(anew.response->status, 200);
    assert_string_equal(asker_told(&anew, "Cache-Status"), "mqueryd; fwd=request; stored");
    assert_int_equal(gets_so_far(), 1);
    assert_int_equal(heads_so_far(), 1);
    asker_release(&cold);
    asker_release(&anew);
    close_house();
}

/* A remembered "no" is asked again; it may be a "yes" by now. */
static void test_no_cache_asks_again_what_was_not_found(void **state)
{
    struct asker cold = {0};
    struct asker warm = {0};
    struct asker anew = {.cache_control = "no-cache"};
    (void)state;
    furnish(404);
    open_house();
    ask(&cold, "app:1", "");
    ask(&warm, "app:1", "");
    assert_code(&warm, 404, "not_found");
    assert_string_equal(asker_told(&warm, "Cache-Status"), "mqueryd; hit");
    unsigned before = gets_so_far() + heads_so_far();
    ask(&anew, "app:1", "");
    assert_code(&anew, 404, "not_found");
    assert_string_equal(asker_told(&anew, "Cache-Status"), "mqueryd; fwd=request");
    assert_true(gets_so_far() + heads_so_far() > before);
    asker_release(&cold);
    asker_release(&warm);
    asker_release(&anew);
    close_house();
}

static void test_a_registry_in_trouble_is_left_alone_by_no_cache(void **state)
{
    struct asker cold = {0};
    struct asker anew = {.cache_control = "no-cache"};
    (void)state;
    furnish(500);
    open_house();
    ask(&cold, "app:1", "");
    assert_code(&cold, 502, "upstream");
    unsigned before = gets_so_far() + heads_so_far();
    ask(&anew, "app:1", "");
    assert_code(&anew, 502, "upstream");
    assert_int_equal(gets_so_far() + heads_so_far(), before);
    asker_release(&cold);
    asker_release(&anew);
    close_house();
}

static void test_other_spellings_are_rendered_from_what_is_known(void **state)
{
    static const struct {
        const char *more;
        const char *accept;
        const char *expected;
    } cases[] = {
        {"&format=text", NULL, "Image: "},
        {"", "text/plain", "Image: "},
        {"", "text/plain;q=0.5, application/json", "{\"cachets\":"},
        {"", "*/*", "{\"cachets\":"},
        {"&format=json", "text/plain", "{\"cachets\":"},
        {"&platform=linux/arm64", NULL, "\"supported\":true"},
        {"&platform=linux/s390x", NULL, "\"supported\":false"},
    };
    struct asker cold = {0};
    (void)state;
    furnish(200);
    open_house();
    ask(&cold, "app:1", "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct asker asker = {.accept = cases[i].accept};
        send_image(&asker, "app:1", cases[i].more);
        assert_true(asker_is_answered(&asker));
        assert_int_equal(asker.response->status, 200);
        assert_non_null(strstr(asker.response->body, cases[i].expected));
        asker_release(&asker);
    }
    assert_int_equal(gets_so_far(), 1);
    asker_release(&cold);
    close_house();
}

static void test_T20_who_asks_what_is_being_asked_joins(void **state)
{
    enum {
        CROWD = 200
    };
    static struct asker crowd[CROWD];
    (void)state;
    furnish(200);
    open_house();
    memset(crowd, 0, sizeof(crowd));
    canned_registry_hush(&house.upstream, true);
    for (size_t i = 0; i < CROWD; i++)
        send_image(&crowd[i], "app:1", i % 2 ? "" : "&platform=linux/amd64");
    canned_registry_wait(&house.upstream, &house.upstream.gets, 1);
    canned_registry_hush(&house.upstream, false);
    for (size_t i = 0; i < CROWD; i++) {
        asker_wait(&crowd[i]);
        assert_int_equal(crowd[i].response->status, 200);
        assert_ptr_equal(crowd[i].response->body, crowd[i % 2].response->body);
    }
    assert_int_equal(gets_so_far(), 1);
    for (size_t i = 0; i < CROWD; i++)
        asker_release(&crowd[i]);
    close_house();
}

static void test_two_tags_of_one_digest_are_two_questions(void **state)
{
    struct asker one = {0};
    struct asker two = {0};
    (void)state;
    furnish(200);
    open_house();
    ask(&one, "app:1", "");
    ask(&two, "app:2", "");
    assert_int_equal(gets_so_far(), 2);
    asker_release(&one);
    asker_release(&two);
    close_house();
}

static void test_a_digest_known_from_elsewhere_is_authorised_by_a_head(void **state)
{
    struct asker tag = {0};
    struct asker digest = {0};
    struct digest of_index;
    char image[256];
    (void)state;
    furnish(200);
    open_house();
    ask(&tag, "app:1", "");
    assert_true(digest_compute(DIGEST_SHA256, SLICE(canned_index), &of_index));
    (void)snprintf(image, sizeof(image), "other@%s", of_index.text);
    ask(&digest, image, "");
    assert_int_equal(digest.response->status, 200);
    assert_string_equal(asker_told(&digest, "Cache-Control"),
                        "public, max-age=31536000, immutable");
    assert_int_equal(gets_so_far(), 1);
    assert_int_equal(heads_so_far(), 1);
    asker_release(&tag);
    asker_release(&digest);
    close_house();
}

/* -- failures and stale answers ------------------------------------------------------------- */

static void test_a_failure_is_remembered(void **state)
{
    struct asker first = {0};
    struct asker second = {0};
    (void)state;
    furnish(404);
    open_house();
    ask(&first, "app:1", "");
    assert_code(&first, 404, "not_found");
    assert_string_equal(asker_told(&first, "Cache-Control"), "public, max-age=3600");
    send_image(&second, "app:1", "");
    assert_true(asker_is_answered(&second));
    assert_code(&second, 404, "not_found");
    assert_int_equal(gets_so_far(), 1);
    asker_release(&first);
    asker_release(&second);
    close_house();
}

static void test_T19_a_stale_answer_is_given_at_once_and_refreshed_behind_by_one_head(void **state)
{
    struct asker first = {0};
    struct asker second = {0};
    struct asker third = {0};
    (void)state;
    furnish(200);
    house.config.cache.fresh = 0;
    open_house();
    ask(&first, "app:1", "");
    assert_null(strstr(first.response->body, "\"stale\""));

    canned_registry_hush(&house.upstream, true);
    send_image(&second, "app:1", "");
    send_image(&third, "app:1", "");
    assert_true(asker_is_answered(&second) && asker_is_answered(&third));
    assert_non_null(strstr(second.response->body, "\"stale\":true"));
    assert_string_equal(asker_told(&second, "Cache-Control"), "no-cache");
    assert_ptr_equal(second.response, third.response);
    canned_registry_wait(&house.upstream, &house.upstream.heads, 1);
    canned_registry_hush(&house.upstream, false);
    close_house();
    assert_int_equal(house.upstream.heads, 1);
    assert_int_equal(house.upstream.gets, 1);
    asker_release(&first);
    asker_release(&second);
    asker_release(&third);
}

static void test_a_stale_answer_from_the_report_is_refreshed_behind_too(void **state)
{
    struct asker first = {0};
    struct asker second = {0};
    (void)state;
    furnish(200);
    house.config.cache.fresh = 0;
    open_house();
    ask(&first, "app:1", "");
    send_image(&second, "app:1", "&format=text");
    assert_true(asker_is_answered(&second));
    canned_registry_wait(&house.upstream, &house.upstream.heads, 1);
    asker_release(&first);
    asker_release(&second);
    close_house();
}

/* A worker that has just answered may count as busy for a moment longer. */
static void occupy_the_worker(struct asker *asker)
{
    send_image(asker, "busy:1", "");
    while (asker_is_answered(asker)) {
        assert_code(asker, 503, "overloaded");
        asker_release(asker);
        send_image(asker, "busy:1", "");
    }
}

static void test_a_refresh_that_found_no_worker_is_made_up_for_by_the_next_hit(void **state)
{
    struct asker first = {0};
    struct asker busy = {0};
    struct asker second = {0};
    int64_t until = clock_monotonic_ms() + PATIENCE_MS;
    (void)state;
    furnish(200);
    house.config.cache.fresh = 0;
    house.config.registry.workers_max = 1;
    house.config.registry.queue_max = 0;
    open_house();
    ask(&first, "app:1", "");
    canned_registry_hush(&house.upstream, true);
    occupy_the_worker(&busy);
    send_image(&second, "app:1", "");
    assert_true(asker_is_answered(&second));
    canned_registry_hush(&house.upstream, false);
    asker_wait(&busy);
    assert_int_equal(heads_so_far(), 0);
    while (heads_so_far() == 0 &&
           clock_monotonic_ms() < until) { /* until the worker is free again */
        asker_release(&second);
        send_image(&second, "app:1", "");
        assert_true(asker_is_answered(&second));
    }
    assert_true(heads_so_far() > 0);
    asker_release(&first);
    asker_release(&busy);
    asker_release(&second);
    close_house();
}

static void test_T21_a_stale_answer_stands_in_for_a_registry_in_trouble(void **state)
{
    static const unsigned troubles[] = {500, 429};
    (void)state;
    for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++) {
        struct asker before = {0};
        struct asker after = {0};
        struct asker again = {0};
        furnish(200);
        house.config.cache.fresh = 0;
        house.config.cache.stale_while_revalidate = 0;
        open_house();
        ask(&before, "app:1", "");
        canned_registry_say(&house.upstream, troubles[i]);
        ask(&after, "app:1", "");
        assert_int_equal(after.response->status, 200);
        assert_non_null(strstr(after.response->body, "\"stale\":true"));

        unsigned asked = gets_so_far() + heads_so_far();
        assert_int_equal(asked, 2); /* no retry where a stale answer is held */
        send_image(&again, "app:1", "");
        assert_true(asker_is_answered(&again));
        assert_int_equal(again.response->status, 200);
        assert_int_equal(gets_so_far() + heads_so_far(), asked);
        asker_release(&before);
        asker_release(&after);
        asker_release(&again);
        close_house();
    }
}

static void test_not_found_ends_a_stale_answer(void **state)
{
    struct asker before = {0};
    struct asker after = {0};
    (void)state;
    furnish(200);
    house.config.cache.fresh = 0;
    house.config.cache.stale_while_revalidate = 0;
    open_house();
    ask(&before, "app:1", "");
    canned_registry_say(&house.upstream, 404);
    ask(&after, "app:1", "");
    assert_code(&after, 404, "not_found");
    asker_release(&before);
    asker_release(&after);
    close_house();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T40_a_wrong_question_is_refused_with_the_reason),
        cmocka_unit_test(test_T40_an_image_is_at_most_1024_bytes),
        cmocka_unit_test(test_a_cold_question_costs_one_get_and_a_warm_one_none),
        cmocka_unit_test(test_only_if_cached_asks_nobody),
        cmocka_unit_test(test_T19_no_cache_has_what_is_known_confirmed),
        cmocka_unit_test(test_no_cache_asks_again_what_was_not_found),
        cmocka_unit_test(test_a_registry_in_trouble_is_left_alone_by_no_cache),
        cmocka_unit_test(test_other_spellings_are_rendered_from_what_is_known),
        cmocka_unit_test(test_T20_who_asks_what_is_being_asked_joins),
        cmocka_unit_test(test_two_tags_of_one_digest_are_two_questions),
        cmocka_unit_test(test_a_digest_known_from_elsewhere_is_authorised_by_a_head),
        cmocka_unit_test(test_a_failure_is_remembered),
        cmocka_unit_test(test_T19_a_stale_answer_is_given_at_once_and_refreshed_behind_by_one_head),
        cmocka_unit_test(test_a_stale_answer_from_the_report_is_refreshed_behind_too),
        cmocka_unit_test(test_a_refresh_that_found_no_worker_is_made_up_for_by_the_next_hit),
        cmocka_unit_test(test_T21_a_stale_answer_stands_in_for_a_registry_in_trouble),
        cmocka_unit_test(test_not_found_ends_a_stale_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
