/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between two images, platform by platform: `mquery diff`.
 *
 * Compared is what runs: the image each platform gets, its layers, its size. What an index says
 * besides (its own type and annotations, attestations, in which order or how deep it lists) is
 * not; two names of one image, alone and in a list, are equal.
 */
#ifndef MANIFEST_DIFFERENCE_H
#define MANIFEST_DIFFERENCE_H

#include "manifest/inspection.h"

struct difference;

/* Borrows both, which were read with their configurations. The caller frees. Errors: internal. */
struct difference *difference_new(const struct inspection *before, const struct inspection *after,
                                  struct error *error) MUST_USE;
void difference_free(struct difference *difference);
CLEANUP_DEFINE(struct difference, difference_free)

/* True where every platform of either gets the very same image from both. */
bool difference_is_none(const struct difference *difference);

/* How the images are called, as received. */
struct difference_view {
    struct slice before;
    struct slice after;
};

/* Lines for people, '-' before what only the first has and '+' before what only the second has;
 * nothing where nothing differs. Text from the registry is escaped (S20). */
bool difference_write_text(const struct difference *difference, const struct difference_view *view,
                           struct buffer *out);

/*
 * One compact object without a final newline: "equal"; "before" and "after" ("image", "digest",
 * "mediatype"); "platforms", of the first image in its order and then those only the second has:
 * "platform", "change" (none, changed, added, removed), and of each side that has it "before" and
 * "after" ("digest", "mediatype", "config", "totalsize", or "problem"). Where both have it and the
 * layers differ "layers" has what was "removed" and "added" ("digest", "mediatype", "size").
 */
bool difference_write_json(const struct difference *difference, const struct difference_view *view,
                           struct buffer *out);

#endif
