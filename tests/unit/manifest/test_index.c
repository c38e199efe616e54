/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Indexes: their entries as they stand (L1, L7-L9, L12, S12, S15, T1-T6, T15).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "documents.h"

#define ENTRY(members) "{" TYPE(OCI_MANIFEST) "," DIGEST ",\"size\":7" members "}"
#define ON(os, architecture) \
    ENTRY(",\"platform\":{\"os\":\"" os "\",\"architecture\":\"" architecture "\"}")
#define SIZED(size)      "{" TYPE(OCI_MANIFEST) "," DIGEST ",\"size\":" size "}"
#define DIGESTED(digest) "{" TYPE(OCI_MANIFEST) ",\"digest\":\"" digest "\",\"size\":7}"

static struct manifest *parse_index(const char *body)
{
    struct error error = {0};
    struct manifest *manifest = parse_as(body, OCI_INDEX, "", &error);

    if (!manifest)
        fail_msg("%s", error.message);
    return manifest;
}

static void test_L1_an_entry_is_read_with_all_it_says(void **state)
{
    CLEANUP(manifest_free_p)
    struct manifest *manifest = parse_index(INDEX_OF("{" TYPE(
        DOCKER_MANIFEST) "," DIGEST ",\"size\":528,\"artifactType\":\"x/y\",\"urls\":[],"
                         "\"platform\":{\"architecture\":\"arm\",\"os\":\"windows\",\"os.version\":\"10.0.1\","
                         "\"os.features\":[\"win32k\",\"b\"],\"variant\":\"v7\",\"features\":[\"sse4\"]}}," ENTRY(
                             ",\"platform\":{\"os\":\"plan10\",\"architecture\":\"armv8\","
                             "\"os.features\":[\"c\"]}")));
    const struct descriptor *entry = &manifest->entries[0];

    (void)state;
    assert_int_equal(manifest->entry_count, 2);
    assert_int_equal(entry->type, MEDIA_TYPE_DOCKER_MANIFEST);
    assert_string_equal(entry->media_type, DOCKER_MANIFEST);
    assert_string_equal(entry->artifact_type, "x/y");
    assert_string_equal(entry->digest.text, "sha256:" HEX64);
    assert_int_equal(entry->size, 528);
    assert_true(entry->has_platform);
    assert_false(entry->is_attestation);
    assert_string_equal(entry->platform.architecture, "arm");
    assert_string_equal(entry->platform.os, "windows");
    assert_string_equal(entry->platform.os_version, "10.0.1");
    assert_string_equal(entry->platform.variant, "v7");
    assert_int_equal(entry->platform.os_feature_count, 2);
    assert_string_equal(entry->platform.os_features[0], "win32k");
    assert_string_equal(entry->platform.os_features[1], "b");
    /* words that nobody knows are kept (T9) */
    assert_string_equal(manifest->entries[1].platform.os, "plan10");
    assert_string_equal(manifest->entries[1].platform.architecture, "armv8");
    assert_string_equal(manifest->entries[1].platform.os_features[0], "c");
    assert_string_equal(manifest->entries[1].artifact_type, "");
}

static void test_T4_an_odd_platform_leaves_the_others_intact(void **state)
{
    static const char *const odd[] = {
        INDEX_OF(ENTRY("") "," ON("linux", "amd64")),
        INDEX_OF(ENTRY(",\"platform\":null") "," ON("linux", "amd64")),
        INDEX_OF(ENTRY(",\"platform\":{}") "," ON("linux", "amd64")),
        INDEX_OF(ENTRY(",\"platform\":{\"os\":\"\"}") "," ON("linux", "amd64")),
        INDEX_OF(ENTRY(",\"platform\":{\"os\":7,\"architecture\":null}") "," ON("linux", "amd64")),
        INDEX_OF(ENTRY(",\"platform\":{\"os\":\"linux\"}") "," ON("linux", "amd64")),
        INDEX_OF(ENTRY(",\"platform\":{\"architecture\":\"arm\"}") "," ON("linux", "amd64")),
        INDEX_OF(ENTRY(",\"platform\":{\"os.features\":[1,null]}") "," ON("linux", "amd64")),
        INDEX_OF(ENTRY(",\"platform\":7") "," ON("linux", "amd64")),
        INDEX_OF(ENTRY(",\"platform\":[\"linux\"]") "," ON("linux", "amd64")),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        CLEANUP(manifest_free_p) struct manifest *manifest = parse_index(odd[i]);
        assert_int_equal(manifest->kind, MANIFEST_INDEX);
        assert_int_equal(manifest->entry_count, 2);
        if (manifest->entries[0].has_platform)
            fail_msg("row %zu has a platform", i);
        assert_non_null(manifest->entries[0].platform.variant);
        assert_int_equal(manifest->entries[0].platform.os_feature_count, 0);
        assert_true(manifest->entries[1].has_platform);
        assert_string_equal(manifest->entries[1].platform.architecture, "amd64");
    }
}

static void test_L7_attestations_are_known(void **state)
{
    static const struct {
        const char *body;
        bool is_attestation;
    } rows[] = {
        {INDEX_OF(ENTRY(",\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}"
                        ",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}")),
         true},
        {INDEX_OF(ENTRY(",\"annotations\":{\"vnd.docker.reference.type\":\"other\"}")), true},
        {INDEX_OF(ON("unknown", "unknown")), true},
        {INDEX_OF(
             ENTRY(",\"artifactType\":\"application/vnd.docker.attestation.manifest.v1+json\"")),
         true},
        {INDEX_OF(ENTRY(",\"artifactType\":\"application/vnd.in-toto+json\"")), true},
        {INDEX_OF(ON("linux", "unknown")), false},
        {INDEX_OF(ON("unknown", "amd64")), false},
        {INDEX_OF(ON("linux", "amd64")), false},
        {INDEX_OF(ENTRY(",\"annotations\":{\"vnd.docker.reference.digest\":\"x\"}")), false},
        {INDEX_OF(ENTRY(",\"annotations\":{\"vnd.docker.reference.type\":null}")), false},
        {INDEX_OF(ENTRY(",\"annotations\":7")), false},
        {INDEX_OF(ENTRY(",\"artifactType\":\"application/vnd.cncf.helm.config.v1+json\"")), false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(manifest_free_p) struct manifest *manifest = parse_index(rows[i].body);
        if (manifest->entries[0].is_attestation != rows[i].is_attestation)
            fail_msg("row %zu is not %d", i, rows[i].is_attestation);
    }
}

static void test_T6_a_nested_index_is_an_entry_of_its_type(void **state)
{
    CLEANUP(manifest_free_p)
    struct manifest *manifest =
        parse_index(INDEX_OF(DESCRIPTOR(OCI_INDEX) "," DESCRIPTOR(DOCKER_LIST)));

    (void)state;
    assert_int_equal(manifest->kind, MANIFEST_INDEX);
    assert_true(media_type_is_index(manifest->entries[0].type));
    assert_true(media_type_is_index(manifest->entries[1].type));
    assert_false(manifest->entries[0].has_platform);
}

static void test_an_index_may_be_empty(void **state)
{
    static const char *const empty[] = {INDEX_OF(""), "{\"schemaVersion\":2,\"manifests\":null}"};

    (void)state;
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        CLEANUP(manifest_free_p) struct manifest *manifest = parse_index(empty[i]);
        assert_int_equal(manifest->kind, MANIFEST_INDEX);
        assert_int_equal(manifest->entry_count, 0);
    }
}

static void test_S12_sizes_are_whole_numbers_from_0_to_2_to_the_53(void **state)
{
    static const char why[] = "the index's entry 1: its size is no whole number from 0 to 2^53";
    static const struct refusal rows[] = {
        {INDEX_OF(SIZED("-1")), OCI_INDEX, "", ERROR_UPSTREAM, why},
        {INDEX_OF(SIZED("1e3")), OCI_INDEX, "", ERROR_UPSTREAM, why},
        {INDEX_OF(SIZED("1.9")), OCI_INDEX, "", ERROR_UPSTREAM, why},
        {INDEX_OF(SIZED("\"12\"")), OCI_INDEX, "", ERROR_UPSTREAM, why},
        {INDEX_OF(SIZED("9223372036854775808")), OCI_INDEX, "", ERROR_UPSTREAM, why},
        {INDEX_OF(SIZED("9007199254740993")), OCI_INDEX, "", ERROR_UPSTREAM, why},
        {INDEX_OF(SIZED("null")), OCI_INDEX, "", ERROR_UPSTREAM, why},
        {INDEX_OF("{" TYPE(OCI_MANIFEST) "," DIGEST "}"), OCI_INDEX, "", ERROR_UPSTREAM, why},
    };
    CLEANUP(manifest_free_p)
    struct manifest *manifest = parse_index(INDEX_OF(SIZED("0") "," SIZED("9007199254740992")));

    (void)state;
    assert_int_equal(manifest->entries[0].size, 0);
    assert_true(manifest->entries[1].size == INT64_C(9007199254740992));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_refused(&rows[i]);
}

static void test_H6_and_S15_entries_that_are_no_descriptors_are_refused(void **state)
{
    static const struct refusal rows[] = {
        {"{\"schemaVersion\":2}", OCI_INDEX, "", ERROR_UPSTREAM, "no list of manifests"},
        {"{\"schemaVersion\":2,\"manifests\":{}}", OCI_INDEX, "", ERROR_UPSTREAM,
         "no list of manifests"},
        {INDEX_OF("7"), OCI_INDEX, "", ERROR_UPSTREAM, "entry 1: it is no object"},
        {INDEX_OF("null"), OCI_INDEX, "", ERROR_UPSTREAM, "entry 1: it is no object"},
        {INDEX_OF(ENTRY("") ",[]"), OCI_INDEX, "", ERROR_UPSTREAM, "entry 2: it is no object"},
        {INDEX_OF("{" DIGEST ",\"size\":7}"), OCI_INDEX, "", ERROR_UPSTREAM,
         "its mediaType '' is not of the form type/subtype"},
        {INDEX_OF("{" TYPE("") "," DIGEST ",\"size\":7}"), OCI_INDEX, "", ERROR_UPSTREAM,
         "its mediaType ''"},
        {INDEX_OF("{" TYPE("x") "," DIGEST ",\"size\":7}"), OCI_INDEX, "", ERROR_UPSTREAM,
         "its mediaType 'x'"},
        {INDEX_OF("{" TYPE(OCI_MANIFEST) ",\"size\":7}"), OCI_INDEX, "", ERROR_UPSTREAM,
         "entry 1: digest ''"},
        {INDEX_OF(DIGESTED("sha256:../../x")), OCI_INDEX, "", ERROR_UPSTREAM, "sha256 digest"},
        {INDEX_OF(DIGESTED("sha256:0A9F")), OCI_INDEX, "", ERROR_UPSTREAM, "lower-case hex"},
        {INDEX_OF(DIGESTED("sha256:0a9f")), OCI_INDEX, "", ERROR_UPSTREAM, "has 64 hex digits"},
        {INDEX_OF(DIGESTED("md5:" HEX64)), OCI_INDEX, "", ERROR_UPSTREAM, "'md5'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_refused(&rows[i]);
}

static void append_entries(struct buffer *body, size_t count)
{
    (void)buffer_append_string(body, "{\"schemaVersion\":2,\"manifests\":[");
    for (size_t i = 0; i < count; i++) {
        (void)buffer_append_string(body, i ? "," : "");
        (void)buffer_append_string(body, ON("linux", "amd64"));
    }
    assert_true(buffer_append_string(body, "]}"));
}

static void test_L12_an_index_has_at_most_1000_entries(void **state)
{
    struct error error = {0};
    struct buffer body = BUFFER_INIT(1 << 20);

    (void)state;
    append_entries(&body, INDEX_ENTRIES_MAX);
    CLEANUP(manifest_free_p)
    struct manifest *manifest = parse_index(buffer_string(&body));
    assert_int_equal(manifest->entry_count, INDEX_ENTRIES_MAX);

    buffer_clear(&body);
    append_entries(&body, INDEX_ENTRIES_MAX + 1);
    assert_null(parse_as(buffer_string(&body), OCI_INDEX, "", &error));
    assert_int_equal(error.code, ERROR_TOO_LARGE);
    assert_string_equal(error.message, "the index has 1001 entries, more than 1000");
    buffer_release(&body);
}

static void test_T15_an_index_of_no_images_is_an_artifact(void **state)
{
    static const struct {
        const char *body;
        const char *artifact;
    } rows[] = {
        {INDEX_OF(DESCRIPTOR(OCI_LAYER) "," DESCRIPTOR("application/vnd.buildkit.cacheconfig.v0")),
         "a BuildKit cache"},
        {INDEX_OF(DESCRIPTOR(OCI_LAYER)), "an index of layers"},
        {INDEX_OF(DESCRIPTOR("application/vnd.docker.image.rootfs.diff.tar.gzip")),
         "an index of layers"},
        {INDEX_OF(DESCRIPTOR("a/b")), "an artifact of type 'a/b'"},
        {"{\"schemaVersion\":2,\"artifactType\":\"application/vnd.example\",\"manifests\":[" ON(
             "linux", "amd64") "]}",
         "an artifact of type 'application/vnd.example'"},
        {"{\"schemaVersion\":2,\"artifactType\":\"application/spdx+json\",\"manifests\":[]}",
         "an SBOM"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(manifest_free_p) struct manifest *manifest = parse_index(rows[i].body);
        assert_int_equal(manifest->kind, MANIFEST_ARTIFACT);
        assert_string_equal(manifest->artifact, rows[i].artifact);
    }
}

static void test_T15_an_index_with_anything_that_runs_is_an_index(void **state)
{
    static const char *const rows[] = {
        INDEX_OF(DESCRIPTOR("a/b") "," DESCRIPTOR(OCI_MANIFEST)),
        INDEX_OF(DESCRIPTOR("a/b") "," DESCRIPTOR(SCHEMA1)),
        INDEX_OF(DESCRIPTOR("a/b") "," DESCRIPTOR(OCI_INDEX)),
        INDEX_OF("{" TYPE("a/b") "," DIGEST ",\"size\":7,\"platform\":{\"os\":\"linux\","
                                 "\"architecture\":\"arm\"}}"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(manifest_free_p) struct manifest *manifest = parse_index(rows[i]);
        assert_int_equal(manifest->kind, MANIFEST_INDEX);
        assert_null(manifest->artifact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_L1_an_entry_is_read_with_all_it_says),
        cmocka_unit_test(test_T4_an_odd_platform_leaves_the_others_intact),
        cmocka_unit_test(test_L7_attestations_are_known),
        cmocka_unit_test(test_T6_a_nested_index_is_an_entry_of_its_type),
        cmocka_unit_test(test_an_index_may_be_empty),
        cmocka_unit_test(test_S12_sizes_are_whole_numbers_from_0_to_2_to_the_53),
        cmocka_unit_test(test_H6_and_S15_entries_that_are_no_descriptors_are_refused),
        cmocka_unit_test(test_L12_an_index_has_at_most_1000_entries),
        cmocka_unit_test(test_T15_an_index_of_no_images_is_an_artifact),
        cmocka_unit_test(test_T15_an_index_with_anything_that_runs_is_an_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
