/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: docs/api.md's table of errors, their bytes, and who frees what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "data/json.h"
#include "server/response.h"

static struct response *response_of(const char *text)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(100);

    assert_true(buffer_append_string(&body, text));
    struct response *response = response_new(200, "text/plain", &body);
    assert_non_null(response);
    assert_int_equal(body.length, 0);
    return response;
}

static const char *header_of(const struct response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++) {
        if (strcmp(response->headers[i].name, name) == 0)
            return response->headers[i].value;
    }
    return NULL;
}

static void test_a_response_takes_the_buffers_bytes(void **state)
{
    (void)state;
    CLEANUP(response_unref_p) struct response *response = response_of("hello");

    assert_int_equal(response->status, 200);
    assert_string_equal(response->content_type, "text/plain");
    assert_int_equal(response->body_length, 5);
    assert_memory_equal(response->body, "hello", 5);
}

static void test_headers_are_copied(void **state)
{
    (void)state;
    CLEANUP(response_unref_p) struct response *response = response_of("");
    char value[] = "GET";

    response_set_header(response, "Allow", value);
    value[0] = 'X';
    assert_string_equal(header_of(response, "Allow"), "GET");
}

static unsigned forms_freed;

static void free_form(void *form)
{
    assert_ptr_equal(form, &forms_freed);
    forms_freed++;
}

static void test_the_last_reference_frees_the_doors_form(void **state)
{
    (void)state;
    struct response *response = response_of("shared");

    forms_freed = 0;
    response->native_free = free_form;
    atomic_store(&response->native, &forms_freed);
    assert_ptr_equal(response_ref(response), response);
    response_unref(response);
    assert_int_equal(forms_freed, 0);
    response_unref(response);
    assert_int_equal(forms_freed, 1);
    response_unref(NULL);
}

static void test_every_code_has_its_status(void **state)
{
    (void)state;
    static const struct {
        enum error_code code;
        unsigned status;
    } rows[] = {
        {ERROR_INVALID, 400},   {ERROR_UNAUTHORIZED, 401},   {ERROR_FORBIDDEN, 403},
        {ERROR_DENIED, 403},    {ERROR_NOT_FOUND, 404},      {ERROR_NO_ROUTE, 404},
        {ERROR_METHOD, 405},    {ERROR_ONLY_IF_CACHED, 504}, {ERROR_CONFLICT, 409},
        {ERROR_TOO_LARGE, 422}, {ERROR_MEDIA_TYPE, 415},     {ERROR_UNSUPPORTED, 422},
        {ERROR_QUOTA, 429},     {ERROR_RATE_LIMITED, 503},   {ERROR_OVERLOADED, 503},
        {ERROR_DRAINING, 503},  {ERROR_UPSTREAM, 502},       {ERROR_TIMEOUT, 504},
        {ERROR_INTERNAL, 500},  {ERROR_NONE, 500},           {ERROR_CODE_COUNT, 500},
    };

    assert_int_equal(sizeof(rows) / sizeof(rows[0]), ERROR_CODE_COUNT + 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(response_status(rows[i].code), rows[i].status);
}

static void test_T41_an_error_is_one_object_with_error_and_code(void **state)
{
    (void)state;
    struct error error;

    (void)error_set(&error, ERROR_NOT_FOUND, "no \"such\" <thing>\n");
    CLEANUP(response_unref_p) struct response *response = response_from_error(&error);
    assert_int_equal(response->status, 404);
    assert_string_equal(response->content_type, "application/json");
    assert_string_equal(response->body, "{\"error\":\"no \\\"such\\\" \\u003cthing\\u003e\\n\","
                                        "\"code\":\"not_found\"}");
    assert_int_equal(response->body_length, strlen(response->body));
    assert_null(header_of(response, "Retry-After"));
}

static void test_the_longest_message_fits(void **state)
{
    (void)state;
    struct error error;
    char text[sizeof(error.message)];

    memset(text, '<', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    (void)error_set(&error, ERROR_INVALID, "%s", text);
    CLEANUP(response_unref_p) struct response *response = response_from_error(&error);
    assert_int_equal(response->status, 400);
}

static void test_B4_retry_after_is_told(void **state)
{
    (void)state;
    static const struct {
        enum error_code code;
        uint32_t retry_after;
        const char *header;
    } rows[] = {
        {ERROR_RATE_LIMITED, 17, "17"}, {ERROR_RATE_LIMITED, 0, "1"}, {ERROR_OVERLOADED, 0, "1"},
        {ERROR_DRAINING, 0, "1"},       {ERROR_QUOTA, 3, "3"},        {ERROR_UPSTREAM, 5, "5"},
        {ERROR_UPSTREAM, 0, NULL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {.code = rows[i].code, .retry_after = rows[i].retry_after};
        CLEANUP(response_unref_p) struct response *response = response_from_error(&error);
        const char *header = header_of(response, "Retry-After");
        if (rows[i].header)
            assert_string_equal(header, rows[i].header);
        else
            assert_null(header);
    }
}

static void test_only_unauthorized_names_what_is_wanted(void **state)
{
    (void)state;
    for (int code = ERROR_INVALID; code < ERROR_CODE_COUNT; code++) {
        struct error error;
        (void)error_set(&error, (enum error_code)code, "no");
        CLEANUP(response_unref_p) struct response *response = response_from_error(&error);
        const char *told = header_of(response, "WWW-Authenticate");
        assert_int_equal(told != NULL, code == ERROR_UNAUTHORIZED);
        if (told)
            assert_string_equal(told, "Bearer realm=\"mqueryd\"");
    }
}

static void write_more(struct json_writer *writer, const void *context)
{
    json_write_member(writer, "more", context);
}

static void test_an_error_may_say_more(void **state)
{
    (void)state;
    struct error error;
    (void)error_set(&error, ERROR_OVERLOADED, "no");
    CLEANUP(response_unref_p)
    struct response *response = response_from_error_and(&error, write_more, "of it");

    assert_int_equal(response->status, 503);
    assert_string_equal(response->body,
                        "{\"error\":\"no\",\"code\":\"overloaded\",\"more\":\"of it\"}");
    assert_string_equal(header_of(response, "Retry-After"), "1");
    assert_string_equal(header_of(response, "Cache-Control"), "no-store");
}

static void test_an_error_may_have_another_status(void **state)
{
    (void)state;
    struct error error;

    (void)error_set(&error, ERROR_TOO_LARGE, "long");
    CLEANUP(response_unref_p) struct response *response = response_from_error_as(414, &error);
    assert_int_equal(response->status, 414);
    assert_string_equal(response->body, "{\"error\":\"long\",\"code\":\"too_large\"}");
}

static void test_what_cannot_be_written_is_an_internal_error(void **state)
{
    (void)state;
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(4);

    assert_false(buffer_append_string(&body, "too long"));
    struct response *response = response_json(200, &body);
    assert_int_equal(response->status, 500);
    /* It is static: what one user does to it, others do not see. */
    response_set_header(response, "Retry-After", "1");
    assert_int_equal(response->header_count, 0);
    response_unref(response_ref(response));
    response_unref(response);
    response_unref(response);
    assert_non_null(strstr(response->body, "\"code\":\"internal\""));
}

static void test_what_others_have_is_changed_in_a_copy(void **state)
{
    (void)state;
    struct response *kept = response_of("hello");

    response_set_header(kept, "Vary", "Accept");
    struct response *changed = response_change(response_ref(kept));
    assert_ptr_not_equal(changed, kept);
    assert_ptr_equal(changed->body, kept->body);
    assert_string_equal(header_of(changed, "Vary"), "Accept");
    response_set_header(changed, "Vary", "Origin");
    assert_string_equal(header_of(kept, "Vary"), "Accept");
    response_unref(kept);
    assert_memory_equal(changed->body, "hello", 5); /* shared bodies live as long as they must */
    response_unref(changed);
}

static void test_what_nobody_else_has_is_changed_itself(void **state)
{
    (void)state;
    struct response *response = response_of("hello");

    assert_ptr_equal(response_change(response), response);
    response->is_shared = true; /* a door has a form of it */
    struct response *changed = response_change(response);
    assert_ptr_not_equal(changed, response);
    response_unref(changed);
}

static void test_a_body_is_replaced(void **state)
{
    (void)state;
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(8);
    struct response *kept = response_of("hello");
    struct response *changed = response_change(response_ref(kept));

    assert_true(buffer_append_string(&body, "bye"));
    response_set_body(changed, "text/other", &body);
    assert_string_equal(changed->body, "bye");
    assert_int_equal(changed->body_length, 3);
    assert_string_equal(kept->body, "hello");
    response_unref(changed);
    response_unref(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_response_takes_the_buffers_bytes),
        cmocka_unit_test(test_headers_are_copied),
        cmocka_unit_test(test_the_last_reference_frees_the_doors_form),
        cmocka_unit_test(test_every_code_has_its_status),
        cmocka_unit_test(test_T41_an_error_is_one_object_with_error_and_code),
        cmocka_unit_test(test_the_longest_message_fits),
        cmocka_unit_test(test_B4_retry_after_is_told),
        cmocka_unit_test(test_only_unauthorized_names_what_is_wanted),
        cmocka_unit_test(test_an_error_may_say_more),
        cmocka_unit_test(test_an_error_may_have_another_status),
        cmocka_unit_test(test_what_cannot_be_written_is_an_internal_error),
        cmocka_unit_test(test_what_others_have_is_changed_in_a_copy),
        cmocka_unit_test(test_what_nobody_else_has_is_changed_itself),
        cmocka_unit_test(test_a_body_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
