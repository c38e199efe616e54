/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/shape.h"

#include <stdlib.h>
#include <string.h>

const struct shape shape_platform[] = {
    {.key = "architecture", .is_always = true},
    {.key = "os", .is_always = true},
    {.key = "os.version"},
    {.key = "os.features", .kind = SHAPE_TEXTS},
    {.key = "variant"},
    {.kind = SHAPE_END},
};

/* -- sorted members ------------------------------------------------------------------------- */

struct pair {
    struct slice key;
    const struct json *value;
};

struct pairs {
    struct pair *items;
    size_t count;
};

static bool add_pair(void *context, struct slice key, const struct json *value)
{
    struct pairs *pairs = context;

    pairs->items[pairs->count++] = (struct pair){key, value};
    return true;
}

/* Keys hold no NUL. */
static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct pair *)a)->key.data, ((const struct pair *)b)->key.data);
}

/* The caller frees the items. Without memory there are none, and the buffer tells it. */
static struct pairs sort_members(struct json_writer *writer, const struct json *object)
{
    struct pairs pairs = {.items = calloc(json_count(object) + 1, sizeof(struct pair))};

    if (!pairs.items) {
        writer->out->state = BUFFER_NO_MEMORY;
        return pairs;
    }
    (void)json_each(object, add_pair, &pairs);
    qsort(pairs.items, pairs.count, sizeof(struct pair), by_key);
    return pairs;
}

/* -- kinds ---------------------------------------------------------------------------------- */

typedef void (*write_function)(struct json_writer *writer, const struct json *value,
                               const struct shape *inner);

static void write_text(struct json_writer *writer, const struct json *value,
                       const struct shape *inner)
{
    struct slice text = {0};

    (void)inner;
    (void)json_string(value, &text);
    json_write_string(writer, text);
}

static void write_integer(struct json_writer *writer, const struct json *value,
                          const struct shape *inner)
{
    int64_t number = 0;

    (void)inner;
    (void)json_integer(value, &number);
    json_write_integer(writer, number);
}

static void write_flag(struct json_writer *writer, const struct json *value,
                       const struct shape *inner)
{
    bool flag = false;

    (void)inner;
    (void)json_boolean(value, &flag);
    json_write_boolean(writer, flag);
}

/* Strings, or with an inner shape objects; Go's nil where there is no list. */
static void write_list(struct json_writer *writer, const struct json *value,
                       const struct shape *inner)
{
    if (json_kind(value) != JSON_ARRAY) {
        json_write_null(writer);
        return;
    }
    json_write_array_begin(writer);
    for (size_t i = 0; i < json_count(value); i++) {
        if (inner)
            shape_write(writer, json_at(value, i), inner);
        else
            write_text(writer, json_at(value, i), NULL);
    }
    json_write_array_end(writer);
}

static void write_map(struct json_writer *writer, const struct json *value,
                      const struct shape *inner)
{
    struct pairs pairs = sort_members(writer, value);

    json_write_object_begin(writer);
    for (size_t i = 0; i < pairs.count; i++) {
        json_write_key_slice(writer, pairs.items[i].key);
        write_text(writer, pairs.items[i].value, inner);
    }
    json_write_object_end(writer);
    free(pairs.items);
}

static void write_set(struct json_writer *writer, const struct json *value,
                      const struct shape *inner)
{
    struct pairs pairs = sort_members(writer, value);

    (void)inner;
    json_write_object_begin(writer);
    for (size_t i = 0; i < pairs.count; i++) {
        json_write_key_slice(writer, pairs.items[i].key);
        json_write_object_begin(writer);
        json_write_object_end(writer);
    }
    json_write_object_end(writer);
    free(pairs.items);
}

static void write_keys(struct json_writer *writer, const struct json *value,
                       const struct shape *inner)
{
    struct pairs pairs = sort_members(writer, value);

    (void)inner;
    json_write_array_begin(writer);
    for (size_t i = 0; i < pairs.count; i++)
        json_write_string(writer, pairs.items[i].key);
    json_write_array_end(writer);
    free(pairs.items);
}

static const struct {
    enum json_kind wanted; /* what such a member is in a document */
    write_function write;
} kinds[] = {
    [SHAPE_TEXT] = {JSON_STRING, write_text},   [SHAPE_INTEGER] = {JSON_INTEGER, write_integer},
    [SHAPE_FLAG] = {JSON_BOOLEAN, write_flag},  [SHAPE_TEXTS] = {JSON_ARRAY, write_list},
    [SHAPE_MAP] = {JSON_OBJECT, write_map},     [SHAPE_SET] = {JSON_OBJECT, write_set},
    [SHAPE_KEYS] = {JSON_OBJECT, write_keys},   [SHAPE_OBJECT] = {JSON_OBJECT, shape_write},
    [SHAPE_OBJECTS] = {JSON_ARRAY, write_list},
};

/* -- shapes --------------------------------------------------------------------------------- */

/* What Go's omitempty leaves out. An object is a pointer to a struct there: empty where it is not.
 */
static bool is_empty(const struct json *value, enum shape_kind kind)
{
    struct slice text = {0};
    int64_t number = 0;
    bool flag = false;

    if (json_kind(value) != kinds[kind].wanted)
        return true;
    if (json_string(value, &text))
        return text.length == 0;
    if (json_integer(value, &number))
        return number == 0;
    if (json_boolean(value, &flag))
        return !flag;
    return kind != SHAPE_OBJECT && json_count(value) == 0;
}

struct rest {
    struct json_writer *writer;
    const struct shape *known;
};

static bool write_unknown(void *context, struct slice key, const struct json *value)
{
    const struct rest *rest = context;

    for (const struct shape *known = rest->known; known->key; known++)
        if (slice_equal_string(key, known->key))
            return true;
    json_write_key_slice(rest->writer, key);
    json_write_value(rest->writer, value);
    return true;
}

void shape_write_members(struct json_writer *writer, const struct json *value,
                         const struct shape shape[])
{
    const struct shape *member = shape;

    for (; member->key; member++) {
        const struct json *found = json_get(value, member->key);
        if (!member->is_always && is_empty(found, member->kind))
            continue;
        json_write_key(writer, member->name ? member->name : member->key);
        kinds[member->kind].write(writer, found, member->inner);
    }
    if (member->kind == SHAPE_REST)
        (void)json_each(value, write_unknown, &(struct rest){.writer = writer, .known = shape});
}

void shape_write(struct json_writer *writer, const struct json *value, const struct shape shape[])
{
    json_write_object_begin(writer);
    shape_write_members(writer, value, shape);
    json_write_object_end(writer);
}
