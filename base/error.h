/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors are values on the caller's stack.
 *
 * A function that can fail takes `struct error *error` last. On success it leaves the error
 * alone; on failure it fills it and leaves its outputs alone. The message is one lower-case line
 * without a final stop; text from outside stands in it only after escape_text(). Nothing here
 * allocates, so running out of memory can be reported, and an error crosses threads by assignment.
 *
 * There is one code for each *different reaction*. The front ends map codes to HTTP statuses
 * (server/response_error.c) and exit statuses (cli/exit.c), one table each.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

enum error_code {
    ERROR_NONE,
    ERROR_INVALID,        /* the request or reference is wrong; the text says where */
    ERROR_UNAUTHORIZED,   /* a token of ours is wanted */
    ERROR_FORBIDDEN,      /* refused by our own rules; the text says what to set */
    ERROR_DENIED,         /* the registry refused these credentials, or wants some */
    ERROR_NOT_FOUND,      /* the registry says it does not exist */
    ERROR_NO_ROUTE,       /* no such path here */
    ERROR_METHOD,         /* the path is there, the method is not */
    ERROR_ONLY_IF_CACHED, /* asked for the cache alone, and it is not there */
    ERROR_CONFLICT,       /* another push to the same target is running */
    ERROR_TOO_LARGE,      /* beyond our limits */
    ERROR_MEDIA_TYPE,     /* a request body of a type we do not read */
    ERROR_UNSUPPORTED,    /* there, but not something that runs on a platform */
    ERROR_QUOTA,          /* our limit for this client */
    ERROR_RATE_LIMITED,   /* the registry's quota */
    ERROR_OVERLOADED,     /* ours: no room for more work */
    ERROR_DRAINING,       /* ours: shutting down */
    ERROR_UPSTREAM,       /* DNS, TLS, 5xx, nonsense from the registry */
    ERROR_TIMEOUT,        /* the deadline passed */
    ERROR_INTERNAL,       /* a bug or no memory */
    ERROR_CODE_COUNT
};

struct error {
    enum error_code code;
    uint32_t retry_after; /* seconds the caller is asked to wait; 0: nobody said */
    char message[256];
};

/* The code as it stands in an answer's "code" field, e.g. "not_found". Static storage. */
const char *error_code_name(enum error_code code);

/* Fills `error` (retry_after becomes 0) and returns false, so that a caller can `return` it. */
bool error_set(struct error *error, enum error_code code, const char *format, ...) PRINTF(3, 4);

/* error_set(ERROR_INTERNAL, "out of memory"). */
bool error_no_memory(struct error *error);
/* error_set(ERROR_DRAINING, "the service is shutting down"). */
bool error_draining(struct error *error);

/* Puts context before the message: "manifest of 'a/b': " + what was there. Truncates at the end. */
void error_prefix(struct error *error, const char *format, ...) PRINTF(2, 3);

#endif
