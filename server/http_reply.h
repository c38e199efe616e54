/* SPDX-License-Identifier: Apache-2.0 */
/*
 * struct response -> libmicrohttpd's form of it, queued.
 */
#ifndef SERVER_HTTP_REPLY_H
#define SERVER_HTTP_REPLY_H

#include <stdbool.h>

#include <microhttpd.h>

struct response;

/* Event thread. The caller holds the response until all of it is sent: its body is not copied.
 * `closes` ends the connection afterwards. What this returns, the library's call-back returns. */
enum MHD_Result http_reply_send(struct MHD_Connection *native, struct response *response,
                                bool closes);

#endif
