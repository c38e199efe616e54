/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether this process lives, and whether it wants traffic. Neither asks a registry or a cache.
 */
#ifndef SERVER_HEALTH_H
#define SERVER_HEALTH_H

struct request;
struct server;

/* GET /health: 200 while the process lives. */
void health_answer(struct server *server, struct request *request);
/* GET /ready: 200, or 503 `draining` from the signal to stop on. */
void ready_answer(struct server *server, struct request *request);

#endif
