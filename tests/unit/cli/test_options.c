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

#include "cli/command.h"
#include "cli/options.h"

enum {
    WORDS_MAX = 9
};

/* A command line that is read: options_parse() moves what it is given, so each has argv of its own.
 */
struct line {
    char text[WORDS_MAX][64];
    char *pointers[WORDS_MAX + 1];
    int count;
    struct options options;
    struct error error;
};

static void line_release(struct line *line)
{
    options_release(&line->options);
}

static bool parse(struct line *line, const char *const *words)
{
    line_release(line);
    line->error = (struct error){0};
    for (line->count = 0; line->count < WORDS_MAX && words[line->count]; line->count++) {
        char *copy = line->text[line->count];
        size_t length = strlen(words[line->count]);
        assert_true(length < sizeof(line->text[0]));
        memcpy(copy, words[line->count], length + 1);
        line->pointers[line->count] = copy;
    }
    line->pointers[line->count] = NULL;
    return options_parse(&line->options, line->count, line->pointers, &line->error);
}

#define PARSE(line, ...) parse((line), (const char *const[]){"mquery", __VA_ARGS__, NULL})

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
        CLEANUP(line_release) struct line line = {0};
        assert_true(parse(&line, cases[i]));
        assert_string_equal(line.options.values[OPTION_PLATFORM], "linux/arm64");
        assert_non_null(line.options.values[OPTION_JSON]);
        assert_null(line.options.values[OPTION_SERVER]);
        assert_int_equal(line.options.operand_count, 2);
        assert_string_equal(line.options.operands[0], "a");
        assert_string_equal(line.options.operands[1], "b");
    }
}

static void test_a_double_dash_makes_the_rest_images(void **state)
{
    (void)state;
    CLEANUP(line_release) struct line line = {0};

    assert_true(PARSE(&line, "--json", "--", "version", "--help"));
    assert_true(line.options.is_image_first);
    assert_null(line.options.values[OPTION_HELP]);
    assert_int_equal(line.options.operand_count, 2);
    assert_string_equal(line.options.operands[1], "--help");

    assert_true(PARSE(&line, "ref", "--", "-x"));
    assert_false(line.options.is_image_first);
    assert_string_equal(line.options.operands[1], "-x");
}

static void test_a_value_may_be_empty_or_begin_with_a_dash(void **state)
{
    (void)state;
    CLEANUP(line_release) struct line line = {0};

    assert_true(PARSE(&line, "--server=", "--platform", "--json", "-"));
    assert_string_equal(line.options.values[OPTION_SERVER], "");
    assert_string_equal(line.options.values[OPTION_PLATFORM], "--json");
    assert_null(line.options.values[OPTION_JSON]);
    assert_string_equal(line.options.operands[0], "-");
}

static void test_a_switch_may_be_told_true_or_false(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        bool is_on;
    } cases[] = {
        {{"mquery", "--dry-run"}, true},          {{"mquery", "--dry-run=true"}, true},
        {{"mquery", "--dry-run=1"}, true},        {{"mquery", "--dry-run=T"}, true},
        {{"mquery", "--dry-run=false"}, false},   {{"mquery", "--dry-run=0"}, false},
        {{"mquery", "--dry-run=False"}, false},   {{"mquery", "--dry-run", "--dry-run=f"}, false},
        {{"mquery", "--dry-run", "false"}, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(line_release) struct line line = {0};
        assert_true(parse(&line, cases[i].words));
        assert_int_equal(line.options.values[OPTION_DRY_RUN] != NULL, cases[i].is_on);
    }
}

static void test_T36_a_repeated_flag_keeps_every_value_as_it_is(void **state)
{
    (void)state;
    CLEANUP(line_release) struct line line = {0};
    size_t position = 0;

    assert_true(
        PARSE(&line, "--annotation", "a=b=c", "--tags=1,2", "--annotation=d=", "--tags", "3"));
    assert_string_equal(options_next(&line.options, OPTION_ANNOTATION, &position), "a=b=c");
    assert_string_equal(options_next(&line.options, OPTION_ANNOTATION, &position), "d=");
    assert_null(options_next(&line.options, OPTION_ANNOTATION, &position));
    position = 0;
    assert_string_equal(options_next(&line.options, OPTION_TAGS, &position), "1,2");
    assert_string_equal(options_next(&line.options, OPTION_TAGS, &position), "3");
    assert_null(options_next(&line.options, OPTION_TAGS, &position));
    position = 0;
    assert_null(options_next(&line.options, OPTION_ANNOTATIONS, &position));
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
        {{"mquery", "--json=yes"}, "--json is true or false, not 'yes'"},
        {{"mquery", "--json="}, "--json is true or false, not ''"},
        {{"mquery", "a", "--platform"}, "--platform needs a value: P"},
        {{"mquery", "--type"}, "--type needs a value: docker|oci"},
        {{"mquery", "--require=a", "--require", "b"}, "--require is given twice"},
        {{"mquery", "--target=", "--target", "b"}, "--target is given twice"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(line_release) struct line line = {0};
        assert_false(parse(&line, cases[i].words));
        assert_int_equal(line.error.code, ERROR_INVALID);
        assert_string_equal(line.error.message, cases[i].message);
    }
}

static void test_a_wish_is_never_silently_ignored(void **state)
{
    (void)state;
    CLEANUP(line_release) struct line line = {0};

    assert_true(PARSE(&line, "ref", "a", "--json"));
    assert_true(options_refuse_others(&line.options, FOR(REF), "ref", &line.error));

    assert_true(PARSE(&line, "ref", "a", "--require", "linux/arm64"));
    assert_false(options_refuse_others(&line.options, FOR(REF), "ref", &line.error));
    assert_string_equal(line.error.message, "--require means nothing to ref");

    assert_true(PARSE(&line, "a", "--dry-run=false"));
    assert_true(options_refuse_others(&line.options, FOR(QUERY), "query", &line.error));
}

static void test_no_arguments_at_all_are_no_operands(void **state)
{
    (void)state;
    CLEANUP(options_release) struct options options = {0};
    char *none[] = {NULL};
    struct error error = {0};

    assert_true(options_parse(&options, 0, none, &error));
    assert_int_equal(options.operand_count, 0);
}

static void test_every_flag_has_a_name_a_help_and_a_command(void **state)
{
    (void)state;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        assert_int_equal(strncmp(flags[i].name, "--", 2), 0);
        assert_non_null(flags[i].help);
        assert_true(flags[i].commands != 0);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(flags[i].name, flags[j].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flags_stand_anywhere_in_both_forms),
        cmocka_unit_test(test_a_double_dash_makes_the_rest_images),
        cmocka_unit_test(test_a_value_may_be_empty_or_begin_with_a_dash),
        cmocka_unit_test(test_a_switch_may_be_told_true_or_false),
        cmocka_unit_test(test_T36_a_repeated_flag_keeps_every_value_as_it_is),
        cmocka_unit_test(test_nonsense_is_refused_with_the_nearest_flag),
        cmocka_unit_test(test_a_wish_is_never_silently_ignored),
        cmocka_unit_test(test_no_arguments_at_all_are_no_operands),
        cmocka_unit_test(test_every_flag_has_a_name_a_help_and_a_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
