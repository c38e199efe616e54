/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that moves bytes shows that it lives, and does not while it is stuck. */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "config/config.h"
#include "registry/registry.h"

enum {
    STUCK_MS = 10 * 1000,
    LONG_MS = 30 * 1000,
    STEP_US = 10 * 1000
};

static struct timespec patience(void)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LONG_MS / 1000;
    return until;
}

/* What is told on the transfer thread holds it up. */
struct holdup {
    sem_t reached;
    sem_t go_on;
    int64_t since;
};

static void hold_up(void *context, const struct registry_event *event)
{
    struct holdup *holdup = context;
    (void)event;

    holdup->since = clock_monotonic_ms();
    (void)sem_post(&holdup->reached);
    const struct timespec until = patience();
    (void)sem_timedwait(&holdup->go_on, &until);
}

static char none[] = "none";
static char any[] = "*";
static char *allowed[] = {any};
static const struct config_registry settings = {.timeout = LONG_MS,
                                                .memory = 1024UL * 1024,
                                                .allow = {allowed, 1},
                                                .credentials = none,
                                                .proxy = none,
                                                .open = true,
                                                .plain_http = true};

static struct registry *open_registry(void)
{
    struct error error;
    struct registry *registry = registry_new(&settings, &error);

    assert_non_null(registry);
    return registry;
}

/* Nobody is there: one request is made, and fails. */
static void *ask_nobody(void *registry)
{
    struct error error;
    struct reference *reference = reference_parse(SLICE("127.0.0.1:1/lab/app:v1"), &error);
    const struct registry_question question = {.reference = reference,
                                               .deadline = clock_monotonic_ms() + LONG_MS};

    report_unref(registry_query(registry, &question, &error));
    reference_free(reference);
    return NULL;
}

static bool becomes_alive(const struct registry *registry, int64_t now)
{
    int64_t deadline = clock_monotonic_ms() + LONG_MS;

    while (!registry_is_alive(registry, now) && clock_monotonic_ms() < deadline)
        (void)usleep(STEP_US);
    return registry_is_alive(registry, now);
}

static void test_before_it_is_asked_there_is_no_thread_to_be_stuck(void **state)
{
    struct registry *registry = open_registry();

    (void)state;
    assert_true(registry_is_alive(registry, INT64_MAX));
    registry_free(registry);
}

static void test_a_thread_that_is_held_up_is_not_alive_until_it_turns_again(void **state)
{
    struct registry *registry = open_registry();
    struct holdup holdup = {.since = 0};
    pthread_t asking;

    (void)state;
    (void)sem_init(&holdup.reached, 0, 0);
    (void)sem_init(&holdup.go_on, 0, 0);
    registry_on_event(registry, hold_up, &holdup);
    assert_int_equal(pthread_create(&asking, NULL, ask_nobody, registry), 0);
    const struct timespec until = patience();
    assert_int_equal(sem_timedwait(&holdup.reached, &until), 0);

    int64_t too_late = holdup.since + STUCK_MS;
    assert_true(registry_is_alive(registry, holdup.since));
    assert_false(registry_is_alive(registry, too_late));
    for (int i = 0; i < 100; i++) /* however many requests there are: none holds it up again */
        (void)sem_post(&holdup.go_on);
    pthread_join(asking, NULL);
    /* Nothing is asked any more: it turns by itself. */
    assert_true(becomes_alive(registry, too_late));
    registry_free(registry);
    (void)sem_destroy(&holdup.reached);
    (void)sem_destroy(&holdup.go_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_it_is_asked_there_is_no_thread_to_be_stuck),
        cmocka_unit_test(test_a_thread_that_is_held_up_is_not_alive_until_it_turns_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
