/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request's body while it is collected and read. Each is capped, and all of them together draw on
 * one allowance: many clients that send at once take no more memory than the operator can spare.
 */
#ifndef SERVER_BODY_H
#define SERVER_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

enum {
    BODY_LIMIT = 1024 * 1024,       /* bytes of one */
    BODIES_LIMIT = 32 * 1024 * 1024 /* of all that are on their way or being read */
};

/* Any thread. */
struct body_allowance {
    size_t limit;
    _Atomic size_t drawn;
};

struct body {
    struct buffer bytes;
    enum error_code fault; /* why it is not whole; ERROR_NONE: it is, so far */
    struct body_allowance *allowance;
};

/* An empty body. `allowance` is borrowed until body_release(). */
void body_begin(struct body *body, struct body_allowance *allowance);
/* After the first piece that finds no room nothing is kept. */
void body_append(struct body *body, struct slice piece);
/* Whether all that was appended is there. Errors: too_large, overloaded, internal. */
bool body_check(const struct body *body, struct error *error) MUST_USE;
/* For one that is known to be too long before it comes. */
bool body_refuse_length(struct error *error);
/* Gives the bytes back; harmless for a body that never began. */
void body_release(struct body *body);

#endif
