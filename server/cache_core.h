/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the cache, for its own files: cache.c (what is told and kept) and cache_survey.c
 * (what goes through all of it).
 */
#ifndef SERVER_CACHE_CORE_H
#define SERVER_CACHE_CORE_H

#include <pthread.h>

#include "server/cache.h"
#include "server/shelf.h"

enum {
    CACHE_GENERATIONS = 1024 /* a power of two */
};

struct cache {
    pthread_mutex_t mutex; /* guards what follows */
    struct config_cache settings;
    struct shelf shelf;
    /* How often a reference was forgotten, by its hash. Two references may share a counter; then a
     * lookup is not stored, or an entry is asked for again, for nothing: never wrong. */
    uint32_t generations[CACHE_GENERATIONS];
    uint64_t forgotten; /* entries, since the start */
};

void cache_lock(struct cache *cache);
/* What was dropped under the lock ends after it. */
void cache_unlock(struct cache *cache);

enum cache_state cache_entry_state(const struct cache *cache, const struct shelf_entry *entry,
                                   int64_t now);

/* The counter of the reference that a key begins with. */
uint32_t *cache_generation_of(struct cache *cache, struct slice name);

#endif
