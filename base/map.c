/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
    MAP_FIRST_BUCKETS = 16
};

/* Set once, before the first hash; read-only afterwards. */
static uint64_t seed[2];
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

static void seed_make(void)
{
    /* 16 bytes are never cut short once the kernel's pool is ready (getrandom(2)). */
    if (getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
        abort();
}

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

static void sip_absorb(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    sip_round(v);
    v[0] ^= word;
}

/* SipHash-2-4 (Aumasson and Bernstein, 2012), little-endian words. */
uint64_t map_hash(struct slice bytes)
{
    (void)pthread_once(&seed_once, seed_make);
    uint64_t v[4] = {seed[0] ^ 0x736f6d6570736575U, seed[1] ^ 0x646f72616e646f6dU,
                     seed[0] ^ 0x6c7967656e657261U, seed[1] ^ 0x7465646279746573U};
    size_t whole = bytes.length / 8 * 8;
    uint64_t word;

    for (size_t i = 0; i < whole; i += 8) {
        memcpy(&word, bytes.data + i, 8);
        sip_absorb(v, word);
    }
    word = 0;
    if (bytes.length > whole)
        memcpy(&word, bytes.data + whole, bytes.length - whole);
    sip_absorb(v, word | (uint64_t)bytes.length << 56);

    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void map_init(struct map *map, map_key_function key)
{
    *map = (struct map){.key = key};
}

void map_release(struct map *map)
{
    free(map->buckets);
    map_init(map, map->key);
}

static struct map_node **map_bucket(const struct map *map, uint64_t hash)
{
    return &map->buckets[hash & (map->bucket_count - 1)];
}

struct map_node *map_find(const struct map *map, struct slice key)
{
    if (map->count == 0)
        return NULL;
    uint64_t hash = map_hash(key);
    for (struct map_node *node = *map_bucket(map, hash); node; node = node->next)
        if (node->hash == hash && slice_equal(map->key(node), key))
            return node;
    return NULL;
}

static bool map_grow(struct map *map)
{
    size_t count = map->bucket_count ? map->bucket_count * 2 : MAP_FIRST_BUCKETS;
    struct map grown = {.buckets = calloc(count, sizeof(struct map_node *)), .bucket_count = count};
    if (!grown.buckets)
        return false;
    for (size_t i = 0; i < map->bucket_count; i++) {
        for (struct map_node *node = map->buckets[i], *next; node; node = next) {
            struct map_node **bucket = map_bucket(&grown, node->hash);
            next = node->next;
            node->next = *bucket;
            *bucket = node;
        }
    }
    free(map->buckets);
    map->buckets = grown.buckets;
    map->bucket_count = count;
    return true;
}

bool map_insert(struct map *map, struct map_node *node)
{
    if (map->count >= map->bucket_count && !map_grow(map))
        return false;
    node->hash = map_hash(map->key(node));
    struct map_node **bucket = map_bucket(map, node->hash);
    node->next = *bucket;
    *bucket = node;
    map->count++;
    return true;
}

void map_remove(struct map *map, struct map_node *node)
{
    struct map_node **link = map_bucket(map, node->hash);
    while (*link != node)
        link = &(*link)->next;
    *link = node->next;
    node->next = NULL;
    map->count--;
}

struct map_node *map_next(const struct map *map, const struct map_node *node)
{
    size_t i = 0;
    if (node) {
        if (node->next)
            return node->next;
        i = (node->hash & (map->bucket_count - 1)) + 1;
    }
    for (; i < map->bucket_count; i++)
        if (map->buckets[i])
            return map->buckets[i];
    return NULL;
}
