/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

#include "server/networks.h"

/* The network alone, in a list. The caller releases. */
static struct networks parse(const char *text)
{
    CLEANUP(free_p) char *item = strdup(text);
    char *items[] = {item};
    const struct string_list list = {.items = items, .count = 1};
    struct networks networks;
    struct error error;

    assert_true(networks_parse(&list, "proxies", &networks, &error));
    return networks;
}

static void test_an_address_is_in_its_network(void **state)
{
    (void)state;
    static const struct {
        const char *network;
        const char *address;
        bool is_in;
    } rows[] = {
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.1/8", "10.255.255.255", true}, /* the network that it is in */
        {"10.0.0.9/29", "10.0.0.15", true},
        {"10.0.0.9/29", "10.0.0.16", false},
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"10.0.0.0/8", "::10.1.2.3", false},
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.6", false},
        {"192.0.2.128/25", "192.0.2.200", true},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.77/25", "192.0.2.1", true}, /* what is behind the network counts for nothing */
        {"0.0.0.0/0", "255.1.1.1", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "192.0.2.1", true},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"2001:db8::1", "2001:db8::1", true},
        {"2001:db8::1", "2001:db8::2", false},
        {"::ffff:10.0.0.0/104", "10.1.2.3", true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(networks_release) struct networks networks = parse(rows[i].network);
        const struct ip_address address = ip_address_parse(slice_from_string(rows[i].address));
        assert_true(address.is_known);
        if (networks_have(&networks, &address) != rows[i].is_in)
            fail_msg("%s in %s", rows[i].address, rows[i].network);
    }
}

static void test_what_is_no_network_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const texts[] = {"",          "10.0.0.0/33", "10.0.0.0/",  "10.0.0.0/x",
                                        "10.0.0/8",  "::/129",      "localhost",  "10.0.0.0/-1",
                                        "[::1]/128", "10.0.0.1:80", "10.0.0.0/8 "};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        CLEANUP(free_p) char *item = strdup(texts[i]);
        char *items[] = {item};
        const struct string_list list = {.items = items, .count = 1};
        CLEANUP(networks_release) struct networks networks;
        struct error error;
        if (networks_parse(&list, "the.setting", &networks, &error))
            fail_msg("'%s' is taken", texts[i]);
        assert_int_equal(error.code, ERROR_INVALID);
        assert_memory_equal(error.message, "the.setting: '", strlen("the.setting: '"));
    }
}

static void test_addresses_are_read_in_the_forms_of_proxies(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *plain; /* NULL: it is none */
    } rows[] = {
        {"192.0.2.1", "::ffff:192.0.2.1"},
        {"192.0.2.1:4711", "::ffff:192.0.2.1"},
        {"2001:db8::1", "2001:db8::1"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"[2001:db8::1]:4711", "2001:db8::1"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
        {"", NULL},
        {"unknown", NULL},
        {"_hidden", NULL},
        {"192.0.2.256", NULL},
        {"192.0.2", NULL},
        {"[2001:db8::1", NULL},
        {"[]", NULL},
        {"2001:db8::1::2", NULL},
        {"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", NULL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct ip_address address = ip_address_parse(slice_from_string(rows[i].text));
        struct in6_addr expected;
        if (address.is_known != (rows[i].plain != NULL))
            fail_msg("'%s'", rows[i].text);
        if (!rows[i].plain)
            continue;
        assert_int_equal(inet_pton(AF_INET6, rows[i].plain, &expected), 1);
        assert_memory_equal(&address.bytes, &expected, sizeof(expected));
    }
}

static void test_a_socket_has_an_address_or_none(void **state)
{
    const struct sockaddr_in ipv4 = {.sin_family = AF_INET,
                                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    const struct sockaddr_un local = {.sun_family = AF_UNIX};
    const struct ip_address addresses[] = {ip_address_of((const void *)&ipv4),
                                           ip_address_of((const void *)&ipv6),
                                           ip_address_of((const void *)&local)};

    (void)state;
    assert_true(addresses[0].is_known && ip_address_is_loopback(&addresses[0]));
    assert_true(addresses[1].is_known && ip_address_is_loopback(&addresses[1]));
    assert_false(addresses[2].is_known);
    assert_false(ip_address_is_loopback(&addresses[2]));
}

static void test_who_comes_over_a_unix_socket_is_in_a_list_that_says_so(void **state)
{
    const struct ip_address nobody = {.is_known = false};
    CLEANUP(networks_release) struct networks with = parse("unix");
    CLEANUP(networks_release) struct networks without = parse("0.0.0.0/0");

    (void)state;
    assert_true(networks_have(&with, &nobody));
    assert_false(networks_have(&without, &nobody));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_address_is_in_its_network),
        cmocka_unit_test(test_what_is_no_network_is_refused_by_name),
        cmocka_unit_test(test_addresses_are_read_in_the_forms_of_proxies),
        cmocka_unit_test(test_a_socket_has_an_address_or_none),
        cmocka_unit_test(test_who_comes_over_a_unix_socket_is_in_a_list_that_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
