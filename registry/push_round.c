/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of one round: whatever does not depend on each other is asked together, whichever
 * repository it is in, so that a push takes as many round trips as its longest chain of questions.
 */
#include <stdlib.h>

#include "registry/push_job.h"

static bool round_grow(struct push_round *round)
{
    size_t capacity = round->capacity ? 2 * round->capacity : CLIENT_SIDE_BY_SIDE;

    struct call *calls = realloc(round->calls, capacity * sizeof(*calls));
    if (!calls)
        return false;
    round->calls = calls;
    struct push_ask *asks = realloc(round->asks, capacity * sizeof(*asks));
    if (!asks)
        return false;
    round->asks = asks;
    round->capacity = capacity;
    return true;
}

bool push_ask(struct push_job *job, struct session *session, struct call call,
              push_settle_function settle, void *subject, struct error *error)
{
    struct push_round *round = &job->round;

    if (round->count == round->capacity && !round_grow(round))
        return error_no_memory(error);
    call.session = session;
    round->calls[round->count] = call;
    round->asks[round->count] = (struct push_ask){settle, subject};
    round->count++;
    return true;
}

static void round_clear(struct push_round *round)
{
    for (size_t i = 0; i < round->count; i++)
        call_release(&round->calls[i]);
    round->count = 0;
}

void push_round_release(struct push_round *round)
{
    round_clear(round);
    free(round->calls);
    free(round->asks);
    *round = (struct push_round){0};
}

/* As many as go side by side: their bodies are let go before the next ones come. */
static bool round_run_some(struct push_job *job, size_t first, size_t count, struct error *error)
{
    struct push_round *round = &job->round;
    bool is_good = true;

    client_call_all(&round->calls[first], count);
    for (size_t i = first; i < first + count; i++) {
        struct error failure = {.code = ERROR_NONE};
        const struct push_ask *ask = &round->asks[i];
        bool is_settled = ask->settle(job, ask->subject, &round->calls[i], &failure);
        call_release(&round->calls[i]);
        if (!is_settled && is_good)
            *error = failure;
        is_good = is_good && is_settled;
    }
    return is_good;
}

bool push_run(struct push_job *job, struct error *error)
{
    size_t total = job->round.count;
    bool is_good = true;

    for (size_t first = 0; is_good && first < total; first += CLIENT_SIDE_BY_SIDE) {
        size_t left = total - first;
        size_t count = left < CLIENT_SIDE_BY_SIDE ? left : CLIENT_SIDE_BY_SIDE;
        is_good = push_check_wanted(job, error) && round_run_some(job, first, count, error);
    }
    round_clear(&job->round);
    return is_good;
}

bool push_check_wanted(const struct push_job *job, struct error *error)
{
    const struct registry_push *push = job->push;

    if (job->is_past_return || !push->is_wanted || push->is_wanted(push->context))
        return true;
    return error_set(error, ERROR_DRAINING, "the push was given up");
}

void push_tell(const struct push_job *job, const struct push_event *event)
{
    if (job->push->progress)
        job->push->progress(job->push->context, event);
}
