/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Referrers: manifests that name another one as their `subject`. A registry that does not list them
 * by itself is given an index of them, under a tag made of the subject's digest (rules H25, P14).
 *
 * Pure, as everything here.
 */
#ifndef MANIFEST_REFERRERS_H
#define MANIFEST_REFERRERS_H

#include "manifest/manifest.h"

enum {
    REFERRERS_TAG_SIZE = 32 + 1 + 64 + 1 /* an algorithm, '-', a hash, NUL */
};

/* The digest of the manifest's subject, of whatever algorithm; the empty slice where it has none
 * that is one. Borrowed from the manifest. */
struct slice manifest_subject(const struct manifest *manifest);

/* The tag that the referrers of this subject are listed under, "sha256-<64 hex>": a valid tag
 * whatever the algorithm. */
void referrers_tag(struct slice subject, char out[REFERRERS_TAG_SIZE]);

/* A manifest to be listed. All borrowed. */
struct referrer {
    const struct manifest *manifest;
    const struct digest *digest;
    int64_t size;
};

/* Whether the index lists it. NULL: an empty one. */
bool referrers_has(const struct manifest *index, const struct digest *digest);

/*
 * The bytes of the index with these behind what it lists, and all it says besides as it stands; of
 * a new OCI index where `index` is NULL. Each has the descriptor that the distribution
 * specification wants: its annotations are the manifest's, its artifactType too, or the type of the
 * manifest's config. Errors: too_large (`out`'s ceiling, INDEX_ENTRIES_MAX), internal.
 */
bool referrers_append(const struct manifest *index, const struct referrer *added, size_t count,
                      struct buffer *out, struct error *error) MUST_USE;

#endif
