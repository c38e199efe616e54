/* SPDX-License-Identifier: Apache-2.0 */
#include "server/openapi.h"

#include "server/etag.h"
#include "server/openapi_text.h"
#include "server/request.h"
#include "server/response.h"

void openapi_answer(struct server *server, struct request *request)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(sizeof(openapi_text));
    CLEANUP(buffer_release) struct buffer tag = BUFFER_INIT(ETAG_SIZE);
    struct slice text = slice_of((const char *)openapi_text, sizeof(openapi_text));

    (void)server;
    (void)buffer_append_slice(&body, text);
    struct response *response = response_json(STATUS_OK, &body);
    if (etag_write(text, &tag))
        response_set_header(response, "ETag", buffer_string(&tag));
    response_set_literal(response, "Cache-Control", "public, max-age=3600");
    response_set_literal(response, "Vary", "Accept-Encoding");
    request_respond(request, response);
}
