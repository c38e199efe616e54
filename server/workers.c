/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One mutex, held for a few pointer moves. Whose job is next is turns.c's to say.
 */
#include "server/workers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "server/turns.h"

enum {
    WORKER_STACK_SIZE = 128 * 1024
};

struct workers {
    struct workers_settings settings;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t wake;   /* wakeups, is_ending */
    pthread_cond_t ended;  /* threads is 0 */
    struct turns turns;
    bool is_ending;
    size_t threads;
    bool has_ended_one;
    pthread_t last_ended; /* not joined yet: the next to end does it, or workers_free() */
    size_t idle;          /* resting, and not called yet */
    size_t wakeups;       /* called, and not up yet */
    size_t signals;       /* of these, not signalled yet: that waits for the mutex to be given up */
};

struct workers *workers_new(const struct workers_settings *settings)
{
    struct workers *workers = calloc(1, sizeof(*workers));
    if (!workers)
        return NULL;
    workers->settings = *settings;
    (void)pthread_mutex_init(&workers->mutex, NULL);
    clock_condition_init(&workers->wake);
    clock_condition_init(&workers->ended);
    turns_init(&workers->turns, settings);
    return workers;
}

/* -- threads -------------------------------------------------------------------------------- */

/* Runs the next job; false when there is none. Called with the mutex held, which is given up
 * while the job runs. */
static bool worker_run_next(struct workers *workers)
{
    const struct turn turn = turns_begin(&workers->turns);
    if (!turn.job)
        return false;
    (void)pthread_mutex_unlock(&workers->mutex);
    turn.job->run(turn.job);
    (void)pthread_mutex_lock(&workers->mutex);
    turns_end(&workers->turns, &turn);
    return true;
}

/* Waits to be called. False when the thread has been idle for long enough to end, or all end. */
static bool worker_rest(struct workers *workers)
{
    workers->idle++;
    while (workers->wakeups == 0 && !workers->is_ending) {
        struct timespec until = clock_timespec(clock_monotonic_ms() + workers->settings.idle);
        int status = pthread_cond_timedwait(&workers->wake, &workers->mutex, &until);
        if (status == ETIMEDOUT && workers->threads > workers->settings.threads_kept)
            break;
    }
    if (workers->wakeups == 0) {
        workers->idle--;
        return false;
    }
    workers->wakeups--; /* whoever called has taken us off the idle ones */
    return true;
}

/* Threads are joined, not detached: what a library keeps for a thread is freed after its last line
 * here, and must not be overtaken by the end of the process. Each joins the one that ended before
 * it. Called with the mutex held, which is given up for good: the workers may be gone at once. */
static void worker_end(struct workers *workers)
{
    bool has_previous = workers->has_ended_one;
    pthread_t previous = workers->last_ended;

    workers->has_ended_one = true;
    workers->last_ended = pthread_self();
    workers->threads--;
    if (workers->threads == 0)
        (void)pthread_cond_signal(&workers->ended);
    (void)pthread_mutex_unlock(&workers->mutex);
    if (has_previous)
        (void)pthread_join(previous, NULL);
}

static void *worker_main(void *context)
{
    struct workers *workers = context;

    thread_begin_patient("worker");
    (void)pthread_mutex_lock(&workers->mutex);
    bool goes_on = true;
    while (goes_on)
        goes_on = worker_run_next(workers) || worker_rest(workers);
    worker_end(workers);
    return NULL;
}

static bool worker_start(struct workers *workers)
{
    pthread_attr_t attributes;
    pthread_t thread;

    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, WORKER_STACK_SIZE);
    bool is_started = pthread_create(&thread, &attributes, worker_main, workers) == 0;
    (void)pthread_attr_destroy(&attributes);
    if (is_started)
        workers->threads++;
    return is_started;
}

/* An idle thread, else a new one. A thread is made with the mutex held: it takes some 30 us, and is
 * rare. */
static void workers_call(struct workers *workers)
{
    if (workers->idle > 0) {
        workers->idle--;
        workers->wakeups++;
        workers->signals++;
    } else if (workers->threads < workers->settings.threads_max) {
        (void)worker_start(workers);
    }
}

/* -- the face ------------------------------------------------------------------------------- */

static bool workers_add(struct workers *workers, struct job *job, struct error *error)
{
    size_t wanted = 0;

    if (!turns_add(&workers->turns, job, &wanted, error))
        return false;
    for (; wanted > 0; wanted--)
        workers_call(workers);
    if (workers->threads > 0)
        return true;
    turns_withdraw(&workers->turns, job);
    return error_set(error, ERROR_OVERLOADED, "no thread can be started");
}

bool workers_submit(struct workers *workers, struct job *job, struct error *error)
{
    (void)pthread_mutex_lock(&workers->mutex);
    bool done = workers->is_ending ? error_draining(error) : workers_add(workers, job, error);
    size_t signals = workers->signals;
    workers->signals = 0;
    (void)pthread_mutex_unlock(&workers->mutex);
    /* Whoever wakes takes the mutex: signalled while it is held, it would only wait again. */
    for (; signals > 0; signals--)
        (void)pthread_cond_signal(&workers->wake);
    return done;
}

struct workers_counts workers_counts(struct workers *workers)
{
    (void)pthread_mutex_lock(&workers->mutex);
    struct workers_counts counts = {.threads = workers->threads,
                                    .running = workers->turns.all.running,
                                    .waiting = workers->turns.all.waiting};
    (void)pthread_mutex_unlock(&workers->mutex);
    return counts;
}

void workers_free(struct workers *workers)
{
    if (!workers)
        return;
    struct list cancelled;
    list_init(&cancelled);

    (void)pthread_mutex_lock(&workers->mutex);
    workers->is_ending = true;
    turns_collect(&workers->turns, &cancelled);
    (void)pthread_cond_broadcast(&workers->wake);
    (void)pthread_mutex_unlock(&workers->mutex);

    for (struct list *place; (place = list_take_first(&cancelled));) {
        struct job *job = LIST_ITEM(place, struct job, place);
        job->cancel(job);
    }

    (void)pthread_mutex_lock(&workers->mutex);
    while (workers->threads > 0) /* each job has its deadline */
        (void)pthread_cond_wait(&workers->ended, &workers->mutex);
    (void)pthread_mutex_unlock(&workers->mutex);
    if (workers->has_ended_one)
        (void)pthread_join(workers->last_ended, NULL);

    (void)pthread_cond_destroy(&workers->ended);
    (void)pthread_cond_destroy(&workers->wake);
    (void)pthread_mutex_destroy(&workers->mutex);
    turns_release(&workers->turns);
    free(workers);
}
