/* SPDX-License-Identifier: Apache-2.0 */
#include "server/router.h"

#include "base/escape.h"
#include "server/health.h"
#include "server/lookup.h"
#include "server/push.h"
#include "server/request.h"
#include "server/response.h"
#include "server/server.h"
#include "server/version.h"

enum {
    READ = 1U << METHOD_GET | 1U << METHOD_HEAD,
    WRITE = 1U << METHOD_POST,
    ALLOW_MAX = 64
};

static void query_answer(struct server *server, struct request *request)
{
    lookup_answer(server_lookup(server), request);
}

static bool push_admit(struct server *server, struct request *request, struct error *error)
{
    return pushes_admit(server_pushes(server), request, error);
}

static void push_answer(struct server *server, struct request *request)
{
    pushes_answer(server_pushes(server), request);
}

static bool check_admit(struct server *server, struct request *request, struct error *error)
{
    return checks_admit(server_pushes(server), request, error);
}

static void check_answer(struct server *server, struct request *request)
{
    checks_answer(server_pushes(server), request);
}

/* Cloud Run's front end keeps paths that end in z for itself, Kubernetes likes them: so both. */
static const struct route routes[] = {
    {"/query", READ, query_answer, NULL},
    {"/mquery", READ, query_answer, NULL},
    {"/health", READ, health_answer, NULL},
    {"/healthz", READ, health_answer, NULL},
    {"/livez", READ, health_answer, NULL},
    {"/ready", READ, ready_answer, NULL},
    {"/readyz", READ, ready_answer, NULL},
    {"/version", READ, version_answer, NULL},
    {"/", READ, welcome_answer, NULL},
    {"/push", WRITE, push_answer, push_admit},
    {"/check", WRITE, check_answer, check_admit},
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

bool router_admit(struct server *server, struct request *request, struct error *error)
{
    const struct route *route = router_find(request->path);
    bool is_asked = route && route->admit && route->methods & 1U << request->method;

    return !is_asked || route->admit(server, request, error);
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
