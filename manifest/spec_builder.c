/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Specs, piece by piece. Whoever adds a piece learns at once what is wrong with it, so a finished
 * spec needs no further judging.
 */
#include <stdalign.h>
#include <stdlib.h>

#include "base/escape.h"
#include "manifest/assemble.h"
#include "manifest/spec.h"

/* Memory that ends with the spec. */
struct kept {
    struct kept *next;
    alignas(max_align_t) char bytes[];
};

/* A spec and what it owns. Of a block this large no page is real before it is used. */
struct whole {
    struct spec spec; /* the first member: spec_free() is given its address */
    struct kept *kept;
    struct reference *target;
    struct reference *references[SPEC_ENTRIES_MAX]; /* of the entries, in their order */
    struct spec_entry entries[SPEC_ENTRIES_MAX];
    struct spec_annotation annotations[SPEC_ANNOTATIONS_MAX];
    const char *tags[SPEC_TAGS_MAX];
};

struct spec_builder {
    struct whole *whole; /* NULL once finished */
};

/* -- memory --------------------------------------------------------------------------------- */

static void *keep(struct whole *whole, size_t size)
{
    struct kept *kept = calloc(1, sizeof(*kept) + size);
    if (!kept)
        return NULL;
    kept->next = whole->kept;
    whole->kept = kept;
    return kept->bytes;
}

static const char *keep_text(struct whole *whole, struct slice text, struct error *error)
{
    char *copy = keep(whole, text.length + 1);

    if (!copy)
        (void)error_no_memory(error);
    else if (text.length)
        memcpy(copy, text.data, text.length);
    return copy;
}

/* Replaces a borrowed string by a copy. */
static bool keep_string(struct whole *whole, const char **string, struct error *error)
{
    *string = keep_text(whole, slice_from_string(*string), error);
    return *string;
}

static bool keep_strings(struct whole *whole, const char *const **strings, size_t count,
                         struct error *error)
{
    const char **copies = keep(whole, count * sizeof(*copies));

    if (!copies)
        return error_no_memory(error);
    if (count)
        memcpy(copies, *strings, count * sizeof(*copies));
    for (size_t i = 0; i < count; i++) {
        if (!keep_string(whole, &copies[i], error))
            return false;
    }
    *strings = copies;
    return true;
}

static bool check_room(size_t count, size_t most, const char *what, struct error *error)
{
    return count <= most || error_set(error, ERROR_TOO_LARGE, "more than %zu %s", most, what);
}

void spec_free(struct spec *spec)
{
    struct whole *whole = (struct whole *)(void *)spec;

    if (!whole)
        return;
    for (size_t i = 0; i < spec->entry_count; i++)
        reference_free(whole->references[i]);
    reference_free(whole->target);
    for (struct kept *kept = whole->kept, *next; kept; kept = next) {
        next = kept->next;
        free(kept);
    }
    warnings_release(&spec->warnings);
    free(whole);
}

static struct whole *whole_new(void)
{
    struct whole *whole = calloc(1, sizeof(*whole));
    if (!whole)
        return NULL;
    whole->spec.tags = whole->tags;
    whole->spec.annotations = whole->annotations;
    whole->spec.entries = whole->entries;
    return whole;
}

struct spec_builder *spec_builder_new(void)
{
    struct spec_builder *builder = calloc(1, sizeof(*builder));
    if (!builder)
        return NULL;
    builder->whole = whole_new();
    if (builder->whole)
        return builder;
    free(builder);
    return NULL;
}

void spec_builder_free(struct spec_builder *builder)
{
    if (!builder)
        return;
    spec_free(builder->whole ? &builder->whole->spec : NULL);
    free(builder);
}

/* -- target, tags, annotations -------------------------------------------------------------- */

bool spec_set_target(struct spec_builder *builder, struct slice image, struct error *error)
{
    struct whole *whole = builder->whole;
    struct reference *target = reference_parse(image, error);

    if (!target)
        return false;
    reference_free(whole->target);
    whole->target = target;
    whole->spec.target = target;
    if (target->digest) {
        return error_set(error, ERROR_INVALID,
                         "the target '%s' has a digest, but what is pushed decides that",
                         ESCAPED(image));
    }
    whole->spec.image = keep_text(whole, image, error);
    return whole->spec.image;
}

static bool has_tag(const struct spec *spec, struct slice tag)
{
    for (size_t i = 0; i < spec->tag_count; i++) {
        if (slice_equal_string(tag, spec->tags[i]))
            return true;
    }
    return false;
}

bool spec_add_tag(struct spec_builder *builder, struct slice tag, struct error *error)
{
    struct whole *whole = builder->whole;
    struct spec *spec = &whole->spec;

    if (!reference_tag_is_valid(tag))
        return error_set(error, ERROR_INVALID, "'%s' cannot be a tag", ESCAPED(tag));
    if (has_tag(spec, tag))
        return true;
    if (!check_room(spec->tag_count + 1, SPEC_TAGS_MAX, "tags", error))
        return false;
    const char *kept = keep_text(whole, tag, error);
    if (kept)
        whole->tags[spec->tag_count++] = kept;
    return kept;
}

/* Where an annotation of this key stands, or should stand; `*is_there` says which. */
static size_t find_annotation(const struct spec *spec, const char *key, bool *is_there)
{
    size_t low = 0;
    size_t high = spec->annotation_count;

    *is_there = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(spec->annotations[middle].key, key);
        *is_there = *is_there || order == 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool spec_add_annotation(struct spec_builder *builder, struct slice key, struct slice value,
                         struct error *error)
{
    struct whole *whole = builder->whole;
    struct spec *spec = &whole->spec;
    bool is_there = false;

    if (key.length == 0)
        return error_set(error, ERROR_INVALID, "an annotation has no name");
    if (!check_room(spec->annotation_count + 1, SPEC_ANNOTATIONS_MAX, "annotations", error))
        return false;
    struct spec_annotation added = {keep_text(whole, key, error), keep_text(whole, value, error)};
    if (!added.key || !added.value)
        return false;
    size_t place = find_annotation(spec, added.key, &is_there);
    if (is_there)
        return error_set(error, ERROR_INVALID, "the annotation '%s' is given twice", ESCAPED(key));
    struct spec_annotation *at = &whole->annotations[place];
    memmove(at + 1, at, (spec->annotation_count - place) * sizeof(*at));
    *at = added;
    spec->annotation_count++;
    return true;
}

/* -- sources -------------------------------------------------------------------------------- */

bool spec_add_source(struct spec_builder *builder, struct slice image,
                     const struct platform *platform, struct error *error)
{
    struct whole *whole = builder->whole;
    size_t place = whole->spec.entry_count;
    struct spec_entry *entry = &whole->entries[place];

    if (!check_room(place + 1, SPEC_ENTRIES_MAX, "sources", error))
        return false;
    struct reference *reference = reference_parse(image, error);
    if (!reference)
        return false;
    whole->references[place] = reference;
    whole->spec.entry_count++;
    entry->reference = reference;
    entry->platform = (struct platform){.os = "", .architecture = "", .variant = ""};
    entry->platform.os_version = "";
    entry->image = keep_text(whole, image, error);
    return entry->image && (!platform || spec_set_platform(builder, platform, error));
}

static struct spec_entry *last_entry(struct whole *whole)
{
    return &whole->entries[whole->spec.entry_count - 1];
}

static bool check_platform(const struct platform *platform, const char *image, struct error *error)
{
    bool has_os = platform->os[0] != '\0';
    bool has_architecture = platform->architecture[0] != '\0';

    if (has_os != has_architecture)
        return error_set(error, ERROR_INVALID, "the platform of '%s' has no %s",
                         ESCAPED(slice_from_string(image)), has_os ? "architecture" : "os");
    return !has_os || list_check_platform(platform, image, error);
}

bool spec_set_platform(struct spec_builder *builder, const struct platform *platform,
                       struct error *error)
{
    struct whole *whole = builder->whole;
    struct spec_entry *entry = last_entry(whole);
    struct platform *own = &entry->platform;

    if (!check_platform(platform, entry->image, error) ||
        !check_room(platform->os_feature_count, SPEC_FEATURES_MAX, "os.features", error))
        return false;
    *own = *platform;
    return keep_string(whole, &own->os, error) && keep_string(whole, &own->architecture, error) &&
           keep_string(whole, &own->variant, error) &&
           keep_string(whole, &own->os_version, error) &&
           keep_strings(whole, &own->os_features, own->os_feature_count, error);
}

bool spec_set_features(struct spec_builder *builder, const char *const *features, size_t count,
                       struct error *error)
{
    struct spec_entry *entry = last_entry(builder->whole);

    if (!check_room(count, SPEC_FEATURES_MAX, "features", error))
        return false;
    entry->features = features;
    entry->feature_count = count;
    return keep_strings(builder->whole, &entry->features, count, error);
}

/* -- the end -------------------------------------------------------------------------------- */

/* The target's own tag is pushed anyway. */
static void drop_tag(struct whole *whole, const char *tag)
{
    size_t kept = 0;

    for (size_t i = 0; i < whole->spec.tag_count; i++) {
        if (strcmp(whole->tags[i], tag) != 0)
            whole->tags[kept++] = whole->tags[i];
    }
    whole->spec.tag_count = kept;
}

struct spec *spec_builder_finish(struct spec_builder *builder, struct error *error)
{
    const struct spec *spec = &builder->whole->spec;
    bool is_whole = spec->target && spec->entry_count > 0;

    if (!is_whole) {
        (void)error_set(error, ERROR_INVALID, "no %s image is given",
                        spec->target ? "source" : "target");
        return NULL;
    }
    drop_tag(builder->whole, reference_target(spec->target));
    struct whole *whole = TAKE(builder->whole);
    return &whole->spec;
}
