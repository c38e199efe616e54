/* SPDX-License-Identifier: Apache-2.0 */
/* Whose answer a lookup gives to whom, and how it ends when there is no room, no answer or no time.
 */
#include "server/cache.h"
#include "tests/unit/server/lookup_house.h"

/* -- credentials ---------------------------------------------------------------------------- */

static const char *auth_of(struct buffer *out, const char *user)
{
    struct buffer json = BUFFER_INIT(256);
    (void)buffer_format(&json, "{\"username\":\"%s\",\"password\":\"x\"}", user);
    (void)escape_base64_encode(out, buffer_slice(&json));
    buffer_release(&json);
    return buffer_string(out);
}

static void test_credentials_that_others_could_read_are_refused_never_ignored(void **state)
{
    struct asker asker = {.auth = "e30=", .auth_count = 1};
    (void)state;
    furnish(200);
    open_house();
    asker.request = (struct request){.door = &door,
                                     .query = SLICE("image=a"),
                                     .is_confidential = false,
                                     .snapshot = snapshots_take(house.snapshots)};
    lookup_answer(house.lookup, &asker.request);
    assert_true(asker_is_answered(&asker));
    assert_code(&asker, 403, "forbidden");
    assert_non_null(strstr(asker.response->body, "loopback"));
    asker_release(&asker);
    close_house();
}

static void test_credentials_that_cannot_be_read_or_are_for_another_registry_are_invalid(
    void **state)
{
    struct buffer header = BUFFER_INIT(256);
    static const char elsewhere[] =
        "{\"username\":\"a\",\"password\":\"x\",\"serveraddress\":\"elsewhere.test\"}";
    (void)state;
    furnish(200);
    open_house();
    assert_true(escape_base64_encode(&header, SLICE(elsewhere)));
    const struct asker cases[] = {
        {.auth = "not base64", .auth_count = 1},
        {.auth = buffer_string(&header), .auth_count = 1},
        {.auth = "e30=", .auth_count = 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct asker asker = cases[i];
        send_image(&asker, "app:1", "");
        assert_true(asker_is_answered(&asker));
        assert_code(&asker, 400, "invalid");
        asker_release(&asker);
    }
    assert_int_equal(gets_so_far(), 0);
    buffer_release(&header);
    close_house();
}

static void test_T31_each_callers_answer_is_asked_for_and_told_to_nobody_else(void **state)
{
    CLEANUP(buffer_release) struct buffer alice = BUFFER_INIT(256);
    CLEANUP(buffer_release) struct buffer bob = BUFFER_INIT(256);
    struct asker cases[] = {
        {.auth = auth_of(&alice, "alice"), .auth_count = 1},
        {.auth = auth_of(&bob, "bob"), .auth_count = 1},
        {.auth = NULL},
    };
    (void)state;
    furnish(200);
    open_house();
    for (unsigned i = 0; i < 3; i++) {
        ask(&cases[i], "app:1", "");
        assert_int_equal(cases[i].response->status, 200);
        assert_int_equal(gets_so_far(), i + 1);
        asker_release(&cases[i]);
    }
    ask(&cases[0], "app:1", "");
    assert_int_equal(gets_so_far(), 3);
    assert_string_equal(asker_told(&cases[0], "Cache-Control"), "private, no-store");
    asker_release(&cases[0]);
    close_house();
}

/* -- bounds and the end --------------------------------------------------------------------- */

static void test_a_full_queue_answers_overloaded_at_once(void **state)
{
    struct asker running = {0};
    struct asker waiting = {0};
    struct asker refused = {0};
    (void)state;
    furnish(200);
    house.config.registry.workers_max = 1;
    house.config.registry.queue_max = 1;
    open_house();
    canned_registry_hush(&house.upstream, true);
    send_image(&running, "app:1", "");
    send_image(&waiting, "app:2", "");
    send_image(&refused, "app:3", "");
    assert_true(asker_is_answered(&refused));
    assert_code(&refused, 503, "overloaded");
    assert_string_equal(asker_told(&refused, "Retry-After"), "1");
    assert_false(asker_is_answered(&running));
    canned_registry_hush(&house.upstream, false);
    asker_wait(&running);
    asker_wait(&waiting);
    assert_int_equal(waiting.response->status, 200);
    asker_release(&running);
    asker_release(&waiting);
    asker_release(&refused);
    close_house();
}

/* As another flight would that landed just before. */
static void learn_that_there_is_no(const char *name)
{
    char image[REFERENCE_MAX];
    struct error error;
    CLEANUP(cache_key_release) struct cache_key key = {0};
    CLEANUP(cache_finding_release) struct cache_finding finding = {0};
    struct cache *cache = lookup_cache(house.lookup);

    (void)snprintf(image, sizeof(image), "%s/%s", house.upstream.name, name);
    CLEANUP(reference_free_p)
    struct reference *reference = reference_parse(slice_from_string(image), &error);
    assert_true(cache_key_init(&key, reference, "", &error));
    cache_find(cache, &key, clock_monotonic_ms(), &finding);
    (void)error_set(&error, ERROR_NOT_FOUND, "not found");
    cache_store_failure(cache, &key, &error, clock_monotonic_ms(), finding.generation);
}

static void test_T20_what_was_learnt_while_a_flight_waited_is_not_asked_again(void **state)
{
    struct asker running = {0};
    struct asker waiting = {0};
    struct asker doubting = {.cache_control = "no-cache"};
    (void)state;
    furnish(200);
    house.config.registry.workers_max = 1;
    open_house();
    canned_registry_hush(&house.upstream, true);
    send_image(&running, "app:1", "");
    send_image(&waiting, "app:2", "");
    send_image(&doubting, "app:3", "");
    learn_that_there_is_no("app:2");
    learn_that_there_is_no("app:3");
    canned_registry_hush(&house.upstream, false);
    asker_wait(&running);
    asker_wait(&waiting);
    asker_wait(&doubting);
    assert_code(&waiting, 404, "not_found");
    assert_int_equal(doubting.response->status, 200);
    assert_int_equal(gets_so_far(), 2);
    asker_release(&running);
    asker_release(&waiting);
    asker_release(&doubting);
    close_house();
}

static void test_a_silent_registry_is_a_timeout(void **state)
{
    struct asker asker = {0};
    (void)state;
    furnish(200);
    house.config.registry.timeout = 100;
    open_house();
    canned_registry_hush(&house.upstream, true);
    ask(&asker, "app:1", "");
    assert_code(&asker, 504, "timeout");
    asker_release(&asker);
    close_house();
}

static void test_the_tick_answers_who_has_waited_past_the_deadline(void **state)
{
    struct asker asker = {0};
    (void)state;
    furnish(200);
    open_house();
    canned_registry_hush(&house.upstream, true);
    send_image(&asker, "app:1", "");
    lookup_tick(house.lookup, clock_monotonic_ms() + PATIENCE_MS);
    assert_false(asker_is_answered(&asker));
    lookup_tick(house.lookup, clock_monotonic_ms() + PATIENCE_MS + 2000);
    assert_true(asker_is_answered(&asker));
    assert_code(&asker, 504, "timeout");
    asker_release(&asker);
    close_house();
}

static void test_a_drain_answers_who_waits_and_refuses_who_comes(void **state)
{
    struct asker waiting = {0};
    struct asker late = {0};
    (void)state;
    furnish(200);
    open_house();
    canned_registry_hush(&house.upstream, true);
    send_image(&waiting, "app:1", "");
    lookup_drain(house.lookup, clock_monotonic_ms());
    assert_true(asker_is_answered(&waiting));
    assert_code(&waiting, 503, "draining");
    send_image(&late, "app:2", "");
    assert_true(asker_is_answered(&late));
    assert_code(&late, 503, "draining");
    asker_release(&waiting);
    asker_release(&late);
    close_house();
}

static void test_a_drain_waits_for_answers_on_their_way(void **state)
{
    struct asker asker = {0};
    (void)state;
    furnish(200);
    open_house();
    send_image(&asker, "app:1", "");
    lookup_drain(house.lookup, clock_monotonic_ms() + PATIENCE_MS);
    assert_true(asker_is_answered(&asker));
    assert_int_equal(asker.response->status, 200);
    asker_release(&asker);
    close_house();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_credentials_that_others_could_read_are_refused_never_ignored),
        cmocka_unit_test(
            test_credentials_that_cannot_be_read_or_are_for_another_registry_are_invalid),
        cmocka_unit_test(test_T31_each_callers_answer_is_asked_for_and_told_to_nobody_else),
        cmocka_unit_test(test_a_full_queue_answers_overloaded_at_once),
        cmocka_unit_test(test_T20_what_was_learnt_while_a_flight_waited_is_not_asked_again),
        cmocka_unit_test(test_a_silent_registry_is_a_timeout),
        cmocka_unit_test(test_the_tick_answers_who_has_waited_past_the_deadline),
        cmocka_unit_test(test_a_drain_answers_who_waits_and_refuses_who_comes),
        cmocka_unit_test(test_a_drain_waits_for_answers_on_their_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
