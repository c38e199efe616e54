/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was read of an image: built, walked through, and let go.
 */
#include "manifest/inspection.h"

#include <stdlib.h>

#include "manifest/document.h"
#include "manifest/inspected.h"

/* -- the tree ------------------------------------------------------------------------------- */

bool inspected_expand(struct inspected *index, struct error *error)
{
    size_t count = index->manifest->entry_count;

    index->children = calloc(count + 1, sizeof(*index->children)); /* none is not "no memory" */
    if (!index->children)
        return error_no_memory(error);
    for (size_t i = 0; i < count; i++) {
        const struct descriptor *entry = &index->manifest->entries[i];
        index->children[i] = (struct inspected){
            .entry = entry,
            .digest = entry->digest,
            .size = entry->size,
            .media_type = entry->media_type,
            .depth = index->depth + 1,
        };
    }
    index->child_count = count;
    return true;
}

/* INSPECTION_DEPTH_MAX levels at most. NOLINTNEXTLINE(misc-no-recursion): as said */
static void inspected_release(struct inspected *node)
{
    for (size_t i = 0; i < node->child_count; i++)
        inspected_release(&node->children[i]);
    free(node->children);
    image_free(node->image);
    manifest_free(node->manifest);
}

void inspection_free(struct inspection *inspection)
{
    if (!inspection)
        return;
    inspected_release(&inspection->root);
    free(inspection);
}

/* -- one document --------------------------------------------------------------------------- */

bool inspected_is_index(const struct inspected *node)
{
    return node->manifest && media_type_is_index(node->manifest->type);
}

bool inspected_is_attestation(const struct inspected *node)
{
    return node->entry && node->entry->is_attestation;
}

const struct platform *inspected_platform(const struct inspected *node)
{
    if (node->entry && node->entry->has_platform)
        return &node->entry->platform;
    return node->image ? &node->image->platform : NULL;
}

const struct json *inspected_platform_json(const struct inspected *node)
{
    if (node->entry && node->entry->has_platform)
        return json_get(node->entry->json, "platform");
    return node->image ? node->image->document : NULL;
}

struct slice inspected_attests(const struct inspected *node)
{
    if (!inspected_is_attestation(node))
        return (struct slice){0};
    const struct json *annotations = json_get(node->entry->json, "annotations");
    struct slice digest = json_get_string(annotations, "vnd.docker.reference.digest");
    if (digest.length || !node->manifest)
        return digest;
    return json_get_string(json_get(node->manifest->document, "subject"), "digest");
}

/* -- the walk ------------------------------------------------------------------------------- */

struct walk walk_begin(const struct inspected *root, const struct platform *only)
{
    return (struct walk){.node = root, .only = only};
}

static void walk_down(struct walk *walk, const struct inspected *node)
{
    walk->node = node;
    walk->path[walk->level] = node;
    walk->next[walk->level] = 0;
    walk->level++;
}

static bool is_for(const struct inspected *node, const struct platform *platform)
{
    const struct platform *offered = inspected_platform(node);
    return offered && platform_equal(platform, offered);
}

typedef const struct inspected *(*walk_child_function)(struct walk *walk);

/* The next child of the last document on the path, or NULL. */
static const struct inspected *any_child(struct walk *walk)
{
    const struct inspected *parent = walk->path[walk->level - 1];
    size_t next = walk->next[walk->level - 1];

    if (next == parent->child_count)
        return NULL;
    walk->next[walk->level - 1]++;
    return &parent->children[next];
}

static enum walk_step walk_step(struct walk *walk, walk_child_function next_child)
{
    bool is_begun = walk->path[0] != NULL;

    if (is_begun && walk->level == 0)
        return WALK_END;
    const struct inspected *down = is_begun ? next_child(walk) : walk->node;
    if (down) {
        walk_down(walk, down);
        return WALK_ENTER;
    }
    walk->level--;
    walk->node = walk->path[walk->level];
    return WALK_LEAVE;
}

/* An index is for what it leads to. */
static bool leads_to(const struct inspected *node, const struct platform *platform)
{
    struct walk walk = walk_begin(node, NULL);

    for (enum walk_step step; (step = walk_step(&walk, any_child)) != WALK_END;) {
        if (step == WALK_ENTER && is_for(walk.node, platform))
            return true;
    }
    return false;
}

static const struct inspected *wanted_child(struct walk *walk)
{
    for (const struct inspected *child; (child = any_child(walk));)
        if (leads_to(child, walk->only))
            return child;
    return NULL;
}

enum walk_step walk_next(struct walk *walk)
{
    return walk_step(walk, walk->only ? wanted_child : any_child);
}

bool inspection_offers(const struct inspection *inspection, const struct platform *platform)
{
    return leads_to(&inspection->root, platform);
}

void inspection_list_problems(const struct inspection *inspection, const struct platform *only,
                              struct warnings *out)
{
    struct walk walk = walk_begin(&inspection->root, only);

    for (enum walk_step step; (step = walk_next(&walk)) != WALK_END;)
        if (step == WALK_ENTER && *walk.node->problem)
            warnings_add(out, "%s: %s", walk.node->digest.text, walk.node->problem);
}
