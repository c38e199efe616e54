/* SPDX-License-Identifier: Apache-2.0 */
#include "server/trace.h"

static bool is_hex(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
}

static bool is_letter_or_digit(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z');
}

static bool is_of_request_id(char byte)
{
    return is_letter_or_digit(byte) || byte == '.' || byte == '_' || byte == '-';
}

static bool is_all(struct slice text, bool (*belongs)(char byte))
{
    for (size_t i = 0; i < text.length; i++) {
        if (!belongs(text.data[i]))
            return false;
    }
    return true;
}

static void copy_text(char *out, struct slice text)
{
    if (text.length > 0)
        memcpy(out, text.data, text.length);
    out[text.length] = '\0';
}

void trace_read_request_id(struct slice header, char out[REQUEST_ID_SIZE])
{
    bool is_valid = header.length < REQUEST_ID_SIZE && is_all(header, is_of_request_id);

    copy_text(out, is_valid ? header : (struct slice){0});
}

/* -- "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" ------------------------------ */

enum {
    TRACE_AT = 3,
    TRACE_LENGTH = 32,
    PARENT_AT = 36,
    PARENT_LENGTH = 16,
    FLAGS_AT = 53,
    FLAGS_LENGTH = 2,
    VERSION_LENGTH = 2,
    LENGTH = 55
};

static struct slice part_of(struct slice header, size_t start, size_t length)
{
    return slice_until(slice_from(header, start), length);
}

static bool is_zero(char byte)
{
    return byte == '0';
}

static bool is_id(struct slice text)
{
    return is_all(text, is_hex) && !is_all(text, is_zero);
}

/* Version 00 ends here, ff is none, and a later one may go on behind a dash. */
static bool version_is_known(struct slice header)
{
    struct slice version = part_of(header, 0, VERSION_LENGTH);

    if (!is_all(version, is_hex) || slice_equal(version, SLICE("ff")))
        return false;
    if (slice_equal(version, SLICE("00")))
        return header.length == LENGTH;
    return header.length == LENGTH || header.data[LENGTH] == '-';
}

static bool parent_is_valid(struct slice header)
{
    return header.length >= LENGTH && version_is_known(header) &&
           header.data[TRACE_AT - 1] == '-' && header.data[PARENT_AT - 1] == '-' &&
           header.data[FLAGS_AT - 1] == '-' && is_id(part_of(header, TRACE_AT, TRACE_LENGTH)) &&
           is_id(part_of(header, PARENT_AT, PARENT_LENGTH)) &&
           is_all(part_of(header, FLAGS_AT, FLAGS_LENGTH), is_hex);
}

void trace_read_parent(struct slice header, char out[TRACE_ID_SIZE])
{
    copy_text(out, parent_is_valid(header) ? part_of(header, TRACE_AT, TRACE_LENGTH)
                                           : (struct slice){0});
}
