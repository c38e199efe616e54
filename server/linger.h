/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients that were answered before they had sent all of their body.
 *
 * Closing a socket with unread bytes resets it, and the client may lose the answer that was on its
 * way (RFC 9112, 9.6). So the answer's end is closed, and what still comes is read and dropped for
 * a while, until the client has closed its own end.
 */
#ifndef SERVER_LINGER_H
#define SERVER_LINGER_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/list.h"

struct lingerers {
    int epoll;             /* readable while something is to be dropped */
    pthread_mutex_t mutex; /* guards what follows */
    struct list all;
    size_t count;
};

/* Errors: internal. */
bool lingerers_open(struct lingerers *lingerers, struct error *error) MUST_USE;
/* After the last lingerers_add(). */
void lingerers_release(struct lingerers *lingerers);

/* Any thread, before the connection's own descriptor `fd` is closed. Where there is no room for one
 * more, its client takes its chance. */
void lingerers_add(struct lingerers *lingerers, int fd, int64_t now);
/* One thread: drops what has come, and ends those that have sent all. Never blocks. */
void lingerers_drain(struct lingerers *lingerers);
/* The same thread, now and then: ends those that have taken too long. */
void lingerers_sweep(struct lingerers *lingerers, int64_t now);

#endif
