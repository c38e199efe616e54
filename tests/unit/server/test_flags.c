/* SPDX-License-Identifier: Apache-2.0 */
/* mqueryd's command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/flags.h"

enum {
    WORDS_MAX = 8,
    WORD_SIZE = 64
};

/* Flags parsed from a line of words parted by single spaces; they borrow from `words`. */
struct line {
    char words[WORDS_MAX][WORD_SIZE];
    char *argv[WORDS_MAX + 1];
    int argc;
    struct flags flags;
    struct error error;
};

static bool parse(struct line *line, const char *text)
{
    struct slice rest = slice_from_string(text);

    *line = (struct line){0};
    while (rest.length > 0) {
        ptrdiff_t space = slice_find(rest, ' ');
        struct slice word = space < 0 ? rest : slice_until(rest, (size_t)space);
        assert_true(word.length < WORD_SIZE && line->argc < WORDS_MAX);
        memcpy(line->words[line->argc], word.data, word.length);
        line->argv[line->argc] = line->words[line->argc];
        line->argc++;
        rest = slice_from(rest, word.length + 1);
    }
    return flags_parse(&line->flags, line->argc, line->argv, &line->error);
}

static void test_no_flags_are_fine(void **state)
{
    (void)state;
    struct line line;

    assert_true(parse(&line, "mqueryd"));
    assert_null(line.flags.values[FLAG_CONFIG]);
    assert_int_equal(line.flags.setting_count, 0);
    assert_true(parse(&line, ""));
}

static void test_values_follow_or_are_joined(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "mqueryd --config a.yaml --listen :1 --set cache.fresh=1m",
        "mqueryd --config=a.yaml --listen=:1 --set=cache.fresh=1m",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct line line;
        assert_true(parse(&line, texts[i]));
        assert_string_equal(line.flags.values[FLAG_CONFIG], "a.yaml");
        assert_int_equal(line.flags.setting_count, 2);
        assert_string_equal(line.flags.settings[0].name, "server.listen");
        assert_string_equal(line.flags.settings[0].value, ":1");
        assert_string_equal(line.flags.settings[1].name, "cache.fresh");
        assert_string_equal(line.flags.settings[1].value, "1m");
    }
}

static void test_a_settings_value_may_hold_equals_and_be_empty(void **state)
{
    (void)state;
    struct line line;

    assert_true(parse(&line, "mqueryd --set a=b=c --set d="));
    assert_string_equal(line.flags.settings[0].value, "b=c");
    assert_string_equal(line.flags.settings[1].value, "");
}

static void test_switches(void **state)
{
    (void)state;
    struct line line;

    assert_true(parse(&line, "mqueryd --check-config --print-config --help --version"));
    assert_non_null(line.flags.values[FLAG_CHECK_CONFIG]);
    assert_non_null(line.flags.values[FLAG_PRINT_CONFIG]);
    assert_non_null(line.flags.values[FLAG_HELP]);
    assert_non_null(line.flags.values[FLAG_VERSION]);
}

static void test_what_is_wrong_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *reason;
    } rows[] = {
        {"mqueryd --bogus", "unknown flag '--bogus'"},
        {"mqueryd --bogus=1", "unknown flag '--bogus'; see --help"},
        {"mqueryd --cofig=a", "unknown flag '--cofig', did you mean '--config'?"},
        {"mqueryd alpine", "takes no operands: 'alpine'"},
        {"mqueryd --help a=b", "takes no operands: 'a=b'"},
        {"mqueryd --listen", "--listen needs a value"},
        {"mqueryd --help=1", "--help takes no value"},
        {"mqueryd --set cache.fresh", "NAME=VALUE"},
        {"mqueryd --set", "--set needs a value"},
        {"mqueryd --set =1m", "NAME=VALUE"},
        {"mqueryd --config a --config b", "given twice"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct line line;
        if (parse(&line, rows[i].text))
            fail_msg("'%s' is taken", rows[i].text);
        assert_int_equal(line.error.code, ERROR_INVALID);
        if (!strstr(line.error.message, rows[i].reason))
            fail_msg("'%s' does not say '%s'", line.error.message, rows[i].reason);
    }
}

static void test_the_help_names_every_flag(void **state)
{
    (void)state;
    static const char *const names[] = {"--config FILE",  "--listen ADDRESS", "--set NAME=VALUE",
                                        "--check-config", "--print-config",   "--help",
                                        "--version"};
    CLEANUP(buffer_release) struct buffer help = BUFFER_INIT(4096);

    flags_describe(&help);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_non_null(strstr(buffer_string(&help), names[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_flags_are_fine),
        cmocka_unit_test(test_values_follow_or_are_joined),
        cmocka_unit_test(test_a_settings_value_may_hold_equals_and_be_empty),
        cmocka_unit_test(test_switches),
        cmocka_unit_test(test_what_is_wrong_is_told),
        cmocka_unit_test(test_the_help_names_every_flag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
