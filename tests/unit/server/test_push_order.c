/* SPDX-License-Identifier: Apache-2.0 */
/* What a request for /push asks: the body's type and the parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/push_core.h"
#include "server/snapshot.h"
#include "tests/unit/server/push_caller.h"

/* Anybody may push here. */
static struct config config = {.push = {.enabled = true, .anonymous = true}};
static struct snapshot snapshot = {.config = &config};

static void test_a_body_is_yaml_or_json_by_its_type(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        enum spec_syntax syntax;
    } rows[] = {
        {"application/yaml", SPEC_YAML},
        {"text/yaml", SPEC_YAML},
        {"application/x-yaml", SPEC_YAML},
        {"Application/YAML; charset=utf-8", SPEC_YAML},
        {"text/yaml;x=y", SPEC_YAML},
        {"application/json", SPEC_JSON},
        {" application/json ; charset=utf-8", SPEC_JSON},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct caller caller = {.request = {.door = &caller_door},
                                .headers = {{"content-type", rows[i].type}}};
        enum spec_syntax syntax = rows[i].syntax == SPEC_YAML ? SPEC_JSON : SPEC_YAML;
        struct error error;
        assert_true(push_order_read_syntax(&caller.request, &syntax, &error));
        assert_int_equal(syntax, rows[i].syntax);
    }
}

static void test_another_type_or_none_is_told_what_is_read(void **state)
{
    (void)state;
    static const char *const rows[CALLER_HEADERS_MAX][2] = {
        {NULL, NULL},
        {"content-type", ""},
        {"content-type", "application/x-www-form-urlencoded"},
        {"content-type", "application/yaml, application/json"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct caller caller = {.request = {.door = &caller_door},
                                .headers = {{rows[i][0], rows[i][1]}}};
        enum spec_syntax syntax = SPEC_YAML;
        struct error error;
        assert_false(push_order_read_syntax(&caller.request, &syntax, &error));
        assert_int_equal(error.code, ERROR_MEDIA_TYPE);
        assert_non_null(strstr(error.message, "application/yaml, text/yaml, application/x-yaml and "
                                              "application/json"));
    }
}

static void test_two_types_or_a_coding_are_refused(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"content-type", "application/json"},
        {"content-encoding", "gzip"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct caller caller = {
            .request = {.door = &caller_door},
            .headers = {{"content-type", "application/yaml"}, {rows[i][0], rows[i][1]}}};
        enum spec_syntax syntax = SPEC_YAML;
        struct error error;
        assert_false(push_order_read_syntax(&caller.request, &syntax, &error));
        assert_int_equal(error.code, ERROR_MEDIA_TYPE);
    }
}

static bool read_query(const char *query, struct push_order *order, struct error *error)
{
    struct caller caller = {
        .request = {.door = &caller_door, .snapshot = &snapshot, .query = slice_from_string(query)},
        .headers = {{"content-type", "application/yaml"}}};
    bool is_read = push_order_read(order, &caller.request, error);

    push_order_release(order);
    return is_read;
}

static void test_P17_parameters_say_how_it_is_pushed(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        enum list_type type;
        bool ignore_missing;
        bool is_dry_run;
    } rows[] = {
        {"", LIST_DOCKER, false, false},
        {"type=docker", LIST_DOCKER, false, false},
        {"type=oci", LIST_OCI, false, false},
        {"ignore_missing=true", LIST_DOCKER, true, false},
        {"dry_run=true&type=oci", LIST_OCI, false, true},
        {"dry_run=false&ignore_missing=false", LIST_DOCKER, false, false},
        {"dryrun=x&colour=red", LIST_DOCKER, false, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct push_order order;
        struct error error;
        assert_true(read_query(rows[i].query, &order, &error));
        assert_int_equal(order.syntax, SPEC_YAML);
        assert_int_equal(order.type, rows[i].type);
        assert_int_equal(order.ignore_missing, rows[i].ignore_missing);
        assert_int_equal(order.is_dry_run, rows[i].is_dry_run);
    }
}

static void test_P17_other_values_are_invalid(void **state)
{
    (void)state;
    static const char *const rows[] = {"type=OCI",
                                       "type=oci&type=oci",
                                       "type=list",
                                       "dry_run=1",
                                       "dry_run=True",
                                       "dry_run=maybe",
                                       "ignore_missing=0",
                                       "ignore_missing=true&ignore_missing=true",
                                       "type=",
                                       "dry_run=",
                                       "ignore_missing",
                                       "dry_run",
                                       "dry_run=true%00",
                                       "type=aaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct push_order order;
        struct error error;
        assert_false(read_query(rows[i], &order, &error));
        assert_int_equal(error.code, ERROR_INVALID);
    }
}

/* base64 of {"username":"u","password":"p"} */
#define CREDENTIALS "eyJ1c2VybmFtZSI6InUiLCJwYXNzd29yZCI6InAifQ=="

static void test_S21_credentials_of_the_caller_are_taken_where_nobody_else_reads_them(void **state)
{
    (void)state;

    for (int confidential = 0; confidential <= 1; confidential++) {
        struct caller caller = {
            .request = {.door = &caller_door,
                        .snapshot = &snapshot,
                        .is_confidential = confidential},
            .headers = {{"content-type", "text/yaml"}, {"x-registry-auth", CREDENTIALS}}};
        struct push_order order;
        struct error error;
        assert_int_equal(push_order_read(&order, &caller.request, &error), confidential);
        assert_int_equal(order.credential != NULL, confidential);
        if (!confidential)
            assert_int_equal(error.code, ERROR_FORBIDDEN);
        push_order_release(&order);
        assert_null(order.credential);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_body_is_yaml_or_json_by_its_type),
        cmocka_unit_test(test_another_type_or_none_is_told_what_is_read),
        cmocka_unit_test(test_two_types_or_a_coding_are_refused),
        cmocka_unit_test(test_P17_parameters_say_how_it_is_pushed),
        cmocka_unit_test(test_P17_other_values_are_invalid),
        cmocka_unit_test(test_S21_credentials_of_the_caller_are_taken_where_nobody_else_reads_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
