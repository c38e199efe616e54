/* SPDX-License-Identifier: Apache-2.0 */
#include "server/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "base/escape.h"
#include "base/number.h"

static bool refuse(struct slice text, const char *reason, struct error *error)
{
    return error_set(error, ERROR_INVALID, "cannot listen on '%s': %s", ESCAPED(text), reason);
}

static struct address address_of(const void *socket, socklen_t length, uint16_t port)
{
    struct address address = {.length = length, .port = port};

    memcpy(&address.socket, socket, length);
    return address;
}

static struct address address_of_ipv4(struct in_addr ip, uint16_t port)
{
    struct sockaddr_in socket = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = ip};
    return address_of(&socket, sizeof(socket), port);
}

static struct address address_of_ipv6(struct in6_addr ip, uint16_t port)
{
    struct sockaddr_in6 socket = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = ip};
    return address_of(&socket, sizeof(socket), port);
}

struct address address_any_ipv4(uint16_t port)
{
    return address_of_ipv4((struct in_addr){.s_addr = htonl(INADDR_ANY)}, port);
}

static bool parse_unix(struct slice text, struct address *out, struct error *error)
{
    struct sockaddr_un socket = {.sun_family = AF_UNIX};
    struct slice path = slice_from(text, strlen("unix:"));

    if (path.length == 0 || path.data[0] != '/')
        return refuse(text, "a Unix socket's path begins with '/'", error);
    if (path.length >= sizeof(socket.sun_path))
        return refuse(text, "a Unix socket's path has at most 107 bytes", error);
    memcpy(socket.sun_path, path.data, path.length);
    *out = address_of(&socket, sizeof(socket), 0);
    return true;
}

/* Numbers only (and localhost): a daemon that waits for DNS before it listens is a riddle. */
static bool parse_host(struct slice host, uint16_t port, struct address *out)
{
    char text[INET6_ADDRSTRLEN] = "";
    struct in_addr ipv4 = {.s_addr = htonl(INADDR_LOOPBACK)};
    struct in6_addr ipv6 = in6addr_any;
    bool is_bracketed = slice_starts_with(host, SLICE("[")) && slice_ends_with(host, SLICE("]"));
    struct slice number = is_bracketed ? slice_until(slice_from(host, 1), host.length - 2) : host;

    if (number.length >= sizeof(text))
        return false;
    if (number.length > 0)
        memcpy(text, number.data, number.length);
    if (is_bracketed) {
        if (inet_pton(AF_INET6, text, &ipv6) != 1)
            return false;
        *out = address_of_ipv6(ipv6, port);
        return true;
    }
    if (host.length == 0) {
        *out = address_of_ipv6(in6addr_any, port);
        out->is_any = true;
        return true;
    }
    if (strcmp(text, "localhost") != 0 && inet_pton(AF_INET, text, &ipv4) != 1)
        return false;
    *out = address_of_ipv4(ipv4, port);
    return true;
}

bool address_parse(const char *text, struct address *out, struct error *error)
{
    struct slice whole = slice_from_string(text);
    ptrdiff_t colon = slice_find_last(whole, ':');
    unsigned port = 0;

    if (slice_starts_with(whole, SLICE("unix:")))
        return parse_unix(whole, out, error);
    if (colon < 0 || !number_parse(slice_from(whole, (size_t)colon + 1), UINT16_MAX, &port))
        return refuse(whole, "it has no port; write 127.0.0.1:8080", error);
    if (!parse_host(slice_until(whole, (size_t)colon), (uint16_t)port, out)) {
        return refuse(whole,
                      "write an address in numbers: 127.0.0.1:8080, [::1]:8080, :8080, unix:/path",
                      error);
    }
    return true;
}

const char *address_path(const struct address *address)
{
    const void *bytes = &address->socket;
    const struct sockaddr_un *local = bytes;

    return local->sun_family == AF_UNIX ? local->sun_path : NULL;
}

bool address_is_same(const struct address *a, const struct address *b)
{
    return a->length == b->length && memcmp(&a->socket, &b->socket, a->length) == 0 &&
           (a->port > 0 || address_path(a));
}

bool address_describe(int fd, struct buffer *out)
{
    struct address address = {.length = sizeof(address.socket)};
    char text[INET6_ADDRSTRLEN] = "";
    const void *bytes = &address.socket;
    const struct sockaddr_in *ipv4 = bytes;
    const struct sockaddr_in6 *ipv6 = bytes;

    if (getsockname(fd, (struct sockaddr *)&address.socket, &address.length) != 0)
        return false;
    if (address.socket.ss_family == AF_UNIX)
        return buffer_format(out, "unix:%s", address_path(&address));
    if (address.socket.ss_family == AF_INET6) {
        return inet_ntop(AF_INET6, &ipv6->sin6_addr, text, sizeof(text)) &&
               buffer_format(out, "[%s]:%u", text, ntohs(ipv6->sin6_port));
    }
    return inet_ntop(AF_INET, &ipv4->sin_addr, text, sizeof(text)) &&
           buffer_format(out, "%s:%u", text, ntohs(ipv4->sin_port));
}
