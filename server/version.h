/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this is: its version, and a hint for whoever comes to the front page.
 */
#ifndef SERVER_VERSION_H
#define SERVER_VERSION_H

struct request;
struct server;

/* GET /version: this build and the libraries it runs with. */
void version_answer(struct server *server, struct request *request);
/* GET /: how to ask. */
void welcome_answer(struct server *server, struct request *request);

#endif
