/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One mutex, held for a few pointer moves. A queue stands in a ring while it has a job that may be
 * started: in the ring of known registries or in that of strangers. Taking the first of a ring and
 * putting it last again is the turn; a queue at its bound of threads stands in no ring, so finding
 * the next job never walks over queues that cannot be served.
 */
#include "server/workers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/thread.h"

enum {
    WORKER_STACK_SIZE = 128 * 1024,
    QUEUES_IN_ALL = 4,   /* jobs waiting in all, in full queues of one registry */
    QUEUES_STRANGERS = 2 /* of these, of strangers */
};

struct queue {
    struct map_node node;
    struct list place; /* in a ring, or in none */
    struct list jobs;  /* the oldest first */
    size_t waiting;
    size_t running;
    bool is_stranger;
    size_t length;
    char registry[];
};

struct workers {
    struct workers_settings settings;
    size_t registry_max;  /* threads one registry may hold */
    size_t strangers_max; /* threads all strangers may hold */

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t wake;   /* wakeups, is_ending */
    pthread_cond_t ended;  /* threads is 0 */
    struct map queues;
    struct list known;
    struct list strangers;
    bool is_strangers_turn;
    bool is_ending;
    size_t waiting;
    size_t strangers_waiting;
    size_t running;
    size_t strangers_running;
    size_t threads;
    bool has_ended_one;
    pthread_t last_ended; /* not joined yet: the next to end does it, or workers_free() */
    size_t idle;          /* resting, and not called yet */
    size_t wakeups;       /* called, and not up yet */
    size_t signals;       /* of these, not signalled yet: that waits for the mutex to be given up */
};

static struct slice queue_key(const struct map_node *node)
{
    const struct queue *queue = MAP_ITEM_CONST(node, struct queue, node);
    return slice_of(queue->registry, queue->length);
}

static size_t at_least_one(size_t count)
{
    return count ? count : 1;
}

struct workers *workers_new(const struct workers_settings *settings)
{
    struct workers *workers = calloc(1, sizeof(*workers));
    if (!workers)
        return NULL;
    workers->settings = *settings;
    workers->registry_max =
        settings->registry_max ? settings->registry_max : at_least_one(settings->threads_max / 2);
    workers->strangers_max = at_least_one(settings->threads_max / 4);
    (void)pthread_mutex_init(&workers->mutex, NULL);
    clock_condition_init(&workers->wake);
    clock_condition_init(&workers->ended);
    map_init(&workers->queues, queue_key);
    list_init(&workers->known);
    list_init(&workers->strangers);
    return workers;
}

/* -- queues (the mutex is held) ------------------------------------------------------------- */

static struct queue *queue_find_or_add(struct workers *workers, const char *registry)
{
    struct slice key = slice_of(registry, strlen(registry));
    struct map_node *node = map_find(&workers->queues, key);
    if (node)
        return MAP_ITEM(node, struct queue, node);

    struct queue *queue = calloc(1, sizeof(*queue) + key.length);
    if (!queue)
        return NULL;
    memcpy(queue->registry, key.data, key.length);
    queue->length = key.length;
    list_init(&queue->place);
    list_init(&queue->jobs);
    if (!map_insert(&workers->queues, &queue->node)) {
        free(queue);
        return NULL;
    }
    return queue;
}

/* Puts the queue into its ring, where it keeps its turn, or into none, after its counts have
 * changed. */
static void queue_place(struct workers *workers, struct queue *queue)
{
    bool may_run = queue->waiting > 0 && queue->running < workers->registry_max;
    bool is_in_ring = !list_is_empty(&queue->place);

    if (may_run && !is_in_ring)
        list_put_last(queue->is_stranger ? &workers->strangers : &workers->known, &queue->place);
    if (!may_run)
        list_remove(&queue->place);
}

/* The same, and away with it when nothing is left of it. */
static void queue_settle(struct workers *workers, struct queue *queue)
{
    queue_place(workers, queue);
    if (queue->waiting == 0 && queue->running == 0) {
        map_remove(&workers->queues, &queue->node);
        free(queue);
    }
}

static void queue_count_waiting(struct workers *workers, struct queue *queue, ptrdiff_t change)
{
    queue->waiting += (size_t)change;
    workers->waiting += (size_t)change;
    if (queue->is_stranger)
        workers->strangers_waiting += (size_t)change;
}

static void queue_count_running(struct workers *workers, struct queue *queue, bool is_stranger,
                                ptrdiff_t change)
{
    queue->running += (size_t)change;
    workers->running += (size_t)change;
    if (is_stranger)
        workers->strangers_running += (size_t)change;
}

/* A registry's standing changes as it answers, or does not; what waits for it changes with it. */
static void queue_judge(struct workers *workers, struct queue *queue, bool is_stranger)
{
    if (queue->is_stranger == is_stranger)
        return;
    size_t others = workers->strangers_waiting;
    workers->strangers_waiting = is_stranger ? others + queue->waiting : others - queue->waiting;
    queue->is_stranger = is_stranger;
    list_remove(&queue->place); /* out of the ring of the others */
    queue_place(workers, queue);
}

static bool strangers_may_run(const struct workers *workers)
{
    return !list_is_empty(&workers->strangers) &&
           workers->strangers_running < workers->strangers_max;
}

static bool workers_can_run(const struct workers *workers)
{
    return !list_is_empty(&workers->known) || strangers_may_run(workers);
}

/* The queue whose turn it is: rings alternate while both have something to run. */
static struct queue *workers_next_queue(struct workers *workers)
{
    if (!workers_can_run(workers))
        return NULL;
    bool is_choice = !list_is_empty(&workers->known) && strangers_may_run(workers);
    bool strangers = is_choice ? workers->is_strangers_turn : strangers_may_run(workers);
    workers->is_strangers_turn = !strangers;
    const struct list *ring = strangers ? &workers->strangers : &workers->known;
    return LIST_ITEM(ring->next, struct queue, place);
}

/* -- threads -------------------------------------------------------------------------------- */

/* Runs the next job; false when there is none. Called with the mutex held, which is given up
 * while the job runs. */
static bool worker_run_next(struct workers *workers)
{
    struct queue *queue = workers_next_queue(workers);
    if (!queue)
        return false;
    struct job *job =
        LIST_ITEM(queue->jobs.next, struct job, place); /* it is in a ring: it has one */
    bool is_stranger = queue->is_stranger;

    list_remove(&job->place);
    list_remove(&queue->place);
    queue_count_waiting(workers, queue, -1);
    queue_count_running(workers, queue, is_stranger, 1);
    queue_place(workers, queue);

    (void)pthread_mutex_unlock(&workers->mutex);
    job->run(job);
    (void)pthread_mutex_lock(&workers->mutex);

    queue_count_running(workers, queue, is_stranger, -1);
    queue_settle(workers, queue);
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

/* How many threads to call for a queue that has got one more job: one, if the bounds let it start
 * beside all that came before it; else none, whoever ends one of those goes on with it. For a queue
 * whose jobs were held back as a stranger's, as many as may start now. */
static size_t workers_wanted(const struct workers *workers, const struct queue *queue,
                             bool was_held_back)
{
    size_t strangers = workers->strangers_waiting + workers->strangers_running;
    size_t in_all = queue->waiting + queue->running;

    if (was_held_back)
        return (in_all < workers->registry_max ? in_all : workers->registry_max) - queue->running;
    if (queue->is_stranger && strangers > workers->strangers_max)
        return 0;
    return in_all <= workers->registry_max ? 1 : 0;
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

/* The bound that is passed, in words, or NULL; judged with the new job counted in. What runs counts
 * too, against the threads there may be for it: a job that a thread is about to take is not refused
 * for waiting that moment. */
static const char *workers_find_full(const struct workers *workers, const struct queue *queue)
{
    size_t queue_max = workers->settings.queue_max;
    size_t threads = queue->is_stranger ? workers->strangers_max : workers->registry_max;
    size_t strangers = workers->strangers_waiting + workers->strangers_running;
    size_t all = workers->waiting + workers->running;

    if (queue->waiting + queue->running > queue_max + threads)
        return "too much is waiting for this registry";
    if (queue->is_stranger && strangers > QUEUES_STRANGERS * queue_max + workers->strangers_max)
        return "too much is waiting for registries that have not answered lately";
    if (all > QUEUES_IN_ALL * queue_max + workers->settings.threads_max)
        return "too much is waiting";
    return NULL;
}

static bool workers_enqueue(struct workers *workers, struct job *job, struct error *error)
{
    struct queue *queue = queue_find_or_add(workers, job->registry);
    if (!queue)
        return error_no_memory(error);

    bool was_held_back = queue->is_stranger && !job->is_stranger;
    list_init(&job->place);
    list_put_last(&queue->jobs, &job->place);
    queue_count_waiting(workers, queue, 1);
    queue_judge(workers, queue, job->is_stranger);
    queue_place(workers, queue);
    const char *reason = workers_find_full(workers, queue);
    for (size_t i = reason ? 0 : workers_wanted(workers, queue, was_held_back); i > 0; i--)
        workers_call(workers);
    if (!reason && workers->threads == 0)
        reason = "no thread can be started";
    if (!reason)
        return true;

    list_remove(&job->place);
    queue_count_waiting(workers, queue, -1);
    queue_settle(workers, queue);
    (void)error_set(error, ERROR_OVERLOADED, "%s", reason);
    error->retry_after = 1;
    return false;
}

bool workers_submit(struct workers *workers, struct job *job, struct error *error)
{
    (void)pthread_mutex_lock(&workers->mutex);
    bool done = workers->is_ending ? error_draining(error) : workers_enqueue(workers, job, error);
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
    struct workers_counts counts = {
        .threads = workers->threads, .running = workers->running, .waiting = workers->waiting};
    (void)pthread_mutex_unlock(&workers->mutex);
    return counts;
}

/* Takes the jobs that wait out of their queues. */
static void workers_collect(struct workers *workers, struct list *out)
{
    struct map_node *next;
    for (struct map_node *node = map_next(&workers->queues, NULL); node; node = next) {
        struct queue *queue = MAP_ITEM(node, struct queue, node);
        next = map_next(&workers->queues, node);
        for (struct list *place; (place = list_take_first(&queue->jobs));)
            list_put_last(out, place);
        queue_count_waiting(workers, queue, -(ptrdiff_t)queue->waiting);
        queue_settle(workers, queue);
    }
}

void workers_free(struct workers *workers)
{
    if (!workers)
        return;
    struct list cancelled;
    list_init(&cancelled);

    (void)pthread_mutex_lock(&workers->mutex);
    workers->is_ending = true;
    workers_collect(workers, &cancelled);
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
    map_release(&workers->queues);
    free(workers);
}
