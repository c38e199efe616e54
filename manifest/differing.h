/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two ways to write a difference share.
 */
#ifndef MANIFEST_DIFFERING_H
#define MANIFEST_DIFFERING_H

#include "manifest/difference.h"

/* One platform's image on both sides; NULL: that side has none. */
struct difference_pair {
    const struct inspected *before;
    const struct inspected *after;
};

struct difference {
    const struct inspected *before; /* the images themselves */
    const struct inspected *after;
    struct difference_pair *pairs; /* of the first in its order, then what only the second has */
    size_t count;
};

bool difference_is_same(const struct difference_pair *pair);

/* Whichever there is, the newer one first. */
static inline const struct inspected *difference_either(const struct difference_pair *pair)
{
    return pair->after ? pair->after : pair->before;
}

/* True where both can be looked into. */
static inline bool difference_is_readable(const struct difference_pair *pair)
{
    return pair->before && pair->after && pair->before->manifest && pair->after->manifest;
}

/* Whether a layer of `manifest` is not in `other`. One that stands in both, but more often here, is
 * missing there as often as it has no partner. */
bool difference_lacks_layer(const struct manifest *other, const struct manifest *manifest,
                            size_t layer);

#endif
