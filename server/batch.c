/* SPDX-License-Identifier: Apache-2.0 */
#include "server/batch.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "server/accept.h"
#include "server/batch_core.h"
#include "server/channel.h"
#include "server/crowd.h"
#include "server/lookup_core.h"
#include "server/request.h"
#include "server/response.h"
#include "server/snapshot.h"

enum {
    BATCHES_MAX = 32, /* at once */
    BATCHES_EACH = 8  /* of them one client's: who reads slowly is not to keep others out */
};

/* -- room for it ---------------------------------------------------------------------------- */

/* Behind a Unix socket nobody knows who asks. */
static bool is_somebody(const struct client *client)
{
    return client->address.is_known || client->token;
}

static void lookup_leave_batch(struct lookup *lookup, const struct client *client)
{
    if (is_somebody(client))
        crowd_leave(lookup->batchers, client);
    (void)atomic_fetch_sub(&lookup->batches, 1);
}

/* Counts one more, where there is room for it; lookup_leave_batch() has to follow. */
static bool lookup_takes_batch(struct lookup *lookup, const struct client *client,
                               struct error *error)
{
    if (atomic_load(&lookup->is_draining))
        return error_draining(error);
    if (is_somebody(client) && !crowd_enter(lookup->batchers, client, BATCHES_EACH)) {
        return error_set(error, ERROR_OVERLOADED, "%d batches of this client are being answered",
                         BATCHES_EACH);
    }
    if (atomic_fetch_add(&lookup->batches, 1) < BATCHES_MAX)
        return true;
    lookup_leave_batch(lookup, client);
    return error_set(error, ERROR_OVERLOADED, "%d batches are being answered", BATCHES_MAX);
}

/* -- its life ------------------------------------------------------------------------------- */

struct batch *batch_ref(struct batch *batch)
{
    (void)atomic_fetch_add_explicit(&batch->references, 1, memory_order_relaxed);
    return batch;
}

void batch_unref(struct batch *batch)
{
    if (atomic_fetch_sub_explicit(&batch->references, 1, memory_order_acq_rel) != 1)
        return;
    batch_free_asks(batch);
    batch_items_release(&batch->items);
    (void)pthread_mutex_destroy(&batch->mutex);
    lookup_leave_batch(batch->lookup, &batch->asker.client);
    asker_release(&batch->asker);
    free(batch);
}

void batch_lock(struct batch *batch)
{
    (void)pthread_mutex_lock(&batch->mutex);
}

void batch_unlock(struct batch *batch)
{
    (void)pthread_mutex_unlock(&batch->mutex);
}

static void on_taken(void *context)
{
    batch_ask_on(context);
}

static void on_left(void *context)
{
    batch_ask_on(context);
    batch_unref(context);
}

/* One reference, the caller's; with the last one it is counted no more. */
static struct batch *batch_allocate(struct lookup *lookup, const struct request *request)
{
    struct batch *batch = calloc(1, sizeof(*batch));
    if (!batch)
        return NULL;
    batch->lookup = lookup;
    batch->asker = asker_of(request);
    batch->metrics = request->metrics;
    memcpy(batch->names.request_id, request->preferences.request_id, REQUEST_ID_SIZE);
    memcpy(batch->names.trace_id, request->preferences.trace_id, TRACE_ID_SIZE);
    atomic_init(&batch->references, 1);
    (void)pthread_mutex_init(&batch->mutex, NULL);
    batch_init_asks(batch);
    return batch;
}

/* -- the request ---------------------------------------------------------------------------- */

static bool read_syntax(const struct request *request, enum batch_syntax *out, struct error *error)
{
    static const struct {
        const char *type;
        enum batch_syntax syntax;
    } types[] = {
        {"application/json", BATCH_ARRAY},
        {"application/x-ndjson", BATCH_LINES},
        {"application/ndjson", BATCH_LINES},
        {"application/jsonl", BATCH_LINES},
    };
    struct slice type = request_header(request, "content-type");

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (accept_names(type, slice_from_string(types[i].type))) {
            *out = types[i].syntax;
            return true;
        }
    }
    return error_set(error, ERROR_MEDIA_TYPE,
                     "a batch is application/json, an array, or application/x-ndjson");
}

bool batch_admit(struct request *request, struct error *error)
{
    enum batch_syntax ignored = BATCH_ARRAY;

    if (request_header(request, "x-registry-auth").data) {
        return error_set(error, ERROR_INVALID,
                         "X-Registry-Auth is for one registry: ask for its images one by one");
    }
    request->wants_body = read_syntax(request, &ignored, error);
    return request->wants_body;
}

/* What the request asks, not begun. */
static struct batch *batch_new(struct lookup *lookup, const struct request *request,
                               struct error *error)
{
    enum batch_syntax syntax = BATCH_ARRAY;

    if (!read_syntax(request, &syntax, error) ||
        !lookup_takes_batch(lookup, &request->client, error))
        return NULL;
    struct batch *batch = batch_allocate(lookup, request);
    if (!batch) {
        lookup_leave_batch(lookup, &request->client);
        (void)error_no_memory(error);
        return NULL;
    }
    if (batch_items_read(&batch->items, buffer_slice(&request->body.bytes), syntax, error))
        return batch;
    batch_unref(batch);
    return NULL;
}

/* The response whose body is what the batch will write. NULL: no memory. From here on the stream's
 * reader and those who ask hold the batch, too. */
static struct response *batch_open(struct batch *batch)
{
    const struct channel_writer writer = {.taken = on_taken, .left = on_left, .context = batch};

    batch->stream = channel_new(&writer);
    if (!batch->stream)
        return NULL;
    (void)batch_ref(batch_ref(batch));
    struct response *response =
        response_new_stream(STATUS_OK, "application/x-ndjson", batch->stream);
    if (!response)
        return NULL;
    response_set_literal(response, "Cache-Control", "no-store");
    response_set_literal(response, "X-Accel-Buffering", "no"); /* nginx would hold lines back */
    return response;
}

/* What is too large here is the batch, not an image. */
static void refuse(struct request *request, const struct error *error)
{
    request_respond(request, error->code == ERROR_TOO_LARGE
                                 ? response_from_error_as(STATUS_CONTENT_TOO_LARGE, error)
                                 : response_from_error(error));
}

void batch_answer(struct lookup *lookup, struct request *request)
{
    struct error error;
    struct batch *batch = batch_new(lookup, request, &error);
    if (!batch) {
        refuse(request, &error);
        return;
    }
    struct response *response = batch_open(batch);
    if (response) {
        request_respond(request, response);
        batch_ask_on(batch);
    } else {
        (void)error_no_memory(&error);
        refuse(request, &error);
    }
    batch_unref(batch);
}
