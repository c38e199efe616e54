/* SPDX-License-Identifier: Apache-2.0 */
/* The finished answers the cache keeps, what it forgets, and within which bounds. */
#include "tests/unit/server/cache_words.h"

/* -- finished answers ----------------------------------------------------------------------- */

static void test_an_answer_is_found_by_its_spelling_and_is_shared_from_its_first_hit(void **state)
{
    CLEANUP(response_unref_p) struct response *response = NULL;
    store(*state, "debian", START);
    store_answer(*state, "debian", "jdebian", START);

    size_t before = cache_counts(*state).bytes;
    assert_int_equal(cache_find_answer(*state, SLICE("jdebian"), START, &response), CACHE_FRESH);
    assert_true(response->is_shared);
    assert_true(cache_counts(*state).bytes > before);
    assert_int_equal(answer_state(*state, "tdebian", START), CACHE_MISS);
}

static void test_fresh_bytes_are_not_given_when_stale_and_the_other_way_round(void **state)
{
    int64_t stale = START + FRESH;
    store(*state, "debian", START);
    store_answer(*state, "debian", "debian", START);
    assert_int_equal(answer_state(*state, "debian", stale), CACHE_MISS);

    store_answer(*state, "debian", "debian", stale);
    assert_int_equal(answer_state(*state, "debian", stale), CACHE_REFRESH);
    store_failure(*state, "debian", ERROR_UPSTREAM, stale);
    assert_int_equal(answer_state(*state, "debian", stale), CACHE_STALE);

    store(*state, "debian", stale);
    assert_int_equal(answer_state(*state, "debian", stale), CACHE_MISS);
}

static void test_bytes_made_from_what_is_no_longer_known_are_not_kept(void **state)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(16);
    CLEANUP(cache_key_release) struct cache_key key = key_of("debian", everyone);
    store_as(*state, "debian", everyone, "before", START);
    CLEANUP(cache_finding_release)
    struct cache_finding before = find_as(*state, "debian", everyone, START);
    store_as(*state, "debian", everyone, "after", START);

    buffer_append_string(&body, "before");
    CLEANUP(response_unref_p) struct response *response = response_new(200, "text/plain", &body);
    cache_store_answer(*state, &key, SLICE("debian"), &before, response);
    assert_int_equal(answer_state(*state, "debian", START), CACHE_MISS);
}

static void test_a_ninth_spelling_takes_the_place_of_the_oldest(void **state)
{
    static const char *const spellings[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9"};
    store(*state, "debian", START);
    for (size_t i = 0; i < 9; i++)
        store_answer(*state, "debian", spellings[i], START);
    assert_int_equal(cache_counts(*state).answers, 8);
    assert_int_equal(answer_state(*state, "1", START), CACHE_MISS);
    for (size_t i = 1; i < 9; i++)
        assert_int_equal(answer_state(*state, spellings[i], START), CACHE_FRESH);
}

static void test_a_spelling_again_replaces_its_bytes(void **state)
{
    store(*state, "debian", START);
    store_answer(*state, "debian", "same", START);
    size_t bytes = cache_counts(*state).bytes;
    store_answer(*state, "debian", "same", START);
    assert_int_equal(cache_counts(*state).answers, 1);
    assert_int_equal(cache_counts(*state).bytes, bytes);
}

/* -- bounds --------------------------------------------------------------------------------- */

static void test_memory_is_bounded_and_the_longest_unused_goes_first(void **state)
{
    char image[64];
    store(*state, "reg.test/kept", START);
    store(*state, "reg.test/unused", START);
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(image, sizeof(image), "reg.test/image-%d", i);
        store(*state, image, START);
        assert_int_equal(state_of(*state, "reg.test/kept", START), CACHE_FRESH);
        assert_true(cache_counts(*state).bytes <= settings.memory);
    }
    assert_int_equal(state_of(*state, "reg.test/unused", START), CACHE_MISS);
    assert_int_equal(state_of(*state, image, START), CACHE_FRESH);
    assert_true(cache_counts(*state).entries > 100);
}

static void test_forms_of_hot_answers_go_before_anything_else(void **state)
{
    char image[64];
    store(*state, "reg.test/hot", START);
    store_answer(*state, "reg.test/hot", "hot", START);
    assert_int_equal(answer_state(*state, "hot", START), CACHE_FRESH);
    int i = 0;
    while (cache_counts(*state).answers > 0) {
        (void)snprintf(image, sizeof(image), "reg.test/image-%d", i++);
        store(*state, image, START);
    }
    assert_int_equal(cache_counts(*state).entries, i + 1);
    assert_int_equal(state_of(*state, "reg.test/hot", START), CACHE_FRESH);
}

static void test_contents_without_a_reference_go_before_entries(void **state)
{
    char image[64];
    store_as(*state, "reg.test/moved", everyone, "before", START);
    store_as(*state, "reg.test/moved", everyone, "after", START);
    int i = 0;
    while (cache_counts(*state).contents != cache_counts(*state).entries) {
        (void)snprintf(image, sizeof(image), "reg.test/image-%d", i++);
        store(*state, image, START);
    }
    assert_int_equal(cache_counts(*state).entries, i + 1);
}

static void test_without_memory_nothing_is_kept(void **state)
{
    (void)state;
    const struct config_cache none = {.fresh = FRESH, .negative = NEGATIVE};
    CLEANUP(cache_free_p) struct cache *cache = cache_new(&none);
    store(cache, "debian", START);
    store_failure(cache, "alpine", ERROR_NOT_FOUND, START);
    assert_int_equal(state_of(cache, "debian", START), CACHE_MISS);
    assert_int_equal(state_of(cache, "alpine", START), CACHE_MISS);
    assert_int_equal(cache_counts(cache).bytes, 0);
}

/* More than a sixteenth of a cache of SMALL_MEMORY. */
static struct report *huge_report(void)
{
    struct error error;
    struct digest digest;
    CLEANUP(report_builder_free_p) struct report_builder *builder = report_builder_new();
    const struct platform platform = {
        .os = "linux", .architecture = "amd64", .variant = "", .os_version = "1.2.3"};
    for (int i = 0; i < 1000; i++)
        report_add_platform(builder, &platform);
    assert_true(digest_compute(DIGEST_SHA256, SLICE("huge"), &digest));
    struct report *huge = report_builder_finish(builder, &digest, "", true, &error);
    assert_non_null(huge);
    assert_true(huge->size > SMALL_MEMORY / 16);
    return huge;
}

static void test_what_would_push_out_the_rest_is_not_kept(void **state)
{
    (void)state;
    struct config_cache small = settings;
    small.memory = SMALL_MEMORY;
    CLEANUP(cache_free_p) struct cache *cache = cache_new(&small);
    CLEANUP(report_unref_p) struct report *huge = huge_report();

    store(cache, "debian", START);
    store(cache, "reg.test/grown", START);
    store_report(cache, "reg.test/huge", everyone, huge, START);
    store_report(cache, "reg.test/grown", everyone, huge, START + FRESH);
    assert_int_equal(state_of(cache, "reg.test/huge", START), CACHE_MISS);
    assert_int_equal(state_of(cache, "reg.test/grown", START + FRESH), CACHE_MISS);
    assert_int_equal(state_of(cache, "debian", START), CACHE_FRESH);
    assert_int_equal(cache_counts(cache).entries, 1);
}

/* Against what malloc itself says; without an answer (a sanitizer's malloc) there is nothing to
 * compare with. */
static void test_the_account_is_near_what_malloc_gave(void **state)
{
    (void)state;
    struct config_cache roomy = settings;
    roomy.memory = ROOMY_MEMORY;
    CLEANUP(cache_free_p) struct cache *cache = cache_new(&roomy);
    char image[64];
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < 2000; i++) {
        (void)snprintf(image, sizeof(image), "reg.test/image-%d", i);
        store(cache, image, START);
        store_answer(cache, image, image, START);
    }
    size_t given = mallinfo2().uordblks - before;
    size_t counted = cache_counts(cache).bytes;
    if (given == 0)
        return;
    assert_in_range(counted, given * 9 / 10, given * 11 / 10);
}

/* -- forgetting ----------------------------------------------------------------------------- */

static void test_what_was_asked_before_it_was_forgotten_is_not_stored(void **state)
{
    struct error error;
    CLEANUP(cache_key_release) struct cache_key key = key_of("debian", everyone);
    CLEANUP(report_unref_p) struct report *report = report_of("before the push");
    struct cache_finding asked;
    cache_find(*state, &key, START, &asked);
    cache_forget(*state, &key);
    cache_store(*state, &key, report, CONFIRMED, START, asked.generation);
    assert_int_equal(state_of(*state, "debian", START), CACHE_MISS);
    error_set(&error, ERROR_NOT_FOUND, "before the push");
    cache_store_failure(*state, &key, &error, START, asked.generation);
    assert_int_equal(state_of(*state, "debian", START), CACHE_MISS);

    store(*state, "debian", START);
    assert_int_equal(state_of(*state, "debian", START), CACHE_FRESH);
}

static void test_forgetting_counts_in_every_partition(void **state)
{
    CLEANUP(cache_key_release) struct cache_key key = key_of("debian", alice);
    store(*state, "debian", START);
    store_as(*state, "debian", bob, "debian", START);
    store(*state, "alpine", START);
    store_answer(*state, "debian", "debian", START);

    cache_forget(*state, &key);
    assert_int_equal(state_of(*state, "debian", START), CACHE_MISS);
    assert_int_equal(state_as(*state, "debian", bob, START), CACHE_MISS);
    assert_int_equal(answer_state(*state, "debian", START), CACHE_MISS);
    assert_int_equal(state_of(*state, "alpine", START), CACHE_FRESH);
}

/* Of a caller's own entry the report stays, to be confirmed. */
static void test_what_was_forgotten_is_not_brought_back_by_a_failure(void **state)
{
    static const enum error_code codes[] = {ERROR_UPSTREAM, ERROR_RATE_LIMITED, ERROR_NOT_FOUND};
    CLEANUP(cache_key_release) struct cache_key key = key_of("debian", alice);

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        store_as(*state, "debian", alice, "before the push", START);
        cache_forget(*state, &key);
        fail_as(*state, "debian", alice, codes[i], 1, START + 1);
        assert_int_equal(state_as(*state, "debian", alice, START + 1), CACHE_FAILED);
        assert_int_equal(state_as(*state, "debian", alice, START + NEGATIVE + 1), CACHE_MISS);
    }
}

static void test_another_kind_of_answer_is_kept_apart_and_forgotten_with_the_rest(void **state)
{
    struct error error;
    CLEANUP(report_unref_p) struct report *report = report_of("whole");
    CLEANUP(cache_key_release) struct cache_key plain = key_of("debian", everyone);
    CLEANUP(cache_key_release) struct cache_key marked = key_of("debian", everyone);
    CLEANUP(cache_key_release) struct cache_key marked_alices = key_of("debian", alice);
    const struct cache_key *const keys[] = {&marked, &marked_alices};

    assert_true(cache_key_mark(&plain, "", &error));
    assert_true(cache_key_mark(&marked, "i", &error));
    assert_true(cache_key_mark(&marked_alices, "i", &error));
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(cache_finding_release) struct cache_finding finding;
        cache_store(*state, keys[i], report, CONFIRMED, START, 0);
        cache_find(*state, keys[i], START, &finding);
        assert_int_equal(finding.state, CACHE_FRESH);
    }
    assert_int_equal(state_of(*state, "debian", START), CACHE_MISS);

    cache_forget(*state, &plain);
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(cache_finding_release) struct cache_finding finding;
        cache_find(*state, keys[i], START, &finding);
        assert_int_equal(finding.state, CACHE_MISS);
    }
}

/* -- threads -------------------------------------------------------------------------------- */

enum {
    ROUNDS = 2000
};

/* No assertions here: cmocka's belong to the main thread. */
static void *use_cache(void *context)
{
    struct cache *cache = context;
    struct error error;
    CLEANUP(reference_free_p)
    struct reference *reference = reference_parse(SLICE("debian"), &error);
    CLEANUP(cache_key_release) struct cache_key key = {0};
    if (!reference || !cache_key_init(&key, reference, everyone, &error))
        return NULL;

    for (int i = 0; i < ROUNDS; i++) {
        struct cache_finding finding;
        struct response *response = NULL;
        cache_find(cache, &key, START + i, &finding);
        if (finding.report)
            cache_store(cache, &key, finding.report, CONFIRMED, START + i, finding.generation);
        (void)cache_find_answer(cache, SLICE("debian"), START + i, &response);
        response_unref(response);
        cache_finding_release(&finding);
    }
    return cache;
}

static void test_threads_may_use_it_at_once(void **state)
{
    pthread_t threads[4];
    void *result = NULL;
    store(*state, "debian", START);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_cache, *state), 0);
    for (int i = 0; i < ROUNDS; i++)
        store_answer(*state, "debian", "debian", START);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_non_null(result);
    }
    assert_int_equal(state_of(*state, "debian", START), CACHE_FRESH);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_cache, free_cache)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_answer_is_found_by_its_spelling_and_is_shared_from_its_first_hit),
        TEST(test_fresh_bytes_are_not_given_when_stale_and_the_other_way_round),
        TEST(test_bytes_made_from_what_is_no_longer_known_are_not_kept),
        TEST(test_a_ninth_spelling_takes_the_place_of_the_oldest),
        TEST(test_a_spelling_again_replaces_its_bytes),
        TEST(test_memory_is_bounded_and_the_longest_unused_goes_first),
        TEST(test_forms_of_hot_answers_go_before_anything_else),
        TEST(test_contents_without_a_reference_go_before_entries),
        TEST(test_without_memory_nothing_is_kept),
        TEST(test_what_would_push_out_the_rest_is_not_kept),
        TEST(test_the_account_is_near_what_malloc_gave),
        TEST(test_what_was_asked_before_it_was_forgotten_is_not_stored),
        TEST(test_forgetting_counts_in_every_partition),
        TEST(test_what_was_forgotten_is_not_brought_back_by_a_failure),
        TEST(test_another_kind_of_answer_is_kept_apart_and_forgotten_with_the_rest),
        TEST(test_threads_may_use_it_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
