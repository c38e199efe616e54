/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event threads that serve connections in one way: plainly, or over TLS with one certificate.
 * Another certificate is another crew: the new one gets the connections that come, the old one
 * serves those it has to their end.
 *
 * Each thread is a daemon of its own in libmicrohttpd's words, without a listening socket: its
 * thread pool would accept by itself, and then MHD_stop_daemon() shuts the socket down for systemd
 * too, and MHD_quiesce_daemon() under load races with the threads it speaks to.
 *
 * All but the counting is the main thread's.
 */
#ifndef SERVER_CREW_H
#define SERVER_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"
#include "server/connection.h"
#include "server/http.h"

struct body_allowance;
struct certificate;
struct crew;
struct lingerers;

struct crew_plan {
    size_t threads;
    struct certificate *certificate; /* NULL: plainly; the crew takes a reference */
    struct http_handler handler;
    struct body_allowance *bodies; /* borrowed for the crew's life, as the next */
    struct lingerers *lingerers;
    struct crew *next; /* in a list of the caller's */
};

/* Starts the threads. Errors: internal. */
struct crew *crew_new(const struct crew_plan *plan, struct error *error) MUST_USE;
/* Ends its connections and its threads. Every request has been answered. */
void crew_stop(struct crew *crew);
/* A stopped one. */
void crew_free(struct crew *crew);
/* The plan's. Any thread. */
struct crew *crew_next(const struct crew *crew);

/* Takes over the descriptor. */
void crew_add(struct crew *crew, int fd, const struct sockaddr *address, socklen_t length);
/* From now on every answer closes its connection; idle ones may stay for their time: a client that
 * asks just now would lose its question. */
void crew_leave(struct crew *crew);
/* The same in a hurry: the sweep ends idle ones at once. */
void crew_drain(struct crew *crew);
void crew_sweep(struct crew *crew, const struct connection_limits *limits, int64_t now);
/* It was told to leave, and serves nobody any more. */
bool crew_has_left(const struct crew *crew);
/* See pulse.h. */
void crew_ask_pulse(struct crew *crew);
bool crew_has_pulse(struct crew *crew);

/* Any thread, also after crew_stop(): connections, and those in the middle of a request. */
size_t crew_connection_count(const struct crew *crew);
size_t crew_request_count(struct crew *crew);

#endif
