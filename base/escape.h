/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text from outside, made safe for where it goes: terminals and logs, URLs, headers.
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* Room for any text that is worth showing in an error message. */
enum {
    ESCAPE_TEXT_SIZE = 160
};

/*
 * Writes `text` so that it cannot move a cursor, forge a log line or reorder what is read
 * (rule S20): control bytes, invalid UTF-8, C1 and bidirectional controls and the backslash
 * become \xNN. Cut at `size`, ending with "..." then. Returns `out`, NUL-terminated.
 */
const char *escape_text(char *out, size_t size, struct slice text);

/* escape_text() into a compound literal that lives as long as the enclosing block. */
#define ESCAPED(slice) escape_text((char[ESCAPE_TEXT_SIZE]){0}, ESCAPE_TEXT_SIZE, (slice))

/* The number of bytes (1-4) of the valid UTF-8 sequence at the start of `text` (RFC 3629: no
 * overlong forms, no surrogates), or 0. */
size_t escape_utf8_length(struct slice text);

/* True when every byte may stand in a header's value: visible ASCII and blanks, no CR, LF, NUL or
 * other control byte (rules H1, S18). */
bool escape_is_header_safe(struct slice text);

/* True where a byte is a control character: a line break, a NUL, a tab. */
bool escape_has_control_byte(struct slice text);

/* Percent-encodes all but RFC 3986's unreserved characters. */
bool escape_percent_encode(struct buffer *out, struct slice text);
/* Decodes %XX; with `plus`, '+' is a space (form data). False at a broken escape or a NUL. */
bool escape_percent_decode(struct buffer *out, struct slice text, bool plus);

/* RFC 4648 section 4, padded. */
bool escape_base64_encode(struct buffer *out, struct slice bytes);
/* Standard or URL-safe alphabet, padding optional, nothing else (no blanks). False otherwise. */
bool escape_base64_decode(struct buffer *out, struct slice text);

#endif
