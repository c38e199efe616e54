/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Method and path -> handler: one table. The same for every door.
 */
#ifndef SERVER_ROUTER_H
#define SERVER_ROUTER_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

struct request;
struct server;

struct route {
    const char *path;
    unsigned methods; /* bits, 1 << enum method */
    void (*answer)(struct server *server, struct request *request);
    /* Asked of a POST when its head is there, before its body is: false refuses it with the error.
     * NULL: nobody is refused, and a body is passed over. */
    bool (*admit)(struct server *server, struct request *request, struct error *error);
};

/* The route of exactly this path, or NULL. */
const struct route *router_find(struct slice path);

/* What the path's route says to the head of a POST. Never blocks. */
bool router_admit(struct server *server, struct request *request, struct error *error) MUST_USE;

/* Answers by the path's handler; with no_route where there is none, with method (and Allow) where
 * it takes another method. Never blocks. */
void router_answer(struct server *server, struct request *request);

#endif
