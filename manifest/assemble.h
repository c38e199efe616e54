/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries become a list: the bytes of a Docker manifest list or an OCI index, laid out as
 * manifest-tool 2 lays them out, so that digests and signatures agree (rules P17-P24).
 */
#ifndef MANIFEST_ASSEMBLE_H
#define MANIFEST_ASSEMBLE_H

#include "base/warnings.h"
#include "manifest/manifest.h"
#include "manifest/spec.h"

enum list_type {
    LIST_DOCKER,
    LIST_OCI
};

/* "docker" or "oci", nothing else (P17). Errors: invalid. */
bool list_type_parse(struct slice text, enum list_type *out, struct error *error) MUST_USE;
const char *list_type_media_type(enum list_type type);

/* One entry of the list to be. Everything is borrowed. */
struct list_entry {
    const char *source; /* whence, for messages: "docker.io/a/b:1" */
    const char *media_type;
    const struct digest *digest;
    int64_t size;
    struct platform platform; /* complete, but of an attestation: as it stands */
    const char *const *features;
    size_t feature_count;
    /* The descriptor in the index it came from, whose annotations, urls, data and artifactType are
     * kept as far as the list's type has a place for them; NULL: none. */
    const struct json *descriptor;
    bool is_attestation;
};

struct list_plan {
    enum list_type type;
    const struct list_entry *entries; /* in the order given; attestations are put last here */
    size_t count;
    const struct spec_annotation *annotations; /* sorted */
    size_t annotation_count;
};

/* P19: os, architecture and variant are words that a list may say. Errors: invalid, naming `source`
 * and the words known. */
bool list_check_platform(const struct platform *platform, const char *source,
                         struct error *error) MUST_USE;

/* Whether a list of this type has a place for so many annotations. Errors: invalid. */
bool list_check_annotations(enum list_type type, size_t count, struct error *error) MUST_USE;

/*
 * Writes the list's bytes. Adds to `warnings`: content of the other family (P24), CPU features,
 * embedded data that is not what its digest names (P25) and is left out.
 * Errors: invalid (a platform that is there twice, naming both sources; annotations on a Docker
 * list; a platform that is not known; nothing to list), upstream (a descriptor whose annotations or
 * urls are not texts), too_large, internal.
 */
bool list_assemble(const struct list_plan *plan, struct buffer *out, struct warnings *warnings,
                   struct error *error) MUST_USE;

#endif
