/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash map of nodes that live inside the caller's own structs.
 *
 * Keys are bytes, hashed by SipHash-2-4 with a seed of the process's own, so that whoever chooses
 * the keys (image names do come from strangers) cannot choose the collisions (rule S14).
 * Not locked: the owner guards it. Nodes are never moved; the map frees none of them.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct map_node {
    struct map_node *next;
    uint64_t hash;
};

/* The key of a node; must not change while the node is in the map. */
typedef struct slice (*map_key_function)(const struct map_node *node);

struct map {
    struct map_node **buckets;
    size_t bucket_count; /* a power of two, or 0 before the first insert */
    size_t count;
    map_key_function key;
};

/* Given `struct item { struct map_node node; ... }`: MAP_ITEM(node, struct item, node). */
#define MAP_ITEM(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))
#define MAP_ITEM_CONST(pointer, type, member) \
    ((const type *)(const void *)((const char *)(pointer)-offsetof(type, member)))

void map_init(struct map *map, map_key_function key);
/* Frees the table, not the nodes. The map is empty and usable again. */
void map_release(struct map *map);

/* The node with this key, or NULL. */
struct map_node *map_find(const struct map *map, struct slice key);
/* Adds a node whose key is not in the map yet. False when there is no memory: not added. */
bool map_insert(struct map *map, struct map_node *node) MUST_USE;
/* Takes a node that is in the map out of it. */
void map_remove(struct map *map, struct map_node *node);

/* Walks all nodes in no order: NULL gives the first, a node the next, NULL at the end. The node
 * last given may be removed only after the next was asked for. */
struct map_node *map_next(const struct map *map, const struct map_node *node);

/* The process's keyed hash of `bytes` (SipHash-2-4); for partitions too. */
uint64_t map_hash(struct slice bytes);

#endif
