/* SPDX-License-Identifier: Apache-2.0 */
/* What those are told whose push went well, and whose did not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/push_core.h"
#include "server/response.h"

static const struct reference target = {.registry = "r.test", .repository = "a/b", .tag = "1.0"};
static const char *const further[] = {"1", "latest"};
static struct spec spec = {
    .image = "R.test/a/b:1.0", .target = &target, .tags = further, .tag_count = 2};
static char list[] = "{\n  \"a\": \"<\"\n}";

/* A push that has set those of its tags. */
/* NOLINTNEXTLINE(readability-non-const-parameter): it is kept */
static struct push push_of(bool *is_tagged)
{
    struct push push = {.spec = &spec,
                        .is_tagged = is_tagged,
                        .result = {.digest = {.text = "sha256:1234"},
                                   .list = {.data = list, .length = sizeof(list) - 1},
                                   .media_type = "application/vnd.oci.image.index.v1+json"}};
    for (size_t i = 0; i <= spec.tag_count; i++)
        push.result.tags_pushed += is_tagged[i];
    return push;
}

/* Its body is push_write_json()'s, whose test is test_push_write.c. */
static void test_an_answer_is_for_whoever_asked_alone(void **state)
{
    (void)state;
    bool is_tagged[] = {true, true, true};
    struct push push = push_of(is_tagged);
    push.order.is_dry_run = true;
    CLEANUP(response_unref_p) struct response *response = push_answer(&push);

    assert_int_equal(response->status, 200);
    assert_string_equal(response->content_type, "application/json");
    assert_string_equal(response_header(response, "Cache-Control"), "no-store");
    assert_non_null(strstr(response->body, "\"tags\":[\"1.0\",\"1\",\"latest\"]"));
    assert_non_null(strstr(response->body, "\"dry_run\":true"));
}

static void test_P15_an_error_says_what_is_pushed_where_something_was_written(void **state)
{
    (void)state;
    static const struct {
        bool is_tagged[3];
        size_t children;
        const char *more;
    } rows[] = {
        {{false, false, false}, 0, "}"},
        {{false, false, false}, 1, ",\"pushed\":[],\"warnings\":[]}"},
        {{true, false, true}, 1, ",\"pushed\":[\"1.0\",\"latest\"],\"warnings\":[]}"},
    };
    struct error error;

    (void)error_set(&error, ERROR_UPSTREAM, "it broke");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(buffer_release) struct buffer expected = BUFFER_INIT(200);
        bool is_tagged[3];
        memcpy(is_tagged, rows[i].is_tagged, sizeof(is_tagged));
        struct push push = push_of(is_tagged);
        push.result.children = rows[i].children;
        CLEANUP(response_unref_p)
        struct response *response = push_answer_from_error(&push, &error);
        (void)buffer_format(&expected, "{\"error\":\"it broke\",\"code\":\"upstream\"%s",
                            rows[i].more);
        assert_int_equal(response->status, 502);
        assert_string_equal(response->body, buffer_string(&expected));
    }
}

static void test_a_push_that_was_not_read_has_nothing_but_its_error(void **state)
{
    (void)state;
    struct push push = {0};
    struct error error;
    (void)error_set(&error, ERROR_INVALID, "no");
    CLEANUP(response_unref_p) struct response *response = push_answer_from_error(&push, &error);

    assert_int_equal(response->status, 400);
    assert_string_equal(response->body, "{\"error\":\"no\",\"code\":\"invalid\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_is_for_whoever_asked_alone),
        cmocka_unit_test(test_P15_an_error_says_what_is_pushed_where_something_was_written),
        cmocka_unit_test(test_a_push_that_was_not_read_has_nothing_but_its_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
