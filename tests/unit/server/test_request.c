/* SPDX-License-Identifier: Apache-2.0 */
/* How a request's target is taken apart, and its parameters read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/request.h"

enum {
    VALUE_MAX = 16
};

static struct request request_for(const char *target)
{
    struct request request = {0};

    request_set_target(&request, slice_from_string(target));
    return request;
}

static void assert_slice(struct slice actual, const char *expected)
{
    if (!slice_equal_string(actual, expected))
        fail_msg("'%.*s' is not '%s'", (int)actual.length, actual.data ? actual.data : "",
                 expected);
}

static void test_targets_are_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        const char *path;
        const char *query;
    } rows[] = {
        {"/query?image=alpine", "/query", "image=alpine"},
        {"/query", "/query", ""},
        {"/query?", "/query", ""},
        {"/query?a?b", "/query", "a?b"},
        {"/que%72y", "/que%72y", ""},
        {"/?image=http://h/x", "/", "image=http://h/x"},
        {"", "/", ""},
        {"*", "*", ""},
        {"http://host:8080/query?image=a/b", "/query", "image=a/b"},
        {"https://host/?a", "/", "a"},
        {"http://host", "/", ""},
        {"http://host?image=a/b", "/", "image=a/b"},
        {"http://", "/", ""},
        {"http:", "http:", ""},
        {"query?image=a://b", "query", "image=a://b"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct request request = request_for(rows[i].target);
        assert_slice(request.path, rows[i].path);
        assert_slice(request.query, rows[i].query);
    }
}

static void test_parameters_are_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        const char *value;
    } rows[] = {
        {"/q?image=alpine", "alpine"},
        {"/q?x=1&image=alpine&y=2", "alpine"},
        {"/q?image=a%2Fb%3Ac", "a/b:c"},
        {"/q?image=a+b", "a b"},
        {"/q?im%61ge=a", "a"},
        {"/q?image=a=b", "a=b"},
        {"/q?image=", ""},
        {"/q?image", ""},
        {"/q?&&image=a&", "a"},
        {"/q?image=1234567890123456", "1234567890123456"},
        {"/q?images=x&image=a&mage=y", "a"},
        {"/q?%zz=x&image=a", "a"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(buffer_release) struct buffer value = BUFFER_INIT(VALUE_MAX);
        struct request request = request_for(rows[i].target);
        struct error error;
        if (!request_parameter(&request, "image", &value, &error))
            fail_msg("%s: %s", rows[i].target, error.message);
        assert_string_equal(buffer_string(&value), rows[i].value);
    }
}

static void test_an_absent_parameter_is_no_error(void **state)
{
    (void)state;
    static const char *const targets[] = {"/q", "/q?", "/q?Image=a", "/q?x=image", "/q?images=a"};

    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        CLEANUP(buffer_release) struct buffer value = BUFFER_INIT(VALUE_MAX);
        struct request request = request_for(targets[i]);
        struct error error = {.code = ERROR_INTERNAL};
        assert_false(request_parameter(&request, "image", &value, &error));
        assert_int_equal(error.code, ERROR_NONE);
    }
}

static void test_T40_an_optional_parameter_may_be_absent_but_not_bad_or_empty(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        bool is_read;
        const char *value;
    } rows[] = {
        {"/q", true, ""},
        {"/q?type=", false, ""},
        {"/q?type", false, ""},
        {"/q?other=", true, ""},
        {"/q?type=oci", true, "oci"},
        {"/q?type=oci&type=oci", false, ""},
        {"/q?type=%zz", false, ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(buffer_release) struct buffer value = BUFFER_INIT(VALUE_MAX);
        struct request request = request_for(rows[i].target);
        struct error error;
        assert_int_equal(request_optional(&request, "type", &value, &error), rows[i].is_read);
        assert_string_equal(buffer_string(&value), rows[i].value);
    }
}

static void test_T40_bad_parameters_are_invalid(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        const char *reason;
    } rows[] = {
        {"/q?image=a&image=b", "2 times"},
        {"/q?image=a&im%61ge=a&image", "3 times"},
        {"/q?image=%00", "NUL"},
        {"/q?image=a%", "broken"},
        {"/q?image=a%4", "broken"},
        {"/q?image=%zz", "broken"},
        {"/q?image=12345678901234567", "longer than 16 bytes"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(buffer_release) struct buffer value = BUFFER_INIT(VALUE_MAX);
        struct request request = request_for(rows[i].target);
        struct error error;
        assert_false(request_parameter(&request, "image", &value, &error));
        assert_int_equal(error.code, ERROR_INVALID);
        if (!strstr(error.message, rows[i].reason))
            fail_msg("%s: '%s' does not say '%s'", rows[i].target, error.message, rows[i].reason);
    }
}

static void test_what_was_in_the_buffer_is_replaced(void **state)
{
    (void)state;
    CLEANUP(buffer_release) struct buffer value = BUFFER_INIT(VALUE_MAX);
    struct request request = request_for("/q?image=a&platform=b");
    struct error error;

    assert_true(request_parameter(&request, "image", &value, &error));
    assert_true(request_parameter(&request, "platform", &value, &error));
    assert_string_equal(buffer_string(&value), "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets_are_taken_apart),
        cmocka_unit_test(test_parameters_are_decoded),
        cmocka_unit_test(test_an_absent_parameter_is_no_error),
        cmocka_unit_test(test_T40_an_optional_parameter_may_be_absent_but_not_bad_or_empty),
        cmocka_unit_test(test_T40_bad_parameters_are_invalid),
        cmocka_unit_test(test_what_was_in_the_buffer_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
