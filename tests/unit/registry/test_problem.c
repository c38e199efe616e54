/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Error answers of registries: what they mean, what is shown of them, and when to come back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "registry/problem.h"

static const char what[] = "manifest of 'docker.io/a/b:c'";

static void assert_described(long status, struct slice body, enum error_code code,
                             const char *message)
{
    struct error error = {.retry_after = 9};

    problem_describe(status, body, what, &error);
    assert_int_equal(error.code, code);
    assert_string_equal(error.message, message);
    assert_int_equal(error.retry_after, 0);
}

static void test_H18_the_status_decides_and_the_code_refines(void **state)
{
    (void)state;
    static const struct {
        long status;
        const char *body;
        enum error_code code;
        const char *message;
    } rows[] = {
        {404, "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\"}]}",
         ERROR_NOT_FOUND,
         "manifest of 'docker.io/a/b:c': not found (404 MANIFEST_UNKNOWN: manifest unknown)"},
        {401,
         "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"authentication required\","
         "\"detail\":[{\"Type\":\"repository\"}]}]}",
         ERROR_DENIED,
         "manifest of 'docker.io/a/b:c': the registry denies access "
         "(401 UNAUTHORIZED: authentication required)"},
        {403, "{\"errors\":[{\"code\":\"DENIED\"}]}", ERROR_DENIED,
         "manifest of 'docker.io/a/b:c': the registry denies access (403 DENIED)"},
        {429, "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\",\"message\":\"slow down\"}]}",
         ERROR_RATE_LIMITED,
         "manifest of 'docker.io/a/b:c': the registry's rate limit is reached "
         "(429 TOOMANYREQUESTS: slow down)"},
        {503, "{\"errors\":[{\"message\":\"try later\"}]}", ERROR_UPSTREAM,
         "manifest of 'docker.io/a/b:c': unexpected answer from the registry (503 try later)"},
        {400, "{\"errors\":[{\"code\":\"NAME_INVALID\"}]}", ERROR_UPSTREAM,
         "manifest of 'docker.io/a/b:c': unexpected answer from the registry (400 NAME_INVALID)"},
        /* Public ECR refuses by 400. */
        {400, "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"Not Authorized\"}]}", ERROR_DENIED,
         "manifest of 'docker.io/a/b:c': the registry denies access (400 DENIED: Not Authorized)"},
        /* A refusal by the wrong status is what the status says. */
        {404, "{\"errors\":[{\"code\":\"DENIED\"}]}", ERROR_NOT_FOUND,
         "manifest of 'docker.io/a/b:c': not found (404 DENIED)"},
        {500, "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\"}]}", ERROR_UPSTREAM,
         "manifest of 'docker.io/a/b:c': unexpected answer from the registry "
         "(500 MANIFEST_UNKNOWN)"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_described(rows[i].status, slice_from_string(rows[i].body), rows[i].code,
                         rows[i].message);
}

static void test_H18_bodies_of_other_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        const char *shown;
    } rows[] = {
        {"", ""},
        {"404 page not found\n", ""},
        {"<html><body>Bad Gateway</body></html>", ""},
        {"null", ""},
        {"[]", ""},
        {"{}", ""},
        {"{\"errors\":null}", ""},
        {"{\"errors\":\"none\"}", ""},
        {"{\"errors\":[]}", ""},
        {"{\"errors\":[1,null,\"x\",{}]}", ""},
        {"{\"errors\":[{\"code\":1,\"message\":{}}]}", ""},
        {"{\"errors\":[{},{\"code\":\"UNKNOWN\"}]}", " UNKNOWN"},
        {"{\"errors\":{\"code\":\"UNKNOWN\",\"message\":\"m\"}}", " UNKNOWN: m"},
        {"{\"errors\":[{\"code\":\"\",\"message\":\"m\"}]}", " m"},
        {"{\"error\":\"Invalid username\"}", " Invalid username"},
        {"{\"details\":\"incorrect password\"}", " incorrect password"},
        {"{\"detail\":\"abuse limit\"}", " abuse limit"},
        {"{\"error\":\"invalid_grant\",\"error_description\":\"expired\"}", " expired"},
        {"{\"message\":\"Not Found\",\"documentation_url\":\"x\"}", " Not Found"},
        {"{\"errors\":[{},{},{},{},{},{},{},{},{},{\"code\":\"TENTH\"}]}", " TENTH"},
        {"{\"errors\":[{},{},{},{},{},{},{},{},{},{},{\"code\":\"ELEVENTH\"}]}", ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};
        struct buffer expected = BUFFER_INIT(256);
        problem_describe(502, slice_from_string(rows[i].body), "x", &error);
        assert_true(buffer_format(&expected, "x: unexpected answer from the registry (502%s)",
                                  rows[i].shown));
        assert_string_equal(error.message, buffer_string(&expected));
        buffer_release(&expected);
    }
    assert_described(404, (struct slice){0}, ERROR_NOT_FOUND,
                     "manifest of 'docker.io/a/b:c': not found (404)");
}

/* Harbor, Quay and Docker Hub say so of what one may not see. */
static void test_T23_a_denied_image_is_never_said_to_be_missing(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"repository a/b not found\"}]}",
        "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"requested access denied: Not Found\"}]}",
        "{\"errors\":[{\"code\":\"NAME_UNKNOWN\",\"message\":\"no\"}]}",
        "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"repository does not exist\"}]}",
        "{\"message\":\"no such repository\"}",
        "404 page not found",
    };
    static const long statuses[] = {401, 403};

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        for (size_t j = 0; j < 2; j++) {
            assert_described(statuses[j], slice_from_string(bodies[i]), ERROR_DENIED,
                             statuses[j] == 401
                                 ? "manifest of 'docker.io/a/b:c': the registry denies access (401)"
                                 : "manifest of 'docker.io/a/b:c': the registry denies access "
                                   "(403)");
        }
    }
}

static void test_S20_a_registrys_text_is_escaped_and_cut(void **state)
{
    (void)state;
    static char body[4096] = "{\"errors\":[{\"code\":\"C\xe2\x80\xae\",\"message\":\"";
    size_t start = strlen(body);
    struct error error = {0};

    assert_described(
        500, SLICE("{\"errors\":[{\"code\":\"A\\u001b\",\"message\":\"b\\nc \xe2\x80\xae d\"}]}"),
        ERROR_UPSTREAM,
        "manifest of 'docker.io/a/b:c': unexpected answer from the registry "
        "(500 A\\x1b: b\\x0ac \\xe2\\x80\\xae d)");

    memset(body + start, 'm', 3000);
    memcpy(body + start + 3000, "\"}]}", 5);
    problem_describe(500, slice_from_string(body), what, &error);
    assert_true(strlen(error.message) < 200);
    assert_non_null(strstr(error.message, "(500 C\\xe2\\x80\\xae: mmm"));
    assert_non_null(strstr(error.message, "m...)"));
}

static void test_a_long_reference_leaves_room_for_the_verdict(void **state)
{
    (void)state;
    char reference[1025] = "";
    struct error error = {0};

    memset(reference, 'a', sizeof(reference) - 1);
    reference[sizeof(reference) - 1] = '\0';
    problem_describe(404, SLICE("{\"errors\":[{\"code\":\"NAME_UNKNOWN\"}]}"), reference, &error);
    assert_non_null(strstr(error.message, "...: not found (404 NAME_UNKNOWN)"));
}

static void test_P13_what_the_refusal_of_a_push_means(void **state)
{
    (void)state;
    static const struct {
        long status;
        enum media_type type;
        const char *body;
        enum error_code code;
        const char *message;
    } rows[] = {
        {405, MEDIA_TYPE_OCI_INDEX, "{\"errors\":[{\"code\":\"UNSUPPORTED\"}]}", ERROR_UNSUPPORTED,
         "the registry takes no OCI index; use --type docker (405 UNSUPPORTED)"},
        {415, MEDIA_TYPE_OCI_INDEX, "", ERROR_UNSUPPORTED,
         "the registry takes no OCI index; use --type docker (415)"},
        {400, MEDIA_TYPE_OCI_INDEX,
         "{\"errors\":[{\"code\":\"MANIFEST_INVALID\",\"message\":\"m\"}]}", ERROR_UNSUPPORTED,
         "the registry takes no OCI index; use --type docker (400 MANIFEST_INVALID: m)"},
        {404, MEDIA_TYPE_OCI_INDEX, "404 page not found\n", ERROR_UNSUPPORTED,
         "the registry takes no OCI index; use --type docker (404)"},
        {404, MEDIA_TYPE_OCI_INDEX, "{\"errors\":[{\"code\":\"NAME_UNKNOWN\"}]}", ERROR_NOT_FOUND,
         "the repository does not exist, and the registry does not create it (404 NAME_UNKNOWN)"},
        {404, MEDIA_TYPE_OTHER, "{\"errors\":[{\"code\":\"NAME_UNKNOWN\"}]}", ERROR_NOT_FOUND,
         "the repository does not exist, and the registry does not create it (404 NAME_UNKNOWN)"},
        {413, MEDIA_TYPE_OTHER, "", ERROR_TOO_LARGE, "it is larger than the registry takes (413)"},
        {404, MEDIA_TYPE_DOCKER_LIST, "", ERROR_UNSUPPORTED,
         "the registry takes no Docker manifest list; use --type oci (404)"},
        {415, MEDIA_TYPE_DOCKER_LIST, "", ERROR_UNSUPPORTED,
         "the registry takes no Docker manifest list; use --type oci (415)"},
        /* Nothing besides what the status says. */
        {400, MEDIA_TYPE_OCI_INDEX, "{\"errors\":[{\"code\":\"MANIFEST_BLOB_UNKNOWN\"}]}",
         ERROR_NONE, ""},
        {400, MEDIA_TYPE_OCI_INDEX, "{\"errors\":[{\"code\":\"TAG_INVALID\"}]}", ERROR_NONE, ""},
        {400, MEDIA_TYPE_OCI_INDEX, "{\"errors\":[{\"code\":\"DENIED\"}]}", ERROR_NONE, ""},
        {400, MEDIA_TYPE_OTHER, "{\"errors\":[{\"code\":\"MANIFEST_INVALID\"}]}", ERROR_NONE, ""},
        {400, MEDIA_TYPE_DOCKER_LIST, "{\"errors\":[{\"code\":\"MANIFEST_INVALID\"}]}", ERROR_NONE,
         ""},
        {404, MEDIA_TYPE_DOCKER_LIST, "{\"errors\":[{\"code\":\"BLOB_UNKNOWN\"}]}", ERROR_NONE, ""},
        {403, MEDIA_TYPE_OCI_INDEX, "", ERROR_NONE, ""},
        {500, MEDIA_TYPE_OCI_INDEX, "", ERROR_NONE, ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {.code = ERROR_NONE};
        bool is_told = problem_describe_push(rows[i].status, slice_from_string(rows[i].body),
                                             rows[i].type, &error);
        assert_int_equal(is_told, rows[i].code != ERROR_NONE);
        assert_int_equal(error.code, rows[i].code);
        assert_string_equal(error.message, rows[i].message);
    }
}

static void test_http_where_tls_is_spoken_is_named_as_such(void **state)
{
    static const char advice[] = "asked by http, the registry wants https (see plain_http and "
                                 "ca_file of registry.hosts, or mquery's --insecure)";
    static const char *const pages[] = {
        "Client sent an HTTP request to an HTTPS server.\n",
        "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        struct error error = {0};
        problem_describe(400, slice_from_string(pages[i]), NULL, &error);
        assert_int_equal(error.code, ERROR_UPSTREAM);
        assert_string_equal(error.message, advice);
        problem_describe(500, slice_from_string(pages[i]), NULL, &error);
        assert_string_equal(error.message, "unexpected answer from the registry (500)");
    }
}

static void test_whoever_reports_a_problem_may_say_what_it_was(void **state)
{
    (void)state;
    struct error error = {0};

    problem_describe(404, SLICE("{\"errors\":[{\"code\":\"BLOB_UNKNOWN\"}]}"), NULL, &error);
    assert_string_equal(error.message, "not found (404 BLOB_UNKNOWN)");
}

static void test_H19_what_is_worth_another_try(void **state)
{
    (void)state;
    static const long yes[] = {408, 429, 499, 500, 502, 503, 504, 522};
    static const long no[] = {0, 200, 304, 400, 401, 403, 404, 405, 416, 501, 505, 520};

    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        assert_true(problem_is_retryable(yes[i]));
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        assert_false(problem_is_retryable(no[i]));
}

static void test_A13b_expired_tokens_of_the_two_ecrs(void **state)
{
    (void)state;
    const struct slice private_ecr = SLICE(
        "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"Your authorization token has expired. "
        "Reauthenticate and try again.\"}]}");
    const struct slice public_ecr = SLICE(
        "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"Your Authorization Token is invalid.\"}]}");

    assert_true(problem_is_expiry(403, private_ecr));
    assert_true(problem_is_expiry(400, public_ecr));
    assert_false(problem_is_expiry(400, private_ecr));
    assert_false(problem_is_expiry(403, public_ecr));
    assert_false(problem_is_expiry(401, private_ecr));
    assert_false(problem_is_expiry(404, public_ecr));
    assert_false(problem_is_expiry(403, SLICE("{\"errors\":[{\"code\":\"DENIED\"}]}")));
    assert_false(problem_is_expiry(403, SLICE("{\"errors\":[{\"code\":\"X\",\"message\":"
                                              "\"authorization token has expired\"}]}")));
    assert_false(problem_is_expiry(403, SLICE("authorization token has expired")));
    assert_false(problem_is_expiry(403, SLICE("")));
}

static void test_T21_the_forms_of_retry_after(void **state)
{
    (void)state;
    static const int64_t now = INT64_C(784111777000); /* Sun, 06 Nov 1994 08:49:37 GMT */
    static const struct {
        const char *value;
        int64_t milliseconds;
    } rows[] = {
        {"3", 3000},
        {" 3 ", 3000},
        {"0", 0},
        {"99999", 99999000},
        {"1.2", 1200},
        {"0.3", 300},
        {"3.", 3000},
        {"1.2ms", 2}, /* rounded up: never too early */
        {"250ms", 250},
        {"3s", 3000},
        {"2.5s", 2500},
        {"1m30s", 90000},
        {"1h0m0.5s", 3600500},
        {"900us", 1},
        {"900\xc2\xb5s", 1},
        {"5ns", 1},
        {"Sun, 06 Nov 1994 08:49:47 GMT", 10000},
        {"Sunday, 06-Nov-94 08:49:47 GMT", 10000},
        {"Sun Nov  6 08:49:47 1994", 10000},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
        {"Sun, 06 Nov 1994 08:49:36 GMT", -1}, /* past */
        {"Fri, 06 Nov 2094 08:49:36 GMT", -1}, /* nonsense */
        {"", -1},
        {" ", -1},
        {"-3", -1},
        {"+3", -1},
        {".5", -1},
        {"1.2.3", -1},
        {"3x", -1},
        {"3 s", -1},
        {"1m30", -1},
        {"1mm", -1},
        {"1e3", -1},
        {"0x10", -1},
        {"inf", -1},
        {"soon", -1},
        {"3, 5", -1},
        {"99999999999999999999", -1},
        {"9999999999999999999999999999999999999999999999999999999999999999999999999", -1},
        {"Sun, 06 Nov 1994 08:49:47 GMT and some more that makes it longer than a date", -1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t wait = problem_retry_after(slice_from_string(rows[i].value), now);
        if (wait != rows[i].milliseconds)
            fail_msg("'%s': %lld", rows[i].value, (long long)wait);
    }
    assert_int_equal(problem_retry_after((struct slice){0}, now), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_H18_the_status_decides_and_the_code_refines),
        cmocka_unit_test(test_H18_bodies_of_other_shapes),
        cmocka_unit_test(test_T23_a_denied_image_is_never_said_to_be_missing),
        cmocka_unit_test(test_S20_a_registrys_text_is_escaped_and_cut),
        cmocka_unit_test(test_a_long_reference_leaves_room_for_the_verdict),
        cmocka_unit_test(test_P13_what_the_refusal_of_a_push_means),
        cmocka_unit_test(test_http_where_tls_is_spoken_is_named_as_such),
        cmocka_unit_test(test_whoever_reports_a_problem_may_say_what_it_was),
        cmocka_unit_test(test_H19_what_is_worth_another_try),
        cmocka_unit_test(test_A13b_expired_tokens_of_the_two_ecrs),
        cmocka_unit_test(test_T21_the_forms_of_retry_after),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
