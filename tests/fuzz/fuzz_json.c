/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text: what the reader takes, the writer writes so that it is read again and written the same;
 * what it refuses, it refuses naming the byte.
 */
#include <string.h>

#include "data/json.h"
#include "tests/fuzz/fuzz.h"

enum {
    TEXT_MAX = 16 * 1024 * 1024,
    LAYOUT_GO = 2
};

static void write_value(struct json_writer *writer, const struct json *value);

static bool write_member(void *context, struct slice key, const struct json *value)
{
    struct json_writer *writer = context;

    json_write_key_slice(writer, key);
    write_value(writer, value);
    return true;
}

static void write_array(struct json_writer *writer, const struct json *array)
{
    json_write_array_begin(writer);
    for (size_t i = 0; i < json_count(array); i++)
        write_value(writer, json_at(array, i));
    json_write_array_end(writer);
}

static void write_object(struct json_writer *writer, const struct json *object)
{
    json_write_object_begin(writer);
    must(json_each(object, write_member, writer));
    json_write_object_end(writer);
}

static void write_scalar(struct json_writer *writer, const struct json *value)
{
    struct slice text;
    int64_t integer;
    bool boolean;

    if (json_string(value, &text))
        json_write_string(writer, text);
    else if (json_integer(value, &integer))
        json_write_integer(writer, integer);
    else if (json_boolean(value, &boolean))
        json_write_boolean(writer, boolean);
    else
        json_write_null(writer); /* null, and numbers the writer has no form for */
}

/* The reader bounds the depth. */
static void write_value(struct json_writer *writer,
                        const struct json *value) /* NOLINT(misc-no-recursion) */
{
    must(json_kind(value) != JSON_ABSENT);
    if (json_kind(value) == JSON_OBJECT)
        write_object(writer, value);
    else if (json_kind(value) == JSON_ARRAY)
        write_array(writer, value);
    else
        write_scalar(writer, value);
}

static void write_document(struct buffer *out, const struct json *document, unsigned layout)
{
    struct json_writer writer = json_writer_begin(out, layout);
    write_value(&writer, document);
    must(buffer_ok(out));
}

static void check_round_trip(const struct json *document, unsigned layout)
{
    struct error error;
    struct buffer once = BUFFER_INIT(TEXT_MAX);
    struct buffer twice = BUFFER_INIT(TEXT_MAX);

    write_document(&once, document, layout);
    struct json *again = json_parse(buffer_slice(&once), &error);
    must(again);
    write_document(&twice, again, layout);
    must(slice_equal(buffer_slice(&once), buffer_slice(&twice)));
    json_free(again);
    buffer_release(&once);
    buffer_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error;
    struct json *document = json_parse(fuzz_input(data, size), &error);

    if (!document) {
        must(error.code == ERROR_INVALID || error.code == ERROR_TOO_LARGE);
        must(strstr(error.message, "at byte"));
        return 0;
    }
    check_round_trip(document, JSON_COMPACT);
    check_round_trip(document, LAYOUT_GO);
    json_free(document);
    return 0;
}
