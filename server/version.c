/* SPDX-License-Identifier: Apache-2.0 */
#include "server/version.h"

#include <curl/curl.h>

#include "build.h"
#include "data/json.h"
#include "server/http.h"
#include "server/request.h"
#include "server/response.h"

enum {
    BODY_MAX = 1024
};

void version_answer(struct server *server, struct request *request)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(BODY_MAX);
    struct json_writer writer = json_writer_begin(&body, JSON_COMPACT);
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);

    (void)server;
    json_write_object_begin(&writer);
    json_write_member(&writer, "version", BUILD_VERSION);
    json_write_member(&writer, "commit", BUILD_COMMIT);
    json_write_member(&writer, "libcurl", curl->version);
    json_write_member(&writer, "tls", curl->ssl_version ? curl->ssl_version : "none");
    json_write_member(&writer, "libmicrohttpd", http_library_version());
    json_write_object_end(&writer);

    struct response *response = response_json(STATUS_OK, &body);
    response_set_literal(response, "Cache-Control", "no-store");
    request_respond(request, response);
}

void welcome_answer(struct server *server, struct request *request)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(BODY_MAX);
    struct json_writer writer = json_writer_begin(&body, JSON_COMPACT);

    (void)server;
    json_write_object_begin(&writer);
    json_write_member(&writer, "service", "mqueryd");
    json_write_member(&writer, "about", "tells which platforms a container image runs on");
    json_write_member(&writer, "ask", "/query?image=NAME");
    json_write_object_end(&writer);
    request_respond(request, response_json(STATUS_OK, &body));
}
