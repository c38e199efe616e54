/* SPDX-License-Identifier: Apache-2.0 */
/* What those are told whose push went well, by the command line and by the service. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "registry/push.h"

static const struct reference target = {.registry = "r.test", .repository = "a/b", .tag = "1.0"};
static const char *const further[] = {"1", "latest"};
static char list[] = "{\n  \"a\": \"<\"\n}";
static char odd_spec[] = "a key is passed over";
static char odd_source[] = "linux/riscv64 is left out";

static const struct spec tagged_spec = {
    .image = "R.test/a/b:1.0", .target = &target, .tags = further, .tag_count = 2};

static struct push_result result_of(size_t tags_pushed)
{
    return (struct push_result){
        .digest = {.text = "sha256:1234"},
        .list = {.data = list, .length = sizeof(list) - 1},
        .media_type = "application/vnd.oci.image.index.v1+json",
        .tags_pushed = tags_pushed,
    };
}

static void test_an_answer_has_these_keys_in_this_order(void **state)
{
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(1000);
    struct push_result result = result_of(3);

    (void)state;
    assert_true(push_write_json(&tagged_spec, &result, false, &out));
    assert_string_equal(buffer_string(&out),
                        "{\"digest\":\"sha256:1234\",\"size\":14,"
                        "\"mediatype\":\"application/vnd.oci.image.index.v1+json\","
                        "\"image\":\"R.test/a/b:1.0\",\"tags\":[\"1.0\",\"1\",\"latest\"],"
                        "\"warnings\":[]}");
}

static void test_P16_a_dry_run_has_the_list_and_no_tags(void **state)
{
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(1000);
    struct push_result result = result_of(0);

    (void)state;
    assert_true(push_write_json(&tagged_spec, &result, true, &out));
    assert_non_null(strstr(buffer_string(&out),
                           "\"tags\":[],\"warnings\":[],\"dry_run\":true,"
                           "\"manifest\":\"{\\n  \\\"a\\\": \\\"\\u003c\\\"\\n}\"}"));
}

static void test_the_warnings_of_the_spec_stand_before_those_of_the_push(void **state)
{
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(1000);
    struct push_result result = result_of(3);
    struct spec odd = tagged_spec;

    (void)state;
    odd.warnings = (struct warnings){.lines = {odd_spec}, .count = 1};
    result.warnings = (struct warnings){.lines = {odd_source}, .count = 1};
    assert_true(push_write_json(&odd, &result, false, &out));
    assert_non_null(
        strstr(buffer_string(&out),
               "\"warnings\":[\"a key is passed over\",\"linux/riscv64 is left out\"]}"));
}

static void test_R9_a_target_without_a_tag_was_pushed_as_latest(void **state)
{
    static const struct reference untagged = {.registry = "r.test", .repository = "a"};
    static const struct spec lone = {.image = "r.test/a", .target = &untagged};
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(1000);
    struct push_result result = result_of(1);

    (void)state;
    assert_true(push_write_json(&lone, &result, false, &out));
    assert_non_null(strstr(buffer_string(&out), "\"tags\":[\"latest\"]"));
}

static void test_an_answer_that_has_no_room_is_none(void **state)
{
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(20);
    struct push_result result = result_of(3);

    (void)state;
    assert_false(push_write_json(&tagged_spec, &result, false, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_has_these_keys_in_this_order),
        cmocka_unit_test(test_P16_a_dry_run_has_the_list_and_no_tags),
        cmocka_unit_test(test_the_warnings_of_the_spec_stand_before_those_of_the_push),
        cmocka_unit_test(test_R9_a_target_without_a_tag_was_pushed_as_latest),
        cmocka_unit_test(test_an_answer_that_has_no_room_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
