/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of the objects that are open while a text is checked, to find one that stands in its
 * object twice (rule S9); private to data/.
 *
 * One stack serves all nested objects: each remembers where its keys begin, and takes them off
 * when it ends.
 */
#ifndef DATA_JSON_KEYS_H
#define DATA_JSON_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "data/json_string.h"

struct json_key {
    struct slice text; /* unescaped */
    const char *at;    /* its quote in the text */
};

struct json_keys {
    struct json_key *items;
    size_t count;
    size_t capacity;
    struct json_key first[32]; /* manifests need no more, and so no malloc */
    char *unescaped;           /* keys that had escapes; made when the first comes */
    size_t unescaped_used;
    size_t unescaped_size;
};

/* `text_length` is the whole text's: all its keys together cannot be longer. */
void json_keys_init(struct json_keys *keys, size_t text_length);
void json_keys_release(struct json_keys *keys);

/* False when there is no memory. */
bool json_keys_push(struct json_keys *keys, const struct json_raw_string *key) MUST_USE;

/* Takes off all keys from number `first` on. Where one of them stood there twice, returns the
 * place of a repetition, else NULL. */
const char *json_keys_pop(struct json_keys *keys, size_t first);

#endif
