/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sockets the daemon listens on: opened here, or inherited from systemd.
 */
#ifndef SERVER_LISTEN_H
#define SERVER_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum {
    LISTENERS_MAX = 8
};

struct listener {
    int fd;                /* non-blocking */
    char *path;            /* of a Unix socket made here, to be removed in the end; else NULL */
    char *name;            /* of one that systemd passed: its FileDescriptorName=; else NULL */
    bool is_for_operators; /* so it is where its name is "metrics" */
};

struct listeners {
    struct listener items[LISTENERS_MAX];
    size_t count;
};

/* The sockets systemd passed, if it did (`address` is not looked at then), else one at `address`.
 * Errors: invalid (the address, or what was passed); conflict (cannot listen there, e.g. it is in
 * use); internal. Reads the environment. */
bool listeners_open(struct listeners *listeners, const char *address, struct error *error) MUST_USE;
/* Listens at `address`, too, for operators; unless systemd has passed a socket for them. Errors: as
 * above. */
bool listeners_add_operators(struct listeners *listeners, const char *address,
                             struct error *error) MUST_USE;
/* Stops listening. Sockets of systemd's go on queueing clients for whoever comes next. */
void listeners_release(struct listeners *listeners);

#endif
