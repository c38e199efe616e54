/* SPDX-License-Identifier: Apache-2.0 */
/* Listening addresses as text. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/address.h"

/* The address as the kernel's own text form. */
static const char *address_text(const struct address *address, char *out, socklen_t size)
{
    const void *bytes = &address->socket;
    const struct sockaddr_in *ipv4 = bytes;
    const struct sockaddr_in6 *ipv6 = bytes;

    if (address->socket.ss_family == AF_INET)
        return inet_ntop(AF_INET, &ipv4->sin_addr, out, size);
    assert_int_equal(address->socket.ss_family, AF_INET6);
    return inet_ntop(AF_INET6, &ipv6->sin6_addr, out, size);
}

static void test_addresses_with_a_port(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *ip;
        uint16_t port;
        bool is_any;
    } rows[] = {
        {"127.0.0.1:8080", "127.0.0.1", 8080, false},
        {"0.0.0.0:80", "0.0.0.0", 80, false},
        {"localhost:8080", "127.0.0.1", 8080, false},
        {"[::1]:8080", "::1", 8080, false},
        {"[::]:65535", "::", 65535, false},
        {":8080", "::", 8080, true},
        {"127.0.0.1:0", "127.0.0.1", 0, false},
        {"[::ffff:1.2.3.4]:1", "::ffff:1.2.3.4", 1, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char ip[INET6_ADDRSTRLEN];
        struct address address;
        struct error error;
        if (!address_parse(rows[i].text, &address, &error))
            fail_msg("%s", error.message);
        assert_string_equal(address_text(&address, ip, sizeof(ip)), rows[i].ip);
        assert_int_equal(address.port, rows[i].port);
        assert_int_equal(address.is_any, rows[i].is_any);
        assert_null(address_path(&address));
    }
}

static void test_a_unix_socket_has_a_path(void **state)
{
    (void)state;
    struct address address;
    struct error error;

    assert_true(address_parse("unix:/run/a:1.sock", &address, &error));
    assert_string_equal(address_path(&address), "/run/a:1.sock");
}

static void test_what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *reason;
    } rows[] = {
        {"", "no port"},
        {"8080", "no port"},
        {"127.0.0.1", "no port"},
        {"127.0.0.1:", "no port"},
        {"127.0.0.1:65536", "no port"},
        {"127.0.0.1:99999999999999999999", "no port"},
        {"127.0.0.1:80x", "no port"},
        {"127.0.0.1:-1", "no port"},
        {"127.0.0.1.5:80", "in numbers"},
        {"256.0.0.1:80", "in numbers"},
        {"registry.example:80", "in numbers"},
        {"::1:8080", "in numbers"},
        {"[::1:8080", "in numbers"},
        {"[]:8080", "in numbers"},
        {"[127.0.0.1]:80", "in numbers"},
        {"[::1%lo]:80", "in numbers"},
        {"unix:", "begins with '/'"},
        {"unix:relative", "begins with '/'"},
        {"tcp://1.2.3.4:80", "in numbers"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct address address;
        struct error error;
        if (address_parse(rows[i].text, &address, &error))
            fail_msg("'%s' is taken", rows[i].text);
        assert_int_equal(error.code, ERROR_INVALID);
        if (!strstr(error.message, rows[i].reason))
            fail_msg("'%s': '%s' does not say '%s'", rows[i].text, error.message, rows[i].reason);
    }
}

static void test_a_path_of_108_bytes_is_too_long(void **state)
{
    (void)state;
    char text[] = "unix:/234567890123456789012345678901234567890123456789012345678901234567890"
                  "12345678901234567890123456789012345678";
    struct address address;
    struct error error;

    assert_int_equal(strlen(text), strlen("unix:") + 108);
    assert_false(address_parse(text, &address, &error));
    assert_non_null(strstr(error.message, "at most 107"));
    text[strlen(text) - 1] = '\0';
    assert_true(address_parse(text, &address, &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_with_a_port),
        cmocka_unit_test(test_a_unix_socket_has_a_path),
        cmocka_unit_test(test_what_is_no_address_is_refused),
        cmocka_unit_test(test_a_path_of_108_bytes_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
