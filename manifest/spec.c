/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Specs as text (rule P19). Every piece goes into a spec_builder, which judges it; what is added
 * here is where in the text it stands.
 */
#include "manifest/spec.h"

#include "base/escape.h"
#include "base/suggest.h"
#include "data/yaml.h"

struct reading {
    const char *name; /* of the text */
    enum spec_unknown_keys unknown;
    struct spec_builder *builder;
    struct warnings warnings;
    struct error *error;
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* -- complaints ----------------------------------------------------------------------------- */

/* Puts before the error where it happened; returns false. */
static bool blame(const struct reading *reading, const struct yaml_node *where)
{
    if (reading->error->code != ERROR_INTERNAL)
        error_prefix(reading->error, "%s:%u:%u: ", ESCAPED(slice_from_string(reading->name)),
                     where->line, where->column);
    return false;
}

static bool refuse(const struct reading *reading, const struct yaml_node *where,
                   const char *problem)
{
    (void)error_set(reading->error, ERROR_INVALID, "%s", problem);
    return blame(reading, where);
}

static bool meet_unknown(struct reading *reading, const struct yaml_node *key,
                         const char *const *known, size_t count)
{
    struct suggestion suggestion = suggestion_begin(key->text);

    for (size_t i = 0; i < count; i++)
        suggestion_consider(&suggestion, slice_from_string(known[i]));
    if (reading->unknown == SPEC_WARN_UNKNOWN) {
        warnings_add(&reading->warnings, "%s:%u:%u: the unknown key '%s' is passed over%s",
                     ESCAPED(slice_from_string(reading->name)), key->line, key->column,
                     ESCAPED(key->text), suggestion_phrase(&suggestion));
        return true;
    }
    (void)error_set(reading->error, ERROR_INVALID, "unknown key '%s'%s", ESCAPED(key->text),
                    suggestion_phrase(&suggestion));
    return blame(reading, key);
}

/* -- pieces --------------------------------------------------------------------------------- */

/* Finds the values of the known keys; NULL where a key is absent, or its value null. */
static bool read_mapping(struct reading *reading, const struct yaml_node *node,
                         const char *const *known, size_t count, const struct yaml_node **values)
{
    if (node->kind != YAML_MAPPING)
        return refuse(reading, node, "expected keys and their values");
    for (size_t i = 0; i < node->count; i++) {
        size_t k = 0;
        while (k < count && !slice_equal_string(node->keys[i]->text, known[k]))
            k++;
        if (k < count)
            values[k] = node->items[i]->is_null ? NULL : node->items[i];
        else if (!meet_unknown(reading, node->keys[i], known, count))
            return false;
    }
    return true;
}

static bool check_text(const struct reading *reading, const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR || refuse(reading, node, "expected a text");
}

static bool check_list(const struct reading *reading, const struct yaml_node *node)
{
    return node->kind == YAML_SEQUENCE || refuse(reading, node, "expected a list");
}

/* "" for nothing. */
static bool read_text(const struct reading *reading, const struct yaml_node *node, const char **out)
{
    *out = "";
    if (!node || node->is_null)
        return true;
    if (!check_text(reading, node))
        return false;
    *out = node->text.data;
    return true;
}

static bool read_features(const struct reading *reading, const struct yaml_node *node,
                          const char *out[SPEC_FEATURES_MAX], size_t *out_count)
{
    *out_count = 0;
    if (!node)
        return true;
    if (!check_list(reading, node))
        return false;
    if (node->count > SPEC_FEATURES_MAX) {
        (void)error_set(reading->error, ERROR_TOO_LARGE, "more than %d features",
                        SPEC_FEATURES_MAX);
        return blame(reading, node);
    }
    for (; *out_count < node->count; ++*out_count) {
        if (!read_text(reading, node->items[*out_count], &out[*out_count]))
            return false;
    }
    return true;
}

/* Of two names for one thing. */
static bool choose(const struct reading *reading, const struct yaml_node *a,
                   const struct yaml_node *b, const struct yaml_node **out)
{
    if (a && b)
        return refuse(reading, b, "given twice, by two names");
    *out = a ? a : b;
    return true;
}

/* -- sources -------------------------------------------------------------------------------- */

enum platform_key {
    OS,
    ARCHITECTURE,
    VARIANT,
    OSVERSION,
    OS_VERSION,
    OSFEATURES,
    OS_FEATURES,
    FEATURES
};

static const char *const platform_keys[] = {
    [OS] = "os",
    [ARCHITECTURE] = "architecture",
    [VARIANT] = "variant",
    [OSVERSION] = "osversion", /* Go's name for it, and the specification's */
    [OS_VERSION] = "os.version",
    [OSFEATURES] = "osfeatures",
    [OS_FEATURES] = "os.features",
    [FEATURES] = "features",
};

/* Sets the platform of the source added last. */
static bool read_platform(struct reading *reading, const struct yaml_node *node)
{
    const struct yaml_node *values[COUNT(platform_keys)] = {0};
    const struct yaml_node *os_version = NULL;
    const struct yaml_node *os_features = NULL;
    const char *os_feature_texts[SPEC_FEATURES_MAX];
    const char *features[SPEC_FEATURES_MAX];
    size_t feature_count = 0;
    struct platform platform = {.os_features = os_feature_texts};

    if (!node)
        return true;
    if (!read_mapping(reading, node, platform_keys, COUNT(platform_keys), values) ||
        !choose(reading, values[OSVERSION], values[OS_VERSION], &os_version) ||
        !choose(reading, values[OSFEATURES], values[OS_FEATURES], &os_features) ||
        !read_text(reading, values[OS], &platform.os) ||
        !read_text(reading, values[ARCHITECTURE], &platform.architecture) ||
        !read_text(reading, values[VARIANT], &platform.variant) ||
        !read_text(reading, os_version, &platform.os_version) ||
        !read_features(reading, os_features, os_feature_texts, &platform.os_feature_count) ||
        !read_features(reading, values[FEATURES], features, &feature_count))
        return false;
    return (spec_set_platform(reading->builder, &platform, reading->error) &&
            spec_set_features(reading->builder, features, feature_count, reading->error)) ||
           blame(reading, node);
}

enum source_key {
    SOURCE_IMAGE,
    SOURCE_PLATFORM
};

static const char *const source_keys[] = {
    [SOURCE_IMAGE] = "image",
    [SOURCE_PLATFORM] = "platform",
};

static bool read_source(struct reading *reading, const struct yaml_node *node)
{
    const struct yaml_node *values[COUNT(source_keys)] = {0};

    if (!read_mapping(reading, node, source_keys, COUNT(source_keys), values))
        return false;
    const struct yaml_node *image = values[SOURCE_IMAGE];
    if (!image)
        return refuse(reading, node, "a source without 'image'");
    if (!check_text(reading, image))
        return false;
    return spec_add_source(reading->builder, image->text, NULL, reading->error)
               ? read_platform(reading, values[SOURCE_PLATFORM])
               : blame(reading, image);
}

/* -- the whole ------------------------------------------------------------------------------ */

static bool read_target(struct reading *reading, const struct yaml_node *node)
{
    if (!node)
        return true; /* the builder will miss it */
    return check_text(reading, node) &&
           (spec_set_target(reading->builder, node->text, reading->error) || blame(reading, node));
}

static bool read_tag(struct reading *reading, const struct yaml_node *node)
{
    return check_text(reading, node) &&
           (spec_add_tag(reading->builder, node->text, reading->error) || blame(reading, node));
}

typedef bool (*read_function)(struct reading *reading, const struct yaml_node *item);

static bool read_list(struct reading *reading, const struct yaml_node *node, read_function read)
{
    if (!node)
        return true;
    if (!check_list(reading, node))
        return false;
    for (size_t i = 0; i < node->count; i++) {
        if (!read(reading, node->items[i]))
            return false;
    }
    return true;
}

static bool read_annotation(struct reading *reading, const struct yaml_node *key,
                            const struct yaml_node *value)
{
    const char *text;

    return read_text(reading, value, &text) &&
           (spec_add_annotation(reading->builder, key->text, slice_from_string(text),
                                reading->error) ||
            blame(reading, key));
}

static bool read_annotations(struct reading *reading, const struct yaml_node *node)
{
    if (!node)
        return true;
    if (node->kind != YAML_MAPPING)
        return refuse(reading, node, "expected names and their values");
    for (size_t i = 0; i < node->count; i++) {
        if (!read_annotation(reading, node->keys[i], node->items[i]))
            return false;
    }
    return true;
}

enum spec_key {
    IMAGE,
    TAGS,
    ANNOTATIONS,
    MANIFESTS
};

static const char *const spec_keys[] = {
    [IMAGE] = "image",
    [TAGS] = "tags",
    [ANNOTATIONS] = "annotations",
    [MANIFESTS] = "manifests",
};

static struct spec *read_document(struct reading *reading, const struct yaml_node *root)
{
    static const struct yaml_node nothing = {.kind = YAML_MAPPING, .line = 1, .column = 1};
    const struct yaml_node *node = root ? root : &nothing;
    const struct yaml_node *values[COUNT(spec_keys)] = {0};

    if (!read_mapping(reading, node, spec_keys, COUNT(spec_keys), values) ||
        !read_target(reading, values[IMAGE]) || !read_list(reading, values[TAGS], read_tag) ||
        !read_annotations(reading, values[ANNOTATIONS]) ||
        !read_list(reading, values[MANIFESTS], read_source))
        return NULL;
    struct spec *spec = spec_builder_finish(reading->builder, reading->error);
    if (!spec)
        (void)blame(reading, node);
    return spec;
}

/* What was passed over is mostly what is missing. */
static void tell_of_unknown(const struct reading *reading)
{
    const struct error cause = *reading->error;

    if (cause.code != ERROR_INTERNAL && reading->warnings.count > 0)
        (void)error_set(reading->error, cause.code, "%s; %s", cause.message,
                        reading->warnings.lines[0]);
}

static struct spec *read_tree(const struct yaml_tree *tree, const char *name,
                              enum spec_unknown_keys unknown, struct error *error)
{
    CLEANUP(spec_builder_free_p) struct spec_builder *builder = spec_builder_new();
    struct reading reading = {.name = name, .unknown = unknown, .builder = builder, .error = error};

    if (!builder) {
        (void)error_no_memory(error);
        return NULL;
    }
    struct spec *spec = read_document(&reading, yaml_root(tree));
    if (spec)
        warnings_move(&spec->warnings, &reading.warnings);
    else
        tell_of_unknown(&reading);
    warnings_release(&reading.warnings);
    return spec;
}

struct spec *spec_parse(struct slice text, const char *name, enum spec_syntax syntax,
                        enum spec_unknown_keys unknown, struct error *error)
{
    if (text.length > SPEC_SIZE_MAX) {
        (void)error_set(error, ERROR_TOO_LARGE, "%s: larger than %d bytes",
                        ESCAPED(slice_from_string(name)), SPEC_SIZE_MAX);
        return NULL;
    }
    CLEANUP(yaml_tree_free_p)
    struct yaml_tree *tree =
        syntax == SPEC_JSON ? yaml_parse_json(text, name, error) : yaml_parse(text, name, error);
    return tree ? read_tree(tree, name, unknown, error) : NULL;
}
