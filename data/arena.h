/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is freed all at once: for trees that are built, read and dropped as a whole; private
 * to data/.
 */
#ifndef DATA_ARENA_H
#define DATA_ARENA_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/cleanup.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* the one in use first */
    size_t left;                /* bytes, at the end of that one */
};

/* Frees everything. The arena is empty and usable again. */
void arena_release(struct arena *arena);

/* Zeroed bytes, aligned for anything; NULL when there is no memory. The caller has bounded `size`.
 */
void *arena_alloc(struct arena *arena, size_t size) MUST_USE;

/* A NUL-terminated copy, or NULL. */
char *arena_copy(struct arena *arena, struct slice text) MUST_USE;

#endif
