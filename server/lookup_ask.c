/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flight: started on the door's thread, run on a worker's, landed with whoever waits for it.
 */
#include "base/clock.h"
#include "server/lookup_core.h"
#include "server/request.h"
#include "server/snapshot.h"

enum {
    RETRIES = 1 /* none where a stale answer can stand in (decision 7) */
};

static struct flight *flight_of(struct job *job)
{
    return MAP_ITEM(job, struct flight, job);
}

/* The flight ends without a report: also where it was refused a worker, or called off. */
static void lookup_land_failed(struct lookup *lookup, struct flight *flight,
                               const struct error *error)
{
    lookup_fail_waiters(lookup, flights_land(lookup->flights, flight), error);
    flight_free(flight);
}

static struct report *known_report(void *context, const struct digest *digest)
{
    struct lookup *lookup = context;
    return cache_find_digest(lookup->cache, slice_from_string(digest->text));
}

/* A digest whose content is known from elsewhere is only authorised here: a HEAD does. */
static void lookup_recall_content(struct lookup *lookup, struct flight *flight)
{
    const char *digest = flight->reference->digest;
    if (digest && !flight->held && flight->kind->shares_reports)
        flight->held = cache_find_digest(lookup->cache, slice_from_string(digest));
}

static struct report *lookup_ask(struct lookup *lookup, struct flight *flight, struct error *error)
{
    if (clock_monotonic_ms() >= flight->deadline) {
        (void)error_set(error, ERROR_OVERLOADED,
                        "the lookup's time was over before its turn had come");
        return NULL;
    }
    lookup_recall_content(lookup, flight);
    const struct registry_question question = {.reference = flight->reference,
                                               .credential = flight->credential,
                                               .deadline = flight->deadline,
                                               .retries = flight->has_stand_in ? 0 : RETRIES,
                                               .is_stranger = flight->job.is_stranger,
                                               .held = flight->held,
                                               .has_stand_in = flight->has_stand_in,
                                               .known = flight->kind->shares_reports ? known_report
                                                                                     : NULL,
                                               .known_context = lookup};
    return flight->kind->ask(flight->snapshot->registry, &question, error);
}

/* What shows that the registry is there and speaks. */
static const bool shows_an_answer[ERROR_CODE_COUNT] = {
    [ERROR_NONE] = true,        [ERROR_NOT_FOUND] = true, [ERROR_DENIED] = true,
    [ERROR_UNSUPPORTED] = true, [ERROR_TOO_LARGE] = true, [ERROR_RATE_LIMITED] = true,
};

/* Lands the flight with what is known by now: whoever found nothing in the cache and no flight to
 * join may have come between another's last look and its landing. False: the registry is to be
 * asked. */
static bool lookup_land_known(struct lookup *lookup, struct flight *flight)
{
    CLEANUP(cache_finding_release) struct cache_finding known = {0};

    if (flight->must_ask || !snapshot_is_current(flight->snapshot))
        return false;
    cache_find(lookup->cache, &flight->key, clock_monotonic_ms(), &known);
    if (known.state == CACHE_FAILED) {
        lookup_land_failed(lookup, flight, &known.error);
        return true;
    }
    if (known.state != CACHE_FRESH)
        return false;
    lookup_deliver_to_waiters(lookup, flights_land(lookup->flights, flight), &flight->key, &known);
    flight_free(flight);
    return true;
}

/* The job's function, on a worker's thread. */
static void lookup_run(struct job *job)
{
    struct flight *flight = flight_of(job);
    struct lookup *lookup = flight->lookup;
    struct error error = {.code = ERROR_NONE};
    CLEANUP(cache_finding_release) struct cache_finding found = {.state = CACHE_FRESH};

    atomic_store(&flight->has_begun, true);
    if (lookup_land_known(lookup, flight))
        return;
    found.report = lookup_ask(lookup, flight, &error);
    int64_t now = clock_monotonic_ms();
    if (shows_an_answer[error.code])
        known_hosts_note_answer(lookup->hosts, flight->reference->registry, now);
    else if (error.code == ERROR_TIMEOUT)
        known_hosts_forget(lookup->hosts, flight->reference->registry);
    (void)atomic_fetch_add(&lookup->landings, 1);

    /* What was learnt by settings that hold no more answers only those who asked by them. */
    bool is_kept = snapshot_is_current(flight->snapshot);
    if (!found.report) {
        if (is_kept)
            cache_store_failure(lookup->cache, &flight->key, &error, now, flight->generation);
        lookup_land_failed(lookup, flight, &error);
        return;
    }
    found.confirmed = clock_realtime_ms() / 1000;
    if (is_kept) {
        cache_store(lookup->cache, &flight->key, found.report, found.confirmed, now,
                    flight->generation);
    }
    lookup_deliver_to_waiters(lookup, flights_land(lookup->flights, flight), &flight->key, &found);
    flight_free(flight);
}

static void lookup_cancel(struct job *job)
{
    struct flight *flight = flight_of(job);
    struct error error;

    (void)error_draining(&error);
    lookup_land_failed(flight->lookup, flight, &error);
}

static struct flight *lookup_new_flight(struct lookup *lookup, struct snapshot *snapshot,
                                        struct question *question, struct cache_key *key,
                                        struct cache_finding *finding)
{
    int64_t now = clock_monotonic_ms();
    struct flight *flight = flight_new(snapshot, question, key, finding);
    if (!flight)
        return NULL;
    const char *registry = flight->reference->registry;
    flight->lookup = lookup;
    flight->deadline = now + registry_timeout(snapshot->registry, registry);
    flight->job.run = lookup_run;
    flight->job.cancel = lookup_cancel;
    flight->job.is_stranger = !registry_is_listed(snapshot->registry, registry) &&
                              !known_hosts_has(lookup->hosts, registry, now);
    return flight;
}

/* -- starting ------------------------------------------------------------------------------- */

/* Takes over flight and waiter. `waiter`: NULL for a refresh behind an answer that was given. */
static void lookup_start(struct lookup *lookup, const struct asker *asker, struct flight *flight,
                         struct waiter *waiter)
{
    struct error error;

    switch (flights_start(lookup->flights, flight, waiter, &error)) {
    case FLIGHT_STARTED:
        if (!workers_submit(lookup->workers, &flight->job, &error)) {
            asker_refund(asker); /* no registry is asked */
            lookup_land_failed(lookup, flight, &error);
        }
        return;
    case FLIGHT_JOINED:
        flight_free(flight);
        asker_refund(asker); /* another had asked already */
        return;
    case FLIGHT_REFUSED:
        asker_refund(asker);
        break;
    }
    flight_free(flight);
    if (waiter)
        lookup_fail(waiter->request, &waiter->question, OUTCOME_MISS, &error);
    waiter_free(waiter);
}

void lookup_wait(struct lookup *lookup, struct request *request, struct question *question,
                 struct cache_key *key, struct cache_finding *finding)
{
    CLEANUP(asker_release) struct asker asker = asker_of(request);
    struct error error;

    if (!asker_charge(&asker, 1, &error)) {
        lookup_fail(request, question, OUTCOME_MISS, &error);
        return;
    }
    struct flight *flight = lookup_new_flight(lookup, asker.snapshot, question, key, finding);
    struct waiter *waiter = flight ? waiter_new(request, question) : NULL;
    if (waiter) {
        lookup_start(lookup, &asker, flight, waiter);
        return;
    }
    flight_free(flight);
    (void)error_no_memory(&error);
    lookup_fail(request, question, OUTCOME_MISS, &error);
}

/* Without memory, or where the asker has no question left, the next one who asks does it. */
void lookup_refresh(struct lookup *lookup, const struct asker *asker, struct question *question,
                    struct cache_key *key, struct cache_finding *finding)
{
    struct error ignored;

    if (!asker_charge(asker, 1, &ignored))
        return;
    struct flight *flight = lookup_new_flight(lookup, asker->snapshot, question, key, finding);
    if (flight)
        lookup_start(lookup, asker, flight, NULL);
}
