/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of a push: on the door's thread it is admitted and its request read; on the reader's
 * thread its spec is parsed, its client is charged for it, and its tags are claimed; while another
 * push holds one of them it waits in no thread at all; on a worker's thread it runs, tells the
 * cache, gives its tags up, and is answered.
 *
 * A struct push belongs to one of these at a time. Where a claim waits it belongs to the claims:
 * whoever takes it out of there goes on with it.
 */
#include "server/push.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "server/access.h"
#include "server/asker.h"
#include "server/metrics.h"
#include "server/push_core.h"
#include "server/response.h"
#include "server/snapshot.h"

static struct push *push_of(struct job *job)
{
    return MAP_ITEM(job, struct push, job);
}

/* -- the end of a push ---------------------------------------------------------------------- */

static void push_free(struct push *push)
{
    push_result_release(&push->result);
    free(push->is_tagged);
    claim_release(&push->claim);
    push_order_release(&push->order);
    spec_free(push->spec);
    (void)atomic_fetch_sub(&push->pushes->count, 1);
    free(push);
}

static void respond(struct request *request, const struct access_push *line,
                    struct response *response, const struct error *error)
{
    response = request_tell_allowance(request, response);
    metrics_count_push(request->metrics, error ? error->code : ERROR_NONE);
    access_log_push(&request_config(request)->log, request, line, response->status, error);
    request_respond(request, response);
}

/* `error`: NULL where it went well. The tags are given up before the answer is given: who pushes
 * again on seeing it does not wait for itself. */
static void push_end(struct push *push, const struct error *error, struct list *granted)
{
    const struct access_push line = {
        .action = "push",
        .target = slice_from_string(push->spec ? push->spec->image : NULL),
        .is_dry_run = push->order.is_dry_run,
        .result = &push->result,
    };

    claims_give_up(push->lane->claims, &push->claim, granted);
    respond(push->request, &line, error ? push_answer_from_error(push, error) : push_answer(push),
            error);
    push_free(push);
}

static void push_run(struct job *job);
static void push_cancel(struct job *job);

/* Queues those who hold their tags. One that cannot be queued ends, and may let others go on. */
static void lane_start(struct push_lane *lane, struct list *granted)
{
    struct error error;

    for (struct list *place; (place = list_take_first(granted));) {
        struct push *push = LIST_ITEM(place, struct push, claim.place);
        push->job = (struct job){
            .run = push_run, .cancel = push_cancel, .registry = push->spec->target->registry};
        if (!workers_submit(lane->workers, &push->job, &error))
            push_end(push, &error, granted);
    }
}

void push_fail(struct push *push, const struct error *error)
{
    struct push_lane *lane = push->lane;
    struct list granted;

    list_init(&granted);
    push_end(push, error, &granted);
    lane_start(lane, &granted);
}

static void push_cancel(struct job *job)
{
    struct error error;

    (void)error_draining(&error);
    push_fail(push_of(job), &error);
}

/* -- pushing -------------------------------------------------------------------------------- */

static bool push_is_wanted(void *context)
{
    const struct push *push = context;
    return request_is_wanted(push->request);
}

static void push_note(void *context, const struct push_event *event)
{
    struct push *push = context;

    for (size_t i = 0; event->step == PUSH_TAGGED && i <= push->spec->tag_count; i++) {
        struct reference tagged = push_tag(push->spec, i);
        if (strcmp(reference_target(&tagged), event->name) == 0)
            push->is_tagged[i] = true;
    }
}

static bool push_do(struct push *push, struct error *error)
{
    const struct snapshot *snapshot = push->request->snapshot;
    const struct registry_push wish = {
        .spec = push->spec,
        .type = push->order.type,
        .ignore_missing = push->order.ignore_missing,
        .is_dry_run = push->order.is_dry_run,
        .credential = push->order.credential,
        .no_operator_credentials = push->request->client.push_token == 0,
        .deadline = clock_monotonic_ms() + snapshot->config->push.timeout,
        .retries = PUSH_RETRIES,
        .progress = push_note,
        .is_wanted = push_is_wanted,
        .context = push,
    };

    if (!push_is_wanted(push))
        return error_set(error, ERROR_DRAINING, "the client left before its turn had come");
    return registry_push(snapshot->registry, &wish, &push->result, error);
}

struct reference push_tag(const struct spec *spec, size_t index)
{
    struct reference tagged = *spec->target;

    if (index > 0)
        tagged.tag = spec->tags[index - 1];
    return tagged;
}

/* All tags of a push that may have written some: one whose answer was lost is there as well. */
static void push_tell_cache(const struct push *push)
{
    struct lookup *lookup = push->pushes->lookup;
    struct reference pinned = *push->spec->target;

    if (!push->result.may_have_tagged)
        return;
    for (size_t i = 0; i <= push->spec->tag_count; i++) {
        struct reference tagged = push_tag(push->spec, i);
        lookup_forget(lookup, &tagged);
    }
    pinned.digest = push->result.digest.text;
    if (pinned.digest[0] != '\0')
        lookup_forget(lookup, &pinned);
}

static void push_run(struct job *job)
{
    struct push *push = push_of(job);
    struct push_lane *lane = push->lane;
    struct error error = {.code = ERROR_NONE};
    struct list granted;

    list_init(&granted);
    bool is_done = push_do(push, &error);
    push_tell_cache(push);
    push_end(push, is_done ? NULL : &error, &granted);
    lane_start(lane, &granted);
}

/* -- reading -------------------------------------------------------------------------------- */

static bool push_read_spec(struct push *push, struct error *error)
{
    push->spec = spec_parse(buffer_slice(&push->request->body.bytes), "the body",
                            push->order.syntax, SPEC_REFUSE_UNKNOWN, error);
    body_release(&push->request->body); /* a push may last for an hour */
    if (!push->spec)
        return false;
    push->is_tagged = calloc(1 + push->spec->tag_count, sizeof(push->is_tagged[0]));
    return push->is_tagged ? claim_init(&push->claim, push->spec, error) : error_no_memory(error);
}

/* Before it waits for anything: who may not, or may ask no more, is told so at once. */
static bool push_let_in(const struct push *push, struct error *error)
{
    const struct request *request = push->request;
    const struct spec *spec = push->spec;

    return registry_may_push(request->snapshot->registry, spec, error) &&
           request_charge(request, (uint32_t)(spec->entry_count + 1 + spec->tag_count), error);
}

/* The reader's job. */
static void push_read(struct job *job)
{
    struct push *push = push_of(job);
    struct push_lane *lane = push->lane;
    struct error error;
    struct list granted;

    if (!push_read_spec(push, &error) || !push_let_in(push, &error)) {
        push_fail(push, &error);
        return;
    }
    switch (
        claims_take(lane->claims, &push->claim, clock_monotonic_ms() + PUSH_PATIENCE_MS, &error)) {
    case CLAIM_HELD:
        list_init(&granted);
        list_put_last(&granted, &push->claim.place);
        lane_start(lane, &granted);
        return;
    case CLAIM_WAITS: /* it is not ours any more */
        return;
    case CLAIM_REFUSED:
        break;
    }
    push_fail(push, &error);
}

/* Takes over the order. NULL: no memory. */
static struct push *push_new(struct pushes *pushes, struct request *request,
                             struct push_order *order)
{
    struct push *push = calloc(1, sizeof(*push));
    if (!push)
        return NULL;
    (void)atomic_fetch_add(&pushes->count, 1);
    push->pushes = pushes;
    push->lane = pushes_lane(pushes, request);
    push->request = request;
    push->order = *order;
    *order = (struct push_order){0};
    /* The reader asks no registry: what it takes turns between are the lanes. */
    push->job = (struct job){.run = push_read, .cancel = push_cancel, .registry = push->lane->name};
    return push;
}

/* -- the face ------------------------------------------------------------------------------- */

bool pushes_admit(struct pushes *pushes, struct request *request, struct error *error)
{
    const struct access_push line = {.action = "push"};
    enum spec_syntax syntax = SPEC_YAML;

    if (pushes_identify(pushes, request, error) &&
        push_order_read_syntax(request, &syntax, error)) {
        request->wants_body = true;
        return true;
    }
    metrics_count_push(request->metrics, error->code);
    access_log_push(&request_config(request)->log, request, &line, response_status(error->code),
                    error);
    return false;
}

void pushes_answer(struct pushes *pushes, struct request *request)
{
    CLEANUP(push_order_release) struct push_order order = {0};
    struct error error;

    if (!pushes_identify(pushes, request, &error) || !push_order_read(&order, request, &error)) {
        const struct access_push line = {.action = "push"};
        respond(request, &line, response_from_error(&error), &error);
        return;
    }
    struct push *push = push_new(pushes, request, &order);
    if (!push) {
        (void)error_no_memory(&error);
        request_fail(request, &error);
    } else if (!workers_submit(pushes->readers, &push->job, &error)) {
        push_fail(push, &error);
    }
}
