/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A difference for programs; what they pick out has one name on both sides.
 */
#include "manifest/differing.h"
#include "manifest/inspected.h"

static void write_image(struct json_writer *writer, const char *side, struct slice image,
                        const struct inspected *root)
{
    json_write_key(writer, side);
    json_write_object_begin(writer);
    json_write_member_slice(writer, "image", image);
    json_write_member(writer, "digest", root->digest.text);
    json_write_member(writer, "mediatype", root->media_type);
    json_write_object_end(writer);
}

static void write_platform(struct json_writer *writer, const struct inspected *node)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(PLATFORM_TEXT_MAX);
    const struct platform *platform = inspected_platform(node);

    json_write_key(writer, "platform");
    if (platform) {
        (void)platform_write_version(platform, &text);
        json_write_string(writer, buffer_slice(&text));
    } else {
        json_write_null(writer);
    }
}

static void write_total(struct json_writer *writer, const struct inspected *node)
{
    int64_t total = 0;

    if (!inspected_total(node, NULL, &total))
        writer->out->state = BUFFER_NO_MEMORY;
    json_write_key(writer, "totalsize");
    json_write_integer(writer, total);
}

static void write_side(struct json_writer *writer, const char *side, const struct inspected *node)
{
    if (!node)
        return;
    json_write_key(writer, side);
    json_write_object_begin(writer);
    json_write_member(writer, "digest", node->digest.text);
    json_write_member(writer, "mediatype", node->media_type);
    if (node->manifest) {
        json_write_member(writer, "config", node->manifest->config.digest.text);
        write_total(writer, node);
    } else {
        json_write_member(writer, "problem", node->problem);
    }
    json_write_object_end(writer);
}

/* -- layers --------------------------------------------------------------------------------- */

static void write_layers(struct json_writer *writer, const char *key,
                         const struct manifest *manifest, const struct manifest *other)
{
    json_write_key(writer, key);
    json_write_array_begin(writer);
    for (size_t i = 0; i < manifest->layer_count; i++) {
        const struct descriptor *layer = &manifest->layers[i];
        if (!difference_lacks_layer(other, manifest, i))
            continue;
        json_write_object_begin(writer);
        json_write_member(writer, "digest", layer->digest.text);
        json_write_member(writer, "mediatype", layer->media_type);
        json_write_key(writer, "size");
        json_write_integer(writer, layer->size);
        json_write_object_end(writer);
    }
    json_write_array_end(writer);
}

static bool lacks_any(const struct manifest *other, const struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->layer_count; i++) {
        if (difference_lacks_layer(other, manifest, i))
            return true;
    }
    return false;
}

static void write_changed_layers(struct json_writer *writer, const struct difference_pair *pair)
{
    if (!difference_is_readable(pair))
        return;
    const struct manifest *before = pair->before->manifest;
    const struct manifest *after = pair->after->manifest;
    if (!lacks_any(after, before) && !lacks_any(before, after))
        return;
    json_write_key(writer, "layers");
    json_write_object_begin(writer);
    write_layers(writer, "removed", before, after);
    write_layers(writer, "added", after, before);
    json_write_object_end(writer);
}

/* -- the whole ------------------------------------------------------------------------------ */

static const char *change_word(const struct difference_pair *pair)
{
    if (!pair->before)
        return "added";
    if (!pair->after)
        return "removed";
    return difference_is_same(pair) ? "none" : "changed";
}

static void write_pair(struct json_writer *writer, const struct difference_pair *pair)
{
    json_write_object_begin(writer);
    write_platform(writer, difference_either(pair));
    json_write_member(writer, "change", change_word(pair));
    write_side(writer, "before", pair->before);
    write_side(writer, "after", pair->after);
    write_changed_layers(writer, pair);
    json_write_object_end(writer);
}

bool difference_write_json(const struct difference *difference, const struct difference_view *view,
                           struct buffer *out)
{
    struct json_writer writer = json_writer_begin(out, JSON_COMPACT);

    json_write_object_begin(&writer);
    json_write_key(&writer, "equal");
    json_write_boolean(&writer, difference_is_none(difference));
    write_image(&writer, "before", view->before, difference->before);
    write_image(&writer, "after", view->after, difference->after);
    json_write_key(&writer, "platforms");
    json_write_array_begin(&writer);
    for (size_t i = 0; i < difference->count; i++)
        write_pair(&writer, &difference->pairs[i]);
    json_write_array_end(&writer);
    json_write_object_end(&writer);
    return buffer_ok(out);
}
