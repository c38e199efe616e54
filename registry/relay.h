/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One blob on its way from one registry into another: what a GET receives goes through a ring of
 * 256 KiB into a PUT, or into several PATCHes one after another, hashed and counted as it passes.
 * The last byte is held back until digest and size are known to be right (rule P8), so that a
 * target never holds more than a part of anything else.
 *
 * Both transfers are driven by one engine's thread, and everything here is that thread's, except
 * what is marked. When a side must wait for the other it is paused; relay_may_wake_...() says when
 * it may go on. Nothing here knows curl.
 */
#ifndef REGISTRY_RELAY_H
#define REGISTRY_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "manifest/manifest.h"

struct bell;
struct evp_md_ctx_st;
struct transfer;
struct transfer_engine;

enum {
    RELAY_RING_SIZE = 256 * 1024,
    RELAY_TRICKLE_MS = 30 * 1000, /* a stream that moves less in this time ... */
    RELAY_TRICKLE_BYTES = 30 * 1024,
    RELAY_ANSWER_MS = 10 * 60 * 1000 /* a target that has everything may take long to store it */
};

enum relay_step {
    RELAY_MOVED,
    RELAY_WAIT, /* pause: the other side is not as far */
    RELAY_END   /* end: `fault` says why */
};

enum relay_fault {
    RELAY_FINE,
    RELAY_SOURCE_FAILED, /* the GET itself tells how */
    RELAY_TARGET_ENDED,  /* the PUT was answered, or failed, before it had everything */
    RELAY_REFUSED        /* `error` says why */
};

struct relay {
    /* Set once. */
    struct transfer_engine *engine; /* of both transfers */
    struct bell *bell;              /* borrowed: both transfers' */
    const struct digest *digest;    /* borrowed */
    int64_t size;                   /* bytes the descriptor gave */

    struct transfer *source;    /* while it runs */
    struct transfer *target;    /* while it runs */
    struct relay *next;         /* the engine's others */
    struct evp_md_ctx_st *hash; /* an EVP_MD_CTX */
    char *ring;
    size_t start;
    size_t filled;
    int64_t taken; /* bytes from the source */
    bool source_waits;
    bool target_waits;
    bool is_whole;         /* the source has given everything, and it is what was wanted */
    int64_t left;          /* bytes that the running target is still to be given */
    int64_t watched_since; /* clock_monotonic_ms(); 0: not yet */
    int64_t given_by_then; /* bytes */
    int64_t patience;      /* ms from `watched_since` */

    /* Readable after both transfers were waited for. */
    enum relay_fault fault;
    struct error error;

    /* Any thread. */
    _Atomic int64_t given; /* bytes to the target */
    _Atomic bool is_cancelled;
};

/* `digest` and `bell` are borrowed. NULL: no memory. */
struct relay *relay_new(struct transfer_engine *engine, struct bell *bell,
                        const struct digest *digest, int64_t size) MUST_USE;
/* Both transfers have been waited for. */
void relay_free(struct relay *relay);
CLEANUP_DEFINE(struct relay, relay_free)

/* From the source: all of `bytes` or nothing. */
enum relay_step relay_take(struct relay *relay, struct slice bytes);
/* To the target: as many as there are, and `room` and its share let; at least one with RELAY_MOVED,
 * except when it has been given its share. */
enum relay_step relay_give(struct relay *relay, char *out, size_t room, size_t *given);

/* The source's answer came to its end as HTTP sees it: judges what it gave. */
void relay_finish_source(struct relay *relay);
/* The first fault counts. */
void relay_fail(struct relay *relay, enum relay_fault fault);

/* True once for a side that waits and may go on. */
bool relay_may_wake_source(struct relay *relay);
bool relay_may_wake_target(struct relay *relay);
/* Ends what trickles, or is not wanted any more. */
void relay_watch(struct relay *relay, int64_t now);

#endif
