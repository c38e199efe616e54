/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a registry's documents have in common: strict JSON, descriptors, platforms; and what the
 * files that read them owe each other.
 *
 * Errors are about a registry's bytes: upstream, unless memory or a limit is the reason. A text
 * says what is wrong; the caller puts before it in which part of the document.
 */
#ifndef MANIFEST_DOCUMENT_H
#define MANIFEST_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "data/json.h"
#include "manifest/manifest.h"

/* -- pieces (document.c) -------------------------------------------------------------------- */

/* Parses an object of at most `size_limit` bytes, which errors call `what`. The caller frees. */
struct json *document_parse(struct slice body, size_t size_limit, const char *what,
                            struct error *error) MUST_USE;

/* A member wanted of an object. */
struct member {
    struct slice key;
    const struct json *value; /* NULL: absent */
};

#define MEMBER(name)                       \
    {                                      \
        .key = {(name), sizeof(name) - 1}, \
    }

/* Finds the members wanted in one walk through the object (of anything else: none). Fails at a key
 * that is a wanted one but for the case of its letters: other readers would take it for that (H6).
 */
bool document_find(const struct json *object, struct member *wanted, size_t count,
                   struct error *error) MUST_USE;

/* True where the value is there and not null. */
bool document_has(const struct json *value);

/* What of a descriptor only an index looks into; NULL where absent. */
struct descriptor_rest {
    const struct json *platform;
    const struct json *annotations;
};

/* Reads mediaType, artifactType, digest and size (H6, S12, S15); `out->platform` is empty. */
bool descriptor_read(const struct json *value, struct descriptor *out, struct descriptor_rest *rest,
                     struct error *error) MUST_USE;

/* How many strings platform_read() may put into `features`. */
size_t platform_feature_count(const struct json *value);
/* Reads what there is of a platform, be it nothing: unknown words and values of a wrong kind are
 * no errors (L1, T4). `value` may be NULL. */
bool platform_read(const struct json *value, const char **features, struct platform *out,
                   struct error *error) MUST_USE;

/* -- documents (index.c, image.c) ----------------------------------------------------------- */

/* Fill in what `manifest->document` says, its type being decided. */
bool index_read(struct manifest *manifest, struct error *error) MUST_USE;
bool image_manifest_read(struct manifest *manifest, struct error *error) MUST_USE;

/* -- things that do not run (artifact.c) ---------------------------------------------------- */

enum artifact_place {
    ARTIFACT_IN_TYPE = 1,  /* an artifactType, or the mediaType of a config */
    ARTIFACT_IN_LAYER = 2, /* the mediaType of a layer */
    ARTIFACT_IN_ENTRY = 4  /* the mediaType of an index's entry */
};

/* What a media type at that place says its document is, "a Helm chart"; NULL when nothing known. */
const char *artifact_words(struct slice type, enum artifact_place place);
/* True for an artifactType of attestations. */
bool artifact_is_attestation(struct slice type);
/* Makes the manifest an artifact: of these words, or where they are NULL "of type 'TYPE'". */
void manifest_set_artifact(struct manifest *manifest, const char *words, struct slice type);

#endif
