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
    CLEANUP(scratch_remove) struct scratch file = scratch_write(SLICE("a line"));
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(4096);
    struct error error = {0};

    (void)state;
    (void)buffer_format(
        &text,
        "[{name: Registry.Intranet:5000, insecure_skip_verify: true, ca_file: %s,"
        " extra_ca_files: [%s], client_cert: %s, client_key: %s, token_file: %s,"
        " mirrors: [Mirror:5001, harbor.test/proxy/hub], max_concurrent: 4, timeout: 90s,"
        " realm: [Auth.Intranet, other]}, {name: plain, plain_http: true},"
        " {name: helped, credential_helper: ecr-login}]",
        file.path, file.path, file.path, file.path, file.path);
    CLEANUP(config_unref_p) struct config *config = load(buffer_string(&text), &error);
    assert_non_null(config);
    const struct config_host *host = &config->registry.hosts[0];
    assert_string_equal(host->name, "registry.intranet:5000");
    assert_true(host->insecure_skip_verify);
    assert_false(host->plain_http);
    assert_string_equal(host->ca_file, file.path);
    assert_string_equal(host->extra_ca_files.items[0], file.path);
    assert_string_equal(host->client_cert, file.path);
    assert_string_equal(host->client_key, file.path);
    assert_string_equal(host->token, "a line");
    assert_null(host->username);
    assert_null(host->password);
    assert_int_equal(host->mirrors.count, 2);
    assert_string_equal(host->mirrors.items[0].host, "mirror:5001");
    assert_null(host->mirrors.items[0].prefix);
    assert_string_equal(host->mirrors.items[1].host, "harbor.test");
    assert_string_equal(host->mirrors.items[1].prefix, "proxy/hub");
    assert_false(host->mirrors.items[1].by_digest_only);
    assert_int_equal(host->max_concurrent, 4);
    assert_int_equal(host->timeout, 90000);
    assert_int_equal(host->realm.count, 2);
    assert_string_equal(host->realm.items[0], "auth.intranet");
    assert_true(config->registry.hosts[1].plain_http);
    assert_int_equal(config->registry.hosts[1].realm.count, 0);
    assert_string_equal(config->registry.hosts[2].credential_helper, "ecr-login");
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
        {"[{name: a/b}]",
         ":1:9: 'a/b' is not a host such as registry.example.com:5000, or *.example.com, or *"},
        {"[{name: a, nmae: b}]", ":1:12: unknown key 'nmae' of a host, did you mean 'name'?"},
        {"[{name: a, plain_htp: true}]",
         ":1:12: unknown key 'plain_htp' of a host, did you mean 'plain_http'?"},
        {"[{name: a, plain_http: maybe}]", ":1:24: 'maybe' is not true or false"},
        {"[{name: a, name: b}]", ":1:12: repeated key"},
        {"[{name: a}, {name: A}]", ":1:13: host 'a' is there twice"},
        {"[{name: a, realm: [b c]}]", ":1:20: 'b c' is not a host such as auth.example.com"},
        {"[{name: '*.a:5000'}]",
         ":1:9: '*.a:5000' is not a host such as registry.example.com:5000, or *.example.com, "
         "or *"},
        {"[{name: a, username: u}]", ":1:2: host 'a': username and password_file need each other"},
        {"[{name: a, password_file: /p}]",
         ":1:2: host 'a': username and password_file need each other"},
        {"[{name: a, username: 'u:v', password_file: /p}]",
         ":1:2: host 'a': a username cannot hold a ':'"},
        {"[{name: a, username: u, password_file: /p, token_file: /t}]",
         ":1:2: host 'a': only one of username, token_file and credential_helper can be used"},
        {"[{name: a, credential_helper: h, token_file: /t}]",
         ":1:2: host 'a': only one of username, token_file and credential_helper can be used"},
        {"[{name: a, credential_helper: ../h}]",
         ":1:31: '../h' is not NAME of a program docker-credential-NAME, such as ecr-login"},
        {"[{name: a, client_cert: /c}]",
         ":1:2: host 'a': client_cert and client_key need each other"},
        {"[{name: a, client_key: /c}]",
         ":1:2: host 'a': client_cert and client_key need each other"},
        {"[{name: a, plain_http: true, ca_file: /p}]",
         ":1:2: host 'a': plain_http has no use for certificates or insecure_skip_verify"},
        {"[{name: a, plain_http: true, client_cert: /p, client_key: /p}]",
         ":1:2: host 'a': plain_http has no use for certificates or insecure_skip_verify"},
        {"[{name: a, plain_http: true, insecure_skip_verify: true}]",
         ":1:2: host 'a': plain_http has no use for certificates or insecure_skip_verify"},
        {"[{name: a, mirrors: [m/]}]",
         ":1:22: 'm/' is not a host such as mirror.example.com:5000, with the name before its "
         "repositories if there is one: harbor.example.com/hub"},
        {"[{name: a, mirrors: [{name: m}]}]",
         ":1:22: '' is not a host such as mirror.example.com:5000, with the name before its "
         "repositories if there is one: harbor.example.com/hub"},
        {"[{name: a, max_concurrent: -1}]", ":1:28: '-1' is not a whole number, from 0 to 100000"},
        {"[{name: a, timeout: 11m}]",
         ":1:21: '11m' is not a duration such as 30s or 1h30m, from 0s to 10m"},
        {"[{name: '*.a', plain_http: true}]",
         ":1:2: host '*.a': plain_http is for a host's whole name"},
        {"[{name: '*', username: u, password_file: /p}]",
         ":1:2: host '*': credentials are not for whatever host is named"},
        {"[{name: '*', token_file: /p}]",
         ":1:2: host '*': credentials are not for whatever host is named"},
        {"[{name: '*', client_cert: /p, client_key: /p}]",
         ":1:2: host '*': client_cert is not for whatever host is named"},
        {"[{name: '*', insecure_skip_verify: true}]",
         ":1:2: host '*': insecure_skip_verify is not for whatever host is named"},
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

static void test_files_that_cannot_be_read_are_named(void **state)
{
    static const char *const rows[][2] = {
        {"[{name: a, ca_file: /nonexistent/f}]",
         "host 'a': /nonexistent/f: No such file or directory"},
        {"[{name: a, extra_ca_files: [/nonexistent/f]}]",
         "host 'a': /nonexistent/f: No such file or directory"},
        {"[{name: a, client_cert: /dev/null, client_key: /nonexistent/f}]",
         "host 'a': /nonexistent/f: No such file or directory"},
        {"[{name: a, token_file: /nonexistent/f}]",
         "host 'a': /nonexistent/f: No such file or directory"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};
        assert_null(load(rows[i][0], &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_string_equal(error.message, rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_host_has_these_keys),
        cmocka_unit_test(test_a_host_is_found_by_its_exact_name),
        cmocka_unit_test(test_wrong_hosts_are_refused_with_their_place),
        cmocka_unit_test(test_a_password_is_the_first_line_of_its_file),
        cmocka_unit_test(test_files_that_cannot_be_read_are_named),
        cmocka_unit_test(test_S16_a_wrong_password_file_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
