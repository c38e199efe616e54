/* SPDX-License-Identifier: Apache-2.0 */
#include "data/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum {
    ARENA_BLOCK_SIZE = 4096,
    ARENA_ALIGNMENT = alignof(max_align_t)
};

struct arena_block {
    alignas(max_align_t) struct arena_block *next;
    size_t size;
    alignas(max_align_t) char bytes[];
};

void arena_release(struct arena *arena)
{
    for (struct arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    *arena = (struct arena){0};
}

static struct arena_block *add_block(struct arena *arena, size_t wanted)
{
    size_t size = wanted > ARENA_BLOCK_SIZE ? wanted : ARENA_BLOCK_SIZE;
    struct arena_block *block = calloc(1, sizeof(*block) + size);

    if (!block)
        return NULL;
    block->size = size;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->left = size;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t rounded = (size + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;

    if ((!arena->blocks || rounded > arena->left) && !add_block(arena, rounded))
        return NULL;
    char *start = arena->blocks->bytes + (arena->blocks->size - arena->left);
    arena->left -= rounded;
    return start;
}

char *arena_copy(struct arena *arena, struct slice text)
{
    char *copy = arena_alloc(arena, text.length + 1);

    if (copy && text.length)
        memcpy(copy, text.data, text.length);
    return copy;
}
