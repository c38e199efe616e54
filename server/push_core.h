/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of pushing, for its own files: pushes.c (all of them, and their threads), push.c (the
 * way of one), push_gate.c (who may push), push_order.c (what a request asks), push_answer.c (what
 * it is told), check.c.
 */
#ifndef SERVER_PUSH_CORE_H
#define SERVER_PUSH_CORE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "config/config.h"
#include "registry/push.h"
#include "server/claims.h"
#include "server/lookup.h"
#include "server/push.h"
#include "server/request.h"
#include "server/workers.h"

struct response;

/* Nothing that is in one lane waits for what is in another, but for the moment that the reader, who
 * takes turns between them, needs for a spec. */
struct push_lane {
    const char *name; /* of its queue there */
    struct claims *claims;
    struct workers *workers; /* those that push and check */
};

/* Whoever brings no token could hang at a registry, or hold a tag, for as long as push.timeout: not
 * in the way of those who bring one. */
enum push_standing {
    PUSH_KNOWN,    /* with a token */
    PUSH_ANONYMOUS /* where push.anonymous lets them in */
};
enum {
    PUSH_LANES = PUSH_ANONYMOUS + 1
};

struct pushes {
    struct lookup *lookup;   /* told what has changed */
    struct workers *readers; /* one thread, which reads specs: no push waits for it long */
    struct push_lane lanes[PUSH_LANES];
    atomic_size_t count; /* not answered yet */
    atomic_bool is_closed;
};

/* Where a push or a check of this request goes, once pushes_identify() has seen who asks. */
struct push_lane *pushes_lane(struct pushes *pushes, const struct request *request);

enum {
    PUSH_PATIENCE_MS = 30 * 1000, /* for another push to the same tag */
    PUSH_RETRIES = 5 /* a push that fails half-way is worse than one that takes longer */
};

/* -- push_gate.c ---------------------------------------------------------------------------- */

/* Whether the request's client may push; by a token, which is noted as its `push_token`, or where
 * none is needed. While the request's handler runs. Errors: draining, forbidden, unauthorized. */
bool pushes_identify(const struct pushes *pushes, struct request *request,
                     struct error *error) MUST_USE;

/* -- push_order.c --------------------------------------------------------------------------- */

/* What a request for /push asks, but for its body. */
struct push_order {
    struct credential *credential; /* the caller's own, or NULL */
    enum spec_syntax syntax;
    enum list_type type;
    bool ignore_missing;
    bool is_dry_run;
};

/* What the Content-Type says the body is written in. Errors: media_type. */
bool push_order_read_syntax(const struct request *request, enum spec_syntax *out,
                            struct error *error) MUST_USE;
/* While the request's handler runs. The caller releases, also after a failure. Errors: those above,
 * invalid. */
bool push_order_read(struct push_order *order, const struct request *request,
                     struct error *error) MUST_USE;
void push_order_release(struct push_order *order);

/* -- push.c --------------------------------------------------------------------------------- */

struct push {
    struct job job;
    struct pushes *pushes;
    struct push_lane *lane; /* of `pushes` */
    struct request *request;
    struct push_order order;
    struct spec *spec; /* NULL until it is read; what follows is filled in after it */
    struct claim claim;
    bool *is_tagged; /* which of its tags (push_tag()) are set */
    struct push_result result;
};

/* The target under one of its names: its own tag first, then the spec's in their order. */
struct reference push_tag(const struct spec *spec, size_t index);

/* Ends a push before anything is done. Any thread that it belongs to. */
void push_fail(struct push *push, const struct error *error);

/* -- push_answer.c -------------------------------------------------------------------------- */

struct response *push_answer(const struct push *push) MUST_USE;
struct response *push_answer_from_error(const struct push *push,
                                        const struct error *error) MUST_USE;

#endif
