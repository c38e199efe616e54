/* SPDX-License-Identifier: Apache-2.0 */
#include "server/health.h"

#include "base/error.h"
#include "data/json.h"
#include "server/request.h"
#include "server/response.h"
#include "server/server.h"

enum {
    BODY_MAX = 64
};

/* A proxy that kept it would go on telling yesterday's health. */
static void respond_uncached(struct request *request, struct response *response)
{
    response_set_literal(response, "Cache-Control", "no-store");
    request_respond(request, response);
}

void health_answer(struct server *server, struct request *request)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(BODY_MAX);
    struct json_writer writer = json_writer_begin(&body, JSON_COMPACT);

    (void)server;
    json_write_object_begin(&writer);
    json_write_member(&writer, "status", "ok");
    json_write_object_end(&writer);
    respond_uncached(request, response_json(STATUS_OK, &body));
}

void ready_answer(struct server *server, struct request *request)
{
    struct error error;

    if (!server_is_draining(server)) {
        health_answer(server, request);
        return;
    }
    (void)error_draining(&error);
    respond_uncached(request, response_from_error(&error));
}
