/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP door: bytes on sockets become struct request, struct response becomes bytes.
 * libmicrohttpd does the work, and nothing outside http.c knows it.
 *
 * A few event threads (one a core) serve the connections; they call the handler and must never be
 * blocked by it. The server's main thread accepts connections and hands them out in turn: so
 * inherited sockets are never shut down, a drain simply stops accepting, and there may be several
 * sockets.
 */
#ifndef SERVER_HTTP_H
#define SERVER_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "config/config.h"

struct http;
struct request;

/* Called by an event thread; neither may block. */
struct http_handler {
    /* Asked when the head of a POST is there and its body is not: on false the request is answered
     * with the error at once. May set `request->wants_body`. */
    bool (*admit)(void *context, struct request *request, struct error *error);
    /* The request is the handler's until it is answered. */
    void (*answer)(void *context, struct request *request);
    void *context;
};

/* Starts the event threads. `settings` and the handler's context are borrowed for its life. Errors:
 * internal. The caller has blocked the signals it waits for. */
struct http *http_new(const struct config_server *settings, struct http_handler handler,
                      struct error *error) MUST_USE;
/* Every request has been answered. Closes all connections, ends the threads. */
void http_free(struct http *http);
CLEANUP_DEFINE(struct http, http_free)

/* Takes what waits at a listening socket. False when there is no room for more connections, or no
 * descriptors: ask again a little later. */
bool http_accept(struct http *http, int listening_fd);

/* Once a second: ends idle connections, slow request heads, answers nobody takes, and those whose
 * client has left while the answer was being found; gives memory back after a burst. */
void http_tick(struct http *http, int64_t now);

/* A descriptor that is readable when http_linger() has something to do: dropping what clients still
 * send that were answered before their end. Main thread. */
int http_linger_descriptor(const struct http *http);
void http_linger(struct http *http);

/* From now on every answer closes its connection, and the tick ends idle ones at once. */
void http_drain(struct http *http);
/* Any thread. */
size_t http_connection_count(const struct http *http);

/* The library's version, e.g. "0.9.75". Static storage. */
const char *http_library_version(void);

#endif
