/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/pieces.h"

#include <stdlib.h>
#include <string.h>

#include "registry/authorize.h"
#include "registry/call.h"
#include "registry/session.h"
#include "registry/stream.h"
#include "registry/transfer.h"

enum {
    /* What proxies take that were not told otherwise. */
    PIECE_SIZE = 1024 * 1024,
    ACCOUNT_DIGITS = 12
};

/* ECR loses pieces: what it refuses whole it does not get. */
static bool is_ecr(const char *host)
{
    size_t digits = strspn(host, "0123456789");
    const char *rest = host + digits;

    return digits == ACCOUNT_DIGITS && (strncmp(rest, ".dkr.ecr", sizeof(".dkr.ecr") - 1) == 0 ||
                                        strncmp(rest, ".dkr-ecr", sizeof(".dkr-ecr") - 1) == 0);
}

bool pieces_may_help(const struct stream *stream)
{
    long status = stream->put.status;

    return !stream->is_in_pieces && (status == 411 || status == 413) && stream->copy->size > 0 &&
           !is_ecr(stream->target->origin.host);
}

static int64_t next_size(const struct stream *stream)
{
    int64_t left = stream->copy->size - stream->sent;
    int64_t size = stream->piece_min > PIECE_SIZE ? stream->piece_min : PIECE_SIZE;

    return size < left ? size : left;
}

/* The next piece, or the end. */
static struct call next_call(const struct stream *stream)
{
    const struct copy *copy = stream->copy;
    int64_t size = next_size(stream);

    if (size > 0)
        return call_put_piece(stream->location, copy->digest, stream->sent, size, stream->relay);
    struct call end = call_put_stream(stream->location, copy->digest, copy->size, stream->relay);
    end.relayed = 0;
    return end;
}

static void begin_next(struct stream *stream)
{
    struct call *put = &stream->put;

    call_release(put);
    *put = next_call(stream);
    call_open(put, stream->target);
    stream_begin_put(stream);
}

void pieces_begin(struct stream *stream)
{
    stream->sent = 0;
    begin_next(stream);
}

/* Where the next one goes. */
static bool keep_location(struct stream *stream)
{
    char *location = strdup(stream->put.location);

    if (!location)
        return error_no_memory(&stream->put.error);
    free(stream->location);
    stream->location = location;
    return true;
}

/* What has been streamed cannot be sent again. */
static void judge_piece(struct call *put)
{
    call_settle(put);
    if (put->is_done)
        return;
    error_set(&put->error, ERROR_DENIED, "the registry asks who we are in the middle of an upload");
    call_finish(put);
}

void pieces_go_on(struct stream *stream)
{
    struct call *put = &stream->put;

    if (put->kind != CALL_PUT_PIECE || put->is_done)
        return;
    transfer_wait(put->transfer);
    if (put->transfer->error.code == ERROR_NONE)
        judge_piece(put); /* else the relay knows better what went wrong */
    if (put->is_done && put->error.code == ERROR_NONE && keep_location(stream)) {
        stream->sent += put->size;
        begin_next(stream);
    } else {
        stream_cancel(stream); /* its source would wait for ever */
    }
}
