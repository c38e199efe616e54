/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Platforms: parsing what is asked for, one spelling of what means the same (rule L2), and
 * "does the image offer it?", which is equality and nothing more (L4). What would run besides is
 * platform_runs.c's.
 */
#include "manifest/platform.h"

#include <stdlib.h>

#include "base/escape.h"
#include "data/json.h"
#include "manifest/ascii.h"
#include "manifest/manifest.h"
#include "manifest/platform_words.h"

enum {
    PARTS_MAX = 3,
    PART_LENGTH_MAX = 128 /* L12 */
};

static const char bad_part[] = "each part must be letters, digits, '.', '_' and '-'";

/* -- normal form (L2) ----------------------------------------------------------------------- */

static const struct {
    const char *written;
    const char *os;
} os_aliases[] = {
    {"macos", "darwin"},
};

/* A variant of NULL keeps the one written. */
static const struct {
    const char *written;
    const char *architecture;
    const char *variant;
} architecture_aliases[] = {
    {"x86_64", "amd64", NULL},  {"x86-64", "amd64", NULL}, {"i386", "386", NULL},
    {"aarch64", "arm64", NULL}, {"armhf", "arm", "v7"},    {"armel", "arm", "v6"},
};

static const struct {
    const char *architecture;
    const char *written;
    const char *variant;
} variant_aliases[] = {
    {"amd64", "v1", ""},  {"arm64", "8", ""},     {"arm64", "v8", ""}, {"arm64", "v8.0", ""},
    {"arm64", "9", "v9"}, {"arm64", "9.0", "v9"}, {"arm", "", "v7"},   {"arm64", "v9.0", "v9"},
    {"arm", "5", "v5"},   {"arm", "6", "v6"},     {"arm", "7", "v7"},  {"arm", "8", "v8"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_word(struct slice text, const char *word)
{
    return slice_equal_ignoring_case(text, slice_from_string(word));
}

static void normalise(struct platform_normal *normal)
{
    for (size_t i = 0; i < COUNT(os_aliases); i++)
        if (is_word(normal->os, os_aliases[i].written))
            normal->os = slice_from_string(os_aliases[i].os);
    for (size_t i = 0; i < COUNT(architecture_aliases); i++) {
        if (!is_word(normal->architecture, architecture_aliases[i].written))
            continue;
        normal->architecture = slice_from_string(architecture_aliases[i].architecture);
        if (architecture_aliases[i].variant)
            normal->variant = slice_from_string(architecture_aliases[i].variant);
        break;
    }
    for (size_t i = 0; i < COUNT(variant_aliases); i++) {
        if (!is_word(normal->architecture, variant_aliases[i].architecture) ||
            !is_word(normal->variant, variant_aliases[i].written))
            continue;
        normal->variant = slice_from_string(variant_aliases[i].variant);
        break;
    }
}

struct platform_normal platform_normalise(const struct platform *platform)
{
    struct platform_normal normal = {
        .os = slice_from_string(platform->os),
        .architecture = slice_from_string(platform->architecture),
        .variant = slice_from_string(platform->variant),
    };
    normalise(&normal);
    return normal;
}

bool platform_normal_equal(const struct platform_normal *a, const struct platform_normal *b)
{
    return slice_equal_ignoring_case(a->architecture, b->architecture) &&
           slice_equal_ignoring_case(a->variant, b->variant) &&
           slice_equal_ignoring_case(a->os, b->os);
}

bool platform_equal(const struct platform *asked, const struct platform *offered)
{
    struct platform_normal a = platform_normalise(asked);
    struct platform_normal b = platform_normalise(offered);

    return platform_normal_equal(&a, &b) &&
           (asked->os_version[0] == '\0' || strcmp(asked->os_version, offered->os_version) == 0);
}

/* -- parsing (L3) --------------------------------------------------------------------------- */

/* Names of systems besides known_systems. */
static const char *const other_systems[] = {"macos", "wasi", NULL};

static bool is_one_of(struct slice text, const char *const *words)
{
    for (; *words; words++)
        if (is_word(text, *words))
            return true;
    return false;
}

static bool refuse(struct slice text, const char *why, struct error *error)
{
    char quoted[PART_LENGTH_MAX];
    return error_set(error, ERROR_INVALID, "invalid platform '%s': %s",
                     escape_text(quoted, sizeof(quoted), text), why);
}

static bool part_is_valid(struct slice part)
{
    for (size_t i = 0; i < part.length; i++)
        if (!ascii_is_letter_or_digit(part.data[i]) && slice_find(SLICE("._-"), part.data[i]) < 0)
            return false;
    return part.length > 0 && part.length <= PART_LENGTH_MAX;
}

/* Splits at '/'; the number of parts, or 0. */
static size_t split(struct slice text, struct slice parts[PARTS_MAX], struct error *error)
{
    size_t count = 0;
    size_t start = 0; /* past the end, once the last part is read */

    while (start <= text.length) {
        if (count == PARTS_MAX) {
            (void)refuse(text, "it has more than os, architecture and variant", error);
            return 0;
        }
        parts[count] = slice_before(slice_from(text, start), '/');
        if (!part_is_valid(parts[count])) {
            (void)refuse(text, bad_part, error);
            return 0;
        }
        start += parts[count++].length + 1;
    }
    return count;
}

static bool read_normal(struct slice text, struct platform_normal *out, struct error *error)
{
    struct slice parts[PARTS_MAX] = {0};
    size_t count = split(text, parts, error);

    if (count == 0)
        return false;
    if (count == 2 && is_one_of(parts[0], known_architectures)) /* arm64/v8 */
        return refuse(text, "it begins with an architecture, write linux/ before it", error);
    if (count > 1) {
        *out = (struct platform_normal){parts[0], parts[1], parts[2]};
        normalise(out);
        return true;
    }
    if (is_one_of(text, known_systems) || is_one_of(text, other_systems))
        return refuse(text, "an operating system alone, write os/architecture", error);
    *out = (struct platform_normal){.os = SLICE("linux"), .architecture = text};
    normalise(out);
    if (!is_one_of(out->architecture, known_architectures))
        return refuse(text, "not an architecture known here, write os/architecture", error);
    return true;
}

/* `named` is what stands before the version. */
static bool read_version(struct slice text, struct slice named, struct slice *out,
                         struct error *error)
{
    *out = slice_from(text, named.length + 1);
    if (named.length == text.length)
        return true;
    if (slice_find(named, '/') < 0)
        return refuse(text, "a version needs its system, write os/architecture:version", error);
    return part_is_valid(*out) || refuse(text, bad_part, error);
}

static char *place(char **cursor, struct slice text)
{
    char *start = *cursor;

    if (text.length)
        memcpy(start, text.data, text.length);
    start[text.length] = '\0';
    *cursor += text.length + 1;
    return start;
}

static const char *place_lower(char **cursor, struct slice text)
{
    char *start = place(cursor, text);

    for (char *letter = start; *letter; letter++)
        *letter = ascii_lower(*letter);
    return start;
}

struct platform *platform_parse(struct slice text, struct error *error)
{
    struct slice named = slice_before(text, ':');
    struct slice version = {0};
    struct platform_normal normal = {0};

    if (!read_normal(named, &normal, error) || !read_version(text, named, &version, error))
        return NULL;
    size_t bytes =
        normal.os.length + normal.architecture.length + normal.variant.length + version.length + 4;
    struct platform *platform = malloc(sizeof(*platform) + bytes);
    if (!platform) {
        (void)error_no_memory(error);
        return NULL;
    }
    char *cursor = (char *)(platform + 1);
    *platform = (struct platform){.os_version = place(&cursor, version)};
    platform->os = place_lower(&cursor, normal.os);
    platform->architecture = place_lower(&cursor, normal.architecture);
    platform->variant = place_lower(&cursor, normal.variant);
    return platform;
}

void platform_free(struct platform *platform)
{
    free(platform);
}

/* -- printing ------------------------------------------------------------------------------- */

static void append_escaped(struct buffer *out, const char *text)
{
    (void)buffer_append_string(out, ESCAPED(slice_from_string(text)));
}

bool platform_write(const struct platform *platform, struct buffer *out)
{
    append_escaped(out, platform->os);
    (void)buffer_append_char(out, '/');
    append_escaped(out, platform->architecture);
    if (platform->variant[0]) {
        (void)buffer_append_char(out, '/');
        append_escaped(out, platform->variant);
    }
    return buffer_ok(out);
}

bool platform_write_version(const struct platform *platform, struct buffer *out)
{
    if (!*platform->os && !*platform->architecture)
        return buffer_append_string(out, "unknown");
    if (!platform_write(platform, out) || !*platform->os_version)
        return buffer_ok(out);
    return buffer_format(out, ":%s", ESCAPED(slice_from_string(platform->os_version)));
}

void platform_write_members(const struct platform *platform, struct json_writer *writer)
{
    json_write_member(writer, "architecture", platform->architecture);
    json_write_member(writer, "os", platform->os);
    if (platform->os_version[0])
        json_write_member(writer, "os.version", platform->os_version);
    if (platform->os_feature_count > 0) {
        json_write_key(writer, "os.features");
        json_write_strings(writer, platform->os_features, platform->os_feature_count);
    }
    if (platform->variant[0])
        json_write_member(writer, "variant", platform->variant);
}
