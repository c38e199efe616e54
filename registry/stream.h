/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One blob's copy through us: a source's GET and a target's PUT over a relay, begun, watched,
 * judged, and begun anew with another upload where that may help (rules P3-P8). The caller's thread
 * begins and judges; the engine's moves the bytes in between.
 */
#ifndef REGISTRY_STREAM_H
#define REGISTRY_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registry/client.h"
#include "registry/copy.h"

struct bell;
struct relay;

struct stream {
    struct copy *copy; /* its error is why the last attempt failed */
    struct session *target;
    struct bell *bell;   /* rung when a side is over */
    char *location;      /* of the upload to send it to; owned; NULL: one must be opened */
    struct relay *relay; /* of the attempt that is under way */
    struct call get;
    struct call put;
    struct retry retry;
    int64_t not_before; /* clock_monotonic_ms(): when to begin */
    int64_t told;       /* bytes that were reported */
    bool has_lost_upload;
    bool is_in_pieces; /* P7 */
    int64_t piece_min; /* bytes that the target wants in each, if not the last; 0: any */
    int64_t sent;      /* bytes in pieces that the target has */
    bool is_begun;     /* and not settled yet */
};

/* `location` is taken over, also on failure, and may be NULL. NULL: no memory. */
struct stream *stream_new(struct session *target, struct copy *copy, char *location,
                          struct bell *bell) MUST_USE;
/* A running one is ended first. */
void stream_free(struct stream *stream);

enum {
    STREAMS_BEGUN_MAX = 4 /* in one go; how many there may be is the slots' to say */
};

/* Begins all of them, side by side: opens uploads, asks the sources, lets the bytes flow. One that
 * fails in this is over at once. */
void streams_begin(struct stream *const *streams, size_t count);
/* Does what there is to do for a begun stream. True when stream_settle() would not have to wait. */
bool stream_go_on(struct stream *stream);
/* The bytes that the target was given so far. */
int64_t stream_given(const struct stream *stream);
/* Ends it soon. */
void stream_cancel(struct stream *stream);

enum stream_end {
    STREAM_COPIED,
    STREAM_AGAIN, /* to be begun again at `not_before` */
    STREAM_FAILED /* the copy's error says why */
};

/* Waits for a begun stream's end, and judges it. */
enum stream_end stream_settle(struct stream *stream);

/* -- for pieces.c --------------------------------------------------------------------------- */

/* Begins the put, which has been opened. Where that fails, ends the stream. */
void stream_begin_put(struct stream *stream);

#endif
