/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One answer: immutable once made, counted, so that a cached one is sent by many threads at once.
 */
#ifndef SERVER_RESPONSE_H
#define SERVER_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

enum {
    RESPONSE_HEADERS_MAX = 8
};

struct response_header {
    const char *name; /* a literal */
    char *value;      /* owned */
};

struct response {
    unsigned status;
    const char *content_type; /* a literal; NULL: no body */
    struct response_header headers[RESPONSE_HEADERS_MAX];
    size_t header_count;
    char *body; /* owned */
    size_t body_length;
    bool is_shared; /* kept by the cache: the door may prepare a form of its own once and keep it */

    _Atomic uint32_t references;
    /* The door's prepared form (an MHD_Response), made at the first hit; ended by native_free. */
    _Atomic(void *) native;
    void (*native_free)(void *native);
};

/* Takes the buffer's bytes (the buffer is empty afterwards). NULL: no memory. */
struct response *response_new(unsigned status, const char *content_type,
                              struct buffer *body) MUST_USE;
struct response *response_ref(struct response *response);
void response_unref(struct response *response);
CLEANUP_DEFINE(struct response, response_unref)

/* Only before the response is shared. `value` is copied. A failure to copy is no failure of the
 * answer: the header is left out. More than RESPONSE_HEADERS_MAX is an assertion failure. */
void response_add_header(struct response *response, const char *name, const char *value);

/* {"error":"...","code":"..."} with the status of the error's code (one table, design.md) and
 * Retry-After where the error knows one (at least 1 for rate_limited, overloaded and draining).
 * Never NULL: without memory, a static answer of status 500. */
struct response *response_from_error(const struct error *error);
unsigned response_status(enum error_code code);

#endif
