/* SPDX-License-Identifier: Apache-2.0 */
#include "data/json_string.h"

#include <stdint.h>
#include <string.h>

#include "base/escape.h"
#include "data/place.h"

bool json_cursor_fail(const struct json_cursor *cursor, enum error_code code, const char *problem)
{
    size_t offset = (size_t)(cursor->at - cursor->start);
    const char *message = cursor->at < cursor->end ? problem : "unexpected end of the text";

    if (!cursor->name)
        return error_set(cursor->error, code, "%s at byte %zu", message, offset);
    struct place place = place_find(slice_of(cursor->start, offset), offset);
    return error_set(cursor->error, code, "%s:%u:%u: %s", ESCAPED(slice_from_string(cursor->name)),
                     place.line, place.column, message);
}

/*
 * Eight bytes at once: a byte's high bit is set in the result where it is not ASCII, below 0x20, a
 * quote or a backslash. Since the other bytes are below 0x80, subtracting borrows from a
 * neighbour only after such a byte, so that zero always means "none of the eight".
 */
static uint64_t special_bytes(const char *at)
{
    const uint64_t ones = 0x0101010101010101U;
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    uint64_t control = word - ones * 0x20;
    uint64_t quote = (word ^ ones * '"') - ones;
    uint64_t backslash = (word ^ ones * '\\') - ones;
    return (word | control | quote | backslash) & ones * 0x80;
}

static bool is_special(char byte)
{
    unsigned char code = (unsigned char)byte;
    return code < 0x20 || code >= 0x80 || byte == '"' || byte == '\\';
}

static const char *skip_plain(const char *at, const char *end)
{
    while (end - at >= 8 && special_bytes(at) == 0)
        at += 8;
    while (at < end && !is_special(*at))
        at++;
    return at;
}

/* The value of four hexadecimal digits, or -1. */
static int32_t hex_quad(const char *at, const char *end)
{
    int32_t value = 0;

    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char byte = at[i];
        int32_t digit = -1;
        if (byte >= '0' && byte <= '9')
            digit = byte - '0';
        else if ((byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F'))
            digit = (byte | 0x20) - 'a' + 10;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static int32_t simple_escape(char byte)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    const char *found = byte ? strchr(names, byte) : NULL;
    return found ? values[found - names] : -1;
}

/* The length of the escape at `at` (its backslash) and what it stands for; 0 for a broken one, to
 * which half a surrogate pair belongs. */
static size_t read_escape(const char *at, const char *end, int32_t *character)
{
    if (end - at < 2)
        return 0;
    if (at[1] != 'u') {
        *character = simple_escape(at[1]);
        return *character < 0 ? 0 : 2;
    }
    int32_t first = hex_quad(at + 2, end);
    if (first < 0 || (first >= 0xdc00 && first <= 0xdfff))
        return 0;
    *character = first;
    if (first < 0xd800 || first > 0xdbff)
        return 6;

    bool has_second = end - at >= 12 && at[6] == '\\' && at[7] == 'u';
    int32_t second = has_second ? hex_quad(at + 8, end) : -1;
    if (second < 0xdc00 || second > 0xdfff)
        return 0;
    *character = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    return 12;
}

static bool skip_escape(struct json_cursor *cursor)
{
    int32_t character = 0;
    size_t length = read_escape(cursor->at, cursor->end, &character);

    if (length == 0)
        return json_cursor_fail(cursor, ERROR_INVALID, "broken escape");
    if (character == 0)
        return json_cursor_fail(cursor, ERROR_INVALID, "U+0000 in a string");
    cursor->at += length;
    return true;
}

static bool skip_special(struct json_cursor *cursor)
{
    struct slice rest = slice_of(cursor->at, (size_t)(cursor->end - cursor->at));

    if (rest.length == 0)
        return json_cursor_fail(cursor, ERROR_INVALID, "");
    if (rest.data[0] == '\\')
        return skip_escape(cursor);
    if ((unsigned char)rest.data[0] < 0x20)
        return json_cursor_fail(cursor, ERROR_INVALID, "control byte in a string");
    size_t length = escape_utf8_length(rest);
    if (length == 0)
        return json_cursor_fail(cursor, ERROR_INVALID, "invalid UTF-8");
    cursor->at += length;
    return true;
}

bool json_string_skip(struct json_cursor *cursor, struct json_raw_string *out)
{
    const char *first = ++cursor->at;
    bool has_escapes = false;

    for (;;) {
        cursor->at = skip_plain(cursor->at, cursor->end);
        if (cursor->at < cursor->end && *cursor->at == '"')
            break;
        has_escapes = has_escapes || (cursor->at < cursor->end && *cursor->at == '\\');
        if (!skip_special(cursor))
            return false;
    }
    out->text = slice_of(first, (size_t)(cursor->at - first));
    out->has_escapes = has_escapes;
    cursor->at++;
    return true;
}

static size_t write_utf8(char *out, int32_t character)
{
    if (character < 0x80) {
        out[0] = (char)character;
        return 1;
    }
    size_t length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = length; i-- > 1;) {
        out[i] = (char)(0x80 | (character & 0x3f));
        character >>= 6;
    }
    out[0] = (char)((0xf00 >> length & 0xff) | character);
    return length;
}

size_t json_string_unescape(char *out, struct slice raw)
{
    const char *at = raw.data;
    const char *end = raw.data + raw.length;
    size_t used = 0;

    while (at < end) {
        int32_t character = 0;
        if (*at != '\\') {
            out[used++] = *at++;
            continue;
        }
        at += read_escape(at, end, &character);
        used += write_utf8(out + used, character);
    }
    return used;
}
