/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a parsed document.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data/json.h"

enum {
    TEXT_MAX = 1024 * 1024
};

static struct json *parse(const char *text)
{
    struct error error = {0};
    struct json *document = json_parse(slice_from_string(text), &error);

    if (!document)
        fail_msg("%s: %s", text, error.message);
    return document;
}

static void test_kinds_tell_null_from_absent(void **state)
{
    static const struct {
        const char *key;
        enum json_kind kind;
    } rows[] = {
        {"null", JSON_NULL},     {"true", JSON_BOOLEAN},  {"integer", JSON_INTEGER},
        {"number", JSON_NUMBER}, {"string", JSON_STRING}, {"array", JSON_ARRAY},
        {"object", JSON_OBJECT}, {"other", JSON_ABSENT},  {"", JSON_ABSENT},
    };
    CLEANUP(json_free_p)
    struct json *document =
        parse("{\"null\":null,\"true\":true,\"integer\":1,\"number\":1.5,\"string\":\"s\","
              "\"array\":[null],\"object\":{}}");

    (void)state;
    assert_int_equal(json_kind(document), JSON_OBJECT);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(json_kind(json_get(document, rows[i].key)), rows[i].kind);
    assert_int_equal(json_kind(NULL), JSON_ABSENT);
    assert_int_equal(json_kind(json_at(json_get(document, "array"), 0)), JSON_NULL);
    assert_int_equal(json_kind(json_at(json_get(document, "array"), 1)), JSON_ABSENT);
}

static void test_readers_answer_absent_for_other_kinds(void **state)
{
    CLEANUP(json_free_p) struct json *document = parse("[{\"a\":null},\"text\",7,true,null]");
    struct slice text = SLICE("untouched");
    int64_t integer = 42;
    bool boolean = true;

    (void)state;
    for (size_t i = 0; i <= json_count(document); i++) {
        const struct json *value = json_at(document, i);
        enum json_kind kind = json_kind(value);
        assert_null(json_get(value, "b"));
        assert_null(json_at(value, 0));
        assert_int_equal(json_count(value), kind == JSON_OBJECT ? 1 : 0);
        assert_int_equal(json_string(value, &text), kind == JSON_STRING);
        assert_int_equal(json_integer(value, &integer), kind == JSON_INTEGER);
        assert_int_equal(json_boolean(value, &boolean), kind == JSON_BOOLEAN);
        assert_int_equal(json_get_string(value, "a").length, 0);
    }
    assert_true(slice_equal(text, SLICE("text")));
    assert_int_equal(integer, 7);
    assert_true(boolean);
}

static void test_outputs_are_untouched_on_false(void **state)
{
    CLEANUP(json_free_p) struct json *document = parse("[null]");
    struct slice text = SLICE("untouched");
    int64_t integer = 42;
    bool boolean = true;

    (void)state;
    assert_false(json_string(json_at(document, 0), &text));
    assert_false(json_integer(json_at(document, 0), &integer));
    assert_false(json_boolean(json_at(document, 0), &boolean));
    assert_true(slice_equal(text, SLICE("untouched")));
    assert_int_equal(integer, 42);
    assert_true(boolean);
}

static void test_strings_are_unescaped_and_end_with_a_nul(void **state)
{
    CLEANUP(json_free_p)
    struct json *document =
        parse("{\"a\":\"x\\n\\u00e9\\uD83D\\uDE00\\/\",\"\\u0062\":\"\",\"c\":7}");

    (void)state;
    assert_string_equal(json_get_string(document, "a").data, "x\n\xc3\xa9\xf0\x9f\x98\x80/");
    assert_int_equal(json_get_string(document, "a").length, 9);
    assert_string_equal(json_get_string(document, "b").data, "");
    assert_null(json_get_string(document, "c").data);
}

static void test_S12_only_integers_of_64_bits_are_integers(void **state)
{
    static const struct {
        const char *text;
        enum json_kind kind;
        int64_t value;
    } rows[] = {
        {"[0]", JSON_INTEGER, 0},
        {"[-0]", JSON_INTEGER, 0},
        {"[-1]", JSON_INTEGER, -1},
        {"[9007199254740992]", JSON_INTEGER, INT64_C(9007199254740992)},
        {"[9223372036854775807]", JSON_INTEGER, INT64_MAX},
        {"[-9223372036854775807]", JSON_INTEGER, INT64_MIN + 1},
        {"[9223372036854775808]", JSON_NUMBER, 0},
        {"[18446744073709551615]", JSON_NUMBER, 0},
        {"[18446744073709551616]", JSON_NUMBER, 0},
        {"[99999999999999999999999999]", JSON_NUMBER, 0},
        {"[-9223372036854775809]", JSON_NUMBER, 0},
        {"[-99999999999999999999999999]", JSON_NUMBER, 0},
        {"[1e3]", JSON_NUMBER, 0},
        {"[1.0]", JSON_NUMBER, 0},
        {"[1.9]", JSON_NUMBER, 0},
        {"[1e400]", JSON_NUMBER, 0},
        {"[\"12\"]", JSON_STRING, 0},
        {"[]", JSON_ABSENT, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(json_free_p) struct json *document = parse(rows[i].text);
        const struct json *value = json_at(document, 0);
        int64_t read = 0;
        assert_int_equal(json_kind(value), rows[i].kind);
        assert_int_equal(json_integer(value, &read), rows[i].kind == JSON_INTEGER);
        assert_int_equal(read, rows[i].value);
    }
}

struct visit {
    char keys[16];
    size_t count;
    size_t stop_after;
};

static bool visit_member(void *context, struct slice key, const struct json *value)
{
    struct visit *visit = context;

    assert_int_equal(json_kind(value), slice_equal(key, SLICE("n")) ? JSON_NULL : JSON_INTEGER);
    visit->keys[visit->count++] = key.data[0];
    return visit->count != visit->stop_after;
}

static void test_members_are_visited_in_the_order_written(void **state)
{
    CLEANUP(json_free_p) struct json *document = parse("{\"z\":1,\"a\":2,\"n\":null,\"b\":3}");
    struct visit all = {0};
    struct visit some = {.stop_after = 2};

    (void)state;
    assert_true(json_each(document, visit_member, &all));
    assert_string_equal(all.keys, "zanb");
    assert_false(json_each(document, visit_member, &some));
    assert_string_equal(some.keys, "za");
    assert_true(json_each(NULL, visit_member, NULL));
    assert_true(json_each(json_get(document, "z"), visit_member, NULL));
}

static void test_S16_a_length_past_int_is_refused_before_it_is_read(void **state)
{
    struct error error = {0};

    (void)state;
    assert_null(json_parse(slice_of("[]", (size_t)INT_MAX + 1), &error));
    assert_int_equal(error.code, ERROR_TOO_LARGE);
}

static void test_what_a_document_takes_is_more_than_its_text(void **state)
{
    static const struct {
        const char *text;
        size_t least;
        size_t most;
    } rows[] = {
        {"[{},{},{},{}]", 2800, 4000},
        {"[[],[],[],[]]", 400, 1200},
        {"[0,0,0,0]", 200, 800},
        {"{\"a\":{\"b\":{\"c\":{}}}}", 2800, 4000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(json_free_p) struct json *document = parse(rows[i].text);
        assert_in_range(json_memory(document), rows[i].least, rows[i].most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds_tell_null_from_absent),
        cmocka_unit_test(test_readers_answer_absent_for_other_kinds),
        cmocka_unit_test(test_outputs_are_untouched_on_false),
        cmocka_unit_test(test_strings_are_unescaped_and_end_with_a_nul),
        cmocka_unit_test(test_S12_only_integers_of_64_bits_are_integers),
        cmocka_unit_test(test_members_are_visited_in_the_order_written),
        cmocka_unit_test(test_what_a_document_takes_is_more_than_its_text),
        cmocka_unit_test(test_S16_a_length_past_int_is_refused_before_it_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
