/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "config/config.h"
#include "tests/support/fail_alloc.h"
#include "tests/unit/config/loaded.h"

static struct config *load(const char *const *environment, struct warnings *warnings)
{
    return load_from(&(struct config_sources){.environment = environment}, warnings);
}

static void test_every_setting_has_a_variable(void **state)
{
    static const char *const environment[] = {
        "MQUERY_SERVER_LISTEN=[::]:80",
        "MQUERY_SERVER_MAX_CONNECTIONS=5",
        "MQUERY_CACHE_STALE_WHILE_REVALIDATE=1s",
        "MQUERY_REGISTRY_ALLOW_PRIVATE=1",
        "MQUERY_REGISTRY_ALLOW= A.example , *.b ",
        "MQUERY_REGISTRY_DENY=[c, \"*.d\"]",
        "MQUERY_REGISTRY_HOSTS=[{name: reg:5000, plain_http: true}]",
        "MQUERY_LOG_LEVEL=warning",
        "MQUERY_PUSH_TOKENS_FILE=/run/tokens",
        NULL};
    struct warnings warnings = {0};
    CLEANUP(config_unref_p) struct config *config = load(environment, &warnings);

    (void)state;
    assert_int_equal(warnings.count, 0);
    assert_string_equal(config->server.listen, "[::]:80");
    assert_int_equal(config->server.max_connections, 5);
    assert_int_equal(config->cache.stale_while_revalidate, 1000);
    assert_true(config->registry.allow_private);
    assert_int_equal(config->registry.allow.count, 2);
    assert_string_equal(config->registry.allow.items[0], "a.example");
    assert_string_equal(config->registry.allow.items[1], "*.b");
    assert_int_equal(config->registry.deny.count, 2);
    assert_string_equal(config->registry.deny.items[1], "*.d");
    assert_int_equal(config->registry.host_count, 1);
    assert_string_equal(config->registry.hosts[0].name, "reg:5000");
    assert_true(config->registry.hosts[0].plain_http);
    assert_int_equal(config->log.level, LOG_LEVEL_WARNING);
    assert_string_equal(config->push.tokens_file, "/run/tokens");
}

static void test_an_empty_variable_empties_what_may_be_empty(void **state)
{
    static const char *const environment[] = {
        "MQUERY_REGISTRY_ALLOW=", "MQUERY_REGISTRY_HOSTS=", "MQUERY_PUSH_TOKENS_FILE=", NULL};
    CLEANUP(config_unref_p) struct config *config = load(environment, NULL);

    (void)state;
    assert_int_equal(config->registry.allow.count, 0);
    assert_int_equal(config->registry.host_count, 0);
    assert_null(config->push.tokens_file);
}

static void test_errors_name_the_variable(void **state)
{
    static const char *const rows[][2] = {
        {"MQUERY_CACHE_FRESH=5x",
         "MQUERY_CACHE_FRESH: '5x' is not a duration such as 30s or 1h30m, from 0s to 8760h"},
        {"MQUERY_CACHE_FRESH=", "MQUERY_CACHE_FRESH: expected a duration such as 30s or 1h30m"},
        {"MQUERY_REGISTRY_DENY=a,,b", "MQUERY_REGISTRY_DENY: '' is not a host such as "
                                      "registry.example.com:5000, or *.example.com, or *"},
        {"MQUERY_REGISTRY_HOSTS=[{nam: a}]",
         "MQUERY_REGISTRY_HOSTS:1:3: unknown key 'nam' of a host, did you mean 'name'?"},
        {"MQUERY_REGISTRY_HOSTS=reg", "MQUERY_REGISTRY_HOSTS: expected a list of hosts, such as "
                                      "[{name: registry.example.com:5000}]"},
        {"PORT=0", "PORT: '0' is not a number from 1 to 65535"},
        {"PORT=65536", "PORT: '65536' is not a number from 1 to 65535"},
        {"PORT=", "PORT: '' is not a number from 1 to 65535"},
        {"PORT=tcp://10.0.0.1:80", "PORT: 'tcp://10.0.0.1:80' is not a number from 1 to 65535"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *const environment[] = {rows[i][0], NULL};
        struct error error = {0};
        assert_null(
            config_load(&(struct config_sources){.environment = environment}, NULL, &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_string_equal(error.message, rows[i][1]);
    }
}

static void test_unknown_variables_warn_and_never_fail(void **state)
{
    static const char *const environment[] = {"MQUERY_PORT=tcp://10.0.0.1:80",
                                              "MQUERY_CACHE_FRSH=1m",
                                              "MQUERY_SERVER=http://x",
                                              "MQUERY_MODE=lambda",
                                              "MQUERY_CONFIG=/x.yaml",
                                              "MQUERYX=1",
                                              "OTHER=1",
                                              "MQUERY_",
                                              "MQUERY_NO\x1bVALUE",
                                              NULL};
    struct warnings warnings = {0};
    CLEANUP(config_unref_p) struct config *config = load(environment, &warnings);

    (void)state;
    assert_int_equal(config->cache.fresh, 300000);
    assert_int_equal(warnings.count, 4);
    assert_string_equal(warnings.lines[0], "unknown variable MQUERY_PORT is ignored");
    assert_string_equal(warnings.lines[1], "unknown variable MQUERY_CACHE_FRSH is ignored, did you "
                                           "mean 'MQUERY_CACHE_FRESH'?");
    assert_string_equal(warnings.lines[2], "unknown variable MQUERY_ is ignored");
    assert_string_equal(warnings.lines[3], "unknown variable MQUERY_NO\\x1bVALUE is ignored");
    warnings_release(&warnings);
    assert_int_equal(warnings.count, 0);
}

static void test_more_warnings_than_fit_are_told_in_the_last(void **state)
{
    struct warnings warnings = {0};
    char variables[20][32];
    const char *environment[21] = {NULL};

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        (void)snprintf(variables[i], sizeof(variables[i]), "MQUERY_UNKNOWN_THING_%zu=1", i);
        environment[i] = variables[i];
    }
    CLEANUP(config_unref_p) struct config *config = load(environment, &warnings);
    assert_non_null(config);
    assert_int_equal(warnings.count, 16);
    assert_string_equal(warnings.lines[14], "unknown variable MQUERY_UNKNOWN_THING_14 is ignored");
    assert_string_equal(warnings.lines[15], "further warnings are left out");
    warnings_release(&warnings);
}

static void test_port_is_heeded_when_listen_is_set_nowhere(void **state)
{
    static const char *const port[] = {"PORT=9000", NULL};
    CLEANUP(config_unref_p) struct config *config = load(port, NULL);

    (void)state;
    assert_string_equal(config->server.listen, ":9000");
}

static void test_port_is_ignored_when_listen_is_set_anywhere(void **state)
{
    static const char *const odd_port[] = {"PORT=nonsense", NULL};
    static const char *const variable[] = {"PORT=9000", "MQUERY_SERVER_LISTEN=:1", NULL};
    static const struct config_override flag = {"server.listen", ":2"};
    CLEANUP(scratch_remove)
    struct scratch file = scratch_write(SLICE("server: {listen: '127.0.0.1:8080'}"));
    struct error error = {0};

    (void)state;
    CLEANUP(config_unref_p) struct config *by_variable = load(variable, NULL);
    assert_string_equal(by_variable->server.listen, ":1");
    CLEANUP(config_unref_p)
    struct config *by_flag = config_load(
        &(struct config_sources){.environment = odd_port, .flags = &flag, .flag_count = 1}, NULL,
        &error);
    assert_non_null(by_flag);
    assert_string_equal(by_flag->server.listen, ":2");
    CLEANUP(config_unref_p)
    struct config *by_file = config_load(
        &(struct config_sources){.environment = odd_port, .file = file.path}, NULL, &error);
    assert_non_null(by_file);
    assert_string_equal(by_file->server.listen, "127.0.0.1:8080");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_setting_has_a_variable),
        cmocka_unit_test(test_an_empty_variable_empties_what_may_be_empty),
        cmocka_unit_test(test_errors_name_the_variable),
        cmocka_unit_test(test_unknown_variables_warn_and_never_fail),
        cmocka_unit_test(test_more_warnings_than_fit_are_told_in_the_last),
        cmocka_unit_test(test_port_is_heeded_when_listen_is_set_nowhere),
        cmocka_unit_test(test_port_is_ignored_when_listen_is_set_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
