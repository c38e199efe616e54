/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which registry a key of a credential file names, and which of several names it best.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "registry/credential_key.h"

static unsigned rank(const char *key, const char *registry, const char *repository)
{
    return credential_key_rank(slice_from_string(key), registry, repository, true);
}

static void test_C5_the_forms_of_a_key(void **state)
{
    static const struct {
        const char *key;
        const char *host;
        const char *path;
    } rows[] = {
        {"reg.example", "reg.example", ""},
        {"reg.example:5000", "reg.example:5000", ""},
        {"https://reg.example", "reg.example", ""},
        {"http://reg.example/", "reg.example", ""},
        {"https://reg.example/v1/", "reg.example", ""},
        {"reg.example/v2", "reg.example", ""},
        {"reg.example/v2/", "reg.example", ""},
        {"reg.example/v3", "reg.example", "v3"},
        {"reg.example/a/b", "reg.example", "a/b"},
        {"https://reg.example:443/a/", "reg.example:443", "a"},
        {"https://index.docker.io/v1/", "index.docker.io", ""},
        {"[::1]:5000/a", "[::1]:5000", "a"},
        {"https://https://reg.example", "https:", "/reg.example"},
        {"", "", ""},
        {"/", "", ""},
        {"https://", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct credential_key key = credential_key_parse(slice_from_string(rows[i].key));
        if (!slice_equal_string(key.host, rows[i].host) ||
            !slice_equal_string(key.path, rows[i].path))
            fail_msg("%s", rows[i].key);
    }
}

static void test_C7_whole_hosts_and_whole_segments_match(void **state)
{
    static const struct {
        const char *key;
        const char *registry;
        const char *repository;
        bool matches;
    } rows[] = {
        {"registry.example.com", "registry.example.com", "a", true},
        {"REGISTRY.example.com", "registry.example.com", "a", true},
        {"https://registry.example.com/v1/", "registry.example.com", "a", true},
        {"registry.example.com", "registry.example.com.evil.net", "a", false},
        {"registry.example.com", "evilregistry.example.com", "a", false},
        {"registry.example.com", "registry.example.com:444", "a", false},
        {"registry.example.com:444", "registry.example.com", "a", false},
        {"registry.example.com:443", "registry.example.com", "a", false},
        {"user@registry.example.com", "registry.example.com", "a", false},
        {"", "registry.example.com", "a", false},
        {"docker.io", "docker.io", "library/a", true},
        {"index.docker.io", "docker.io", "library/a", true},
        {"https://registry-1.docker.io/v2/", "docker.io", "library/a", true},
        {"evildocker.io", "docker.io", "library/a", false},
        {"docker.io.evil.net", "docker.io", "library/a", false},
        {"reg/a/b", "reg", "a/b", true},
        {"reg/a/b", "reg", "a/b/c", true},
        {"reg/a/b", "reg", "a", false},
        {"reg/a/b", "reg", "a/bc", false},
        {"reg/a/b/", "reg", "a/b", true},
        {"reg/library", "reg", "library/a", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if ((rank(rows[i].key, rows[i].registry, rows[i].repository) > 0) != rows[i].matches)
            fail_msg("%s for %s/%s", rows[i].key, rows[i].registry, rows[i].repository);
    }
}

static void test_C13_a_star_stays_within_its_label(void **state)
{
    static const struct {
        const char *key;
        const char *registry;
        bool matches;
    } rows[] = {
        {"*.example.com", "a.example.com", true},
        {"https://*.example.com/v1/", "a.example.com", true},
        {"*.EXAMPLE.com", "a.example.COM", true},
        {"*.example.com", "example.com", false},
        {"*.example.com", "a.b.example.com", false},
        {"*.example.com", "a.example.com:5000", false},
        {"*.example.com:5000", "a.example.com:5000", true},
        {"*.example.com:5000", "a.example.com", false},
        {"*", "localhost", true},
        {"*", "a.example.com", false},
        {"*.*.com", "a.example.com", true},
        {"team-*.example.com", "team-a.example.com", true},
        {"team-*.example.com", "teams.example.com", false},
        {"*a*b.example.com", "xaaxb.example.com", true},
        {"*a*b.example.com", "xaaxbc.example.com", false},
        {"a**.example.com", "a.example.com", true},
        {"*.com.evil.net", "example.com", false},
        {"ex*e.com", "example.com", true},
        {"exa*mple*.com", "example.com", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if ((rank(rows[i].key, rows[i].registry, "a") > 0) != rows[i].matches)
            fail_msg("%s for %s", rows[i].key, rows[i].registry);
        assert_int_equal(
            credential_key_rank(slice_from_string(rows[i].key), rows[i].registry, "a", false), 0);
    }
}

/* In each row the first is better. */
static void test_C6_the_more_specific_key_is_better(void **state)
{
    static const char *const rows[][4] = {
        {"reg.example/a/b", "reg.example/a", "reg.example", "a/b/c"},
        {"reg.example/a", "reg.example", "reg.example", "a/b"},
        {"reg.example", "https://reg.example", "reg.example", "a"},
        {"reg.example", "reg.example/v1/", "reg.example", "a"},
        {"https://reg.example", "*.example", "reg.example", "a"},
        {"*.example/a", "reg.example", "reg.example", "a"},
        {"https://index.docker.io/v1/", "docker.io", "docker.io", "library/a"},
        {"docker.io/library", "https://index.docker.io/v1/", "docker.io", "library/a"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned better = rank(rows[i][0], rows[i][2], rows[i][3]);
        unsigned worse = rank(rows[i][1], rows[i][2], rows[i][3]);
        if (better <= worse || worse == 0)
            fail_msg("%s over %s: %u, %u", rows[i][0], rows[i][1], better, worse);
    }
}

static void test_C9_helpers_know_docker_hub_by_its_old_address(void **state)
{
    (void)state;
    assert_string_equal(credential_key_canonical("docker.io"), "https://index.docker.io/v1/");
    assert_string_equal(credential_key_canonical("registry-1.docker.io"),
                        "https://index.docker.io/v1/");
    assert_string_equal(credential_key_canonical("reg:5000"), "reg:5000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_C5_the_forms_of_a_key),
        cmocka_unit_test(test_C7_whole_hosts_and_whole_segments_match),
        cmocka_unit_test(test_C13_a_star_stays_within_its_label),
        cmocka_unit_test(test_C6_the_more_specific_key_is_better),
        cmocka_unit_test(test_C9_helpers_know_docker_hub_by_its_old_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
