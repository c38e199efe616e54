/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host[:port] taken apart, and every spelling of an address recognised as one.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "registry/authority.h"

static struct authority parsed(const char *text)
{
    struct authority authority = {0};

    if (!authority_parse(slice_from_string(text), &authority))
        fail_msg("'%s' is not taken for host and port", text);
    return authority;
}

static void test_host_and_port_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *host;
        uint16_t port;
        bool is_address;
    } rows[] = {
        {"docker.io", "docker.io", 0, false},
        {"reg:5000", "reg", 5000, false},
        {"reg:1", "reg", 1, false},
        {"reg:65535", "reg", 65535, false},
        {"*.example.com:5000", "*.example.com", 5000, false},
        {"10.0.0.1:80", "10.0.0.1", 80, true},
        {"[::1]", "[::1]", 0, true},
        {"[fc00::1]:5000", "[fc00::1]", 5000, true},
        {"127.0.0.1.evil.test", "127.0.0.1.evil.test", 0, false},
        {"256.0.0.1", "256.0.0.1", 0, false},
        {"deadbeef", "deadbeef", 0, false},
        {"1.2.3.4.5", "1.2.3.4.5", 0, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct authority authority = parsed(rows[i].text);
        assert_int_equal(authority.port, rows[i].port);
        assert_int_equal(authority.is_address, rows[i].is_address);
        assert_int_equal(authority.host.length, strlen(rows[i].host));
        assert_memory_equal(authority.host.data, rows[i].host, authority.host.length);
    }
}

static void test_what_is_no_host_and_port_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",       ":5000",  "reg:", "reg:0",     "reg:65536",    "reg:123456",  "reg:5x",
        "reg:-1", "reg: 1", "[::1", "[::1]x",    "[::1]:",       "[]",          "[",
        "[reg]",  "a:b:c",  "::1",  "[1::2::3]", "[::1%eth0]:5", "[127.0.0.1]",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct authority authority;
        if (authority_parse(slice_from_string(rows[i]), &authority))
            fail_msg("'%s' is taken for host and port", rows[i]);
    }
}

static void test_S1_every_spelling_of_an_address_is_that_address(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *address;
    } rows[] = {
        {"127.0.0.1", "::ffff:127.0.0.1"},       {"127.1", "::ffff:127.0.0.1"},
        {"2130706433:80", "::ffff:127.0.0.1"},   {"0x7f.1", "::ffff:127.0.0.1"},
        {"0X7F000001", "::ffff:127.0.0.1"},      {"0177.0.0.1", "::ffff:127.0.0.1"},
        {"[::ffff:7f00:1]", "::ffff:127.0.0.1"}, {"[::ffff:127.0.0.1]", "::ffff:127.0.0.1"},
        {"[FD00:EC2::254]", "fd00:ec2::254"},    {"[0:0:0:0:0:0:0:1]:443", "::1"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct authority authority = parsed(rows[i].text);
        struct in6_addr expected;
        assert_int_equal(inet_pton(AF_INET6, rows[i].address, &expected), 1);
        assert_true(authority.is_address);
        assert_memory_equal(&authority.address, &expected, sizeof(expected));
    }
}

/* curl would read "000...0177.0.0.1" as 127.0.0.1, however many zeros there are. */
static void test_S1_a_number_longer_than_any_address_is_no_host(void **state)
{
    (void)state;
    char text[400];
    struct authority authority;

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = '0';
    assert_false(authority_parse(slice_of(text, sizeof(text)), &authority));
    text[0] = 'n';
    assert_true(authority_parse(slice_of(text, sizeof(text)), &authority));
    assert_false(authority.is_address);
}

static void test_the_same_host_by_name_address_or_docker_hubs_names(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        bool is_same;
    } rows[] = {
        {"reg", "reg", true},
        {"reg", "REG:5000", true},
        {"reg", "reg2", false},
        {"reg", "reg.", false},
        {"127.1", "127.0.0.1", true},
        {"[::1]", "[0::1]", true},
        {"127.0.0.1", "localhost", false},
        {"localhost", "127.0.0.1", false},
        {"127.0.0.1", "127.0.0.2", false},
        {"docker.io", "index.docker.io", true},
        {"registry-1.docker.io:443", "docker.io", true},
        {"docker.io", "evildocker.io", false},
        {"docker.io", "auth.docker.io", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct authority a = parsed(rows[i].a);
        struct authority b = parsed(rows[i].b);
        if (authority_same_host(&a, &b) != rows[i].is_same)
            fail_msg("'%s' and '%s'", rows[i].a, rows[i].b);
    }
}

static void test_H26_loopback_is_judged_by_how_it_is_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_loopback;
    } rows[] = {
        {"localhost", true},       {"localhost:5000", true},
        {"127.0.0.1:5000", true},  {"127.255.255.254", true},
        {"127.1", true},           {"[::1]:5000", true},
        {"[::ffff:7f00:1]", true}, {"127.0.0.1.evil.test", false},
        {"localtest.me", false},   {"registry.local", false},
        {"sub.localhost", false},  {"10.0.0.1", false},
        {"[::2]", false},          {"128.0.0.1", false},
        {"0.0.0.0", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct authority authority = parsed(rows[i].text);
        if (authority_is_loopback(&authority) != rows[i].is_loopback)
            fail_msg("'%s'", rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_and_port_are_told_apart),
        cmocka_unit_test(test_what_is_no_host_and_port_is_refused),
        cmocka_unit_test(test_S1_every_spelling_of_an_address_is_that_address),
        cmocka_unit_test(test_S1_a_number_longer_than_any_address_is_no_host),
        cmocka_unit_test(test_the_same_host_by_name_address_or_docker_hubs_names),
        cmocka_unit_test(test_H26_loopback_is_judged_by_how_it_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
