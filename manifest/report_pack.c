/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report in one block of memory.
 *
 * A service keeps a hundred thousand of them, so words that nearly all reports hold ("linux",
 * "arm64", the media types) are not copied but shared: a usual six-platform report is its structs
 * and not one string.
 */
#include <stdlib.h>

#include "manifest/manifest.h"
#include "manifest/report.h"

/* Sorted. */
static const char *const common_words[] = {
    "",     "386",    "amd64",    "arm",    "arm64",   "darwin",  "freebsd", "linux", "loong64",
    "mips", "mips64", "mips64le", "mipsle", "ppc64le", "riscv64", "s390x",   "v5",    "v6",
    "v7",   "v8",     "wasi",     "wasip1", "wasm",    "win32k",  "windows",
};

static int compare_words(const void *text, const void *element)
{
    return strcmp(text, *(const char *const *)element);
}

/* The same text in static storage, or NULL. */
static const char *find_word(const char *text)
{
    const char *const *found =
        bsearch(text, common_words, sizeof(common_words) / sizeof(common_words[0]),
                sizeof(common_words[0]), compare_words);
    return found ? *found : NULL;
}

static const char *find_media_type(const char *text)
{
    const char *name = media_type_name(media_type_parse(slice_from_string(text)));
    return strcmp(name, text) == 0 ? name : NULL;
}

/* -- measuring ------------------------------------------------------------------------------ */

static size_t string_size(const char *text)
{
    return find_word(text) ? 0 : strlen(text) + 1;
}

static size_t strings_size(const char *const *strings, size_t count)
{
    size_t size = count * sizeof(*strings);
    for (size_t i = 0; i < count; i++)
        size += string_size(strings[i]);
    return size;
}

static size_t report_size(const struct report *loose)
{
    size_t size = sizeof(*loose) + strings_size(loose->warnings, loose->warning_count);

    if (!find_media_type(loose->media_type))
        size += strlen(loose->media_type) + 1;
    for (uint32_t i = 0; i < loose->platform_count; i++) {
        const struct platform *platform = &loose->platforms[i];
        size += sizeof(*platform) + string_size(platform->os) +
                string_size(platform->architecture) + string_size(platform->variant) +
                string_size(platform->os_version) +
                strings_size(platform->os_features, platform->os_feature_count);
    }
    return size;
}

/* -- filling -------------------------------------------------------------------------------- */

/* The block's parts, one behind the other, each filled from its start. */
struct parts {
    struct platform *platforms;
    const char **pointers;
    char *text;
};

static const char *pack_text(struct parts *parts, const char *text)
{
    size_t size = strlen(text) + 1;
    const char *start = memcpy(parts->text, text, size);
    parts->text += size;
    return start;
}

static const char *pack_string(struct parts *parts, const char *text)
{
    const char *word = find_word(text);
    return word ? word : pack_text(parts, text);
}

static const char *const *pack_strings(struct parts *parts, const char *const *strings,
                                       size_t count)
{
    const char **start = parts->pointers;
    for (size_t i = 0; i < count; i++)
        *parts->pointers++ = pack_string(parts, strings[i]);
    return start;
}

static void pack_platform(struct parts *parts, const struct platform *loose)
{
    *parts->platforms++ = (struct platform){
        .os = pack_string(parts, loose->os),
        .architecture = pack_string(parts, loose->architecture),
        .variant = pack_string(parts, loose->variant),
        .os_version = pack_string(parts, loose->os_version),
        .os_features = pack_strings(parts, loose->os_features, loose->os_feature_count),
        .os_feature_count = loose->os_feature_count,
    };
}

static struct parts find_parts(struct report *report)
{
    struct parts parts = {.platforms = (struct platform *)(void *)(report + 1)};
    size_t pointers = report->warning_count;

    for (uint32_t i = 0; i < report->platform_count; i++)
        pointers += report->platforms[i].os_feature_count;
    parts.pointers = (const char **)(void *)(parts.platforms + report->platform_count);
    parts.text = (char *)(parts.pointers + pointers);
    return parts;
}

struct report *report_pack(const struct report *loose)
{
    const char *type = find_media_type(loose->media_type);
    size_t size = report_size(loose);
    struct report *report = malloc(size);

    if (!report)
        return NULL;
    memcpy(report, loose, sizeof(*report));
    report->size = (uint32_t)size;
    report->references = 1;
    struct parts parts = find_parts(report);
    report->platforms = parts.platforms;
    for (uint32_t i = 0; i < loose->platform_count; i++)
        pack_platform(&parts, &loose->platforms[i]);
    report->warnings = pack_strings(&parts, loose->warnings, loose->warning_count);
    report->media_type = type ? type : pack_text(&parts, loose->media_type);
    return report;
}
