/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both images are flattened to what runs, and each platform of the one looks for its partner in the
 * other: first for its very like, then, since Windows is updated under one name, for one of another
 * os.version.
 */
#include "manifest/difference.h"

#include <stdlib.h>
#include <string.h>

#include "manifest/differing.h"
#include "manifest/inspected.h"

/* -- what runs ------------------------------------------------------------------------------ */

static bool is_leaf(const struct inspected *node)
{
    return !inspected_is_index(node) && !inspected_is_attestation(node);
}

/* Their number; where `out` is not NULL it gets them. */
static size_t list_leaves(const struct inspected *root, const struct inspected **out)
{
    struct walk walk = walk_begin(root, NULL);
    size_t count = 0;

    for (enum walk_step step; (step = walk_next(&walk)) != WALK_END;) {
        if (step != WALK_ENTER || !is_leaf(walk.node))
            continue;
        if (out)
            out[count] = walk.node;
        count++;
    }
    return count;
}

/* -- partners ------------------------------------------------------------------------------- */

typedef bool (*partner_function)(const struct platform *before, const struct platform *after);

static bool is_like(const struct platform *before, const struct platform *after)
{
    return platform_equal(before, after) && strcmp(before->os_version, after->os_version) == 0;
}

static bool is_other_version(const struct platform *before, const struct platform *after)
{
    struct platform any_version = *before;

    any_version.os_version = "";
    return platform_equal(&any_version, after);
}

static bool are_partners(const struct inspected *before, const struct inspected *after,
                         partner_function match)
{
    const struct platform *a = inspected_platform(before);
    const struct platform *b = inspected_platform(after);

    return a && b ? match(a, b) : a == b;
}

/* Takes the partner out of `leaves`; NULL: there is none. */
static const struct inspected *take_partner(const struct inspected *before,
                                            const struct inspected **leaves, size_t count,
                                            partner_function match)
{
    for (size_t i = 0; i < count; i++) {
        const struct inspected *leaf = leaves[i];
        if (leaf && are_partners(before, leaf, match)) {
            leaves[i] = NULL;
            return leaf;
        }
    }
    return NULL;
}

static void pair_up(struct difference *difference, size_t before_count,
                    const struct inspected **after, size_t after_count, partner_function match)
{
    for (size_t i = 0; i < before_count; i++) {
        struct difference_pair *pair = &difference->pairs[i];
        if (!pair->after)
            pair->after = take_partner(pair->before, after, after_count, match);
    }
}

static bool fill(struct difference *difference, size_t before_count, size_t after_count)
{
    const struct inspected **leaves =
        calloc(before_count + after_count + 1, sizeof(struct inspected *));

    if (!leaves)
        return false;
    (void)list_leaves(difference->before, leaves);
    for (size_t i = 0; i < before_count; i++)
        difference->pairs[i].before = leaves[i];
    (void)list_leaves(difference->after, leaves);
    pair_up(difference, before_count, leaves, after_count, is_like);
    pair_up(difference, before_count, leaves, after_count, is_other_version);
    difference->count = before_count;
    for (size_t i = 0; i < after_count; i++) {
        if (leaves[i])
            difference->pairs[difference->count++].after = leaves[i];
    }
    free(leaves);
    return true;
}

struct difference *difference_new(const struct inspection *before, const struct inspection *after,
                                  struct error *error)
{
    size_t before_count = list_leaves(&before->root, NULL);
    size_t after_count = list_leaves(&after->root, NULL);
    struct difference *difference = calloc(1, sizeof(*difference));

    if (!difference)
        goto fail;
    difference->before = &before->root;
    difference->after = &after->root;
    difference->pairs = calloc(before_count + after_count + 1, sizeof(*difference->pairs));
    if (difference->pairs && fill(difference, before_count, after_count))
        return difference;
fail:
    difference_free(difference);
    (void)error_no_memory(error);
    return NULL;
}

void difference_free(struct difference *difference)
{
    if (!difference)
        return;
    free(difference->pairs);
    free(difference);
}

/* -- what is different ---------------------------------------------------------------------- */

bool difference_is_same(const struct difference_pair *pair)
{
    return pair->before && pair->after && digest_equal(&pair->before->digest, &pair->after->digest);
}

bool difference_is_none(const struct difference *difference)
{
    for (size_t i = 0; i < difference->count; i++) {
        if (!difference_is_same(&difference->pairs[i]))
            return false;
    }
    return true;
}

static size_t count_layers(const struct manifest *manifest, size_t end, const struct digest *digest)
{
    size_t count = 0;

    for (size_t i = 0; i < end; i++)
        count += digest_equal(&manifest->layers[i].digest, digest);
    return count;
}

bool difference_lacks_layer(const struct manifest *other, const struct manifest *manifest,
                            size_t layer)
{
    const struct digest *digest = &manifest->layers[layer].digest;

    return count_layers(manifest, layer + 1, digest) >
           count_layers(other, other->layer_count, digest);
}
