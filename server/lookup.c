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
#include "server/access.h"
#include "server/answer.h"
#include "server/cache.h"
#include "server/flight.h"
#include "server/known_hosts.h"
#include "server/request.h"
#include "server/response.h"
#include "server/workers.h"

enum {
    HOSTS_REMEMBERED = 4096,
    WORKERS_KEPT = 2,
    WORKER_IDLE_MS = 30 * 1000,
    RETRIES = 1,                 /* none where a stale answer can stand in (decision 7) */
    OVERDUE_MS = 1000,           /* a flight ends by its deadline; this is for one that did not */
    DRAIN_LAST_MS = 1000,        /* for answers on their way when a drain's time is over */
    LANDINGS_BETWEEN_TRIMS = 256 /* memory is given back after a burst, not after each lookup */
};

struct lookup {
    const struct config *config;
    struct registry *registry;
    struct cache *cache;
    struct flights *flights;
    struct workers *workers;
    struct known_hosts *hosts;
    atomic_bool is_draining;
    atomic_uint landings; /* since memory was last trimmed */
};

struct lookup *lookup_new(const struct config *config, struct registry *registry,
                          struct error *error)
{
    const struct workers_settings settings = {.threads_max = config->registry.workers_max,
                                              .threads_kept = WORKERS_KEPT,
                                              .idle = WORKER_IDLE_MS,
                                              .queue_max = config->registry.queue_max};
    struct lookup *lookup = calloc(1, sizeof(*lookup));
    if (!lookup)
        goto fail;
    lookup->config = config;
    lookup->registry = registry;
    lookup->cache = cache_new(&config->cache);
    lookup->flights = flights_new();
    lookup->workers = workers_new(&settings);
    lookup->hosts = known_hosts_new(HOSTS_REMEMBERED);
    if (!lookup->cache || !lookup->flights || !lookup->workers || !lookup->hosts)
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
    free(lookup);
}

/* -- answering ------------------------------------------------------------------------------ */

/* Takes the response's reference. */
static void lookup_respond(struct lookup *lookup, struct request *request,
                           const struct question *question, enum outcome outcome,
                           struct response *response)
{
    access_log_query(&lookup->config->log, request, buffer_slice(&question->image), outcome,
                     response->status, NULL);
    request_respond(request, response);
}

static void lookup_fail(struct lookup *lookup, struct request *request,
                        const struct question *question, enum outcome outcome,
                        const struct error *error)
{
    struct response *response =
        answer_from_error(error, question_is_private(question), &lookup->config->cache);
    access_log_query(&lookup->config->log, request, buffer_slice(&question->image), outcome,
                     response->status, error);
    request_respond(request, response);
}

/* Renders what was found, keeps the bytes for those who ask alike, and answers. */
static void lookup_deliver(struct lookup *lookup, struct request *request,
                           const struct question *question, const struct cache_key *key,
                           const struct cache_finding *finding, enum outcome outcome)
{
    struct error error;
    struct response *response = answer_new(question, finding, &lookup->config->cache, &error);
    if (!response) {
        lookup_fail(lookup, request, question, outcome, &error);
        return;
    }
    cache_store_answer(lookup->cache, key, buffer_slice(&question->spelling), finding, response);
    lookup_respond(lookup, request, question, outcome, response);
}

/* -- waiters -------------------------------------------------------------------------------- */

static void lookup_deliver_to_waiter(struct lookup *lookup, const struct waiter *waiter,
                                     const struct cache_key *key,
                                     const struct cache_finding *finding)
{
    const struct question *question = &waiter->question;
    enum outcome outcome = waiter->has_joined ? OUTCOME_JOINED : OUTCOME_MISS;
    struct response *response = NULL;

    /* Of a thousand who wait with one spelling, the first one's bytes serve all. */
    if (cache_find_answer(lookup->cache, buffer_slice(&question->spelling), clock_monotonic_ms(),
                          &response) == CACHE_FRESH) {
        lookup_respond(lookup, waiter->request, question, outcome, response);
        return;
    }
    response_unref(response);
    lookup_deliver(lookup, waiter->request, question, key, finding, outcome);
}

/* The stale answer, where there is one and the failure is of a kind that allows it (decision 6). */
static bool lookup_stand_in(struct lookup *lookup, const struct waiter *waiter,
                            enum error_code code)
{
    const struct question *question = &waiter->question;
    CLEANUP(cache_key_release) struct cache_key key = {0};
    CLEANUP(cache_finding_release) struct cache_finding finding = {0};
    struct error ignored;

    if (!cache_may_be_stale(code) ||
        !cache_key_init(&key, question->reference, question->partition, &ignored))
        return false;
    cache_find(lookup->cache, &key, clock_monotonic_ms(), &finding);
    if (!finding.report || finding.state == CACHE_MISS)
        return false;
    lookup_deliver(lookup, waiter->request, question, &key, &finding, OUTCOME_STOOD_IN);
    return true;
}

static void lookup_fail_waiter(struct lookup *lookup, const struct waiter *waiter,
                               const struct error *error)
{
    enum outcome outcome = waiter->has_joined ? OUTCOME_JOINED : OUTCOME_MISS;
    if (!lookup_stand_in(lookup, waiter, error->code))
        lookup_fail(lookup, waiter->request, &waiter->question, outcome, error);
}

static void lookup_fail_waiters(struct lookup *lookup, struct waiter *waiters,
                                const struct error *error)
{
    for (struct waiter *waiter = waiters, *next; waiter; waiter = next) {
        next = waiter->next;
        lookup_fail_waiter(lookup, waiter, error);
        waiter_free(waiter);
        flights_release(lookup->flights);
    }
}

static void lookup_deliver_to_waiters(struct lookup *lookup, struct waiter *waiters,
                                      const struct cache_key *key,
                                      const struct cache_finding *finding)
{
    for (struct waiter *waiter = waiters, *next; waiter; waiter = next) {
        next = waiter->next;
        lookup_deliver_to_waiter(lookup, waiter, key, finding);
        waiter_free(waiter);
        flights_release(lookup->flights);
    }
}

/* -- flights -------------------------------------------------------------------------------- */

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
    if (digest && !flight->held)
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
                                               .known = known_report,
                                               .known_context = lookup};
    return registry_query(lookup->registry, &question, error);
}

/* What shows that the registry is there and speaks. */
static const bool shows_an_answer[ERROR_CODE_COUNT] = {
    [ERROR_NONE] = true,        [ERROR_NOT_FOUND] = true, [ERROR_DENIED] = true,
    [ERROR_UNSUPPORTED] = true, [ERROR_TOO_LARGE] = true, [ERROR_RATE_LIMITED] = true,
};

/* The job's function, on a worker's thread. */
static void lookup_run(struct job *job)
{
    struct flight *flight = flight_of(job);
    struct lookup *lookup = flight->lookup;
    struct error error = {.code = ERROR_NONE};
    CLEANUP(cache_finding_release) struct cache_finding found = {.state = CACHE_FRESH};

    found.report = lookup_ask(lookup, flight, &error);
    int64_t now = clock_monotonic_ms();
    if (shows_an_answer[error.code])
        known_hosts_note_answer(lookup->hosts, flight->reference->registry, now);
    (void)atomic_fetch_add(&lookup->landings, 1);

    if (!found.report) {
        cache_store_failure(lookup->cache, &flight->key, &error, now, flight->generation);
        lookup_land_failed(lookup, flight, &error);
        return;
    }
    found.confirmed = clock_realtime_ms() / 1000;
    cache_store(lookup->cache, &flight->key, found.report, found.confirmed, now,
                flight->generation);
    lookup_deliver_to_waiters(lookup, flights_land(lookup->flights, flight), &flight->key, &found);
    flight_free(flight);
}

static void lookup_cancel(struct job *job)
{
    struct flight *flight = flight_of(job);
    struct error error;

    (void)error_set(&error, ERROR_DRAINING, "shutting down");
    lookup_land_failed(flight->lookup, flight, &error);
}

static struct flight *lookup_new_flight(struct lookup *lookup, struct question *question,
                                        struct cache_key *key, struct cache_finding *finding)
{
    int64_t now = clock_monotonic_ms();
    struct flight *flight = flight_new(question, key, finding);
    if (!flight)
        return NULL;
    const char *registry = flight->reference->registry;
    flight->lookup = lookup;
    flight->deadline = now + lookup->config->registry.timeout;
    flight->job.run = lookup_run;
    flight->job.cancel = lookup_cancel;
    flight->job.is_stranger = !registry_is_listed(lookup->registry, registry) &&
                              !known_hosts_has(lookup->hosts, registry, now);
    return flight;
}

/* Takes over both. `waiter`: NULL for a refresh behind an answer that was given. */
static void lookup_start(struct lookup *lookup, struct flight *flight, struct waiter *waiter)
{
    struct error error;

    switch (flights_start(lookup->flights, flight, waiter, &error)) {
    case FLIGHT_STARTED:
        if (!workers_submit(lookup->workers, &flight->job, &error))
            lookup_land_failed(lookup, flight, &error);
        return;
    case FLIGHT_JOINED:
        flight_free(flight);
        return;
    case FLIGHT_REFUSED:
        break;
    }
    flight_free(flight);
    if (waiter)
        lookup_fail(lookup, waiter->request, &waiter->question, OUTCOME_MISS, &error);
    waiter_free(waiter);
}

/* -- the question's way --------------------------------------------------------------------- */

static void lookup_wait(struct lookup *lookup, struct request *request, struct question *question,
                        struct cache_key *key, struct cache_finding *finding)
{
    struct error error;
    struct flight *flight = lookup_new_flight(lookup, question, key, finding);
    struct waiter *waiter = flight ? waiter_new(request, question) : NULL;

    if (waiter) {
        lookup_start(lookup, flight, waiter);
        return;
    }
    flight_free(flight);
    (void)error_no_memory(&error);
    lookup_fail(lookup, request, question, OUTCOME_MISS, &error);
}

/* Asks behind an answer that was given; without memory the next one who asks does. */
static void lookup_refresh(struct lookup *lookup, struct question *question, struct cache_key *key,
                           struct cache_finding *finding)
{
    struct flight *flight = lookup_new_flight(lookup, question, key, finding);
    if (flight)
        lookup_start(lookup, flight, NULL);
}

/* What the cache knows of the reference. False where the question is wrong, or not allowed. */
static bool lookup_find(struct lookup *lookup, struct question *question, struct cache_key *key,
                        struct cache_finding *finding, struct error *error)
{
    if (!question_judge(question, error) ||
        !registry_may_ask(lookup->registry, question->reference->registry, error) ||
        !cache_key_init(key, question->reference, question->partition, error))
        return false;
    cache_find(lookup->cache, key, clock_monotonic_ms(), finding);
    return true;
}

static void lookup_resolve(struct lookup *lookup, struct request *request,
                           struct question *question)
{
    CLEANUP(cache_key_release) struct cache_key key = {0};
    CLEANUP(cache_finding_release) struct cache_finding finding = {0};
    struct error error;

    if (!lookup_find(lookup, question, &key, &finding, &error)) {
        lookup_fail(lookup, request, question, OUTCOME_REFUSED, &error);
        return;
    }
    switch (finding.state) {
    case CACHE_FRESH:
        lookup_deliver(lookup, request, question, &key, &finding, OUTCOME_HIT);
        return;
    case CACHE_STALE:
        lookup_deliver(lookup, request, question, &key, &finding, OUTCOME_STALE_HIT);
        return;
    case CACHE_REFRESH:
        lookup_deliver(lookup, request, question, &key, &finding, OUTCOME_STALE_HIT);
        lookup_refresh(lookup, question, &key, &finding);
        return;
    case CACHE_FAILED:
        lookup_fail(lookup, request, question, OUTCOME_HIT, &finding.error);
        return;
    case CACHE_ASK:
    case CACHE_MISS:
        break;
    }
    lookup_wait(lookup, request, question, &key, &finding);
}

/* The spelling is known and its bytes are ready: the way of nearly all requests. */
static bool lookup_hit(struct lookup *lookup, struct request *request, struct question *question)
{
    CLEANUP(cache_key_release) struct cache_key key = {0};
    CLEANUP(cache_finding_release) struct cache_finding finding = {0};
    struct response *response = NULL;
    struct error ignored;
    enum cache_state state = cache_find_answer(lookup->cache, buffer_slice(&question->spelling),
                                               clock_monotonic_ms(), &response);
    if (!response)
        return false;

    enum outcome outcome = state == CACHE_FRESH ? OUTCOME_HIT : OUTCOME_STALE_HIT;
    lookup_respond(lookup, request, question, outcome, response);
    if (state == CACHE_REFRESH && lookup_find(lookup, question, &key, &finding, &ignored) &&
        finding.state == CACHE_REFRESH)
        lookup_refresh(lookup, question, &key, &finding);
    return true;
}

void lookup_answer(struct lookup *lookup, struct request *request)
{
    CLEANUP(question_release) struct question question = {0};
    struct error error;

    if (atomic_load_explicit(&lookup->is_draining, memory_order_relaxed)) {
        (void)error_set(&error, ERROR_DRAINING, "shutting down");
        lookup_fail(lookup, request, &question, OUTCOME_REFUSED, &error);
    } else if (!question_read(&question, request, &error)) {
        lookup_fail(lookup, request, &question, OUTCOME_REFUSED, &error);
    } else if (!lookup_hit(lookup, request, &question)) {
        lookup_resolve(lookup, request, &question);
    }
}

/* -- the tick and the end ------------------------------------------------------------------- */

void lookup_tick(struct lookup *lookup, int64_t now)
{
    struct error error;

    (void)error_set(&error, ERROR_TIMEOUT, "no answer within %lld ms",
                    (long long)lookup->config->registry.timeout);
    lookup_fail_waiters(lookup, flights_take_overdue(lookup->flights, now - OVERDUE_MS), &error);

    if (atomic_load(&lookup->landings) >= LANDINGS_BETWEEN_TRIMS &&
        flights_count(lookup->flights) == 0) {
        atomic_store(&lookup->landings, 0);
        (void)malloc_trim(0);
    }
}

void lookup_drain(struct lookup *lookup, int64_t deadline)
{
    struct error error;

    atomic_store(&lookup->is_draining, true);
    flights_close(lookup->flights);
    if (!flights_wait_until_none_held(lookup->flights, deadline)) {
        (void)error_set(&error, ERROR_DRAINING, "shutting down");
        lookup_fail_waiters(lookup, flights_take_overdue(lookup->flights, INT64_MAX), &error);
        (void)flights_wait_until_none_held(lookup->flights, clock_monotonic_ms() + DRAIN_LAST_MS);
    }
    registry_cancel(lookup->registry); /* refreshes that nobody waits for */
}
