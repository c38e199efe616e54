/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that owns curl's handles.
 *
 * A caller fills in transfers, starts one or many, and waits for each. The engine's thread drives
 * them all through one curl multi handle, so that connections, HTTP/2 streams and TLS sessions are
 * shared by every caller. A started transfer belongs to the engine until transfer_wait() returns;
 * the engine gives every transfer back by its deadline.
 *
 * The thread starts with the first transfer: a service that was not asked anything has no curl.
 */
#ifndef REGISTRY_TRANSFER_H
#define REGISTRY_TRANSFER_H

#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "registry/registry.h"
#include "registry/transfer_headers.h"

struct bell;
struct client_certificate;
struct curl_slist;
struct gate;
struct proxy;
struct relay;
struct transfer_engine;
struct trust_store;

enum transfer_method {
    TRANSFER_GET,
    TRANSFER_HEAD,
    TRANSFER_POST,
    TRANSFER_PUT,
    TRANSFER_PATCH,
    TRANSFER_DELETE
};

struct transfer {
    /* What to send; the caller's to fill in before transfer_start(). */
    char *url;                        /* owned */
    struct curl_slist *request_lines; /* owned; by transfer_add_header() */
    enum transfer_method method;
    char *form;           /* owned; what a POST sends, as form data; NULL: `content` */
    struct slice content; /* borrowed; what a POST or PUT sends, again when curl has to */
    /* Borrowed. A GET gives it the body of a 200; a PUT or PATCH sends so many of the bytes it
     * holds. NULL: `body`, `content`. */
    struct relay *relay;
    int64_t relayed;
    size_t body_limit;               /* bytes of the response's body; enforced as they come (H13) */
    bool has_idle_body;              /* nobody reads the response's body to its end */
    int64_t deadline;                /* clock_monotonic_ms() */
    int64_t connect_timeout;         /* ms */
    bool may_be_private;             /* private addresses may be connected to (S1) */
    bool may_be_plain;               /* http:// may be spoken */
    bool is_isolated;                /* shares its connection with nobody (S2) */
    bool is_insecure;                /* the certificate is not verified */
    const struct trust_store *trust; /* borrowed; NULL for http:// */
    const struct client_certificate *certificate; /* borrowed; what we show; NULL: nothing */
    const struct proxy *proxy;                    /* borrowed; NULL: asked directly */
    struct gate *gate; /* owned; waited at before it is started; NULL: there is none */
    struct bell *bell; /* borrowed; rung when it is over; NULL: nobody listens */

    /* Told to the registry's watch when it has ended; all borrowed. */
    const struct registry *watched; /* NULL: nobody is told */
    const char *asked;              /* the registry in whose name it is asked */
    enum registry_operation operation;

    /* A 200's body has begun to flow into the relay. Readable after transfer_wait_for_flow(). */
    bool is_flowing;

    /* What came; readable after transfer_wait(). */
    long status; /* 0: no response */
    struct transfer_headers headers;
    struct buffer body;
    struct error error;     /* code ERROR_NONE: there is a response, whatever its status */
    unsigned worth_retries; /* how many further tries the error deserves: it may pass */
    bool peer_is_private;   /* the address that answered is a private one */

    /* The engine's. */
    struct transfer_engine *engine;
    void *handle; /* CURL *, while running */
    struct transfer *next;
    size_t reserved;     /* bytes of the engine's budget */
    size_t header_bytes; /* of this response, for the cap */
    bool was_blocked;    /* an address was refused */
    bool has_head;       /* this response's has been read to its end */
    bool was_cut;        /* an error's text that nobody reads to its end */
    bool is_started;
    bool is_inside;       /* its gate is to be left */
    bool is_done;         /* the waiter's: it has been waited for */
    _Atomic bool is_over; /* `finished` is posted, or will be at once: nobody waits for it long */
    sem_t flowing;        /* posted when is_flowing is set, and at the end */
    sem_t finished;       /* posted once, as the last thing the engine does with the transfer */
};

/* `memory` bounds the bytes of all bodies on their way, and of what is read from them. */
struct transfer_engine *transfer_engine_new(size_t memory, struct error *error) MUST_USE;
/* All transfers have been waited for. */
void transfer_engine_free(struct transfer_engine *engine);
/* Of that memory, for what was read from a body. False: there is not so much left. Any thread. */
bool transfer_engine_reserve(struct transfer_engine *engine, size_t bytes) MUST_USE;
void transfer_engine_give_back(struct transfer_engine *engine, size_t bytes);
/* Ends running and later transfers with ERROR_DRAINING. Any thread. */
void transfer_engine_cancel(struct transfer_engine *engine);
/* Whether its thread, once it has begun, has turned lately: it does so each second, with or without
 * work. Any thread. */
bool transfer_engine_is_alive(const struct transfer_engine *engine, int64_t now);
/* Sleeps until `until` (clock_monotonic_ms). False when cancelled. */
bool transfer_engine_sleep(struct transfer_engine *engine, int64_t until) MUST_USE;

/* `url` is copied. NULL: no memory. */
struct transfer *transfer_new(const char *url) MUST_USE;
/* Frees body and headers and gives the budget back. Waits first if it was started. */
void transfer_free(struct transfer *transfer);
CLEANUP_DEFINE(struct transfer, transfer_free)
/* Refuses values with control bytes (H1, S18). Errors: invalid, internal. */
bool transfer_add_header(struct transfer *transfer, const char *name, struct slice value,
                         struct error *error) MUST_USE;

/* Waits at the transfer's gate first, by its deadline. What is relayed does not: it depends on
 * another transfer, which might wait at the same gate. Errors: timeout (its turn never came),
 * internal (the thread cannot be started). */
bool transfer_start(struct transfer_engine *engine, struct transfer *transfer,
                    struct error *error) MUST_USE;
/* Returns when the engine is done with it, which is by its deadline: curl's own timeout. */
void transfer_wait(struct transfer *transfer);
/* As transfer_wait(), but of one with a relay returns as soon as its body flows. It still has to be
 * waited for. */
void transfer_wait_for_flow(struct transfer *transfer);
/* Ends the transfers of the relay soon; they still have to be waited for. Any thread. */
void transfer_cancel_relay(struct relay *relay);
/* What the response's Retry-After asks for, in ms; -1: nothing (H20). */
int64_t transfer_retry_after(const struct transfer *transfer);

#endif
