/* SPDX-License-Identifier: Apache-2.0 */
#include "server/etag.h"

#include "manifest/manifest.h"

enum {
    HEX_DIGITS = 32 /* of SHA-256's 64: enough for what is no signature */
};

bool etag_write(struct slice meaning, struct buffer *out)
{
    struct digest digest;

    if (!digest_compute(DIGEST_SHA256, meaning, &digest))
        return false;
    struct slice hex = slice_from(slice_from_string(digest.text), sizeof("sha256:") - 1);
    (void)buffer_append_string(out, "W/\"");
    (void)buffer_append_slice(out, slice_until(hex, HEX_DIGITS));
    return buffer_append_char(out, '"');
}

/* What stands between the quotes: all that a weak comparison looks at. The empty slice with no
 * data: this is no tag. `*rest` is what comes after it. */
static struct slice opaque_part(struct slice text, struct slice *rest)
{
    if (slice_starts_with(text, SLICE("W/")))
        text = slice_from(text, 2);
    struct slice quoted = slice_from(text, 1);
    ptrdiff_t end = slice_find(quoted, '"');

    *rest = (struct slice){0};
    if (!slice_starts_with(text, SLICE("\"")) || end < 0)
        return (struct slice){0};
    *rest = slice_from(quoted, (size_t)end + 1);
    return slice_until(quoted, (size_t)end);
}

/* Blanks and commas: empty elements are passed over (RFC 9110, section 5.6.1.2). */
static struct slice skip_separators(struct slice text)
{
    while (text.length > 0 && (text.data[0] == ',' || text.data[0] == ' ' || text.data[0] == '\t'))
        text = slice_from(text, 1);
    return text;
}

bool etag_is_listed(struct slice list, struct slice tag)
{
    struct slice ours = opaque_part(tag, &(struct slice){0});
    struct slice rest = slice_trim(list);

    if (slice_equal(rest, SLICE("*")))
        return true;
    for (rest = skip_separators(rest); rest.length > 0; rest = skip_separators(rest)) {
        struct slice theirs = opaque_part(rest, &rest);
        if (!theirs.data)
            return false;
        if (slice_equal(theirs, ours))
            return true;
    }
    return false;
}
