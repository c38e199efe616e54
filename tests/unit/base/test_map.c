/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/map.h"
#include "tests/support/fail_alloc.h"

enum {
    ITEM_COUNT = 5000
};

struct item {
    struct map_node node;
    char key[16];
    bool seen;
};

static struct slice item_key(const struct map_node *node)
{
    return slice_from_string(MAP_ITEM_CONST(node, struct item, node)->key);
}

static struct item items[ITEM_COUNT];

static void fill(struct map *map)
{
    map_init(map, item_key);
    for (size_t i = 0; i < ITEM_COUNT; i++) {
        items[i] = (struct item){0};
        (void)snprintf(items[i].key, sizeof(items[i].key), "key%zu", i);
        assert_true(map_insert(map, &items[i].node));
    }
}

static struct item *find(const struct map *map, const char *key)
{
    struct map_node *node = map_find(map, slice_from_string(key));
    return node ? MAP_ITEM(node, struct item, node) : NULL;
}

static void test_finds_what_was_inserted_and_nothing_else(void **state)
{
    struct map map;

    (void)state;
    map_init(&map, item_key);
    assert_null(find(&map, "key0"));
    fill(&map);
    assert_int_equal(map.count, ITEM_COUNT);
    for (size_t i = 0; i < ITEM_COUNT; i++)
        assert_ptr_equal(find(&map, items[i].key), &items[i]);
    assert_null(find(&map, "key"));
    assert_null(find(&map, "key5000"));
    assert_null(find(&map, ""));
    map_release(&map);
    assert_null(find(&map, "key0"));
}

static void test_a_removed_node_is_gone_and_the_others_stay(void **state)
{
    struct map map;

    (void)state;
    fill(&map);
    for (size_t i = 0; i < ITEM_COUNT; i += 2)
        map_remove(&map, &items[i].node);
    assert_int_equal(map.count, ITEM_COUNT / 2);
    for (size_t i = 0; i < ITEM_COUNT; i++)
        assert_ptr_equal(find(&map, items[i].key), i % 2 ? &items[i] : NULL);
    assert_true(map_insert(&map, &items[0].node));
    assert_ptr_equal(find(&map, "key0"), &items[0]);
    map_release(&map);
}

static void test_a_walk_meets_every_node_once_and_may_remove_the_last_one(void **state)
{
    struct map map;
    size_t met = 0;

    (void)state;
    fill(&map);
    struct map_node *node = map_next(&map, NULL);
    while (node) {
        struct item *item = MAP_ITEM(node, struct item, node);
        struct map_node *next = map_next(&map, node);
        assert_false(item->seen);
        item->seen = true;
        met++;
        map_remove(&map, node);
        node = next;
    }
    assert_int_equal(met, ITEM_COUNT);
    assert_int_equal(map.count, 0);
    assert_null(map_next(&map, NULL));
    map_release(&map);
}

static void test_S14_the_hash_depends_on_every_byte_and_the_length(void **state)
{
    char bytes[32] = {0};
    uint64_t hashes[sizeof(bytes) * 2];
    size_t count = 0;

    (void)state;
    for (size_t length = 0; length < sizeof(bytes); length++)
        hashes[count++] = map_hash(slice_of(bytes, length));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = 1;
        hashes[count++] = map_hash(slice_of(bytes, sizeof(bytes)));
        bytes[i] = 0;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++)
            assert_true(hashes[i] != hashes[j]);
    }
    assert_true(map_hash(SLICE("same")) == map_hash(SLICE("same")));
}

static bool insert_all(const void *context, struct error *error)
{
    struct map map;
    bool inserted = true;

    (void)context;
    map_init(&map, item_key);
    for (size_t i = 0; inserted && i < 100; i++)
        inserted = map_insert(&map, &items[i].node);
    size_t count = map.count;
    map_release(&map);
    return (inserted && count == 100) || error_no_memory(error);
}

static void test_no_memory_is_told(void **state)
{
    (void)state;
    assert_int_equal(fail_alloc_sweep(insert_all, NULL), 4); /* 16, 32, 64, 128 buckets */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_what_was_inserted_and_nothing_else),
        cmocka_unit_test(test_a_removed_node_is_gone_and_the_others_stay),
        cmocka_unit_test(test_a_walk_meets_every_node_once_and_may_remove_the_last_one),
        cmocka_unit_test(test_S14_the_hash_depends_on_every_byte_and_the_length),
        cmocka_unit_test(test_no_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
