/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of mquery: which one the words mean, and which is meant by a word that is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/command.h"

enum {
    WORDS_MAX = 4
};

static void test_the_longest_name_wins(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        size_t count;
        enum command_id command;
        size_t taken;
    } cases[] = {
        {{"push", "from-spec", "file"}, 3, COMMAND_PUSH_FROM_SPEC, 2},
        {{"push", "from-args"}, 2, COMMAND_PUSH_FROM_ARGS, 2},
        {{"push", "from-images", "push"}, 3, COMMAND_PUSH_FROM_IMAGES, 2},
        {{"push", "from"}, 2, COMMAND_PUSH, 1},
        {{"push"}, 1, COMMAND_PUSH, 1},
        {{"inspect", "alpine"}, 2, COMMAND_INSPECT, 1},
        {{"check-registry", "a/b"}, 2, COMMAND_CHECK_REGISTRY, 1},
        {{"query", "push"}, 2, COMMAND_QUERY, 1},
        {{"alpine", "push"}, 2, COMMAND_COUNT, 0},
        {{"from-spec", "file"}, 2, COMMAND_COUNT, 0},
        {{"push from-spec", "file"}, 2, COMMAND_COUNT, 0},
        {{""}, 1, COMMAND_COUNT, 0},
        {{NULL}, 0, COMMAND_COUNT, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[WORDS_MAX][32] = {0};
        char *words[WORDS_MAX] = {0};
        size_t taken = 9;
        for (size_t j = 0; j < cases[i].count; j++) {
            memcpy(text[j], cases[i].words[j], strlen(cases[i].words[j]));
            words[j] = text[j];
        }
        assert_int_equal(command_find(words, cases[i].count, &taken), cases[i].command);
        assert_int_equal(taken, cases[i].taken);
    }
}

static void test_a_commands_flags_are_those_of_its_parts(void **state)
{
    (void)state;
    assert_int_equal(command_bits(COMMAND_REF), FOR(REF));
    assert_int_equal(command_bits(COMMAND_PUSH),
                     FOR(PUSH) | FOR(PUSH_FROM_SPEC) | FOR(PUSH_FROM_ARGS) | FOR(PUSH_FROM_IMAGES));
    assert_true(command_is_part_of(COMMAND_PUSH_FROM_SPEC, COMMAND_PUSH));
    assert_false(command_is_part_of(COMMAND_PUSH, COMMAND_PUSH));
    assert_false(command_is_part_of(COMMAND_PUSH, COMMAND_PUSH_FROM_SPEC));
}

static void test_a_word_that_is_no_command_is_refused_with_the_nearest(void **state)
{
    (void)state;
    static const struct {
        enum command_id command;
        const char *word;
        const char *message;
    } cases[] = {
        {COMMAND_PUSH, "form-spec", "unknown command 'push form-spec', did you mean 'from-spec'?"},
        {COMMAND_PUSH, "images", "unknown command 'push images'; see mquery push --help"},
        {COMMAND_PUSH, "ref", "unknown command 'push ref'; see mquery push --help"},
        {COMMAND_COUNT, "pussh", "unknown command 'pussh', did you mean 'push'?"},
        {COMMAND_COUNT, "\x1b[2J", "unknown command '\\x1b[2J'; see mquery --help"},
        {COMMAND_QUERY, "ref", "unknown command 'query ref'; see mquery query --help"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error error = {0};
        assert_false(command_refuse(cases[i].command, cases[i].word, &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_string_equal(error.message, cases[i].message);
    }
}

static void test_every_row_says_what_help_needs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        assert_non_null(commands[i].name);
        assert_non_null(commands[i].usage);
        assert_non_null(commands[i].examples);
        assert_true(commands[i].run || i == COMMAND_PUSH);
    }
    assert_true(COMMAND_COUNT <= 32); /* bits in flag.commands */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_longest_name_wins),
        cmocka_unit_test(test_a_commands_flags_are_those_of_its_parts),
        cmocka_unit_test(test_a_word_that_is_no_command_is_refused_with_the_nearest),
        cmocka_unit_test(test_every_row_says_what_help_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
