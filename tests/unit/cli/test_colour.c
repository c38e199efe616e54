/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an output is coloured: a flag wins over NO_COLOR, which wins over a terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/colour.h"

static void test_a_flag_wins_over_no_color_and_that_over_a_terminal(void **state)
{
    (void)state;
    static const struct {
        const char *choice;
        struct colour_place place;
        bool is_coloured;
    } cases[] = {
        {NULL, {.is_terminal = true, .term = "xterm"}, true},
        {"auto", {.is_terminal = true, .term = "xterm"}, true},
        {NULL, {.is_terminal = false, .term = "xterm"}, false},
        {NULL, {.is_terminal = true, .term = NULL}, true},
        {NULL, {.is_terminal = true, .term = "dumb"}, false},
        {NULL, {.is_terminal = true, .no_color = "1"}, false},
        {NULL, {.is_terminal = true, .no_color = "0"}, false}, /* any value */
        {NULL, {.is_terminal = true, .no_color = ""}, true},   /* but an empty one */
        {"auto", {.is_terminal = true, .no_color = "1"}, false},
        {"always", {.is_terminal = false, .no_color = "1", .term = "dumb"}, true},
        {"never", {.is_terminal = true, .term = "xterm"}, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error error = {0};
        bool is_coloured = !cases[i].is_coloured;
        assert_true(colour_choose(cases[i].choice, &cases[i].place, &is_coloured, &error));
        assert_int_equal(is_coloured, cases[i].is_coloured);
    }
}

static void test_any_other_word_is_refused(void **state)
{
    (void)state;
    static const char *const words[] = {"", "yes", "Always", "autos"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct error error = {0};
        bool is_coloured = true;
        assert_false(colour_choose(words[i], &(struct colour_place){0}, &is_coloured, &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_true(is_coloured);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_flag_wins_over_no_color_and_that_over_a_terminal),
        cmocka_unit_test(test_any_other_word_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
