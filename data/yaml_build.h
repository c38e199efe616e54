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
#include "data/yaml.h"

struct yaml_built;

struct yaml_place {
    unsigned line;
    unsigned column;
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

/* `name`, `error` and `arena` are borrowed; the tree lives in the arena. */
void yaml_builder_init(struct yaml_builder *builder, const char *name, struct arena *arena,
                       struct error *error);
/* Frees all but the tree. */
void yaml_builder_release(struct yaml_builder *builder);

/* In the order of the text; `anchor` is empty for none. False, and the error filled, when the
 * document is refused. */
bool yaml_build_scalar(struct yaml_builder *builder, struct yaml_place place, struct slice anchor,
                       struct yaml_scalar scalar) MUST_USE;
bool yaml_build_alias(struct yaml_builder *builder, struct yaml_place place,
                      struct slice anchor) MUST_USE;
bool yaml_build_begin(struct yaml_builder *builder, struct yaml_place place, struct slice anchor,
                      enum yaml_kind kind) MUST_USE;
bool yaml_build_end(struct yaml_builder *builder) MUST_USE;

/* NULL when nothing was built. */
const struct yaml_node *yaml_builder_root(const struct yaml_builder *builder);

/* Fills the builder's error with "NAME:LINE:COLUMN: message"; returns false. */
bool yaml_build_fail(const struct yaml_builder *builder, struct yaml_place place,
                     enum error_code code, const char *message);

#endif
