/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML without surprises: libyaml's events made into a tree that knows line and column.
 *
 * Scalars keep their text (`1.0` stays "1.0", `yes` stays "yes"); what a scalar means is for its
 * reader to decide. A repeated key, a second document, a tag, an unknown alias, or input beyond the
 * limits below is an error that names line and column. Anchors, aliases and `<<` are expanded,
 * within the limit on nodes. An immutable tree may be read by many threads.
 */
#ifndef DATA_YAML_H
#define DATA_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

enum {
    YAML_DEPTH_MAX = 32,
    YAML_NODES_MAX = 20000 /* after aliases are expanded */
};

enum yaml_kind {
    YAML_SCALAR,
    YAML_SEQUENCE,
    YAML_MAPPING
};

struct yaml_node {
    enum yaml_kind kind;
    unsigned line;   /* from 1 */
    unsigned column; /* from 1 */
    /* A scalar's text (NUL-terminated); `is_null` for a plain empty scalar, ~ or null. */
    struct slice text;
    bool is_null;
    /* A sequence's items, or a mapping's values in the order written. */
    const struct yaml_node *const *items;
    /* A mapping's keys, one an item; NULL otherwise. */
    const struct yaml_node *const *keys;
    size_t count;
};

struct yaml_tree;

/* The caller owns the tree. `name` (a file's name, or what the text is) starts every message:
 * "NAME:LINE:COLUMN: ...". Errors: invalid, too_large, internal. */
struct yaml_tree *yaml_parse(struct slice text, const char *name, struct error *error) MUST_USE;
/* The same of a JSON text, for readers that take both: strict as json.h says, with errors that name
 * line and column too; numbers and words (`1.0`, `true`) keep their text. */
struct yaml_tree *yaml_parse_json(struct slice text, const char *name,
                                  struct error *error) MUST_USE;
void yaml_tree_free(struct yaml_tree *tree);
CLEANUP_DEFINE(struct yaml_tree, yaml_tree_free)

/* The root; NULL for an empty document. Lives as long as the tree. */
const struct yaml_node *yaml_root(const struct yaml_tree *tree);

#endif
