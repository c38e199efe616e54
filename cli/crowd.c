/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lanes wait in a queue while they have a question and room for it; a thread takes the first
 * lane's next question, and the lane goes to the queue's end. So lanes take turns, and a long one
 * does not keep the others waiting.
 */
#include "cli/crowd.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/map.h"

enum {
    STACK_SIZE = 256 * 1024
};

struct lane {
    struct map_node node;
    const char *name;
    struct question *first; /* that nobody has taken yet */
    struct question *last;
    struct lane *next; /* in the queue */
    unsigned running;
    bool is_queued;
};

struct question {
    struct question *next; /* in its lane */
    struct lane *lane;
    bool is_answered;
};

struct run {
    const struct crowd *crowd;
    struct question *questions; /* by their numbers */
    struct lane *lanes;         /* room for as many as questions */
    size_t lane_count;
    struct map names; /* of the lanes */
    pthread_t threads[CROWD_THREADS];
    size_t thread_count;

    pthread_mutex_t mutex;
    pthread_cond_t answered;
    pthread_cond_t ready;
    /* guarded by mutex, as are questions and lanes once threads run */
    struct lane *queue;
    struct lane *queue_end;
    size_t untaken;
    bool is_over; /* nobody wants the rest */
};

/* -- lanes ---------------------------------------------------------------------------------- */

static struct slice lane_key(const struct map_node *node)
{
    return slice_from_string(MAP_ITEM_CONST(node, struct lane, node)->name);
}

/* A question without a name has a lane to itself. NULL: no memory. */
static struct lane *find_lane(struct run *run, const char *name)
{
    struct map_node *known = name ? map_find(&run->names, slice_from_string(name)) : NULL;

    if (known)
        return MAP_ITEM(known, struct lane, node);
    struct lane *lane = &run->lanes[run->lane_count++];
    lane->name = name;
    return !name || map_insert(&run->names, &lane->node) ? lane : NULL;
}

static void enqueue(struct run *run, struct lane *lane)
{
    if (lane->is_queued || !lane->first || lane->running == CROWD_A_LANE)
        return;
    lane->is_queued = true;
    lane->next = NULL;
    if (run->queue)
        run->queue_end->next = lane;
    else
        run->queue = lane;
    run->queue_end = lane;
}

static bool line_up(struct run *run)
{
    const struct crowd *crowd = run->crowd;

    for (size_t i = 0; i < crowd->count; i++) {
        struct question *question = &run->questions[i];
        question->lane = find_lane(run, crowd->lane(crowd->context, i));
        if (!question->lane)
            return false;
        if (question->lane->first)
            question->lane->last->next = question;
        else
            question->lane->first = question;
        question->lane->last = question;
        enqueue(run, question->lane);
    }
    run->untaken = crowd->count;
    return true;
}

/* -- threads -------------------------------------------------------------------------------- */

/* The next question that may be asked; waits for a lane to have room. NULL: none is left. */
static struct question *take_question(struct run *run)
{
    while (!run->is_over && run->untaken > 0 && !run->queue)
        (void)pthread_cond_wait(&run->ready, &run->mutex);
    if (run->is_over || run->untaken == 0)
        return NULL;
    struct lane *lane = run->queue;
    struct question *question = lane->first;
    run->queue = lane->next;
    lane->is_queued = false;
    lane->first = question->next;
    lane->running++;
    enqueue(run, lane);
    run->untaken--;
    if (run->untaken == 0)
        (void)pthread_cond_broadcast(&run->ready); /* nothing is left to wait for */
    return question;
}

static void *ask_questions(void *context)
{
    struct run *run = context;
    struct question *question = NULL;

    (void)pthread_mutex_lock(&run->mutex);
    while ((question = take_question(run)) != NULL) {
        (void)pthread_mutex_unlock(&run->mutex);
        run->crowd->ask(run->crowd->context, (size_t)(question - run->questions));
        (void)pthread_mutex_lock(&run->mutex);
        question->is_answered = true;
        question->lane->running--;
        enqueue(run, question->lane);
        (void)pthread_cond_signal(&run->answered);
        (void)pthread_cond_signal(&run->ready);
    }
    (void)pthread_mutex_unlock(&run->mutex);
    return NULL;
}

/* As many as can be asked at once. With fewer than that all goes slower, with none not at all. */
static bool start_threads(struct run *run, struct error *error)
{
    pthread_attr_t attributes;
    size_t wanted = run->crowd->count < CROWD_THREADS ? run->crowd->count : CROWD_THREADS;

    if (wanted > run->lane_count * CROWD_A_LANE)
        wanted = run->lane_count * CROWD_A_LANE;
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, STACK_SIZE);
    while (run->thread_count < wanted &&
           pthread_create(&run->threads[run->thread_count], &attributes, ask_questions, run) == 0)
        run->thread_count++;
    (void)pthread_attr_destroy(&attributes);
    return run->thread_count > 0 || wanted == 0 ||
           error_set(error, ERROR_INTERNAL, "cannot start a thread");
}

/* -- the answers ---------------------------------------------------------------------------- */

/* Without a deadline: each question has its own. */
static void await(struct run *run, const struct question *question)
{
    (void)pthread_mutex_lock(&run->mutex);
    while (!question->is_answered)
        (void)pthread_cond_wait(&run->answered, &run->mutex);
    (void)pthread_mutex_unlock(&run->mutex);
}

static void tell_all(struct run *run)
{
    const struct crowd *crowd = run->crowd;
    bool is_wanted = true;

    for (size_t i = 0; is_wanted && i < crowd->count; i++) {
        await(run, &run->questions[i]);
        is_wanted = crowd->tell(crowd->context, i);
    }
}

static void end(struct run *run)
{
    (void)pthread_mutex_lock(&run->mutex);
    run->is_over = true;
    (void)pthread_cond_broadcast(&run->ready);
    (void)pthread_mutex_unlock(&run->mutex);
    for (size_t i = 0; i < run->thread_count; i++)
        (void)pthread_join(run->threads[i], NULL);
}

/* One question needs no other thread, and is what mquery is mostly run for. */
static void ask_alone(const struct crowd *crowd)
{
    crowd->ask(crowd->context, 0);
    (void)crowd->tell(crowd->context, 0);
}

static bool run_init(struct run *run)
{
    size_t room = run->crowd->count + 1; /* none is not "no memory" */

    map_init(&run->names, lane_key);
    (void)pthread_mutex_init(&run->mutex, NULL);
    (void)pthread_cond_init(&run->answered, NULL);
    (void)pthread_cond_init(&run->ready, NULL);
    run->questions = calloc(room, sizeof(*run->questions));
    run->lanes = calloc(room, sizeof(*run->lanes));
    return run->questions && run->lanes && line_up(run);
}

static void run_release(struct run *run)
{
    map_release(&run->names);
    free(run->lanes);
    free(run->questions);
    (void)pthread_cond_destroy(&run->ready);
    (void)pthread_cond_destroy(&run->answered);
    (void)pthread_mutex_destroy(&run->mutex);
}

bool crowd_run(const struct crowd *crowd, struct error *error)
{
    struct run run = {.crowd = crowd};
    bool is_run = false;

    if (crowd->count == 1) {
        ask_alone(crowd);
        return true;
    }
    if (!run_init(&run)) {
        (void)error_no_memory(error);
    } else if (start_threads(&run, error)) {
        tell_all(&run);
        is_run = true;
    }
    end(&run);
    run_release(&run);
    return is_run;
}
