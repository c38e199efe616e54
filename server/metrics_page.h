/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /metrics: what an operator's Prometheus reads.
 */
#ifndef SERVER_METRICS_PAGE_H
#define SERVER_METRICS_PAGE_H

struct request;
struct server;

void metrics_answer(struct server *server, struct request *request);

#endif
