/* SPDX-License-Identifier: Apache-2.0 */
/* Which paths there are, what they take, and what is said about all others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/request.h"
#include "server/response.h"
#include "server/router.h"

/* -- a door that keeps the answer ----------------------------------------------------------- */

static struct response *answered;

static void keep(struct request *request, struct response *response)
{
    (void)request;
    assert_null(answered);
    answered = response;
}

static struct slice no_header(const struct request *request, const char *name, size_t *count)
{
    (void)request;
    (void)name;
    if (count)
        *count = 0;
    return (struct slice){0};
}

static const struct request_door door = {.header = no_header, .respond = keep};

/* No handler asked here looks at the server. */
static const struct response *ask(enum method method, const char *target)
{
    struct request request = {.door = &door, .method = method};

    request_set_target(&request, slice_from_string(target));
    router_answer(NULL, &request);
    assert_non_null(answered);
    return answered;
}

static int forget_answer(void **state)
{
    (void)state;
    response_unref(answered);
    answered = NULL;
    return 0;
}

static const char *header_of(const struct response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++) {
        if (strcmp(response->headers[i].name, name) == 0)
            return response->headers[i].value;
    }
    return "";
}

/* -- tests ---------------------------------------------------------------------------------- */

static void test_aliases_have_one_handler(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"/mquery", "/query"},
        {"/healthz", "/health"},
        {"/livez", "/health"},
        {"/readyz", "/ready"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct route *alias = router_find(slice_from_string(rows[i][0]));
        const struct route *route = router_find(slice_from_string(rows[i][1]));
        assert_non_null(alias);
        assert_non_null(route);
        assert_true(alias->answer == route->answer);
        assert_int_equal(alias->methods, route->methods);
    }
}

static void test_paths_are_exact(void **state)
{
    (void)state;
    static const char *const paths[] = {"",         "/Query",   "/query/", "//query",
                                        "/query/x", "/que%72y", "query",   "/healthzz"};

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        assert_null(router_find(slice_from_string(paths[i])));
}

static void test_health_is_told_and_not_kept(void **state)
{
    (void)state;
    const struct response *response = ask(METHOD_GET, "/health");

    assert_int_equal(response->status, 200);
    assert_string_equal(response->body, "{\"status\":\"ok\"}");
    assert_string_equal(header_of(response, "Cache-Control"), "no-store");
}

static void test_head_goes_where_get_goes(void **state)
{
    (void)state;
    assert_int_equal(ask(METHOD_HEAD, "/healthz")->status, 200);
}

static void test_the_version_names_the_libraries(void **state)
{
    (void)state;
    const struct response *response = ask(METHOD_GET, "/version");

    assert_int_equal(response->status, 200);
    assert_non_null(strstr(response->body, "\"version\":\""));
    assert_non_null(strstr(response->body, "\"commit\":\""));
    assert_non_null(strstr(response->body, "\"libcurl\":\""));
    assert_non_null(strstr(response->body, "\"libmicrohttpd\":\""));
}

static void test_the_front_page_says_how_to_ask(void **state)
{
    (void)state;
    const struct response *response = ask(METHOD_GET, "/?image=alpine");

    assert_int_equal(response->status, 200);
    assert_non_null(strstr(response->body, "/query?image="));
}

static bool admit(enum method method, const char *target)
{
    struct request request = {.door = &door, .method = method};
    struct error error;

    request_set_target(&request, slice_from_string(target));
    return router_admit(NULL, &request, &error);
}

/* A route that would ask the server crashes here. */
static void test_what_no_route_asks_for_is_admitted(void **state)
{
    (void)state;
    assert_true(admit(METHOD_POST, "/health"));
    assert_true(admit(METHOD_POST, "/nowhere"));
    assert_true(admit(METHOD_GET, "/push"));
    assert_true(admit(METHOD_OTHER, "/check"));
}

static void test_T40_pushes_and_checks_are_posts(void **state)
{
    (void)state;
    static const char *const targets[] = {"/push", "/check?repository=a"};

    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        const struct response *response = ask(METHOD_GET, targets[i]);
        assert_int_equal(response->status, 405);
        assert_string_equal(header_of(response, "Allow"), "POST, OPTIONS");
        (void)forget_answer(NULL);
    }
}

static void test_an_unknown_path_is_no_route(void **state)
{
    (void)state;
    const struct response *response = ask(METHOD_GET, "/nowhere?image=alpine");

    assert_int_equal(response->status, 404);
    assert_string_equal(response->body, "{\"error\":\"there is no '/nowhere' here; "
                                        "ask /query?image=NAME\",\"code\":\"no_route\"}");
}

static void test_T40_a_final_slash_is_pointed_out(void **state)
{
    (void)state;
    const struct response *response = ask(METHOD_GET, "/query/?image=alpine");

    assert_int_equal(response->status, 404);
    assert_string_equal(response->body, "{\"error\":\"there is no '/query/' here; ask /query\","
                                        "\"code\":\"no_route\"}");
}

static void test_S20_a_path_is_escaped_in_the_answer(void **state)
{
    (void)state;
    const struct response *response = ask(METHOD_GET, "/\x1b[31m\xff");

    assert_non_null(strstr(response->body, "'/\\\\x1b[31m\\\\xff'"));
}

static void test_T40_other_methods_are_405_with_allow(void **state)
{
    (void)state;
    static const struct {
        enum method method;
        const char *path;
        const char *allow;
    } cases[] = {
        {METHOD_OTHER, "/query", "GET, HEAD, POST, OPTIONS"},
        {METHOD_POST, "/health", "GET, HEAD, OPTIONS"},
        {METHOD_HEAD, "/push", "POST, OPTIONS"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct response *response = ask(cases[i].method, cases[i].path);
        assert_int_equal(response->status, 405);
        assert_string_equal(header_of(response, "Allow"), cases[i].allow);
        assert_non_null(strstr(response->body, "\"code\":\"method\""));
        (void)forget_answer(state);
    }
}

static void test_options_tells_what_a_path_takes(void **state)
{
    (void)state;
    const struct response *response = ask(METHOD_OPTIONS, "/query");

    assert_int_equal(response->status, 204);
    assert_int_equal(response->body_length, 0);
    assert_null(response->content_type);
    assert_string_equal(header_of(response, "Allow"), "GET, HEAD, POST, OPTIONS");
    assert_string_equal(header_of(response, "Access-Control-Allow-Methods"), "");
}

static void test_the_interface_is_described_for_machines(void **state)
{
    (void)state;
    const struct response *response = ask(METHOD_GET, "/openapi.json");

    assert_int_equal(response->status, 200);
    assert_non_null(strstr(response->body, "\"openapi\": \"3.1."));
    assert_true(strncmp(header_of(response, "ETag"), "W/\"", 3) == 0);
}

static void test_pages_of_other_origins_never_push(void **state)
{
    (void)state;
    assert_true(router_find(SLICE("/query"))->is_for_pages);
    assert_false(router_find(SLICE("/push"))->is_for_pages);
    assert_false(router_find(SLICE("/check"))->is_for_pages);
}

static void test_an_unknown_path_is_no_route_by_any_method(void **state)
{
    (void)state;
    assert_int_equal(ask(METHOD_POST, "/nowhere")->status, 404);
}

#define TEST(name) cmocka_unit_test_teardown(name, forget_answer)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_aliases_have_one_handler),
        TEST(test_paths_are_exact),
        TEST(test_health_is_told_and_not_kept),
        TEST(test_head_goes_where_get_goes),
        TEST(test_the_version_names_the_libraries),
        TEST(test_the_front_page_says_how_to_ask),
        TEST(test_an_unknown_path_is_no_route),
        TEST(test_T40_a_final_slash_is_pointed_out),
        TEST(test_S20_a_path_is_escaped_in_the_answer),
        TEST(test_T40_other_methods_are_405_with_allow),
        TEST(test_what_no_route_asks_for_is_admitted),
        TEST(test_T40_pushes_and_checks_are_posts),
        TEST(test_options_tells_what_a_path_takes),
        TEST(test_the_interface_is_described_for_machines),
        TEST(test_pages_of_other_origins_never_push),
        TEST(test_an_unknown_path_is_no_route_by_any_method),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
