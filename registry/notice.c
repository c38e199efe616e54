/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/notice.h"

/* A quoted string's content (RFC 9110, section 5.6.4), from behind its first quote to behind its
 * last. False: unclosed, or it holds a control byte. */
static bool take_quoted(struct slice *rest, struct buffer *out)
{
    bool is_escaped = false;

    for (size_t i = 0; i < rest->length; i++) {
        char byte = rest->data[i];
        if ((unsigned char)byte < ' ' || byte == 0x7f)
            return false;
        if (!is_escaped && byte == '"') {
            *rest = slice_trim(slice_from(*rest, i + 1));
            return true;
        }
        is_escaped = !is_escaped && byte == '\\';
        if (!is_escaped)
            (void)buffer_append_char(out, byte);
    }
    return false;
}

bool notice_take(struct slice *rest, struct buffer *out)
{
    static const struct slice start = {"299 - \"", 7};
    struct slice text = slice_trim(*rest);

    buffer_clear(out);
    *rest = slice_of(NULL, 0);
    if (!slice_starts_with(text, start))
        return false;
    text = slice_from(text, start.length);
    if (!take_quoted(&text, out) || !buffer_ok(out) || out->length == 0)
        return false;
    if (slice_starts_with(text, SLICE(",")))
        *rest = slice_from(text, 1);
    return true;
}
