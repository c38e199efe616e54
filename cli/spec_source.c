/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/spec_source.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/escape.h"
#include "cli/input.h"
#include "cli/options.h"
#include "cli/program.h"

/* Always false. */
static bool refuse_value(enum option option, struct error *error)
{
    error_prefix(error, "%s: ", flags[option].name);
    return false;
}

/* -- lists ---------------------------------------------------------------------------------- */

typedef bool (*add_function)(struct spec_builder *builder, const struct options *options,
                             struct slice text, struct error *error);

/* Every part of every such flag, without blanks around it; an empty list has none. */
static bool add_list(struct spec_builder *builder, const struct options *options,
                     enum option option, add_function add, struct error *error)
{
    size_t position = 0;
    const char *value = NULL;

    while ((value = options_next(options, option, &position))) {
        struct slice rest = slice_from_string(value);
        while (rest.length > 0) {
            if (!add(builder, options, slice_trim(slice_take_part(&rest, ',')), error))
                return refuse_value(option, error);
        }
    }
    return true;
}

static bool add_tag(struct spec_builder *builder, const struct options *options, struct slice text,
                    struct error *error)
{
    (void)options;
    return spec_add_tag(builder, text, error);
}

/* "key=value", cut at the first '='. */
static bool add_annotation(struct spec_builder *builder, const struct options *options,
                           struct slice text, struct error *error)
{
    ptrdiff_t equals = slice_find(text, '=');

    (void)options;
    if (equals <= 0)
        return error_set(error, ERROR_INVALID, "'%s' is not KEY=VALUE", ESCAPED(text));
    return spec_add_annotation(builder, slice_until(text, (size_t)equals),
                               slice_from(text, (size_t)equals + 1), error);
}

static bool add_annotations(struct spec_builder *builder, const struct options *options,
                            struct error *error)
{
    size_t position = 0;
    const char *value = NULL;

    while ((value = options_next(options, OPTION_ANNOTATION, &position))) {
        if (!add_annotation(builder, options, slice_from_string(value), error))
            return refuse_value(OPTION_ANNOTATION, error);
    }
    return add_list(builder, options, OPTION_ANNOTATIONS, add_annotation, error);
}

/* -- from-args, from-images ----------------------------------------------------------------- */

static bool require(const struct options *options, enum option option, struct error *error)
{
    if (options->values[option])
        return true;
    return error_set(error, ERROR_INVALID, "%s %s is missing", flags[option].name,
                     flags[option].value);
}

static bool set_target(struct spec_builder *builder, const struct options *options,
                       struct error *error)
{
    struct slice target = slice_from_string(options->values[OPTION_TARGET]);

    return spec_set_target(builder, target, error) || refuse_value(OPTION_TARGET, error);
}

/* What both are told besides their sources. */
static bool add_common(struct spec_builder *builder, const struct options *options,
                       struct error *error)
{
    return set_target(builder, options, error) &&
           add_list(builder, options, OPTION_TAGS, add_tag, error) &&
           add_annotations(builder, options, error);
}

static bool add_platform(struct spec_builder *builder, const struct options *options,
                         struct slice text, struct error *error)
{
    struct slice template = slice_from_string(options->values[OPTION_TEMPLATE]);

    return spec_add_templated(builder, template, text, error);
}

struct spec *spec_from_template(const struct options *options, struct error *error)
{
    CLEANUP(spec_builder_free_p) struct spec_builder *builder = spec_builder_new();

    if (!builder) {
        (void)error_no_memory(error);
        return NULL;
    }
    if (options->operand_count > 0) {
        (void)error_set(error, ERROR_INVALID, "push from-args takes no '%s'; see --template",
                        ESCAPED(slice_from_string(options->operands[0])));
        return NULL;
    }
    if (!require(options, OPTION_PLATFORMS, error) || !require(options, OPTION_TEMPLATE, error) ||
        !require(options, OPTION_TARGET, error) || !add_common(builder, options, error) ||
        !add_list(builder, options, OPTION_PLATFORMS, add_platform, error))
        return NULL;
    struct spec *spec = spec_builder_finish(builder, error);
    if (!spec)
        (void)refuse_value(OPTION_PLATFORMS, error);
    return spec;
}

/* "IMAGE" or "IMAGE=PLATFORM": no image's name has a '=' in it. */
static bool add_image(struct spec_builder *builder, struct slice text, struct error *error)
{
    ptrdiff_t equals = slice_find(text, '=');

    if (equals < 0)
        return spec_add_source(builder, text, NULL, error);
    return spec_add_source_on(builder, slice_until(text, (size_t)equals),
                              slice_from(text, (size_t)equals + 1), error);
}

struct spec *spec_from_images(const struct options *options, struct error *error)
{
    CLEANUP(spec_builder_free_p) struct spec_builder *builder = spec_builder_new();

    if (!builder) {
        (void)error_no_memory(error);
        return NULL;
    }
    if (options->operand_count == 0) {
        (void)error_set(error, ERROR_INVALID, "which images? see mquery push from-images --help");
        return NULL;
    }
    if (!require(options, OPTION_TARGET, error) || !add_common(builder, options, error))
        return NULL;
    for (size_t i = 0; i < options->operand_count; i++) {
        if (!add_image(builder, slice_from_string(options->operands[i]), error))
            return NULL;
    }
    return spec_builder_finish(builder, error);
}

/* -- from-spec ------------------------------------------------------------------------------ */

static bool check_file(const struct options *options, struct error *error)
{
    if (options->operand_count != 1) {
        return error_set(error, ERROR_INVALID,
                         "push from-spec reads one file, or - for standard input");
    }
    if (options->operands[0][0] == '\0')
        return error_set(error, ERROR_INVALID, "the spec file's name is empty");
    if (options->values[OPTION_PASSWORD_STDIN] &&
        slice_equal_string(SLICE("-"), options->operands[0]))
        return error_set(error, ERROR_INVALID,
                         "standard input cannot be both the spec and the password");
    return true;
}

static bool copy_entries(struct spec_builder *builder, const struct spec *spec, struct error *error)
{
    for (size_t i = 0; i < spec->entry_count; i++) {
        const struct spec_entry *entry = &spec->entries[i];
        if (!spec_add_source(builder, slice_from_string(entry->image), &entry->platform, error) ||
            !spec_set_features(builder, entry->features, entry->feature_count, error))
            return false;
    }
    return true;
}

static bool copy_spec(struct spec_builder *builder, const struct spec *spec, struct error *error)
{
    if (!spec_set_target(builder, slice_from_string(spec->image), error))
        return false;
    for (size_t i = 0; i < spec->tag_count; i++) {
        if (!spec_add_tag(builder, slice_from_string(spec->tags[i]), error))
            return false;
    }
    for (size_t i = 0; i < spec->annotation_count; i++) {
        const struct spec_annotation *annotation = &spec->annotations[i];
        if (!spec_add_annotation(builder, slice_from_string(annotation->key),
                                 slice_from_string(annotation->value), error))
            return false;
    }
    return copy_entries(builder, spec, error);
}

/* A finished spec cannot be added to: the flags' annotations stand in a copy. Takes ownership of
 * `spec`, also on failure. */
static struct spec *with_annotations(struct spec *spec, const struct options *options,
                                     struct error *error)
{
    CLEANUP(spec_free_p) struct spec *original = spec;
    CLEANUP(spec_builder_free_p) struct spec_builder *builder = spec_builder_new();

    if (!builder) {
        (void)error_no_memory(error);
        return NULL;
    }
    if (!copy_spec(builder, original, error) || !add_annotations(builder, options, error))
        return NULL;
    struct spec *annotated = spec_builder_finish(builder, error);
    if (annotated)
        warnings_move(&annotated->warnings, &original->warnings);
    return annotated;
}

static struct spec *parse_file(const char *path, struct slice text, struct error *error)
{
    bool is_json = slice_ends_with(slice_from_string(path), SLICE(".json"));

    if (text.length > SPEC_SIZE_MAX) {
        (void)error_set(error, ERROR_TOO_LARGE, "'%s' is larger than 1 MiB",
                        ESCAPED(slice_from_string(input_name(path))));
        return NULL;
    }
    return spec_parse(text, input_name(path), is_json ? SPEC_JSON : SPEC_YAML,
                      program_is_manifest_tool() ? SPEC_WARN_UNKNOWN : SPEC_REFUSE_UNKNOWN, error);
}

static struct spec *read_file(const char *path, struct error *error)
{
    size_t length = 0;

    CLEANUP(free_p) char *text = malloc(SPEC_SIZE_MAX + 1);
    if (!text) {
        (void)error_no_memory(error);
        return NULL;
    }
    if (!input_read(path, text, SPEC_SIZE_MAX + 1, &length, error))
        return NULL;
    return parse_file(path, slice_of(text, length), error);
}

struct spec *spec_from_file(const struct options *options, struct error *error)
{
    if (!check_file(options, error))
        return NULL;
    struct spec *spec = read_file(options->operands[0], error);
    if (!spec || (!options->values[OPTION_ANNOTATION] && !options->values[OPTION_ANNOTATIONS]))
        return spec;
    return with_annotations(spec, options, error);
}
