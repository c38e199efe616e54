/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /debug and GET /debug/cache: what an operator wants to know who asks "why this answer?" or
 * "what is it waiting for?". At server.admin alone: other people's image names are in it.
 */
#ifndef SERVER_DEBUG_H
#define SERVER_DEBUG_H

struct request;
struct server;

/* What is going on: connections, lookups in flight, registries that are left alone. */
void debug_answer(struct server *server, struct request *request);
/* What is known of ?image=, in every partition. */
void debug_cache_answer(struct server *server, struct request *request);

#endif
