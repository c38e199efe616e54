/* SPDX-License-Identifier: Apache-2.0 */
/* What a batch asks, in both ways of writing it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/batch_items.h"

static void test_bodies_are_taken_apart(void **state)
{
    static const struct {
        const char *body;
        enum batch_syntax syntax;
        size_t count;
        const char *last;
    } cases[] = {
        {"[]", BATCH_ARRAY, 0, NULL},
        {" [ \"a\" , {\"image\":\"b\"} ] \n", BATCH_ARRAY, 2, "{\"image\":\"b\"}"},
        {"[1,null]", BATCH_ARRAY, 2, "null"},
        {"", BATCH_LINES, 0, NULL},
        {"\n \r\n", BATCH_LINES, 0, NULL},
        {"\"a\"\n\"b\"", BATCH_LINES, 2, "\"b\""},
        {"\"a\"\r\n\n  \"b\"  \n", BATCH_LINES, 2, "\"b\""},
        {"junk\n", BATCH_LINES, 1, "junk"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct batch_items items;
        struct error error;
        assert_true(
            batch_items_read(&items, slice_from_string(cases[i].body), cases[i].syntax, &error));
        assert_int_equal(items.count, cases[i].count);
        if (cases[i].last)
            assert_true(slice_equal_string(items.items[items.count - 1], cases[i].last));
        batch_items_release(&items);
    }
}

static void test_what_is_no_array_is_refused_as_a_whole(void **state)
{
    static const char *const bodies[] = {"",          "{}",         "\"a\"", "[\"a\"",
                                         "[\"a\",]",  "[\"a\"]x",   "null",  "[\"a\"],\"x\":[1]",
                                         "[\"a\" 1]", "[\"\xff\"]", "['a']", "[{\"a\":1,\"a\":2}]"};

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct batch_items items;
        struct error error;
        if (batch_items_read(&items, slice_from_string(bodies[i]), BATCH_ARRAY, &error))
            fail_msg("%s", bodies[i]);
        assert_int_equal(error.code, ERROR_INVALID);
        batch_items_release(&items);
    }
}

static void test_more_than_a_thousand_are_too_many(void **state)
{
    CLEANUP(buffer_release) struct buffer lines = BUFFER_INIT(8 * ((size_t)BATCH_ITEMS_MAX + 1));
    struct batch_items items;
    struct error error;

    (void)state;
    for (size_t i = 0; i < BATCH_ITEMS_MAX; i++)
        assert_true(buffer_append_string(&lines, "\"a\"\n"));
    assert_true(batch_items_read(&items, buffer_slice(&lines), BATCH_LINES, &error));
    assert_int_equal(items.count, BATCH_ITEMS_MAX);
    batch_items_release(&items);
    assert_true(buffer_append_string(&lines, "\"a\"\n"));
    assert_false(batch_items_read(&items, buffer_slice(&lines), BATCH_LINES, &error));
    assert_int_equal(error.code, ERROR_TOO_LARGE);
    batch_items_release(&items);
}

static void test_items_are_names_or_objects(void **state)
{
    static const struct {
        const char *text;
        const char *image;
        const char *platform;
        const char *id;
    } cases[] = {
        {"\"alpine\"", "alpine", "", ""},
        {"\"a\\u002fb\"", "a/b", "", ""},
        {"{\"image\":\"a\"}", "a", "", ""},
        {"{\"image\":\"a\",\"platform\":\"arm64\",\"id\":\"x\\n\"}", "a", "arm64", "\"x\\n\""},
        {"{\"id\":-7,\"image\":\"a\",\"more\":{}}", "a", "", "-7"},
        {"{\"image\":\"a\",\"platform\":null,\"id\":null}", "a", "", ""},
        {"{}", "", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct batch_item item = BATCH_ITEM_INIT;
        struct error error;
        assert_true(batch_item_read(&item, slice_from_string(cases[i].text), &error));
        assert_string_equal(buffer_string(&item.image), cases[i].image);
        assert_string_equal(buffer_string(&item.platform), cases[i].platform);
        assert_string_equal(buffer_string(&item.id), cases[i].id);
        batch_item_release(&item);
    }
}

static void test_other_items_are_invalid_by_themselves(void **state)
{
    static const char *const texts[] = {"junk",
                                        "1",
                                        "null",
                                        "[\"a\"]",
                                        "\"a\",\"b\"",
                                        "\"a\" ]",
                                        "\"a\\u0000\"",
                                        "{\"image\":1}",
                                        "{\"image\":\"a\",\"platform\":[]}",
                                        "{\"image\":\"a\",\"platform\":\"\"}",
                                        "{\"image\":\"\"}",
                                        "{\"image\":\"a\",\"id\":{}}",
                                        "{\"image\":\"a\",\"id\":1.5}",
                                        "{\"image\":\"a\",\"image\":\"b\"}"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct batch_item item = BATCH_ITEM_INIT;
        struct error error;
        if (batch_item_read(&item, slice_from_string(texts[i]), &error))
            fail_msg("%s", texts[i]);
        assert_int_equal(error.code, ERROR_INVALID);
        batch_item_release(&item);
    }
}

static void assert_too_long(const char *start, size_t length, const char *end)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(2 * (size_t)BATCH_ITEM_SIZE_MAX);
    struct batch_item item = BATCH_ITEM_INIT;
    struct error error;

    (void)buffer_append_string(&text, start);
    for (size_t i = 0; i < length; i++)
        (void)buffer_append_char(&text, 'a');
    (void)buffer_append_string(&text, end);
    assert_false(batch_item_read(&item, buffer_slice(&text), &error));
    assert_int_equal(error.code, ERROR_INVALID);
    batch_item_release(&item);
}

static void test_S34_what_is_too_long_is_invalid(void **state)
{
    (void)state;
    assert_too_long("\"", REFERENCE_MAX + 1, "\"");
    assert_too_long("{\"image\":\"", REFERENCE_MAX + 1, "\"}");
    assert_too_long("{\"platform\":\"", PLATFORM_MAX + 1, "\"}");
    assert_too_long("{\"id\":\"", BATCH_ID_MAX, "\"}");
    assert_too_long("{\"other\":\"", BATCH_ITEM_SIZE_MAX, "\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_are_taken_apart),
        cmocka_unit_test(test_what_is_no_array_is_refused_as_a_whole),
        cmocka_unit_test(test_more_than_a_thousand_are_too_many),
        cmocka_unit_test(test_items_are_names_or_objects),
        cmocka_unit_test(test_other_items_are_invalid_by_themselves),
        cmocka_unit_test(test_S34_what_is_too_long_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
