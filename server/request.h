/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request, whichever door it came through (HTTP today; function runtimes later), and the way
 * back to whoever asked. Handlers know this and server/response.h, never libmicrohttpd.
 *
 * A request belongs to one thread at a time: to the door's thread while its handler runs, then to
 * whoever the handler gave it to. It ends with request_respond(), called exactly once, from any
 * thread; after that call nobody may touch it.
 */
#ifndef SERVER_REQUEST_H
#define SERVER_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "server/body.h"
#include "server/client.h"
#include "server/preferences.h"

struct config;
struct rate_limits;
struct metrics;
struct response;
struct route;
struct snapshot;

enum {
    HEADER_LIST_MAX = 16 * 1024 /* more than a head has room for */
};

enum method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_OPTIONS,
    METHOD_OTHER
};

/* "GET"; "other". Static storage. */
const char *method_name(enum method method);
/* Of a request line. */
enum method method_parse(const char *name);

struct request;

/* What a door does for its requests. */
struct request_door {
    /* A header's value (the first, if sent more than once); the empty slice when absent. `name` in
     * lower case. `count`, if not NULL, gets how many times it was sent. */
    struct slice (*header)(const struct request *request, const char *name, size_t *count);
    /* Takes the response's reference; never blocks. */
    void (*respond)(struct request *request, struct response *response);
    /* Shows all headers, in the order in which they came; while the handler runs. */
    void (*each_header)(const struct request *request,
                        void (*visit)(void *context, struct slice name, struct slice value),
                        void *context);
    /* Whether somebody still waits for the answer. Any thread, until the request is answered. NULL:
     * always. */
    bool (*is_wanted)(const struct request *request);
};

/* How a request came here; the door's word. */
struct request_way {
    struct ip_address peer; /* the other end of the connection */
    bool is_encrypted;      /* TLS */
    bool is_for_operators;  /* it came in at server.admin */
    bool is_counted;        /* the reception's: among the connections of its client */
    bool is_pulse;          /* we ask ourselves (pulse.h) */
};

struct request {
    const struct request_door *door;
    struct request_way way;
    enum method method;
    struct slice path;          /* as received, percent-encoded, without the query */
    struct slice query;         /* as received, without '?' */
    struct client client;       /* who asks; this and the next are found out by gate_identify() */
    bool is_confidential;       /* secrets may stand in it: nobody else has read it on its way */
    int64_t started;            /* clock_monotonic_ms() */
    const struct route *route;  /* the router's word for it; NULL: none, or not judged yet */
    bool is_routed;             /* it has been judged */
    struct metrics *metrics;    /* what it is counted in; NULL: it is not */
    struct rate_limits *limits; /* what its questions are charged to; NULL: they are free */
    struct snapshot *snapshot; /* the settings in force when it came; set before its handler runs */
    struct preferences preferences; /* about the answer's form */
    bool wants_body;  /* set where the route admits the request; else a body is passed over */
    struct body body; /* whole when the handler runs; until then the door's */
};

/* Takes a request's target apart into `path` and `query`; both borrow from `target`. The absolute
 * form, "http://host/path", is accepted as RFC 9112 section 3.2.2 wants. */
void request_set_target(struct request *request, struct slice target);

/* The value of a header, or the empty slice. Only while the request's handler runs, and borrowed
 * until it returns: a client that leaves while its answer is looked up takes its headers along. */
struct slice request_header(const struct request *request, const char *name);
/* The same of a header whose values are a list, which may come in several lines (RFC 9110, section
 * 5.3): these are put together in `joined`, the caller's. */
struct slice request_header_list(const struct request *request, const char *name,
                                 struct buffer *joined);
/* False once whoever asked has left: nobody will see the answer. */
bool request_is_wanted(const struct request *request);
/* The settings it is answered by. Until it is answered. */
const struct config *request_config(const struct request *request);
/* The response as this request's preferences want it, for the one that is given up; for those who
 * need to know before they respond. They are heeded once. Never NULL. */
struct response *request_prepare(struct request *request, struct response *response) MUST_USE;
/* Gives up what it holds: its body, its snapshot, its preferences. For doors; harmless when done
 * twice. */
void request_release(struct request *request);
/* Ends the request and what it holds, with the response prepared. Takes the response's reference.
 */
void request_respond(struct request *request, struct response *response);
/* request_respond() with the error's own response. */
void request_fail(struct request *request, const struct error *error);

/* Decodes the query parameter `name` into `out` (form data: '+' is a space). False with
 * ERROR_NONE in `error->code` when it is absent. Errors: invalid (given twice, a broken escape, a
 * NUL, longer than `out` takes). Fills `error->code` with ERROR_NONE first. */
bool request_parameter(const struct request *request, const char *name, struct buffer *out,
                       struct error *error) MUST_USE;
/* The same for a parameter that need not be there: true when absent, and `out` is empty. One that
 * is there and says nothing, as a script's unset variable makes it, is invalid. */
bool request_optional(const struct request *request, const char *name, struct buffer *out,
                      struct error *error) MUST_USE;

#endif
