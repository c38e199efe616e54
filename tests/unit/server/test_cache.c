/* SPDX-License-Identifier: Apache-2.0 */
/* What the cache tells when, to whom, and within which bounds. The clock is the tests' own. */
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "registry/registry.h"
#include "server/cache.h"
#include "server/response.h"

enum {
    MEMORY = 1024 * 1024,
    SMALL_MEMORY = 64 * 1024,
    ROOMY_MEMORY = 64 * 1024 * 1024,
    SECOND = 1000,
    MOMENT = 5 * SECOND,
    START = 50 * SECOND,
    FRESH = 300 * SECOND,
    REVALIDATE = 3600 * SECOND,
    IF_ERROR = 86400 * SECOND,
    NEGATIVE = 30 * SECOND,
    CONFIRMED = 1700000000
};

static const char alice[] = "00112233445566778899aabbccddeeff";
static const char bob[] = "ffeeddccbbaa99887766554433221100";
static const char everyone[] = "";

static const char some_digest[] =
    "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

static const struct config_cache settings = {.fresh = FRESH,
                                             .stale_while_revalidate = REVALIDATE,
                                             .stale_if_error = IF_ERROR,
                                             .negative = NEGATIVE,
                                             .memory = MEMORY};

static int make_cache(void **state)
{
    *state = cache_new(&settings);
    return *state ? 0 : -1;
}

static int free_cache(void **state)
{
    cache_free(*state);
    return 0;
}

/* -- short words ---------------------------------------------------------------------------- */

static struct cache_key key_of(const char *image, const char *partition)
{
    struct error error;
    struct cache_key key;
    CLEANUP(reference_free_p)
    struct reference *reference = reference_parse(slice_from_string(image), &error);
    assert_non_null(reference);
    assert_true(cache_key_init(&key, reference, partition, &error));
    return key;
}

/* A report whose digest is that of `seed`. */
static struct report *report_of(const char *seed)
{
    struct error error;
    struct digest digest;
    const struct platform platform = {
        .os = "linux", .architecture = "amd64", .variant = "", .os_version = ""};
    CLEANUP(report_builder_free_p) struct report_builder *builder = report_builder_new();

    assert_true(digest_compute(DIGEST_SHA256, slice_from_string(seed), &digest));
    report_add_platform(builder, &platform);
    struct report *report = report_builder_finish(
        builder, &digest, "application/vnd.oci.image.index.v1+json", true, &error);
    assert_non_null(report);
    return report;
}

static void store_as(struct cache *cache, const char *image, const char *partition,
                     const char *seed, int64_t now)
{
    struct cache_finding finding;
    CLEANUP(cache_key_release) struct cache_key key = key_of(image, partition);
    CLEANUP(report_unref_p) struct report *report = report_of(seed);

    cache_find(cache, &key, now, &finding);
    cache_store(cache, &key, report, CONFIRMED, now, finding.generation);
    cache_finding_release(&finding);
}

static void store(struct cache *cache, const char *image, int64_t now)
{
    store_as(cache, image, everyone, image, now);
}

static struct cache_finding find_as(struct cache *cache, const char *image, const char *partition,
                                    int64_t now)
{
    struct cache_finding finding;
    CLEANUP(cache_key_release) struct cache_key key = key_of(image, partition);
    cache_find(cache, &key, now, &finding);
    return finding;
}

static enum cache_state state_as(struct cache *cache, const char *image, const char *partition,
                                 int64_t now)
{
    struct cache_finding finding = find_as(cache, image, partition, now);
    cache_finding_release(&finding);
    return finding.state;
}

static enum cache_state state_of(struct cache *cache, const char *image, int64_t now)
{
    return state_as(cache, image, everyone, now);
}

static void fail_as(struct cache *cache, const char *image, const char *partition,
                    enum error_code code, uint32_t retry_after, int64_t now)
{
    struct error error;
    struct cache_finding finding;
    CLEANUP(cache_key_release) struct cache_key key = key_of(image, partition);

    error_set(&error, code, "%s said no", image);
    error.retry_after = retry_after;
    cache_find(cache, &key, now, &finding);
    cache_store_failure(cache, &key, &error, now, finding.generation);
    cache_finding_release(&finding);
}

static void store_failure(struct cache *cache, const char *image, enum error_code code, int64_t now)
{
    fail_as(cache, image, everyone, code, 0, now);
}

/* Keeps `spelling` itself as the bytes of the image's answer. */
static void store_answer(struct cache *cache, const char *image, const char *spelling, int64_t now)
{
    CLEANUP(cache_key_release) struct cache_key key = key_of(image, everyone);
    CLEANUP(cache_finding_release) struct cache_finding finding;
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(4096);

    cache_find(cache, &key, now, &finding);
    buffer_append_string(&body, spelling);
    CLEANUP(response_unref_p)
    struct response *response = response_new(200, "application/json", &body);
    cache_store_answer(cache, &key, slice_from_string(spelling), &finding, response);
}

static enum cache_state answer_state(struct cache *cache, const char *spelling, int64_t now)
{
    CLEANUP(response_unref_p) struct response *response = NULL;
    enum cache_state state = cache_find_answer(cache, slice_from_string(spelling), now, &response);
    if (state == CACHE_MISS)
        assert_null(response);
    else
        assert_string_equal(response->body, spelling);
    return state;
}

/* -- time ----------------------------------------------------------------------------------- */

static void test_an_answer_ages_from_fresh_to_stale_to_a_stand_in_to_nothing(void **state)
{
    static const struct {
        int64_t age;
        enum cache_state expected;
    } cases[] = {
        {0, CACHE_FRESH},
        {FRESH - 1, CACHE_FRESH},
        {FRESH, CACHE_REFRESH},
        {FRESH + REVALIDATE - 1, CACHE_REFRESH},
        {FRESH + REVALIDATE, CACHE_ASK},
        {FRESH + (int64_t)IF_ERROR - 1, CACHE_ASK},
        {FRESH + (int64_t)IF_ERROR, CACHE_MISS},
    };
    store(*state, "debian", START);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(state_of(*state, "debian", START + cases[i].age), cases[i].expected);
}

static void test_what_is_too_old_is_still_held_to_be_confirmed(void **state)
{
    store(*state, "debian", START);
    CLEANUP(cache_finding_release)
    struct cache_finding finding =
        find_as(*state, "debian", everyone, START + FRESH + (int64_t)IF_ERROR);
    assert_int_equal(finding.state, CACHE_MISS);
    assert_non_null(finding.report);
    assert_int_equal(finding.confirmed, CONFIRMED);
}

static void test_confirming_again_makes_it_fresh(void **state)
{
    store(*state, "debian", START);
    store(*state, "debian", START + FRESH);
    assert_int_equal(state_of(*state, "debian", START + 2 * FRESH - 1), CACHE_FRESH);
}

static void test_spellings_of_one_reference_are_one_entry(void **state)
{
    store(*state, "debian", START);
    assert_int_equal(state_of(*state, "docker.io/library/debian:latest", START), CACHE_FRESH);
    assert_int_equal(state_of(*state, "debian:12", START), CACHE_MISS);
}

/* -- failures (decision 6) ------------------------------------------------------------------ */

static void test_failures_are_remembered_as_long_as_their_kind_says(void **state)
{
    static const struct {
        enum error_code code;
        int64_t life;
    } cases[] = {
        {ERROR_NOT_FOUND, NEGATIVE}, {ERROR_DENIED, NEGATIVE}, {ERROR_UNSUPPORTED, NEGATIVE},
        {ERROR_TOO_LARGE, NEGATIVE}, {ERROR_UPSTREAM, MOMENT}, {ERROR_TIMEOUT, MOMENT},
        {ERROR_FORBIDDEN, MOMENT},   {ERROR_OVERLOADED, 0},    {ERROR_DRAINING, 0},
        {ERROR_INTERNAL, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *image = error_code_name(cases[i].code);
        char name[64];
        (void)snprintf(name, sizeof(name), "reg.test/%s", image);
        store_failure(*state, name, cases[i].code, START);
        if (cases[i].life)
            assert_int_equal(state_of(*state, name, START + cases[i].life - 1), CACHE_FAILED);
        assert_int_equal(state_of(*state, name, START + cases[i].life), CACHE_MISS);
    }
}

static void test_a_remembered_failure_is_told_as_it_was(void **state)
{
    store_failure(*state, "debian", ERROR_DENIED, START);
    struct cache_finding finding = find_as(*state, "debian", everyone, START + 1);
    assert_int_equal(finding.state, CACHE_FAILED);
    assert_int_equal(finding.error.code, ERROR_DENIED);
    assert_string_equal(finding.error.message, "debian said no");
    assert_int_equal(finding.error.retry_after, 0);
    assert_null(finding.report);
}

static void test_T21_rate_limited_is_remembered_until_retry_after_which_counts_down(void **state)
{
    fail_as(*state, "debian", everyone, ERROR_RATE_LIMITED, 60, START);
    assert_int_equal(find_as(*state, "debian", everyone, START).error.retry_after, 60);
    assert_int_equal(find_as(*state, "debian", everyone, START + 59500).error.retry_after, 1);
    assert_int_equal(state_of(*state, "debian", START + 60 * SECOND), CACHE_MISS);
}

static void test_a_registry_in_trouble_leaves_the_stale_answer_and_is_not_asked_for_a_moment(
    void **state)
{
    static const enum error_code codes[] = {ERROR_UPSTREAM, ERROR_TIMEOUT, ERROR_RATE_LIMITED};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        int64_t stale = START + FRESH + REVALIDATE;
        store(*state, "debian", START);
        store_failure(*state, "debian", codes[i], stale);
        assert_int_equal(state_of(*state, "debian", stale), CACHE_STALE);
        assert_int_equal(state_of(*state, "debian", stale + MOMENT), CACHE_ASK);
        assert_true(cache_may_be_stale(codes[i]));
    }
    assert_true(cache_may_be_stale(ERROR_OVERLOADED));
}

static void test_a_registry_that_says_no_ends_the_answer(void **state)
{
    static const enum error_code codes[] = {ERROR_NOT_FOUND, ERROR_DENIED, ERROR_UNSUPPORTED,
                                            ERROR_TOO_LARGE, ERROR_FORBIDDEN};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        store(*state, "debian", START);
        store_answer(*state, "debian", "debian", START);
        store_failure(*state, "debian", codes[i], START + FRESH);
        assert_int_equal(state_of(*state, "debian", START + FRESH), CACHE_FAILED);
        assert_int_equal(answer_state(*state, "debian", START + FRESH), CACHE_MISS);
        assert_int_equal(state_of(*state, "debian", START + FRESH + NEGATIVE), CACHE_MISS);
        assert_false(cache_may_be_stale(codes[i]));
    }
}

static void test_a_failure_longer_ago_than_stale_if_error_is_told_itself(void **state)
{
    int64_t late = START + FRESH + (int64_t)IF_ERROR;
    store(*state, "debian", START);
    store_failure(*state, "debian", ERROR_UPSTREAM, late);
    assert_int_equal(state_of(*state, "debian", late), CACHE_FAILED);
}

static void test_an_answer_ends_the_failure(void **state)
{
    fail_as(*state, "debian", everyone, ERROR_RATE_LIMITED, REVALIDATE / SECOND, START);
    store(*state, "debian", START + 1);
    assert_int_equal(state_of(*state, "debian", START + 1), CACHE_FRESH);
    assert_int_equal(state_of(*state, "debian", START + 1 + FRESH), CACHE_REFRESH);
}

/* -- digests and partitions (decision 5) ---------------------------------------------------- */

static void test_a_digest_never_expires_for_everyone(void **state)
{
    char image[128];
    (void)snprintf(image, sizeof(image), "debian@%s", some_digest);
    store(*state, image, START);
    assert_int_equal(state_of(*state, image, START + 100 * (int64_t)IF_ERROR), CACHE_FRESH);
}

static void test_a_digest_is_authorised_for_its_repository_only(void **state)
{
    char image[128];
    char other[128];
    (void)snprintf(image, sizeof(image), "debian@%s", some_digest);
    (void)snprintf(other, sizeof(other), "reg.test/private@%s", some_digest);
    store(*state, image, START);
    assert_int_equal(state_of(*state, other, START), CACHE_MISS);
}

static void test_a_callers_digest_is_asked_again_after_fresh(void **state)
{
    char image[128];
    (void)snprintf(image, sizeof(image), "debian@%s", some_digest);
    store_as(*state, image, alice, image, START);
    assert_int_equal(state_as(*state, image, alice, START + FRESH - 1), CACHE_FRESH);
    assert_int_equal(state_as(*state, image, alice, START + FRESH), CACHE_ASK);
}

static void test_what_a_digest_is_not_stays_known(void **state)
{
    char image[128];
    (void)snprintf(image, sizeof(image), "debian@%s", some_digest);
    store_failure(*state, image, ERROR_UNSUPPORTED, START);
    assert_int_equal(state_of(*state, image, START + 100 * (int64_t)IF_ERROR), CACHE_FAILED);

    fail_as(*state, image, alice, ERROR_UNSUPPORTED, 0, START);
    assert_int_equal(state_as(*state, image, alice, START + FRESH - 1), CACHE_FAILED);
    assert_int_equal(state_as(*state, image, alice, START + FRESH), CACHE_MISS);
}

static void test_T31_S32_one_callers_answer_is_nobody_elses(void **state)
{
    store_as(*state, "reg.test/private", alice, "private", START);
    assert_int_equal(state_as(*state, "reg.test/private", alice, START), CACHE_FRESH);
    assert_int_equal(state_as(*state, "reg.test/private", bob, START), CACHE_MISS);
    assert_int_equal(state_as(*state, "reg.test/private", everyone, START), CACHE_MISS);
    assert_null(find_as(*state, "reg.test/private", bob, START).report);
}

static void test_T31_what_a_caller_has_learnt_of_a_digest_is_not_shared(void **state)
{
    CLEANUP(report_unref_p) struct report *report = report_of("private");
    store_as(*state, "reg.test/private", alice, "private", START);
    assert_null(cache_find_digest(*state, slice_from_string(report->digest.text)));

    store_as(*state, "reg.test/public", everyone, "private", START);
    CLEANUP(report_unref_p)
    struct report *known = cache_find_digest(*state, slice_from_string(report->digest.text));
    assert_non_null(known);
}

static void test_two_tags_with_one_digest_share_its_content(void **state)
{
    store_as(*state, "debian:12", everyone, "bookworm", START);
    size_t one = cache_counts(*state).bytes;
    store_as(*state, "debian:12.1", everyone, "bookworm", START);
    struct cache_counts counts = cache_counts(*state);
    assert_int_equal(counts.entries, 2);
    assert_int_equal(counts.contents, 1);
    assert_true(counts.bytes < one + one / 2);
}

static void test_a_tag_that_moves_back_finds_its_content_again(void **state)
{
    CLEANUP(report_unref_p) struct report *before = report_of("before");
    store_as(*state, "debian", everyone, "before", START);
    store_as(*state, "debian", everyone, "after", START + FRESH);
    CLEANUP(report_unref_p)
    struct report *known = cache_find_digest(*state, slice_from_string(before->digest.text));
    assert_non_null(known);
    assert_int_equal(cache_counts(*state).contents, 2);
}

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

static void test_what_would_push_out_the_rest_is_not_kept(void **state)
{
    (void)state;
    struct error error;
    struct digest digest;
    struct cache_finding finding;
    struct config_cache small = settings;
    small.memory = SMALL_MEMORY;
    CLEANUP(cache_free_p) struct cache *cache = cache_new(&small);
    CLEANUP(cache_key_release) struct cache_key key = key_of("reg.test/huge", everyone);
    CLEANUP(report_builder_free_p) struct report_builder *builder = report_builder_new();
    const struct platform platform = {
        .os = "linux", .architecture = "amd64", .variant = "", .os_version = "1.2.3"};
    for (int i = 0; i < 1000; i++)
        report_add_platform(builder, &platform);
    assert_true(digest_compute(DIGEST_SHA256, SLICE("huge"), &digest));
    CLEANUP(report_unref_p)
    struct report *huge = report_builder_finish(builder, &digest, "", true, &error);
    assert_non_null(huge);
    assert_true(huge->size > small.memory / 16);

    store(cache, "debian", START);
    cache_find(cache, &key, START, &finding);
    cache_store(cache, &key, huge, CONFIRMED, START, finding.generation);
    assert_int_equal(state_of(cache, "reg.test/huge", START), CACHE_MISS);
    assert_int_equal(state_of(cache, "debian", START), CACHE_FRESH);
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
        TEST(test_an_answer_ages_from_fresh_to_stale_to_a_stand_in_to_nothing),
        TEST(test_what_is_too_old_is_still_held_to_be_confirmed),
        TEST(test_confirming_again_makes_it_fresh),
        TEST(test_spellings_of_one_reference_are_one_entry),
        TEST(test_failures_are_remembered_as_long_as_their_kind_says),
        TEST(test_a_remembered_failure_is_told_as_it_was),
        TEST(test_T21_rate_limited_is_remembered_until_retry_after_which_counts_down),
        TEST(test_a_registry_in_trouble_leaves_the_stale_answer_and_is_not_asked_for_a_moment),
        TEST(test_a_registry_that_says_no_ends_the_answer),
        TEST(test_a_failure_longer_ago_than_stale_if_error_is_told_itself),
        TEST(test_an_answer_ends_the_failure),
        TEST(test_a_digest_never_expires_for_everyone),
        TEST(test_a_digest_is_authorised_for_its_repository_only),
        TEST(test_a_callers_digest_is_asked_again_after_fresh),
        TEST(test_what_a_digest_is_not_stays_known),
        TEST(test_T31_S32_one_callers_answer_is_nobody_elses),
        TEST(test_T31_what_a_caller_has_learnt_of_a_digest_is_not_shared),
        TEST(test_two_tags_with_one_digest_share_its_content),
        TEST(test_a_tag_that_moves_back_finds_its_content_again),
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
        TEST(test_threads_may_use_it_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
