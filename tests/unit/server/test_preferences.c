/* SPDX-License-Identifier: Apache-2.0 */
/* How clients want their answers, and what they get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/preferences.h"
#include "server/request.h"
#include "server/response.h"

enum {
    HEADERS_MAX = 4,
    LARGE = 4000
};

struct header {
    const char *name;
    const char *value;
};

/* A request with some headers. */
struct caller {
    struct request request;
    struct header headers[HEADERS_MAX];
};

static struct slice caller_header(const struct request *request, const char *name, size_t *count)
{
    const struct caller *caller = (const struct caller *)(const void *)request;

    if (count)
        *count = 0;
    for (size_t i = 0; i < HEADERS_MAX && caller->headers[i].name; i++) {
        if (strcmp(caller->headers[i].name, name) == 0)
            return slice_from_string(caller->headers[i].value);
    }
    return (struct slice){0};
}

static const struct request_door door = {.header = caller_header};

static struct response *new_response(unsigned status, size_t length)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(LARGE);

    for (size_t i = 0; i < length; i++)
        assert_true(buffer_append_char(&body, 'a'));
    struct response *response = response_new(status, "application/json", &body);
    assert_non_null(response);
    response_set_header(response, "ETag", "W/\"a\"");
    response_set_header(response, "Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
    response_set_header(response, "Cache-Control", "no-cache");
    response_set_header(response, "Vary", "Accept");
    return response;
}

/* Takes the response. */
static struct response *heed(struct caller *caller, const struct string_list *origins,
                             struct response *response)
{
    struct preferences *preferences = &caller->request.preferences;

    caller->request.door = &door;
    preferences_read(preferences, &caller->request, origins);
    response = preferences_heed(preferences, &caller->request, response);
    preferences_release(preferences);
    return response;
}

static const char *told(const struct response *response, const char *name)
{
    const char *value = response_header(response, name);
    return value ? value : "";
}

/* -- nothing in particular ------------------------------------------------------------------ */

static void test_who_wants_nothing_gets_the_very_answer(void **state)
{
    struct caller caller = {.headers = {{"accept", "*/*"}, {"user-agent", "curl"}}};
    CLEANUP(response_unref_p) struct response *response = new_response(200, LARGE);

    (void)state;
    CLEANUP(response_unref_p)
    struct response *heeded = heed(&caller, NULL, response_ref(response));
    assert_ptr_equal(heeded, response);
}

/* -- 304 ------------------------------------------------------------------------------------ */

static void test_what_the_client_has_is_not_sent_again(void **state)
{
    static const struct {
        enum method method;
        struct header headers[2];
        unsigned status;
        unsigned expected;
    } cases[] = {
        {METHOD_GET, {{"if-none-match", "\"a\""}}, 200, 304},
        {METHOD_HEAD, {{"if-none-match", "W/\"a\""}}, 200, 304},
        {METHOD_GET, {{"if-none-match", "*"}}, 200, 304},
        {METHOD_GET, {{"if-none-match", "\"b\""}}, 200, 200},
        {METHOD_POST, {{"if-none-match", "*"}}, 200, 200},
        {METHOD_GET, {{"if-none-match", "*"}}, 404, 404},
        {METHOD_GET, {{"if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT"}}, 200, 304},
        {METHOD_GET, {{"if-modified-since", "Sun, 06 Nov 1994 08:49:38 GMT"}}, 200, 304},
        {METHOD_GET, {{"if-modified-since", "Sun, 06 Nov 1994 08:49:36 GMT"}}, 200, 200},
        {METHOD_GET, {{"if-modified-since", "yesterday"}}, 200, 200},
        {METHOD_GET,
         {{"if-none-match", "\"b\""}, {"if-modified-since", "Sun, 06 Nov 1994 08:49:38 GMT"}},
         200,
         200},
        {METHOD_GET, {{"if-modified-since", "Sun, 06 Nov 1994 08:49:38 GMT"}}, 502, 502},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct caller caller = {.request = {.method = cases[i].method},
                                .headers = {cases[i].headers[0], cases[i].headers[1]}};
        CLEANUP(response_unref_p)
        struct response *response = heed(&caller, NULL, new_response(cases[i].status, 10));
        if (response->status != cases[i].expected)
            fail_msg("case %zu: %u", i, response->status);
    }
}

/* RFC 9110, section 15.4.5. */
static void test_a_304_says_what_a_cache_needs(void **state)
{
    struct caller caller = {.headers = {{"if-none-match", "\"a\""}}};
    struct response *stored = new_response(200, 10);

    (void)state;
    response_set_header(stored, "Content-Encoding", "gzip");
    CLEANUP(response_unref_p)
    struct response *response = heed(&caller, NULL, response_ref(stored));
    assert_ptr_not_equal(response, stored);
    assert_int_equal(stored->status, 200);
    assert_null(response->content_type);
    assert_null(response_header(response, "Content-Encoding"));
    assert_string_equal(told(response, "ETag"), "W/\"a\"");
    assert_string_equal(told(response, "Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_string_equal(told(response, "Cache-Control"), "no-cache");
    assert_string_equal(told(response, "Vary"), "Accept");
    response_unref(stored);
}

/* -- encodings, names ----------------------------------------------------------------------- */

static void test_large_answers_are_packed_and_packed_ones_are_not(void **state)
{
    struct caller caller = {.headers = {{"accept-encoding", "gzip"}}};
    struct response *packed = new_response(200, LARGE);

    (void)state;
    response_set_header(packed, "Content-Encoding", "gzip");
    packed = heed(&caller, NULL, packed);
    assert_int_equal(packed->body_length, LARGE);
    response_unref(packed);

    CLEANUP(response_unref_p)
    struct response *plain = heed(&caller, NULL, new_response(200, LARGE));
    assert_true(plain->body_length < LARGE);
    assert_string_equal(told(plain, "Content-Encoding"), "gzip");
}

static void test_an_id_is_echoed_to_who_sent_one(void **state)
{
    struct caller caller = {.headers = {{"x-request-id", "r.1"}}};
    struct caller liar = {.headers = {{"x-request-id", "a b"}}};

    (void)state;
    struct response *response = heed(&caller, NULL, new_response(200, 1));
    assert_string_equal(told(response, "X-Request-Id"), "r.1");
    response_unref(response);
    response = heed(&liar, NULL, new_response(200, 1));
    assert_null(response_header(response, "X-Request-Id"));
    response_unref(response);
}

/* -- problem documents ---------------------------------------------------------------------- */

static void test_problems_are_for_those_who_name_the_type(void **state)
{
    static const struct {
        const char *accept;
        bool is_problem;
    } cases[] = {
        {"application/problem+json", true},
        {"application/json, application/problem+json", true},
        {"*/*", false},
        {"application/*", false},
        {"application/json, application/problem+json;q=0.5", false},
        {"application/problem+json;q=0", false},
    };
    struct error error;

    (void)state;
    (void)error_set(&error, ERROR_QUOTA, "too \"much\"");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct caller caller = {.headers = {{"accept", cases[i].accept}, {"x-request-id", "r1"}}};
        CLEANUP(response_unref_p)
        struct response *response = heed(&caller, NULL, response_from_error(&error));
        bool is_problem = strcmp(response->content_type, "application/problem+json") == 0;
        if (is_problem != cases[i].is_problem)
            fail_msg("%s", cases[i].accept);
        if (is_problem) {
            assert_string_equal(
                response->body,
                "{\"error\":\"too \\\"much\\\"\",\"code\":\"quota\","
                "\"type\":\"https://iana.org/assignments/http-problem-types#quota-exceeded\","
                "\"title\":\"Too Many Requests\",\"status\":429,"
                "\"detail\":\"too \\\"much\\\"\",\"instance\":\"urn:request:r1\","
                "\"violated-policies\":[\"default\"]}");
        }
    }
}

/* -- other origins -------------------------------------------------------------------------- */

static char ui[] = "https://ui.test";
static char other[] = "https://other.test:8443";
static char all[] = "*";

static void test_only_listed_origins_may_read(void **state)
{
    char *items[] = {other, ui};
    const struct string_list origins = {items, 2};
    static const struct {
        const char *origin;
        const char *allowed;
    } cases[] = {
        {ui, ui},     {other, other}, {"https://ui.test.evil", ""}, {"http://ui.test", ""},
        {"null", ""}, {NULL, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct caller caller = {.headers = {{"origin", cases[i].origin}}};
        CLEANUP(response_unref_p)
        struct response *response = heed(&caller, &origins, new_response(200, 1));
        assert_string_equal(told(response, "Access-Control-Allow-Origin"), cases[i].allowed);
        assert_string_equal(told(response, "Vary"), "Accept, Origin");
    }
}

static void test_a_star_is_for_all_and_nothing_is_for_none(void **state)
{
    char *items[] = {all};
    const struct string_list everybody = {items, 1};
    const struct string_list nobody = {0};
    struct caller caller = {.headers = {{"origin", ui}}};

    (void)state;
    struct response *response = heed(&caller, &everybody, new_response(404, 1));
    assert_string_equal(told(response, "Access-Control-Allow-Origin"), "*");
    assert_string_equal(told(response, "Vary"), "Accept");
    assert_non_null(strstr(told(response, "Access-Control-Expose-Headers"), "Cache-Status"));
    response_unref(response);
    response = heed(&caller, &nobody, new_response(200, 1));
    assert_null(response_header(response, "Access-Control-Allow-Origin"));
    response_unref(response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_wants_nothing_gets_the_very_answer),
        cmocka_unit_test(test_what_the_client_has_is_not_sent_again),
        cmocka_unit_test(test_a_304_says_what_a_cache_needs),
        cmocka_unit_test(test_large_answers_are_packed_and_packed_ones_are_not),
        cmocka_unit_test(test_an_id_is_echoed_to_who_sent_one),
        cmocka_unit_test(test_problems_are_for_those_who_name_the_type),
        cmocka_unit_test(test_only_listed_origins_may_read),
        cmocka_unit_test(test_a_star_is_for_all_and_nothing_is_for_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
