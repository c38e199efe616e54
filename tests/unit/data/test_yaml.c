/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/fail_alloc.h"
#include "tests/unit/data/trees.h"

enum {
    TEXT_MAX = 1024 * 1024
};

static struct yaml_tree *parse(const char *text)
{
    return parse_well(yaml_parse, text);
}

struct refusal {
    struct slice text;
    const char *message;
};

#define BYTES(literal)                 \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

static void assert_refused(struct slice text, enum error_code code, const char *message)
{
    assert_refused_by(yaml_parse, text, code, message);
}

static void test_scalars_keep_their_text(void **state)
{
    CLEANUP(yaml_tree_free_p)
    struct yaml_tree *tree =
        parse("version: 1.0\nanswer: yes\noctal: 010\nquoted: \"a\\tb\"\nfolded: >-\n  a\n  b\n"
              "nothing:\ntilde: ~\nnull: null\nempty: ''\nnot_null: 'null'\n");
    const struct yaml_node *root = yaml_root(tree);

    (void)state;
    assert_int_equal(root->kind, YAML_MAPPING);
    assert_int_equal(root->count, 10);
    assert_text(value_of(root, "version"), "1.0");
    assert_text(value_of(root, "answer"), "yes");
    assert_text(value_of(root, "octal"), "010");
    assert_text(value_of(root, "quoted"), "a\tb");
    assert_text(value_of(root, "folded"), "a b");
    assert_true(value_of(root, "nothing")->is_null);
    assert_true(value_of(root, "tilde")->is_null);
    assert_true(value_of(root, "null")->is_null);
    assert_false(value_of(root, "empty")->is_null);
    assert_false(value_of(root, "not_null")->is_null);
    assert_null(find_value(root, "other"));
}

static void test_nodes_know_their_line_and_column(void **state)
{
    CLEANUP(yaml_tree_free_p)
    struct yaml_tree *tree =
        parse("# comment\na:\n  - one\n  -   b: {c: d}\ne: \xc3\xa9 # two bytes, one column\n");
    const struct yaml_node *root = yaml_root(tree);
    const struct yaml_node *list = value_of(root, "a");

    (void)state;
    assert_place(root, 2, 1);
    assert_place(root->keys[0], 2, 1);
    assert_place(list, 3, 3);
    assert_place(list->items[0], 3, 5);
    assert_place(list->items[1], 4, 7);
    assert_place(value_of(list->items[1], "b"), 4, 10);
    assert_place(value_of(value_of(list->items[1], "b"), "c"), 4, 14);
    assert_place(root->keys[1], 5, 1);
    assert_place(root->items[1], 5, 4);
}

static void test_a_byte_order_mark_is_passed_over(void **state)
{
    CLEANUP(yaml_tree_free_p)
    struct yaml_tree *tree = parse("\xef\xbb\xbfk: 1\nl: 2\n");
    const struct yaml_node *root = yaml_root(tree);

    (void)state;
    assert_place(root->keys[0], 1, 1);
    assert_place(root->keys[1], 2, 1);
}

static void test_an_empty_document_has_no_root(void **state)
{
    static const char *const texts[] = {"", "\n\n", "# only a comment\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        CLEANUP(yaml_tree_free_p) struct yaml_tree *tree = parse(texts[i]);
        assert_null(yaml_root(tree));
    }
    struct error error;
    CLEANUP(yaml_tree_free_p)
    struct yaml_tree *tree = yaml_parse((struct slice){0}, "file", &error);
    assert_non_null(tree);
    assert_null(find_value(yaml_root(tree), "a"));
}

static void test_the_root_may_be_anything(void **state)
{
    CLEANUP(yaml_tree_free_p) struct yaml_tree *scalar = parse("--- text\n...\n");
    CLEANUP(yaml_tree_free_p) struct yaml_tree *list = parse("[]");
    CLEANUP(yaml_tree_free_p) struct yaml_tree *mapping = parse("\xef\xbb\xbf{}");

    (void)state;
    assert_text(yaml_root(scalar), "text");
    assert_null(find_value(yaml_root(scalar), "a"));
    assert_int_equal(yaml_root(list)->kind, YAML_SEQUENCE);
    assert_int_equal(yaml_root(list)->count, 0);
    assert_int_equal(yaml_root(mapping)->kind, YAML_MAPPING);
    assert_int_equal(yaml_root(mapping)->count, 0);
    yaml_tree_free(NULL);
}

static void test_aliases_are_expanded(void **state)
{
    CLEANUP(yaml_tree_free_p)
    struct yaml_tree *tree =
        parse("a: &x one\nb: *x\nc: &y [*x, two]\nd: *y\ne: &x three\nf: *x\n*x : g\n");
    const struct yaml_node *root = yaml_root(tree);

    (void)state;
    assert_text(value_of(root, "b"), "one");
    assert_text(value_of(root, "d")->items[0], "one");
    assert_text(value_of(root, "d")->items[1], "two");
    assert_text(value_of(root, "f"), "three");
    assert_text(value_of(root, "three"), "g");
}

static void test_merges_add_what_is_not_there(void **state)
{
    CLEANUP(yaml_tree_free_p)
    struct yaml_tree *tree = parse("base: &base {a: 1, b: 1}\nmore: &more {b: 2, c: 2}\n"
                                   "one: {<<: *base, b: 3, d: 3}\nmany: {<<: [*base, *more]}\n"
                                   "chain: {<<: {<<: *base, e: 4}}\nquoted: {'<<': text}\n");
    const struct yaml_node *root = yaml_root(tree);
    const struct yaml_node *one = value_of(root, "one");
    const struct yaml_node *many = value_of(root, "many");
    const struct yaml_node *chain = value_of(root, "chain");

    (void)state;
    assert_int_equal(one->count, 3);
    assert_text(one->keys[0], "b");
    assert_text(value_of(one, "a"), "1");
    assert_text(value_of(one, "b"), "3");
    assert_int_equal(many->count, 3);
    assert_text(value_of(many, "b"), "1");
    assert_text(value_of(many, "c"), "2");
    assert_int_equal(chain->count, 3);
    assert_text(value_of(chain, "b"), "1");
    assert_text(value_of(value_of(root, "quoted"), "<<"), "text");
}

static void test_refusals_name_line_and_column(void **state)
{
    static const struct refusal rows[] = {
        {BYTES("a: 1\nb: 2\na: 3\n"), "file:3:1: repeated key"},
        {BYTES("{a: 1, \"a\": 2}"), "file:1:8: repeated key"},
        {BYTES("x: &k a\n*k : 1\ny: {z: 1, *k : 1, a: 2}\n"), "file:3:19: repeated key"},
        {BYTES("{<<: {}, <<: {}}"), "file:1:10: repeated key"},
        {BYTES("{<<: 1}"), "file:1:6: << wants a mapping, or a list of mappings"},
        {BYTES("{<<: [{}, 1]}"), "file:1:11: << wants a mapping, or a list of mappings"},
        {BYTES("a: *b\n"), "file:1:4: alias of an unknown anchor"},
        {BYTES("a: &b [*b]\n"), "file:1:8: alias of an unknown anchor"},
        {BYTES("[a]: 1\n"), "file:1:1: a key must be a plain word"},
        {BYTES("? {a: b}\n: 1\n"), "file:1:3: a key must be a plain word"},
        {BYTES("x: &k [a]\n*k : 1\n"), "file:2:1: a key must be a plain word"},
        {BYTES("a: !!str 1\n"), "file:1:4: tags are not read"},
        {BYTES("a: !x [1]\n"), "file:1:4: tags are not read"},
        {BYTES("--- !x\na: 1\n"), "file:1:5: tags are not read"},
        {BYTES("a: 1\n---\nb: 2\n"), "file:2:1: a second document"},
        {BYTES("a: \"x\\0y\"\n"), "file:1:4: U+0000 in a text"},
        {BYTES("a: [1\nb: 2\n"), "file:2:2: did not find expected ',' or ']'"},
        {BYTES("a: 1\n\tb: 2\n"), "file:2:1: found a tab character that violates indentation"},
        {BYTES("a: b: c\n"), "file:1:5: mapping values are not allowed in this context"},
        {BYTES("a: 1\nb: \xff\n"), "file:2:4: invalid leading UTF-8 octet"},
        {BYTES("a: \x01\n"), "file:1:4: control characters are not allowed"},
        {BYTES("\xff\xfe"
               "a\0"),
         "file:1:1: invalid leading UTF-8 octet"}, /* UTF-16 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_refused(rows[i].text, ERROR_INVALID, rows[i].message);
}

static void test_S20_the_name_is_escaped(void **state)
{
    struct error error = {0};

    (void)state;
    assert_null(yaml_parse(SLICE("*a"), "a\x1b[2Jb", &error));
    assert_string_equal(error.message, "a\\x1b[2Jb:1:1: alias of an unknown anchor");
}

static void append_times(struct buffer *out, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        assert_true(buffer_append_string(out, text));
}

static void test_32_levels_are_read_and_33_refused(void **state)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

    (void)state;
    append_times(&text, "[", 32);
    append_times(&text, "]", 32);
    CLEANUP(yaml_tree_free_p) struct yaml_tree *tree = parse(buffer_string(&text));
    assert_non_null(yaml_root(tree));
    buffer_clear(&text);
    append_times(&text, "[", 33);
    assert_refused(buffer_slice(&text), ERROR_TOO_LARGE, "file:1:33: nested too deeply");

    /* Through an alias, too. */
    buffer_clear(&text);
    buffer_append_string(&text, "- &a ");
    append_times(&text, "[", 31);
    append_times(&text, "]", 31);
    buffer_append_string(&text, "\n- [*a]\n");
    assert_refused(buffer_slice(&text), ERROR_TOO_LARGE, "file:2:4: nested too deeply");
}

static void test_20000_values_are_read_and_more_refused(void **state)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

    (void)state;
    append_times(&text, "- a\n", YAML_NODES_MAX - 1);
    CLEANUP(yaml_tree_free_p) struct yaml_tree *tree = parse(buffer_string(&text));
    assert_int_equal(yaml_root(tree)->count, YAML_NODES_MAX - 1);
    buffer_append_string(&text, "- a\n");
    assert_refused(buffer_slice(&text), ERROR_TOO_LARGE, "file:20000:3: too many values");
}

/* "Billion laughs": each list names the one before ten times. */
static void test_a_bomb_of_aliases_is_refused(void **state)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

    (void)state;
    buffer_append_string(&text, "l0: &l0 x\n");
    for (int i = 1; i < 10; i++) {
        buffer_format(&text, "l%d: &l%d [", i, i);
        for (int j = 0; j < 10; j++)
            buffer_format(&text, "%s*l%d", j ? "," : "", i - 1);
        buffer_append_string(&text, "]\n");
    }
    assert_refused(buffer_slice(&text), ERROR_TOO_LARGE, "file:6:14: too many values");
}

static void test_a_bomb_of_merges_is_refused(void **state)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
    struct error error = {0};

    (void)state;
    buffer_append_string(&text, "a: &a\n");
    for (int i = 0; i < 1000; i++)
        buffer_format(&text, "  k%d: x\n", i);
    for (int i = 0; i < 100; i++)
        buffer_format(&text, "b%d:\n  <<: *a\n", i);
    assert_null(yaml_parse(buffer_slice(&text), "file", &error));
    assert_int_equal(error.code, ERROR_TOO_LARGE);

    /* Once is enough where the mapping is big. */
    buffer_clear(&text);
    buffer_append_string(&text, "a: &a\n");
    for (int i = 0; i < 6000; i++)
        buffer_format(&text, "  k%d: x\n", i);
    buffer_append_string(&text, "b:\n  <<: *a\n");
    assert_refused(buffer_slice(&text), ERROR_TOO_LARGE, "file:6003:3: too many values");
}

static void test_S14_a_mapping_of_thousands_of_keys_is_read(void **state)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

    (void)state;
    for (int i = 0; i < 9000; i++)
        buffer_format(&text, "k%d: %d\n", i, i);
    CLEANUP(yaml_tree_free_p) struct yaml_tree *tree = parse(buffer_string(&text));
    assert_text(value_of(yaml_root(tree), "k8999"), "8999");
    buffer_append_string(&text, "k4500: again\n");
    assert_refused(buffer_slice(&text), ERROR_INVALID, "file:9001:1: repeated key");
}

static bool parse_once(const void *context, struct error *error)
{
    CLEANUP(yaml_tree_free_p)
    struct yaml_tree *tree = yaml_parse(slice_from_string(context), "file", error);

    return tree;
}

static void test_no_memory_is_told(void **state)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

    (void)state;
    buffer_append_string(&text, "base: &base {");
    for (int i = 0; i < 20; i++)
        buffer_format(&text, "k%d: v, ", i);
    buffer_append_string(&text, "a: &long ");
    append_times(&text, "x", 5000);
    buffer_append_string(&text, "}\nmerged: {<<: *base}\nlist: &");
    append_times(&text, "y", 5000);
    buffer_append_string(&text, "\n");
    append_times(&text, "- [a, {b: c}, *base, *long]\n", 100);
    assert_true(fail_alloc_sweep(parse_once, buffer_string(&text)) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars_keep_their_text),
        cmocka_unit_test(test_nodes_know_their_line_and_column),
        cmocka_unit_test(test_a_byte_order_mark_is_passed_over),
        cmocka_unit_test(test_an_empty_document_has_no_root),
        cmocka_unit_test(test_the_root_may_be_anything),
        cmocka_unit_test(test_aliases_are_expanded),
        cmocka_unit_test(test_merges_add_what_is_not_there),
        cmocka_unit_test(test_refusals_name_line_and_column),
        cmocka_unit_test(test_S20_the_name_is_escaped),
        cmocka_unit_test(test_32_levels_are_read_and_33_refused),
        cmocka_unit_test(test_20000_values_are_read_and_more_refused),
        cmocka_unit_test(test_a_bomb_of_aliases_is_refused),
        cmocka_unit_test(test_a_bomb_of_merges_is_refused),
        cmocka_unit_test(test_S14_a_mapping_of_thousands_of_keys_is_read),
        cmocka_unit_test(test_no_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
