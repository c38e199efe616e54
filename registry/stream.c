/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/stream.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "registry/authorize.h"
#include "registry/bell.h"
#include "registry/call.h"
#include "registry/pieces.h"
#include "registry/problem.h"
#include "registry/relay.h"
#include "registry/session.h"
#include "registry/transfer.h"

struct stream *stream_new(struct session *target, struct copy *copy, char *location,
                          struct bell *bell)
{
    struct stream *stream = calloc(1, sizeof(*stream));
    if (!stream) {
        free(location);
        return NULL;
    }
    stream->copy = copy;
    stream->target = target;
    stream->bell = bell;
    stream->location = location;
    stream->retry = retry_begin(target->wish.retries, target->wish.deadline);
    return stream;
}

/* Ready for another attempt; what was learned of the target's authentication stays. */
static void forget_attempt(struct stream *stream)
{
    call_release(&stream->get);
    transfer_free(TAKE(stream->put.transfer));
    url_release(&stream->put.url);
    relay_free(TAKE(stream->relay));
}

void stream_free(struct stream *stream)
{
    if (!stream)
        return;
    stream_cancel(stream);
    forget_attempt(stream);
    call_release(&stream->put);
    free(stream->location);
    free(stream);
}

static bool is_over(const struct call *call)
{
    return !call->transfer || atomic_load(&call->transfer->is_over);
}

void stream_cancel(struct stream *stream)
{
    if (stream->relay)
        transfer_cancel_relay(stream->relay);
}

/* -- beginning ------------------------------------------------------------------------------ */

static void keep_location(struct stream *stream, const struct call *opened)
{
    stream->copy->error = opened->error;
    if (opened->error.code != ERROR_NONE)
        return;
    stream->piece_min = opened->piece_min;
    stream->location = strdup(opened->location);
    if (!stream->location)
        error_no_memory(&stream->copy->error);
}

static void open_uploads(struct stream *const *streams, size_t count)
{
    struct call calls[STREAMS_BEGUN_MAX];
    struct call *opening[STREAMS_BEGUN_MAX] = {NULL};
    size_t openings = 0;

    for (size_t i = 0; i < count; i++) {
        calls[i] = call_open_upload(streams[i]->copy->digest);
        call_open(&calls[i], streams[i]->target);
        if (!streams[i]->location)
            opening[openings++] = &calls[i];
    }
    client_run(opening, openings);
    for (size_t i = 0; i < count; i++) {
        if (!streams[i]->location)
            keep_location(streams[i], &calls[i]);
        call_release(&calls[i]);
    }
}

/* Ready to be asked of its source. False, and the copy's error says why. */
static bool prepare_source(struct stream *stream)
{
    const struct copy *copy = stream->copy;

    stream->relay = relay_new(stream->target->engine, stream->bell, copy->digest, copy->size);
    if (!stream->relay)
        return error_no_memory(&stream->copy->error);
    stream->get = call_stream_blob(copy->digest, copy->size, stream->relay);
    call_open(&stream->get, copy->source);
    return true;
}

void stream_begin_put(struct stream *stream)
{
    struct call *put = &stream->put;

    authorize_all(&put, 1);
    if (!put->is_done && call_begin(put))
        return;
    if (!put->is_done)
        call_finish(put);
    stream_cancel(stream);
}

/* Beyond the first attempt, the put call knows how the target wants to be asked. */
static void begin_target(struct stream *stream)
{
    const struct copy *copy = stream->copy;
    struct call *put = &stream->put;

    if (stream->is_in_pieces) {
        pieces_begin(stream);
        return;
    }
    if (!put->session) {
        *put = call_put_stream(stream->location, copy->digest, copy->size, stream->relay);
        call_open(put, stream->target);
    }
    put->target = stream->location;
    put->relay = stream->relay;
    put->is_done = false;
    put->is_confirming = false;
    put->error = (struct error){.code = ERROR_NONE};
    stream_begin_put(stream);
}

/* Its owner waits for a ring. */
static void ring_if_over(const struct stream *stream)
{
    if (is_over(&stream->get) && is_over(&stream->put))
        bell_ring(stream->bell);
}

void streams_begin(struct stream *const *streams, size_t count)
{
    struct call *asking[STREAMS_BEGUN_MAX] = {NULL};
    size_t asked = 0;

    for (size_t i = 0; i < count; i++) {
        streams[i]->copy->error = (struct error){.code = ERROR_NONE};
        streams[i]->is_begun = true;
    }
    open_uploads(streams, count);
    for (size_t i = 0; i < count; i++) {
        if (streams[i]->copy->error.code == ERROR_NONE && prepare_source(streams[i]))
            asking[asked++] = &streams[i]->get;
    }
    client_run(asking, asked);
    for (size_t i = 0; i < count; i++) {
        if (streams[i]->relay && streams[i]->get.error.code == ERROR_NONE)
            begin_target(streams[i]);
        ring_if_over(streams[i]);
    }
}

/* -- watching ------------------------------------------------------------------------------- */

bool stream_go_on(struct stream *stream)
{
    if (stream->put.transfer && is_over(&stream->put))
        pieces_go_on(stream);
    return is_over(&stream->get) && is_over(&stream->put);
}

int64_t stream_given(const struct stream *stream)
{
    if (!stream->relay)
        return 0;
    return atomic_load_explicit(&stream->relay->given, memory_order_relaxed);
}

/* -- judging -------------------------------------------------------------------------------- */

/* What went wrong, how many further tries it is worth, and what the registry asked to wait, in ms
 * (-1: nothing). */
struct failure {
    struct error error;
    unsigned worth;
    int64_t asked;
};

static struct failure failure_of_call(const struct call *call)
{
    struct failure failure = {call->error, call_worth_retries(call), -1};

    if (call->error.code == ERROR_RATE_LIMITED) {
        failure.worth = UINT_MAX;
        failure.asked = (int64_t)call->error.retry_after * 1000;
    }
    return failure;
}

/* Something else came than was wanted, or not all of it. */
static struct failure failure_of_copy(const struct stream *stream, const struct error *error,
                                      unsigned worth)
{
    const struct session *source = stream->copy->source;
    struct failure failure = {*error, worth, -1};

    error_prefix(&failure.error,
                 "copying blob '%.19s...' from '%s/%s': ", stream->copy->digest->text,
                 source->endpoint.registry, source->wish.repository);
    return failure;
}

/* A source that has become too slow is not given another 30 s. */
static struct failure failure_of_source(const struct stream *stream)
{
    const struct call *get = &stream->get;
    const struct transfer *transfer = get->transfer;

    if (!transfer || transfer->error.code == ERROR_NONE)
        return failure_of_call(get); /* it answered, and the answer has its words */
    bool has_trickled = transfer->is_flowing && transfer->error.code == ERROR_TIMEOUT;
    return failure_of_copy(stream, &transfer->error, has_trickled ? 0 : transfer->worth_retries);
}

/* An upload that the registry has lost is no fault of the content: another, once. */
static struct failure failure_of_target(struct stream *stream)
{
    struct failure failure = failure_of_call(&stream->put);

    bool is_lost = problem_is_lost_upload(stream->put.status) && !stream->put.is_confirming;

    if (is_lost && !stream->has_lost_upload) {
        stream->has_lost_upload = true;
        failure.worth = UINT_MAX;
    }
    return failure;
}

static enum stream_end stream_end_badly(struct stream *stream, const struct failure *failure)
{
    int64_t now = clock_monotonic_ms();

    stream->copy->error = failure->error;
    if (retry_take(&stream->retry, failure->worth, failure->asked, now, &stream->not_before))
        return STREAM_AGAIN;
    return STREAM_FAILED;
}

/* The target has answered, or could not be asked. What is asked last of it, whether it has the blob
 * or to make it of its pieces, can be asked again. */
static enum stream_end settle_target(struct stream *stream)
{
    struct call *put = &stream->put;

    if (!put->is_done)
        call_settle(put);
    if (!put->is_done && (put->is_confirming || stream->is_in_pieces))
        client_run(&put, 1);
    if (!put->is_done) /* it wanted to know who we are (A1): the same again, and no retry */
        return STREAM_AGAIN;
    if (put->error.code == ERROR_NONE)
        return STREAM_COPIED;
    if (pieces_may_help(stream)) {
        stream->is_in_pieces = true;
        return STREAM_AGAIN;
    }
    struct failure failure = failure_of_target(stream);
    return stream_end_badly(stream, &failure);
}

static enum stream_end judge(struct stream *stream)
{
    struct failure failure;

    if (!stream->relay) /* no upload, or no memory */
        return STREAM_FAILED;
    if (stream->get.error.code != ERROR_NONE || stream->relay->fault == RELAY_SOURCE_FAILED) {
        failure = failure_of_source(stream);
        return stream_end_badly(stream, &failure);
    }
    /* A put that could not even begin has ended the relay itself. */
    if (stream->relay->fault == RELAY_REFUSED && !stream->put.is_done) {
        failure = failure_of_copy(stream, &stream->relay->error, 0);
        return stream_end_badly(stream, &failure);
    }
    return settle_target(stream);
}

enum stream_end stream_settle(struct stream *stream)
{
    if (stream->get.transfer)
        transfer_wait(stream->get.transfer);
    if (stream->put.transfer)
        transfer_wait(stream->put.transfer);
    stream->is_begun = false;
    stream->not_before = 0;
    enum stream_end end = judge(stream);
    forget_attempt(stream);
    return end;
}
