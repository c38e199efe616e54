/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many bytes an image is: what a copy of it would have to hold. Children share layers, and a
 * layer may stand in one image twice, so each digest counts once.
 */
#include <stdlib.h>
#include <string.h>

#include "manifest/inspected.h"

struct blob {
    const char *digest;
    int64_t size;
};

/* The documents and layers that a walk comes by; without `items`, only their number. */
struct blobs {
    struct blob *items;
    size_t count;
};

static void add(struct blobs *blobs, const struct digest *digest, int64_t size)
{
    if (blobs->items)
        blobs->items[blobs->count] = (struct blob){digest->text, size};
    blobs->count++;
}

static void add_document(struct blobs *blobs, const struct inspected *node)
{
    const struct manifest *manifest = node->manifest;

    if (!manifest)
        return;
    add(blobs, &node->digest, node->size);
    if (!inspected_is_index(node))
        add(blobs, &manifest->config.digest, manifest->config.size);
    for (size_t i = 0; i < manifest->layer_count; i++)
        add(blobs, &manifest->layers[i].digest, manifest->layers[i].size);
}

static void add_all(struct blobs *blobs, const struct inspected *node, const struct platform *only)
{
    struct walk walk = walk_begin(node, only);

    blobs->count = 0;
    for (enum walk_step step; (step = walk_next(&walk)) != WALK_END;)
        if (step == WALK_ENTER)
            add_document(blobs, walk.node);
}

static int by_digest(const void *a, const void *b)
{
    return strcmp(((const struct blob *)a)->digest, ((const struct blob *)b)->digest);
}

/* A registry may claim sizes whose sum no number holds. */
static int64_t sum(const struct blobs *blobs)
{
    int64_t total = 0;

    for (size_t i = 0; i < blobs->count; i++) {
        const struct blob *blob = &blobs->items[i];
        if (i > 0 && by_digest(blob, blob - 1) == 0)
            continue;
        total = blob->size > INT64_MAX - total ? INT64_MAX : total + blob->size;
    }
    return total;
}

bool inspected_total(const struct inspected *node, const struct platform *only, int64_t *out)
{
    struct blobs blobs = {0};

    add_all(&blobs, node, only);
    if (blobs.count == 0) {
        *out = 0;
        return true;
    }
    blobs.items = calloc(blobs.count, sizeof(*blobs.items));
    if (!blobs.items)
        return false;
    add_all(&blobs, node, only);
    qsort(blobs.items, blobs.count, sizeof(*blobs.items), by_digest);
    *out = sum(&blobs);
    free(blobs.items);
    return true;
}
