/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two levels are walked here, the object and its array; each value on the way is json_check's.
 */
#include "data/json_items.h"

#include "data/json_check.h"
#include "data/json_keys.h"
#include "data/json_string.h"

struct walker {
    struct json_cursor cursor;
    struct json_keys keys; /* of the object */
    struct json_items *items;
};

static bool invalid(const struct walker *walker, const char *problem)
{
    return json_cursor_fail(&walker->cursor, ERROR_INVALID, problem);
}

/* The byte to come behind blanks, NUL at the end. */
static char peek(struct walker *walker)
{
    struct json_cursor *cursor = &walker->cursor;

    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\n' ||
                                        *cursor->at == '\r' || *cursor->at == '\t'))
        cursor->at++;
    if (cursor->at == cursor->end)
        return '\0';
    return *cursor->at;
}

/* -- a container's members ------------------------------------------------------------------ */

typedef bool (*member_function)(struct walker *walker);

/* From its opening bracket past its closing one. */
static bool walk_container(struct walker *walker, char end, member_function member)
{
    walker->cursor.at++;
    if (peek(walker) == end) {
        walker->cursor.at++;
        return true;
    }
    for (;;) {
        (void)peek(walker);
        if (!member(walker))
            return false;
        char byte = peek(walker);
        if (byte != ',' && byte != end)
            return invalid(walker, end == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
        walker->cursor.at++;
        if (byte == end)
            return true;
    }
}

static bool walk_item(struct walker *walker)
{
    const char *start = walker->cursor.at;

    if (!json_check_value(&walker->cursor))
        return false;
    struct slice item = slice_of(start, (size_t)(walker->cursor.at - start));
    return walker->items->visit(walker->items->context, item, walker->cursor.error);
}

static bool walk_array(struct walker *walker)
{
    char byte = peek(walker);

    walker->items->is_there = true;
    if (byte == 'n')
        return json_check_value(&walker->cursor);
    if (byte != '[')
        return invalid(walker, "expected an array");
    return walk_container(walker, ']', walk_item);
}

static bool walk_member(struct walker *walker)
{
    struct json_keys *keys = &walker->keys;
    struct json_raw_string key;

    if (peek(walker) != '"')
        return invalid(walker, "expected a key in double quotes");
    if (!json_string_skip(&walker->cursor, &key))
        return false;
    if (!json_keys_push(keys, &key))
        return error_no_memory(walker->cursor.error);
    if (peek(walker) != ':')
        return invalid(walker, "expected ':'");
    walker->cursor.at++;
    (void)peek(walker);
    if (slice_equal_string(keys->items[keys->count - 1].text, walker->items->name))
        return walk_array(walker);
    return json_check_value(&walker->cursor);
}

/* -- the document --------------------------------------------------------------------------- */

static bool walk_object(struct walker *walker)
{
    if (peek(walker) != '{')
        return invalid(walker, "expected an object");
    if (!walk_container(walker, '}', walk_member))
        return false;
    const char *repeated = json_keys_pop(&walker->keys, 0);
    if (!repeated)
        return true;
    walker->cursor.at = repeated;
    return invalid(walker, "repeated key");
}

static bool walk_lone_array(struct walker *walker)
{
    walker->items->is_there = true;
    return peek(walker) == '[' ? walk_container(walker, ']', walk_item)
                               : invalid(walker, "expected an array");
}

static bool walk_document(struct walker *walker)
{
    if (!(walker->items->name ? walk_object : walk_lone_array)(walker))
        return false;
    (void)peek(walker);
    return walker->cursor.at == walker->cursor.end ||
           invalid(walker, "expected the end of the text");
}

bool json_each_item(struct slice text, struct json_items *items, struct error *error)
{
    struct walker walker = {
        .cursor = {.start = text.data,
                   .at = text.data,
                   .end = text.length ? text.data + text.length : text.data,
                   .error = error},
        .items = items,
    };

    items->is_there = false;
    json_keys_init(&walker.keys, text.length);
    bool is_walked = walk_document(&walker);
    json_keys_release(&walker.keys);
    return is_walked;
}

bool json_item_string(struct slice item, char *room, size_t size, struct slice *out)
{
    if (item.length < 2 || item.data[0] != '"' || item.length - 2 > size)
        return false;
    *out = slice_of(room, json_string_unescape(room, slice_of(item.data + 1, item.length - 2)));
    return true;
}
