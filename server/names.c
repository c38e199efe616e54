/* SPDX-License-Identifier: Apache-2.0 */
#include "server/names.h"

#include <stdlib.h>
#include <string.h>

struct name {
    struct map_node node;
    char text[];
};

static struct slice name_key(const struct map_node *node)
{
    return slice_from_string(MAP_ITEM_CONST(node, struct name, node)->text);
}

void names_init(struct names *names)
{
    map_init(&names->map, name_key);
}

void names_release(struct names *names)
{
    struct map_node *next = NULL;

    for (struct map_node *node = map_next(&names->map, NULL); node; node = next) {
        next = map_next(&names->map, node);
        free(MAP_ITEM(node, struct name, node));
    }
    map_release(&names->map);
}

bool names_add(struct names *names, struct slice name)
{
    if (names_has(names, name))
        return true;
    struct name *item = calloc(1, sizeof(*item) + name.length + 1);
    if (!item)
        return false;
    memcpy(item->text, name.data, name.length);
    if (map_insert(&names->map, &item->node))
        return true;
    free(item);
    return false;
}

bool names_has(const struct names *names, struct slice name)
{
    return map_find(&names->map, name) != NULL;
}

const char *names_next(const struct names *names, const char *name)
{
    const struct map_node *node = name ? &MAP_ITEM_CONST(name, struct name, text)->node : NULL;
    struct map_node *next = map_next(&names->map, node);

    return next ? MAP_ITEM(next, struct name, node)->text : NULL;
}
