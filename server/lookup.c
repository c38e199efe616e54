/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of a question: read it and ask the cache for its very spelling; else judge it and ask the
 * cache what is known of the reference; else wait for a flight, whose job asks the registry on a
 * worker's thread, tells the cache and answers whoever waits.
 *
 * Everything up to waiting runs on the door's thread and takes only locks that are held for a
 * moment. A request is not touched after it was answered or handed to a flight.
 */
#include "server/lookup.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "server/crowd.h"
#include "server/lookup_core.h"
#include "server/names.h"
#include "server/request.h"
#include "server/response.h"
#include "server/snapshot.h"

enum {
    HOSTS_REMEMBERED = 4096,
    WORKERS_KEPT = 2,
    WORKER_IDLE_MS = 30 * 1000,
    OVERDUE_MS = 1000,           /* a flight ends by its deadline; this is for one that did not */
    DRAIN_LAST_MS = 1000,        /* for answers on their way when a drain's time is over */
    STUCK_MS = 60 * 1000,        /* by then whatever was late has ended, or never will */
    LANDINGS_BETWEEN_TRIMS = 256 /* memory is given back after a burst, not after each lookup */
};

struct lookup *lookup_new(const struct config *config, struct error *error)
{
    const struct workers_settings settings = {.threads_max = config->registry.workers_max,
                                              .threads_kept = WORKERS_KEPT,
                                              .idle = WORKER_IDLE_MS,
                                              .queue_max = config->registry.queue_max};
    struct lookup *lookup = calloc(1, sizeof(*lookup));
    if (!lookup)
        goto fail;
    lookup->cache = cache_new(&config->cache);
    lookup->flights = flights_new();
    lookup->workers = workers_new(&settings);
    lookup->hosts = known_hosts_new(HOSTS_REMEMBERED);
    lookup->batchers = crowd_new();
    if (!lookup->cache || !lookup->flights || !lookup->workers || !lookup->hosts ||
        !lookup->batchers)
        goto fail;
    return lookup;
fail:
    lookup_free(lookup);
    (void)error_no_memory(error);
    return NULL;
}

void lookup_free(struct lookup *lookup)
{
    if (!lookup)
        return;
    workers_free(lookup->workers); /* first: its jobs use the others */
    flights_free(lookup->flights);
    cache_free(lookup->cache);
    known_hosts_free(lookup->hosts);
    crowd_free(lookup->batchers);
    free(lookup);
}

static bool list_changed(const struct names *all, const struct snapshot *now,
                         const struct snapshot *before, struct names *changed)
{
    for (const char *host = names_next(all, NULL); host; host = names_next(all, host)) {
        if (!snapshot_agrees(now, before, host) && !names_add(changed, slice_from_string(host)))
            return false;
    }
    return true;
}

void lookup_configure(struct lookup *lookup, const struct snapshot *now,
                      const struct snapshot *before)
{
    CLEANUP(names_release) struct names all;
    CLEANUP(names_release) struct names changed;

    names_init(&all);
    names_init(&changed);
    cache_configure(lookup->cache, &now->config->cache);
    bool is_known =
        cache_list_registries(lookup->cache, &all) && list_changed(&all, now, before, &changed);
    if (!is_known || names_next(&changed, NULL))
        cache_forget_registries(lookup->cache, is_known ? &changed : NULL);
}

struct lookup_counts lookup_count(const struct lookup *lookup)
{
    return (struct lookup_counts){.flights = flights_count(lookup->flights),
                                  .workers = workers_counts(lookup->workers)};
}

size_t lookup_look(const struct lookup *lookup, int64_t now, struct flight_view *out, size_t max)
{
    return flights_look(lookup->flights, now, out, max);
}

struct cache *lookup_cache(const struct lookup *lookup)
{
    return lookup->cache;
}

/* -- the question's way --------------------------------------------------------------------- */

bool lookup_key(const struct question *question, struct cache_key *key, struct error *error)
{
    return cache_key_init(key, question->reference, question->partition, error) &&
           cache_key_mark(key, question->kind->mark, error);
}

/* What the cache knows of the reference. False where the question is wrong, or not allowed. */
static bool lookup_find(struct lookup *lookup, const struct snapshot *snapshot,
                        struct question *question, struct cache_key *key,
                        struct cache_finding *finding, struct error *error)
{
    if (!question_judge(question, error) ||
        !registry_may_ask(snapshot->registry, question->reference->registry, error) ||
        !lookup_key(question, key, error))
        return false;
    cache_find(lookup->cache, key, clock_monotonic_ms(), finding);
    if (question->only_if_cached && !question->no_cache && finding->state == CACHE_REFRESH)
        finding->state = CACHE_STALE; /* nobody is to be asked, not even behind the answer */
    return true;
}

static void lookup_deliver_and_refresh(struct lookup *lookup, struct request *request,
                                       struct question *question, struct cache_key *key,
                                       struct cache_finding *finding)
{
    CLEANUP(asker_release) struct asker asker = asker_of(request);

    lookup_deliver(lookup, request, question, key, finding, OUTCOME_STALE_HIT);
    lookup_refresh(lookup, &asker, question, key, finding);
}

/* `no-cache` has what is known confirmed, and a "no" asked again; a registry that is in trouble, or
 * wants to be left alone, is left alone all the same. */
static void lookup_heed_no_cache(const struct question *question, struct cache_finding *finding)
{
    bool is_in_trouble = finding->state == CACHE_STALE || (finding->state == CACHE_FAILED &&
                                                           cache_may_be_stale(finding->error.code));

    if (question->no_cache && !is_in_trouble)
        finding->state = CACHE_MISS;
}

static enum question_forward forward_reason(const struct question *question, enum cache_state state)
{
    if (question->no_cache)
        return FORWARD_REQUEST;
    return state == CACHE_ASK ? FORWARD_STALE : FORWARD_MISS;
}

static void lookup_resolve(struct lookup *lookup, struct request *request,
                           struct question *question)
{
    CLEANUP(cache_key_release) struct cache_key key = {0};
    CLEANUP(cache_finding_release) struct cache_finding finding = {0};
    struct error error;

    if (!lookup_find(lookup, request->snapshot, question, &key, &finding, &error)) {
        lookup_fail(request, question, OUTCOME_REFUSED, &error);
        return;
    }
    lookup_heed_no_cache(question, &finding);
    switch (finding.state) {
    case CACHE_FRESH:
        lookup_deliver(lookup, request, question, &key, &finding, OUTCOME_HIT);
        return;
    case CACHE_STALE:
        lookup_deliver(lookup, request, question, &key, &finding, OUTCOME_STALE_HIT);
        return;
    case CACHE_REFRESH:
        lookup_deliver_and_refresh(lookup, request, question, &key, &finding);
        return;
    case CACHE_FAILED:
        lookup_fail(request, question, OUTCOME_HIT, &finding.error);
        return;
    case CACHE_ASK:
    case CACHE_MISS:
        break;
    }
    if (question->only_if_cached) {
        (void)error_set(&error, ERROR_ONLY_IF_CACHED, "the answer is not in the cache");
        lookup_fail(request, question, OUTCOME_REFUSED, &error);
        return;
    }
    question->forward = forward_reason(question, finding.state);
    lookup_wait(lookup, request, question, &key, &finding);
}

static void lookup_respond_and_refresh(struct lookup *lookup, struct request *request,
                                       struct question *question, struct response *response)
{
    CLEANUP(cache_key_release) struct cache_key key = {0};
    CLEANUP(cache_finding_release) struct cache_finding finding = {0};
    CLEANUP(asker_release) struct asker asker = asker_of(request);
    struct error ignored;

    lookup_respond(request, question, OUTCOME_STALE_HIT, response);
    if (lookup_find(lookup, asker.snapshot, question, &key, &finding, &ignored) &&
        finding.state == CACHE_REFRESH)
        lookup_refresh(lookup, &asker, question, &key, &finding);
}

/* The spelling is known and its bytes are ready: the way of nearly all requests. */
static bool lookup_hit(struct lookup *lookup, struct request *request, struct question *question)
{
    struct response *response = NULL;
    enum cache_state state = cache_find_answer(lookup->cache, buffer_slice(&question->spelling),
                                               clock_monotonic_ms(), &response);
    if (!response)
        return false;

    enum outcome outcome = state == CACHE_FRESH ? OUTCOME_HIT : OUTCOME_STALE_HIT;
    if (state == CACHE_REFRESH)
        lookup_respond_and_refresh(lookup, request, question, response);
    else
        lookup_respond(request, question, outcome, response);
    return true;
}

static void lookup_begin(struct lookup *lookup, struct request *request,
                         const struct lookup_kind *kind)
{
    CLEANUP(question_release) struct question question = {.kind = kind};
    struct error error;

    if (atomic_load_explicit(&lookup->is_draining, memory_order_relaxed)) {
        (void)error_draining(&error);
        lookup_fail(request, &question, OUTCOME_REFUSED, &error);
    } else if (!question_read(&question, request, &error)) {
        lookup_fail(request, &question, OUTCOME_REFUSED, &error);
    } else if (question.no_cache || !lookup_hit(lookup, request, &question)) {
        lookup_resolve(lookup, request, &question);
    }
}

void lookup_answer(struct lookup *lookup, struct request *request)
{
    lookup_begin(lookup, request, &lookup_query_kind);
}

void lookup_inspect(struct lookup *lookup, struct request *request)
{
    lookup_begin(lookup, request, &lookup_inspect_kind);
}

void lookup_forget(struct lookup *lookup, const struct reference *reference)
{
    CLEANUP(cache_key_release) struct cache_key key = {0};
    struct error ignored; /* what is too long to be kept, or without memory, is not known either */

    if (cache_key_init(&key, reference, "", &ignored))
        cache_forget(lookup->cache, &key);
}

/* -- the tick and the end ------------------------------------------------------------------- */

void lookup_tick(struct lookup *lookup, int64_t now)
{
    struct error error;

    (void)error_set(&error, ERROR_TIMEOUT, "no answer within registry.timeout");
    lookup_fail_waiters(lookup, flights_take_overdue(lookup->flights, now - OVERDUE_MS), &error);

    if (atomic_load(&lookup->landings) >= LANDINGS_BETWEEN_TRIMS &&
        flights_count(lookup->flights) == 0) {
        atomic_store(&lookup->landings, 0);
        (void)malloc_trim(0);
    }
}

bool lookup_is_alive(const struct lookup *lookup, int64_t now)
{
    return now - STUCK_MS < flights_lost_since(lookup->flights);
}

void lookup_drain(struct lookup *lookup, int64_t deadline)
{
    struct error error;

    atomic_store(&lookup->is_draining, true);
    flights_close(lookup->flights);
    if (!flights_wait_until_none_held(lookup->flights, deadline)) {
        (void)error_draining(&error);
        lookup_fail_waiters(lookup, flights_take_overdue(lookup->flights, INT64_MAX), &error);
        (void)flights_wait_until_none_held(lookup->flights, clock_monotonic_ms() + DRAIN_LAST_MS);
    }
}
