/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check a text must pass before json-c sees it; private to data/.
 */
#ifndef DATA_JSON_CHECK_H
#define DATA_JSON_CHECK_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

struct json_cursor;

/* True when `text` is what json.h promises of a parsed document. Linear in its length, but for the
 * sorting of big objects' keys. `name` is as struct json_cursor's, and may be NULL. Errors:
 * invalid, too_large, internal (no memory). */
bool json_check(struct slice text, const char *name, struct error *error) MUST_USE;

/* The same for the one value that begins at the cursor, which may be of any kind; the limits are
 * counted from here. Moves the cursor past it, or to where it went wrong. */
bool json_check_value(struct json_cursor *cursor) MUST_USE;

#endif
