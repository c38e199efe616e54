/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What test_yaml.c and test_yaml_json.c ask of trees. Include it after <cmocka.h>.
 */
#ifndef TESTS_DATA_TREES_H
#define TESTS_DATA_TREES_H

#include <stdlib.h>

#include "data/yaml.h"

/* yaml_parse() or yaml_parse_json(). */
typedef struct yaml_tree *(*tree_parser)(struct slice text, const char *name, struct error *error);

static inline struct yaml_tree *parse_well(tree_parser parser, const char *text)
{
    struct error error = {0};
    struct yaml_tree *tree = parser(slice_from_string(text), "file", &error);

    if (!tree)
        fail_msg("%s", error.message);
    return tree;
}

static inline void assert_refused_by(tree_parser parser, struct slice text, enum error_code code,
                                     const char *message)
{
    struct error error = {0};

    assert_null(parser(text, "file", &error));
    assert_string_equal(error.message, message);
    assert_int_equal(error.code, code);
}

/* The value of `key` in a mapping, or NULL. */
static inline const struct yaml_node *find_value(const struct yaml_node *mapping, const char *key)
{
    for (size_t i = 0; mapping && mapping->kind == YAML_MAPPING && i < mapping->count; i++) {
        if (slice_equal_string(mapping->keys[i]->text, key))
            return mapping->items[i];
    }
    return NULL;
}

/* It is there. */
static inline const struct yaml_node *value_of(const struct yaml_node *mapping, const char *key)
{
    const struct yaml_node *found = find_value(mapping, key);

    if (!found) {
        fail_msg("there is no '%s'", key);
        abort(); /* for compilers, to which cmocka does not say that it is over */
    }
    return found;
}

static inline void assert_text(const struct yaml_node *node, const char *text)
{
    assert_non_null(node);
    assert_int_equal(node->kind, YAML_SCALAR);
    assert_string_equal(node->text.data, text);
    assert_int_equal(node->text.length, strlen(text));
}

static inline void assert_place(const struct yaml_node *node, unsigned line, unsigned column)
{
    assert_non_null(node);
    assert_int_equal(node->line, line);
    assert_int_equal(node->column, column);
}

#endif
