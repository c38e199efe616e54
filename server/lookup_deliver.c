/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers on their way to those who asked: rendered once, kept by the cache, shared by who asked
 * alike.
 */
#include "base/clock.h"
#include "server/answer.h"
#include "server/lookup_core.h"
#include "server/metrics.h"
#include "server/request.h"
#include "server/response.h"

static struct access_lookup line_for(const struct question *question, enum outcome outcome)
{
    return (struct access_lookup){.action = question->kind->name,
                                  .image = buffer_slice(&question->image),
                                  .outcome = outcome};
}

static struct response *prepare(struct request *request, const struct question *question,
                                enum outcome outcome, struct response *response)
{
    response = answer_tell_cache(response, question, outcome);
    return request_prepare(request, request_tell_allowance(request, response));
}

void lookup_respond(struct request *request, const struct question *question, enum outcome outcome,
                    struct response *response)
{
    const struct access_lookup line = line_for(question, outcome);

    response = prepare(request, question, outcome, response);
    metrics_count_query(request->metrics, outcome, ERROR_NONE);
    access_log_lookup(&request_config(request)->log, request, &line, response->status, NULL);
    request_respond(request, response);
}

void lookup_fail(struct request *request, const struct question *question, enum outcome outcome,
                 const struct error *error)
{
    const struct access_lookup line = line_for(question, outcome);
    struct response *response = answer_from_error(error, question, &request_config(request)->cache);

    response = prepare(request, question, outcome, response);
    metrics_count_query(request->metrics, outcome, error->code);
    access_log_lookup(&request_config(request)->log, request, &line, response->status, error);
    request_respond(request, response);
}

void lookup_deliver(struct lookup *lookup, struct request *request, const struct question *question,
                    const struct cache_key *key, const struct cache_finding *finding,
                    enum outcome outcome)
{
    struct error error;
    struct response *response =
        answer_new(question, finding, &request_config(request)->cache, &error);
    if (!response) {
        lookup_fail(request, question, outcome, &error);
        return;
    }
    cache_store_answer(lookup->cache, key, buffer_slice(&question->spelling), finding, response);
    lookup_respond(request, question, outcome, response);
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
        lookup_respond(waiter->request, question, outcome, response);
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

    if (!cache_may_be_stale(code) || !lookup_key(question, &key, &ignored))
        return false;
    cache_find(lookup->cache, &key, clock_monotonic_ms(), &finding);
    if (!finding.report || finding.state == CACHE_MISS)
        return false;
    if (question->no_cache && finding.state == CACHE_FRESH)
        return false; /* it would not say that it could not be confirmed */
    lookup_deliver(lookup, waiter->request, question, &key, &finding, OUTCOME_STOOD_IN);
    return true;
}

static void lookup_fail_waiter(struct lookup *lookup, const struct waiter *waiter,
                               const struct error *error)
{
    enum outcome outcome = waiter->has_joined ? OUTCOME_JOINED : OUTCOME_MISS;
    if (!lookup_stand_in(lookup, waiter, error->code))
        lookup_fail(waiter->request, &waiter->question, outcome, error);
}

void lookup_fail_waiters(struct lookup *lookup, struct waiter *waiters, const struct error *error)
{
    for (struct waiter *waiter = waiters, *next; waiter; waiter = next) {
        next = waiter->next;
        lookup_fail_waiter(lookup, waiter, error);
        waiter_free(waiter);
        flights_release(lookup->flights);
    }
}

void lookup_deliver_to_waiters(struct lookup *lookup, struct waiter *waiters,
                               const struct cache_key *key, const struct cache_finding *finding)
{
    for (struct waiter *waiter = waiters, *next; waiter; waiter = next) {
        next = waiter->next;
        lookup_deliver_to_waiter(lookup, waiter, key, finding);
        waiter_free(waiter);
        flights_release(lookup->flights);
    }
}
