/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes: a borrowed range (slice) and a growing one with a ceiling (buffer).
 *
 * Every growth of memory by outside input goes through a buffer, whose ceiling is given when it is
 * made. A buffer that could not grow remembers it: later appends do nothing, and the one check
 * after a series of appends is buffer_ok().
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"

/* Borrowed bytes; `data` is not NUL-terminated and may be NULL when `length` is 0. */
struct slice {
    const char *data;
    size_t length;
};

#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})

static inline struct slice slice_of(const char *data, size_t length)
{
    return (struct slice){data, length};
}

/* `text` may be NULL: the empty slice. Only for strings whose length is already bounded. */
static inline struct slice slice_from_string(const char *text)
{
    return slice_of(text, text ? strlen(text) : 0);
}

bool slice_equal(struct slice a, struct slice b);
bool slice_equal_string(struct slice a, const char *b);
/* ASCII letters compare without case; other bytes exactly. */
bool slice_equal_ignoring_case(struct slice a, struct slice b);
bool slice_starts_with(struct slice whole, struct slice start);
bool slice_ends_with(struct slice whole, struct slice end);
/* The index of the first (last) `byte`, or -1. */
ptrdiff_t slice_find(struct slice whole, char byte);
ptrdiff_t slice_find_last(struct slice whole, char byte);
/* From `start` on; the empty slice where `start` is past the end. */
struct slice slice_from(struct slice whole, size_t start);
/* The first `length` bytes (or all there are). */
struct slice slice_until(struct slice whole, size_t length);
/* What stands before the first `byte`; all, where there is none. */
struct slice slice_before(struct slice whole, char byte);
/* Takes that off `rest`, and the byte with it: part by part until `rest` is empty. */
struct slice slice_take_part(struct slice *rest, char byte);
/* Without UTF-8's byte order mark, with which editors of other systems begin a text. */
struct slice slice_without_mark(struct slice whole);
/* Without ASCII blanks (space, tab, CR, LF) at either end. */
struct slice slice_trim(struct slice whole);
/* A NUL-terminated copy the caller frees; NULL when there is no memory. */
char *slice_copy(struct slice whole);

enum buffer_state {
    BUFFER_OK,
    BUFFER_FULL,     /* an append would have passed the ceiling */
    BUFFER_NO_MEMORY /* malloc said no */
};

struct buffer {
    char *data; /* NUL-terminated once anything was appended */
    size_t length;
    size_t capacity;
    size_t ceiling;
    enum buffer_state state;
};

/* An empty buffer that never holds more than `limit` bytes. */
#define BUFFER_INIT(limit) \
    {                      \
        .ceiling = (limit) \
    }

void buffer_init(struct buffer *buffer, size_t ceiling);
/* Frees the bytes; the buffer is empty, usable again and keeps its ceiling. NULL is allowed. */
void buffer_release(struct buffer *buffer);
/* Forgets the bytes and a failure, keeps the memory. */
void buffer_clear(struct buffer *buffer);

/* Appends; false (and the state says why) when it could not. The result may be ignored if
 * buffer_ok() is asked later. */
bool buffer_append(struct buffer *buffer, const void *data, size_t length);
bool buffer_append_slice(struct buffer *buffer, struct slice bytes);
bool buffer_append_string(struct buffer *buffer, const char *text);
bool buffer_append_char(struct buffer *buffer, char byte);
bool buffer_append_integer(struct buffer *buffer, int64_t value);
bool buffer_format(struct buffer *buffer, const char *format, ...) PRINTF(2, 3);

static inline bool buffer_ok(const struct buffer *buffer)
{
    return buffer->state == BUFFER_OK;
}

/* As buffer_ok(), and fills `error`: internal (no memory) or too_large, naming `what`. */
bool buffer_check(const struct buffer *buffer, const char *what, struct error *error) MUST_USE;

static inline struct slice buffer_slice(const struct buffer *buffer)
{
    return slice_of(buffer->data, buffer->length);
}

/* The bytes as a string, "" when empty; borrowed until the next append. */
static inline const char *buffer_string(const struct buffer *buffer)
{
    return buffer->data ? buffer->data : "";
}

/* Hands the bytes over (NUL-terminated; the caller frees them; never NULL for an ok buffer unless
 * memory ran out) and leaves the buffer empty. */
char *buffer_take(struct buffer *buffer);

#endif
