/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON: a strict reader and a byte-exact writer.
 *
 * Reading goes through json-c, but only after a lexical check of our own: json-c lets through
 * duplicate keys, NUL in keys, single quotes, NaN, control bytes and broken UTF-8
 * (rules S9-S13). What passes json_parse() is RFC 8259 and nothing else, its top level is an
 * object or an array, no object has a key twice, and no key or string holds U+0000.
 *
 * Writing is ours since manifests must come out byte for byte as Go's encoder lays them out
 * (rule P21). Parsed documents may be read by many threads at once.
 */
#ifndef DATA_JSON_H
#define DATA_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

enum {
    JSON_DEPTH_MAX = 32,
    JSON_TOKENS_MAX = 50000, /* every value, key and bracket counts */
    JSON_KEYS_MAX = 10000    /* in one object */
};

/* A value inside a parsed document; lives as long as the document. */
struct json;

enum json_kind {
    JSON_ABSENT, /* no such value: what json_kind(NULL) says */
    JSON_NULL,
    JSON_BOOLEAN,
    JSON_INTEGER, /* written without fraction or exponent, within int64 (but INT64_MIN) */
    JSON_NUMBER,  /* any other number */
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* The caller owns the document and ends it with json_free(). `text` is not kept. Errors: invalid
 * (what is wrong and at which byte), too_large (depth, tokens or keys), internal (no memory). */
struct json *json_parse(struct slice text, struct error *error) MUST_USE;
void json_free(struct json *document);
CLEANUP_DEFINE(struct json, json_free)
/* About how many bytes a document takes: an empty object costs json-c 300 times its text. */
size_t json_memory(const struct json *document);

/* All readers accept NULL and values of another kind, and answer "absent", 0 or false then. */
enum json_kind json_kind(const struct json *value);
const struct json *json_get(const struct json *object, const char *key);
size_t json_count(const struct json *array_or_object);
const struct json *json_at(const struct json *array, size_t index);
/* On false `*out` is untouched. The string's bytes are borrowed from the document and are
 * NUL-terminated. */
bool json_string(const struct json *value, struct slice *out);
bool json_integer(const struct json *value, int64_t *out);
bool json_boolean(const struct json *value, bool *out);
/* Appends any number as it was written; false for anything else. */
bool json_append_number(const struct json *value, struct buffer *out);
/* json_string(json_get(object, key)), or the empty slice. */
struct slice json_get_string(const struct json *object, const char *key);

/* Calls `visit` for each member in the order written; stops when it returns false, and returns
 * what the last call returned (true for none). */
typedef bool (*json_visit_function)(void *context, struct slice key, const struct json *value);
bool json_each(const struct json *object, json_visit_function visit, void *context);

/*
 * The writer. Strings are escaped as Go's encoding/json does: `<` `>` `&` U+2028 U+2029 as \uXXXX,
 * control bytes as \u00XX but for \n \r \t (Go: \b and \f as \u0008 \u000c), `/` as it is, invalid
 * UTF-8 as U+FFFD.
 * Commas, colons and indentation are the writer's; a misuse (a value without a key inside an
 * object) is an assertion failure. Failure to grow shows in the buffer's state.
 *
 *     struct json_writer writer = json_writer_begin(&buffer, JSON_COMPACT);
 *     json_write_object_begin(&writer);
 *     json_write_key(&writer, "digest");
 *     json_write_string(&writer, SLICE("sha256:..."));
 *     json_write_object_end(&writer);
 */
enum json_layout {
    JSON_COMPACT = 0
    /* any other value: the number of spaces a level is indented by; empty containers stay `[]` */
};

enum {
    JSON_WRITER_DEPTH_MAX = 64
};

struct json_writer {
    struct buffer *out;
    unsigned indent;
    unsigned depth;
    uint64_t objects; /* bit N is set where the container at depth N is an object */
    bool is_first;    /* nothing written yet at this depth */
    bool has_key;     /* the next value follows a key */
};

struct json_writer json_writer_begin(struct buffer *out, unsigned layout);
void json_write_object_begin(struct json_writer *writer);
void json_write_object_end(struct json_writer *writer);
void json_write_array_begin(struct json_writer *writer);
void json_write_array_end(struct json_writer *writer);
void json_write_key(struct json_writer *writer, const char *key);
void json_write_key_slice(struct json_writer *writer, struct slice key);
void json_write_string(struct json_writer *writer, struct slice text);
void json_write_integer(struct json_writer *writer, int64_t value);
void json_write_boolean(struct json_writer *writer, bool value);
void json_write_null(struct json_writer *writer);
/* Key and value in one line; the string form takes a NUL-terminated text. */
void json_write_member(struct json_writer *writer, const char *key, const char *text);
void json_write_member_slice(struct json_writer *writer, const char *key, struct slice text);
/* An array of them. */
void json_write_strings(struct json_writer *writer, const char *const *strings, size_t count);
/* What was read, as it is: members in their order, numbers as written. Absent is null. It may be as
 * deep as JSON_DEPTH_MAX. */
void json_write_value(struct json_writer *writer, const struct json *value);
/* All members of an object that was read, into the one being written. */
void json_write_members(struct json_writer *writer, const struct json *object);
/* A value that is compact JSON already, byte by byte: it is not checked. */
void json_write_text(struct json_writer *writer, struct slice json);

#endif
