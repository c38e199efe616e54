/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmicrohttpd's calls about connections and requests, turned into struct request for the handler.
 *
 * on_access comes at least twice for each request: when the head is there, for each piece of a
 * body, and when all has come. The answer is queued at the last of these calls: queued at the
 * first, the connection is closed after it, and 115 thousand answers a second become 22.
 */
#ifndef SERVER_HTTP_REQUEST_H
#define SERVER_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include <microhttpd.h>

#include "server/connection.h"
#include "server/http.h"

/* What the calls of one event thread need: the `context` of all of them. */
struct http_requests {
    struct http_handler handler;
    const _Atomic bool *is_draining;
    bool is_encrypted;
    struct body_allowance *bodies;
    struct lingerers *lingerers;
    struct connections connections;
};

/* MHD_OPTION_NOTIFY_CONNECTION */
void http_on_connection(void *requests, struct MHD_Connection *native, void **slot,
                        enum MHD_ConnectionNotificationCode code);
/* MHD_OPTION_URI_LOG_CALLBACK: the request's first line, its target as received. What it returns is
 * `*slot` of the next two. */
void *http_on_target(void *requests, const char *target, struct MHD_Connection *native);
/* The access handler. */
enum MHD_Result http_on_access(void *requests, struct MHD_Connection *native, const char *url,
                               const char *method, const char *version, const char *upload,
                               size_t *upload_length, void **slot);
/* MHD_OPTION_NOTIFY_COMPLETED */
void http_on_completed(void *requests, struct MHD_Connection *native, void **slot,
                       enum MHD_RequestTerminationCode code);

#endif
