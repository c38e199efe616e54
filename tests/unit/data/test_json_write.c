/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer's bytes: those of Go's encoding/json, on which digests depend.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "data/json.h"

#define REPEAT8(text)  text text text text text text text text
#define REPEAT64(text) REPEAT8(REPEAT8(text))

static void test_P21_strings_are_escaped_as_go_does(void **state)
{
    static const struct {
        struct slice text;
        const char *written;
    } rows[] = {
        {{"", 0}, "\"\""},
        {{"plain / text", 12}, "\"plain / text\""},
        {{"x<y>z&", 6}, "\"x\\u003cy\\u003ez\\u0026\""},
        {{"\"\\", 2}, "\"\\\"\\\\\""},
        {{"\n\r\t", 3}, "\"\\n\\r\\t\""},
        {{"\b\f\0\x1f", 4}, "\"\\u0008\\u000c\\u0000\\u001f\""},
        {{"\x7f", 1}, "\"\x7f\""},
        {{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9}, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {{"\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xb0", 12},
         "\"\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xb0\""},
        {{"a\xff\xc3z", 4}, "\"a\\ufffd\\ufffdz\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(1000);
        struct json_writer writer = json_writer_begin(&out, JSON_COMPACT);
        json_write_string(&writer, rows[i].text);
        assert_string_equal(buffer_string(&out), rows[i].written);
    }
}

static void write_sample(struct json_writer *writer)
{
    json_write_object_begin(writer);
    json_write_member(writer, "text", "a");
    json_write_key(writer, "numbers");
    json_write_array_begin(writer);
    json_write_integer(writer, INT64_MIN);
    json_write_integer(writer, 7);
    json_write_array_end(writer);
    json_write_key(writer, "empty");
    json_write_array_begin(writer);
    json_write_array_end(writer);
    json_write_key_slice(writer, SLICE("nested"));
    json_write_object_begin(writer);
    json_write_key(writer, "yes");
    json_write_boolean(writer, true);
    json_write_key(writer, "no");
    json_write_boolean(writer, false);
    json_write_key(writer, "none");
    json_write_null(writer);
    json_write_object_end(writer);
    json_write_key(writer, "list");
    json_write_array_begin(writer);
    json_write_object_begin(writer);
    json_write_object_end(writer);
    json_write_array_begin(writer);
    json_write_array_end(writer);
    json_write_array_end(writer);
    json_write_object_end(writer);
}

static void test_P21_layouts(void **state)
{
    static const struct {
        unsigned layout;
        const char *written;
    } rows[] = {
        {JSON_COMPACT, "{\"text\":\"a\",\"numbers\":[-9223372036854775808,7],\"empty\":[],"
                       "\"nested\":{\"yes\":true,\"no\":false,\"none\":null},\"list\":[{},[]]}"},
        {2, "{\n  \"text\": \"a\",\n  \"numbers\": [\n    -9223372036854775808,\n    7\n  ],\n"
            "  \"empty\": [],\n  \"nested\": {\n    \"yes\": true,\n    \"no\": false,\n"
            "    \"none\": null\n  },\n  \"list\": [\n    {},\n    []\n  ]\n}"},
        {1, "{\n \"text\": \"a\",\n \"numbers\": [\n  -9223372036854775808,\n  7\n ],\n"
            " \"empty\": [],\n \"nested\": {\n  \"yes\": true,\n  \"no\": false,\n"
            "  \"none\": null\n },\n \"list\": [\n  {},\n  []\n ]\n}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(1000);
        struct json_writer writer = json_writer_begin(&out, rows[i].layout);
        write_sample(&writer);
        assert_true(buffer_ok(&out));
        assert_string_equal(buffer_string(&out), rows[i].written);
    }
}

/* An entry of rule P23's vectors. */
struct entry {
    const char *digest;
    int64_t size;
    const char *architecture;
    const char *variant; /* NULL: none */
};

static const struct entry entries[] = {
    {"sha256:" REPEAT64("1"), 528, "amd64", NULL},
    {"sha256:" REPEAT64("2"), 529, "arm", "v7"},
};

static void write_entry(struct json_writer *writer, const struct entry *entry, bool is_oci)
{
    json_write_object_begin(writer);
    json_write_member(writer, "mediaType",
                      is_oci ? "application/vnd.oci.image.manifest.v1+json"
                             : "application/vnd.docker.distribution.manifest.v2+json");
    if (is_oci)
        json_write_member(writer, "digest", entry->digest);
    json_write_key(writer, "size");
    json_write_integer(writer, entry->size);
    if (!is_oci)
        json_write_member(writer, "digest", entry->digest);
    json_write_key(writer, "platform");
    json_write_object_begin(writer);
    json_write_member(writer, "architecture", entry->architecture);
    json_write_member(writer, "os", "linux");
    if (entry->variant)
        json_write_member_slice(writer, "variant", slice_from_string(entry->variant));
    json_write_object_end(writer);
    json_write_object_end(writer);
}

static void write_list(struct json_writer *writer, bool is_oci)
{
    json_write_object_begin(writer);
    json_write_key(writer, "schemaVersion");
    json_write_integer(writer, 2);
    json_write_member(writer, "mediaType",
                      is_oci ? "application/vnd.oci.image.index.v1+json"
                             : "application/vnd.docker.distribution.manifest.list.v2+json");
    json_write_key(writer, "manifests");
    json_write_array_begin(writer);
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
        write_entry(writer, &entries[i], is_oci);
    json_write_array_end(writer);
    if (is_oci) {
        json_write_key(writer, "annotations");
        json_write_object_begin(writer);
        json_write_member(writer, "a", "x<y");
        json_write_member(writer, "b", "2");
        json_write_object_end(writer);
    }
    json_write_object_end(writer);
}

static void assert_sha256(struct slice bytes, const char *expected)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char text[2 * EVP_MAX_MD_SIZE + 1] = "";
    unsigned length = 0;

    assert_int_equal(EVP_Digest(bytes.data, bytes.length, digest, &length, EVP_sha256(), NULL), 1);
    for (unsigned i = 0; i < length; i++)
        (void)snprintf(text + (size_t)2 * i, 3, "%02x", digest[i]);
    assert_string_equal(text, expected);
}

static void test_P23_golden_vectors(void **state)
{
    static const struct {
        bool is_oci;
        size_t length;
        const char *sha256;
    } rows[] = {
        {false, 706, "7918fa612b49ab7a2c1c7863f8d369266d0be63cfb975208ce46864b36b56e3a"},
        {true, 726, "c6f4bcabc03ab95fc49baa5dd09f413512ff7e7a3815d2bb5504c34a1baa535e"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(1000);
        struct json_writer writer = json_writer_begin(&out, 2);
        write_list(&writer, rows[i].is_oci);
        assert_int_equal(out.length, rows[i].length);
        assert_sha256(buffer_slice(&out), rows[i].sha256);
    }
}

static void test_what_is_written_reads_back(void **state)
{
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(1000);
    struct json_writer writer = json_writer_begin(&out, 3);
    struct error error;
    int64_t number = 0;

    (void)state;
    json_write_object_begin(&writer);
    json_write_member(&writer, "key \"<\n\xe2\x80\xa8", "value \\ \x01\xc3\xa9");
    json_write_key(&writer, "n");
    json_write_integer(&writer, -5);
    json_write_object_end(&writer);
    CLEANUP(json_free_p) struct json *document = json_parse(buffer_slice(&out), &error);
    assert_string_equal(json_get_string(document, "key \"<\n\xe2\x80\xa8").data,
                        "value \\ \x01\xc3\xa9");
    assert_true(json_integer(json_get(document, "n"), &number));
    assert_int_equal(number, -5);
}

static void test_what_was_read_is_written_as_it_was(void **state)
{
    static const char text[] =
        "{\"b\":[null,true,false,[],{}],\"a\":{\"z\":\"\\u003c\",\"y\":-9223372036854775807},"
        "\"n\":[1.50,-0.1e+07,18446744073709551615,0,3E2]}";
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(1000);
    struct json_writer writer = json_writer_begin(&out, JSON_COMPACT);
    struct error error;
    CLEANUP(json_free_p)
    struct json *document = json_parse(slice_from_string(text), &error);

    (void)state;
    assert_non_null(document);
    json_write_value(&writer, document);
    assert_string_equal(buffer_string(&out), text);
}

static void test_a_value_that_is_absent_is_written_as_null(void **state)
{
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(1000);
    struct json_writer writer = json_writer_begin(&out, JSON_COMPACT);

    (void)state;
    json_write_value(&writer, NULL);
    assert_string_equal(buffer_string(&out), "null");
    assert_false(json_append_number(NULL, &out));
}

static void test_what_is_json_already_is_put_in_its_place(void **state)
{
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(100);
    struct json_writer writer = json_writer_begin(&out, JSON_COMPACT);
    struct error error;
    CLEANUP(json_free_p) struct json *read = json_parse(SLICE("{\"a\":1.50,\"b\":[]}"), &error);

    (void)state;
    json_write_object_begin(&writer);
    json_write_key(&writer, "first");
    json_write_text(&writer, SLICE("{\"x\":1}"));
    json_write_members(&writer, read);
    json_write_member(&writer, "last", "");
    json_write_object_end(&writer);
    assert_string_equal(buffer_string(&out),
                        "{\"first\":{\"x\":1},\"a\":1.50,\"b\":[],\"last\":\"\"}");
}

static void test_strings_become_an_array(void **state)
{
    static const char *const strings[] = {"a", "", "\""};
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(100);
    struct json_writer writer = json_writer_begin(&out, JSON_COMPACT);

    (void)state;
    json_write_array_begin(&writer);
    json_write_strings(&writer, strings, 3);
    json_write_strings(&writer, NULL, 0);
    json_write_array_end(&writer);
    assert_string_equal(buffer_string(&out), "[[\"a\",\"\",\"\\\"\"],[]]");
}

static void test_a_full_buffer_is_told_by_its_state(void **state)
{
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(5);
    struct json_writer writer = json_writer_begin(&out, JSON_COMPACT);

    (void)state;
    write_sample(&writer);
    assert_int_equal(out.state, BUFFER_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_P21_strings_are_escaped_as_go_does),
        cmocka_unit_test(test_P21_layouts),
        cmocka_unit_test(test_P23_golden_vectors),
        cmocka_unit_test(test_what_is_written_reads_back),
        cmocka_unit_test(test_what_was_read_is_written_as_it_was),
        cmocka_unit_test(test_a_value_that_is_absent_is_written_as_null),
        cmocka_unit_test(test_what_is_json_already_is_put_in_its_place),
        cmocka_unit_test(test_strings_become_an_array),
        cmocka_unit_test(test_a_full_buffer_is_told_by_its_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
