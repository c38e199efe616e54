/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flags of mquery: every way to write one, and what is said about those it does not know.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/options.h"

enum {
    WORDS_MAX = 8
};

struct words {
    char text[WORDS_MAX][64];
    char *pointers[WORDS_MAX + 1];
    int count;
};

/* options_parse() moves what it is given: each case gets argv of its own. */
static void fill(struct words *argv, const char *const *words)
{
    argv->count = 0;
    while (argv->count < WORDS_MAX && words[argv->count]) {
        char *copy = argv->text[argv->count];
        size_t length = strlen(words[argv->count]);
        assert_true(length < sizeof(argv->text[0]));
        memcpy(copy, words[argv->count], length + 1);
        argv->pointers[argv->count++] = copy;
    }
    argv->pointers[argv->count] = NULL;
}

static void test_flags_stand_anywhere_in_both_forms(void **state)
{
    (void)state;
    static const char *const cases[][WORDS_MAX] = {
        {"mquery", "--platform", "linux/arm64", "--json", "a", "b"},
        {"mquery", "a", "--json", "b", "--platform=linux/arm64"},
        {"mquery", "a", "b", "--platform", "linux/arm64", "--json"},
        {"mquery", "--json", "--json", "--platform=linux/arm64", "--", "a", "b"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct words argv;
        struct options options;
        struct error error = {0};
        fill(&argv, cases[i]);
        assert_true(options_parse(&options, argv.count, argv.pointers, &error));
        assert_string_equal(options.values[OPTION_PLATFORM], "linux/arm64");
        assert_non_null(options.values[OPTION_JSON]);
        assert_null(options.values[OPTION_SERVER]);
        assert_int_equal(options.operand_count, 2);
        assert_string_equal(options.operands[0], "a");
        assert_string_equal(options.operands[1], "b");
    }
}

static void test_a_double_dash_makes_the_rest_images(void **state)
{
    (void)state;
    struct words argv;
    struct options options;
    struct error error = {0};

    fill(&argv, (const char *const[]){"mquery", "--json", "--", "version", "--help", NULL});
    assert_true(options_parse(&options, argv.count, argv.pointers, &error));
    assert_true(options.is_image_first);
    assert_null(options.values[OPTION_HELP]);
    assert_int_equal(options.operand_count, 2);
    assert_string_equal(options.operands[1], "--help");

    fill(&argv, (const char *const[]){"mquery", "ref", "--", "-x", NULL});
    assert_true(options_parse(&options, argv.count, argv.pointers, &error));
    assert_false(options.is_image_first);
    assert_string_equal(options.operands[1], "-x");
}

static void test_a_value_may_be_empty_or_begin_with_a_dash(void **state)
{
    (void)state;
    struct words argv;
    struct options options;
    struct error error = {0};

    fill(&argv, (const char *const[]){"mquery", "--server=", "--platform", "--json", "-", NULL});
    assert_true(options_parse(&options, argv.count, argv.pointers, &error));
    assert_string_equal(options.values[OPTION_SERVER], "");
    assert_string_equal(options.values[OPTION_PLATFORM], "--json");
    assert_null(options.values[OPTION_JSON]);
    assert_string_equal(options.operands[0], "-");
}

static void test_nonsense_is_refused_with_the_nearest_flag(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        const char *message;
    } cases[] = {
        {{"mquery", "--sever", "u"}, "unknown flag '--sever', did you mean '--server'?"},
        {{"mquery", "--jsno"}, "unknown flag '--jsno', did you mean '--json'?"},
        {{"mquery", "--platfrom=x"}, "unknown flag '--platfrom', did you mean '--platform'?"},
        {{"mquery", "-json"}, "unknown flag '-json', did you mean '--json'?"},
        {{"mquery", "--quarantine"}, "unknown flag '--quarantine'; see mquery --help"},
        {{"mquery", "--a\x1b[2J"}, "unknown flag '--a\\x1b[2J'; see mquery --help"},
        {{"mquery", "--json=yes"}, "--json takes no value"},
        {{"mquery", "a", "--platform"}, "--platform needs a value: P"},
        {{"mquery", "--require=a", "--require", "b"}, "--require is given twice"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct words argv;
        struct options options;
        struct error error = {0};
        fill(&argv, cases[i].words);
        assert_false(options_parse(&options, argv.count, argv.pointers, &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_string_equal(error.message, cases[i].message);
    }
}

static void test_a_wish_is_never_silently_ignored(void **state)
{
    (void)state;
    struct words argv;
    struct options options;
    struct error error = {0};

    fill(&argv, (const char *const[]){"mquery", "ref", "a", "--json", NULL});
    assert_true(options_parse(&options, argv.count, argv.pointers, &error));
    assert_true(options_refuse_query_flags(&options, "ref", &error));

    fill(&argv, (const char *const[]){"mquery", "ref", "a", "--require", "linux/arm64", NULL});
    assert_true(options_parse(&options, argv.count, argv.pointers, &error));
    assert_false(options_refuse_query_flags(&options, "ref", &error));
    assert_string_equal(error.message, "--require means nothing to ref");
}

static void test_no_arguments_at_all_are_no_operands(void **state)
{
    (void)state;
    char *none[] = {NULL};
    struct options options;
    struct error error = {0};

    assert_true(options_parse(&options, 0, none, &error));
    assert_int_equal(options.operand_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flags_stand_anywhere_in_both_forms),
        cmocka_unit_test(test_a_double_dash_makes_the_rest_images),
        cmocka_unit_test(test_a_value_may_be_empty_or_begin_with_a_dash),
        cmocka_unit_test(test_nonsense_is_refused_with_the_nearest_flag),
        cmocka_unit_test(test_a_wish_is_never_silently_ignored),
        cmocka_unit_test(test_no_arguments_at_all_are_no_operands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
