/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a server listens, as text and as the kernel has it.
 */
#ifndef SERVER_ADDRESS_H
#define SERVER_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "base/error.h"

struct address {
    struct sockaddr_storage socket;
    socklen_t length;
    uint16_t port; /* 0: any free one; also of a Unix socket */
    bool is_any;   /* ":8080": all addresses, of IPv4 alone where there is no IPv6 */
};

/* "127.0.0.1:8080", "localhost:8080", "[::1]:8080", ":8080", "unix:/path". Errors: invalid. */
bool address_parse(const char *text, struct address *out, struct error *error) MUST_USE;

/* All addresses of IPv4. */
struct address address_any_ipv4(uint16_t port);

/* Whether two sockets could not have both; any free port is another each time. */
bool address_is_same(const struct address *a, const struct address *b);

/* The path of a Unix socket, or NULL. */
const char *address_path(const struct address *address);

/* Where a socket is bound: "127.0.0.1:34567", "[::]:8080", "unix:/run/mquery.sock". */
bool address_describe(int fd, struct buffer *out);

#endif
