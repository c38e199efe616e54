/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An inspection as manifest-tool's --raw prints it: the documents, read into Go's structs of the
 * OCI image specification (v1.1) and written from there, with the image's name and digest before.
 *
 * That tool puts each child's manifest in the place of its descriptor, and so loses what only the
 * descriptor says. Here that stands behind the manifest's own members.
 */
#include "manifest/inspected.h"
#include "manifest/shape.h"

enum {
    INDENT = 4
};

/* -- Go's structs --------------------------------------------------------------------------- */

static const struct shape descriptor[] = {
    {.key = "mediaType", .is_always = true},
    {.key = "digest", .is_always = true},
    {.key = "size", .kind = SHAPE_INTEGER, .is_always = true},
    {.key = "urls", .kind = SHAPE_TEXTS},
    {.key = "annotations", .kind = SHAPE_MAP},
    {.key = "data"},
    {.key = "platform", .kind = SHAPE_OBJECT, .inner = shape_platform},
    {.key = "artifactType"},
    {.kind = SHAPE_END},
};

static const struct shape manifest[] = {
    {.key = "schemaVersion", .kind = SHAPE_INTEGER, .is_always = true},
    {.key = "mediaType"},
    {.key = "artifactType"},
    {.key = "config", .kind = SHAPE_OBJECT, .is_always = true, .inner = descriptor},
    {.key = "layers", .kind = SHAPE_OBJECTS, .is_always = true, .inner = descriptor},
    {.key = "subject", .kind = SHAPE_OBJECT, .inner = descriptor},
    {.key = "annotations", .kind = SHAPE_MAP},
    {.kind = SHAPE_END},
};

/* An index, around its "manifests"; the reference knows no type and no subject of one. */
static const struct shape index_head[] = {
    {.key = "schemaVersion", .kind = SHAPE_INTEGER, .is_always = true},
    {.key = "mediaType"},
    {.kind = SHAPE_END},
};

static const struct shape index_tail[] = {
    {.key = "annotations", .kind = SHAPE_MAP},
    {.key = "artifactType"},
    {.key = "subject", .kind = SHAPE_OBJECT, .inner = descriptor},
    {.kind = SHAPE_END},
};

/* A lone image with its configuration, around "name" to "architecture", and around "config"; the
 * reference knows no artifactType of one. */
static const struct shape expanded_head[] = {
    {.key = "schemaVersion", .kind = SHAPE_INTEGER, .is_always = true},
    {.kind = SHAPE_END},
};

static const struct shape expanded_middle[] = {
    {.key = "mediaType"},
    {.kind = SHAPE_END},
};

static const struct shape expanded_tail[] = {
    {.key = "layers", .kind = SHAPE_OBJECTS, .is_always = true, .inner = descriptor},
    {.key = "subject", .kind = SHAPE_OBJECT, .inner = descriptor},
    {.key = "annotations", .kind = SHAPE_MAP},
    {.key = "artifactType"},
    {.kind = SHAPE_END},
};

/* A configuration. Builders put more into one than the specification has (Healthcheck, OnBuild):
 * that is kept. */
static const struct shape execution[] = {
    {.key = "User"},
    {.key = "ExposedPorts", .kind = SHAPE_SET},
    {.key = "Env", .kind = SHAPE_TEXTS},
    {.key = "Entrypoint", .kind = SHAPE_TEXTS},
    {.key = "Cmd", .kind = SHAPE_TEXTS},
    {.key = "Volumes", .kind = SHAPE_SET},
    {.key = "WorkingDir"},
    {.key = "Labels", .kind = SHAPE_MAP},
    {.key = "StopSignal"},
    {.key = "ArgsEscaped", .kind = SHAPE_FLAG},
    {.kind = SHAPE_REST},
};

static const struct shape root_file_system[] = {
    {.key = "type", .is_always = true},
    {.key = "diff_ids", .kind = SHAPE_TEXTS, .is_always = true},
    {.kind = SHAPE_REST},
};

static const struct shape history[] = {
    {.key = "created"},
    {.key = "created_by"},
    {.key = "author"},
    {.key = "comment"},
    {.key = "empty_layer", .kind = SHAPE_FLAG},
    {.kind = SHAPE_REST},
};

static const struct shape image[] = {
    {.key = "created"},
    {.key = "author"},
    {.key = "architecture", .is_always = true},
    {.key = "os", .is_always = true},
    {.key = "os.version"},
    {.key = "os.features", .kind = SHAPE_TEXTS},
    {.key = "variant"},
    {.key = "config", .kind = SHAPE_OBJECT, .is_always = true, .inner = execution},
    {.key = "rootfs", .kind = SHAPE_OBJECT, .is_always = true, .inner = root_file_system},
    {.key = "history", .kind = SHAPE_OBJECTS, .inner = history},
    {.kind = SHAPE_REST},
};

/* -- one document --------------------------------------------------------------------------- */

static void write_name(struct json_writer *writer, const struct inspected *root,
                       const struct inspection_view *view)
{
    json_write_member_slice(writer, "name", view->image);
    json_write_member(writer, "digest", root->digest.text);
}

static void write_platform_words(struct json_writer *writer, const struct inspected *root)
{
    if (root->image && *root->image->platform.os)
        json_write_member(writer, "os", root->image->platform.os);
    if (root->image && *root->image->platform.architecture)
        json_write_member(writer, "architecture", root->image->platform.architecture);
}

static void write_expanded(struct json_writer *writer, const struct inspected *root,
                           const struct inspection_view *view)
{
    const struct json *document = root->manifest->document;

    shape_write_members(writer, document, expanded_head);
    write_name(writer, root, view);
    write_platform_words(writer, root);
    shape_write_members(writer, document, expanded_middle);
    json_write_key(writer, "config");
    shape_write(writer, root->image->document, image);
    shape_write_members(writer, document, expanded_tail);
}

static void write_root(struct json_writer *writer, const struct inspected *root,
                       const struct inspection_view *view)
{
    if (view->is_expanded && root->image) {
        write_expanded(writer, root, view);
        return;
    }
    write_name(writer, root, view);
    write_platform_words(writer, root);
    shape_write_members(writer, root->manifest->document,
                        inspected_is_index(root) ? index_head : manifest);
}

static void write_child(struct json_writer *writer, const struct inspected *child)
{
    if (!child->manifest) {
        json_write_member(writer, "mediaType", child->media_type);
        return;
    }
    shape_write_members(writer, child->manifest->document,
                        inspected_is_index(child) ? index_head : manifest);
}

/* What the reference loses. */
static void write_descriptor(struct json_writer *writer, const struct inspected *child)
{
    static const struct shape annotations[] = {
        {.key = "annotations", .name = "entryAnnotations", .kind = SHAPE_MAP},
        {.kind = SHAPE_END},
    };
    const struct json *offered = inspected_platform_json(child);

    json_write_member(writer, "digest", child->digest.text);
    json_write_key(writer, "size");
    json_write_integer(writer, child->size);
    if (offered) {
        json_write_key(writer, "platform");
        shape_write(writer, offered, shape_platform);
    }
    shape_write_members(writer, child->entry->json, annotations);
}

/* -- the whole ------------------------------------------------------------------------------ */

/* The reference has null where an index lists nothing. */
static void begin_children(struct json_writer *writer, const struct inspected *index)
{
    json_write_key(writer, "manifests");
    if (index->child_count)
        json_write_array_begin(writer);
    else
        json_write_null(writer);
}

static void end_children(struct json_writer *writer, const struct inspected *index)
{
    if (index->child_count)
        json_write_array_end(writer);
    shape_write_members(writer, index->manifest->document, index_tail);
}

static void enter(struct json_writer *writer, const struct inspected *node,
                  const struct inspection_view *view)
{
    json_write_object_begin(writer);
    if (node->entry)
        write_child(writer, node);
    else
        write_root(writer, node, view);
    if (inspected_is_index(node))
        begin_children(writer, node);
}

static void leave(struct json_writer *writer, const struct inspected *node)
{
    if (inspected_is_index(node))
        end_children(writer, node);
    if (node->entry)
        write_descriptor(writer, node);
    if (*node->problem)
        json_write_member(writer, "problem", node->problem);
    json_write_object_end(writer);
}

bool inspection_write_raw(const struct inspection *inspection, const struct inspection_view *view,
                          struct buffer *out)
{
    struct json_writer writer = json_writer_begin(out, INDENT);
    struct walk walk = walk_begin(&inspection->root, view->platform);

    for (enum walk_step step; (step = walk_next(&walk)) != WALK_END;) {
        if (step == WALK_ENTER)
            enter(&writer, walk.node, view);
        else
            leave(&writer, walk.node);
    }
    (void)buffer_append_char(out, '\n');
    return buffer_ok(out);
}
