/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entity tags (RFC 9110, section 8.8.3): what an answer means, in a few letters.
 */
#ifndef SERVER_ETAG_H
#define SERVER_ETAG_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

enum {
    ETAG_SIZE = 40 /* W/"32 hex digits", and room */
};

/* The weak tag of these bytes: the same for the same bytes, here and in every other replica. */
bool etag_write(struct slice meaning, struct buffer *out);

/* Whether If-None-Match's list has the tag, compared weakly; `*` is any. What comes after a fault
 * in the list is not looked at. */
bool etag_is_listed(struct slice list, struct slice tag) MUST_USE;

#endif
