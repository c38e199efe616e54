/* SPDX-License-Identifier: Apache-2.0 */
#include "server/router.h"

#include "base/escape.h"
#include "server/health.h"
#include "server/lookup.h"
#include "server/request.h"
#include "server/response.h"
#include "server/server.h"
#include "server/version.h"

enum {
    READ = 1U << METHOD_GET | 1U << METHOD_HEAD,
    ALLOW_MAX = 64
};

static void query_answer(struct server *server, struct request *request)
{
    lookup_answer(server_lookup(server), request);
}

/* Cloud Run's front end keeps paths that end in z for itself, Kubernetes likes them: so both. */
static const struct route routes[] = {
    {"/query", READ, query_answer},   {"/mquery", READ, query_answer},
    {"/health", READ, health_answer}, {"/healthz", READ, health_answer},
    {"/livez", READ, health_answer},  {"/ready", READ, ready_answer},
    {"/readyz", READ, ready_answer},  {"/version", READ, version_answer},
    {"/", READ, welcome_answer},
};

static const char *const method_names[] = {
    [METHOD_GET] = "GET",
    [METHOD_HEAD] = "HEAD",
    [METHOD_POST] = "POST",
};

const struct route *router_find(struct slice path)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (slice_equal_string(path, routes[i].path))
            return &routes[i];
    }
    return NULL;
}

static void refuse_path(struct request *request)
{
    struct slice path = request->path;
    struct error error;
    const struct route *meant = NULL;

    if (path.length > 1 && path.data[path.length - 1] == '/')
        meant = router_find(slice_until(path, path.length - 1));
    (void)error_set(&error, ERROR_NO_ROUTE, "there is no '%s' here; ask %s", ESCAPED(path),
                    meant ? meant->path : "/query?image=NAME");
    request_fail(request, &error);
}

static void refuse_method(const struct route *route, struct request *request)
{
    CLEANUP(buffer_release) struct buffer allow = BUFFER_INIT(ALLOW_MAX);
    struct error error;

    for (unsigned i = 0; i < sizeof(method_names) / sizeof(method_names[0]); i++) {
        if (route->methods & 1U << i)
            (void)buffer_format(&allow, "%s%s", allow.length > 0 ? ", " : "", method_names[i]);
    }
    (void)error_set(&error, ERROR_METHOD, "%s takes %s only", route->path, buffer_string(&allow));
    struct response *response = response_from_error(&error);
    response_set_header(response, "Allow", buffer_string(&allow));
    request_respond(request, response);
}

void router_answer(struct server *server, struct request *request)
{
    const struct route *route = router_find(request->path);

    if (!route) {
        refuse_path(request);
    } else if (!(route->methods & 1U << request->method)) {
        refuse_method(route, request);
    } else {
        route->answer(server, request);
    }
}
