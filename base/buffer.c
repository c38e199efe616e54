/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUFFER_FIRST_CAPACITY = 64
};

static char lower(char byte)
{
    return (char)(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

bool slice_equal(struct slice a, struct slice b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool slice_equal_string(struct slice a, const char *b)
{
    return slice_equal(a, slice_from_string(b));
}

bool slice_equal_ignoring_case(struct slice a, struct slice b)
{
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

bool slice_starts_with(struct slice whole, struct slice start)
{
    return whole.length >= start.length && slice_equal(slice_until(whole, start.length), start);
}

bool slice_ends_with(struct slice whole, struct slice end)
{
    return whole.length >= end.length &&
           slice_equal(slice_from(whole, whole.length - end.length), end);
}

ptrdiff_t slice_find(struct slice whole, char byte)
{
    const char *found = whole.length ? memchr(whole.data, byte, whole.length) : NULL;
    return found ? found - whole.data : -1;
}

ptrdiff_t slice_find_last(struct slice whole, char byte)
{
    const char *found = whole.length ? memrchr(whole.data, byte, whole.length) : NULL;
    return found ? found - whole.data : -1;
}

struct slice slice_from(struct slice whole, size_t start)
{
    if (start >= whole.length)
        return (struct slice){0};
    return slice_of(whole.data + start, whole.length - start);
}

struct slice slice_until(struct slice whole, size_t length)
{
    return slice_of(whole.data, length < whole.length ? length : whole.length);
}

struct slice slice_before(struct slice whole, char byte)
{
    ptrdiff_t at = slice_find(whole, byte);
    return at < 0 ? whole : slice_until(whole, (size_t)at);
}

struct slice slice_take_part(struct slice *rest, char byte)
{
    struct slice part = slice_before(*rest, byte);
    *rest = slice_from(*rest, part.length + 1);
    return part;
}

struct slice slice_without_mark(struct slice whole)
{
    return slice_starts_with(whole, SLICE("\xef\xbb\xbf")) ? slice_from(whole, 3) : whole;
}

struct slice slice_trim(struct slice whole)
{
    while (whole.length && is_blank(whole.data[0]))
        whole = slice_from(whole, 1);
    while (whole.length && is_blank(whole.data[whole.length - 1]))
        whole.length--;
    return whole;
}

char *slice_copy(struct slice whole)
{
    char *copy = malloc(whole.length + 1);
    if (!copy)
        return NULL;
    if (whole.length)
        memcpy(copy, whole.data, whole.length);
    copy[whole.length] = '\0';
    return copy;
}

void buffer_init(struct buffer *buffer, size_t ceiling)
{
    *buffer = (struct buffer)BUFFER_INIT(ceiling);
}

void buffer_release(struct buffer *buffer)
{
    if (!buffer)
        return;
    free(buffer->data);
    buffer_init(buffer, buffer->ceiling);
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->state = BUFFER_OK;
    if (buffer->data)
        buffer->data[0] = '\0';
}

static bool buffer_fail(struct buffer *buffer, enum buffer_state state)
{
    buffer->state = state;
    return false;
}

/* Makes room for `extra` bytes and the final NUL. Doubles, but never past the ceiling. */
static bool buffer_reserve(struct buffer *buffer, size_t extra)
{
    if (buffer->state != BUFFER_OK)
        return false;
    if (extra > buffer->ceiling || buffer->length > buffer->ceiling - extra)
        return buffer_fail(buffer, BUFFER_FULL);

    size_t wanted = buffer->length + extra + 1;
    if (buffer->data && wanted <= buffer->capacity)
        return true;
    size_t capacity = buffer->capacity ? buffer->capacity : BUFFER_FIRST_CAPACITY;
    while (capacity < wanted)
        capacity = capacity > SIZE_MAX / 2 ? wanted : capacity * 2;
    if (capacity - 1 > buffer->ceiling)
        capacity = buffer->ceiling + 1;

    char *data = realloc(buffer->data, capacity);
    if (!data)
        return buffer_fail(buffer, BUFFER_NO_MEMORY);
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

bool buffer_append(struct buffer *buffer, const void *data, size_t length)
{
    if (!buffer_reserve(buffer, length))
        return false;
    if (length)
        memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
    return true;
}

bool buffer_append_slice(struct buffer *buffer, struct slice bytes)
{
    return buffer_append(buffer, bytes.data, bytes.length);
}

bool buffer_append_string(struct buffer *buffer, const char *text)
{
    return buffer_append(buffer, text, strlen(text));
}

bool buffer_append_char(struct buffer *buffer, char byte)
{
    bool has_room = buffer->state == BUFFER_OK && buffer->length + 1 < buffer->capacity;

    if (!has_room)
        return buffer_append(buffer, &byte, 1);
    buffer->data[buffer->length++] = byte;
    buffer->data[buffer->length] = '\0';
    return true;
}

bool buffer_append_integer(struct buffer *buffer, int64_t value)
{
    char digits[sizeof("-9223372036854775808")];
    char *start = digits + sizeof(digits);
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

    do {
        *--start = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        *--start = '-';
    return buffer_append(buffer, start, (size_t)(digits + sizeof(digits) - start));
}

static bool buffer_format_list(struct buffer *buffer, const char *format, va_list arguments)
    PRINTF(2, 0);

/* Formats into the room there is; makes more and formats again only where that was too little. */
static bool buffer_format_list(struct buffer *buffer, const char *format, va_list arguments)
{
    va_list again;

    if (!buffer_reserve(buffer, 0))
        return false;
    char *end = buffer->data + buffer->length;
    size_t room = buffer->capacity - buffer->length;
    va_copy(again, arguments);
    int length = vsnprintf(end, room, format, arguments);
    bool done = length >= 0;
    if (done && (size_t)length >= room) {
        *end = '\0';
        done = buffer_reserve(buffer, (size_t)length);
        if (done)
            (void)vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
    }
    va_end(again);
    if (done)
        buffer->length += (size_t)length;
    return done;
}

bool buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    bool done = buffer_format_list(buffer, format, arguments);
    va_end(arguments);
    return done;
}

bool buffer_check(const struct buffer *buffer, const char *what, struct error *error)
{
    switch (buffer->state) {
    case BUFFER_OK:
        return true;
    case BUFFER_FULL:
        return error_set(error, ERROR_TOO_LARGE, "%s is larger than %zu bytes", what,
                         buffer->ceiling);
    case BUFFER_NO_MEMORY:
        break;
    }
    return error_no_memory(error);
}

char *buffer_take(struct buffer *buffer)
{
    if (!buffer->data && !buffer_append(buffer, "", 0))
        return NULL;
    char *data = buffer->data;
    buffer_init(buffer, buffer->ceiling);
    return data;
}
