/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a service's answers: what mqueryd writes comes back whole, and whatever else may stand at
 * that URL is told apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/answer.h"
#include "manifest/manifest.h"

#define DIGEST "sha256:0000000000000000000000000000000000000000000000000000000000000001"

/* Everything an answer can hold. */
#define FULL                                                                                       \
    "{\"cachets\":1760000000,\"islist\":true,\"imagename\":\"quay.io/a/b:c\",\"digest\":\"" DIGEST \
    "\",\"mediatype\":\"application/vnd.oci.image.index.v1+json\",\"archlist\":["                  \
    "{\"architecture\":\"amd64\",\"os\":\"linux\"},"                                               \
    "{\"architecture\":\"amd64\",\"os\":\"windows\",\"os.version\":\"10.0.20348.1\","              \
    "\"os.features\":[\"win32k\"]},"                                                               \
    "{\"architecture\":\"arm\",\"os\":\"linux\",\"variant\":\"v7\"}],"                             \
    "\"stale\":true,\"attestations\":2,\"warnings\":[\"50%s odd\"]}"

static void test_an_answer_comes_back_as_it_was_written(void **state)
{
    (void)state;
    CLEANUP(answer_release) struct answer answer = {0};
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(4096);
    struct error error = {0};

    assert_true(answer_parse(&answer, 200, SLICE(FULL), &error));
    const struct report_view view = {.image = SLICE("quay.io/a/b:c"),
                                     .confirmed = answer.confirmed,
                                     .is_stale = answer.is_stale};
    assert_true(report_write_json(answer.report, &view, &out));
    assert_string_equal(buffer_string(&out), FULL);
}

static void test_a_warning_the_service_gave_is_not_given_twice(void **state)
{
    (void)state;
    static const char entry[] = "{\"architecture\":\"amd64\",\"os\":\"linux\"}";
    CLEANUP(buffer_release) struct buffer first = BUFFER_INIT(4096);
    CLEANUP(buffer_release) struct buffer second = BUFFER_INIT(4096);
    struct error error = {0};

    (void)buffer_format(&first,
                        "{\"cachets\":1,\"islist\":true,\"imagename\":\"a\",\"digest\":\"%s\","
                        "\"mediatype\":\"m\",\"archlist\":[%s,%s]}",
                        DIGEST, entry, entry);
    for (int i = 0; i < 2; i++) {
        CLEANUP(answer_release) struct answer answer = {0};
        assert_true(answer_parse(&answer, 200, buffer_slice(&first), &error));
        assert_int_equal(answer.report->warning_count, 1);
        const struct report_view view = {.image = SLICE("a"), .confirmed = answer.confirmed};
        buffer_clear(&second);
        assert_true(report_write_json(answer.report, &view, &second));
        buffer_clear(&first);
        assert_true(buffer_append_slice(&first, buffer_slice(&second)));
    }
}

static void test_errors_keep_their_code_on_every_status(void **state)
{
    (void)state;
    static const struct {
        long status;
        const char *body;
        enum error_code code;
        const char *message;
    } cases[] = {
        {404, "{\"error\":\"no such image\",\"code\":\"not_found\"}", ERROR_NOT_FOUND,
         "the service: no such image"},
        {403, "{\"error\":\"no\",\"code\":\"denied\"}", ERROR_DENIED, "the service: no"},
        {503, "{\"error\":\"busy\",\"code\":\"overloaded\"}", ERROR_OVERLOADED,
         "the service: busy"},
        {422, "{\"error\":\"a chart\",\"code\":\"unsupported\"}", ERROR_UNSUPPORTED,
         "the service: a chart"},
        /* What the services before this one answer, for everything. */
        {400, "{\"error\":\"Error querying image: x\"}", ERROR_UPSTREAM,
         "the service: Error querying image: x"},
        {400, "{\"error\":\"x\",\"code\":\"from the future\"}", ERROR_UPSTREAM, "the service: x"},
        {400, "{\"error\":\"\\u001b[2J\",\"code\":\"invalid\"}", ERROR_INVALID,
         "the service: \\x1b[2J"},
        {502, "{\"message\":\"Internal server error\"}", ERROR_UPSTREAM,
         "the service answered 502 without saying why"},
        {405, "\"method not allowed\"", ERROR_UPSTREAM, "the service answered 405 and no JSON"},
        {502, "<html>Bad Gateway</html>", ERROR_UPSTREAM, "the service answered 502 and no JSON"},
        {200, "", ERROR_UPSTREAM, "the service answered 200 and no JSON"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct answer answer = {0};
        struct error error = {0};
        assert_false(
            answer_parse(&answer, cases[i].status, slice_from_string(cases[i].body), &error));
        assert_int_equal(error.code, cases[i].code);
        assert_string_equal(error.message, cases[i].message);
        assert_null(answer.report);
    }
}

static void test_json_that_answers_no_query_is_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{}",
        "[]",
        "{\"status\":\"ok\"}",
        "{\"cachets\":\"now\",\"islist\":true,\"digest\":\"" DIGEST
        "\",\"mediatype\":\"m\",\"archlist\":[]}",
        "{\"cachets\":1,\"islist\":\"Yes\",\"digest\":\"" DIGEST
        "\",\"mediatype\":\"m\",\"archlist\":[]}",
        "{\"cachets\":1,\"islist\":true,\"digest\":\"sha256:1\",\"mediatype\":\"m\",\"archlist\":[]}",
        "{\"cachets\":1,\"islist\":true,\"digest\":\"" DIGEST "\",\"archlist\":[]}",
        "{\"cachets\":1,\"islist\":true,\"digest\":\"" DIGEST
        "\",\"mediatype\":\"m\",\"archlist\":null}",
    };

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct answer answer = {0};
        struct error error = {0};
        assert_false(answer_parse(&answer, 200, slice_from_string(bodies[i]), &error));
        assert_int_equal(error.code, ERROR_UPSTREAM);
        assert_string_equal(error.message, "the service's answer is not one to a query");
    }
}

static void test_odd_members_of_lists_do_no_harm(void **state)
{
    (void)state;
    CLEANUP(answer_release) struct answer answer = {0};
    struct error error = {0};

    assert_true(answer_parse(
        &answer, 200,
        SLICE(
            "{\"cachets\":1,\"islist\":true,\"digest\":\"" DIGEST "\",\"mediatype\":\"m\","
            "\"archlist\":[{\"os\":\"linux\",\"architecture\":\"s390x\",\"os.features\":[1,null]}],"
            "\"warnings\":[1,{}],\"attestations\":\"many\",\"stale\":1,\"more\":{}}"),
        &error));
    assert_int_equal(answer.report->platform_count, 1);
    assert_int_equal(answer.report->platforms[0].os_feature_count, 0);
    assert_int_equal(answer.report->warning_count, 0);
    assert_int_equal(answer.report->attestations, 0);
    assert_false(answer.is_stale);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_comes_back_as_it_was_written),
        cmocka_unit_test(test_a_warning_the_service_gave_is_not_given_twice),
        cmocka_unit_test(test_errors_keep_their_code_on_every_status),
        cmocka_unit_test(test_json_that_answers_no_query_is_refused),
        cmocka_unit_test(test_odd_members_of_lists_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
