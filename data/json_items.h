/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON document that may be longer than json_parse() takes, because one array in it is: a
 * cluster's pods, a repository's tags. Its items are given out one by one, and never all of them
 * are held apart from the text.
 *
 * The whole text is checked as strictly as json_parse() checks; depth and tokens are counted for
 * each item, so the text's own length is the only limit on their number.
 */
#ifndef DATA_JSON_ITEMS_H
#define DATA_JSON_ITEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

/* `item` is a valid value of any kind, as it stands in the text. False, with the error filled, ends
 * the walk. */
typedef bool (*json_item_function)(void *context, struct slice item, struct error *error);

/* What the walk is for: the array that is the member `name` of the document's object, or the
 * document itself. */
struct json_items {
    const char *name; /* NULL: the document is the array */
    json_item_function visit;
    void *context;
    bool is_there; /* set by the walk: the object has such a member, an array or null */
};

/* Visits every item in the order written. Where it returns false some may have been visited: what
 * came of them is for the caller to throw away. Errors: invalid (no JSON, no object, or what should
 * be an array is none), too_large (one item is), internal, and whatever `visit` says. */
bool json_each_item(struct slice text, struct json_items *items, struct error *error) MUST_USE;

/* The text of an item that is a string, unescaped into `room`; false for any other, and for one
 * that takes more than `size` bytes as it is written. */
bool json_item_string(struct slice item, char *room, size_t size, struct slice *out);

#endif
