/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a push asks for: a target, the sources that become its entries, further tags, annotations.
 *
 * It is read from manifest-tool's YAML, from the same in JSON, or built step by step from a command
 * line. Whatever it came from, a finished spec is whole and immutable: references are parsed,
 * platforms have words that are known, tags and annotations are there once.
 */
#ifndef MANIFEST_SPEC_H
#define MANIFEST_SPEC_H

#include "base/warnings.h"
#include "manifest/manifest.h"

enum {
    SPEC_SIZE_MAX = 1024 * 1024, /* bytes of a spec's text */
    SPEC_ENTRIES_MAX = INDEX_ENTRIES_MAX,
    SPEC_TAGS_MAX = 1000,
    SPEC_ANNOTATIONS_MAX = 1000,
    SPEC_FEATURES_MAX = 32 /* os.features, or CPU features, of one source */
};

struct spec_annotation {
    const char *key;
    const char *value;
};

/* One source. */
struct spec_entry {
    const char *image; /* as written */
    const struct reference *reference;
    struct platform platform;    /* "" where the spec is silent; kept as written */
    const char *const *features; /* CPU features, of older files */
    size_t feature_count;
};

/* The strings live as long as the spec. */
struct spec {
    const char *image; /* the target, as written */
    const struct reference *target;
    const char *const *tags; /* further ones, in the order given, each once, the target's not */
    size_t tag_count;
    const struct spec_annotation *annotations; /* sorted by key, bytewise */
    size_t annotation_count;
    const struct spec_entry *entries;
    size_t entry_count;
    struct warnings warnings;
};

void spec_free(struct spec *spec);
CLEANUP_DEFINE(struct spec, spec_free)

enum spec_syntax {
    SPEC_YAML,
    SPEC_JSON
};

enum spec_unknown_keys {
    SPEC_REFUSE_UNKNOWN, /* an error that names the nearest known key */
    SPEC_WARN_UNKNOWN    /* as manifest-tool, which passes over them; a warning */
};

/*
 * Reads image, tags, annotations and manifests[image, platform{os, architecture, variant,
 * osversion|os.version, osfeatures|os.features, features}] (rule P19; keys in lower case, as Go's
 * YAML reader wants them). Scalars keep their text. `name` (a file's name, or "the body") starts
 * every message: "NAME:LINE:COLUMN: ...". The caller frees. Errors: invalid, too_large, internal.
 */
struct spec *spec_parse(struct slice text, const char *name, enum spec_syntax syntax,
                        enum spec_unknown_keys unknown, struct error *error) MUST_USE;

/* -- step by step --------------------------------------------------------------------------- */

/* After a failure it is good for nothing but spec_builder_free(). */
struct spec_builder;
struct spec_builder *spec_builder_new(void) MUST_USE; /* NULL: no memory */
void spec_builder_free(struct spec_builder *builder);
CLEANUP_DEFINE(struct spec_builder, spec_builder_free)

/* The following copy what they are given. Errors: invalid (what is wrong with which text),
 * too_large, internal. */

/* A target has no digest: what is pushed decides that. */
bool spec_set_target(struct spec_builder *builder, struct slice image,
                     struct error *error) MUST_USE;
/* A tag that is there already is no error. */
bool spec_add_tag(struct spec_builder *builder, struct slice tag, struct error *error) MUST_USE;
/* A key that is there already is an error. */
bool spec_add_annotation(struct spec_builder *builder, struct slice key, struct slice value,
                         struct error *error) MUST_USE;
/* Where `platform` is NULL the spec is silent. */
bool spec_add_source(struct spec_builder *builder, struct slice image,
                     const struct platform *platform, struct error *error) MUST_USE;
/* The same with the platform as text: "os/arch[/variant]", two or three parts, kept as written. */
bool spec_add_source_on(struct spec_builder *builder, struct slice image, struct slice platform,
                        struct error *error) MUST_USE;
/* P20: the source named by a template for one platform as text: the first ARCH, then the first OS,
 * then the first VARIANT are replaced. */
bool spec_add_templated(struct spec_builder *builder, struct slice template, struct slice platform,
                        struct error *error) MUST_USE;
/* Of the source added last. Its words must be known (P19); os and architecture both or neither. */
bool spec_set_platform(struct spec_builder *builder, const struct platform *platform,
                       struct error *error) MUST_USE;
/* CPU features of the source added last. */
bool spec_set_features(struct spec_builder *builder, const char *const *features, size_t count,
                       struct error *error) MUST_USE;

/* The finished spec. The builder is used up but still the caller's to free. Errors: invalid (no
 * target, no source), internal. */
struct spec *spec_builder_finish(struct spec_builder *builder, struct error *error) MUST_USE;

#endif
