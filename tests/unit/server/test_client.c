/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/client.h"

enum {
    HEADERS_MAX = 4
};

struct header {
    const char *name;
    const char *value;
};

static struct ip_address address_of(const char *text)
{
    return ip_address_parse(slice_from_string(text));
}

static bool is_same(struct ip_address a, struct ip_address b)
{
    return a.is_known == b.is_known && memcmp(&a.bytes, &b.bytes, sizeof(a.bytes)) == 0;
}

static bool has_same_key(const struct client *a, const struct client *b)
{
    char keys[2][CLIENT_KEY_SIZE];
    return slice_equal(client_key(a, keys[0]), client_key(b, keys[1]));
}

static void test_a_key_is_a_customers(void **state)
{
    (void)state;
    static const struct {
        struct {
            const char *address;
            unsigned token;
            unsigned push_token;
        } clients[2];
        bool is_same;
    } rows[] = {
        {{{"192.0.2.1", 0, 0}, {"192.0.2.1", 0, 0}}, true},
        {{{"192.0.2.1", 0, 0}, {"192.0.2.2", 0, 0}}, false},
        {{{"192.0.2.1", 0, 0}, {"::ffff:192.0.2.1", 0, 0}}, true},
        {{{"2001:db8:0:1::1", 0, 0}, {"2001:db8:0:1:ffff:ffff:ffff:ffff", 0, 0}}, true},
        {{{"2001:db8:0:1::1", 0, 0}, {"2001:db8:0:2::1", 0, 0}}, false},
        {{{"192.0.2.1", 7, 0}, {"2001:db8::1", 7, 0}}, true},
        {{{"192.0.2.1", 7, 0}, {"192.0.2.1", 8, 0}}, false},
        {{{"192.0.2.1", 7, 0}, {"192.0.2.1", 0, 0}}, false},
        {{{"192.0.2.1", 0, 7}, {"2001:db8::1", 0, 7}}, true},
        {{{"192.0.2.1", 0, 7}, {"192.0.2.1", 0, 8}}, false},
        {{{"192.0.2.1", 0, 7}, {"192.0.2.1", 7, 0}}, false}, /* lines of two files */
        {{{"", 0, 0}, {"", 0, 0}}, true},
        {{{"", 0, 0}, {"::", 0, 0}}, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct client clients[2];
        for (size_t j = 0; j < 2; j++) {
            clients[j] = (struct client){.address = address_of(rows[i].clients[j].address),
                                         .token = rows[i].clients[j].token,
                                         .push_token = rows[i].clients[j].push_token};
        }
        if (has_same_key(&clients[0], &clients[1]) != rows[i].is_same)
            fail_msg("row %zu", i);
    }
}

/* -- what proxies say ----------------------------------------------------------------------- */

#define X_FOR    "X-Forwarded-For"
#define X_PROTO  "x-forwarded-proto"
#define STANDARD "Forwarded"

struct telling {
    struct header headers[HEADERS_MAX];
    const char *client; /* NULL: nobody has spoken of one; "": the proxy itself */
    bool is_confidential;
};

static const struct telling by_x_forwarded_for[] = {
    {{{0}}, NULL, false},
    {{{"Host", "x"}, {"X-Forwarded-Host", "192.0.2.1"}}, NULL, false},
    {{{X_FOR, "192.0.2.1"}}, "192.0.2.1", false},
    {{{X_FOR, "198.51.100.7, 192.0.2.1"}}, "192.0.2.1", false},
    {{{X_FOR, "198.51.100.7,192.0.2.1 , 10.0.0.9,10.0.0.8"}}, "192.0.2.1", false},
    {{{X_FOR, "198.51.100.7"}, {X_FOR, "192.0.2.1"}}, "192.0.2.1", false},
    {{{X_FOR, "192.0.2.1"}, {X_FOR, "10.0.0.9"}}, "192.0.2.1", false},
    {{{X_FOR, "10.0.0.7, 10.0.0.9"}}, "10.0.0.7", false},
    {{{X_FOR, "192.0.2.1, unknown"}}, "", false},
    {{{X_FOR, "unknown, 192.0.2.1"}}, "192.0.2.1", false},
    {{{X_FOR, "unknown, 10.0.0.9"}}, "", false},
    {{{X_FOR, "192.0.2.1,"}}, "192.0.2.1", false},
    {{{X_FOR, ",,"}}, "", false},
    {{{X_FOR, ""}}, "", false},
    {{{X_PROTO, "https"}}, NULL, true},
    {{{X_FOR, "192.0.2.1"}, {X_PROTO, "https"}}, "192.0.2.1", true},
    {{{X_FOR, "192.0.2.1"}, {X_PROTO, "HTTPS"}}, "192.0.2.1", true},
    {{{X_FOR, "192.0.2.1"}, {X_PROTO, "http"}}, "192.0.2.1", false},
    {{{X_FOR, "192.0.2.1"}, {X_PROTO, "https, http"}}, "192.0.2.1", false},
    {{{X_FOR, "192.0.2.1"}, {X_PROTO, "http, https"}}, "192.0.2.1", false},
    {{{X_FOR, "192.0.2.1"}, {X_PROTO, "https"}, {X_PROTO, "http"}}, "192.0.2.1", false},
    {{{X_FOR, "192.0.2.1"}, {X_PROTO, ""}}, "192.0.2.1", false},
    /* The other header is not believed, not even that the way was safe; but somebody is spoken for:
     * it is not the proxy's machine that asks. */
    {{{STANDARD, "for=192.0.2.1;proto=https"}}, "", false},
    {{{X_FOR, "192.0.2.1"}, {STANDARD, "for=198.51.100.7;proto=https"}}, "192.0.2.1", false},
    {{{STANDARD, "for=198.51.100.7;proto=http"}, {X_FOR, "192.0.2.1"}, {X_PROTO, "https"}},
     "192.0.2.1",
     true},
};

static const struct telling by_forwarded[] = {
    {{{STANDARD, "for=192.0.2.1"}}, "192.0.2.1", false},
    {{{STANDARD, "For=\"[2001:db8::1]:4711\"; Proto=https;by=10.0.0.9"}}, "2001:db8::1", true},
    {{{STANDARD, "for=198.51.100.7, for=192.0.2.1"}}, "192.0.2.1", false},
    {{{STANDARD, "for=198.51.100.7"}, {STANDARD, "for=192.0.2.1"}}, "192.0.2.1", false},
    {{{STANDARD, "for=192.0.2.1, for=10.0.0.9"}}, "192.0.2.1", false},
    {{{STANDARD, "for=\"evil, for=192.0.2.1"}}, "192.0.2.1", false}, /* a quote that never ends */
    {{{STANDARD, "for=_hidden"}}, "", false},
    {{{STANDARD, "proto=https"}}, "", true},
    {{{STANDARD, "for=192.0.2.1;proto=https, for=10.0.0.9;proto=http"}}, "192.0.2.1", false},
    {{{X_FOR, "192.0.2.1"}, {X_PROTO, "https"}}, "", false},
    {{{X_FOR, "198.51.100.7"}, {X_PROTO, "https"}, {STANDARD, "for=192.0.2.1;proto=http"}},
     "192.0.2.1",
     false},
};

static bool is_read_so(const struct telling *row, enum proxy_header header,
                       const struct networks *proxies)
{
    const struct ip_address peer = address_of("10.0.0.1");
    struct forwarding forwarding = {.proxies = proxies, .header = header};

    for (size_t i = 0; i < HEADERS_MAX && row->headers[i].name; i++) {
        forwarding_note(&forwarding, slice_from_string(row->headers[i].name),
                        slice_from_string(row->headers[i].value));
    }
    if (forwarding.is_told != (row->client != NULL) ||
        forwarding_is_confidential(&forwarding) != row->is_confidential)
        return false;
    bool is_proxy = !row->client || row->client[0] == '\0';
    return is_same(forwarding_client(&forwarding, &peer),
                   is_proxy ? peer : address_of(row->client));
}

static void assert_read_so(const struct telling *rows, size_t count, enum proxy_header header)
{
    char network[] = "10.0.0.0/8";
    char *items[] = {network};
    const struct string_list list = {.items = items, .count = 1};
    CLEANUP(networks_release) struct networks proxies;
    struct error error;

    assert_true(networks_parse(&list, "proxies", &proxies, &error));
    for (size_t i = 0; i < count; i++) {
        if (!is_read_so(&rows[i], header, &proxies))
            fail_msg("row %zu, header %d", i, (int)header);
    }
}

static void test_the_last_stranger_in_the_header_that_proxies_write_is_the_client(void **state)
{
    (void)state;
    assert_read_so(by_x_forwarded_for, sizeof(by_x_forwarded_for) / sizeof(by_x_forwarded_for[0]),
                   PROXY_HEADER_X_FORWARDED_FOR);
    assert_read_so(by_forwarded, sizeof(by_forwarded) / sizeof(by_forwarded[0]),
                   PROXY_HEADER_FORWARDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_is_a_customers),
        cmocka_unit_test(test_the_last_stranger_in_the_header_that_proxies_write_is_the_client),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
