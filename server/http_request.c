/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http_request.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "server/http_door.h"
#include "server/http_head.h"
#include "server/http_reply.h"
#include "server/linger.h"
#include "server/metrics.h"
#include "server/request.h"
#include "server/response.h"

enum {
    BODY_SWALLOWED = 4 * BODY_LIMIT /* bytes of a body nobody wants that are read, to keep the
                                     connection */
};

/* -- connections ---------------------------------------------------------------------------- */

static struct connection *open_connection(struct http_requests *requests,
                                          struct MHD_Connection *native)
{
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(native, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *address =
        MHD_get_connection_info(native, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (!fd || !address)
        return NULL;
    struct connection *connection =
        connection_open(&requests->connections, native, fd->connect_fd, clock_monotonic_ms());
    if (!connection) {
        (void)shutdown(fd->connect_fd, SHUT_RDWR); /* nobody would sweep it */
        return NULL;
    }
    connection->request.door = &http_door;
    connection->request.way =
        (struct request_way){.peer = ip_address_of(address->client_addr),
                             .is_encrypted = requests->is_encrypted,
                             .is_pulse = address->client_addr->sa_family == AF_UNSPEC,
                             .is_for_operators = requests->handler.is_for_operators};
    if (!requests->handler.welcome(requests->handler.context, &connection->request.way))
        (void)shutdown(fd->connect_fd, SHUT_RDWR);
    return connection;
}

static void end_connection(struct http_requests *requests, struct connection *connection)
{
    if (connection) {
        requests->handler.farewell(requests->handler.context, &connection->request.way);
        connection_close(connection);
    }
    connections_forget(&requests->connections);
}

void http_on_connection(void *requests, struct MHD_Connection *native, void **slot,
                        enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        *slot = open_connection(requests, native);
    else
        end_connection(requests, take_pointer(slot));
}

static struct connection *connection_of(struct MHD_Connection *native)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(native, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* -- requests ------------------------------------------------------------------------------- */

/* The connection holds the response until connection_finish(). */
static enum MHD_Result send_reply(const struct http_requests *requests,
                                  struct connection *connection)
{
    const struct request *request = &connection->request;
    bool closes = atomic_load_explicit(requests->is_draining, memory_order_relaxed);
    int64_t now = clock_monotonic_ms();

    connection_enter(connection, CONNECTION_SENDING, now);
    metrics_count_answer(request->metrics, request, connection->response, now);
    return http_reply_send(connection, closes);
}

/* The handler may have handed the request to another thread, and that may have answered it. */
static enum MHD_Result reply_or_sleep(const struct http_requests *requests,
                                      struct connection *connection)
{
    if (connection_reply(connection))
        return send_reply(requests, connection);
    MHD_suspend_connection(connection->native);
    connection_await(connection);
    return MHD_YES;
}

static void refuse(struct connection *connection, unsigned status, const struct error *error)
{
    request_respond(&connection->request, response_from_error_as(status, error));
}

/* What is too large here is the body, not an image. */
static unsigned body_status(enum error_code code)
{
    return code == ERROR_TOO_LARGE ? STATUS_CONTENT_TOO_LARGE : response_status(code);
}

/* Whether there is reason to wait for the body. */
static bool judge_head(const struct http_requests *requests, struct connection *connection,
                       const char *version, struct error *error)
{
    const struct http_handler *handler = &requests->handler;
    struct request *request = &connection->request;
    uint64_t body_length = 0;

    if (!http_head_judge(connection->native, version, &body_length, error))
        return false;
    if (request->method == METHOD_POST && !handler->admit(handler->context, request, error))
        return false;
    uint64_t limit = request->wants_body ? BODY_LIMIT : BODY_SWALLOWED;
    return body_length <= limit || body_refuse_length(error);
}

/* Refused here a request is answered before its body is there (and while the client may wait for
 * our "100 Continue"); the library closes the connection. */
static enum MHD_Result on_head(const struct http_requests *requests, struct connection *connection,
                               const char *method, const char *version)
{
    int64_t now = clock_monotonic_ms();
    struct error error;

    connection->request.method = method_parse(method);
    connection_enter(connection, CONNECTION_BODY, now);
    body_begin(&connection->request.body, requests->bodies);
    requests->handler.greet(requests->handler.context, &connection->request);
    if (judge_head(requests, connection, version, &error))
        return MHD_YES;
    connection->is_cut_short = true;
    connection_ask(connection, now);
    refuse(connection, body_status(error.code), &error);
    return reply_or_sleep(requests, connection);
}

/* The library takes no answer in the middle of a body: one that finds no room is passed over to its
 * end, and one that has no end finds its connection closed. */
static enum MHD_Result on_body(struct connection *connection, const char *piece, size_t *length)
{
    struct request *request = &connection->request;

    if (request->wants_body)
        body_append(&request->body, slice_of(piece, *length));
    connection->body_length += *length;
    *length = 0;
    return connection->body_length <= BODY_SWALLOWED ? MHD_YES : MHD_NO;
}

static bool judge_body(const struct connection *connection, struct error *error)
{
    const struct request *request = &connection->request;

    if (request->wants_body)
        return body_check(&request->body, error);
    return connection->body_length <= BODY_LIMIT || body_refuse_length(error);
}

static enum MHD_Result on_request(const struct http_requests *requests,
                                  struct connection *connection)
{
    struct error error;

    connection_ask(connection, clock_monotonic_ms());
    if (connection->is_target_too_long) {
        (void)error_set(&error, ERROR_TOO_LARGE, "the request's URI is longer than 4096 bytes");
        refuse(connection, STATUS_URI_TOO_LONG, &error);
    } else if (!judge_body(connection, &error)) {
        refuse(connection, body_status(error.code), &error);
    } else {
        requests->handler.answer(requests->handler.context, &connection->request);
    }
    return reply_or_sleep(requests, connection);
}

/* Everything has been received; the library asks until there is an answer. */
static enum MHD_Result on_received(const struct http_requests *requests,
                                   struct connection *connection)
{
    switch ((enum connection_reply)atomic_load(&connection->reply)) {
    case REPLY_NONE:
        return on_request(requests, connection);
    case REPLY_READY:
        return send_reply(requests, connection);
    case REPLY_RUNNING:
    case REPLY_AWAITED:
    case REPLY_PAUSED:
        return MHD_YES;
    case REPLY_UNWANTED:
    case REPLY_CUT_OFF:
        break;
    }
    return MHD_NO;
}

void *http_on_target(void *requests, const char *target, struct MHD_Connection *native)
{
    struct connection *connection = connection_of(native);

    (void)requests;
    if (connection) {
        connection_begin(connection, slice_of(target, strnlen(target, CONNECTION_TARGET_MAX + 1)),
                         clock_monotonic_ms());
    }
    return connection;
}

enum MHD_Result http_on_access(void *requests, struct MHD_Connection *native, const char *url,
                               const char *method, const char *version, const char *upload,
                               size_t *upload_length, void **slot)
{
    struct connection *connection = *slot;

    (void)native;
    (void)url;
    if (!connection)
        return MHD_NO; /* there was no memory for it */
    if (atomic_load_explicit(&connection->phase, memory_order_relaxed) == CONNECTION_HEAD)
        return on_head(requests, connection, method, version);
    if (*upload_length > 0)
        return on_body(connection, upload, upload_length);
    return on_received(requests, connection);
}

void http_on_completed(void *requests, struct MHD_Connection *native, void **slot,
                       enum MHD_RequestTerminationCode code)
{
    const struct http_requests *all = requests;
    struct connection *connection = take_pointer(slot);
    int64_t now = clock_monotonic_ms();

    (void)native;
    (void)code;
    if (!connection)
        return;
    if (connection->is_cut_short)
        lingerers_add(all->lingerers, connection->fd, now);
    connection_finish(connection, now);
}
