/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A difference for people, in the manner of diff.
 */
#include <inttypes.h>
#include <string.h>

#include "base/escape.h"
#include "manifest/differing.h"
#include "manifest/inspected.h"

enum {
    SHOWN_SIZE = 4 * REFERENCE_MAX
};

static void append_escaped(struct buffer *out, const char *text)
{
    char shown[SHOWN_SIZE];

    (void)buffer_append_string(out, escape_text(shown, sizeof(shown), slice_from_string(text)));
}

/* "512 B", "31.2 MiB": three digits are what a person compares. */
static void append_size(struct buffer *out, int64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    int64_t tenths = bytes < INT64_MAX / 10 ? bytes * 10 : INT64_MAX;
    size_t unit = 0;

    if (bytes < 1024) {
        (void)buffer_format(out, "%" PRId64 " B", bytes);
        return;
    }
    for (tenths /= 1024; tenths >= 10240 && unit < 3; unit++)
        tenths /= 1024;
    (void)buffer_format(out, "%" PRId64 ".%" PRId64 " %s", tenths / 10, tenths % 10, units[unit]);
}

/* Of one platform's image on one side. */
static void append_total(struct buffer *out, const struct inspected *node)
{
    int64_t total = 0;

    if (!node->manifest)
        (void)buffer_append_string(out, node->problem);
    else if (inspected_total(node, NULL, &total))
        append_size(out, total);
    else
        out->state = BUFFER_NO_MEMORY;
}

static void append_head(struct buffer *out, const char *sign, struct slice image,
                        const struct inspected *root)
{
    char shown[SHOWN_SIZE];

    (void)buffer_format(out, "%s %s (digest: %s)\n", sign, escape_text(shown, sizeof(shown), image),
                        root->digest.text);
}

/* " * linux/amd64: ", with the sign that says which side has it. */
static void append_platform(struct buffer *out, char sign, const struct inspected *node)
{
    const struct platform *platform = inspected_platform(node);

    (void)buffer_format(out, " %c ", sign);
    if (platform)
        (void)platform_write_version(platform, out);
    else
        (void)buffer_append_string(out, "no platform");
    (void)buffer_append_string(out, ": ");
}

static void append_one_sided(struct buffer *out, char sign, const struct inspected *node)
{
    append_platform(out, sign, node);
    append_total(out, node);
    (void)buffer_append_char(out, '\n');
}

/* -- one platform of both ------------------------------------------------------------------- */

static size_t append_layers(struct buffer *out, char sign, const struct manifest *manifest,
                            const struct manifest *other)
{
    size_t count = 0;

    for (size_t i = 0; i < manifest->layer_count; i++) {
        if (!difference_lacks_layer(other, manifest, i))
            continue;
        (void)buffer_format(out, "   %c %s ", sign, manifest->layers[i].digest.text);
        append_size(out, manifest->layers[i].size);
        (void)buffer_append_char(out, '\n');
        count++;
    }
    return count;
}

static bool is_other_order(const struct manifest *before, const struct manifest *after)
{
    for (size_t i = 0; i < before->layer_count; i++) {
        if (!digest_equal(&before->layers[i].digest, &after->layers[i].digest))
            return true;
    }
    return false;
}

static void append_change(struct buffer *out, const char *what, const char *before,
                          const char *after)
{
    (void)buffer_format(out, "   %s: ", what);
    append_escaped(out, before);
    (void)buffer_append_string(out, " -> ");
    append_escaped(out, after);
    (void)buffer_append_char(out, '\n');
}

/* Something is said of every pair that differs: where its parts are equal, that it is the manifest
 * that differs. */
static void append_parts(struct buffer *out, const struct manifest *before,
                         const struct manifest *after)
{
    size_t start = out->length;
    size_t layers = append_layers(out, '-', before, after) + append_layers(out, '+', after, before);

    if (layers == 0 && is_other_order(before, after))
        (void)buffer_append_string(out, "   the layers are in another order\n");
    if (!digest_equal(&before->config.digest, &after->config.digest))
        append_change(out, "configuration", before->config.digest.text, after->config.digest.text);
    if (strcmp(before->media_type, after->media_type) != 0)
        append_change(out, "type", before->media_type, after->media_type);
    if (out->length == start)
        (void)buffer_append_string(out, "   only what the manifest says besides, as annotations\n");
}

static void append_pair(struct buffer *out, const struct difference_pair *pair)
{
    append_platform(out, '*', difference_either(pair));
    append_total(out, pair->before);
    (void)buffer_append_string(out, " -> ");
    append_total(out, pair->after);
    (void)buffer_append_char(out, '\n');
    if (difference_is_readable(pair))
        append_parts(out, pair->before->manifest, pair->after->manifest);
}

bool difference_write_text(const struct difference *difference, const struct difference_view *view,
                           struct buffer *out)
{
    if (difference_is_none(difference))
        return true;
    append_head(out, "---", view->before, difference->before);
    append_head(out, "+++", view->after, difference->after);
    for (size_t i = 0; i < difference->count; i++) {
        const struct difference_pair *pair = &difference->pairs[i];
        if (difference_is_same(pair))
            continue;
        if (pair->before && pair->after)
            append_pair(out, pair);
        else
            append_one_sided(out, pair->before ? '-' : '+', difference_either(pair));
    }
    return buffer_ok(out);
}
