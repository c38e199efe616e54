/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON texts as the tree that YAML makes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/fail_alloc.h"
#include "tests/unit/data/trees.h"

static struct yaml_tree *parse(const char *text)
{
    return parse_well(yaml_parse_json, text);
}

static void test_scalars_keep_their_text(void **state)
{
    CLEANUP(yaml_tree_free_p)
    struct yaml_tree *tree = parse("{\"number\":1.0,\"exponent\":-1E+2,\"yes\":true,\"big\":"
                                   "123456789012345678901234567890,\"null\":null,\"text\":\"null\","
                                   "\"empty\":\"\",\"<<\":\"merge\",\"list\":[ ],\"map\":{}}");
    const struct yaml_node *root = yaml_root(tree);

    (void)state;
    assert_int_equal(root->kind, YAML_MAPPING);
    assert_int_equal(root->count, 10);
    assert_text(value_of(root, "number"), "1.0");
    assert_text(value_of(root, "exponent"), "-1E+2");
    assert_text(value_of(root, "yes"), "true");
    assert_text(value_of(root, "big"), "123456789012345678901234567890");
    assert_true(value_of(root, "null")->is_null);
    assert_false(value_of(root, "text")->is_null);
    assert_false(value_of(root, "empty")->is_null);
    assert_text(value_of(root, "<<"), "merge");
    assert_int_equal(value_of(root, "list")->kind, YAML_SEQUENCE);
    assert_int_equal(value_of(root, "list")->count, 0);
    assert_int_equal(value_of(root, "map")->kind, YAML_MAPPING);
}

static void test_all_that_json_allows_in_a_string_is_read(void **state)
{
    CLEANUP(yaml_tree_free_p)
    struct yaml_tree *tree = parse("[\"\\ud83d\\ude00\",\"a\xe2\x80\xa8"
                                   "b\x7f\xc2\x85\",\"\\/\\\"\\\\\\u0001\",\"&a *b # c: d\"]");
    const struct yaml_node *root = yaml_root(tree);

    (void)state;
    assert_text(root->items[0], "\xf0\x9f\x98\x80");
    assert_text(root->items[1], "a\xe2\x80\xa8"
                                "b\x7f\xc2\x85");
    assert_text(root->items[2], "/\"\\\x01");
    assert_text(root->items[3], "&a *b # c: d");
}

static void test_nodes_know_their_line_and_column(void **state)
{
    CLEANUP(yaml_tree_free_p)
    struct yaml_tree *tree = parse("{\n  \"\xc3\xa9\": [1, \"two\",\r\n\t{\"a\":\n\"b\"}]\n}\n");
    const struct yaml_node *root = yaml_root(tree);
    const struct yaml_node *list = root->items[0];

    (void)state;
    assert_place(root, 1, 1);
    assert_place(root->keys[0], 2, 3);
    assert_place(list, 2, 8);
    assert_place(list->items[0], 2, 9);
    assert_place(list->items[1], 2, 12);
    assert_place(list->items[2], 3, 2);
    assert_place(list->items[2]->keys[0], 3, 3);
    assert_place(list->items[2]->items[0], 4, 1);
}

static void test_S9_S10_S11_what_is_no_json_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {
        {"", "file:1:1: unexpected end of the text"},
        {"\n\n", "file:3:1: unexpected end of the text"},
        {"a: b", "file:1:1: expected an object or an array"},
        {"{\n 'a': 1}", "file:2:2: expected a key in double quotes"},
        {"{\"a\": 1,\n \"\\u0061\": 2}", "file:2:2: repeated key"},
        {"{\"a\": NaN}", "file:1:7: expected a value"},
        {"{\"a\": 01}", "file:1:8: expected ',' or '}'"},
        {"{\"a\": 1,}", "file:1:9: expected a key in double quotes"},
        {"[\"\xc3\xa9\", \"\xc0\xaf\"]", "file:1:8: invalid UTF-8"},
        {"[\"\\ud83d\"]", "file:1:3: broken escape"},
        {"[\"\\u0000\"]", "file:1:3: U+0000 in a string"},
        {"{} {}", "file:1:4: expected the end of the text"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_refused_by(yaml_parse_json, slice_from_string(rows[i].text), ERROR_INVALID,
                          rows[i].message);
    }
}

static void test_S13_depth_and_number_of_values_are_bounded(void **state)
{
    struct buffer text = BUFFER_INIT(1 << 20);

    (void)state;
    assert_true(buffer_append_string(&text, "[1"));
    for (size_t i = 0; i < YAML_NODES_MAX; i++)
        assert_true(buffer_append_string(&text, ",1"));
    assert_true(buffer_append_string(&text, "]"));
    assert_refused_by(yaml_parse_json, buffer_slice(&text), ERROR_TOO_LARGE,
                      "file:1:40000: too many values");
    buffer_clear(&text);
    for (size_t i = 0; i <= YAML_DEPTH_MAX; i++)
        assert_true(buffer_append_string(&text, "["));
    assert_refused_by(yaml_parse_json, buffer_slice(&text), ERROR_TOO_LARGE,
                      "file:1:33: nested too deeply");
    buffer_release(&text);
}

static bool parse_all(const void *context, struct error *error)
{
    CLEANUP(yaml_tree_free_p)
    struct yaml_tree *tree = yaml_parse_json(slice_from_string(context), "file", error);
    return tree != NULL;
}

static void test_no_memory_is_an_error(void **state)
{
    (void)state;
    assert_true(fail_alloc_sweep(parse_all, "{\"\\u0061\":[1,{\"b\":\"c\"}],\"d\":{}}") >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars_keep_their_text),
        cmocka_unit_test(test_all_that_json_allows_in_a_string_is_read),
        cmocka_unit_test(test_nodes_know_their_line_and_column),
        cmocka_unit_test(test_S9_S10_S11_what_is_no_json_is_refused_with_its_place),
        cmocka_unit_test(test_S13_depth_and_number_of_values_are_bounded),
        cmocka_unit_test(test_no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
