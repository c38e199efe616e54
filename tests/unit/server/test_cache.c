/* SPDX-License-Identifier: Apache-2.0 */
/* What the cache tells when, and to whom. The clock is the tests' own. */
#include "tests/unit/server/cache_words.h"

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

/* -- what the bytes say of the time left ----------------------------------------------------- */

static void test_the_time_left_is_told_in_sixtieths_and_never_too_short(void **state)
{
    static const struct {
        int64_t age;
        int64_t left;
    } rows[] = {{0, FRESH},
                {FRESH / 60 - 1, FRESH},
                {FRESH / 60, FRESH - FRESH / 60},
                {FRESH / 2, FRESH / 2},
                {FRESH - 1, FRESH / 60},
                {FRESH, 0}};

    store(*state, "debian", START);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(cache_finding_release)
        struct cache_finding found = find_as(*state, "debian", everyone, START + rows[i].age);
        assert_int_equal(cache_fresh_left(FRESH, found.period), rows[i].left);
    }
    assert_int_equal(cache_fresh_left((int64_t)2 * SECOND, 1), SECOND); /* no finer than seconds */
}

static void test_bytes_are_told_as_long_as_the_time_left_is_what_they_say(void **state)
{
    store(*state, "debian", START);
    store_answer(*state, "debian", "young", START);
    store_answer(*state, "debian", "older", START + FRESH / 2);
    assert_int_equal(answer_state(*state, "young", START + FRESH / 60 - 1), CACHE_FRESH);
    assert_int_equal(answer_state(*state, "young", START + FRESH / 60), CACHE_MISS);
    assert_int_equal(answer_state(*state, "older", START), CACHE_MISS);
    assert_int_equal(answer_state(*state, "older", START + FRESH / 2 + 1), CACHE_FRESH);
}

static void test_what_is_true_for_good_has_one_answer(void **state)
{
    char image[128];
    (void)snprintf(image, sizeof(image), "debian@%s", some_digest);
    store(*state, image, START);
    store_answer(*state, image, "for good", START);
    assert_int_equal(answer_state(*state, "for good", START + (int64_t)IF_ERROR), CACHE_FRESH);
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

static void test_H20_a_registry_in_trouble_is_left_alone_as_long_as_it_asks_but_a_minute(
    void **state)
{
    static const struct {
        uint32_t asked; /* seconds */
        int64_t kept;
    } rows[] = {{0, MOMENT}, {1, MOMENT}, {20, (int64_t)20 * SECOND}, {3600, (int64_t)60 * SECOND}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fail_as(*state, "debian", everyone, ERROR_UPSTREAM, rows[i].asked, START);
        struct cache_finding last = find_as(*state, "debian", everyone, START + rows[i].kept - 1);
        assert_int_equal(last.state, CACHE_FAILED);
        assert_int_equal(last.error.retry_after, rows[i].asked ? 1 : 0);
        assert_int_equal(state_of(*state, "debian", START + rows[i].kept), CACHE_MISS);
    }
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

static void test_what_lacked_a_child_is_looked_for_again_as_soon_as_a_not_found(void **state)
{
    CLEANUP(report_unref_p)
    struct report *partial = marked_report_of("partial", report_mark_partial);
    char pinned[128];
    (void)snprintf(pinned, sizeof(pinned), "debian@%s", some_digest);
    store_report(*state, "debian", everyone, partial, START);
    store_report(*state, pinned, everyone, partial, START);
    assert_int_equal(state_of(*state, "debian", START + NEGATIVE - 1), CACHE_FRESH);
    assert_int_equal(state_of(*state, "debian", START + NEGATIVE), CACHE_REFRESH);
    assert_int_equal(state_of(*state, pinned, START + NEGATIVE - 1), CACHE_FRESH);
    assert_int_equal(state_of(*state, pinned, START + NEGATIVE), CACHE_ASK);
    assert_null(cache_find_digest(*state, slice_from_string(partial->digest.text)));
}

static void test_what_follows_from_more_than_the_digest_is_not_told_by_it(void **state)
{
    CLEANUP(report_unref_p) struct report *local = marked_report_of("local", report_mark_local);
    store_report(*state, "debian", everyone, local, START);
    assert_int_equal(state_of(*state, "debian", START + FRESH - 1), CACHE_FRESH);
    assert_null(cache_find_digest(*state, slice_from_string(local->digest.text)));
}

static void test_what_follows_from_more_than_the_digest_is_kept_beside_what_does_not(void **state)
{
    CLEANUP(report_unref_p) struct report *shared = report_of("one");
    CLEANUP(report_unref_p) struct report *local = marked_report_of("one", report_mark_local);
    CLEANUP(report_unref_p) struct report *partial = marked_report_of("one", report_mark_partial);
    store_report(*state, "debian", everyone, shared, START);
    store_report(*state, "debian:local", everyone, local, START);
    store_report(*state, "debian:partial", everyone, partial, START);

    CLEANUP(cache_finding_release)
    struct cache_finding found = find_as(*state, "debian:local", everyone, START);
    CLEANUP(cache_finding_release)
    struct cache_finding lacking = find_as(*state, "debian:partial", everyone, START);
    assert_ptr_equal(found.report, local);
    assert_ptr_equal(lacking.report, partial);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_cache, free_cache)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_answer_ages_from_fresh_to_stale_to_a_stand_in_to_nothing),
        TEST(test_the_time_left_is_told_in_sixtieths_and_never_too_short),
        TEST(test_bytes_are_told_as_long_as_the_time_left_is_what_they_say),
        TEST(test_what_is_true_for_good_has_one_answer),
        TEST(test_what_is_too_old_is_still_held_to_be_confirmed),
        TEST(test_confirming_again_makes_it_fresh),
        TEST(test_spellings_of_one_reference_are_one_entry),
        TEST(test_failures_are_remembered_as_long_as_their_kind_says),
        TEST(test_a_remembered_failure_is_told_as_it_was),
        TEST(test_T21_rate_limited_is_remembered_until_retry_after_which_counts_down),
        TEST(test_H20_a_registry_in_trouble_is_left_alone_as_long_as_it_asks_but_a_minute),
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
        TEST(test_what_lacked_a_child_is_looked_for_again_as_soon_as_a_not_found),
        TEST(test_what_follows_from_more_than_the_digest_is_not_told_by_it),
        TEST(test_what_follows_from_more_than_the_digest_is_kept_beside_what_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
