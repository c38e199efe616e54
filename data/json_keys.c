/* SPDX-License-Identifier: Apache-2.0 */
#include "data/json_keys.h"

#include <stdlib.h>
#include <string.h>

enum {
    FEW_KEYS = 12 /* up to here comparing all pairs is faster than sorting */
};

void json_keys_init(struct json_keys *keys, size_t text_length)
{
    keys->items = keys->first;
    keys->count = 0;
    keys->capacity = sizeof(keys->first) / sizeof(keys->first[0]);
    keys->unescaped = NULL;
    keys->unescaped_used = 0;
    keys->unescaped_size = text_length;
}

void json_keys_release(struct json_keys *keys)
{
    if (keys->items != keys->first)
        free(keys->items);
    free(keys->unescaped);
    json_keys_init(keys, keys->unescaped_size);
}

static bool grow(struct json_keys *keys)
{
    bool is_first = keys->items == keys->first;
    size_t capacity = keys->capacity * 2; /* bounded by JSON_TOKENS_MAX */
    struct json_key *items =
        realloc(is_first ? NULL : keys->items, capacity * sizeof(struct json_key));

    if (!items)
        return false;
    if (is_first)
        memcpy(items, keys->first, sizeof(keys->first));
    keys->items = items;
    keys->capacity = capacity;
    return true;
}

static bool unescape(struct json_keys *keys, struct slice raw, struct slice *out)
{
    if (!keys->unescaped)
        keys->unescaped = malloc(keys->unescaped_size);
    if (!keys->unescaped)
        return false;
    char *room = keys->unescaped + keys->unescaped_used;
    *out = slice_of(room, json_string_unescape(room, raw));
    keys->unescaped_used += out->length;
    return true;
}

bool json_keys_push(struct json_keys *keys, const struct json_raw_string *key)
{
    struct json_key added = {.text = key->text, .at = key->text.data - 1};

    if (key->has_escapes && !unescape(keys, key->text, &added.text))
        return false;
    if (keys->count == keys->capacity && !grow(keys))
        return false;
    keys->items[keys->count++] = added;
    return true;
}

static const char *find_repeated_pair(const struct json_key *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (slice_equal(keys[i].text, keys[j].text))
                return keys[i].at;
        }
    }
    return NULL;
}

/* Any total order does; lengths differ more often than first bytes, and cost less. */
static int compare_keys(const void *left, const void *right)
{
    const struct json_key *a = left;
    const struct json_key *b = right;

    if (a->text.length != b->text.length)
        return a->text.length < b->text.length ? -1 : 1;
    int order = a->text.length ? memcmp(a->text.data, b->text.data, a->text.length) : 0;
    if (order)
        return order;
    return a->at < b->at ? -1 : 1;
}

static const char *find_repeated_sorted(struct json_key *keys, size_t count)
{
    qsort(keys, count, sizeof(keys[0]), compare_keys);
    for (size_t i = 1; i < count; i++) {
        if (slice_equal(keys[i].text, keys[i - 1].text))
            return keys[i].at;
    }
    return NULL;
}

const char *json_keys_pop(struct json_keys *keys, size_t first)
{
    struct json_key *items = keys->items + first;
    size_t count = keys->count - first;

    keys->count = first;
    return count <= FEW_KEYS ? find_repeated_pair(items, count)
                             : find_repeated_sorted(items, count);
}
