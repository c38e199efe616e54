/* SPDX-License-Identifier: Apache-2.0 */
/*
 * struct response -> libmicrohttpd's form of it, queued.
 */
#ifndef SERVER_HTTP_REPLY_H
#define SERVER_HTTP_REPLY_H

#include <stdbool.h>

#include <microhttpd.h>

struct connection;

/* Event thread. The connection holds its answer until all of it is sent: the body is not copied, a
 * stream is read as the client takes it. `closes` ends the connection afterwards. What this
 * returns, the library's call-back returns. */
enum MHD_Result http_reply_send(struct connection *connection, bool closes);

#endif
