/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who refers to what, the tag that says so, and the bytes of the list under it (P14, H25).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "documents.h"
#include "manifest/referrers.h"

#define ONES   "1111111111111111111111111111111111111111111111111111111111111111"
#define TWOS   "2222222222222222222222222222222222222222222222222222222222222222"
#define THREES "3333333333333333333333333333333333333333333333333333333333333333"

static const struct digest ones = {DIGEST_SHA256, "sha256:" ONES};
static const struct digest twos = {DIGEST_SHA256, "sha256:" TWOS};

static struct manifest *parse(const char *body)
{
    struct error error = {0};
    struct manifest *manifest = parse_as(body, "", "", &error);

    if (!manifest)
        fail_msg("%s: %s", body, error.message);
    return manifest;
}

/* -- the tag -------------------------------------------------------------------------------- */

static void test_H25_a_tag_is_made_of_the_subjects_digest(void **state)
{
    static const struct {
        const char *subject;
        const char *tag;
    } rows[] = {
        {"sha256:" ONES, "sha256-" ONES},
        /* Cut at 64. */
        {"sha512:" ONES TWOS, "sha512-" ONES},
        /* Illegal in a tag; cut at 32 and 64. After the specification's example. */
        {"test+algorithm+using+algorithm+separators+and+lots+of+characters+to+exercise+overall+"
         "truncation:alsoSome=InTheEncodedSectionToShowHyphenReplacementAndLotsAndLotsOfCharacters"
         "ToExerciseEncodedTruncation",
         "test-algorithm-using-algorithm-s-alsoSome-InTheEncodedSectionToShowHyphenReplacement"
         "AndLotsAndLot"},
        {"a:b", "a-b"},
        {"a._-b:c._-=d", "a._-b-c._--d"},
        {"a:b:c/../d", "a-b-c-..-d"},
    };
    char tag[REFERRERS_TAG_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        referrers_tag(slice_from_string(rows[i].subject), tag);
        assert_string_equal(tag, rows[i].tag);
        assert_true(reference_tag_is_valid(slice_from_string(tag)));
    }
}

/* -- the subject ---------------------------------------------------------------------------- */

static void test_P14_a_subject_is_told_by_its_digest(void **state)
{
    static const struct {
        const char *members;
        const char *subject;
    } rows[] = {
        {",\"subject\":{\"digest\":\"sha256:" ONES "\"}", "sha256:" ONES},
        {",\"subject\":{\"digest\":\"blake3:" ONES "\"}", "blake3:" ONES},
        {"", ""},
        {",\"subject\":null", ""},
        {",\"subject\":\"sha256:" ONES "\"", ""},
        {",\"subject\":{}", ""},
        {",\"subject\":{\"digest\":7}", ""},
        {",\"subject\":{\"digest\":\"\"}", ""},
        {",\"subject\":{\"digest\":\"sha256\"}", ""},
        {",\"subject\":{\"digest\":\"sha256:\"}", ""},
        {",\"subject\":{\"digest\":\":abc\"}", ""},
        {",\"subject\":{\"digest\":\"-a:" ONES "\"}", ""},
        /* Tags that images have: 1.0-alpine, sha-<a commit>. */
        {",\"subject\":{\"digest\":\"1.0:alpine\"}", ""},
        {",\"subject\":{\"digest\":\"sha:1111111111111111111111111111111111111111\"}", ""},
        {",\"subject\":{\"digest\":\"stable:SLIM" ONES "\"}", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(4096);
        buffer_format(&body, "{\"schemaVersion\":2,\"config\":%s%s}", DESCRIPTOR(OCI_CONFIG),
                      rows[i].members);
        CLEANUP(manifest_free_p) struct manifest *manifest = parse(buffer_string(&body));
        if (!slice_equal_string(manifest_subject(manifest), rows[i].subject))
            fail_msg("%s", rows[i].members);
    }
}

/* -- the list ------------------------------------------------------------------------------- */

static void assert_appended(const char *index, const struct referrer *added, size_t count,
                            const char *expected)
{
    CLEANUP(manifest_free_p) struct manifest *parsed = index ? parse(index) : NULL;
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(1 << 16);
    struct error error = {0};

    if (!referrers_append(parsed, added, count, &out, &error))
        fail_msg("%s", error.message);
    assert_string_equal(buffer_string(&out), expected);
}

#define LIST_OF(entries)                    \
    "{\n"                                   \
    "  \"schemaVersion\": 2,\n"             \
    "  \"mediaType\": \"" OCI_INDEX "\",\n" \
    "  \"manifests\": [\n" entries "\n"     \
    "  ]\n"                                 \
    "}"
#define ENTRY(digits, size, more)                  \
    "    {\n"                                      \
    "      \"mediaType\": \"" OCI_MANIFEST "\",\n" \
    "      \"digest\": \"sha256:" digits "\",\n"   \
    "      \"size\": " size more "\n"              \
    "    }"

static void test_P14_P21_a_new_list_has_the_bytes_of_any_other(void **state)
{
    CLEANUP(manifest_free_p)
    struct manifest *sbom =
        parse(IMAGE_OF(DESCRIPTOR(OCI_EMPTY), ",\"artifactType\":\"application/vnd.example\","
                                              "\"annotations\":{\"b\":\"<2>\",\"a\":\"1\"}"));
    CLEANUP(manifest_free_p) struct manifest *image = parse(IMAGE(",\"annotations\":{}"));
    const struct referrer added[] = {{sbom, &ones, 528}, {image, &twos, 7}};

    (void)state;
    assert_appended(
        NULL, added, 2,
        LIST_OF(ENTRY(
            ONES, "528",
            ",\n"
            "      \"annotations\": {\n"
            "        \"a\": \"1\",\n"
            "        \"b\": \"\\u003c2\\u003e\"\n"
            "      },\n"
            "      \"artifactType\": \"application/vnd.example\"") ",\n" ENTRY(TWOS, "7",
                                                                               ",\n      \"artifactType\": \"" OCI_CONFIG
                                                                               "\"")));
}

static void test_P14_what_the_list_says_already_stays(void **state)
{
    CLEANUP(manifest_free_p) struct manifest *image = parse(IMAGE(""));
    const struct referrer added = {image, &ones, 528};

    (void)state;
    assert_appended(
        "{\"x\":1.50,\"manifests\":[{\"z\":null,\"size\":7,\"mediaType\":\"" OCI_MANIFEST
        "\",\"digest\":\"sha256:" THREES "\"}],\"annotations\":{\"b\":\"2\",\"a\":\"1\"},"
        "\"schemaVersion\":2,\"mediaType\":\"" OCI_INDEX "\"}",
        &added, 1,
        "{\n"
        "  \"x\": 1.50,\n"
        "  \"manifests\": [\n"
        "    {\n"
        "      \"z\": null,\n"
        "      \"size\": 7,\n"
        "      \"mediaType\": \"" OCI_MANIFEST "\",\n"
        "      \"digest\": \"sha256:" THREES "\"\n"
        "    },\n" ENTRY(ONES, "528",
                         ",\n      \"artifactType\": \"" OCI_CONFIG
                         "\"") "\n"
                               "  ],\n"
                               "  \"annotations\": {\n"
                               "    \"b\": \"2\",\n"
                               "    \"a\": \"1\"\n"
                               "  },\n"
                               "  \"schemaVersion\": 2,\n"
                               "  \"mediaType\": \"" OCI_INDEX "\"\n"
                               "}");
}

static void test_P14_an_index_that_refers_has_no_type_but_its_own(void **state)
{
    CLEANUP(manifest_free_p) struct manifest *index = parse(INDEX_OF(""));
    const struct referrer added = {index, &ones, 528};

    (void)state;
    assert_appended("{\"mediaType\":\"" OCI_INDEX "\",\"schemaVersion\":2,\"manifests\":null}",
                    &added, 1,
                    "{\n"
                    "  \"mediaType\": \"" OCI_INDEX "\",\n"
                    "  \"schemaVersion\": 2,\n"
                    "  \"manifests\": [\n"
                    "    {\n"
                    "      \"mediaType\": \"" OCI_INDEX "\",\n"
                    "      \"digest\": \"sha256:" ONES "\",\n"
                    "      \"size\": 528\n"
                    "    }\n"
                    "  ]\n"
                    "}");
}

static void test_P14_a_list_grows_to_its_ceiling_and_no_further(void **state)
{
    CLEANUP(manifest_free_p) struct manifest *image = parse(IMAGE(""));
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(100);
    const struct referrer added = {image, &ones, 528};
    struct error error = {0};

    (void)state;
    assert_false(referrers_append(NULL, &added, 1, &out, &error));
    assert_int_equal(error.code, ERROR_TOO_LARGE);
}

static void test_P14_a_list_has_no_more_entries_than_we_would_read(void **state)
{
    CLEANUP(manifest_free_p) struct manifest *image = parse(IMAGE(""));
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(1 << 20);
    static struct referrer added[INDEX_ENTRIES_MAX + 1];
    struct error error = {0};

    (void)state;
    for (size_t i = 0; i <= INDEX_ENTRIES_MAX; i++)
        added[i] = (struct referrer){image, &ones, 528};
    assert_true(referrers_append(NULL, added, INDEX_ENTRIES_MAX, &out, &error));
    CLEANUP(manifest_free_p) struct manifest *full = parse(buffer_string(&out));
    buffer_clear(&out);
    assert_false(referrers_append(full, added, 1, &out, &error));
    assert_int_equal(error.code, ERROR_TOO_LARGE);
}

static void test_P14_a_list_has_what_stands_in_it(void **state)
{
    CLEANUP(manifest_free_p)
    struct manifest *index =
        parse(INDEX_OF("{" TYPE(OCI_MANIFEST) ",\"digest\":\"sha256:" ONES "\",\"size\":7}"));

    (void)state;
    assert_true(referrers_has(index, &ones));
    assert_false(referrers_has(index, &twos));
    assert_false(referrers_has(NULL, &ones));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_H25_a_tag_is_made_of_the_subjects_digest),
        cmocka_unit_test(test_P14_a_subject_is_told_by_its_digest),
        cmocka_unit_test(test_P14_P21_a_new_list_has_the_bytes_of_any_other),
        cmocka_unit_test(test_P14_what_the_list_says_already_stays),
        cmocka_unit_test(test_P14_an_index_that_refers_has_no_type_but_its_own),
        cmocka_unit_test(test_P14_a_list_grows_to_its_ceiling_and_no_further),
        cmocka_unit_test(test_P14_a_list_has_no_more_entries_than_we_would_read),
        cmocka_unit_test(test_P14_a_list_has_what_stands_in_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
