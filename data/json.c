/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader: json_check(), then json-c. A struct json is json-c's object by another name; only
 * null, which json-c stores as a NULL pointer, needs an address of ours to differ from "absent".
 */
#include "data/json.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include <json-c/json.h>
#include <json-c/json_visit.h>

#include "data/json_check.h"

struct json {
    char unused;
};

static const struct json null_value;

static const struct json *from_object(const struct json_object *object)
{
    return object ? (const struct json *)(const void *)object : &null_value;
}

/* NULL for null and absent values, which json-c's getters accept. They are not all const, but
 * change nothing of the kinds they are asked for here. */
static struct json_object *to_object(const struct json *value)
{
    struct json_object *object = NULL;

    if (value != &null_value)
        memcpy(&object, &value, sizeof(void *));
    return object;
}

static bool is_kind(const struct json *value, enum json_type type)
{
    const struct json_object *object = to_object(value);
    return object && json_object_is_type(object, type);
}

static struct json *parse_checked(json_tokener *tokener, struct slice text, struct error *error)
{
    struct json_object *object = json_tokener_parse_ex(tokener, text.data, (int)text.length);

    if (!object) {
        enum json_tokener_error problem = json_tokener_get_error(tokener);
        if (problem == json_tokener_success || problem == json_tokener_continue)
            error_no_memory(error);
        else
            error_set(error, ERROR_INVALID, "%s", json_tokener_error_desc(problem));
    }
    return (struct json *)(void *)object;
}

struct json *json_parse(struct slice text, struct error *error)
{
    if (text.length > INT_MAX) {
        error_set(error, ERROR_TOO_LARGE, "larger than %d bytes", INT_MAX);
        return NULL;
    }
    if (!json_check(text, NULL, error))
        return NULL;
    /* json-c counts a scalar as a level. */
    json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
    if (!tokener) {
        error_no_memory(error);
        return NULL;
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    struct json *document = parse_checked(tokener, text, error);
    json_tokener_free(tokener);
    return document;
}

void json_free(struct json *document)
{
    json_object_put(to_object(document));
}

/* -- what it takes -------------------------------------------------------------------------- */

enum {
    VALUE_MEMORY = 88, /* of any value, as the allocator rounds it */
    CONTAINER_MEMORY = 112,
    KEY_MEMORY = 24
};

static size_t memory_of(struct json_object *value)
{
    if (json_object_is_type(value, json_type_object)) {
        const struct lh_table *table = json_object_get_object(value);
        return VALUE_MEMORY + CONTAINER_MEMORY + (size_t)table->size * sizeof(*table->table);
    }
    if (json_object_is_type(value, json_type_array))
        return VALUE_MEMORY + CONTAINER_MEMORY +
               json_object_array_length(value) * sizeof(struct json_object *);
    if (json_object_is_type(value, json_type_string))
        return VALUE_MEMORY + (size_t)json_object_get_string_len(value);
    return value ? VALUE_MEMORY : 0;
}

static int add_memory(struct json_object *value, int flags, struct json_object *parent,
                      /* NOLINTNEXTLINE(readability-non-const-parameter): json-c's type */
                      const char *key, size_t *index, void *context)
{
    size_t *memory = context;

    (void)parent;
    (void)index;
    if (!(flags & JSON_C_VISIT_SECOND))
        *memory += memory_of(value) + (key ? KEY_MEMORY + strlen(key) : 0);
    return JSON_C_VISIT_RETURN_CONTINUE;
}

size_t json_memory(const struct json *document)
{
    size_t memory = 0;

    (void)json_c_visit(to_object(document), 0, add_memory, &memory);
    return memory;
}

/* -- values --------------------------------------------------------------------------------- */

static bool is_int64(const struct json_object *integer)
{
    /* json-c keeps what is above int64 as uint64, saturating there, and saturates at INT64_MIN
     * below: that value is not to be believed (rule S12). */
    return json_object_get_uint64(integer) <= INT64_MAX &&
           json_object_get_int64(integer) != INT64_MIN;
}

enum json_kind json_kind(const struct json *value)
{
    const struct json_object *object = to_object(value);

    if (!object)
        return value ? JSON_NULL : JSON_ABSENT;
    switch (json_object_get_type(object)) {
    case json_type_boolean:
        return JSON_BOOLEAN;
    case json_type_double:
        return JSON_NUMBER;
    case json_type_int:
        return is_int64(object) ? JSON_INTEGER : JSON_NUMBER;
    case json_type_object:
        return JSON_OBJECT;
    case json_type_array:
        return JSON_ARRAY;
    case json_type_string:
        return JSON_STRING;
    case json_type_null:
        break;
    }
    return JSON_NULL;
}

const struct json *json_get(const struct json *object, const char *key)
{
    struct json_object *found = NULL;

    if (!is_kind(object, json_type_object))
        return NULL;
    return json_object_object_get_ex(to_object(object), key, &found) ? from_object(found) : NULL;
}

size_t json_count(const struct json *array_or_object)
{
    if (is_kind(array_or_object, json_type_array))
        return json_object_array_length(to_object(array_or_object));
    if (is_kind(array_or_object, json_type_object))
        return (size_t)json_object_object_length(to_object(array_or_object));
    return 0;
}

const struct json *json_at(const struct json *array, size_t index)
{
    if (!is_kind(array, json_type_array) || index >= json_count(array))
        return NULL;
    return from_object(json_object_array_get_idx(to_object(array), index));
}

bool json_string(const struct json *value, struct slice *out)
{
    struct json_object *object = to_object(value);

    if (!is_kind(value, json_type_string))
        return false;
    *out = slice_of(json_object_get_string(object), (size_t)json_object_get_string_len(object));
    return true;
}

bool json_integer(const struct json *value, int64_t *out)
{
    if (json_kind(value) != JSON_INTEGER)
        return false;
    *out = json_object_get_int64(to_object(value));
    return true;
}

bool json_boolean(const struct json *value, bool *out)
{
    if (!is_kind(value, json_type_boolean))
        return false;
    *out = json_object_get_boolean(to_object(value));
    return true;
}

/* json-c keeps the text of a number that has a fraction or an exponent, and asking for it changes
 * nothing, unlike asking json-c to print it. */
bool json_append_number(const struct json *value, struct buffer *out)
{
    struct json_object *object = to_object(value);

    if (is_kind(value, json_type_double))
        return buffer_append_string(out, json_object_get_userdata(object));
    if (!is_kind(value, json_type_int))
        return false;
    if (json_object_get_int64(object) < 0)
        return buffer_append_integer(out, json_object_get_int64(object));
    return buffer_format(out, "%" PRIu64, json_object_get_uint64(object));
}

struct slice json_get_string(const struct json *object, const char *key)
{
    struct slice text = {0};

    (void)json_string(json_get(object, key), &text);
    return text;
}

bool json_each(const struct json *object, json_visit_function visit, void *context)
{
    if (!is_kind(object, json_type_object))
        return true;
    const struct lh_table *table = json_object_get_object(to_object(object));
    for (const struct lh_entry *entry = table->head; entry; entry = entry->next) {
        if (!visit(context, slice_from_string(entry->k), from_object(entry->v)))
            return false;
    }
    return true;
}
