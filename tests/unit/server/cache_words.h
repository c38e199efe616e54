/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Short words for storing and finding in a cache whose clock is the tests' own.
 */
#ifndef TESTS_SERVER_CACHE_WORDS_H
#define TESTS_SERVER_CACHE_WORDS_H

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

static inline int make_cache(void **state)
{
    *state = cache_new(&settings);
    return *state ? 0 : -1;
}

static inline int free_cache(void **state)
{
    cache_free(*state);
    return 0;
}

/* -- short words ---------------------------------------------------------------------------- */

static inline struct cache_key key_of(const char *image, const char *partition)
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
/* What a report is made to be besides complete and everyone's. */
typedef void (*mark_function)(struct report_builder *builder);

static inline struct report *marked_report_of(const char *seed, mark_function mark)
{
    struct error error;
    struct digest digest;
    const struct platform platform = {
        .os = "linux", .architecture = "amd64", .variant = "", .os_version = ""};
    CLEANUP(report_builder_free_p) struct report_builder *builder = report_builder_new();

    assert_true(digest_compute(DIGEST_SHA256, slice_from_string(seed), &digest));
    report_add_platform(builder, &platform);
    if (mark)
        mark(builder);
    struct report *report = report_builder_finish(
        builder, &digest, "application/vnd.oci.image.index.v1+json", true, &error);
    assert_non_null(report);
    return report;
}

static inline struct report *report_of(const char *seed)
{
    return marked_report_of(seed, NULL);
}

static inline void store_report(struct cache *cache, const char *image, const char *partition,
                                struct report *report, int64_t now)
{
    struct cache_finding finding;
    CLEANUP(cache_key_release) struct cache_key key = key_of(image, partition);

    cache_find(cache, &key, now, &finding);
    cache_store(cache, &key, report, CONFIRMED, now, finding.generation);
    cache_finding_release(&finding);
}

static inline void store_as(struct cache *cache, const char *image, const char *partition,
                            const char *seed, int64_t now)
{
    CLEANUP(report_unref_p) struct report *report = report_of(seed);
    store_report(cache, image, partition, report, now);
}

static inline void store(struct cache *cache, const char *image, int64_t now)
{
    store_as(cache, image, everyone, image, now);
}

static inline struct cache_finding find_as(struct cache *cache, const char *image,
                                           const char *partition, int64_t now)
{
    struct cache_finding finding;
    CLEANUP(cache_key_release) struct cache_key key = key_of(image, partition);
    cache_find(cache, &key, now, &finding);
    return finding;
}

static inline enum cache_state state_as(struct cache *cache, const char *image,
                                        const char *partition, int64_t now)
{
    struct cache_finding finding = find_as(cache, image, partition, now);
    cache_finding_release(&finding);
    return finding.state;
}

static inline enum cache_state state_of(struct cache *cache, const char *image, int64_t now)
{
    return state_as(cache, image, everyone, now);
}

static inline void fail_as(struct cache *cache, const char *image, const char *partition,
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

static inline void store_failure(struct cache *cache, const char *image, enum error_code code,
                                 int64_t now)
{
    fail_as(cache, image, everyone, code, 0, now);
}

/* Keeps `spelling` itself as the bytes of the image's answer. */
static inline void store_answer(struct cache *cache, const char *image, const char *spelling,
                                int64_t now)
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

static inline enum cache_state answer_state(struct cache *cache, const char *spelling, int64_t now)
{
    CLEANUP(response_unref_p) struct response *response = NULL;
    enum cache_state state = cache_find_answer(cache, slice_from_string(spelling), now, &response);
    if (state == CACHE_MISS)
        assert_null(response);
    else
        assert_string_equal(response->body, spelling);
    return state;
}

#endif
