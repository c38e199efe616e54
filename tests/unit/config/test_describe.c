/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said of settings in pages and in the sample.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/setting.h"

static void test_every_row_is_described_in_the_tables_order(void **state)
{
    (void)state;
    struct config_description row = CONFIG_DESCRIPTION_INIT;
    size_t count = 0;

    for (; config_describe(CONFIG_SETTINGS, count, &row); count++)
        assert_string_equal(row.name, settings[count].name);
    assert_int_equal(count, setting_total);
    for (count = 0; config_describe(CONFIG_HOST_SETTINGS, count, &row); count++)
        assert_string_equal(row.name, host_settings[count].name);
    assert_int_equal(count, host_setting_total);
    buffer_release(&row.values);
}

static void find(const char *name, struct config_description *row)
{
    for (size_t i = 0; config_describe(CONFIG_SETTINGS, i, row); i++) {
        if (strcmp(row->name, name) == 0)
            return;
    }
    fail_msg("no %s", name);
}

static void test_a_description_tells_which_values_are_taken(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *initial;
        const char *values;
        bool needs_restart;
    } cases[] = {
        {"server.threads", "0", "a whole number, from 0 to 256", true},
        {"cache.negative", "30s", "a duration such as 30s or 1h30m, from 0s to 24h", false},
        {"cache.memory", "64MiB", "a size such as 64MiB, from 1MiB to 1024GiB", false},
        {"log.access", "misses", "one of all, misses, none", false},
        {"push.enabled", "false", "true or false", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config_description row = CONFIG_DESCRIPTION_INIT;
        find(cases[i].name, &row);
        assert_string_equal(row.initial, cases[i].initial);
        assert_string_equal(buffer_string(&row.values), cases[i].values);
        assert_int_equal(row.needs_restart, cases[i].needs_restart);
        buffer_release(&row.values);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_described_in_the_tables_order),
        cmocka_unit_test(test_a_description_tells_which_values_are_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
