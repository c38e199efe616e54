/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /openapi.json: this interface for machines (docs/openapi.json, which is compiled in).
 */
#ifndef SERVER_OPENAPI_H
#define SERVER_OPENAPI_H

struct request;
struct server;

void openapi_answer(struct server *server, struct request *request);

#endif
