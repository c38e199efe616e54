/* SPDX-License-Identifier: Apache-2.0 */
/* Turns, shares and bounds of the workers. Jobs wait at a gate, so that nothing depends on speed.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "server/workers.h"

enum {
    PATIENCE_MS = 20000, /* how long a test waits for what must happen */
    JOBS_MAX = 64
};

/* Jobs note their order as they come to the gate, and go on when it lets them through. */
struct scene {
    struct workers *workers;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    size_t passes; /* jobs that may still go through */
    size_t come;
    size_t at_gate;
    size_t run;
    size_t cancelled;
    char order[JOBS_MAX + 1]; /* the first letters of their registries */
};

struct test_job {
    struct job job;
    struct scene *scene;
};

static struct scene scene;
static struct test_job jobs[JOBS_MAX];
static size_t job_count;

static void run_job(struct job *job)
{
    struct scene *at = ((struct test_job *)(void *)job)->scene;
    (void)pthread_mutex_lock(&at->mutex);
    at->order[at->come++] = job->registry[0];
    at->at_gate++;
    (void)pthread_cond_broadcast(&at->changed);
    while (at->passes == 0)
        (void)pthread_cond_wait(&at->changed, &at->mutex);
    at->passes--;
    at->at_gate--;
    at->run++;
    (void)pthread_cond_broadcast(&at->changed);
    (void)pthread_mutex_unlock(&at->mutex);
}

static void cancel_job(struct job *job)
{
    struct scene *at = ((struct test_job *)(void *)job)->scene;
    (void)pthread_mutex_lock(&at->mutex);
    at->cancelled++;
    (void)pthread_mutex_unlock(&at->mutex);
}

static void begin_with(const struct workers_settings *settings)
{
    pthread_condattr_t attributes;

    scene = (struct scene){.workers = workers_new(settings)};
    assert_non_null(scene.workers);
    job_count = 0;
    (void)pthread_mutex_init(&scene.mutex, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&scene.changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

static void begin(size_t threads, size_t queue, int64_t idle)
{
    const struct workers_settings settings = {
        .threads_max = threads, .threads_kept = 2, .idle = idle, .queue_max = queue};

    begin_with(&settings);
}

static void let_through(size_t count)
{
    (void)pthread_mutex_lock(&scene.mutex);
    scene.passes += count;
    (void)pthread_cond_broadcast(&scene.changed);
    (void)pthread_mutex_unlock(&scene.mutex);
}

static void open_gate(void)
{
    let_through(JOBS_MAX);
}

static void end(void)
{
    open_gate();
    workers_free(scene.workers);
    (void)pthread_cond_destroy(&scene.changed);
    (void)pthread_mutex_destroy(&scene.mutex);
}

static enum error_code submit(const char *registry, bool is_stranger)
{
    struct error error = {.code = ERROR_NONE};
    struct test_job *job = &jobs[job_count++];
    *job = (struct test_job){.job = {.run = run_job,
                                     .cancel = cancel_job,
                                     .registry = registry,
                                     .is_stranger = is_stranger},
                             .scene = &scene};
    if (workers_submit(scene.workers, &job->job, &error))
        return ERROR_NONE;
    return error.code;
}

static void submit_times(size_t count, const char *registry, bool is_stranger)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(submit(registry, is_stranger), ERROR_NONE);
}

/* Waits until the field has this value, or more; false when it never gets it. */
static bool wait_for(const size_t *field, size_t value)
{
    struct timespec until = clock_timespec(clock_monotonic_ms() + PATIENCE_MS);
    int status = 0;
    (void)pthread_mutex_lock(&scene.mutex);
    while (*field < value && status == 0)
        status = pthread_cond_timedwait(&scene.changed, &scene.mutex, &until);
    bool is_reached = *field >= value;
    (void)pthread_mutex_unlock(&scene.mutex);
    return is_reached;
}

static bool wait_for_threads(size_t count)
{
    int64_t until = clock_monotonic_ms() + PATIENCE_MS;
    while (workers_counts(scene.workers).threads != count) {
        if (clock_monotonic_ms() > until)
            return false;
        (void)sched_yield();
    }
    return true;
}

/* How many of those that have come are of registries that begin with one of `letters`. */
static size_t count_come(const char *letters)
{
    size_t count = 0;
    (void)pthread_mutex_lock(&scene.mutex);
    for (size_t i = 0; i < scene.come; i++)
        count += strchr(letters, scene.order[i]) != NULL;
    (void)pthread_mutex_unlock(&scene.mutex);
    return count;
}

static void test_registries_are_served_in_turn(void **state)
{
    (void)state;
    begin(1, 10, 1000);
    submit_times(1, "x", false);
    assert_true(wait_for(&scene.at_gate, 1));
    submit_times(3, "a", false);
    submit_times(2, "b", false);
    submit_times(1, "c", false);
    open_gate();
    assert_true(wait_for(&scene.run, 7));
    assert_string_equal(scene.order, "xabcaba");
    end();
}

static void test_a_turn_is_one_job_also_where_more_threads_could_be_held(void **state)
{
    (void)state;
    begin(4, 10, 1000);
    submit_times(2, "x", false);
    submit_times(2, "y", false);
    assert_true(wait_for(&scene.at_gate, 4));
    submit_times(2, "a", false);
    submit_times(2, "b", false);
    for (size_t i = 1; i <= 3; i++) {
        let_through(1);
        assert_true(wait_for(&scene.come, 4 + i));
    }
    assert_string_equal(scene.order + 4, "aba");
    end();
}

static void test_known_registries_and_strangers_take_turns(void **state)
{
    (void)state;
    begin(1, 10, 1000);
    submit_times(1, "x", false);
    assert_true(wait_for(&scene.at_gate, 1));
    submit_times(1, "1", true);
    submit_times(1, "2", true);
    submit_times(1, "3", true);
    submit_times(3, "a", false);
    open_gate();
    assert_true(wait_for(&scene.run, 7));
    assert_string_equal(scene.order, "x1a2a3a");
    end();
}

static void test_strangers_together_hold_a_quarter(void **state)
{
    static const char *const strangers[] = {"1", "2", "3", "4", "5", "6"};
    (void)state;
    begin(8, 10, 1000);
    for (size_t i = 0; i < 6; i++)
        submit_times(1, strangers[i], true);
    assert_true(wait_for(&scene.at_gate, 2));
    submit_times(4, "a", false);
    assert_true(wait_for(&scene.at_gate, 6));
    submit_times(2, "b", false);
    assert_true(wait_for(&scene.at_gate, 8));
    assert_int_equal(count_come("123456"), 2);
    assert_int_equal(workers_counts(scene.workers).running, 8);
    assert_int_equal(workers_counts(scene.workers).waiting, 4);
    open_gate();
    assert_true(wait_for(&scene.run, 12));
    end();
}

static void test_one_registry_holds_half(void **state)
{
    (void)state;
    begin(4, 10, 1000);
    submit_times(5, "a", false);
    assert_true(wait_for(&scene.at_gate, 2));
    submit_times(2, "b", false);
    assert_true(wait_for(&scene.at_gate, 4));
    assert_int_equal(count_come("a"), 2);
    assert_int_equal(workers_counts(scene.workers).waiting, 3);
    open_gate();
    assert_true(wait_for(&scene.run, 7));
    end();
}

static void test_registries_that_are_silent_leave_some_to_the_others(void **state)
{
    (void)state;
    begin(16, 20, 1000);
    submit_times(20, "a", false);
    assert_true(wait_for(&scene.at_gate, 8)); /* half */
    submit_times(20, "b", false);
    assert_true(wait_for(&scene.at_gate, 13)); /* half of that, and one that is left over */
    submit_times(3, "c", false);
    assert_true(wait_for(&scene.at_gate, 15));
    submit_times(1, "d", false);
    assert_true(wait_for(&scene.at_gate, 16));
    assert_int_equal(count_come("a"), 8);
    assert_int_equal(count_come("b"), 5);
    assert_int_equal(count_come("c"), 2);
    open_gate();
    assert_true(wait_for(&scene.run, 44));
    end();
}

static void test_one_registry_holds_what_the_settings_say(void **state)
{
    const struct workers_settings settings = {
        .threads_max = 4, .idle = 1000, .queue_max = 10, .registry_max = 3};

    (void)state;
    begin_with(&settings);
    submit_times(5, "a", false);
    assert_true(wait_for(&scene.at_gate, 3));
    submit_times(1, "b", false);
    assert_true(wait_for(&scene.at_gate, 4));
    assert_int_equal(count_come("a"), 3);
    open_gate();
    assert_true(wait_for(&scene.run, 6));
    end();
}

static void test_a_stranger_that_has_answered_is_one_no_longer(void **state)
{
    (void)state;
    begin(8, 10, 1000);
    submit_times(4, "a", true);
    assert_true(wait_for(&scene.at_gate, 2));
    submit_times(1, "a", false);
    assert_true(wait_for(&scene.at_gate, 4)); /* half, and what was held back is no more */
    open_gate();
    assert_true(wait_for(&scene.run, 5));
    end();
}

static void test_a_full_queue_refuses_at_once_and_others_go_on(void **state)
{
    (void)state;
    begin(2, 2, 1000);
    submit_times(3, "a", false); /* one runs, two wait */
    assert_true(wait_for(&scene.at_gate, 1));
    assert_int_equal(submit("a", false), ERROR_OVERLOADED);
    assert_int_equal(submit("b", false), ERROR_NONE);
    open_gate();
    assert_true(wait_for(&scene.run, 4));
    end();
}

static void test_strangers_cannot_fill_all_queues(void **state)
{
    static const char *const strangers[] = {"1", "2", "3", "4", "5", "6", "7"};
    (void)state;
    begin(4, 2, 1000);
    for (size_t i = 0; i < 5; i++) /* one thread and two queues' worth */
        submit_times(1, strangers[i], true);
    assert_int_equal(submit(strangers[5], true), ERROR_OVERLOADED);
    assert_int_equal(submit("a", false), ERROR_NONE);
    open_gate();
    assert_true(wait_for(&scene.run, 6));
    end();
}

static void test_all_queues_together_are_bounded(void **state)
{
    static const char *const known[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    (void)state;
    begin(4, 1, 1000);
    for (size_t i = 0; i < 8; i++) /* four threads and four queues' worth */
        submit_times(1, known[i], false);
    assert_int_equal(submit(known[8], false), ERROR_OVERLOADED);
    open_gate();
    assert_true(wait_for(&scene.run, 8));
    end();
}

static void test_threads_come_on_demand_and_go_when_idle(void **state)
{
    (void)state;
    begin(16, 10, 10);
    assert_int_equal(workers_counts(scene.workers).threads, 0);
    submit_times(6, "a", false);
    assert_true(wait_for(&scene.at_gate, 6));
    assert_int_equal(workers_counts(scene.workers).threads, 6);
    open_gate();
    assert_true(wait_for(&scene.run, 6));
    assert_true(wait_for_threads(2));

    submit_times(1, "a", false);
    assert_true(wait_for(&scene.run, 7));
    assert_int_equal(workers_counts(scene.workers).threads, 2);
    end();
}

static void test_no_more_threads_start_than_may_run(void **state)
{
    (void)state;
    begin(8, 10, 1000);
    submit_times(6, "1", true);
    assert_int_equal(workers_counts(scene.workers).threads, 2);
    submit_times(6, "a", false);
    assert_int_equal(workers_counts(scene.workers).threads, 6);
    assert_true(wait_for(&scene.at_gate, 6));
    open_gate();
    assert_true(wait_for(&scene.run, 12));
    assert_int_equal(workers_counts(scene.workers).threads, 6);
    end();
}

static void test_the_end_cancels_what_waits_and_waits_for_what_runs(void **state)
{
    (void)state;
    begin(2, 10, 1000);
    submit_times(3, "a", false);
    assert_true(wait_for(&scene.at_gate, 1));
    open_gate();
    workers_free(scene.workers);
    assert_int_equal(scene.run + scene.cancelled, 3);
    assert_true(scene.run >= 1);
    scene.workers = NULL;
    end();
}

static void *submit_many(void *context)
{
    struct test_job *own = context;
    static const char *const registries[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < JOBS_MAX / 4; i++) {
        struct error error;
        own[i] = (struct test_job){.job = {.run = run_job,
                                           .cancel = cancel_job,
                                           .registry = registries[i % 4],
                                           .is_stranger = i % 3 == 0},
                                   .scene = &scene};
        if (!workers_submit(scene.workers, &own[i].job, &error))
            cancel_job(&own[i].job);
    }
    return NULL;
}

static void test_every_job_of_many_threads_ends_once(void **state)
{
    (void)state;
    pthread_t threads[4];
    begin(8, 4, 5);
    open_gate();
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, submit_many, &jobs[i * (JOBS_MAX / 4)]),
                         0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    workers_free(scene.workers);
    scene.workers = NULL;
    assert_int_equal(scene.run + scene.cancelled, JOBS_MAX);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registries_are_served_in_turn),
        cmocka_unit_test(test_a_turn_is_one_job_also_where_more_threads_could_be_held),
        cmocka_unit_test(test_known_registries_and_strangers_take_turns),
        cmocka_unit_test(test_strangers_together_hold_a_quarter),
        cmocka_unit_test(test_one_registry_holds_half),
        cmocka_unit_test(test_registries_that_are_silent_leave_some_to_the_others),
        cmocka_unit_test(test_one_registry_holds_what_the_settings_say),
        cmocka_unit_test(test_a_stranger_that_has_answered_is_one_no_longer),
        cmocka_unit_test(test_a_full_queue_refuses_at_once_and_others_go_on),
        cmocka_unit_test(test_strangers_cannot_fill_all_queues),
        cmocka_unit_test(test_all_queues_together_are_bounded),
        cmocka_unit_test(test_threads_come_on_demand_and_go_when_idle),
        cmocka_unit_test(test_no_more_threads_start_than_may_run),
        cmocka_unit_test(test_the_end_cancels_what_waits_and_waits_for_what_runs),
        cmocka_unit_test(test_every_job_of_many_threads_ends_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
