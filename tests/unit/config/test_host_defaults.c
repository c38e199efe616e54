/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hosts have from patterns, and which hosts mirrors make.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/config/loaded.h"

static struct config *load(const char *hosts)
{
    const struct config_override flag = {"registry.hosts", hosts};

    return load_from(&(struct config_sources){.flags = &flag, .flag_count = 1}, NULL);
}

/* The settings that hold for a host: its own, or the longest pattern's. */
static const struct config_host *settings_of(const struct config *config, const char *name)
{
    struct slice text = slice_from_string(name);
    const struct config_host *host = config_registry_host(&config->registry, text);

    return host ? host : config_registry_pattern(&config->registry, text);
}

static int64_t timeout_of(const struct config *config, const char *name)
{
    const struct config_host *host = settings_of(config, name);
    return host ? host->timeout / 1000 : -1;
}

static void test_the_most_specific_that_says_a_key_decides(void **state)
{
    static const struct {
        const char *name;
        int64_t timeout;
        uint32_t max_concurrent;
    } rows[] = {
        {"reg.a.test", 4, 2},        {"other.a.test", 3, 2}, {"other.a.test:5000", 3, 2},
        {"deep.other.a.test", 3, 2}, {"reg.b.test", 2, 2},   {"a.test", 2, 2},
        {"elsewhere", 1, 1},         {"[::1]:5000", 1, 1},   {"test", 1, 1},
    };
    CLEANUP(config_unref_p)
    struct config *config = load("[{name: '*', timeout: 1s, max_concurrent: 1},"
                                 " {name: '*.a.test', timeout: 3s},"
                                 " {name: reg.a.test, timeout: 4s},"
                                 " {name: '*.test', timeout: 2s, max_concurrent: 2}]");

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct config_host *host = settings_of(config, rows[i].name);
        assert_non_null(host);
        if (host->timeout != rows[i].timeout * 1000 ||
            host->max_concurrent != rows[i].max_concurrent)
            fail_msg("%s: %lld ms, %u", rows[i].name, (long long)host->timeout,
                     host->max_concurrent);
    }
}

static void test_a_pattern_is_no_host(void **state)
{
    CLEANUP(config_unref_p) struct config *config = load("[{name: '*.test'}, {name: '*'}]");

    (void)state;
    assert_null(config_registry_host(&config->registry, SLICE("*.test")));
    assert_null(config_registry_host(&config->registry, SLICE("*")));
    assert_null(config_registry_host(&config->registry, SLICE("reg.test")));
}

static void test_a_pattern_covers_whole_labels(void **state)
{
    CLEANUP(config_unref_p) struct config *config = load("[{name: '*.a.test', timeout: 1s}]");

    (void)state;
    assert_int_equal(timeout_of(config, "reg.a.test"), 1);
    assert_int_equal(timeout_of(config, "reg.a.test:443"), 1);
    assert_int_equal(timeout_of(config, "a.test"), -1);
    assert_int_equal(timeout_of(config, "evila.test"), -1);
    assert_int_equal(timeout_of(config, "reg.a.test.evil.example"), -1);
}

/* The keys of one matter are never mixed. */
static void test_what_a_host_says_of_a_matter_is_all_of_it(void **state)
{
    CLEANUP(config_unref_p)
    struct config *config =
        load("[{name: '*.test', ca_file: /dev/null, credential_helper: pattern},"
             " {name: insecure.test, insecure_skip_verify: true},"
             " {name: plain.test, plain_http: true},"
             " {name: own.test, extra_ca_files: [/proc/self/exe]},"
             " {name: anonymous.test, credential_helper: null},"
             " {name: silent.test}]");

    (void)state;
    assert_null(settings_of(config, "insecure.test")->ca_file);
    assert_null(settings_of(config, "plain.test")->ca_file);
    assert_null(settings_of(config, "own.test")->ca_file);
    assert_string_equal(settings_of(config, "own.test")->credential_helper, "pattern");
    assert_null(settings_of(config, "anonymous.test")->credential_helper);
    assert_string_equal(settings_of(config, "anonymous.test")->ca_file, "/dev/null");
    assert_string_equal(settings_of(config, "silent.test")->ca_file, "/dev/null");
}

static void test_a_mirror_is_a_host_without_mirrors(void **state)
{
    CLEANUP(config_unref_p)
    struct config *config =
        load("[{name: '*', mirrors: [one:5000, two/hub], timeout: 1s}, {name: two, timeout: 2s},"
             " {name: own, mirrors: [three]}]");
    const struct config_host *one = config_registry_host(&config->registry, SLICE("one:5000"));
    const struct config_host *two = config_registry_host(&config->registry, SLICE("two"));

    (void)state;
    assert_non_null(one);
    assert_int_equal(one->mirrors.count, 0);
    assert_int_equal(one->timeout, 1000);
    assert_int_equal(two->mirrors.count, 0);
    assert_int_equal(two->timeout, 2000);
    assert_int_equal(settings_of(config, "other")->mirrors.count, 2);
    assert_int_equal(settings_of(config, "own")->mirrors.count, 1);
    assert_non_null(config_registry_host(&config->registry, SLICE("three")));
}

static void test_what_is_printed_is_what_was_written(void **state)
{
    CLEANUP(config_unref_p)
    struct config *config = load("[{name: '*', mirrors: [one:5000, two/hub]}, {name: a}]");
    CLEANUP(buffer_release) struct buffer printed = BUFFER_INIT(100000);

    (void)state;
    assert_true(config_print(config, &printed));
    assert_non_null(
        strstr(buffer_string(&printed),
               "  hosts:\n    - name: \"*\"\n      mirrors: [\"one:5000\",\"two/hub\"]\n"
               "    - name: a\n"));
    assert_null(strstr(buffer_string(&printed), "name: one:5000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_most_specific_that_says_a_key_decides),
        cmocka_unit_test(test_a_pattern_is_no_host),
        cmocka_unit_test(test_a_pattern_covers_whole_labels),
        cmocka_unit_test(test_what_a_host_says_of_a_matter_is_all_of_it),
        cmocka_unit_test(test_a_mirror_is_a_host_without_mirrors),
        cmocka_unit_test(test_what_is_printed_is_what_was_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
