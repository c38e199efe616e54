/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clients' connections as the server sees them, whatever library moves their bytes: which
 * phase of a request each is in and since when, who still holds it, and how an answer given by any
 * thread meets the event thread that sends it.
 *
 * libmicrohttpd's own timeout restarts at every byte, it neither notices nor times out a client
 * that waits for its answer, and it has no list of connections to look through. Hence this list,
 * which connections_sweep() walks once a second.
 *
 * A connection has two holders: the event thread, from connection_open() to connection_close(), and
 * whoever owes the answer to its request, from connection_ask() to connection_answer(). So a client
 * that leaves early frees all but this struct at once, and its answer falls into a void.
 */
#ifndef SERVER_CONNECTION_H
#define SERVER_CONNECTION_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"
#include "server/request.h"

struct response;

enum connection_phase {
    CONNECTION_NEW,     /* nothing asked yet */
    CONNECTION_HEAD,    /* the request's first line is there, its head not yet */
    CONNECTION_BODY,    /* the head is there, the body not yet */
    CONNECTION_ASKED,   /* the answer, or more of it, is being found; `reply` tells how far */
    CONNECTION_SENDING, /* the answer is on its way */
    CONNECTION_IDLE,    /* answered; another request may come */
    CONNECTION_PHASE_COUNT
};

/* How far the answer to the request in hand is. */
enum connection_reply {
    REPLY_NONE,     /* nothing is asked */
    REPLY_RUNNING,  /* the handler runs: the event thread will look when it returns */
    REPLY_AWAITED,  /* the connection sleeps; whoever answers wakes it */
    REPLY_READY,    /* `response` is there */
    REPLY_UNWANTED, /* the client has left; whoever answers only drops the answer */
    REPLY_PAUSED,   /* of a stream: what there was is sent, and the connection sleeps */
    REPLY_CUT_OFF   /* the client has left in the middle of a stream */
};

/* The connections of one event thread. */
struct connections {
    /* Lets a sleeping connection's event thread go on with it. Only raises a flag for that thread:
     * it is called with the lock held, too. */
    void (*wake)(void *native);
    _Atomic size_t count; /* those on their way to be opened, too */
    _Atomic bool is_closing;
    /* Opening, closing and sweeping take it; requests do not. While it is held, no descriptor in
     * the list is closed. */
    pthread_mutex_t lock;
    struct list open; /* guarded by lock */
};

struct connection {
    struct list place; /* guarded by the connections' lock */
    struct connections *all;
    void *native; /* the library's own; valid while open, or while the reply is awaited */
    void (*wake)(void *native); /* theirs: at the end, whoever answers may outlive them */
    int fd;
    _Atomic uint32_t references;

    _Atomic int64_t since; /* when the phase began */
    _Atomic int phase;     /* enum connection_phase */
    _Atomic int reply;     /* enum connection_reply */

    struct response *response; /* whose it is, `reply` says */
    struct request request;
    struct buffer target; /* what the request's path and query borrow from */
    uint64_t body_length;
    bool is_target_too_long;
    _Atomic bool is_shut; /* for reading, by us: no sign of the client */
    bool is_cut_short;    /* answered while its body may still be coming */
};

/* How long a phase may last, in milliseconds; negative: as long as it takes. */
struct connection_limits {
    int64_t phase[CONNECTION_PHASE_COUNT];
    int64_t hang_up; /* after this long in a phase, a client that has closed its end has left */
};

enum {
    CONNECTION_TARGET_MAX = 4096 /* bytes of path and query; more is 414 */
};

void connections_init(struct connections *all, void (*wake)(void *native));
void connections_release(struct connections *all);
/* Ends what has lasted too long at `now`, and wakes those asleep whose client has left. */
void connections_sweep(struct connections *all, const struct connection_limits *limits,
                       int64_t now);
/* Those that are in the middle of a request. */
size_t connections_count_busy(struct connections *all);
/* No answer is wanted any more: everyone asleep is woken, and nobody falls asleep again. */
void connections_abandon(struct connections *all);

/* Any thread, for each that will be opened, or could not be: counted until connections_forget(). */
void connections_expect(struct connections *all);
void connections_forget(struct connections *all);

/* Event thread. NULL: no memory. `request->door` and `is_confidential` are the caller's to set. */
struct connection *connection_open(struct connections *all, void *native, int fd, int64_t now);
void connection_close(struct connection *connection);
void connection_enter(struct connection *connection, enum connection_phase phase, int64_t now);
/* A request's first line has come. */
void connection_begin(struct connection *connection, struct slice target, int64_t now);

/* Event thread: before the request is handed to its handler. */
void connection_ask(struct connection *connection, int64_t now);
/* Event thread: the answer, once there is one (its reference stays the connection's), else NULL. */
struct response *connection_reply(const struct connection *connection);
/* Event thread: the connection has been put to sleep. It may turn out that it need not have been:
 * then it is woken at once. */
void connection_await(struct connection *connection);
/* Any thread: false once the client has left while its answer was being found. */
bool connection_is_wanted(const struct connection *connection);
/* Event thread, while the answer's stream is sent: it has nothing just now, and the connection has
 * been put to sleep. As after connection_await(). */
void connection_pause(struct connection *connection, int64_t now);
/* Event thread: false once nothing more is to be sent; else the client is taking bytes at `now`. */
bool connection_goes_on(struct connection *connection, int64_t now);
/* Event thread: sent, or never to be sent. Drops the answer. */
void connection_finish(struct connection *connection, int64_t now);

/* Any thread, once for each connection_ask(). Takes the response's reference; the connection may be
 * gone afterwards. */
void connection_answer(struct connection *connection, struct response *response);

#endif
