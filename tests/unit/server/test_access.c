/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "registry/push.h"
#include "server/access.h"
#include "server/request.h"

static void log_one(enum access_log wanted, const char *image, enum outcome outcome,
                    const struct error *error)
{
    const struct config_log settings = {.access = wanted};
    const struct request request = {0};
    const struct access_lookup lookup = {
        .action = "query", .image = slice_from_string(image), .outcome = outcome};
    access_log_lookup(&settings, &request, &lookup, error ? 502 : 200, error);
}

static void log_push(enum access_log wanted, const char *target, unsigned token,
                     const struct push_result *result)
{
    const struct config_log settings = {.access = wanted};
    const struct request request = {.client = {.push_token = token}};
    const struct access_push push = {
        .action = "push", .target = slice_from_string(target), .result = result};
    access_log_push(&settings, &request, &push, 200, NULL);
}

static void log_pushes(void)
{
    const struct push_result result = {.digest = {.text = "sha256:12"},
                                       .tags_pushed = 2,
                                       .copied = 3,
                                       .mounted = 4,
                                       .existed = 5,
                                       .children = 6};

    log_push(ACCESS_LOG_MISSES, "a/known", 7, &result);
    log_push(ACCESS_LOG_ALL, "a/anonymous", 0, NULL);
    log_push(ACCESS_LOG_NONE, "none-push", 7, &result);
}

/* The log starts once a process, so one test looks at all the lines. */
static void test_hits_are_written_only_where_all_is_wanted_and_nothing_where_none_is(void **state)
{
    int ends[2];
    char lines[4096] = {0};
    struct error error;
    (void)state;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_true(log_start(ends[1], LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT, &error));
    (void)error_set(&error, ERROR_UPSTREAM, "no route");
    log_one(ACCESS_LOG_ALL, "all-hit", OUTCOME_HIT, NULL);
    log_one(ACCESS_LOG_ALL, "all-miss", OUTCOME_MISS, NULL);
    log_one(ACCESS_LOG_MISSES, "misses-hit", OUTCOME_HIT, NULL);
    log_one(ACCESS_LOG_MISSES, "misses-stale", OUTCOME_STALE_HIT, NULL);
    log_one(ACCESS_LOG_MISSES, "misses-miss", OUTCOME_MISS, &error);
    log_one(ACCESS_LOG_MISSES, "misses-joined", OUTCOME_JOINED, NULL);
    log_one(ACCESS_LOG_MISSES, "misses-refused", OUTCOME_REFUSED, NULL);
    log_one(ACCESS_LOG_NONE, "none-miss", OUTCOME_MISS, NULL);
    log_pushes();
    log_stop();
    assert_true(read(ends[0], lines, sizeof(lines) - 1) > 0);

    assert_non_null(strstr(lines, "image=all-hit cache=hit"));
    assert_non_null(strstr(lines, "image=all-miss cache=miss"));
    assert_null(strstr(lines, "misses-hit"));
    assert_null(strstr(lines, "misses-stale"));
    assert_non_null(strstr(lines, "image=misses-miss cache=miss"));
    assert_non_null(strstr(lines, "status=502 error=\"no route\""));
    assert_non_null(strstr(lines, "image=misses-joined cache=joined"));
    assert_non_null(strstr(lines, "image=misses-refused cache=none"));
    assert_null(strstr(lines, "none-miss"));
    assert_non_null(strstr(lines,
                           "message=\"push\" target=a/known who=\"token 7\" digest=sha256:12 "
                           "tags=2 children=6 copied=3 mounted=4 existed=5 ms="));
    assert_non_null(strstr(lines, "target=a/anonymous who=\"nobody known\" ms="));
    assert_null(strstr(lines, "none-push"));
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hits_are_written_only_where_all_is_wanted_and_nothing_where_none_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
