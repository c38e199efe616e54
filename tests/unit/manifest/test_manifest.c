/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging manifests: what a document is (H4-H7), and what is not believed (S8-S16).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "documents.h"

#define TYPED_INDEX(type) "{\"schemaVersion\":2," TYPE(type) ",\"manifests\":[]}"
#define TYPED_IMAGE(type) \
    "{\"schemaVersion\":2," TYPE(type) ",\"config\":" DESCRIPTOR(OCI_CONFIG) "}"
#define SCHEMA1_BODY "{\"schemaVersion\":1,\"fsLayers\":[],\"history\":[]}"

static const struct {
    const char *body;
    const char *content_type;
    const char *expected;
    enum media_type type;
} sources[] = {
    /* the header */
    {INDEX_OF(""), OCI_INDEX, "", MEDIA_TYPE_OCI_INDEX},
    {INDEX_OF(""), DOCKER_LIST, "", MEDIA_TYPE_DOCKER_LIST},
    {INDEX_OF(""), "APPLICATION/vnd.oci.image.index.v1+json; charset=utf-8", "",
     MEDIA_TYPE_OCI_INDEX},
    {IMAGE(""), OCI_MANIFEST, "", MEDIA_TYPE_OCI_MANIFEST},
    {IMAGE(""), DOCKER_MANIFEST, "", MEDIA_TYPE_DOCKER_MANIFEST},
    /* headers that say nothing, and the body's mediaType */
    {TYPED_INDEX(DOCKER_LIST), "", "", MEDIA_TYPE_DOCKER_LIST},
    {TYPED_INDEX(DOCKER_LIST), "text/plain; charset=utf-8", "", MEDIA_TYPE_DOCKER_LIST},
    {TYPED_IMAGE(DOCKER_MANIFEST), "application/json", "", MEDIA_TYPE_DOCKER_MANIFEST},
    /* the descriptor that led here */
    {INDEX_OF(""), "", DOCKER_LIST, MEDIA_TYPE_DOCKER_LIST},
    {IMAGE(""), "text/plain", OCI_MANIFEST, MEDIA_TYPE_OCI_MANIFEST},
    /* nobody: the members */
    {INDEX_OF(""), "", "", MEDIA_TYPE_OCI_INDEX},
    {IMAGE(""), "text/plain", "", MEDIA_TYPE_OCI_MANIFEST},
    {IMAGE_OF(DESCRIPTOR(DOCKER_CONFIG), ""), "", "", MEDIA_TYPE_DOCKER_MANIFEST},
    /* all agree, whatever the letters' case */
    {TYPED_INDEX(OCI_INDEX), "application/VND.oci.image.index.v1+json", OCI_INDEX,
     MEDIA_TYPE_OCI_INDEX},
    /* T12: Docker's manifest of an OCI config is still read */
    {IMAGE(""), DOCKER_MANIFEST, DOCKER_MANIFEST, MEDIA_TYPE_DOCKER_MANIFEST},
};

static void test_H4_each_source_of_the_type_is_heard(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        struct error error = {0};
        CLEANUP(manifest_free_p)
        struct manifest *manifest =
            parse_as(sources[i].body, sources[i].content_type, sources[i].expected, &error);
        if (!manifest) {
            fail_msg("row %zu: %s", i, error.message);
            return;
        }
        if (manifest->type != sources[i].type)
            fail_msg("row %zu is taken for '%s'", i, manifest->media_type);
        assert_string_equal(manifest->media_type, media_type_name(sources[i].type));
        assert_int_equal(manifest->kind,
                         media_type_is_index(sources[i].type) ? MANIFEST_INDEX : MANIFEST_IMAGE);
    }
}

static void test_H5_those_who_name_the_type_must_agree(void **state)
{
    static const struct refusal rows[] = {
        {TYPED_INDEX(OCI_INDEX), OCI_MANIFEST, "", ERROR_UPSTREAM, "is sent as"},
        {TYPED_IMAGE(OCI_MANIFEST), OCI_INDEX, "", ERROR_UPSTREAM, "is sent as"},
        {TYPED_IMAGE(OCI_MANIFEST), DOCKER_MANIFEST, "", ERROR_UPSTREAM, "is sent as"},
        {TYPED_IMAGE(OCI_MANIFEST), "text/html", "", ERROR_UPSTREAM, "is sent as"},
        {INDEX_OF(""), OCI_INDEX, OCI_MANIFEST, ERROR_UPSTREAM, "is listed as"},
        {TYPED_INDEX(OCI_INDEX), "", DOCKER_LIST, ERROR_UPSTREAM, "is listed as"},
        {"{\"mediaType\":7}", OCI_INDEX, "", ERROR_UPSTREAM, "mediaType is no type"},
        {"{\"mediaType\":\"\"}", OCI_INDEX, "", ERROR_UPSTREAM, "mediaType is no type"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_refused(&rows[i]);
}

static void test_H6_and_S8_a_document_is_one_thing(void **state)
{
    static const char twice[] = "two things at once";
    static const struct refusal rows[] = {
        {"{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}", OCI_INDEX, "", ERROR_UPSTREAM,
         twice},
        {"{\"schemaVersion\":2,\"manifests\":[],\"config\":{}}", OCI_INDEX, "", ERROR_UPSTREAM,
         twice},
        {"{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}", "", "", ERROR_UPSTREAM, twice},
        {"{\"schemaVersion\":2,\"manifests\":[],\"fsLayers\":[]}", OCI_INDEX, "", ERROR_UPSTREAM,
         twice},
        {IMAGE(",\"manifests\":[]"), OCI_MANIFEST, "", ERROR_UPSTREAM, twice},
        {IMAGE(",\"manifests\":[]"), "", "", ERROR_UPSTREAM, twice},
        {IMAGE(",\"fsLayers\":[]"), OCI_MANIFEST, "", ERROR_UPSTREAM, twice},
        {IMAGE(",\"history\":[]"), DOCKER_MANIFEST, "", ERROR_UPSTREAM, twice},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_refused(&rows[i]);
}

static void test_H6_a_null_is_no_second_thing(void **state)
{
    struct error error = {0};
    CLEANUP(manifest_free_p)
    struct manifest *manifest = parse_as(IMAGE(",\"manifests\":null"), OCI_MANIFEST, "", &error);

    (void)state;
    assert_non_null(manifest);
}

static void test_H6_keys_that_differ_only_in_case_are_refused(void **state)
{
    static const char why[] = "is ambiguous beside";
    static const struct refusal rows[] = {
        {"{\"schemaVersion\":2,\"Manifests\":[],\"manifests\":[]}", OCI_INDEX, "", ERROR_UPSTREAM,
         why},
        {"{\"schemaVersion\":2,\"MANIFESTS\":[]}", OCI_INDEX, "", ERROR_UPSTREAM, why},
        {"{\"SchemaVersion\":2,\"manifests\":[]}", OCI_INDEX, "", ERROR_UPSTREAM,
         "the manifest: the key 'SchemaVersion' is ambiguous beside 'schemaVersion'"},
        {"{\"schemaVersion\":2,\"manifests\":[],\"MediaType\":\"x/y\"}", OCI_INDEX, "",
         ERROR_UPSTREAM, why},
        {INDEX_OF("{" TYPE(OCI_MANIFEST) "," DIGEST ",\"size\":7,\"Size\":8}"), OCI_INDEX, "",
         ERROR_UPSTREAM, "the index's entry 1: the key 'Size'"},
        {INDEX_OF("{" TYPE(
             OCI_MANIFEST) "," DIGEST
                           ",\"size\":7,\"platform\":{\"os\":\"linux\",\"OS\":\"windows\"}}"),
         OCI_INDEX, "", ERROR_UPSTREAM, "the key 'OS' is ambiguous beside 'os'"},
        {IMAGE_OF("{\"MEDIATYPE\":\"a/b\"," TYPE(OCI_CONFIG) "," DIGEST ",\"size\":7}", ""),
         OCI_MANIFEST, "", ERROR_UPSTREAM, "the manifest's config: the key"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_refused(&rows[i]);
}

static void test_H7_the_schema_version_is_the_integer_2(void **state)
{
    static const char why[] = "schemaVersion is not 2";
    static const struct refusal rows[] = {
        {"{\"manifests\":[]}", OCI_INDEX, "", ERROR_UPSTREAM, why},
        {"{\"schemaVersion\":3,\"manifests\":[]}", OCI_INDEX, "", ERROR_UPSTREAM, why},
        {"{\"schemaVersion\":\"2\",\"manifests\":[]}", OCI_INDEX, "", ERROR_UPSTREAM, why},
        {"{\"schemaVersion\":2.0,\"manifests\":[]}", OCI_INDEX, "", ERROR_UPSTREAM, why},
        {"{\"schemaVersion\":1,\"manifests\":[]}", OCI_INDEX, "", ERROR_UPSTREAM, why},
        {"{}", "", "", ERROR_UPSTREAM, why},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_refused(&rows[i]);
}

static void test_T14_schema_1_is_refused_by_its_name(void **state)
{
    static const struct refusal rows[] = {
        {SCHEMA1_BODY, SCHEMA1, "", ERROR_UNSUPPORTED, "a schema 1 image"},
        {SCHEMA1_BODY, SCHEMA1_SIGNED, "", ERROR_UNSUPPORTED, "a schema 1 image"},
        {SCHEMA1_BODY, "application/json", "", ERROR_UNSUPPORTED, "push it again"},
        {"{\"schemaVersion\":1,\"signatures\":[]}", "", "", ERROR_UNSUPPORTED, "a schema 1 image"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_refused(&rows[i]);
}

static void test_H4_types_of_nothing_we_know_are_named(void **state)
{
    static const struct refusal rows[] = {
        {"{}", "text/html", "", ERROR_UNSUPPORTED, "'text/html'"},
        {"{}", OCI_CONFIG, "", ERROR_UNSUPPORTED, "'" OCI_CONFIG "'"},
        {"{\"mediaType\":\"application/vnd.oci.artifact.manifest.v1+json\"}", "", "",
         ERROR_UNSUPPORTED, "'application/vnd.oci.artifact.manifest.v1+json'"},
        {"{}", "", "a/b", ERROR_UNSUPPORTED, "'a/b'"},
        {"{\"mediaType\":\"a\\u001b[2J/b\"}", "", "", ERROR_UNSUPPORTED, "'a\\x1b[2J/b'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_refused(&rows[i]);
}

static void test_S9_to_S13_what_is_not_strict_json_is_the_registrys_fault(void **state)
{
    static const char why[] = "the manifest is not valid JSON: ";
    static const struct refusal rows[] = {
        {"", OCI_INDEX, "", ERROR_UPSTREAM, why},
        {"<html>", OCI_INDEX, "", ERROR_UPSTREAM, why},
        {"{\"schemaVersion\":2,\"manifests\":[]", OCI_INDEX, "", ERROR_UPSTREAM, why},
        {"{\"mediaType\":\"a\",\"mediaType\":\"b\"}", "", "", ERROR_UPSTREAM, why},
        {"{\"size\":1,\"\\u0073ize\":2}", "", "", ERROR_UPSTREAM, why},
        {"{\"mediaType\":\"x\",\"mediaType\\u0000\":\"y\"}", "", "", ERROR_UPSTREAM, why},
        {"{'a':1}", "", "", ERROR_UPSTREAM, why},
        {"{\"a\":NaN}", "", "", ERROR_UPSTREAM, why},
        {"{\"a\":\"\xc0\xaf\"}", "", "", ERROR_UPSTREAM, why},
        {"[]", OCI_INDEX, "", ERROR_UPSTREAM, "not a JSON object"},
        {"{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", "", "",
         ERROR_TOO_LARGE, "the manifest: "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_refused(&rows[i]);
}

static void test_S16_a_manifest_has_at_most_4_mib(void **state)
{
    struct error error = {0};
    CLEANUP(free_p) char *body = malloc(MANIFEST_SIZE_MAX + 1);

    (void)state;
    assert_non_null(body);
    memset(body, ' ', MANIFEST_SIZE_MAX + 1);
    assert_null(manifest_parse(slice_of(body, MANIFEST_SIZE_MAX + 1), SLICE(OCI_INDEX),
                               (struct slice){0}, &error));
    assert_int_equal(error.code, ERROR_TOO_LARGE);
    memcpy(body, INDEX_OF(""), sizeof(INDEX_OF("")) - 1);
    CLEANUP(manifest_free_p)
    struct manifest *manifest = manifest_parse(slice_of(body, MANIFEST_SIZE_MAX), SLICE(OCI_INDEX),
                                               (struct slice){0}, &error);
    assert_non_null(manifest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_H4_each_source_of_the_type_is_heard),
        cmocka_unit_test(test_H5_those_who_name_the_type_must_agree),
        cmocka_unit_test(test_H6_and_S8_a_document_is_one_thing),
        cmocka_unit_test(test_H6_a_null_is_no_second_thing),
        cmocka_unit_test(test_H6_keys_that_differ_only_in_case_are_refused),
        cmocka_unit_test(test_H7_the_schema_version_is_the_integer_2),
        cmocka_unit_test(test_T14_schema_1_is_refused_by_its_name),
        cmocka_unit_test(test_H4_types_of_nothing_we_know_are_named),
        cmocka_unit_test(test_S9_to_S13_what_is_not_strict_json_is_the_registrys_fault),
        cmocka_unit_test(test_S16_a_manifest_has_at_most_4_mib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
