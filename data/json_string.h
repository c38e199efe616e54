/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings as they stand in JSON text (RFC 8259 section 7), and the cursor that walks over the text;
 * private to data/.
 */
#ifndef DATA_JSON_STRING_H
#define DATA_JSON_STRING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

struct json_cursor {
    const char *start;
    const char *at;
    const char *end;
    const char *name; /* starts every message, with line and column; NULL: the byte is enough */
    struct error *error;
};

/* What stands between the quotes. */
struct json_raw_string {
    struct slice text;
    bool has_escapes;
};

/* Fills the error with `problem` and where it was met: "NAME:LINE:COLUMN: problem", or without a
 * name "problem at byte N" (from 0); returns false. */
bool json_cursor_fail(const struct json_cursor *cursor, enum error_code code, const char *problem);

/* Moves the cursor from a string's opening quote past its closing one. False, with the error
 * filled, where the string holds a raw control byte, broken UTF-8, a broken escape, half a
 * surrogate pair or U+0000. */
bool json_string_skip(struct json_cursor *cursor, struct json_raw_string *out) MUST_USE;

/* Writes the text of a skipped string to `out`, which has room for `raw.length` bytes (no escape
 * is shorter than what it stands for). Returns the number of bytes written. */
size_t json_string_unescape(char *out, struct slice raw);

#endif
