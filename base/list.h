/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A circular doubly linked list through the items themselves: for orders of use, queues and rings.
 *
 * A list and a node are the same struct. A node that is in no list points to itself, so taking it
 * out twice is harmless. Not locked.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *previous;
    struct list *next;
};

/* Given `struct item { struct list place; ... }`: LIST_ITEM(node, struct item, place). */
#define LIST_ITEM(pointer, type, member) \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* An empty list, or a node in no list. */
static inline void list_init(struct list *list)
{
    list->previous = list;
    list->next = list;
}

static inline bool list_is_empty(const struct list *list)
{
    return list->next == list;
}

static inline void list_remove(struct list *node)
{
    node->previous->next = node->next;
    node->next->previous = node->previous;
    list_init(node);
}

/* Also moves: the node may be in this or another list. */
static inline void list_put_first(struct list *list, struct list *node)
{
    list_remove(node);
    node->previous = list;
    node->next = list->next;
    list->next->previous = node;
    list->next = node;
}

/* As list_put_first(), to the end. */
static inline void list_put_last(struct list *list, struct list *node)
{
    list_remove(node); /* first: it may be the last already */
    list_put_first(list->previous, node);
}

/* Takes the first (last) node out and returns it; NULL when the list is empty. */
static inline struct list *list_take_first(struct list *list)
{
    struct list *node = list->next;
    if (node == list)
        return NULL;
    list->next = node->next;
    node->next->previous = list;
    list_init(node);
    return node;
}

static inline struct list *list_take_last(struct list *list)
{
    struct list *node = list->previous;
    if (node == list)
        return NULL;
    list->previous = node->previous;
    node->previous->next = list;
    list_init(node);
    return node;
}

#endif
