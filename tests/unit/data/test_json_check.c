/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What json_parse() lets through and what it refuses: RFC 8259, and the limits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data/json.h"
#include "tests/support/fail_alloc.h"

enum {
    TEXT_MAX = 16 * 1024 * 1024,
    MANY = 4 * 1024 * 1024 /* the size a manifest may have */
};

#define BYTES(literal)                 \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

struct refusal {
    struct slice text;
    const char *message;
};

static void assert_refused(const struct refusal *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct error error = {0};
        assert_null(json_parse(rows[i].text, &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_string_equal(error.message, rows[i].message);
    }
}

#define ASSERT_REFUSED(rows) assert_refused((rows), sizeof(rows) / sizeof((rows)[0]))

static void assert_too_large(struct slice text, const char *message)
{
    struct error error = {0};

    assert_null(json_parse(text, &error));
    assert_int_equal(error.code, ERROR_TOO_LARGE);
    assert_memory_equal(error.message, message, strlen(message));
}

static void assert_accepted(struct slice text)
{
    struct error error = {0};
    CLEANUP(json_free_p) struct json *document = json_parse(text, &error);

    if (!document)
        fail_msg("%.*s: %s", (int)text.length, text.data, error.message);
}

static void append_times(struct buffer *out, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        assert_true(buffer_append_string(out, text));
}

static void test_S11_all_of_rfc_8259_is_accepted(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        " \t\r\n[ \t\r\n] \t\r\n",
        "{\"\":0}",
        "{ \"a\" : [ true , false , null ] , \"b\" : { } }",
        "[0,-0,1,-1,10,1234567890,0.5,-0.5,1e3,1E+3,1e-3,0e0,1.25e10,123456789012345678901234]",
        "[\"\",\"a\",\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"\\u0001\\u00e9\\u20AC\\uD83D\\uDE00\"]",
        "[\"\x7f\xc2\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf\"]",
        "{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}",
        "[{\"a\":1},{\"a\":1}]",
        "{\"a\":1,\"A\":1}",
        "[\"12345678\",\"123456789\",\"1234567\\u0041\",\"12345678\xc3\xa9\"]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_accepted(slice_from_string(texts[i]));
}

static void test_S9_duplicate_keys_are_refused(void **state)
{
    static const struct refusal rows[] = {
        {BYTES("{\"mediaType\":\"a\",\"mediaType\":\"b\"}"), "repeated key at byte 17"},
        {BYTES("{\"size\":1,\"\\u0073ize\":2}"), "repeated key at byte 10"},
        {BYTES("{\"\\u0073ize\":1,\"size\":2}"), "repeated key at byte 15"},
        {BYTES("{\"\":1,\"\":2}"), "repeated key at byte 6"},
        {BYTES("{\"\\uD83D\\uDE00\":1,\"\xf0\x9f\x98\x80\":2}"), "repeated key at byte 18"},
        {BYTES("{\"\\u00e9\":1,\"\xc3\xa9\":2}"), "repeated key at byte 12"},
        {BYTES("{\"\\u20ac\":1,\"\xe2\x82\xac\":2}"), "repeated key at byte 12"},
        {BYTES("{\"\\/\\n\":1,\"/\\u000a\":2}"), "repeated key at byte 10"},
        {BYTES("[{\"x\":{\"a\":1,\"b\":{\"a\":1},\"a\":2}}]"), "repeated key at byte 25"},
    };

    (void)state;
    ASSERT_REFUSED(rows);
}

static void test_S9_duplicate_keys_are_found_in_big_objects(void **state)
{
    (void)state;
    for (size_t count = 2; count < 200; count++) {
        CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
        struct error error = {0};
        buffer_append_string(&text, "{");
        for (size_t i = 0; i < count; i++)
            buffer_format(&text, "\"key%zu\":[],", i * 7919 % count);
        size_t valid = text.length - 1;
        buffer_format(&text, "\"key%zu\":0}", count / 2);
        assert_null(json_parse(buffer_slice(&text), &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_memory_equal(error.message, "repeated key", 12);
        text.data[valid] = '}';
        assert_accepted(slice_until(buffer_slice(&text), valid + 1));
    }
}

static void test_S10_nul_in_keys_and_strings_is_refused(void **state)
{
    static const struct refusal rows[] = {
        {BYTES("{\"mediaType\":\"x\",\"mediaType\\u0000\":\"y\"}"),
         "U+0000 in a string at byte 27"},
        {BYTES("[\"\\u0000\"]"), "U+0000 in a string at byte 2"},
        {BYTES("[\"a\0b\"]"), "control byte in a string at byte 3"},
        {BYTES("[1\0]"), "expected ',' or ']' at byte 2"},
        {BYTES("[]\0"), "expected the end of the text at byte 2"},
    };

    (void)state;
    ASSERT_REFUSED(rows);
}

static void test_S11_what_json_c_tolerates_is_refused(void **state)
{
    static const struct refusal rows[] = {
        {BYTES("{'a':1}"), "expected a key in double quotes at byte 1"},
        {BYTES("{\"a\":NaN}"), "expected a value at byte 5"},
        {BYTES("{\"a\":Infinity}"), "expected a value at byte 5"},
        {BYTES("[-Infinity]"), "expected a digit at byte 2"},
        {BYTES("[\"a\nb\"]"), "control byte in a string at byte 3"},
        {BYTES("[\"12345678\x1f\"]"), "control byte in a string at byte 10"},
        {BYTES("[\"\xc0\xaf\"]"), "invalid UTF-8 at byte 2"},
        {BYTES("[\"\xed\xa0\x80\"]"), "invalid UTF-8 at byte 2"},
        {BYTES("{\"\xff\":1}"), "invalid UTF-8 at byte 2"},
        {BYTES("\xef\xbb\xbf{}"), "expected an object or an array at byte 0"},
        {BYTES("/* */{}"), "expected an object or an array at byte 0"},
        {BYTES("[1/**/]"), "expected ',' or ']' at byte 2"},
        {BYTES("[True]"), "expected a value at byte 1"},
        {BYTES("[nul]"), "expected a value at byte 1"},
        {BYTES("[1,]"), "expected a value at byte 3"},
        {BYTES("{\"a\":1,}"), "expected a key in double quotes at byte 7"},
    };

    (void)state;
    ASSERT_REFUSED(rows);
}

static void test_S11_broken_structure_is_refused(void **state)
{
    static const struct refusal rows[] = {
        {BYTES(""), "unexpected end of the text at byte 0"},
        {BYTES("  "), "unexpected end of the text at byte 2"},
        {BYTES("1"), "expected an object or an array at byte 0"},
        {BYTES("\"a\""), "expected an object or an array at byte 0"},
        {BYTES("null"), "expected an object or an array at byte 0"},
        {BYTES("{"), "unexpected end of the text at byte 1"},
        {BYTES("[1"), "unexpected end of the text at byte 2"},
        {BYTES("[1,"), "unexpected end of the text at byte 3"},
        {BYTES("{\"a"), "unexpected end of the text at byte 3"},
        {BYTES("{\"a\""), "unexpected end of the text at byte 4"},
        {BYTES("{\"a\":"), "unexpected end of the text at byte 5"},
        {BYTES("[tru"), "expected a value at byte 1"},
        {BYTES("{\"a\" 1}"), "expected ':' at byte 5"},
        {BYTES("{1:1}"), "expected a key in double quotes at byte 1"},
        {BYTES("{\"a\":1 \"b\":2}"), "expected ',' or '}' at byte 7"},
        {BYTES("{\"a\":1]"), "expected ',' or '}' at byte 6"},
        {BYTES("[1}"), "expected ',' or ']' at byte 2"},
        {BYTES("[,1]"), "expected a value at byte 1"},
        {BYTES("{}{}"), "expected the end of the text at byte 2"},
        {BYTES("[] x"), "expected the end of the text at byte 3"},
        {BYTES("]"), "expected an object or an array at byte 0"},
    };

    (void)state;
    ASSERT_REFUSED(rows);
}

static void test_S11_broken_numbers_are_refused(void **state)
{
    static const struct refusal rows[] = {
        {BYTES("[01]"), "expected ',' or ']' at byte 2"},
        {BYTES("[-01]"), "expected ',' or ']' at byte 3"},
        {BYTES("[+1]"), "expected a value at byte 1"},
        {BYTES("[.5]"), "expected a value at byte 1"},
        {BYTES("[1.]"), "expected a digit at byte 3"},
        {BYTES("[1.e3]"), "expected a digit at byte 3"},
        {BYTES("[1e]"), "expected a digit at byte 3"},
        {BYTES("[1e+]"), "expected a digit at byte 4"},
        {BYTES("[-]"), "expected a digit at byte 2"},
        {BYTES("[0x10]"), "expected ',' or ']' at byte 2"},
        {BYTES("[1 2]"), "expected ',' or ']' at byte 3"},
    };

    (void)state;
    ASSERT_REFUSED(rows);
}

static void test_S11_broken_escapes_are_refused(void **state)
{
    static const struct refusal rows[] = {
        {BYTES("[\"\\x41\"]"), "broken escape at byte 2"},
        {BYTES("[\"\\'\"]"), "broken escape at byte 2"},
        {BYTES("[\"\\\0\"]"), "broken escape at byte 2"},
        {BYTES("[\"\\u12\"]"), "broken escape at byte 2"},
        {BYTES("[\"\\u12g4\"]"), "broken escape at byte 2"},
        {BYTES("[\"\\u 123\"]"), "broken escape at byte 2"},
        {BYTES("[\"\\"), "broken escape at byte 2"},
        {BYTES("[\"\\u00"), "broken escape at byte 2"},
        {BYTES("[\"\\uD83D\"]"), "broken escape at byte 2"},
        {BYTES("[\"\\uD83D\\n\"]"), "broken escape at byte 2"},
        {BYTES("[\"\\uD83D\\u0041\"]"), "broken escape at byte 2"},
        {BYTES("[\"\\uD83Dxx0041\"]"), "broken escape at byte 2"},
        {BYTES("[\"\\uD83D\\uD83D\"]"), "broken escape at byte 2"},
        {BYTES("[\"\\uDE00\"]"), "broken escape at byte 2"},
        {BYTES("[\"\\uDE00\\uD83D\"]"), "broken escape at byte 2"},
    };

    (void)state;
    ASSERT_REFUSED(rows);
}

static void test_S13_32_levels_are_read_and_33_refused(void **state)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

    (void)state;
    append_times(&text, "[", 32);
    buffer_append_string(&text, "1");
    append_times(&text, "]", 32);
    assert_accepted(buffer_slice(&text));

    buffer_clear(&text);
    append_times(&text, "{\"a\":", 32);
    buffer_append_string(&text, "\"x\"");
    append_times(&text, "}", 32);
    assert_accepted(buffer_slice(&text));

    buffer_clear(&text);
    append_times(&text, "[", 33);
    assert_too_large(buffer_slice(&text), "nested too deeply at byte 32");
    buffer_clear(&text);
    append_times(&text, "[", MANY);
    assert_too_large(buffer_slice(&text), "nested too deeply at byte 32");
}

static void test_S13_megabytes_of_small_values_are_refused(void **state)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

    (void)state;
    buffer_append_string(&text, "[");
    append_times(&text, "[],", MANY / 3);
    buffer_append_string(&text, "0]");
    assert_too_large(buffer_slice(&text), "too many values at byte ");

    buffer_clear(&text);
    buffer_append_string(&text, "{");
    for (int i = 0; i < 400000; i++)
        buffer_format(&text, "\"%d\":0,", i);
    buffer_append_string(&text, "\"a\":0}");
    assert_too_large(buffer_slice(&text), "too many keys in one object at byte ");
}

static void test_S13_the_limit_counts_values_keys_and_brackets(void **state)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

    (void)state;
    /* [ and ] make two, each {"a":0} four. */
    buffer_append_string(&text, "[");
    append_times(&text, "{\"a\":0},", (JSON_TOKENS_MAX - 4) / 4);
    size_t room = JSON_TOKENS_MAX - 2 - (JSON_TOKENS_MAX - 4) / 4 * 4;
    append_times(&text, "0,", room - 1);
    size_t length = text.length;
    buffer_append_string(&text, "0]");
    assert_accepted(buffer_slice(&text));
    text.length = length;
    buffer_append_string(&text, "0,0]");
    assert_too_large(buffer_slice(&text), "too many values");
    text.length = length;
    buffer_append_string(&text, "{\"a\":0}]");
    assert_too_large(buffer_slice(&text), "too many values");
}

static void test_S13_an_object_has_at_most_10000_keys(void **state)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

    (void)state;
    buffer_append_string(&text, "{");
    for (int i = 0; i < JSON_KEYS_MAX - 1; i++)
        buffer_format(&text, "\"%d\":0,", i);
    size_t length = text.length;
    buffer_append_string(&text, "\"a\":0}");
    assert_accepted(buffer_slice(&text));
    text.length = length;
    buffer_append_string(&text, "\"a\":0,\"b\":0}");
    assert_too_large(buffer_slice(&text), "too many keys in one object");
}

static void test_S14_100_thousand_keys_are_refused(void **state)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

    (void)state;
    buffer_append_string(&text, "{");
    for (int i = 0; i < 100000; i++)
        buffer_format(&text, "\"Ez%dFY\":0,", i);
    buffer_append_string(&text, "\"a\":0}");
    assert_too_large(buffer_slice(&text), "too many keys in one object");
}

static bool parse(const void *context, struct error *error)
{
    const struct buffer *text = context;
    CLEANUP(json_free_p) struct json *document = json_parse(buffer_slice(text), error);

    return document;
}

static void test_no_memory_for_keys_is_told(void **state)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

    (void)state;
    buffer_append_string(&text, "{");
    for (int i = 0; i < 100; i++)
        buffer_format(&text, "\"\\u0041%d\":0,", i);
    buffer_append_string(&text, "\"a\":0}");
    /* The unescaped keys; 64 and 128 of them. */
    assert_int_equal(fail_alloc_sweep(parse, &text), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_S11_all_of_rfc_8259_is_accepted),
        cmocka_unit_test(test_S9_duplicate_keys_are_refused),
        cmocka_unit_test(test_S9_duplicate_keys_are_found_in_big_objects),
        cmocka_unit_test(test_S10_nul_in_keys_and_strings_is_refused),
        cmocka_unit_test(test_S11_what_json_c_tolerates_is_refused),
        cmocka_unit_test(test_S11_broken_structure_is_refused),
        cmocka_unit_test(test_S11_broken_numbers_are_refused),
        cmocka_unit_test(test_S11_broken_escapes_are_refused),
        cmocka_unit_test(test_S13_32_levels_are_read_and_33_refused),
        cmocka_unit_test(test_S13_megabytes_of_small_values_are_refused),
        cmocka_unit_test(test_S13_the_limit_counts_values_keys_and_brackets),
        cmocka_unit_test(test_S13_an_object_has_at_most_10000_keys),
        cmocka_unit_test(test_S14_100_thousand_keys_are_refused),
        cmocka_unit_test(test_no_memory_for_keys_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
