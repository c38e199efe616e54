/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "config/config.h"
#include "tests/unit/config/scratch.h"

static struct config *load(const char *hosts, struct error *error)
{
    const struct config_override flag = {"registry.hosts", hosts};

    return config_load(&(struct config_sources){.flags = &flag, .flag_count = 1}, NULL, error);
}

/* Loads a single host with this text in its password file. */
static struct config *load_password(struct slice text, struct scratch *file, struct error *error)
{
    char hosts[256];

    *file = scratch_write(text);
    (void)snprintf(hosts, sizeof(hosts), "[{name: reg, username: robot, password_file: %s}]",
                   file->path);
    return load(hosts, error);
}

static void test_a_host_has_these_keys(void **state)
{
    struct error error = {0};
    CLEANUP(config_unref_p)
    struct config *config =
        load("[{name: Registry.Intranet:5000, insecure_skip_verify: true, ca_file: /ca.pem,"
             " realm: [Auth.Intranet, other]}, {name: plain, plain_http: true}]",
             &error);

    (void)state;
    assert_non_null(config);
    const struct config_host *host = &config->registry.hosts[0];
    assert_string_equal(host->name, "registry.intranet:5000");
    assert_true(host->insecure_skip_verify);
    assert_false(host->plain_http);
    assert_string_equal(host->ca_file, "/ca.pem");
    assert_null(host->username);
    assert_null(host->password);
    assert_int_equal(host->realm.count, 2);
    assert_string_equal(host->realm.items[0], "auth.intranet");
    assert_true(config->registry.hosts[1].plain_http);
    assert_int_equal(config->registry.hosts[1].realm.count, 0);
}

static void test_a_host_is_found_by_its_exact_name(void **state)
{
    struct error error = {0};
    CLEANUP(config_unref_p) struct config *config = load("[{name: a}, {name: B:5000}]", &error);
    const struct config_registry *registry = &config->registry;

    (void)state;
    assert_ptr_equal(config_registry_host(registry, SLICE("a")), &registry->hosts[0]);
    assert_ptr_equal(config_registry_host(registry, SLICE("b:5000")), &registry->hosts[1]);
    assert_null(config_registry_host(registry, SLICE("B:5000")));
    assert_null(config_registry_host(registry, SLICE("b")));
    assert_null(config_registry_host(registry, SLICE("a.b")));
    assert_null(config_registry_host(registry, SLICE("")));
}

static void test_wrong_hosts_are_refused_with_their_place(void **state)
{
    static const char *const rows[][2] = {
        {"[{plain_http: true}]", ":1:2: a host needs a name"},
        {"[{name: }]", ":1:2: a host needs a name"},
        {"[reg]", ":1:2: expected a host: a mapping that has a name"},
        {"[{name: a/b}]", ":1:9: 'a/b' is not a host such as registry.example.com:5000"},
        {"[{name: a, nmae: b}]", ":1:12: unknown key 'nmae' of a host, did you mean 'name'?"},
        {"[{name: a, plain_htp: true}]",
         ":1:12: unknown key 'plain_htp' of a host, did you mean 'plain_http'?"},
        {"[{name: a, plain_http: maybe}]", ":1:24: 'maybe' is not true or false"},
        {"[{name: a, name: b}]", ":1:12: repeated key"},
        {"[{name: a}, {name: A}]", ":1:13: host 'a' is there twice"},
        {"[{name: a, realm: [b c]}]", ":1:20: 'b c' is not a host such as auth.example.com"},
        {"[{name: a, username: u}]", ":1:2: host 'a': username and password_file need each other"},
        {"[{name: a, password_file: /p}]",
         ":1:2: host 'a': username and password_file need each other"},
        {"[{name: a, username: 'u:v', password_file: /p}]",
         ":1:2: host 'a': a username cannot hold a ':'"},
        {"[{name: a, plain_http: true, ca_file: /p}]",
         ":1:2: host 'a': plain_http has no use for ca_file or insecure_skip_verify"},
        {"[{name: a, plain_http: true, insecure_skip_verify: true}]",
         ":1:2: host 'a': plain_http has no use for ca_file or insecure_skip_verify"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};
        assert_null(load(rows[i][0], &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_memory_equal(error.message, "registry.hosts", 14);
        assert_string_equal(error.message + 14, rows[i][1]);
    }
}

static void test_a_password_is_the_first_line_of_its_file(void **state)
{
    static const char *const rows[][2] = {
        {"secret", "secret"},           {"secret\n", "secret"},         {"secret\r\n", "secret"},
        {"secret\nsecond\n", "secret"}, {" two words ", " two words "}, {"\xff\x80\n", "\xff\x80"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(scratch_remove) struct scratch file = {""};
        struct error error = {0};
        CLEANUP(config_unref_p)
        struct config *config = load_password(slice_from_string(rows[i][0]), &file, &error);
        assert_non_null(config);
        assert_string_equal(config->registry.hosts[0].username, "robot");
        assert_string_equal(config->registry.hosts[0].password, rows[i][1]);
    }
}

static void test_S16_a_wrong_password_file_is_named(void **state)
{
    static char longest[4097];
    static const struct {
        struct slice text;
        const char *why;
    } rows[] = {
        {{"", 0}, "the first line is empty"},
        {{"\nsecret", 7}, "the first line is empty"},
        {{"sec\0ret\n", 8}, "there is a NUL in the first line"},
        {{longest, sizeof(longest)}, "the file is too large"},
    };

    (void)state;
    memset(longest, 'x', sizeof(longest));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(scratch_remove) struct scratch file = {""};
        struct error error = {0};
        char expected[128];
        assert_null(load_password(rows[i].text, &file, &error));
        (void)snprintf(expected, sizeof(expected), "host 'reg': %s: %s", file.path, rows[i].why);
        assert_int_equal(error.code, ERROR_INVALID);
        assert_string_equal(error.message, expected);
    }
    struct error error = {0};
    assert_null(load("[{name: a, username: u, password_file: /nonexistent/p}]", &error));
    assert_string_equal(error.message, "host 'a': /nonexistent/p: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_host_has_these_keys),
        cmocka_unit_test(test_a_host_is_found_by_its_exact_name),
        cmocka_unit_test(test_wrong_hosts_are_refused_with_their_place),
        cmocka_unit_test(test_a_password_is_the_first_line_of_its_file),
        cmocka_unit_test(test_S16_a_wrong_password_file_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
