/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long helpers' answers are kept (C10), how many, and that the same is asked once at a time.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "registry/credential.h"
#include "registry/credential_answers.h"
#include "tests/unit/registry/scratch_directory.h"

#define ANSWER "printf '{\"Username\":\"u\",\"Secret\":\"p\"}'"

enum {
    PATIENCE_MS = 20 * 1000
};

static struct scratch scratch;
static struct credential_answers *answers;
static int64_t start; /* of the test */

static int set_up(void **state)
{
    (void)state;
    scratch = scratch_make();
    answers = credential_answers_new();
    start = clock_monotonic_ms();
    return answers ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    credential_answers_free(answers);
    scratch_remove(&scratch);
    return 0;
}

/* Notes each call in a file, which short appends of several processes do not mix up. */
static void write_helper(const char *script)
{
    char counted[1024];

    (void)snprintf(counted, sizeof(counted), "echo >>%s/calls\n%s", scratch.path, script);
    scratch_write_helper(&scratch, "good", counted);
}

static size_t count_calls(void)
{
    char text[1024];

    return strlen(scratch_read(&scratch, "calls", text, sizeof(text)));
}

/* Waits by the real clock, even where `now` is a point to come. */
static struct credential *get(const char *server, int64_t now, struct error *error)
{
    const struct credential_time time = {now, clock_monotonic_ms() + PATIENCE_MS};

    return credential_answers_get(answers, "good", server, time, error);
}

/* Asks so long after the start, and tells how often the helper has run by then. */
static size_t ask_at(int64_t after, const char *server)
{
    struct error error = {0};

    credential_free(get(server, start + after, &error));
    return count_calls();
}

static void test_C10_an_answer_lives_as_long_as_it_is_worth(void **state)
{
    static const struct {
        const char *script;
        int64_t life; /* ms */
    } rows[] = {
        {ANSWER, 3600000},
        {"echo credentials not found in native keychain; exit 1", 60000},
        {"exit 1", 5000},
    };
    size_t calls = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char server[16];
        (void)snprintf(server, sizeof(server), "reg%zu.x", i);
        write_helper(rows[i].script);
        assert_int_equal(ask_at(0, server), ++calls);
        assert_int_equal(ask_at(0, server), calls);
        assert_int_equal(ask_at(rows[i].life - 1, server), calls);
        assert_int_equal(ask_at(rows[i].life, server), ++calls);
    }
}

static void test_each_server_has_an_answer_of_its_own(void **state)
{
    (void)state;
    write_helper(ANSWER);
    assert_int_equal(ask_at(1, "a.x"), 1);
    assert_int_equal(ask_at(1, "b.x"), 2);
    assert_int_equal(ask_at(1, "a.x"), 2);
}

/* Whoever names registries fills the table with "none": what is worth more stays. */
static void test_credentials_outlive_a_crowd_of_nones(void **state)
{
    char server[16];

    (void)state;
    write_helper(ANSWER);
    assert_int_equal(ask_at(1, "mine.x"), 1);
    write_helper("echo credentials not found in native keychain; exit 1");
    for (unsigned i = 0; i < 300; i++) {
        (void)snprintf(server, sizeof(server), "reg%u.x", i);
        (void)ask_at(2 + i, server);
    }
    size_t calls = count_calls();
    assert_int_equal(calls, 301);
    assert_int_equal(ask_at(400, "mine.x"), calls);
    assert_int_equal(ask_at(400, "reg299.x"), calls);
    assert_int_equal(ask_at(400, "reg0.x"), calls + 1); /* forgotten */
}

static void *ask_in_thread(void *failures)
{
    struct error error = {0};
    struct credential *credential = get("reg.x", clock_monotonic_ms(), &error);

    if (!credential)
        atomic_fetch_add((atomic_uint *)failures, 1);
    credential_free(credential);
    return NULL;
}

static void test_the_same_is_asked_once_at_a_time(void **state)
{
    enum {
        THREADS = 16
    };
    pthread_t threads[THREADS];
    atomic_uint failures = 0;

    (void)state;
    write_helper("sleep 0.1; " ANSWER);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_in_thread, &failures), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(failures, 0);
    assert_int_equal(count_calls(), 1);
}

static void *ask_for_another(void *number)
{
    char server[16];
    struct error error = {0};

    (void)snprintf(server, sizeof(server), "reg%u.x", *(const unsigned *)number);
    credential_free(get(server, clock_monotonic_ms(), &error));
    return NULL;
}

/* Each helper counts those that run beside it. */
static void test_not_more_than_a_few_helpers_run_at_once(void **state)
{
    enum {
        THREADS = 24,
        RUNNING_MAX = 8
    };
    pthread_t threads[THREADS];
    unsigned numbers[THREADS];
    char script[512];
    char crowds[1024];

    (void)state;
    (void)scratch_directory(&scratch, "running");
    (void)snprintf(script, sizeof(script),
                   "cd %s/running; touch $$; ls | wc -l >>../crowds; sleep 0.05; rm $$; " ANSWER,
                   scratch.path);
    write_helper(script);
    for (unsigned i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, ask_for_another, &numbers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(count_calls(), THREADS);
    const char *line = scratch_read(&scratch, "crowds", crowds, sizeof(crowds));
    for (; *line; line = strchr(line, '\n') + 1)
        assert_in_range(strtoul(line, NULL, 10), 1, RUNNING_MAX);
}

/* -- ends ----------------------------------------------------------------------------------- */

static void test_a_question_ends_by_its_deadline(void **state)
{
    struct error error = {0};
    int64_t now = clock_monotonic_ms();

    (void)state;
    write_helper("sleep 1000");
    assert_null(credential_answers_get(answers, "good", "reg.x",
                                       (struct credential_time){now, now + 100}, &error));
    assert_int_equal(error.code, ERROR_TIMEOUT);
    assert_in_range(clock_monotonic_ms() - now, 100, PATIENCE_MS);
}

static void *ask_until_cancelled(void *code)
{
    struct error error = {0};

    credential_free(get("reg.x", clock_monotonic_ms(), &error));
    *(enum error_code *)code = error.code;
    return NULL;
}

static void test_cancelling_ends_who_asks_who_waits_and_who_comes_later(void **state)
{
    pthread_t threads[2];
    enum error_code codes[2] = {ERROR_NONE, ERROR_NONE};
    struct error error = {0};

    (void)state;
    write_helper("sleep 1000");
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_until_cancelled, &codes[i]), 0);
    while (count_calls() == 0 && clock_monotonic_ms() < start + PATIENCE_MS)
        (void)usleep(1000);
    credential_answers_cancel(answers);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(codes[i], ERROR_DRAINING);
    }
    assert_null(get("other.x", clock_monotonic_ms(), &error));
    assert_int_equal(error.code, ERROR_DRAINING);
    assert_true(clock_monotonic_ms() < start + PATIENCE_MS);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_C10_an_answer_lives_as_long_as_it_is_worth),
        CASE(test_each_server_has_an_answer_of_its_own),
        CASE(test_credentials_outlive_a_crowd_of_nones),
        CASE(test_the_same_is_asked_once_at_a_time),
        CASE(test_not_more_than_a_few_helpers_run_at_once),
        CASE(test_a_question_ends_by_its_deadline),
        CASE(test_cancelling_ends_who_asks_who_waits_and_who_comes_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
