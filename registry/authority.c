/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/authority.h"

#include <arpa/inet.h>
#include <string.h>

#include "manifest/manifest.h"

enum {
    ADDRESS_TEXT_SIZE = 64 /* more than any spelling of an address that is one needs */
};

/* What an IPv4 address may be written with. */
static const char number_bytes[] = "0123456789abcdefxABCDEFX.";

bool authority_parse_port(struct slice digits, uint16_t *out)
{
    uint32_t port = 0;

    if (digits.length == 0 || digits.length > 5)
        return false;
    for (size_t i = 0; i < digits.length; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        port = port * 10 + (uint32_t)(digits.data[i] - '0');
    }
    if (port == 0 || port > UINT16_MAX)
        return false;
    *out = (uint16_t)port;
    return true;
}

/* Where the host ends: behind its closing bracket, or before the colon. */
static size_t host_length(struct slice text)
{
    bool is_bracketed = text.length && text.data[0] == '[';
    ptrdiff_t end = slice_find(text, is_bracketed ? ']' : ':');

    if (end < 0)
        return text.length;
    return is_bracketed ? (size_t)end + 1 : (size_t)end;
}

static bool parse_ipv6(const char *text, struct in6_addr *out)
{
    return inet_pton(AF_INET6, text, out) == 1;
}

/* inet_aton() takes every spelling that curl and getaddrinfo() take: one to four parts, each
 * decimal, octal or hexadecimal. It also stops at a blank, which has no place here. */
static bool parse_ipv4(const char *text, struct in6_addr *out)
{
    struct in_addr ipv4;

    if (text[strspn(text, number_bytes)] != '\0' || inet_aton(text, &ipv4) == 0)
        return false;
    *out = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(out->s6_addr + 12, &ipv4, sizeof(ipv4));
    return true;
}

static bool parse_address(struct slice host, struct in6_addr *out)
{
    char text[ADDRESS_TEXT_SIZE];
    bool is_bracketed = host.data[0] == '[';

    if (is_bracketed)
        host = slice_of(host.data + 1, host.length - 2);
    if (host.length >= sizeof(text))
        return false;
    memcpy(text, host.data, host.length);
    text[host.length] = '\0';
    return is_bracketed ? parse_ipv6(text, out) : parse_ipv4(text, out);
}

/* Longer than any spelling of an address that is one, and all digits: curl would still find an
 * address in it, which here could not be judged (S1). */
static bool is_overlong_number(struct slice host)
{
    struct slice digits = slice_from_string(number_bytes);

    for (size_t i = 0; i < host.length; i++) {
        if (slice_find(digits, host.data[i]) < 0)
            return false;
    }
    return host.length >= ADDRESS_TEXT_SIZE;
}

bool authority_parse(struct slice text, struct authority *out)
{
    struct authority authority = {.host = slice_until(text, host_length(text))};
    struct slice rest = slice_from(text, authority.host.length);

    if (authority.host.length == 0 || is_overlong_number(authority.host))
        return false;
    if (rest.length &&
        (rest.data[0] != ':' || !authority_parse_port(slice_from(rest, 1), &authority.port)))
        return false;
    if (authority.host.data[0] == '[' && authority.host.data[authority.host.length - 1] != ']')
        return false;
    authority.is_address = parse_address(authority.host, &authority.address);
    if (authority.host.data[0] == '[' && !authority.is_address)
        return false;
    *out = authority;
    return true;
}

bool authority_same_host(const struct authority *a, const struct authority *b)
{
    if (a->is_address != b->is_address)
        return false;
    if (a->is_address)
        return memcmp(&a->address, &b->address, sizeof(a->address)) == 0;
    if (slice_equal_ignoring_case(a->host, b->host))
        return true;
    return reference_is_docker_hub(a->host) && reference_is_docker_hub(b->host);
}

bool authority_is_loopback(const struct authority *authority)
{
    if (!authority->is_address)
        return slice_equal_ignoring_case(authority->host, SLICE("localhost"));
    if (IN6_IS_ADDR_V4MAPPED(&authority->address))
        return authority->address.s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(&authority->address);
}
