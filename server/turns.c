/* SPDX-License-Identifier: Apache-2.0 */
#include "server/turns.h"

#include <stdlib.h>

#include "server/workers.h"

enum {
    QUEUES_IN_ALL = 4,   /* jobs waiting in all, in full queues of one registry */
    QUEUES_STRANGERS = 2 /* of these, of strangers */
};

struct queue {
    struct map_node node;
    struct list place; /* in a ring, or in none */
    struct list jobs;  /* the oldest first */
    struct turns_count count;
    bool is_stranger;
    size_t length;
    char registry[];
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

void turns_init(struct turns *turns, const struct workers_settings *settings)
{
    size_t threads = settings->threads_max;

    *turns = (struct turns){.threads_max = threads,
                            .registry_max = settings->registry_max ? settings->registry_max
                                                                   : at_least_one(threads / 2),
                            .halves = settings->registry_max == 0,
                            .strangers_max = at_least_one(threads / 4),
                            .queue_max = settings->queue_max};
    map_init(&turns->queues, queue_key);
    list_init(&turns->known_ring);
    list_init(&turns->strangers_ring);
}

void turns_release(struct turns *turns)
{
    map_release(&turns->queues);
}

/* -- queues --------------------------------------------------------------------------------- */

static struct queue *queue_find_or_add(struct turns *turns, const char *registry)
{
    struct slice key = slice_of(registry, strlen(registry));
    struct map_node *node = map_find(&turns->queues, key);
    if (node)
        return MAP_ITEM(node, struct queue, node);

    struct queue *queue = calloc(1, sizeof(*queue) + key.length);
    if (!queue)
        return NULL;
    memcpy(queue->registry, key.data, key.length);
    queue->length = key.length;
    list_init(&queue->place);
    list_init(&queue->jobs);
    if (!map_insert(&turns->queues, &queue->node)) {
        free(queue);
        return NULL;
    }
    return queue;
}

/* Puts the queue into its ring, where it keeps its turn, or into none, after its counts have
 * changed. */
static void queue_place(struct turns *turns, struct queue *queue)
{
    bool may_run = queue->count.waiting > 0 && queue->count.running < turns->registry_max;
    bool is_in_ring = !list_is_empty(&queue->place);

    if (may_run && !is_in_ring)
        list_put_last(queue->is_stranger ? &turns->strangers_ring : &turns->known_ring,
                      &queue->place);
    if (!may_run)
        list_remove(&queue->place);
}

/* The same, and away with it when nothing is left of it. */
static void queue_settle(struct turns *turns, struct queue *queue)
{
    queue_place(turns, queue);
    if (queue->count.waiting == 0 && queue->count.running == 0) {
        map_remove(&turns->queues, &queue->node);
        free(queue);
    }
}

static void queue_count_waiting(struct turns *turns, struct queue *queue, ptrdiff_t change)
{
    queue->count.waiting += (size_t)change;
    turns->all.waiting += (size_t)change;
    if (queue->is_stranger)
        turns->strangers.waiting += (size_t)change;
}

static void queue_count_running(struct turns *turns, struct queue *queue, bool is_stranger,
                                ptrdiff_t change)
{
    queue->count.running += (size_t)change;
    turns->all.running += (size_t)change;
    if (is_stranger)
        turns->strangers.running += (size_t)change;
}

/* A registry's standing changes as it answers, or does not; what waits for it changes with it. */
static void queue_judge(struct turns *turns, struct queue *queue, bool is_stranger)
{
    if (queue->is_stranger == is_stranger)
        return;
    size_t others = turns->strangers.waiting;
    turns->strangers.waiting =
        is_stranger ? others + queue->count.waiting : others - queue->count.waiting;
    queue->is_stranger = is_stranger;
    list_remove(&queue->place); /* out of the ring of the others */
    queue_place(turns, queue);
}

/* -- waiting -------------------------------------------------------------------------------- */

static size_t total(const struct turns_count *count)
{
    return count->waiting + count->running;
}

/* The bound that is passed, in words, or NULL; judged with the new job counted in. What runs counts
 * too, against the threads there may be for it: a job that a thread is about to take is not refused
 * for waiting that moment. */
static const char *find_full(const struct turns *turns, const struct queue *queue)
{
    size_t threads = queue->is_stranger ? turns->strangers_max : turns->registry_max;

    if (total(&queue->count) > turns->queue_max + threads)
        return "too much is waiting for this registry";
    if (queue->is_stranger &&
        total(&turns->strangers) > QUEUES_STRANGERS * turns->queue_max + turns->strangers_max)
        return "too much is waiting for registries that have not answered lately";
    if (total(&turns->all) > QUEUES_IN_ALL * turns->queue_max + turns->threads_max)
        return "too much is waiting";
    return NULL;
}

/* How many threads to call for a queue that has got one more job: one, if the bounds let it start
 * beside all that came before it; else none, whoever ends one of those goes on with it. For a queue
 * whose jobs were held back as a stranger's, as many as may start now. */
static size_t threads_wanted(const struct turns *turns, const struct queue *queue,
                             bool was_held_back)
{
    size_t in_all = total(&queue->count);

    if (was_held_back) {
        size_t may_run = in_all < turns->registry_max ? in_all : turns->registry_max;
        return may_run - queue->count.running;
    }
    if (queue->is_stranger && total(&turns->strangers) > turns->strangers_max)
        return 0;
    return in_all <= turns->registry_max ? 1 : 0;
}

static void withdraw_from(struct turns *turns, struct queue *queue, struct job *job)
{
    list_remove(&job->place);
    queue_count_waiting(turns, queue, -1);
    queue_settle(turns, queue);
}

bool turns_add(struct turns *turns, struct job *job, size_t *wanted, struct error *error)
{
    struct queue *queue = queue_find_or_add(turns, job->registry);
    if (!queue)
        return error_no_memory(error);

    bool was_held_back = queue->is_stranger && !job->is_stranger;
    list_init(&job->place);
    list_put_last(&queue->jobs, &job->place);
    queue_count_waiting(turns, queue, 1);
    queue_judge(turns, queue, job->is_stranger);
    queue_place(turns, queue);
    const char *reason = find_full(turns, queue);
    *wanted = threads_wanted(turns, queue, was_held_back);
    if (!reason)
        return true;
    withdraw_from(turns, queue, job);
    return error_set(error, ERROR_OVERLOADED, "%s", reason);
}

void turns_withdraw(struct turns *turns, struct job *job)
{
    struct map_node *node = map_find(&turns->queues, slice_from_string(job->registry));

    withdraw_from(turns, MAP_ITEM(node, struct queue, node), job);
}

/* -- running -------------------------------------------------------------------------------- */

/* Each gets half of what those before it have left, so that a few that are silent cannot hold all
 * threads between them. */
static bool leaves_enough(const struct turns *turns, const struct queue *queue)
{
    return !turns->halves || queue->count.running <= turns->threads_max - turns->all.running;
}

/* The queues passed over hold more threads each than are left: they are few. */
static struct queue *first_in(const struct turns *turns, struct list *ring)
{
    for (struct list *place = ring->next; place != ring; place = place->next) {
        struct queue *queue = LIST_ITEM(place, struct queue, place);
        if (leaves_enough(turns, queue))
            return queue;
    }
    return NULL;
}

/* The queue whose turn it is, or NULL: rings alternate while both have something to run. */
static struct queue *next_queue(struct turns *turns)
{
    bool may_strangers = turns->strangers.running < turns->strangers_max;
    struct queue *known = first_in(turns, &turns->known_ring);
    struct queue *stranger = may_strangers ? first_in(turns, &turns->strangers_ring) : NULL;

    if (!known && !stranger)
        return NULL;
    bool is_strangers_turn = known && stranger ? turns->is_strangers_turn : !known;
    turns->is_strangers_turn = !is_strangers_turn;
    return is_strangers_turn ? stranger : known;
}

struct turn turns_begin(struct turns *turns)
{
    struct queue *queue = next_queue(turns);
    if (!queue)
        return (struct turn){.job = NULL};
    /* It is in a ring: it has one. */
    const struct turn turn = {.job = LIST_ITEM(queue->jobs.next, struct job, place),
                              .queue = queue,
                              .is_stranger = queue->is_stranger};

    list_remove(&turn.job->place);
    list_remove(&queue->place);
    queue_count_waiting(turns, queue, -1);
    queue_count_running(turns, queue, turn.is_stranger, 1);
    queue_place(turns, queue);
    return turn;
}

void turns_end(struct turns *turns, const struct turn *turn)
{
    queue_count_running(turns, turn->queue, turn->is_stranger, -1);
    queue_settle(turns, turn->queue);
}

void turns_collect(struct turns *turns, struct list *out)
{
    struct map_node *next;

    for (struct map_node *node = map_next(&turns->queues, NULL); node; node = next) {
        struct queue *queue = MAP_ITEM(node, struct queue, node);
        next = map_next(&turns->queues, node);
        for (struct list *place; (place = list_take_first(&queue->jobs));)
            list_put_last(out, place);
        queue_count_waiting(turns, queue, -(ptrdiff_t)queue->count.waiting);
        queue_settle(turns, queue);
    }
}
