/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a reload makes of other settings; and where they come from besides: defaults of a process,
 * and files that systemd passes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/setting.h"
#include "tests/unit/config/loaded.h"

enum {
    VALUE_MAX = 64 * 1024,
    PATH_SIZE = 128
};

/* -- what stays until the next start -------------------------------------------------------- */

static void test_what_wants_a_restart_stays_and_is_told(void **state)
{
    (void)state;
    CLEANUP(config_unref_p)
    struct config *running = load_file("server: {threads: 2}\n"
                                       "log: {format: json}\n");
    CLEANUP(config_unref_p)
    struct config *next = load_file("server: {listen: 'unix:/s'}\n"
                                    "log: {format: logfmt, level: debug}\n"
                                    "cache: {fresh: 1m}\n");
    CLEANUP(warnings_release) struct warnings kept = {0};
    struct error error;

    assert_true(config_keep_until_restart(next, running, &kept, &error));
    assert_string_equal(next->server.listen, "127.0.0.1:8080");
    assert_int_equal(next->server.threads, 2);
    assert_int_equal(next->log.format, LOG_FORMAT_JSON);
    assert_int_equal(next->log.level, LOG_LEVEL_DEBUG);
    assert_int_equal(next->cache.fresh, 60000);
    assert_int_equal(kept.count, 3);
    assert_string_equal(kept.lines[0], "server.listen");
    assert_string_equal(kept.lines[1], "server.threads");
    assert_string_equal(kept.lines[2], "log.format");
}

static void test_where_nothing_changed_nothing_is_told(void **state)
{
    (void)state;
    CLEANUP(config_unref_p) struct config *running = load_file("server: {listen: '[::]:80'}\n");
    CLEANUP(config_unref_p) struct config *next = load_file("server: {listen: '[::]:80'}\n");
    CLEANUP(warnings_release) struct warnings kept = {0};
    struct error error;

    assert_true(config_keep_until_restart(next, running, &kept, &error));
    assert_int_equal(kept.count, 0);
}

/* The table's promise: a row that wants a restart can be kept whatever its type. */
static void test_every_row_that_wants_a_restart_can_be_kept(void **state)
{
    (void)state;
    CLEANUP(config_unref_p) struct config *running = load_from(&(struct config_sources){0}, NULL);

    for (size_t i = 0; i < setting_total; i++) {
        CLEANUP(buffer_release) struct buffer value = BUFFER_INIT(VALUE_MAX);
        struct error error;
        if (settings[i].change != SETTING_RESTART)
            continue;
        setting_print(&settings[i], running, &value);
        const struct setting_source source = {settings[i].name, &error};
        assert_true(setting_read_text(&settings[i], buffer_slice(&value), running, &source));
    }
}

/* -- what decides over a registry's answers ------------------------------------------------- */

static const char one_host[] = "registry: {hosts: [{name: a.test, plain_http: true}]}";

static const struct config_host *host_of(const struct config *config)
{
    return config_registry_host(&config->registry, SLICE("a.test"));
}

static void test_which_changes_make_another_reach(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_same;
    } rows[] = {
        {one_host, true},
        {"registry: {timeout: 1s, hosts: [{name: a.test, plain_http: true}, {name: b.test}]}",
         true},
        {"registry: {hosts: [{name: a.test}]}", false},
        {"registry: {hosts: []}", false},
        {"registry: {allow_private: true, hosts: [{name: a.test, plain_http: true}]}", false},
        {"registry: {credentials: docker, hosts: [{name: a.test, plain_http: true}]}", false},
        {"registry: {hosts: [{name: a.test, plain_http: true, realm: [c.test]}]}", false},
    };
    CLEANUP(config_unref_p) struct config *before = load_file(one_host);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(config_unref_p) struct config *now = load_file(rows[i].text);
        bool is_same = config_reach_is_same(before, host_of(before), now, host_of(now));
        if (is_same != rows[i].is_same)
            fail_msg("%s", rows[i].text);
    }
}

static struct config *load_password(const char *password)
{
    CLEANUP(scratch_remove) struct scratch file = scratch_write(slice_from_string(password));
    char text[2 * PATH_SIZE];

    (void)snprintf(text, sizeof(text),
                   "registry: {hosts: [{name: a.test, username: u, password_file: %s}]}",
                   "/tmp/mqueryd-test-password");
    assert_return_code(rename(file.path, "/tmp/mqueryd-test-password"), 0);
    struct config *config = load_file(text);
    (void)unlink("/tmp/mqueryd-test-password");
    return config;
}

static void test_another_password_is_another_reach_and_never_written(void **state)
{
    (void)state;
    CLEANUP(config_unref_p) struct config *before = load_password("swordfish\n");
    CLEANUP(config_unref_p) struct config *same = load_password("swordfish\n");
    CLEANUP(config_unref_p) struct config *now = load_password("mackerel\n");
    CLEANUP(buffer_release) struct buffer reach = BUFFER_INIT(VALUE_MAX);

    assert_true(config_reach_is_same(before, host_of(before), same, host_of(same)));
    assert_false(config_reach_is_same(before, host_of(before), now, host_of(now)));
    assert_true(config_write_reach(now, host_of(now), &reach));
    assert_non_null(strstr(buffer_string(&reach), "username u"));
    assert_null(strstr(buffer_string(&reach), "mackerel"));
}

static struct config *load_certificate(const char *content)
{
    CLEANUP(scratch_remove) struct scratch file = scratch_write(slice_from_string(content));

    assert_return_code(rename(file.path, "/tmp/mqueryd-test-ca"), 0);
    return load_file("registry: {hosts: [{name: a.test, ca_file: /tmp/mqueryd-test-ca}]}");
}

static void test_a_file_with_another_content_is_another_reach(void **state)
{
    static const char text[] = "registry: {hosts: [{name: a.test, ca_file: /tmp/mqueryd-test-ca}]}";

    (void)state;
    CLEANUP(config_unref_p) struct config *before = load_certificate("one");
    CLEANUP(config_unref_p) struct config *same = load_file(text);
    CLEANUP(config_unref_p) struct config *now = load_certificate("two");
    (void)unlink("/tmp/mqueryd-test-ca");

    assert_true(config_reach_is_same(before, host_of(before), same, host_of(same)));
    assert_false(config_reach_is_same(before, host_of(before), now, host_of(now)));
}

/* -- further sources ------------------------------------------------------------------------ */

static void test_defaults_of_a_process_stand_below_all_else(void **state)
{
    (void)state;
    static const struct config_override defaults[] = {{"server.drain_timeout", "8s"},
                                                      {"cache.fresh", "2m"}};
    static const char *const environment[] = {"MQUERY_CACHE_FRESH=3m", NULL};
    CLEANUP(config_unref_p)
    struct config *config = load_from(&(struct config_sources){.defaults = defaults,
                                                               .default_count = 2,
                                                               .environment = environment},
                                      NULL);

    assert_int_equal(config->server.drain_timeout, 8000);
    assert_int_equal(config->cache.fresh, 180000);
}

static void test_files_that_systemd_passes_win_over_variables_and_lose_to_flags(void **state)
{
    (void)state;
    char directory[] = "/tmp/mqueryd-test-XXXXXX";
    char variable[PATH_SIZE];
    char path[PATH_SIZE];
    const struct config_override flag = {"push.tokens_file", "/flag"};

    assert_non_null(mkdtemp(directory));
    (void)snprintf(variable, sizeof(variable), "CREDENTIALS_DIRECTORY=%s", directory);
    (void)snprintf(path, sizeof(path), "%s/push-tokens", directory);
    const char *const environment[] = {"MQUERY_PUSH_TOKENS_FILE=/variable", variable, NULL};
    struct config_sources sources = {.environment = environment};

    CLEANUP(config_unref_p) struct config *without = load_from(&sources, NULL);
    assert_string_equal(without->push.tokens_file, "/variable");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fclose(file);
    CLEANUP(config_unref_p) struct config *with = load_from(&sources, NULL);
    assert_string_equal(with->push.tokens_file, path);
    sources.flags = &flag;
    sources.flag_count = 1;
    CLEANUP(config_unref_p) struct config *flagged = load_from(&sources, NULL);
    assert_string_equal(flagged->push.tokens_file, "/flag");
    (void)unlink(path);
    (void)rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_wants_a_restart_stays_and_is_told),
        cmocka_unit_test(test_where_nothing_changed_nothing_is_told),
        cmocka_unit_test(test_every_row_that_wants_a_restart_can_be_kept),
        cmocka_unit_test(test_which_changes_make_another_reach),
        cmocka_unit_test(test_another_password_is_another_reach_and_never_written),
        cmocka_unit_test(test_a_file_with_another_content_is_another_reach),
        cmocka_unit_test(test_defaults_of_a_process_stand_below_all_else),
        cmocka_unit_test(test_files_that_systemd_passes_win_over_variables_and_lose_to_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
