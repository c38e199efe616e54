/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two names: what each has, and how each ends.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/program.h"

static char manifest_tool[] = "manifest-tool";
static char mquery[] = "mquery";
static char other[] = "manifest-tool-2";

static int as_mquery(void **state)
{
    (void)state;
    program_invocation_short_name = mquery;
    return 0;
}

static int as_manifest_tool(void **state)
{
    (void)state;
    program_invocation_short_name = manifest_tool;
    return 0;
}

static int as_another(void **state)
{
    (void)state;
    program_invocation_short_name = other;
    return 0;
}

static void test_mquery_has_every_command_and_status(void **state)
{
    (void)state;
    assert_string_equal(program_name(), "mquery");
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        assert_true(program_has((enum command_id)i));
    for (int status = EXIT_YES; status <= EXIT_INTERNAL; status++)
        assert_int_equal(program_exit_status((enum exit_status)status), status);
}

static void test_manifest_tool_has_its_own_commands_alone(void **state)
{
    (void)state;
    static const enum command_id its[] = {COMMAND_INSPECT,        COMMAND_PUSH,
                                          COMMAND_PUSH_FROM_SPEC, COMMAND_PUSH_FROM_ARGS,
                                          COMMAND_HELP,           COMMAND_COMPLETE};
    size_t count = 0;

    assert_string_equal(program_name(), "manifest-tool");
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        count += program_has((enum command_id)i);
    assert_int_equal(count, sizeof(its) / sizeof(its[0]));
    for (size_t i = 0; i < sizeof(its) / sizeof(its[0]); i++)
        assert_true(program_has(its[i]));
}

static void test_manifest_tool_ends_with_0_or_1_or_a_signal(void **state)
{
    (void)state;
    assert_int_equal(program_exit_status(EXIT_YES), 0);
    for (int status = EXIT_NO; status <= EXIT_INTERNAL; status++)
        assert_int_equal(program_exit_status((enum exit_status)status), 1);
    assert_int_equal(program_exit_status((enum exit_status)(EXIT_SIGNAL + 2)), 130);
}

static void test_manifest_tool_forgets_what_is_empty(void **state)
{
    (void)state;
    struct options options = {.values = {[OPTION_USERNAME] = "",
                                         [OPTION_PASSWORD] = "secret",
                                         [OPTION_DOCKER_CFG] = "",
                                         [OPTION_RAW] = ""}};

    program_forget_empty(&options);
    assert_null(options.values[OPTION_USERNAME]);
    assert_string_equal(options.values[OPTION_PASSWORD], "secret");
    assert_null(options.values[OPTION_DOCKER_CFG]);
    assert_non_null(options.values[OPTION_RAW]); /* a switch that is on */
}

static void test_mquery_forgets_nothing(void **state)
{
    (void)state;
    struct options options = {.values = {[OPTION_USERNAME] = ""}};

    program_forget_empty(&options);
    assert_non_null(options.values[OPTION_USERNAME]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_mquery_has_every_command_and_status, as_mquery),
        cmocka_unit_test_setup(test_mquery_has_every_command_and_status, as_another),
        cmocka_unit_test_setup(test_mquery_forgets_nothing, as_mquery),
        cmocka_unit_test_setup(test_manifest_tool_has_its_own_commands_alone, as_manifest_tool),
        cmocka_unit_test_setup(test_manifest_tool_ends_with_0_or_1_or_a_signal, as_manifest_tool),
        cmocka_unit_test_setup(test_manifest_tool_forgets_what_is_empty, as_manifest_tool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
