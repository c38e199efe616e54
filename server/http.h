/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP door: bytes on sockets become struct request, struct response becomes bytes.
 * libmicrohttpd does the work, and nothing outside crew.c and http*.c knows it.
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

struct certificate;
struct http;
struct request;
struct request_way;

/* Called by an event thread; none may block. */
struct http_handler {
    /* A connection has come; false: it is to be closed at once. What is set in `way` all of its
     * requests have. farewell() follows when it is closed, in any case. */
    bool (*welcome)(void *context, struct request_way *way);
    void (*farewell)(void *context, const struct request_way *way);
    /* Called first, when the head is there: what its answer must heed is read off the request,
     * whatever the answer will be. */
    void (*greet)(void *context, struct request *request);
    /* Asked when the head of a POST is there and its body is not: on false the request is answered
     * with the error at once. May set `request->wants_body`. */
    bool (*admit)(void *context, struct request *request, struct error *error);
    /* The request is the handler's until it is answered. */
    void (*answer)(void *context, struct request *request);
    void *context;
    bool is_for_operators; /* whoever comes in here is one */
};

/* How many descriptors it takes before anybody has come. */
size_t http_descriptors(const struct config_server *settings);

/* Starts the event threads. `settings` are borrowed until http_configure(), the handler's context
 * for its life; with a `certificate` TLS is spoken. Errors: internal. The caller has blocked the
 * signals it waits for. */
struct http *http_new(const struct config_server *settings, struct certificate *certificate,
                      struct http_handler handler, struct error *error) MUST_USE;
/* Every request has been answered. Closes all connections, ends the threads. */
void http_free(struct http *http);
CLEANUP_DEFINE(struct http, http_free)

/* -- the main thread's part ---------------------------------------------------------------- */

/* Connections that come are served with this certificate, or plainly (NULL); those that are there
 * to the end of what they ask. Errors: internal; then all stays as it was. */
bool http_show(struct http *http, struct certificate *certificate, struct error *error) MUST_USE;
/* Other limits hold; the number of threads stays. Borrows `settings` as http_new() does. */
void http_configure(struct http *http, const struct config_server *settings);

enum http_room {
    HTTP_ROOM,           /* what waited has been taken */
    HTTP_MORE,           /* a number of them has, and there may be more */
    HTTP_NO_CONNECTIONS, /* server.max_connections, or all that the descriptors allow */
    HTTP_NO_DESCRIPTORS, /* the kernel gives no more, or has no memory for more */
};

/* Takes what waits at a listening socket. Where there is no room the rest goes on waiting: ask
 * again a little later. */
enum http_room http_accept(struct http *http, int listening_fd);

/* Once a second: ends idle connections, slow request heads, answers nobody takes, and those whose
 * client has left while the answer was being found; gives memory back after a burst. */
void http_tick(struct http *http, int64_t now);

/* A descriptor that is readable when http_linger() has something to do: dropping what clients still
 * send that were answered before their end. Main thread. */
int http_linger_descriptor(const struct http *http);
void http_linger(struct http *http);

/* From now on every answer closes its connection, and the tick ends idle ones at once. */
void http_drain(struct http *http);
/* Asks every event thread for a sign that it still serves, and whether all have given it (for
 * watchdog.h: `context` is a struct http). */
void http_ask_pulse(void *context);
bool http_has_pulse(void *context);
/* Any thread: connections, and those of them that are in the middle of a request. */
size_t http_connection_count(const struct http *http);
size_t http_request_count(const struct http *http);

/* The library's version, e.g. "0.9.75". Static storage. */
const char *http_library_version(void);

#endif
