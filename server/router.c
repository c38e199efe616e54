/* SPDX-License-Identifier: Apache-2.0 */
#include "server/router.h"

#include <assert.h>

#include "base/escape.h"
#include "server/batch.h"
#include "server/debug.h"
#include "server/gate.h"
#include "server/health.h"
#include "server/lookup.h"
#include "server/metrics.h"
#include "server/metrics_page.h"
#include "server/openapi.h"
#include "server/push.h"
#include "server/request.h"
#include "server/response.h"
#include "server/server.h"
#include "server/snapshot.h"
#include "server/version.h"

enum {
    READ = 1U << METHOD_GET | 1U << METHOD_HEAD,
    WRITE = 1U << METHOD_POST,
    ALLOW_MAX = 64
};

static bool query_admit(struct server *server, struct request *request, struct error *error)
{
    (void)server;
    return batch_admit(request, error);
}

static void query_answer(struct server *server, struct request *request)
{
    if (request->method == METHOD_POST)
        batch_answer(server_lookup(server), request);
    else
        lookup_answer(server_lookup(server), request);
}

static void inspect_answer(struct server *server, struct request *request)
{
    lookup_inspect(server_lookup(server), request);
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
/* clang-format off */
static const struct route routes[] = {
    {"/query", ROUTE_READERS, READ | WRITE, true, query_answer, query_admit},
    {"/mquery", ROUTE_READERS, READ | WRITE, true, query_answer, query_admit},
    {"/inspect", ROUTE_READERS, READ, true, inspect_answer, NULL},
    {"/health", ROUTE_OPEN, READ, true, health_answer, NULL},
    {"/healthz", ROUTE_OPEN, READ, true, health_answer, NULL},
    {"/livez", ROUTE_OPEN, READ, true, health_answer, NULL},
    {"/ready", ROUTE_OPEN, READ, true, ready_answer, NULL},
    {"/readyz", ROUTE_OPEN, READ, true, ready_answer, NULL},
    {"/version", ROUTE_OPEN, READ, true, version_answer, NULL},
    {"/openapi.json", ROUTE_OPEN, READ, true, openapi_answer, NULL},
    {"/metrics", ROUTE_METRICS, READ, false, metrics_answer, NULL},
    {"/debug", ROUTE_OPERATORS, READ, false, debug_answer, NULL},
    {"/debug/cache", ROUTE_OPERATORS, READ, false, debug_cache_answer, NULL},
    {"/", ROUTE_OPEN, READ, true, welcome_answer, NULL},
    {"/push", ROUTE_PUSHERS, WRITE, false, push_answer, push_admit},
    {"/check", ROUTE_PUSHERS, WRITE, false, check_answer, check_admit},
};
/* clang-format on */

const struct route *router_find(struct slice path)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (slice_equal_string(path, routes[i].path))
            return &routes[i];
    }
    return NULL;
}

size_t router_number(const struct route *route)
{
    size_t i = 0;

    if (!route)
        return 0;
    while (routes[i].answer != route->answer)
        i++;
    return i + 1;
}

const char *router_name(size_t number)
{
    if (number == 0)
        return "other";
    const struct route *route = &routes[number - 1];
    return router_number(route) == number ? route->path : NULL;
}

size_t router_number_end(void)
{
    static_assert(sizeof(routes) / sizeof(routes[0]) < METRICS_ROUTES_MAX, "each is counted");
    return sizeof(routes) / sizeof(routes[0]) + 1;
}

static const char *what_is_here(const struct request *request)
{
    return request->way.is_for_operators ? "/metrics or /debug" : "/query?image=NAME";
}

static void refuse_path(struct request *request)
{
    struct slice path = request->path;
    struct error error;
    const struct route *meant = NULL;

    if (path.length > 1 && path.data[path.length - 1] == '/')
        meant = router_find(slice_until(path, path.length - 1));
    (void)error_set(&error, ERROR_NO_ROUTE, "there is no '%s' here; ask %s", ESCAPED(path),
                    meant ? meant->path : what_is_here(request));
    request_fail(request, &error);
}

/* "GET, HEAD, OPTIONS" */
static void write_methods(const struct route *route, struct buffer *out)
{
    unsigned methods = (route ? route->methods : READ | WRITE) | 1U << METHOD_OPTIONS;

    for (unsigned i = 0; i < METHOD_OTHER; i++) {
        if (methods & 1U << i)
            (void)buffer_format(out, "%s%s", out->length > 0 ? ", " : "",
                                method_name((enum method)i));
    }
}

/* A browser asks so before it lets a page of another origin ask
 * (https://fetch.spec.whatwg.org/#cors-preflight-fetch). */
static void add_permissions(struct response *response, const char *methods)
{
    response_set_header(response, "Access-Control-Allow-Methods", methods);
    response_set_literal(response, "Access-Control-Allow-Headers",
                         "authorization, cache-control, content-type, if-none-match, traceparent, "
                         "x-registry-auth, x-request-id");
    response_set_literal(response, "Access-Control-Max-Age", "7200");
}

/* `route`: NULL for "*", the server itself (RFC 9110, section 9.3.7). */
static void answer_options(const struct route *route, struct request *request)
{
    CLEANUP(buffer_release) struct buffer methods = BUFFER_INIT(ALLOW_MAX);
    CLEANUP(buffer_release) struct buffer nothing = BUFFER_INIT(0);
    struct error error;

    write_methods(route, &methods);
    struct response *response = response_new(STATUS_NO_CONTENT, NULL, &nothing);
    if (!response) {
        (void)error_no_memory(&error);
        request_fail(request, &error);
        return;
    }
    response_set_header(response, "Allow", buffer_string(&methods));
    if (request->preferences.readable_by)
        add_permissions(response, buffer_string(&methods));
    request_respond(request, response);
}

static void refuse_method(const struct route *route, struct request *request)
{
    CLEANUP(buffer_release) struct buffer allow = BUFFER_INIT(ALLOW_MAX);
    struct error error;

    write_methods(route, &allow);
    (void)error_set(&error, ERROR_METHOD, "%s takes %s only", route->path, buffer_string(&allow));
    struct response *response = response_from_error(&error);
    response_set_header(response, "Allow", buffer_string(&allow));
    request_respond(request, response);
}

/* Operators are known by where they ask. */
static bool is_here(const struct route *route, const struct request *request)
{
    switch (route->access) {
    case ROUTE_OPEN:
        return true;
    case ROUTE_READERS:
    case ROUTE_PUSHERS:
        return !request->way.is_for_operators;
    case ROUTE_METRICS:
        return request->way.is_for_operators || !request_config(request)->server.admin;
    case ROUTE_OPERATORS:
        break;
    }
    return request->way.is_for_operators;
}

/* NULL: there is none, for this request. */
static const struct route *route_of(struct request *request)
{
    if (!request->is_routed) {
        const struct route *route = router_find(request->path);
        request->route = route && is_here(route, request) ? route : NULL;
        request->is_routed = true;
    }
    return request->route;
}

static bool may_ask(const struct route *route, struct request *request, struct error *error)
{
    bool is_for_readers = route->access == ROUTE_READERS || route->access == ROUTE_METRICS;

    return !is_for_readers || request->way.is_for_operators ||
           gate_admits(&request->snapshot->gate, request, error);
}

void router_greet(struct request *request)
{
    const struct route *route = route_of(request);
    bool is_for_pages = route && route->is_for_pages;

    gate_identify(&request->snapshot->gate, request);
    preferences_read(&request->preferences, request,
                     is_for_pages ? &request_config(request)->server.cors : NULL);
}

bool router_admit(struct server *server, struct request *request, struct error *error)
{
    const struct route *route = route_of(request);
    bool is_asked = route && route->admit && request->method == METHOD_POST;

    return !is_asked || (may_ask(route, request, error) && route->admit(server, request, error));
}

void router_answer(struct server *server, struct request *request)
{
    const struct route *route = route_of(request);
    struct error error;

    if (request->method == METHOD_OPTIONS && slice_equal_string(request->path, "*")) {
        answer_options(NULL, request);
    } else if (!route) {
        refuse_path(request);
    } else if (request->method == METHOD_OPTIONS) {
        answer_options(route, request);
    } else if (!(route->methods & 1U << request->method)) {
        refuse_method(route, request);
    } else if (!may_ask(route, request, &error)) {
        request_fail(request, &error);
    } else {
        route->answer(server, request);
    }
}
