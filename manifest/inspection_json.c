/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An inspection as one clean document: /inspect's answer and `mquery inspect --json`.
 *
 * Keys are lower case, as /query's are. What an operator asks of an image stands where it can be
 * named in one breath: `.manifests[].platform`, `.totalsize`, `.attestations[].attests`.
 */
#include "manifest/inspected.h"
#include "manifest/shape.h"

/* -- what is kept of a document ------------------------------------------------------------- */

static const struct shape descriptor[] = {
    {.key = "digest", .is_always = true},
    {.key = "mediaType", .name = "mediatype", .is_always = true},
    {.key = "size", .kind = SHAPE_INTEGER, .is_always = true},
    {.key = "urls", .kind = SHAPE_TEXTS},
    {.key = "annotations", .kind = SHAPE_MAP},
    {.kind = SHAPE_END},
};

static const struct shape layers[] = {
    {.key = "layers", .kind = SHAPE_OBJECTS, .inner = descriptor},
    {.kind = SHAPE_END},
};

static const struct shape annotations[] = {
    {.key = "annotations", .kind = SHAPE_MAP},
    {.kind = SHAPE_END},
};

static const struct shape entry_annotations[] = {
    {.key = "annotations", .name = "entryannotations", .kind = SHAPE_MAP},
    {.kind = SHAPE_END},
};

/* Of a configuration: where and by whom it was built, */
static const struct shape origin[] = {
    {.key = "created"},
    {.key = "author"},
    {.kind = SHAPE_END},
};

/* and what it does when it runs. */
static const struct shape execution[] = {
    {.key = "User", .name = "user"},
    {.key = "WorkingDir", .name = "workingdir"},
    {.key = "Entrypoint", .name = "entrypoint", .kind = SHAPE_TEXTS},
    {.key = "Cmd", .name = "cmd", .kind = SHAPE_TEXTS},
    {.key = "Env", .name = "env", .kind = SHAPE_TEXTS},
    {.key = "ExposedPorts", .name = "exposedports", .kind = SHAPE_KEYS},
    {.key = "Volumes", .name = "volumes", .kind = SHAPE_KEYS},
    {.key = "StopSignal", .name = "stopsignal"},
    {.key = "Labels", .name = "labels", .kind = SHAPE_MAP},
    {.kind = SHAPE_END},
};

/* -- one document --------------------------------------------------------------------------- */

static const char *kind_word(const struct manifest *manifest)
{
    switch (manifest->kind) {
    case MANIFEST_INDEX:
        return "index";
    case MANIFEST_IMAGE:
        return "image";
    case MANIFEST_ARTIFACT:
        break;
    }
    return "artifact";
}

static void write_descriptor(struct json_writer *writer, const struct inspected *node)
{
    if (node->manifest)
        json_write_member(writer, "kind", kind_word(node->manifest));
    json_write_member(writer, "digest", node->digest.text);
    json_write_member(writer, "mediatype", node->media_type);
    json_write_key(writer, "size");
    json_write_integer(writer, node->size);
}

/* The type is the document's, else its configuration's, which was the way before there was one. */
static void write_artifact(struct json_writer *writer, const struct inspected *node)
{
    const struct manifest *manifest = node->manifest;
    struct slice type = json_get_string(manifest->document, "artifactType");

    if (manifest->kind != MANIFEST_ARTIFACT)
        return;
    if (type.length == 0)
        type = slice_from_string(manifest->config.media_type);
    if (type.length)
        json_write_member_slice(writer, "artifacttype", type);
    json_write_member(writer, "artifact", manifest->artifact);
}

static void write_config(struct json_writer *writer, const struct inspected *node)
{
    if (inspected_is_index(node))
        return;
    json_write_key(writer, "config");
    json_write_object_begin(writer);
    shape_write_members(writer, node->manifest->config.json, descriptor);
    if (node->image) {
        shape_write_members(writer, node->image->document, shape_platform);
        shape_write_members(writer, node->image->document, origin);
        shape_write_members(writer, json_get(node->image->document, "config"), execution);
    }
    json_write_object_end(writer);
}

static void write_total(struct json_writer *writer, const struct inspected *node,
                        const struct inspection_view *view)
{
    int64_t total = 0;

    if (!inspected_total(node, view->platform, &total))
        writer->out->state = BUFFER_NO_MEMORY;
    json_write_key(writer, "totalsize");
    json_write_integer(writer, total);
}

static void write_platform(struct json_writer *writer, const struct inspected *node)
{
    const struct json *offered = inspected_platform_json(node);

    if (!offered)
        return;
    json_write_key(writer, "platform");
    shape_write(writer, offered, shape_platform);
}

static void write_document(struct json_writer *writer, const struct inspected *node,
                           const struct inspection_view *view)
{
    write_descriptor(writer, node);
    if (node->manifest)
        write_artifact(writer, node);
    write_platform(writer, node);
    if (*node->problem)
        json_write_member(writer, "problem", node->problem);
    if (node->manifest) {
        write_config(writer, node);
        shape_write_members(writer, node->manifest->document, layers);
        shape_write_members(writer, node->manifest->document, annotations);
    }
    if (node->entry)
        shape_write_members(writer, node->entry->json, entry_annotations);
    if (node->manifest)
        write_total(writer, node, view);
}

/* -- the whole ------------------------------------------------------------------------------ */

static void write_attestation(struct json_writer *writer, const struct inspected *node,
                              const struct inspection_view *view)
{
    struct slice attests = inspected_attests(node);

    json_write_object_begin(writer);
    if (attests.length)
        json_write_member_slice(writer, "attests", attests);
    write_document(writer, node, view);
    json_write_object_end(writer);
}

static void write_attestations(struct json_writer *writer, const struct inspected *root,
                               const struct inspection_view *view)
{
    struct walk walk = walk_begin(root, view->platform);

    json_write_key(writer, "attestations");
    json_write_array_begin(writer);
    for (enum walk_step step; (step = walk_next(&walk)) != WALK_END;)
        if (step == WALK_ENTER && inspected_is_attestation(walk.node))
            write_attestation(writer, walk.node, view);
    json_write_array_end(writer);
}

static void enter(struct json_writer *writer, const struct inspected *node,
                  const struct inspection_view *view)
{
    json_write_object_begin(writer);
    if (!node->entry)
        json_write_member_slice(writer, "name", view->image);
    write_document(writer, node, view);
    if (inspected_is_index(node)) {
        json_write_key(writer, "manifests");
        json_write_array_begin(writer);
    }
}

static void leave(struct json_writer *writer, const struct inspected *node,
                  const struct inspection_view *view)
{
    if (inspected_is_index(node)) {
        json_write_array_end(writer);
        if (!node->entry)
            write_attestations(writer, node, view);
    }
    json_write_object_end(writer);
}

bool inspection_write_json(const struct inspection *inspection, const struct inspection_view *view,
                           struct buffer *out)
{
    struct json_writer writer = json_writer_begin(out, JSON_COMPACT);
    struct walk walk = walk_begin(&inspection->root, view->platform);

    for (enum walk_step step; (step = walk_next(&walk)) != WALK_END;) {
        if (inspected_is_attestation(walk.node))
            continue;
        if (step == WALK_ENTER)
            enter(&writer, walk.node, view);
        else
            leave(&writer, walk.node, view);
    }
    return buffer_ok(out);
}
