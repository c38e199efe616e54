/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading: what each source sets, which one wins, and how each complains.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config.h"
#include "tests/support/fail_alloc.h"
#include "tests/unit/config/loaded.h"

/* What the message says after the file's name, or NULL. */
static const char *refused_file(struct slice text, struct error *error)
{
    CLEANUP(scratch_remove) struct scratch file = scratch_write(text);
    CLEANUP(config_unref_p)
    struct config *config = config_load(&(struct config_sources){.file = file.path}, NULL, error);

    if (config)
        return NULL;
    assert_int_equal(error->code, ERROR_INVALID);
    assert_memory_equal(error->message, file.path, strlen(file.path));
    return error->message + strlen(file.path);
}

static void test_defaults(void **state)
{
    CLEANUP(config_unref_p) struct config *config = load_from(&(struct config_sources){0}, NULL);

    (void)state;
    assert_string_equal(config->server.listen, "127.0.0.1:8080");
    assert_int_equal(config->server.threads, 0);
    assert_int_equal(config->server.max_connections, 20000);
    assert_int_equal(config->server.idle_timeout, 75000);
    assert_int_equal(config->server.header_timeout, 10000);
    assert_int_equal(config->server.drain_delay, 0);
    assert_int_equal(config->server.drain_timeout, 20000);
    assert_int_equal(config->cache.fresh, 300000);
    assert_int_equal(config->cache.stale_while_revalidate, 3600000);
    assert_int_equal(config->cache.stale_if_error, 86400000);
    assert_int_equal(config->cache.negative, 30000);
    assert_int_equal(config->cache.memory, 64 << 20);
    assert_int_equal(config->registry.timeout, 20000);
    assert_int_equal(config->registry.memory, 64 << 20);
    assert_int_equal(config->registry.workers_max, 256);
    assert_int_equal(config->registry.queue_max, 1024);
    assert_int_equal(config->registry.allow.count, 1);
    assert_string_equal(config->registry.allow.items[0], "*");
    assert_int_equal(config->registry.deny.count, 0);
    assert_false(config->registry.allow_private);
    assert_string_equal(config->registry.credentials, "none");
    assert_int_equal(config->registry.host_count, 0);
    assert_false(config->registry.plain_http || config->registry.insecure || config->registry.open);
    assert_int_equal(config->log.level, LOG_LEVEL_INFO);
    assert_int_equal(config->log.format, LOG_FORMAT_LOGFMT);
    assert_int_equal(config->log.access, ACCESS_LOG_MISSES);
    assert_false(config->push.enabled || config->push.anonymous);
    assert_int_equal(config->push.timeout, 3600000);
    assert_null(config->push.tokens_file);
}

static void test_a_file_sets_what_it_names_and_nothing_else(void **state)
{
    CLEANUP(config_unref_p)
    struct config *config = load_file(
        "server:\n  listen: \"[::]:9090\"\n  threads: 4\n"
        "cache: {fresh: 1m, memory: 10MB}\n"
        "registry:\n  allow: [Example.COM, '*.example.org']\n  deny: evil.example.com, b\n"
        "  allow_private: yes\n  credentials: none\n"
        "log:\n  level: debug\n  format: json\n  access: none\n"
        "push:\n  tokens_file: /run/tokens\n");

    (void)state;
    assert_string_equal(config->server.listen, "[::]:9090");
    assert_int_equal(config->server.threads, 4);
    assert_int_equal(config->server.max_connections, 20000);
    assert_int_equal(config->cache.fresh, 60000);
    assert_int_equal(config->cache.memory, 10000000);
    assert_int_equal(config->registry.allow.count, 2);
    assert_string_equal(config->registry.allow.items[0], "example.com");
    assert_string_equal(config->registry.allow.items[1], "*.example.org");
    assert_int_equal(config->registry.deny.count, 2);
    assert_string_equal(config->registry.deny.items[0], "evil.example.com");
    assert_string_equal(config->registry.deny.items[1], "b");
    assert_true(config->registry.allow_private);
    assert_int_equal(config->log.level, LOG_LEVEL_DEBUG);
    assert_int_equal(config->log.format, LOG_FORMAT_JSON);
    assert_int_equal(config->log.access, ACCESS_LOG_NONE);
    assert_string_equal(config->push.tokens_file, "/run/tokens");
}

static void test_a_file_may_be_empty_or_have_empty_sections(void **state)
{
    static const char *const texts[] = {
        "",   "# nothing\n",
        "~",  "server:\ncache:\n",
        "{}", "registry:\n  allow:\n  hosts:\npush:\n  tokens_file:\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        CLEANUP(config_unref_p) struct config *config = load_file(texts[i]);
        assert_string_equal(config->server.listen, "127.0.0.1:8080");
    }
}

static void test_errors_of_a_file_name_line_and_column(void **state)
{
    static const char *const rows[][2] = {
        {"cache:\n  frsh: 1m\n", ":2:3: unknown setting 'cache.frsh', did you mean 'cache.fresh'?"},
        {"cache:\n  something: 1m\n", ":2:3: unknown setting 'cache.something'"},
        {"cahce: {}\n", ":1:1: unknown key 'cahce', did you mean 'cache'?"},
        {"cache.fresh: 1m\n", ":1:1: unknown key 'cache.fresh'"},
        {"registry: {plain_http: true}\n", ":1:12: unknown setting 'registry.plain_http'"},
        {"cache: 5m\n", ":1:8: expected the settings of 'cache'"},
        {"cache: [fresh]\n", ":1:8: expected the settings of 'cache'"},
        {"- a\n", ":1:1: expected sections of settings, such as 'server:'"},
        {"text\n", ":1:1: expected sections of settings, such as 'server:'"},
        {"cache:\n  fresh: 1m\n  fresh: 2m\n", ":3:3: repeated key"},
        {"cache: {fresh: 5x}\n",
         ":1:16: '5x' is not a duration such as 30s or 1h30m, from 0s to 8760h"},
        {"cache: {fresh: 8761h}\n",
         ":1:16: '8761h' is not a duration such as 30s or 1h30m, from 0s to 8760h"},
        {"cache: {fresh: [1m]}\n", ":1:16: expected a duration such as 30s or 1h30m"},
        {"cache: {fresh: }\n", ":1:16: expected a duration such as 30s or 1h30m"},
        {"cache: {memory: 1KiB}\n",
         ":1:17: '1KiB' is not a size such as 64MiB, from 1MiB to 1024GiB"},
        {"registry: {workers_max: 0}\n", ":1:25: '0' is not a whole number, from 1 to 1024"},
        {"registry: {workers_max: 1025}\n", ":1:25: '1025' is not a whole number, from 1 to 1024"},
        {"push: {enabled: maybe}\n", ":1:17: 'maybe' is not true or false"},
        {"log: {level: loud}\n", ":1:14: 'loud' is not one of debug, info, warning, error"},
        {"server: {listen: 8080}\n", ":1:18: '8080' is not an address such as 127.0.0.1:8080, "
                                     "[::]:8080, :8080 or unix:/path"},
        {"server: {listen: }\n", ":1:18: expected an address such as 127.0.0.1:8080, [::]:8080, "
                                 ":8080 or unix:/path"},
        {"registry: {credentials: dokcer}\n",
         ":1:25: 'dokcer' is not none, docker, or a path with a '/' in it"},
        {"registry: {allow: [a, 'b c']}\n", ":1:23: 'b c' is not a host such as "
                                            "registry.example.com:5000, or *.example.com, or *"},
        {"registry: {allow: [a, [b]]}\n", ":1:23: expected a host such as "
                                          "registry.example.com:5000, or *.example.com, or *"},
        {"registry: {allow: {a: b}}\n", ":1:19: expected a list"},
        {"push: {tokens_file: \"a\\tb\"}\n", ":1:21: 'a\\x09b' is not a printable text"},
        {"push: {tokens_file: {}}\n", ":1:21: expected a printable text"},
        {"cache: {fresh: 1m\n", ":2:1: did not find expected ',' or '}'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};
        const char *said = refused_file(slice_from_string(rows[i][0]), &error);
        assert_non_null(said);
        assert_string_equal(said, rows[i][1]);
    }
}

static void test_files_that_cannot_be_read_are_named(void **state)
{
    CLEANUP(buffer_release) struct buffer big = BUFFER_INIT(2 << 20);
    struct error error = {0};

    (void)state;
    assert_null(config_load(&(struct config_sources){.file = "/nonexistent/x.yaml"}, NULL, &error));
    assert_int_equal(error.code, ERROR_INVALID);
    assert_string_equal(error.message, "/nonexistent/x.yaml: No such file or directory");
    assert_null(config_load(&(struct config_sources){.file = "/tmp"}, NULL, &error));
    assert_string_equal(error.message, "/tmp: Is a directory");
    while (big.length <= 1 << 20)
        buffer_append_string(&big, "# a long comment\n");
    assert_string_equal(refused_file(buffer_slice(&big), &error), ": the file is too large");
}

static void test_later_sources_win(void **state)
{
    static const char *const environment[] = {"PATH=/bin", "MQUERY_CACHE_NEGATIVE=2s",
                                              "MQUERY_CACHE_MEMORY=2MiB", NULL};
    static const struct config_override flags[] = {{"cache.memory", "4MiB"},
                                                   {"cache.memory", "3MiB"}};
    CLEANUP(scratch_remove)
    struct scratch file = scratch_write(SLICE("cache: {fresh: 1s, negative: 1s, memory: 1MiB}\n"));
    CLEANUP(config_unref_p)
    struct config *config = load_from(
        &(struct config_sources){
            .file = file.path, .environment = environment, .flags = flags, .flag_count = 2},
        NULL);

    (void)state;
    assert_int_equal(config->cache.stale_if_error, 86400000);
    assert_int_equal(config->cache.fresh, 1000);
    assert_int_equal(config->cache.negative, 2000);
    assert_int_equal(config->cache.memory, 3 << 20);
}

static void test_lists_are_replaced_not_extended(void **state)
{
    static const char *const environment[] = {
        "MQUERY_REGISTRY_ALLOW=c.example,d.example",
        "MQUERY_REGISTRY_DENY=", "MQUERY_REGISTRY_HOSTS=[{name: z}]", NULL};
    CLEANUP(scratch_remove)
    struct scratch file = scratch_write(
        SLICE("registry: {allow: [a, b, e], deny: [f], hosts: [{name: x}, {name: y}]}\n"));
    CLEANUP(config_unref_p)
    struct config *config =
        load_from(&(struct config_sources){.file = file.path, .environment = environment}, NULL);

    (void)state;
    assert_int_equal(config->registry.allow.count, 2);
    assert_string_equal(config->registry.allow.items[1], "d.example");
    assert_int_equal(config->registry.deny.count, 0);
    assert_int_equal(config->registry.host_count, 1);
    assert_string_equal(config->registry.hosts[0].name, "z");
}

static void test_errors_of_flags_name_the_setting(void **state)
{
    static const struct config_override rows[][2] = {
        {{"cache.fresh", "5x"},
         {"cache.fresh: '5x' is not a duration such as 30s or 1h30m, from 0s to 8760h", NULL}},
        {{"cache.frehs", "5m"},
         {"unknown setting 'cache.frehs', did you mean 'cache.fresh'?", NULL}},
        {{"", "5m"}, {"unknown setting ''", NULL}},
        {{"server.listen", ""},
         {"server.listen: expected an address such as 127.0.0.1:8080, [::]:8080, :8080 or "
          "unix:/path",
          NULL}},
        {{"registry.hosts", "[{name: a b}]"},
         {"registry.hosts:1:9: 'a b' is not a host such as registry.example.com:5000, or "
          "*.example.com, or *",
          NULL}},
        {{"registry.hosts", "a"},
         {"registry.hosts: expected a list of hosts, such as [{name: registry.example.com:5000}]",
          NULL}},
        {{"registry.allow", "[a"}, {"registry.allow:2:1: did not find expected ',' or ']'", NULL}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};
        assert_null(
            config_load(&(struct config_sources){.flags = rows[i], .flag_count = 1}, NULL, &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_string_equal(error.message, rows[i][1].name);
    }
}

static void test_a_config_is_counted(void **state)
{
    struct config *config = load_from(&(struct config_sources){0}, NULL);

    (void)state;
    assert_ptr_equal(config_ref(config), config);
    config_unref(config);
    assert_string_equal(config->server.listen, "127.0.0.1:8080");
    config_unref(config);
    config_unref(NULL);
}

static const char everything[] =
    "server:\n  listen: unix:/run/mqueryd/sock\n  threads: 3\n  max_connections: 7\n"
    "  idle_timeout: 1500ms\n  header_timeout: 2s\n  drain_delay: 3s\n  drain_timeout: 4s\n"
    "cache:\n  fresh: 5s\n  stale_while_revalidate: 6s\n  stale_if_error: 7s\n  negative: 8s\n"
    "  memory: 9MB\n"
    "registry:\n  timeout: 9s\n  memory: 17MiB\n  workers_max: 10\n  queue_max: 11\n"
    "  allow: ['*.a', 'b:1']\n  deny: [c]\n  allow_private: true\n  credentials: /etc/auth.json\n"
    "  hosts:\n  - name: reg:5000\n    plain_http: true\n    realm: [auth.a, auth.b]\n"
    "  - name: other\n    insecure_skip_verify: true\n    ca_file: /dev/null\n"
    "  - {name: third, username: 'DOMAIN\\user', password_file: '%s'}\n"
    "log: {level: error, format: json, access: all}\n"
    "push: {enabled: true, timeout: 2h, tokens_file: '# \xc3\xa9', anonymous: true}\n";

static void test_what_is_printed_reads_back_the_same(void **state)
{
    CLEANUP(scratch_remove) struct scratch password = scratch_write(SLICE("canary-secret\n"));
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(100000);
    CLEANUP(buffer_release) struct buffer printed = BUFFER_INIT(100000);
    CLEANUP(buffer_release) struct buffer again = BUFFER_INIT(100000);

    (void)state;
    buffer_format(&text, everything, password.path);
    CLEANUP(config_unref_p) struct config *config = load_file(buffer_string(&text));
    assert_true(config_print(config, &printed));
    CLEANUP(config_unref_p) struct config *second = load_file(buffer_string(&printed));
    assert_true(config_print(second, &again));
    assert_string_equal(buffer_string(&again), buffer_string(&printed));

    assert_string_equal(second->server.listen, "unix:/run/mqueryd/sock");
    assert_int_equal(second->server.idle_timeout, 1500);
    assert_int_equal(second->cache.memory, 9000000);
    assert_string_equal(second->registry.allow.items[1], "b:1");
    assert_string_equal(second->registry.credentials, "/etc/auth.json");
    assert_int_equal(second->registry.host_count, 3);
    assert_string_equal(second->registry.hosts[0].realm.items[1], "auth.b");
    assert_string_equal(second->registry.hosts[1].ca_file, "/dev/null");
    assert_string_equal(second->registry.hosts[2].username, "DOMAIN\\user");
    assert_string_equal(second->registry.hosts[2].password, "canary-secret");
    assert_true(second->push.enabled);
    assert_string_equal(second->push.tokens_file, "# \xc3\xa9");
    assert_int_equal(second->log.access, ACCESS_LOG_ALL);
}

static void test_S21_what_is_printed_holds_no_password(void **state)
{
    CLEANUP(scratch_remove) struct scratch password = scratch_write(SLICE("canary-secret\n"));
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(100000);
    CLEANUP(buffer_release) struct buffer printed = BUFFER_INIT(100000);

    (void)state;
    buffer_format(&text, everything, password.path);
    CLEANUP(config_unref_p) struct config *config = load_file(buffer_string(&text));
    assert_true(config_print(config, &printed));
    assert_null(strstr(buffer_string(&printed), "canary"));
    assert_non_null(strstr(buffer_string(&printed), password.path));
}

static void test_printing_reads_well_and_tells_a_full_buffer(void **state)
{
    CLEANUP(config_unref_p) struct config *config = load_from(&(struct config_sources){0}, NULL);
    CLEANUP(buffer_release) struct buffer printed = BUFFER_INIT(100000);
    CLEANUP(buffer_release) struct buffer small = BUFFER_INIT(100);
    static const char start[] =
        "server:\n"
        "  # address and port, [::]:8080, :8080 for all addresses, or unix:/path\n"
        "  listen: 127.0.0.1:8080\n";

    (void)state;
    assert_true(config_print(config, &printed));
    assert_memory_equal(printed.data, start, strlen(start));
    assert_non_null(strstr(printed.data, "  allow: [\"*\"]\n"));
    assert_non_null(strstr(printed.data, "  hosts: []\n"));
    assert_false(config_print(config, &small));
}

struct everything_scenario {
    const char *file;
    const char *const *environment;
};

static bool load_once(const void *context, struct error *error)
{
    const struct everything_scenario *scenario = context;
    static const struct config_override flags[] = {{"cache.fresh", "1s"}};
    CLEANUP(config_unref_p)
    struct config *config =
        config_load(&(struct config_sources){.file = scenario->file,
                                             .environment = scenario->environment,
                                             .flags = flags,
                                             .flag_count = 1},
                    NULL, error);

    return config;
}

static void test_no_memory_is_told(void **state)
{
    static const char *const environment[] = {"MQUERY_REGISTRY_ALLOW=[a, b]",
                                              "MQUERY_REGISTRY_DENY=a,b", NULL};
    static const char *const port[] = {"PORT=8080", NULL};
    CLEANUP(scratch_remove) struct scratch password = scratch_write(SLICE("secret"));
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(100000);

    (void)state;
    buffer_format(&text, everything, password.path);
    CLEANUP(scratch_remove) struct scratch file = scratch_write(buffer_slice(&text));
    struct everything_scenario all = {file.path, environment};
    assert_true(fail_alloc_sweep(load_once, &all) > 50);
    assert_true(fail_alloc_sweep(load_once, &(struct everything_scenario){NULL, port}) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_a_file_sets_what_it_names_and_nothing_else),
        cmocka_unit_test(test_a_file_may_be_empty_or_have_empty_sections),
        cmocka_unit_test(test_errors_of_a_file_name_line_and_column),
        cmocka_unit_test(test_files_that_cannot_be_read_are_named),
        cmocka_unit_test(test_later_sources_win),
        cmocka_unit_test(test_lists_are_replaced_not_extended),
        cmocka_unit_test(test_errors_of_flags_name_the_setting),
        cmocka_unit_test(test_a_config_is_counted),
        cmocka_unit_test(test_what_is_printed_reads_back_the_same),
        cmocka_unit_test(test_S21_what_is_printed_holds_no_password),
        cmocka_unit_test(test_printing_reads_well_and_tells_a_full_buffer),
        cmocka_unit_test(test_no_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
