/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Long documents, read item by item: as strict as short ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data/json.h"
#include "data/json_items.h"

enum {
    SEEN_MAX = 64 * 1024 * 1024
};

/* The items as they came, each behind a '|'. */
static bool see(void *context, struct slice item, struct error *error)
{
    struct buffer *seen = context;

    (void)buffer_append_char(seen, '|');
    return buffer_append_slice(seen, item) || error_no_memory(error);
}

static void test_items_come_as_written_and_in_order(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_there;
        const char *items;
    } cases[] = {
        {"{\"tags\":[\"a\",\"b\"]}", true, "|\"a\"|\"b\""},
        {" { \"name\" : \"x\" , \"tags\" : [ 1 , {\"tags\":[2]} , [ 3 , 4 ] , null ] , \"z\":{}} ",
         true, "|1|{\"tags\":[2]}|[ 3 , 4 ]|null"},
        {"{\"\\u0074ags\":[true]}", true, "|true"},
        {"{\"tags\":[]}", true, ""},
        {"{\"tags\":null}", true, ""},
        {"{\"other\":{\"tags\":[1]}}", false, ""},
        {"{}", false, ""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(buffer_release) struct buffer seen = BUFFER_INIT(SEEN_MAX);
        struct json_items items = {.name = "tags", .visit = see, .context = &seen};
        struct error error = {0};
        assert_true(json_each_item(slice_from_string(cases[i].text), &items, &error));
        assert_string_equal(buffer_string(&seen), cases[i].items);
        assert_int_equal(items.is_there, cases[i].is_there);
    }
}

static void test_S11_what_is_no_json_is_refused_wherever_it_stands(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", "unexpected end of the text at byte 0"},
        {"[1]", "expected an object at byte 0"},
        {"{\"tags\":{}}", "expected an array at byte 8"},
        {"{\"tags\":\"a\"}", "expected an array at byte 8"},
        {"{\"tags\":nul}", "expected a value at byte 8"},
        {"{\"tags\":[1,]}", "expected a value at byte 11"},
        {"{\"tags\":[,1]}", "expected a value at byte 9"},
        {"{\"tags\":[1 2]}", "expected ',' or ']' at byte 11"},
        {"{\"tags\":[1}", "expected ',' or ']' at byte 10"},
        {"{\"tags\":[1", "unexpected end of the text at byte 10"},
        {"{\"tags\":['a']}", "expected a value at byte 9"},
        {"{\"tags\":[{\"a\":1,\"a\":2}]}", "repeated key at byte 16"},
        {"{\"tags\":[1],\"tags\":[2]}", "repeated key at byte 12"},
        {"{\"a\":1,\"\\u0061\":2}", "repeated key at byte 7"},
        {"{\"a\":1,}", "expected a key in double quotes at byte 7"},
        {"{\"a\" 1}", "expected ':' at byte 5"},
        {"{\"a\":1]", "expected ',' or '}' at byte 6"},
        {"{} x", "expected the end of the text at byte 3"},
        {"{\"a\":\"\xc0\xaf\"}", "invalid UTF-8 at byte 6"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(buffer_release) struct buffer seen = BUFFER_INIT(SEEN_MAX);
        struct json_items items = {.name = "tags", .visit = see, .context = &seen};
        struct error error = {0};
        assert_false(json_each_item(slice_from_string(cases[i].text), &items, &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_string_equal(error.message, cases[i].message);
    }
}

static void append_items(struct buffer *text, const char *item, size_t count)
{
    (void)buffer_append_string(text, "{\"items\":[");
    for (size_t i = 0; i < count; i++) {
        (void)buffer_append_string(text, i ? "," : "");
        (void)buffer_append_string(text, item);
    }
    (void)buffer_append_string(text, "]}");
}

static bool count_item(void *context, struct slice item, struct error *error)
{
    size_t *count = context;

    (void)item;
    (void)error;
    ++*count;
    return true;
}

static void test_S13_limits_are_each_items_own(void **state)
{
    (void)state;
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(SEEN_MAX);
    CLEANUP(buffer_release) struct buffer heavy = BUFFER_INIT(SEEN_MAX);
    size_t count = 0;
    struct json_items items = {.name = "items", .visit = count_item, .context = &count};
    struct error error = {0};

    append_items(&text, "{\"a\":[1,2,3]}", 3UL * JSON_TOKENS_MAX);
    assert_null(json_parse(buffer_slice(&text), &error));
    assert_true(json_each_item(buffer_slice(&text), &items, &error));
    assert_int_equal(count, 3 * JSON_TOKENS_MAX);

    append_items(&heavy, "1", JSON_TOKENS_MAX);
    buffer_clear(&text);
    append_items(&text, buffer_string(&heavy), 1);
    assert_false(json_each_item(buffer_slice(&text), &items, &error));
    assert_int_equal(error.code, ERROR_TOO_LARGE);
}

static void test_a_document_may_be_the_array_itself(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t count; /* 99: refused */
    } cases[] = {
        {"[]", 0},    {" [ 1 , {\"a\":2} ] ", 2}, {"[1]x", 99}, {"[1],[2]", 99},
        {"null", 99}, {"{\"a\":[]}", 99},         {"[1,]", 99}, {"[", 99},
        {"", 99},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t count = 0;
        struct json_items items = {.visit = count_item, .context = &count};
        struct error error = {0};
        bool is_walked = json_each_item(slice_from_string(cases[i].text), &items, &error);
        if ((is_walked ? count : 99) != cases[i].count)
            fail_msg("%s: %zu", cases[i].text, count);
    }
}

static bool refuse(void *context, struct slice item, struct error *error)
{
    (void)context;
    (void)item;
    return error_set(error, ERROR_UPSTREAM, "no more");
}

static void test_a_visitor_ends_the_walk_with_its_error(void **state)
{
    (void)state;
    struct json_items items = {.name = "tags", .visit = refuse};
    struct error error = {0};

    assert_false(json_each_item(SLICE("{\"tags\":[1,2]}"), &items, &error));
    assert_int_equal(error.code, ERROR_UPSTREAM);
}

static void test_a_string_item_is_unescaped(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        const char *text; /* NULL: it is none, or too long */
    } cases[] = {
        {"\"v1.0\"", "v1.0"}, {"\"\"", ""},        {"\"\\u0061\\/\"", "a/"},        {"12", NULL},
        {"null", NULL},       {"{\"a\":1}", NULL}, {"\"seventeen bytes..\"", NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char room[16];
        struct slice text = {0};
        bool is_string =
            json_item_string(slice_from_string(cases[i].item), room, sizeof(room), &text);
        assert_int_equal(is_string, cases[i].text != NULL);
        if (is_string)
            assert_true(slice_equal_string(text, cases[i].text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items_come_as_written_and_in_order),
        cmocka_unit_test(test_S11_what_is_no_json_is_refused_wherever_it_stands),
        cmocka_unit_test(test_a_document_may_be_the_array_itself),
        cmocka_unit_test(test_S13_limits_are_each_items_own),
        cmocka_unit_test(test_a_visitor_ends_the_walk_with_its_error),
        cmocka_unit_test(test_a_string_item_is_unescaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
