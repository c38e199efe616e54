/* SPDX-License-Identifier: Apache-2.0 */
#include "server/batch_items.h"

#include <stdlib.h>

#include "data/json.h"
#include "data/json_items.h"

/* -- the body ------------------------------------------------------------------------------- */

static bool add_item(void *context, struct slice item, struct error *error)
{
    struct batch_items *items = context;

    if (items->count == BATCH_ITEMS_MAX) {
        return error_set(error, ERROR_TOO_LARGE, "a batch has at most %d items; send several",
                         BATCH_ITEMS_MAX);
    }
    items->items[items->count++] = item;
    return true;
}

static bool split_lines(struct batch_items *items, struct slice text, struct error *error)
{
    while (text.length > 0) {
        struct slice line = slice_trim(slice_take_part(&text, '\n'));
        if (line.length > 0 && !add_item(items, line, error))
            return false;
    }
    return true;
}

bool batch_items_read(struct batch_items *items, struct slice body, enum batch_syntax syntax,
                      struct error *error)
{
    *items = (struct batch_items){.text = slice_copy(body),
                                  .items = calloc(BATCH_ITEMS_MAX, sizeof(*items->items))};
    if (!items->text || !items->items)
        return error_no_memory(error);
    struct slice text = slice_of(items->text, body.length);
    if (syntax == BATCH_LINES)
        return split_lines(items, text, error);
    struct json_items walk = {.visit = add_item, .context = items};
    return json_each_item(text, &walk, error);
}

void batch_items_release(struct batch_items *items)
{
    free(items->text);
    free(items->items);
    *items = (struct batch_items){0};
}

/* -- one item ------------------------------------------------------------------------------- */

/* In brackets, since a document is an object or an array. */
static struct json *parse_item(struct slice text, struct error *error)
{
    CLEANUP(buffer_release) struct buffer array = BUFFER_INIT(BATCH_ITEM_SIZE_MAX + 2);

    (void)buffer_append_char(&array, '[');
    (void)buffer_append_slice(&array, text);
    (void)buffer_append_char(&array, ']');
    if (array.state == BUFFER_FULL) {
        (void)error_set(error, ERROR_INVALID, "the item is longer than %d bytes",
                        BATCH_ITEM_SIZE_MAX);
        return NULL;
    }
    if (!buffer_check(&array, "item", error))
        return NULL;
    struct json *document = json_parse(buffer_slice(&array), error);
    if (document && json_count(document) == 1)
        return document;
    if (document)
        (void)error_set(error, ERROR_INVALID, "the line has more than one item");
    json_free(document);
    return NULL;
}

/* A member that need not be there. */
static bool read_text(const struct json *object, const char *key, struct buffer *out,
                      struct error *error)
{
    const struct json *value = json_get(object, key);
    struct slice text = {0};

    if (json_kind(value) == JSON_ABSENT || json_kind(value) == JSON_NULL)
        return true;
    if (!json_string(value, &text))
        return error_set(error, ERROR_INVALID, "'%s' is not a string", key);
    if (text.length == 0)
        return error_set(error, ERROR_INVALID, "'%s' is empty", key);
    (void)buffer_append_slice(out, text);
    if (out->state == BUFFER_FULL)
        return error_set(error, ERROR_INVALID, "'%s' is longer than %zu bytes", key, out->ceiling);
    return buffer_check(out, key, error);
}

static bool read_id(const struct json *value, struct buffer *out, struct error *error)
{
    struct json_writer writer = json_writer_begin(out, JSON_COMPACT);

    if (json_kind(value) == JSON_ABSENT || json_kind(value) == JSON_NULL)
        return true;
    if (json_kind(value) == JSON_STRING || json_kind(value) == JSON_INTEGER) {
        json_write_value(&writer, value);
        if (buffer_ok(out))
            return true;
    }
    buffer_clear(out);
    return error_set(error, ERROR_INVALID, "'id' is not a short string or an integer");
}

bool batch_item_read(struct batch_item *item, struct slice text, struct error *error)
{
    CLEANUP(json_free_p) struct json *document = parse_item(text, error);
    if (!document)
        return false;
    const struct json *value = json_at(document, 0);
    struct slice name = {0};

    if (json_string(value, &name)) {
        (void)buffer_append_slice(&item->image, name);
        return buffer_ok(&item->image) ||
               error_set(error, ERROR_INVALID, "'image' is longer than %d bytes", REFERENCE_MAX);
    }
    if (json_kind(value) != JSON_OBJECT) {
        return error_set(error, ERROR_INVALID,
                         "an item is an image's name, or an object with 'image' in it");
    }
    return read_id(json_get(value, "id"), &item->id, error) &&
           read_text(value, "image", &item->image, error) &&
           read_text(value, "platform", &item->platform, error);
}

void batch_item_release(struct batch_item *item)
{
    buffer_release(&item->image);
    buffer_release(&item->platform);
    buffer_release(&item->id);
}
