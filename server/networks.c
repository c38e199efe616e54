/* SPDX-License-Identifier: Apache-2.0 */
#include "server/networks.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/number.h"
#include "server/address.h"

enum {
    ADDRESS_BITS = 128,
    IPV4_PREFIX = 96 /* bits before an address of IPv4 in one of IPv6 */
};

/* -- addresses ------------------------------------------------------------------------------ */

static struct ip_address address_of_ipv4(struct in_addr ipv4)
{
    struct ip_address address = {.is_known = true};

    address.bytes.s6_addr[10] = 0xff;
    address.bytes.s6_addr[11] = 0xff;
    memcpy(&address.bytes.s6_addr[12], &ipv4, sizeof(ipv4));
    return address;
}

struct ip_address ip_address_of(const struct sockaddr *socket)
{
    const void *bytes = socket;
    const struct sockaddr_in *ipv4 = bytes;
    const struct sockaddr_in6 *ipv6 = bytes;

    if (socket->sa_family == AF_INET)
        return address_of_ipv4(ipv4->sin_addr);
    if (socket->sa_family == AF_INET6)
        return (struct ip_address){.bytes = ipv6->sin6_addr, .is_known = true};
    return (struct ip_address){.is_known = false};
}

static struct ip_address parse_bare(struct slice text)
{
    struct ip_address address = {.is_known = false};
    char copy[INET6_ADDRSTRLEN] = "";
    struct in_addr ipv4;

    if (text.length == 0 || text.length >= sizeof(copy) || memchr(text.data, '\0', text.length))
        return address;
    memcpy(copy, text.data, text.length);
    if (inet_pton(AF_INET, copy, &ipv4) == 1)
        return address_of_ipv4(ipv4);
    address.is_known = inet_pton(AF_INET6, copy, &address.bytes) == 1;
    return address;
}

struct ip_address ip_address_parse(struct slice text)
{
    ptrdiff_t colon = slice_find(text, ':');
    ptrdiff_t bracket = slice_find(text, ']');

    if (slice_starts_with(text, SLICE("[")) && bracket > 0)
        return parse_bare(slice_until(slice_from(text, 1), (size_t)bracket - 1));
    if (colon >= 0 && colon == slice_find_last(text, ':'))
        return parse_bare(slice_until(text, (size_t)colon));
    return parse_bare(text);
}

bool ip_address_is_loopback(const struct ip_address *address)
{
    const struct in6_addr *bytes = &address->bytes;

    return address->is_known &&
           (IN6_IS_ADDR_LOOPBACK(bytes) ||
            (IN6_IS_ADDR_V4MAPPED(bytes) && bytes->s6_addr[12] == IN_LOOPBACKNET));
}

/* -- networks ------------------------------------------------------------------------------- */

static bool parse_network(struct slice text, struct network *out)
{
    ptrdiff_t slash = slice_find(text, '/');
    struct slice start = slash < 0 ? text : slice_until(text, (size_t)slash);
    struct ip_address address = parse_bare(start);
    unsigned before =
        IN6_IS_ADDR_V4MAPPED(&address.bytes) && slice_find(start, ':') < 0 ? IPV4_PREFIX : 0;
    unsigned bits = ADDRESS_BITS - before;

    if (!address.is_known)
        return false;
    if (slash >= 0 && !number_parse(slice_from(text, (size_t)slash + 1), bits, &bits))
        return false;
    *out = (struct network){.start = address.bytes, .bits = before + bits};
    return true;
}

bool networks_parse(const struct string_list *texts, const char *what, struct networks *out,
                    struct error *error)
{
    *out = (struct networks){.items = calloc(texts->count + 1, sizeof(*out->items))};
    if (!out->items)
        return error_no_memory(error);
    for (size_t i = 0; i < texts->count; i++) {
        struct slice text = slice_from_string(texts->items[i]);
        if (slice_equal(text, SLICE("unix"))) {
            out->has_unix = true;
        } else if (!parse_network(text, &out->items[out->count++])) {
            return error_set(error, ERROR_INVALID,
                             "%s: '%s' is not an address, a network such as 10.0.0.0/8, or unix",
                             what, ESCAPED(text));
        }
    }
    return true;
}

void networks_release(struct networks *networks)
{
    free(networks->items);
    *networks = (struct networks){0};
}

static bool network_has(const struct network *network, const struct in6_addr *address)
{
    unsigned whole = network->bits / 8;
    unsigned mask = 0xff00U >> network->bits % 8 & 0xff;

    return memcmp(&network->start, address, whole) == 0 &&
           (mask == 0 || ((network->start.s6_addr[whole] ^ address->s6_addr[whole]) & mask) == 0);
}

bool networks_have(const struct networks *networks, const struct ip_address *address)
{
    if (!address->is_known)
        return networks->has_unix;
    for (size_t i = 0; i < networks->count; i++) {
        if (network_has(&networks->items[i], &address->bytes))
            return true;
    }
    return false;
}
