/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the tree that yaml.h describes, from what a parser meets in order; private to data/.
 *
 * An alias shares the node it names, so a document of nested aliases costs no memory. Whoever walks
 * the tree sees it expanded, though: therefore every node knows how many nodes and levels that
 * makes, and the builder refuses what passes the limits.
 */
#ifndef DATA_YAML_BUILD_H
#define DATA_YAML_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/map.h"
#include "data/arena.h"
#include "data/place.h"
#include "data/yaml.h"

struct yaml_built;

struct yaml_tree {
    struct arena arena;
    const struct yaml_node *root;
};

/* A collection whose end has not come yet. */
struct yaml_frame {
    struct yaml_built *collection;
    size_t first_child;  /* in the builder's `children` */
    struct slice anchor; /* empty: none */
};

struct yaml_builder {
    const char *name; /* starts every message */
    struct error *error;
    struct arena *arena;
    struct yaml_built *root;
    struct map anchors;
    size_t node_count;
    struct yaml_frame frames[YAML_DEPTH_MAX];
    unsigned depth;
    /* Items, or keys and values by turns, of the open collections. */
    struct yaml_built **children;
    size_t child_count;
    size_t child_capacity;
};

struct yaml_scalar {
    struct slice text;
    bool is_plain; /* not quoted */
};

/* Tells the builder what stands in the text. False, and the builder's error filled, when it is
 * refused. */
typedef bool (*yaml_read_function)(struct yaml_builder *builder, struct slice text);

/* The tree of what `read` tells; yaml_parse() with the reader to choose. */
struct yaml_tree *yaml_tree_build(struct slice text, const char *name, yaml_read_function read,
                                  struct error *error) MUST_USE;

/* In the order of the text; `anchor` is empty for none. False, and the error filled, when the
 * document is refused. */
bool yaml_build_scalar(struct yaml_builder *builder, struct place place, struct slice anchor,
                       struct yaml_scalar scalar) MUST_USE;
bool yaml_build_alias(struct yaml_builder *builder, struct place place,
                      struct slice anchor) MUST_USE;
bool yaml_build_begin(struct yaml_builder *builder, struct place place, struct slice anchor,
                      enum yaml_kind kind) MUST_USE;
bool yaml_build_end(struct yaml_builder *builder) MUST_USE;

/* Fills the builder's error with "NAME:LINE:COLUMN: message"; returns false. */
bool yaml_build_fail(const struct yaml_builder *builder, struct place place, enum error_code code,
                     const char *message);

#endif
