/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a batch asks: the body of POST /query, taken apart. An item is an image's name, or an object
 * with `image`, and `platform` and `id` where wanted.
 */
#ifndef SERVER_BATCH_ITEMS_H
#define SERVER_BATCH_ITEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "manifest/manifest.h"

enum {
    BATCH_ITEMS_MAX = 1000,
    BATCH_ITEM_SIZE_MAX = 4096, /* bytes of one as written */
    BATCH_ID_MAX = 256
};

enum batch_syntax {
    BATCH_ARRAY, /* a JSON array */
    BATCH_LINES  /* NDJSON: an item a line */
};

struct batch_items {
    char *text;
    struct slice *items; /* of `text`, each as written */
    size_t count;
};

/* Copies the body. The caller releases, also after a failure. Errors: invalid (an array that is
 * none; what a line holds is looked at later), too_large (more than 1000 items), internal. */
bool batch_items_read(struct batch_items *items, struct slice body, enum batch_syntax syntax,
                      struct error *error) MUST_USE;
void batch_items_release(struct batch_items *items);

struct batch_item {
    struct buffer image;
    struct buffer platform; /* empty: not asked */
    struct buffer id;       /* JSON, as written; empty: none */
};

#define BATCH_ITEM_INIT                                                             \
    {                                                                               \
        .image = BUFFER_INIT(REFERENCE_MAX), .platform = BUFFER_INIT(PLATFORM_MAX), \
        .id = BUFFER_INIT(BATCH_ID_MAX)                                             \
    }

/* Fills a BATCH_ITEM_INIT, as far as it goes; the caller releases. Errors: invalid, internal. */
bool batch_item_read(struct batch_item *item, struct slice text, struct error *error) MUST_USE;
void batch_item_release(struct batch_item *item);

#endif
