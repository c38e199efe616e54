/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Method and path -> handler: one table. The same for every door.
 */
#ifndef SERVER_ROUTER_H
#define SERVER_ROUTER_H

#include "base/buffer.h"

struct request;
struct server;

struct route {
    const char *path;
    unsigned methods; /* bits, 1 << enum method */
    void (*answer)(struct server *server, struct request *request);
};

/* The route of exactly this path, or NULL. */
const struct route *router_find(struct slice path);

/* Answers by the path's handler; with no_route where there is none, with method (and Allow) where
 * it takes another method. Never blocks. */
void router_answer(struct server *server, struct request *request);

#endif
