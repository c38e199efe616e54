/* SPDX-License-Identifier: Apache-2.0 */
#include "data/yaml_build.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

struct yaml_built {
    struct yaml_node node;
    struct map_node as_key; /* while the mapping it is a key of is being ended */
    size_t weight;          /* nodes, itself and below, aliases expanded */
    unsigned height;        /* levels of collections, itself and below */
    bool is_merge;          /* a plain << */
};

struct anchor {
    struct map_node node;
    struct slice name;
    struct yaml_built *value;
};

static struct slice anchor_name(const struct map_node *node)
{
    return MAP_ITEM_CONST(node, struct anchor, node)->name;
}

static struct slice key_text(const struct map_node *node)
{
    return MAP_ITEM_CONST(node, struct yaml_built, as_key)->node.text;
}

static bool fill_tree(struct yaml_tree *tree, struct slice text, const char *name,
                      yaml_read_function read, struct error *error)
{
    struct yaml_builder builder = {.name = name, .arena = &tree->arena, .error = error};

    map_init(&builder.anchors, anchor_name);
    bool is_read = read(&builder, text);
    if (is_read && builder.root)
        tree->root = &builder.root->node;
    map_release(&builder.anchors);
    free(builder.children);
    return is_read;
}

struct yaml_tree *yaml_tree_build(struct slice text, const char *name, yaml_read_function read,
                                  struct error *error)
{
    struct yaml_tree *tree = calloc(1, sizeof(*tree));

    if (!tree) {
        error_no_memory(error);
        return NULL;
    }
    if (!fill_tree(tree, text, name, read, error)) {
        yaml_tree_free(tree);
        return NULL;
    }
    return tree;
}

bool yaml_build_fail(const struct yaml_builder *builder, struct place place, enum error_code code,
                     const char *message)
{
    return error_set(builder->error, code, "%s:%u:%u: %s",
                     ESCAPED(slice_from_string(builder->name)), place.line, place.column, message);
}

static bool fail_at(const struct yaml_builder *builder, const struct yaml_built *where,
                    const char *message)
{
    struct place place = {where->node.line, where->node.column};
    return yaml_build_fail(builder, place, ERROR_INVALID, message);
}

static struct yaml_built *new_node(struct yaml_builder *builder, struct place place,
                                   enum yaml_kind kind)
{
    if (++builder->node_count > YAML_NODES_MAX) {
        yaml_build_fail(builder, place, ERROR_TOO_LARGE, "too many values");
        return NULL;
    }
    struct yaml_built *built = arena_alloc(builder->arena, sizeof(*built));
    if (!built) {
        error_no_memory(builder->error);
        return NULL;
    }
    built->node.kind = kind;
    built->node.line = place.line;
    built->node.column = place.column;
    built->weight = 1;
    return built;
}

/* A later anchor of the same name hides the earlier one (YAML 1.1 section 3.2.2.2). */
static bool add_anchor(struct yaml_builder *builder, struct slice name, struct yaml_built *value)
{
    if (name.length == 0)
        return true;
    struct map_node *known = map_find(&builder->anchors, name);
    if (known) {
        MAP_ITEM(known, struct anchor, node)->value = value;
        return true;
    }
    struct anchor *anchor = arena_alloc(builder->arena, sizeof(*anchor));
    char *copy = arena_copy(builder->arena, name);
    if (!anchor || !copy)
        return error_no_memory(builder->error);
    anchor->name = slice_of(copy, name.length);
    anchor->value = value;
    return map_insert(&builder->anchors, &anchor->node) || error_no_memory(builder->error);
}

static bool push_child(struct yaml_builder *builder, struct yaml_built *child)
{
    if (builder->child_count == builder->child_capacity) {
        size_t capacity = builder->child_capacity ? builder->child_capacity * 2 : 64;
        struct yaml_built **children =
            realloc(builder->children, capacity * sizeof(struct yaml_built *));
        if (!children)
            return error_no_memory(builder->error);
        builder->children = children;
        builder->child_capacity = capacity;
    }
    builder->children[builder->child_count++] = child;
    return true;
}

static bool add_weight(const struct yaml_builder *builder, struct place place,
                       struct yaml_built *parent, const struct yaml_built *child)
{
    parent->weight += child->weight;
    if (parent->height <= child->height)
        parent->height = child->height + 1;
    if (parent->weight > YAML_NODES_MAX)
        return yaml_build_fail(builder, place, ERROR_TOO_LARGE, "too many values");
    if (builder->depth + child->height > YAML_DEPTH_MAX)
        return yaml_build_fail(builder, place, ERROR_TOO_LARGE, "nested too deeply");
    return true;
}

/* A node is complete: it belongs to the innermost open collection. */
static bool add_node(struct yaml_builder *builder, struct place place, struct yaml_built *built)
{
    if (builder->depth == 0) {
        builder->root = built;
        return true;
    }
    const struct yaml_frame *frame = &builder->frames[builder->depth - 1];
    bool is_key = frame->collection->node.kind == YAML_MAPPING &&
                  (builder->child_count - frame->first_child) % 2 == 0;
    if (is_key && built->node.kind != YAML_SCALAR)
        return yaml_build_fail(builder, place, ERROR_INVALID, "a key must be a plain word");
    return add_weight(builder, place, frame->collection, built) && push_child(builder, built);
}

static bool is_null_word(struct slice text)
{
    return text.length == 0 || slice_equal_string(text, "~") || slice_equal_string(text, "null") ||
           slice_equal_string(text, "Null") || slice_equal_string(text, "NULL");
}

bool yaml_build_scalar(struct yaml_builder *builder, struct place place, struct slice anchor,
                       struct yaml_scalar scalar)
{
    if (slice_find(scalar.text, '\0') >= 0)
        return yaml_build_fail(builder, place, ERROR_INVALID, "U+0000 in a text");
    struct yaml_built *built = new_node(builder, place, YAML_SCALAR);
    if (!built)
        return false;
    char *text = arena_copy(builder->arena, scalar.text);
    if (!text)
        return error_no_memory(builder->error);
    built->node.text = slice_of(text, scalar.text.length);
    built->node.is_null = scalar.is_plain && is_null_word(scalar.text);
    built->is_merge = scalar.is_plain && slice_equal_string(scalar.text, "<<");
    return add_anchor(builder, anchor, built) && add_node(builder, place, built);
}

bool yaml_build_alias(struct yaml_builder *builder, struct place place, struct slice anchor)
{
    struct map_node *known = map_find(&builder->anchors, anchor);

    if (!known)
        return yaml_build_fail(builder, place, ERROR_INVALID, "alias of an unknown anchor");
    return add_node(builder, place, MAP_ITEM(known, struct anchor, node)->value);
}

bool yaml_build_begin(struct yaml_builder *builder, struct place place, struct slice anchor,
                      enum yaml_kind kind)
{
    struct yaml_frame frame = {.first_child = builder->child_count};

    if (builder->depth == YAML_DEPTH_MAX)
        return yaml_build_fail(builder, place, ERROR_TOO_LARGE, "nested too deeply");
    frame.collection = new_node(builder, place, kind);
    if (!frame.collection)
        return false;
    frame.collection->height = 1;
    if (anchor.length) {
        frame.anchor = slice_of(arena_copy(builder->arena, anchor), anchor.length);
        if (!frame.anchor.data)
            return error_no_memory(builder->error);
    }
    builder->frames[builder->depth++] = frame;
    return true;
}

/* Adds the pair unless the key is there; `*added` says which. */
static bool add_pair(struct yaml_builder *builder, struct map *seen, struct yaml_built *key,
                     struct yaml_built *value, bool *added)
{
    *added = !map_find(seen, key->node.text);
    if (!*added)
        return true;
    if (!map_insert(seen, &key->as_key))
        return error_no_memory(builder->error);
    return push_child(builder, key) && push_child(builder, value);
}

static struct yaml_built *built_of(const struct yaml_node *node)
{
    struct yaml_built *built;
    memcpy(&built, &node, sizeof(void *)); /* its first member; the builder made it */
    return built;
}

/* `<<: *other`: the other's pairs whose keys are not here yet. */
static bool merge_mapping(struct yaml_builder *builder, struct map *seen,
                          struct yaml_built *mapping, const struct yaml_built *other)
{
    struct place place = {mapping->node.line, mapping->node.column};

    if (other->node.kind != YAML_MAPPING)
        return fail_at(builder, other, "<< wants a mapping, or a list of mappings");
    for (size_t i = 0; i < other->node.count; i++) {
        struct yaml_built *key = built_of(other->node.keys[i]);
        struct yaml_built *value = built_of(other->node.items[i]);
        bool added = false;
        if (!add_pair(builder, seen, key, value, &added))
            return false;
        if (added && (!add_weight(builder, place, mapping, key) ||
                      !add_weight(builder, place, mapping, value)))
            return false;
    }
    return true;
}

static bool merge_value(struct yaml_builder *builder, struct map *seen, struct yaml_built *mapping,
                        const struct yaml_built *value)
{
    if (value->node.kind != YAML_SEQUENCE)
        return merge_mapping(builder, seen, mapping, value);
    for (size_t i = 0; i < value->node.count; i++) {
        if (!merge_mapping(builder, seen, mapping, built_of(value->node.items[i])))
            return false;
    }
    return true;
}

/* Puts the mapping's own pairs, then the merged ones, behind the children. */
static bool gather_pairs(struct yaml_builder *builder, const struct yaml_frame *frame,
                         struct map *seen)
{
    size_t end = builder->child_count;
    struct yaml_built *merged = NULL;

    for (size_t i = frame->first_child; i < end; i += 2) {
        struct yaml_built *key = builder->children[i];
        struct yaml_built *value = builder->children[i + 1];
        bool added = !(key->is_merge && merged);
        if (key->is_merge && added)
            merged = value;
        else if (added && !add_pair(builder, seen, key, value, &added))
            return false;
        if (!added)
            return fail_at(builder, key, "repeated key");
    }
    return !merged || merge_value(builder, seen, frame->collection, merged);
}

/* Every `step`-th child from `first` on, as an array in the arena. */
static const struct yaml_node **take_children(struct yaml_builder *builder, size_t first,
                                              size_t step)
{
    size_t count = (builder->child_count - first + step - 1) / step;
    const struct yaml_node **taken = arena_alloc(builder->arena, count * sizeof(void *));

    if (!taken) {
        error_no_memory(builder->error);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        taken[i] = &builder->children[first + i * step]->node;
    return taken;
}

static bool end_mapping(struct yaml_builder *builder, const struct yaml_frame *frame)
{
    struct yaml_node *node = &frame->collection->node;
    size_t pairs = builder->child_count;
    struct map seen;

    map_init(&seen, key_text);
    bool gathered = gather_pairs(builder, frame, &seen);
    map_release(&seen);
    if (!gathered)
        return false;
    node->count = (builder->child_count - pairs) / 2;
    if (node->count == 0)
        return true;
    node->keys = take_children(builder, pairs, 2);
    node->items = take_children(builder, pairs + 1, 2);
    return node->keys && node->items;
}

static bool end_sequence(struct yaml_builder *builder, const struct yaml_frame *frame)
{
    struct yaml_node *node = &frame->collection->node;

    node->count = builder->child_count - frame->first_child;
    if (node->count == 0)
        return true;
    node->items = take_children(builder, frame->first_child, 1);
    return node->items;
}

bool yaml_build_end(struct yaml_builder *builder)
{
    struct yaml_frame frame = builder->frames[builder->depth - 1];
    struct place place = {frame.collection->node.line, frame.collection->node.column};
    bool is_mapping = frame.collection->node.kind == YAML_MAPPING;

    if (!(is_mapping ? end_mapping(builder, &frame) : end_sequence(builder, &frame)))
        return false;
    builder->depth--;
    builder->child_count = frame.first_child;
    return add_anchor(builder, frame.anchor, frame.collection) &&
           add_node(builder, place, frame.collection);
}
