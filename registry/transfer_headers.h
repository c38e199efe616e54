/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The headers of a registry's answer that anyone asks for, as its text.
 */
#ifndef REGISTRY_TRANSFER_HEADERS_H
#define REGISTRY_TRANSFER_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

enum {
    TRANSFER_CHALLENGES_MAX = 16,    /* A3 */
    TRANSFER_HEADERS_MAX = 64 * 1024 /* H13: bytes of all headers of a response */
};

/* Of the last response, not of a 1xx (H30). Zeroed: none yet. */
struct transfer_headers {
    char *content_type;
    char *content_encoding;
    char *transfer_encoding;
    char *content_length;
    char *digest; /* Docker-Content-Digest */
    char *location;
    char *retry_after;
    char *range;            /* of an upload: what of it is there */
    char *chunk_min_length; /* OCI-Chunk-Min-Length */
    char *subject;          /* OCI-Subject */
    char *links;            /* Link; several are joined by commas */
    char *notices;          /* Warning; the same */
    struct {                /* H22; by either of their two names */
        char *limit;
        char *remaining;
        char *reset;
        char *source;
    } quota;
    char *challenges[TRANSFER_CHALLENGES_MAX]; /* WWW-Authenticate, in order */
    size_t challenge_count;
};

/* Keeps a copy of the value, if anyone asks for such a header. Errors: upstream (what comes twice,
 * differs, and decides something; or a length that cannot be), internal. */
bool transfer_headers_keep(struct transfer_headers *headers, struct slice name, struct slice value,
                           struct error *error) MUST_USE;
/* Frees the values; there are none then. */
void transfer_headers_release(struct transfer_headers *headers);

#endif
