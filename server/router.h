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

/* Whom a route is for. */
enum route_access {
    ROUTE_OPEN,     /* whoever asks: it says nothing of images */
    ROUTE_READERS,  /* who may read here (server.tokens_file) */
    ROUTE_PUSHERS,  /* its own handler knows whom it lets in */
    ROUTE_METRICS,  /* operators; where they have no place of their own (server.admin), readers */
    ROUTE_OPERATORS /* operators, at server.admin alone */
};

struct route {
    const char *path;
    enum route_access access;
    unsigned methods;  /* bits, 1 << enum method; OPTIONS is taken everywhere */
    bool is_for_pages; /* of other origins, where server.cors says so */
    void (*answer)(struct server *server, struct request *request);
    /* Asked of a POST when its head is there, before its body is: false refuses it with the error.
     * NULL: nobody is refused, and a body is passed over. */
    bool (*admit)(struct server *server, struct request *request, struct error *error);
};

/* The route of exactly this path, or NULL. */
const struct route *router_find(struct slice path);

/* The number that requests of a route are counted by, from 1; ways to the same handler share it.
 * 0: of none. */
size_t router_number(const struct route *route);
/* The first path that has the number; "other" for 0. NULL: no request is counted by it. */
const char *router_name(size_t number);
/* One more than the highest number. */
size_t router_number_end(void);

/* Reads off the request's head what it is for, who asks, and how the answer is wanted; the request
 * has its snapshot. */
void router_greet(struct request *request);

/* What the path's route says to the head of a POST. Never blocks. */
bool router_admit(struct server *server, struct request *request, struct error *error) MUST_USE;

/* Answers by the path's handler; with no_route where there is none, with method (and Allow) where
 * it takes another method. Never blocks. */
void router_answer(struct server *server, struct request *request);

#endif
