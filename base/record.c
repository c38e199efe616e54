/* SPDX-License-Identifier: Apache-2.0 */
#include "base/record.h"

#include <string.h>

enum {
    BITS = 7,
    LOW_BITS = 0x7F,
    GOES_ON = 0x80,
    SHIFT_MAX = 63
};

void record_put_number(struct buffer *out, uint64_t number)
{
    for (; number > LOW_BITS; number >>= BITS)
        (void)buffer_append_char(out, (char)(unsigned char)((number & LOW_BITS) | GOES_ON));
    (void)buffer_append_char(out, (char)number);
}

void record_put_text(struct buffer *out, const char *text)
{
    (void)buffer_append(out, text, strlen(text) + 1);
}

void record_put_bytes(struct buffer *out, struct slice bytes)
{
    record_put_number(out, bytes.length);
    (void)buffer_append_slice(out, bytes);
}

static void record_break(struct record_reader *reader)
{
    *reader = (struct record_reader){.is_broken = true};
}

uint64_t record_take_number(struct record_reader *reader)
{
    uint64_t number = 0;

    for (unsigned shift = 0; shift <= SHIFT_MAX && reader->rest.length > 0; shift += BITS) {
        unsigned byte = (unsigned char)reader->rest.data[0];
        reader->rest = slice_from(reader->rest, 1);
        number |= (uint64_t)(byte & LOW_BITS) << shift;
        if (byte <= LOW_BITS)
            return number;
    }
    record_break(reader);
    return 0;
}

const char *record_take_text(struct record_reader *reader)
{
    const char *text = reader->rest.data;
    ptrdiff_t end = slice_find(reader->rest, '\0');

    if (end < 0) {
        record_break(reader);
        return "";
    }
    reader->rest = slice_from(reader->rest, (size_t)end + 1);
    return text;
}

struct slice record_take_bytes(struct record_reader *reader)
{
    uint64_t length = record_take_number(reader);

    if (length > reader->rest.length) {
        record_break(reader);
        return (struct slice){0};
    }
    struct slice bytes = slice_until(reader->rest, (size_t)length);
    reader->rest = slice_from(reader->rest, (size_t)length);
    return bytes;
}
