/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything about one image, as its documents say: its type and size, and of each child the
 * platform, the configuration and the layers. Read by registry/inspect.h, written here in three
 * ways.
 */
#ifndef MANIFEST_INSPECTION_H
#define MANIFEST_INSPECTION_H

#include "base/warnings.h"
#include "manifest/manifest.h"

enum {
    INSPECTION_DEPTH_MAX = 4 /* L9: three indexes within the image's own, and what the last lists */
};

/* One document and what it leads to. */
struct inspected {
    const struct descriptor *entry; /* as its index lists it; NULL: the image itself */
    struct digest digest;
    int64_t size;               /* bytes of the manifest */
    const char *media_type;     /* as on the wire; borrowed from the documents */
    struct manifest *manifest;  /* NULL: not there, or of a type that nothing here reads */
    struct image *image;        /* NULL: not asked for, or it has none */
    char problem[256];          /* why something that was asked for is not here, in words safe for a
                                   terminal; "": nothing is missing */
    struct inspected *children; /* of an index, in its order, one an entry */
    size_t child_count;
    unsigned depth; /* 0: the image itself */
};

/* Owned by whoever made it; immutable once made. */
struct inspection {
    struct inspected root;
};

/* `inspection` and all it holds are of malloc's. */
void inspection_free(struct inspection *inspection);
CLEANUP_DEFINE(struct inspection, inspection_free)

/* Gives a document whose manifest is an index its children, of which nothing is read yet. Errors:
 * internal. */
bool inspected_expand(struct inspected *index, struct error *error) MUST_USE;

/* Whether the image, or some child, is for a platform equal to `platform`. */
bool inspection_offers(const struct inspection *inspection, const struct platform *platform);

/* Adds a line for each document that has a problem: "sha256:...: missing: ...". `only`: of what is
 * for this platform; NULL: of all. */
void inspection_list_problems(const struct inspection *inspection, const struct platform *only,
                              struct warnings *out);

/*
 * A report that keeps the inspection it stands for, so that what is known of it is kept as long as
 * it is shared. It names no platforms, is local, and is partial where something has a problem.
 * Takes ownership of `inspection`, also on failure. Errors: internal.
 */
struct report *report_of_inspection(struct inspection *inspection, struct error *error) MUST_USE;

enum inspection_paint {
    INSPECTION_PLAIN,
    INSPECTION_COLOURED /* as the reference on a terminal */
};

/* How one output presents an inspection. */
struct inspection_view {
    struct slice image;              /* as received */
    const struct platform *platform; /* only the children equal to it; NULL: all */
    enum inspection_paint paint;     /* of the text */
    /* The raw form: a lone image's configuration in place of its descriptor. */
    bool is_expanded;
};

/* manifest-tool's text; where that tool is wrong, right. What comes from the registry is escaped
 * (rule S20). False: the buffer's state says why. */
bool inspection_write_text(const struct inspection *inspection, const struct inspection_view *view,
                           struct buffer *out);

/*
 * manifest-tool's --raw, indented, with a final newline. What that loses is kept besides, behind
 * the keys it knows: of each child "digest", "size", "platform" and the index's own annotations on
 * it ("entryAnnotations"), of an index "artifactType" and "subject". A nested index has its own
 * "manifests". What could not be read has "problem", and not the keys that would stand in it.
 */
bool inspection_write_raw(const struct inspection *inspection, const struct inspection_view *view,
                          struct buffer *out);

/*
 * One clean document, compact, without a final newline; its first key is "name". Each document of
 * the image has: "kind" (index, image, artifact; none where it could not be read), "digest",
 * "mediatype", "size", and, where there is something to say, "artifacttype", "artifact" (in words),
 * "platform", "problem", "config" (descriptor, platform and facts of the configuration), "layers",
 * "annotations" (its own), "entryannotations" (its index's on it), "totalsize" (bytes of all that
 * it leads to, each blob once). An index has its children in "manifests"; attestations stand in
 * "attestations" at the end, each with the digest it "attests".
 */
bool inspection_write_json(const struct inspection *inspection, const struct inspection_view *view,
                           struct buffer *out);

#endif
