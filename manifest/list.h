/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files that assemble lists owe each other.
 */
#ifndef MANIFEST_LIST_H
#define MANIFEST_LIST_H

#include "manifest/assemble.h"

/* What a list keeps of an entry's descriptor; all borrowed from it. */
struct list_extras {
    struct spec_annotation *annotations; /* sorted; one block for all entries of a list */
    size_t annotation_count;
    const struct json *urls; /* an array of strings, or NULL */
    struct slice data;       /* base64, verified; empty: none */
    struct slice artifact_type;
};

/* -- list_extras.c -------------------------------------------------------------------------- */

/* One for each entry of the plan, in their order. The caller frees with list_extras_free(). NULL on
 * errors: upstream, internal. */
struct list_extras *list_extras_read(const struct list_plan *plan, struct warnings *warnings,
                                     struct error *error) MUST_USE;
void list_extras_free(struct list_extras *extras);
CLEANUP_DEFINE(struct list_extras, list_extras_free)

/* -- list_write.c --------------------------------------------------------------------------- */

/* The bytes of a plan that has been checked; failure shows in the buffer's state. */
void list_write(const struct list_plan *plan, const struct list_extras *extras, struct buffer *out);

#endif
