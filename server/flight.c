/* SPDX-License-Identifier: Apache-2.0 */
#include "server/flight.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "server/lookup_kind.h"
#include "server/snapshot.h"

struct flights {
    pthread_mutex_t mutex;    /* guards what follows */
    pthread_cond_t none_held; /* held is 0 */
    struct map listed;
    struct list overtaken; /* they go on for nothing, and must end all the same */
    size_t held;           /* requests not answered yet */
    struct list lost;      /* begun, and overdue; the longest first */
    bool is_closed;
};

/* -- one waiter, one flight ----------------------------------------------------------------- */

struct waiter *waiter_new(struct request *request, struct question *question)
{
    struct waiter *waiter = calloc(1, sizeof(*waiter));
    if (!waiter)
        return NULL;
    waiter->request = request;
    waiter->question = *question;
    *question = (struct question){0};
    return waiter;
}

void waiter_free(struct waiter *waiter)
{
    if (!waiter)
        return;
    question_release(&waiter->question);
    free(waiter);
}

struct flight *flight_new(struct snapshot *snapshot, struct question *question,
                          struct cache_key *key, struct cache_finding *finding)
{
    struct error ignored; /* it was parsed before */
    struct flight *flight = calloc(1, sizeof(*flight));
    if (!flight)
        return NULL;
    /* The flight may outlive those who wait for it, so it has a reference of its own. */
    flight->reference = reference_parse(buffer_slice(&question->image), &ignored);
    if (!flight->reference) {
        free(flight);
        return NULL;
    }
    flight->kind = question->kind;
    flight->snapshot = snapshot_ref(snapshot);
    flight->key = *key;
    *key = (struct cache_key){0};
    flight->credential = TAKE(question->credential);
    flight->held = TAKE(finding->report);
    flight->must_ask = question->no_cache;
    flight->has_stand_in = finding->state == CACHE_ASK || finding->state == CACHE_REFRESH;
    flight->generation = finding->generation;
    flight->job.registry = flight->reference->registry;
    list_init(&flight->place);
    return flight;
}

void flight_free(struct flight *flight)
{
    if (!flight)
        return;
    report_unref(flight->held);
    credential_free(flight->credential);
    reference_free(flight->reference);
    cache_key_release(&flight->key);
    snapshot_unref(flight->snapshot);
    free(flight);
}

/* -- all of them ---------------------------------------------------------------------------- */

static struct slice flight_key(const struct map_node *node)
{
    return buffer_slice(&MAP_ITEM_CONST(node, struct flight, node)->key.text);
}

struct flights *flights_new(void)
{
    struct flights *flights = calloc(1, sizeof(*flights));
    if (!flights)
        return NULL;
    (void)pthread_mutex_init(&flights->mutex, NULL);
    clock_condition_init(&flights->none_held);
    map_init(&flights->listed, flight_key);
    list_init(&flights->overtaken);
    list_init(&flights->lost);
    return flights;
}

void flights_free(struct flights *flights)
{
    if (!flights)
        return;
    (void)pthread_cond_destroy(&flights->none_held);
    (void)pthread_mutex_destroy(&flights->mutex);
    map_release(&flights->listed);
    free(flights);
}

static void flights_unlist(struct flights *flights, struct flight *flight)
{
    list_remove(&flight->place);
    if (!flight->is_listed)
        return;
    map_remove(&flights->listed, &flight->node);
    flight->is_listed = false;
}

static bool flights_list(struct flights *flights, struct flight *flight)
{
    flight->is_listed = map_insert(&flights->listed, &flight->node);
    return flight->is_listed;
}

/* The flight that answers this one's question too. One that was asked before the reference was
 * forgotten, or by other settings, does not: it goes on for nothing, and this one takes over who
 * waits for it. */
static struct flight *flights_find_same(struct flights *flights, struct flight *flight)
{
    struct map_node *node = map_find(&flights->listed, buffer_slice(&flight->key.text));
    if (!node)
        return NULL;
    struct flight *same = MAP_ITEM(node, struct flight, node);
    if (same->generation == flight->generation && same->snapshot == flight->snapshot)
        return same;
    flights_unlist(flights, same);
    list_put_last(&flights->overtaken, &same->place);
    flight->waiters = TAKE(same->waiters);
    return NULL;
}

static void flights_hold(struct flights *flights, struct flight *flight, struct waiter *waiter)
{
    if (!waiter)
        return;
    waiter->next = flight->waiters;
    flight->waiters = waiter;
    flights->held++;
}

static enum flight_start start_or_join(struct flights *flights, struct flight *flight,
                                       struct waiter *waiter, struct error *error)
{
    if (flights->is_closed) {
        (void)error_draining(error);
        return FLIGHT_REFUSED;
    }
    struct flight *same = flights_find_same(flights, flight);
    if (same) {
        if (waiter)
            waiter->has_joined = true;
        flights_hold(flights, same, waiter);
        return FLIGHT_JOINED;
    }
    if (!flights_list(flights, flight)) {
        (void)error_no_memory(error);
        return FLIGHT_REFUSED;
    }
    flights_hold(flights, flight, waiter);
    return FLIGHT_STARTED;
}

enum flight_start flights_start(struct flights *flights, struct flight *flight,
                                struct waiter *waiter, struct error *error)
{
    (void)pthread_mutex_lock(&flights->mutex);
    enum flight_start start = start_or_join(flights, flight, waiter, error);
    (void)pthread_mutex_unlock(&flights->mutex);
    return start;
}

struct waiter *flights_land(struct flights *flights, struct flight *flight)
{
    (void)pthread_mutex_lock(&flights->mutex);
    flights_unlist(flights, flight);
    struct waiter *waiters = TAKE(flight->waiters);
    (void)pthread_mutex_unlock(&flights->mutex);
    return waiters;
}

/* Puts the flight's waiters before `others`. */
static struct waiter *take_waiters(struct flight *flight, struct waiter *others)
{
    for (struct waiter *waiter = TAKE(flight->waiters), *next; waiter; waiter = next) {
        next = waiter->next;
        waiter->next = others;
        others = waiter;
    }
    return others;
}

static void flights_lose(struct flights *flights, struct flight *flight, int64_t time)
{
    flights_unlist(flights, flight);
    if (!atomic_load(&flight->has_begun))
        return;
    flight->lost_at = time;
    list_put_last(&flights->lost, &flight->place);
}

static struct waiter *lose_listed(struct flights *flights, int64_t time)
{
    struct waiter *overdue = NULL;
    struct map_node *next;

    for (struct map_node *node = map_next(&flights->listed, NULL); node; node = next) {
        struct flight *flight = MAP_ITEM(node, struct flight, node);
        next = map_next(&flights->listed, node);
        if (flight->deadline < time) {
            flights_lose(flights, flight, time);
            overdue = take_waiters(flight, overdue);
        }
    }
    return overdue;
}

static void lose_overtaken(struct flights *flights, int64_t time)
{
    struct list *next;

    for (struct list *place = flights->overtaken.next; place != &flights->overtaken; place = next) {
        struct flight *flight = LIST_ITEM(place, struct flight, place);
        next = place->next;
        if (flight->deadline < time)
            flights_lose(flights, flight, time);
    }
}

struct waiter *flights_take_overdue(struct flights *flights, int64_t time)
{
    (void)pthread_mutex_lock(&flights->mutex);
    lose_overtaken(flights, time);
    struct waiter *overdue = lose_listed(flights, time);
    (void)pthread_mutex_unlock(&flights->mutex);
    return overdue;
}

void flights_release(struct flights *flights)
{
    (void)pthread_mutex_lock(&flights->mutex);
    flights->held--;
    if (flights->held == 0)
        (void)pthread_cond_broadcast(&flights->none_held);
    (void)pthread_mutex_unlock(&flights->mutex);
}

int64_t flights_lost_since(struct flights *flights)
{
    (void)pthread_mutex_lock(&flights->mutex);
    int64_t since = list_is_empty(&flights->lost)
                        ? INT64_MAX
                        : LIST_ITEM(flights->lost.next, struct flight, place)->lost_at;
    (void)pthread_mutex_unlock(&flights->mutex);
    return since;
}

void flights_close(struct flights *flights)
{
    (void)pthread_mutex_lock(&flights->mutex);
    flights->is_closed = true;
    (void)pthread_mutex_unlock(&flights->mutex);
}

bool flights_wait_until_none_held(struct flights *flights, int64_t deadline)
{
    struct timespec until = clock_timespec(deadline);
    int status = 0;

    (void)pthread_mutex_lock(&flights->mutex);
    while (flights->held > 0 && status != ETIMEDOUT)
        status = pthread_cond_timedwait(&flights->none_held, &flights->mutex, &until);
    bool is_none = flights->held == 0;
    (void)pthread_mutex_unlock(&flights->mutex);
    return is_none;
}

size_t flights_count(struct flights *flights)
{
    (void)pthread_mutex_lock(&flights->mutex);
    size_t count = flights->listed.count;
    (void)pthread_mutex_unlock(&flights->mutex);
    return count;
}

static struct flight_view flight_look(const struct flight *flight, int64_t now)
{
    struct flight_view view = {.kind = flight->kind->name,
                               .is_private = flight->key.is_private,
                               .left = flight->deadline - now};

    (void)snprintf(view.name, sizeof(view.name), "%.*s", (int)flight->key.name_length,
                   flight->key.text.data);
    for (const struct waiter *waiter = flight->waiters; waiter; waiter = waiter->next)
        view.waiters++;
    return view;
}

size_t flights_look(struct flights *flights, int64_t now, struct flight_view *out, size_t max)
{
    size_t count = 0;

    (void)pthread_mutex_lock(&flights->mutex);
    for (struct map_node *node = map_next(&flights->listed, NULL); node && count < max;
         node = map_next(&flights->listed, node))
        out[count++] = flight_look(MAP_ITEM(node, struct flight, node), now);
    (void)pthread_mutex_unlock(&flights->mutex);
    return count;
}
