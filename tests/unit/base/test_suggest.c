/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/suggest.h"

static void test_the_nearest_name_is_suggested(void **state)
{
    static const char *const known[] = {"fresh", "negative", "memory", "fresher"};
    static const char *const rows[][2] = {
        {"frsh", ", did you mean 'fresh'?"},
        {"freshh", ", did you mean 'fresh'?"},
        {"fersh", ", did you mean 'fresh'?"},
        {"frehser", ", did you mean 'fresher'?"},
        {"memroy", ", did you mean 'memory'?"},
        {"fresh", ", did you mean 'fresh'?"},
        {"frxxx", ""},
        {"mmry", ""},
        {"mmroy", ""},
        {"memxrx", ", did you mean 'memory'?"},
        {"something", ""},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct suggestion suggestion = suggestion_begin(slice_from_string(rows[i][0]));
        for (size_t j = 0; j < sizeof(known) / sizeof(known[0]); j++)
            suggestion_consider(&suggestion, slice_from_string(known[j]));
        assert_string_equal(suggestion_phrase(&suggestion), rows[i][1]);
    }
}

static void test_slips_in_more_than_a_third_of_the_letters_make_another_word(void **state)
{
    static const struct {
        const char *wanted;
        const char *known;
        const char *phrase;
    } rows[] = {
        {"--nope", "--type", ""},
        {"--tyep", "--type", ", did you mean '--type'?"},
        {"--tgas", "--tags", ", did you mean '--tags'?"},
        {"-json", "--json", ", did you mean '--json'?"},
        {"ab", "ax", ", did you mean 'ax'?"},
        {"ab", "xy", ""},
        {"ba", "ab", ", did you mean 'ab'?"},
        {"--sxrvxr", "--server", ", did you mean '--server'?"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct suggestion suggestion = suggestion_begin(slice_from_string(rows[i].wanted));
        suggestion_consider(&suggestion, slice_from_string(rows[i].known));
        if (strcmp(suggestion_phrase(&suggestion), rows[i].phrase) != 0)
            fail_msg("'%s' for '%s'", suggestion_phrase(&suggestion), rows[i].wanted);
    }
}

static void test_long_names_are_not_compared(void **state)
{
    char text[SUGGESTION_NAME_MAX + 1];

    (void)state;
    memset(text, 'x', sizeof(text));
    struct slice longest = slice_of(text, SUGGESTION_NAME_MAX);
    struct slice longer = slice_of(text, sizeof(text));
    struct suggestion fits = suggestion_begin(longest);
    struct suggestion wanted_too_long = suggestion_begin(longer);
    struct suggestion known_too_long = suggestion_begin(longest);

    suggestion_consider(&fits, longest);
    suggestion_consider(&wanted_too_long, longest);
    suggestion_consider(&known_too_long, longer);
    assert_int_equal(strlen(suggestion_phrase(&fits)), strlen(", did you mean ''?") + 64);
    assert_string_equal(suggestion_phrase(&wanted_too_long), "");
    assert_string_equal(suggestion_phrase(&known_too_long), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_nearest_name_is_suggested),
        cmocka_unit_test(test_slips_in_more_than_a_third_of_the_letters_make_another_word),
        cmocka_unit_test(test_long_names_are_not_compared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
