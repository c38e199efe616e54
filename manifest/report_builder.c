/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a report: collect what is found, cut what is too long (rule L12), then look at the
 * whole for what deserves a warning. report_pack.c makes one block of it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/escape.h"
#include "manifest/manifest.h"
#include "manifest/platform.h"
#include "manifest/report.h"

enum {
    STRING_MAX = 128, /* L12 */
    FEATURES_MAX = 32,
    FIXED_STRINGS = 4, /* os, architecture, variant, os.version */
    WARNING_SIZE = 256,
    PLATFORM_BYTES_MAX = 1 + (FIXED_STRINGS + FEATURES_MAX) * (STRING_MAX + 1)
};

struct report_builder {
    /* Each platform: the number of its os.features in a byte, then its strings with their NULs: os,
     * architecture, variant, os.version, features. */
    struct buffer platforms;
    struct buffer warnings; /* strings with their NULs */
    size_t platform_count;
    size_t feature_count;
    uint32_t warning_count;
    uint32_t attestations;
    bool is_partial;
    bool is_local;
};

struct report_builder *report_builder_new(void)
{
    struct report_builder *builder = calloc(1, sizeof(*builder));
    if (!builder)
        return NULL;
    buffer_init(&builder->platforms, (size_t)REPORT_PLATFORMS_MAX * PLATFORM_BYTES_MAX);
    buffer_init(&builder->warnings, (size_t)REPORT_WARNINGS_MAX * WARNING_SIZE);
    return builder;
}

void report_builder_free(struct report_builder *builder)
{
    if (!builder)
        return;
    buffer_release(&builder->platforms);
    buffer_release(&builder->warnings);
    free(builder);
}

/* -- collecting ----------------------------------------------------------------------------- */

static bool is_known_warning(const struct report_builder *builder, const char *text)
{
    const char *known = builder->warnings.data;

    for (uint32_t i = 0; i < builder->warning_count; i++) {
        if (strcmp(known, text) == 0)
            return true;
        known += strlen(known) + 1;
    }
    return false;
}

void report_add_warning(struct report_builder *builder, const char *format, ...)
{
    char text[WARNING_SIZE];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (builder->warning_count == REPORT_WARNINGS_MAX || is_known_warning(builder, text))
        return;
    if (buffer_append(&builder->warnings, text, strlen(text) + 1))
        builder->warning_count++;
}

void report_add_attestation(struct report_builder *builder)
{
    builder->attestations++;
}

void report_mark_partial(struct report_builder *builder)
{
    builder->is_partial = true;
}

void report_mark_local(struct report_builder *builder)
{
    builder->is_local = true;
}

/* The longest start that does not end within a character. */
static size_t cut_length(const char *text)
{
    size_t length = STRING_MAX;
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    return length;
}

static void add_string(struct report_builder *builder, const char *text)
{
    size_t length = strnlen(text, STRING_MAX + 1);

    if (length > STRING_MAX) {
        length = cut_length(text);
        report_add_warning(builder, "'%.40s...' in a platform was cut after %d bytes",
                           ESCAPED(slice_of(text, length)), STRING_MAX);
    }
    (void)buffer_append(&builder->platforms, text, length);
    (void)buffer_append_char(&builder->platforms, '\0');
}

void report_add_platform(struct report_builder *builder, const struct platform *platform)
{
    size_t features = platform->os_feature_count;

    if (++builder->platform_count > REPORT_PLATFORMS_MAX)
        return;
    if (features > FEATURES_MAX) {
        features = FEATURES_MAX;
        report_add_warning(builder, "a platform's os.features were cut after %d", FEATURES_MAX);
    }
    builder->feature_count += features;
    (void)buffer_append_char(&builder->platforms, (char)features);
    add_string(builder, platform->os);
    add_string(builder, platform->architecture);
    add_string(builder, platform->variant);
    add_string(builder, platform->os_version);
    for (size_t i = 0; i < features; i++)
        add_string(builder, platform->os_features[i]);
}

/* -- looking at the whole ------------------------------------------------------------------- */

static const char *next_string(const char **cursor)
{
    const char *text = *cursor;
    *cursor += strlen(text) + 1;
    return text;
}

/* One block: the platforms, and the pointers to their os.features behind them; the strings stay in
 * the builder. */
static struct platform *platforms_new(const struct report_builder *builder)
{
    size_t count = builder->platform_count + 1; /* so that none is not "no memory" */
    struct platform *platforms =
        calloc(1, count * sizeof(*platforms) + builder->feature_count * sizeof(const char *));
    if (!platforms)
        return NULL;
    const char **features = (const char **)(void *)(platforms + count);
    const char *cursor = builder->platforms.data;
    for (size_t i = 0; i < builder->platform_count; i++) {
        size_t feature_count = (size_t)*cursor++;
        platforms[i] = (struct platform){
            .os_features = features,
            .os_feature_count = feature_count,
        };
        platforms[i].os = next_string(&cursor);
        platforms[i].architecture = next_string(&cursor);
        platforms[i].variant = next_string(&cursor);
        platforms[i].os_version = next_string(&cursor);
        for (size_t j = 0; j < feature_count; j++)
            *features++ = next_string(&cursor);
    }
    return platforms;
}

struct candidate {
    const struct platform *platform;
    struct platform_normal normal;
    bool is_told; /* as another's double */
};

static bool is_double(const struct candidate *a, const struct candidate *b)
{
    if (!platform_normal_equal(&a->normal, &b->normal) ||
        strcmp(a->platform->os_version, b->platform->os_version) != 0 ||
        a->platform->os_feature_count != b->platform->os_feature_count)
        return false;
    for (size_t i = 0; i < a->platform->os_feature_count; i++)
        if (strcmp(a->platform->os_features[i], b->platform->os_features[i]) != 0)
            return false;
    return true;
}

static void warn_of_double(struct report_builder *builder, const struct platform *platform,
                           size_t times)
{
    struct buffer name = BUFFER_INIT(PLATFORM_TEXT_MAX);

    if (platform_write(platform, &name)) {
        report_add_warning(builder, "%.120s%s%.60s is listed %zu times", buffer_string(&name),
                           platform->os_version[0] ? " " : "",
                           ESCAPED(slice_from_string(platform->os_version)), times);
    } else {
        builder->warnings.state = name.state;
    }
    buffer_release(&name);
}

/* T11: two entries for one platform, of which a client would take the first. */
static void warn_of_doubles(struct report_builder *builder, const struct platform *platforms)
{
    size_t count = builder->platform_count;
    struct candidate *candidates = calloc(count + 1, sizeof(*candidates));

    if (!candidates) {
        builder->warnings.state = BUFFER_NO_MEMORY;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        candidates[i].platform = &platforms[i];
        candidates[i].normal = platform_normalise(&platforms[i]);
    }
    for (size_t i = 0; i < count; i++) {
        size_t times = 1;
        for (size_t j = i + 1; j < count && !candidates[i].is_told; j++) {
            if (candidates[j].is_told || !is_double(&candidates[i], &candidates[j]))
                continue;
            candidates[j].is_told = true;
            times++;
        }
        if (times > 1)
            warn_of_double(builder, &platforms[i], times);
    }
    free(candidates);
}

static void warn(struct report_builder *builder, const struct platform *platforms, bool is_list)
{
    if (is_list)
        warn_of_doubles(builder, platforms);
    else if (builder->platform_count == 1 && (!platforms->os[0] || !platforms->architecture[0]))
        report_add_warning(builder, "the image's configuration names no platform");
}

/* -- the end -------------------------------------------------------------------------------- */

static bool check(const struct report_builder *builder, struct error *error)
{
    if (builder->platform_count > REPORT_PLATFORMS_MAX)
        return error_set(error, ERROR_TOO_LARGE, "the image has %zu platforms, more than %d",
                         builder->platform_count, REPORT_PLATFORMS_MAX);
    return buffer_check(&builder->platforms, "the list of platforms", error) &&
           buffer_check(&builder->warnings, "the list of warnings", error);
}

struct report *report_builder_finish(struct report_builder *builder, const struct digest *digest,
                                     const char *media_type, bool is_list, struct error *error)
{
    const char *warnings[REPORT_WARNINGS_MAX];

    if (!check(builder, error))
        return NULL;
    CLEANUP(free_p) struct platform *platforms = platforms_new(builder);
    if (!platforms) {
        (void)error_no_memory(error);
        return NULL;
    }
    warn(builder, platforms, is_list);
    if (!check(builder, error))
        return NULL;
    const char *cursor = builder->warnings.data;
    for (uint32_t i = 0; i < builder->warning_count; i++)
        warnings[i] = next_string(&cursor);

    struct report *report = report_pack(&(struct report){
        .digest = *digest,
        .media_type = media_type,
        .is_list = is_list,
        .is_partial = builder->is_partial,
        .is_local = builder->is_local,
        .platforms = platforms,
        .platform_count = (uint32_t)builder->platform_count,
        .warnings = warnings,
        .warning_count = builder->warning_count,
        .attestations = builder->attestations,
    });
    if (!report)
        (void)error_no_memory(error);
    return report;
}
