/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lookups in flight: one for a kind, reference and partition, however many requests wait for it
 * (T20). Who asks what is being asked already joins and shares the outcome.
 *
 * A flight belongs to the worker's job that runs it; requests that wait are waiters, which belong
 * to whoever took them off. A waiter is taken off exactly once: when its flight lands, when it is
 * overdue, or when the service drains.
 */
#ifndef SERVER_FLIGHT_H
#define SERVER_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/list.h"
#include "base/map.h"
#include "manifest/manifest.h"
#include "server/cache.h"
#include "server/question.h"
#include "server/workers.h"

enum {
    FLIGHT_VIEW_NAME_SIZE = 256
};

struct lookup;
struct request;
struct snapshot;

/* A request that waits, and what it asks. */
struct waiter {
    struct waiter *next;
    struct request *request;
    struct question question;
    bool has_joined; /* the flight had been started by another */
};

struct flight {
    struct job job;
    struct lookup *lookup;
    const struct lookup_kind *kind;
    struct snapshot *snapshot; /* the settings it is asked by */
    struct cache_key key;
    struct reference *reference;
    struct credential *credential; /* the caller's own, or NULL */
    struct report *held;           /* to be confirmed, or NULL */
    bool has_stand_in;             /* a stale answer can be given if asking fails */
    bool must_ask;                 /* `no-cache`: what another has learnt meanwhile will not do */
    uint32_t generation;           /* of the finding that led to the asking */
    int64_t deadline;              /* clock_monotonic_ms() */
    _Atomic bool has_begun;        /* a worker has it; until then it waits for one */

    struct map_node node; /* what follows is guarded by the mutex of struct flights */
    struct list place;    /* among the overtaken or the lost, once it is not listed */
    struct waiter *waiters;
    bool is_listed;
    int64_t lost_at; /* when its waiters were taken off as overdue */
};

/* The request waits with its question, which is moved: the caller's is empty afterwards. NULL: no
 * memory, nothing is moved. */
struct waiter *waiter_new(struct request *request, struct question *question) MUST_USE;
/* The request has been answered. */
void waiter_free(struct waiter *waiter);

/* Takes over the key, the question's credentials and the finding's report; of the snapshot it has a
 * reference of its own. NULL: no memory; they are still the caller's. The job's functions and the
 * deadline are the caller's to set. */
struct flight *flight_new(struct snapshot *snapshot, struct question *question,
                          struct cache_key *key, struct cache_finding *finding) MUST_USE;
/* Without waiters. */
void flight_free(struct flight *flight);

struct flights;
struct flights *flights_new(void) MUST_USE; /* NULL: no memory */
/* When no flight is left. */
void flights_free(struct flights *flights);

enum flight_start {
    FLIGHT_STARTED, /* it is listed; the caller sees to it that it is run */
    FLIGHT_JOINED,  /* another has the same key: the waiter is with it, this one is for nothing */
    FLIGHT_REFUSED  /* both are the caller's still; errors: draining, internal */
};

/* Lists the flight with its waiter (NULL: a refresh that nobody waits for), or lets the waiter join
 * the one that is listed. Any thread, as all below. */
enum flight_start flights_start(struct flights *flights, struct flight *flight,
                                struct waiter *waiter, struct error *error) MUST_USE;
/* The flight has ended: it can no longer be joined. Returns its waiters. */
struct waiter *flights_land(struct flights *flights, struct flight *flight) MUST_USE;
/* The waiters of all flights whose deadline was before `time`; the flights go on unlisted. */
struct waiter *flights_take_overdue(struct flights *flights, int64_t time) MUST_USE;

/* A request taken off has been answered: it is held no more. */
void flights_release(struct flights *flights);
/* Refuses new ones from now on. */
void flights_close(struct flights *flights);
/* False when requests are still held at the deadline (clock_monotonic_ms). */
bool flights_wait_until_none_held(struct flights *flights, int64_t deadline);
/* Since when the longest overdue of those that workers have has been so: one may be stuck. (What
 * waits for a worker beyond its deadline waits for a slow registry, and shows nothing.)
 * clock_monotonic_ms(); INT64_MAX: there is none. */
int64_t flights_lost_since(struct flights *flights);
/* Flights listed now. */
size_t flights_count(struct flights *flights);

/* One of them, for operators. */
struct flight_view {
    const char *kind;                 /* a lookup_kind's name */
    char name[FLIGHT_VIEW_NAME_SIZE]; /* "registry/repository target", cut where it is longer */
    bool is_private;
    size_t waiters;
    int64_t left; /* ms until its deadline */
};
/* Fills in at most `max`; returns how many. */
size_t flights_look(struct flights *flights, int64_t now, struct flight_view *out, size_t max);

#endif
