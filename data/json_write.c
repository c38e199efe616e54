/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer: Go's encoding/json, byte for byte (rule P21), since a manifest's digest is
 * that of its bytes.
 */
#include <assert.h>

#include "base/escape.h"
#include "data/json.h"

struct json_writer json_writer_begin(struct buffer *out, unsigned layout)
{
    return (struct json_writer){.out = out, .indent = layout, .is_first = true};
}

static void write_new_line(struct json_writer *writer)
{
    if (writer->indent == JSON_COMPACT)
        return;
    buffer_append_char(writer->out, '\n');
    for (unsigned i = 0; i < writer->indent * writer->depth; i++)
        buffer_append_char(writer->out, ' ');
}

static bool is_in_object(const struct json_writer *writer)
{
    return writer->objects >> writer->depth & 1;
}

/* What stands before a key, an item, or a whole document. */
static void write_separator(struct json_writer *writer)
{
    if (!writer->is_first)
        buffer_append_char(writer->out, ',');
    writer->is_first = false;
    if (writer->depth)
        write_new_line(writer);
}

static void begin_value(struct json_writer *writer)
{
    assert(writer->has_key == is_in_object(writer));
    if (!writer->has_key)
        write_separator(writer);
    writer->has_key = false;
}

static void begin_container(struct json_writer *writer, char bracket, bool is_object)
{
    begin_value(writer);
    buffer_append_char(writer->out, bracket);
    writer->depth++;
    assert(writer->depth < JSON_WRITER_DEPTH_MAX);
    writer->objects &= ~(UINT64_C(1) << writer->depth);
    writer->objects |= (uint64_t)is_object << writer->depth;
    writer->is_first = true;
}

static void end_container(struct json_writer *writer, char bracket, bool is_object)
{
    assert(writer->depth && !writer->has_key && is_in_object(writer) == is_object);
    (void)is_object;
    writer->depth--;
    if (!writer->is_first)
        write_new_line(writer);
    writer->is_first = false;
    buffer_append_char(writer->out, bracket);
}

void json_write_object_begin(struct json_writer *writer)
{
    begin_container(writer, '{', true);
}

void json_write_object_end(struct json_writer *writer)
{
    end_container(writer, '}', true);
}

void json_write_array_begin(struct json_writer *writer)
{
    begin_container(writer, '[', false);
}

void json_write_array_end(struct json_writer *writer)
{
    end_container(writer, ']', false);
}

/* U+2028 and U+2029 end a line in JavaScript, so Go escapes them. */
static bool is_line_separator(struct slice character)
{
    return slice_equal(character, SLICE("\xe2\x80\xa8")) ||
           slice_equal(character, SLICE("\xe2\x80\xa9"));
}

static bool is_plain_ascii(char byte)
{
    return (unsigned char)byte >= 0x20 && (unsigned char)byte < 0x80 && byte != '"' &&
           byte != '\\' && byte != '<' && byte != '>' && byte != '&';
}

static bool is_plain(struct slice character)
{
    if (character.length > 1)
        return !is_line_separator(character);
    return is_plain_ascii(character.data[0]);
}

static void write_escape(struct buffer *out, struct slice character)
{
    unsigned char byte = (unsigned char)character.data[0];

    if (character.length > 1)
        buffer_append_string(out, character.data[2] == '\xa8' ? "\\u2028" : "\\u2029");
    else if (byte == '\n')
        buffer_append_string(out, "\\n");
    else if (byte == '\r')
        buffer_append_string(out, "\\r");
    else if (byte == '\t')
        buffer_append_string(out, "\\t");
    else if (byte == '"' || byte == '\\')
        buffer_format(out, "\\%c", byte);
    else if (byte >= 0x80)
        buffer_append_string(out, "\\ufffd");
    else
        buffer_format(out, "\\u%04x", byte);
}

static void write_quoted(struct buffer *out, struct slice text)
{
    size_t plain = 0; /* bytes at the front that are written as they are */

    buffer_append_char(out, '"');
    while (plain < text.length) {
        if (is_plain_ascii(text.data[plain])) { /* nearly all there is */
            plain++;
            continue;
        }
        struct slice rest = slice_from(text, plain);
        size_t length = escape_utf8_length(rest);
        struct slice character = slice_until(rest, length ? length : 1);
        if (length && is_plain(character)) {
            plain += length;
            continue;
        }
        buffer_append_slice(out, slice_until(text, plain));
        write_escape(out, character);
        text = slice_from(rest, character.length);
        plain = 0;
    }
    buffer_append_slice(out, text);
    buffer_append_char(out, '"');
}

void json_write_key_slice(struct json_writer *writer, struct slice key)
{
    assert(is_in_object(writer) && !writer->has_key);
    write_separator(writer);
    write_quoted(writer->out, key);
    buffer_append_string(writer->out, writer->indent == JSON_COMPACT ? ":" : ": ");
    writer->has_key = true;
}

void json_write_key(struct json_writer *writer, const char *key)
{
    json_write_key_slice(writer, slice_from_string(key));
}

void json_write_string(struct json_writer *writer, struct slice text)
{
    begin_value(writer);
    write_quoted(writer->out, text);
}

void json_write_integer(struct json_writer *writer, int64_t value)
{
    begin_value(writer);
    buffer_append_integer(writer->out, value);
}

void json_write_boolean(struct json_writer *writer, bool value)
{
    begin_value(writer);
    buffer_append_string(writer->out, value ? "true" : "false");
}

void json_write_null(struct json_writer *writer)
{
    begin_value(writer);
    buffer_append_string(writer->out, "null");
}

void json_write_member(struct json_writer *writer, const char *key, const char *text)
{
    json_write_member_slice(writer, key, slice_from_string(text));
}

void json_write_member_slice(struct json_writer *writer, const char *key, struct slice text)
{
    json_write_key(writer, key);
    json_write_string(writer, text);
}

void json_write_strings(struct json_writer *writer, const char *const *strings, size_t count)
{
    json_write_array_begin(writer);
    for (size_t i = 0; i < count; i++)
        json_write_string(writer, slice_from_string(strings[i]));
    json_write_array_end(writer);
}

/* -- values that were read ------------------------------------------------------------------ */

static bool write_read_member(void *context, struct slice key, const struct json *value)
{
    json_write_key_slice(context, key);
    json_write_value(context, value);
    return true;
}

static void write_read_object(struct json_writer *writer, const struct json *value)
{
    json_write_object_begin(writer);
    (void)json_each(value, write_read_member, writer);
    json_write_object_end(writer);
}

static void write_read_array(struct json_writer *writer, const struct json *value)
{
    json_write_array_begin(writer);
    for (size_t i = 0; i < json_count(value); i++)
        json_write_value(writer, json_at(value, i));
    json_write_array_end(writer);
}

static void write_read_string(struct json_writer *writer, const struct json *value)
{
    struct slice text = {0};

    (void)json_string(value, &text);
    json_write_string(writer, text);
}

static void write_read_boolean(struct json_writer *writer, const struct json *value)
{
    bool flag = false;

    (void)json_boolean(value, &flag);
    json_write_boolean(writer, flag);
}

static void write_read_number(struct json_writer *writer, const struct json *value)
{
    begin_value(writer);
    (void)json_append_number(value, writer->out);
}

static void write_read_null(struct json_writer *writer, const struct json *value)
{
    (void)value;
    json_write_null(writer);
}

void json_write_value(struct json_writer *writer, const struct json *value)
{
    static void (*const writers[])(struct json_writer *, const struct json *) = {
        [JSON_ABSENT] = write_read_null,     [JSON_NULL] = write_read_null,
        [JSON_BOOLEAN] = write_read_boolean, [JSON_INTEGER] = write_read_number,
        [JSON_NUMBER] = write_read_number,   [JSON_STRING] = write_read_string,
        [JSON_ARRAY] = write_read_array,     [JSON_OBJECT] = write_read_object,
    };

    writers[json_kind(value)](writer, value);
}

void json_write_members(struct json_writer *writer, const struct json *object)
{
    (void)json_each(object, write_read_member, writer);
}

void json_write_text(struct json_writer *writer, struct slice json)
{
    begin_value(writer);
    (void)buffer_append_slice(writer->out, json);
}
