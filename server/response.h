/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One answer: immutable once made, counted, so that a cached one is sent by many threads at once.
 * Its body is there as a whole, or comes as a stream (server/channel.h) while it is sent.
 */
#ifndef SERVER_RESPONSE_H
#define SERVER_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

struct channel;

/* The statuses that are named in the code; those of errors are response_error.c's. */
enum {
    STATUS_OK = 200,
    STATUS_NO_CONTENT = 204,
    STATUS_NOT_MODIFIED = 304,
    STATUS_FIRST_ERROR = 400,
    STATUS_CONTENT_TOO_LARGE = 413,
    STATUS_URI_TOO_LONG = 414
};

enum {
    RESPONSE_HEADERS_MAX = 16,
    RESPONSE_HEADERS_STEP = 2 /* a cached answer has six: memory is for more answers */
};

struct response_header {
    const char *name; /* a literal */
    const char *value;
};

struct response {
    unsigned status;
    enum error_code error;           /* what it tells; ERROR_NONE: no error */
    const char *content_type;        /* a literal; NULL: no body */
    struct response_header *headers; /* owned; room for them grows by RESPONSE_HEADERS_STEP */
    uint16_t header_count;
    uint16_t owned_values; /* bit N: of header N; the others are literals */
    char *body;            /* owned, or the one of `original` */
    size_t body_length;
    struct response *original; /* whose body this one sends, too; NULL: its own */
    struct channel *stream;    /* the reading end, owned; then there is no body */
    /* Set by the cache at the answer's first hit, when it has charged its account for it: from then
     * on the door may prepare a form of its own once and keep it in `native`. */
    _Atomic bool is_shared;

    _Atomic uint32_t references;
    /* The door's prepared form (an MHD_Response), made at the first hit; ended by native_free. */
    _Atomic(void *) native;
    void (*native_free)(void *native);
};

/* Takes the buffer's bytes (the buffer is empty afterwards). NULL: no memory. */
struct response *response_new(unsigned status, const char *content_type,
                              struct buffer *body) MUST_USE;
/* The body is what will be written to the stream, whose reading end is taken over, also on failure.
 * NULL: no memory. */
struct response *response_new_stream(unsigned status, const char *content_type,
                                     struct channel *stream) MUST_USE;
struct response *response_ref(struct response *response);
void response_unref(struct response *response);
CLEANUP_DEFINE(struct response, response_unref)

/* One that may be changed, for the one that is given up: the same where nobody else has it, else a
 * copy, which shares the body. Never NULL, as response_json(). */
struct response *response_change(struct response *response) MUST_USE;
/* A response_change()d one, with another body. Takes the buffer's bytes. */
void response_set_body(struct response *response, const char *content_type, struct buffer *body);
/* The same, as 304 (RFC 9110, section 15.4.5). The body stays for its length alone, which is told,
 * as of an answer to HEAD: it is never sent. */
void response_set_not_modified(struct response *response);

static inline bool response_owns_value(const struct response *response, size_t header)
{
    return response->owned_values >> header & 1U;
}

/* NULL: it has none of this name. */
const char *response_header(const struct response *response, const char *name);
/* In place of an earlier one of this name. Only before the response is shared. `value` is copied. A
 * failure to copy is no failure of the answer: the header is left out. More than
 * RESPONSE_HEADERS_MAX is an assertion failure. */
void response_set_header(struct response *response, const char *name, const char *value);
/* The same with a value that is a literal: it is not copied. */
void response_set_literal(struct response *response, const char *name, const char *value);

/* It tells this error, for counters. */
void response_set_error(struct response *response, enum error_code code);

/* As response_new() with JSON. Never NULL: without memory, or when the buffer is not ok, a static
 * answer of status 500. */
struct response *response_json(unsigned status, struct buffer *body);

/* -- errors (response_error.c) -------------------------------------------------------------- */

/* {"error":"...","code":"..."} with the status of the error's code (one table, docs/api.md),
 * Retry-After where the error knows one (at least 1 for rate_limited, overloaded and draining), and
 * WWW-Authenticate with unauthorized. Never NULL, as response_json(). */
struct response *response_from_error(const struct error *error);
/* The same with another status: too_large is 413 of a body, 414 of a URI. */
struct response *response_from_error_as(unsigned status, const struct error *error);
/* The same with more members in the object, which `write_more` writes after ours. */
struct json_writer;
struct response *response_from_error_and(const struct error *error,
                                         void (*write_more)(struct json_writer *writer,
                                                            const void *context),
                                         const void *context);
unsigned response_status(enum error_code code);

#endif
