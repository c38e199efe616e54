/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text: a tree within its bounds, every scalar a string; or a refusal that names the place.
 */
#include <string.h>

#include "data/yaml.h"
#include "tests/fuzz/fuzz.h"

/* The nodes below and with `node`. The reader bounds the depth. */
static size_t count_nodes(const struct yaml_node *node, int depth) /* NOLINT(misc-no-recursion) */
{
    size_t count = 1;

    must(depth <= YAML_DEPTH_MAX + 1);
    must(node->line > 0 && node->column > 0);
    must(node->kind != YAML_SCALAR || node->text.data[node->text.length] == '\0');
    must((node->kind == YAML_MAPPING) == (node->keys != NULL) || node->count == 0);
    for (size_t i = 0; i < node->count; i++) {
        if (node->keys)
            must(node->keys[i]->kind == YAML_SCALAR);
        count += count_nodes(node->items[i], depth + 1) + (node->keys ? 1 : 0);
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error;
    struct yaml_tree *tree = yaml_parse(fuzz_input(data, size), "name", &error);

    if (!tree)
        must(strncmp(error.message, "name:", 5) == 0);
    else if (yaml_root(tree))
        must(count_nodes(yaml_root(tree), 0) <= YAML_NODES_MAX);
    yaml_tree_free(tree);
    return 0;
}
