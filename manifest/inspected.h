/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the three ways to write an inspection share: how to go through it, and what one document of
 * it is. Nothing here allocates.
 */
#ifndef MANIFEST_INSPECTED_H
#define MANIFEST_INSPECTED_H

#include "manifest/inspection.h"

/* -- a walk (inspection.c) ------------------------------------------------------------------ */

enum walk_step {
    WALK_ENTER, /* `node`, before what it leads to */
    WALK_LEAVE, /* the same, after it */
    WALK_END
};

/* Goes through a document and what it leads to, in order. No recursion: the levels are few, and
 * where the walk is can be told at any time. */
struct walk {
    const struct inspected *node;
    const struct platform *only; /* skips children that are not for this platform; NULL: none */
    const struct inspected *path[INSPECTION_DEPTH_MAX + 1]; /* from the beginning down */
    size_t next[INSPECTION_DEPTH_MAX + 1];                  /* child of path[i] */
    size_t level;                                           /* documents on the path */
};

struct walk walk_begin(const struct inspected *root, const struct platform *only);
enum walk_step walk_next(struct walk *walk);

/* -- one document (inspection.c) ------------------------------------------------------------ */

bool inspected_is_index(const struct inspected *node);
bool inspected_is_attestation(const struct inspected *node);
/* As its index says, else as its configuration does; NULL where neither names one. */
const struct platform *inspected_platform(const struct inspected *node);
/* The same as it stands: an object that has the members of a platform. */
const struct json *inspected_platform_json(const struct inspected *node);
/* The digest that an attestation is about; the empty slice where it does not say. */
struct slice inspected_attests(const struct inspected *node);

/* -- sizes (inspection_size.c) -------------------------------------------------------------- */

/* Bytes of all manifests, configurations and layers from here on, each digest once; what is missing
 * counts nothing. False: no memory. */
bool inspected_total(const struct inspected *node, const struct platform *only,
                     int64_t *out) MUST_USE;

#endif
