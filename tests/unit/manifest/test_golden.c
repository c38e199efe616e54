/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The golden images, compared with what the reference service answered, and where the reference is
 * wrong with what tests/fixtures/golden/README.md wants instead.
 *
 * Bytes only: what a query reads from children (entries without platform, nested indexes) is seen
 * here as what the index leaves open.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "golden.h"

enum {
    IMAGES = 40
};

static void add_config(struct report_builder *builder, const struct manifest *manifest)
{
    struct error error = {0};
    struct digest computed;
    struct buffer bytes = read_blob(manifest->config.digest.text);
    CLEANUP(image_free_p) struct image *image = image_parse(buffer_slice(&bytes), &error);

    if (!image)
        fail_msg("%s", error.message);
    assert_int_equal(bytes.length, manifest->config.size);
    assert_true(digest_compute(DIGEST_SHA256, buffer_slice(&bytes), &computed));
    assert_true(digest_equal(&computed, &manifest->config.digest));
    report_add_platform(builder, &image->platform);
    buffer_release(&bytes);
}

static void add_entries(struct report_builder *builder, const struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->entry_count; i++) {
        if (manifest->entries[i].is_attestation)
            report_add_attestation(builder);
        else
            report_add_platform(builder, &manifest->entries[i].platform);
    }
}

/* The answer for the image, parsed again. */
static struct json *answer(const char *name, const char *digest_text,
                           const struct manifest *manifest)
{
    struct error error = {0};
    struct digest digest;
    struct buffer image = BUFFER_INIT(PATH_SIZE);
    struct buffer out = BUFFER_INIT(FILE_MAX);
    CLEANUP(report_builder_free_p) struct report_builder *builder = report_builder_new();
    bool is_list = manifest->kind == MANIFEST_INDEX;

    assert_non_null(builder);
    if (is_list)
        add_entries(builder, manifest);
    else
        add_config(builder, manifest);
    assert_true(digest_parse(slice_from_string(digest_text), &digest, &error));
    CLEANUP(report_unref_p)
    struct report *report =
        report_builder_finish(builder, &digest, manifest->media_type, is_list, &error);
    assert_non_null(report);
    assert_true(buffer_format(&image, "REGISTRY/%s", name));
    assert_true(report_write_json(
        report, &(struct report_view){.image = buffer_slice(&image), .confirmed = 1}, &out));
    struct json *document = json_parse(buffer_slice(&out), &error);
    if (!document)
        fail_msg("%s: %s", name, error.message);
    buffer_release(&image);
    buffer_release(&out);
    return document;
}

static void assert_same_string(const char *name, const char *key, const struct json *found,
                               const struct json *wanted)
{
    struct slice a = json_get_string(found, key);
    struct slice b = json_get_string(wanted, key);

    if (!slice_equal(a, b))
        fail_msg("%s: %s is '%.*s', not '%.*s'", name, key, (int)a.length, a.data ? a.data : "",
                 (int)b.length, b.data ? b.data : "");
}

static void assert_same_platform(const char *name, const struct json *found,
                                 const struct json *wanted)
{
    static const char *const keys[] = {"architecture", "os", "os.version", "variant"};
    const struct json *a = json_get(found, "os.features");
    const struct json *b = json_get(wanted, "os.features");
    struct slice x;
    struct slice y;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        assert_same_string(name, keys[i], found, wanted);
    assert_int_equal(json_count(a), json_count(b));
    for (size_t i = 0; i < json_count(a); i++) {
        assert_true(json_string(json_at(a, i), &x) && json_string(json_at(b, i), &y));
        assert_true(slice_equal(x, y));
    }
}

/* Lists as the reference gave them; a lone image as its config says, of which the reference tells
 * only os and architecture. */
static void assert_same_platforms(const char *name, const struct manifest *manifest,
                                  const struct json *found, const struct json *wanted)
{
    const struct json *a = json_get(found, "archlist");
    const struct json *b = json_get(wanted, "archlist");

    assert_int_equal(json_count(a), json_count(b));
    if (manifest->kind == MANIFEST_INDEX) {
        for (size_t i = 0; i < json_count(a); i++)
            assert_same_platform(name, json_at(a, i), json_at(b, i));
        return;
    }
    struct error error = {0};
    struct buffer bytes = read_blob(manifest->config.digest.text);
    CLEANUP(json_free_p) struct json *config = json_parse(buffer_slice(&bytes), &error);
    assert_non_null(config);
    assert_same_platform(name, json_at(a, 0), config);
    assert_same_string(name, "os", json_at(a, 0), json_at(b, 0));
    assert_same_string(name, "architecture", json_at(a, 0), json_at(b, 0));
    buffer_release(&bytes);
}

static void check_answer(const char *name, const char *digest, const struct manifest *manifest,
                         const struct json *wanted)
{
    static const char *const keys[] = {"imagename", "digest", "mediatype"};
    CLEANUP(json_free_p) struct json *found = answer(name, digest, manifest);
    bool is_list = false;
    bool was_list = false;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        assert_same_string(name, keys[i], found, wanted);
    assert_true(json_boolean(json_get(found, "islist"), &is_list));
    assert_true(json_boolean(json_get(wanted, "islist"), &was_list));
    assert_int_equal(is_list, was_list);
    assert_int_equal(json_kind(json_get(found, "archlist")), JSON_ARRAY);
    assert_same_platforms(name, manifest, found, wanted);
}

struct comparison {
    const struct json *reference;
    size_t compared;
    size_t left_open; /* the reference crashed, or showed an artifact as a platform */
};

static bool compare_image(void *context, struct slice name, const struct json *image)
{
    struct comparison *comparison = context;
    const struct json *wanted = json_get(comparison->reference, name.data);
    const char *digest = json_get_string(image, "digest").data;
    CLEANUP(manifest_free_p)
    struct manifest *manifest = read_manifest(digest, json_get_string(image, "mediaType"));

    if (manifest->kind == MANIFEST_ARTIFACT || json_kind(json_get(wanted, "crash")) != JSON_ABSENT)
        comparison->left_open++;
    else
        check_answer(name.data, digest, manifest, wanted);
    comparison->compared++;
    return true;
}

static void test_golden_images_are_answered_as_the_reference_did(void **state)
{
    CLEANUP(json_free_p) struct json *images = read_json("images.json");
    CLEANUP(json_free_p)
    struct json *reference = read_json("query-of-the-reference-service.json");
    struct comparison comparison = {.reference = reference};

    (void)state;
    assert_true(json_each(json_get(images, "images"), compare_image, &comparison));
    assert_int_equal(comparison.compared, IMAGES);
    assert_int_equal(comparison.left_open, 3); /* the chart, nested, noplatform-entry */
}

/* -- where the reference is wrong ----------------------------------------------------------- */

static struct manifest *read_image(const char *name)
{
    CLEANUP(json_free_p) struct json *images = read_json("images.json");
    const struct json *image = json_get(json_get(images, "images"), name);

    return read_manifest(json_get_string(image, "digest").data,
                         json_get_string(image, "mediaType"));
}

static void test_golden_chart_is_an_artifact_named_by_its_type(void **state)
{
    CLEANUP(manifest_free_p) struct manifest *manifest = read_image("lab/artifact:chart");

    (void)state;
    assert_int_equal(manifest->kind, MANIFEST_ARTIFACT);
    assert_string_equal(manifest->artifact, "an artifact of type 'application/vnd.example.chart'");
}

static void test_golden_entry_without_platform_is_left_open(void **state)
{
    CLEANUP(manifest_free_p) struct manifest *manifest = read_image("lab/oci:noplatform-entry");

    (void)state;
    assert_int_equal(manifest->entry_count, 2);
    assert_true(manifest->entries[0].has_platform);
    assert_false(manifest->entries[1].has_platform);
    assert_int_equal(manifest->entries[1].type, MEDIA_TYPE_OCI_MANIFEST);
}

static void test_golden_nested_index_shows_its_inner_one(void **state)
{
    CLEANUP(manifest_free_p) struct manifest *manifest = read_image("lab/oci:nested");

    (void)state;
    assert_int_equal(manifest->entry_count, 2);
    assert_int_equal(manifest->entries[1].type, MEDIA_TYPE_OCI_INDEX);
    CLEANUP(manifest_free_p)
    struct manifest *inner = read_manifest(manifest->entries[1].digest.text,
                                           slice_from_string(manifest->entries[1].media_type));
    assert_string_equal(inner->entries[0].platform.architecture, "arm64");
}

static void assert_first_warning(const char *name, const char *wanted)
{
    CLEANUP(manifest_free_p) struct manifest *manifest = read_image(name);
    CLEANUP(json_free_p)
    struct json *found = answer(name,
                                "sha256:0000000000000000000000000000000000000000000000000000"
                                "000000000000",
                                manifest);
    struct slice warning = {0};

    assert_true(json_string(json_at(json_get(found, "warnings"), 0), &warning));
    assert_string_equal(warning.data, wanted);
}

static void test_golden_duplicate_and_missing_platforms_are_warned_of(void **state)
{
    (void)state;
    assert_first_warning("lab/oci:duplicate", "linux/amd64 is listed 2 times");
    assert_first_warning("lab/oci:noplatform", "the image's configuration names no platform");
    assert_first_warning("lab/docker:noplatform", "the image's configuration names no platform");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_images_are_answered_as_the_reference_did),
        cmocka_unit_test(test_golden_chart_is_an_artifact_named_by_its_type),
        cmocka_unit_test(test_golden_entry_without_platform_is_left_open),
        cmocka_unit_test(test_golden_nested_index_shows_its_inner_one),
        cmocka_unit_test(test_golden_duplicate_and_missing_platforms_are_warned_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
