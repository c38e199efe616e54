/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.certs_dirs: docker's layout, and containerd's hosts.toml.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config.h"
#include "tests/unit/registry/scratch_directory.h"

static struct warnings warnings;

static int set_up(void **state)
{
    static struct scratch scratch;

    scratch = scratch_make();
    *state = &scratch;
    return 0;
}

static int tear_down(void **state)
{
    scratch_remove(*state);
    warnings_release(&warnings);
    warnings = (struct warnings){0};
    return 0;
}

/* Settings with this directory, and these hosts besides. */
static struct config *load(const struct scratch *scratch, const char *hosts, struct error *error)
{
    const struct config_override flags[] = {{"registry.certs_dirs", scratch->path},
                                            {"registry.hosts", hosts}};

    return config_load(&(struct config_sources){.flags = flags, .flag_count = 2}, &warnings, error);
}

static struct config *loaded(const struct scratch *scratch, const char *hosts)
{
    struct error error = {0};
    struct config *config = load(scratch, hosts, &error);

    if (!config)
        fail_msg("%s", error.message);
    return config;
}

static const struct config_host *host_of(const struct config *config, const char *name)
{
    const struct config_host *host =
        config_registry_host(&config->registry, slice_from_string(name));

    if (!host)
        fail_msg("no host %s", name);
    return host;
}

static void write_toml(const struct scratch *scratch, const char *host, const char *text)
{
    char name[128];

    (void)snprintf(name, sizeof(name), "%s/hosts.toml", host);
    (void)scratch_directory(scratch, host);
    (void)scratch_write(scratch, name, text, 0600);
}

static void test_H27_dockers_directories_hold_authorities_and_a_certificate(void **state)
{
    const struct scratch *scratch = *state;

    (void)scratch_directory(scratch, "Registry.test:5000");
    (void)scratch_write(scratch, "Registry.test:5000/b.crt", "", 0600);
    (void)scratch_write(scratch, "Registry.test:5000/a.crt", "", 0600);
    (void)scratch_write(scratch, "Registry.test:5000/me.cert", "", 0600);
    (void)scratch_write(scratch, "Registry.test:5000/me.key", "", 0600);
    (void)scratch_write(scratch, "Registry.test:5000/README", "", 0600);
    CLEANUP(config_unref_p) struct config *config = loaded(scratch, "[]");
    const struct config_host *host = host_of(config, "registry.test:5000");

    assert_int_equal(host->extra_ca_files.count, 2);
    assert_string_equal(host->extra_ca_files.items[0],
                        scratch_path(scratch, "Registry.test:5000/a.crt"));
    assert_string_equal(host->client_cert, scratch_path(scratch, "Registry.test:5000/me.cert"));
    assert_string_equal(host->client_key, scratch_path(scratch, "Registry.test:5000/me.key"));
    assert_null(host->ca_file);
    assert_true(host->is_implied);
}

static void test_H27_half_a_pair_is_an_error(void **state)
{
    static const char *const rows[][2] = {
        {"me.cert", "me.key: No such file or directory"},
        {"me.key", "'me.key' has no certificate beside it"},
    };
    const struct scratch *scratch = *state;

    (void)scratch_directory(scratch, "reg");
    for (size_t i = 0; i < 2; i++) {
        struct error error = {0};
        char name[64];
        (void)snprintf(name, sizeof(name), "reg/%s", rows[i][0]);
        const char *path = scratch_write(scratch, name, "", 0600);
        assert_null(load(scratch, "[]", &error));
        assert_int_equal(error.code, ERROR_INVALID);
        if (!strstr(error.message, rows[i][1]))
            fail_msg("%s", error.message);
        assert_int_equal(unlink(path), 0);
    }
}

static void test_two_certificates_are_an_error(void **state)
{
    const struct scratch *scratch = *state;
    struct error error = {0};

    (void)scratch_directory(scratch, "reg");
    (void)scratch_write(scratch, "reg/a.cert", "", 0600);
    (void)scratch_write(scratch, "reg/b.cert", "", 0600);
    assert_null(load(scratch, "[]", &error));
    assert_non_null(strstr(error.message, "there is more than one certificate"));
}

static void test_S19_what_is_no_hosts_name_is_passed_over(void **state)
{
    const struct scratch *scratch = *state;

    (void)scratch_directory(scratch, "a b");
    (void)scratch_directory(scratch, "_x_");
    (void)scratch_directory(scratch, "reg_5000_");
    CLEANUP(config_unref_p) struct config *config = loaded(scratch, "[]");
    assert_int_equal(config->registry.host_count, 1);
    assert_string_equal(config->registry.hosts[0].name, "reg:5000");
    assert_int_equal(warnings.count, 2);
    assert_non_null(strstr(warnings.lines[1], "a b is passed over"));
}

static void test_what_is_not_for_all_hosts_is_not_in_the_default(void **state)
{
    static const char *const rows[][2] = {
        {"skip_verify = true", "hosts.toml:1: there is no server that this could be about"},
        {"[host.\"https://a\"]\n[hots]", "hosts.toml:2: there is no server"},
    };
    const struct scratch *scratch = *state;
    struct error error = {0};

    (void)scratch_directory(scratch, "_default");
    for (size_t i = 0; i < 2; i++) {
        (void)scratch_write(scratch, "_default/hosts.toml", rows[i][0], 0600);
        assert_null(load(scratch, "[]", &error));
        if (!strstr(error.message, rows[i][1]))
            fail_msg("%s", error.message);
    }
    assert_int_equal(unlink(scratch_path(scratch, "_default/hosts.toml")), 0);
    (void)scratch_write(scratch, "_default/a.cert", "", 0600);
    (void)scratch_write(scratch, "_default/a.key", "", 0600);
    assert_null(load(scratch, "[]", &error));
    assert_non_null(strstr(error.message, "client_cert is not for whatever host is named"));
}

static void test_a_directory_that_is_not_there_is_an_error(void **state)
{
    struct scratch nowhere = {"/nonexistent/certs.d"};
    struct error error = {0};

    (void)state;
    assert_null(load(&nowhere, "[]", &error));
    assert_string_equal(error.message,
                        "registry.certs_dirs: /nonexistent/certs.d: No such file or directory");
}

static void test_what_the_operator_wrote_wins(void **state)
{
    const struct scratch *scratch = *state;

    (void)scratch_directory(scratch, "reg");
    (void)scratch_write(scratch, "reg/a.crt", "", 0600);
    (void)scratch_directory(scratch, "other");
    (void)scratch_write(scratch, "other/a.crt", "", 0600);
    CLEANUP(config_unref_p)
    struct config *config = loaded(scratch, "[{name: reg, insecure_skip_verify: true},"
                                            " {name: '*', ca_file: /dev/null, timeout: 1s}]");
    assert_int_equal(host_of(config, "reg")->extra_ca_files.count, 0);
    assert_true(host_of(config, "reg")->insecure_skip_verify);
    /* Of what the files say nothing, the pattern does. */
    assert_int_equal(host_of(config, "other")->extra_ca_files.count, 1);
    assert_null(host_of(config, "other")->ca_file);
    assert_int_equal(host_of(config, "other")->timeout, 1000);
}

static void test_H28_the_hosts_of_a_file_are_mirrors_in_its_order(void **state)
{
    const struct scratch *scratch = *state;

    (void)scratch_directory(scratch, "certs");
    (void)scratch_write(scratch, "certs/ca.pem", "", 0600);
    write_toml(scratch, "docker.io",
               "server = \"https://registry-1.docker.io\"\n"
               "[host.\"http://Mirror:5000\"]\n"
               "  capabilities = [\"pull\"]\n"
               "  dial_timeout = \"1s\"\n"
               "[host.\"https://harbor.test/v2/proxy/hub\"]\n"
               "  override_path = true\n"
               "  skip_verify = true\n"
               "  ca = \"../certs/ca.pem\"\n"
               "[host.\"https://pushes.test\"]\n"
               "  capabilities = [\"push\"]\n"
               "[host.\"https://registry-1.docker.io\"]\n"
               "  client = [[\"../certs/ca.pem\", \"/dev/null\"]]\n");
    CLEANUP(config_unref_p) struct config *config = loaded(scratch, "[]");
    const struct config_host *hub = host_of(config, "docker.io");

    assert_int_equal(hub->mirrors.count, 2);
    assert_string_equal(hub->mirrors.items[0].host, "mirror:5000");
    assert_true(hub->mirrors.items[0].by_digest_only);
    assert_string_equal(hub->mirrors.items[1].host, "harbor.test");
    assert_string_equal(hub->mirrors.items[1].prefix, "proxy/hub");
    assert_false(hub->mirrors.items[1].by_digest_only);
    assert_non_null(strstr(hub->client_cert, "/docker.io/../certs/ca.pem"));
    assert_string_equal(hub->client_key, "/dev/null");
    assert_true(host_of(config, "mirror:5000")->plain_http);
    assert_true(host_of(config, "harbor.test")->insecure_skip_verify);
    assert_int_equal(host_of(config, "harbor.test")->extra_ca_files.count, 1);
    assert_int_equal(warnings.count, 1); /* of dial_timeout */
}

static void test_H28_the_default_is_for_all_hosts(void **state)
{
    const struct scratch *scratch = *state;

    write_toml(scratch, "_default", "[host.\"https://cache.test\"]\n");
    CLEANUP(config_unref_p) struct config *config = loaded(scratch, "[]");
    const struct config_host *any = config_registry_pattern(&config->registry, SLICE("quay.io"));

    assert_non_null(any);
    assert_int_equal(any->mirrors.count, 1);
    assert_string_equal(any->mirrors.items[0].host, "cache.test");
}

static void test_H28_a_server_elsewhere_is_the_last_mirror(void **state)
{
    const struct scratch *scratch = *state;

    write_toml(scratch, "reg", "server = \"https://b\"\n[host.\"https://a\"]\n");
    CLEANUP(config_unref_p) struct config *config = loaded(scratch, "[]");

    assert_int_equal(host_of(config, "reg")->mirrors.count, 2);
    assert_string_equal(host_of(config, "reg")->mirrors.items[1].host, "b");
    assert_int_equal(warnings.count, 1);
}

static void test_two_files_must_agree_on_a_host(void **state)
{
    const struct scratch *scratch = *state;
    struct error error = {0};

    write_toml(scratch, "a", "[host.\"https://m\"]\nskip_verify = true\n");
    write_toml(scratch, "b", "[host.\"https://m\"]\n");
    config_unref(loaded(scratch, "[]"));
    (void)scratch_write(scratch, "b/hosts.toml", "[host.\"http://m\"]\n", 0600);
    assert_null(load(scratch, "[]", &error));
    assert_non_null(strstr(error.message,
                           "b/hosts.toml: another file says otherwise of host 'm' (plain_http)"));
}

static void test_what_a_file_cannot_say_is_refused_with_its_line(void **state)
{
    static const char *const rows[][2] = {
        {"sever = \"https://a\"", ":1: unknown key 'sever'"},
        {"server = true", ":1: expected the URL of the registry"},
        {"server = \"https://a b\"", ":1: expected a URL such as https://mirror.example.com:5000"},
        {"server = \"https://u:p@a\"",
         ":1: expected a URL such as https://mirror.example.com:5000"},
        {"host = \"x\"", ":1: expected [host.\"https://mirror.example.com\"]"},
        {"\n[host]\na = \"x\"", ":3: expected [host.\"https://mirror.example.com\"]"},
        {"[host.\"https://a/path\"]",
         ":1: only https://HOST, or override_path and https://HOST/v2/NAME, can be asked"},
        {"[host.\"https://a/v2/name\"]",
         ":1: only https://HOST, or override_path and https://HOST/v2/NAME, can be asked"},
        {"[host.\"https://a/v2/N\"]\noverride_path = true",
         ":1: only https://HOST, or override_path and https://HOST/v2/NAME, can be asked"},
        {"[host.\"https://a\"]\ncapabilities = \"pull\"",
         ":2: expected a list, such as [\"pull\", \"resolve\"]"},
        {"[host.\"https://a\"]\ncapabilities = [\"pul\"]",
         ":2: expected \"pull\", \"resolve\" or \"push\""},
        {"[host.\"https://a\"]\nskip_verify = \"true\"", ":2: expected true or false"},
        {"[host.\"https://a\"]\nca = [true]", ":2: expected the path of a file"},
        {"[host.\"https://a\"]\nclient = [[\"a\", \"b\"], [\"c\", \"d\"]]",
         ":2: expected one certificate, and its key"},
        {"[host.\"https://a\"]\nclient = []", ":2: expected one certificate, and its key"},
        {"[host.\"https://a\".header]\nx = \"y\"",
         ":1: headers are not sent: list the host under registry.hosts with its credentials"},
        {"[host.\"https://a\"]\nrewrite = \"x\"", ":2: unknown key 'rewrite'"},
        {"a = 1", ":1: expected a text in quotes, true, false, or a list"},
    };
    const struct scratch *scratch = *state;

    (void)scratch_directory(scratch, "reg");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};
        char expected[512];
        const char *path = scratch_write(scratch, "reg/hosts.toml", rows[i][0], 0600);
        assert_null(load(scratch, "[]", &error));
        assert_int_equal(error.code, ERROR_INVALID);
        (void)snprintf(expected, sizeof(expected), "%s%s", path, rows[i][1]);
        assert_string_equal(error.message, expected);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_H27_dockers_directories_hold_authorities_and_a_certificate),
        TEST(test_H27_half_a_pair_is_an_error),
        TEST(test_two_certificates_are_an_error),
        TEST(test_S19_what_is_no_hosts_name_is_passed_over),
        TEST(test_what_is_not_for_all_hosts_is_not_in_the_default),
        TEST(test_a_directory_that_is_not_there_is_an_error),
        TEST(test_what_the_operator_wrote_wins),
        TEST(test_H28_the_hosts_of_a_file_are_mirrors_in_its_order),
        TEST(test_H28_the_default_is_for_all_hosts),
        TEST(test_H28_a_server_elsewhere_is_the_last_mirror),
        TEST(test_two_files_must_agree_on_a_host),
        TEST(test_what_a_file_cannot_say_is_refused_with_its_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
