/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an inspection holds, and how one goes through it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "inspections.h"
#include "manifest/inspected.h"
#include "tests/support/fail_alloc.h"

static const char multi_amd64[] =
    "sha256:619767301bf98e337ca072a707792530b776080c1b877e75ee2d373341793716";
static const char inner_arm64[] =
    "sha256:3819efa60e48fef9b4babfd251da2ae756b67e000e8d5680acd874cebf3b36a7";

static struct platform *platform_of(const char *text)
{
    struct error error = {0};
    struct platform *platform = platform_parse(slice_from_string(text), &error);

    assert_non_null(platform);
    return platform;
}

/* -- the walk ------------------------------------------------------------------------------- */

/* Each document as a letter at its level, its end as a bracket: "0(1()1(2()))". */
static void assert_walk(const char *image, const char *only, const char *wanted)
{
    CLEANUP(inspection_free_p) struct inspection *inspection = inspect_golden(image);
    CLEANUP(platform_free_p) struct platform *platform = only ? platform_of(only) : NULL;
    CLEANUP(buffer_release) struct buffer seen = BUFFER_INIT(1000);
    struct walk walk = walk_begin(&inspection->root, platform);

    for (enum walk_step step; (step = walk_next(&walk)) != WALK_END;) {
        if (step == WALK_ENTER)
            (void)buffer_format(&seen, "%u(", walk.node->depth);
        else
            (void)buffer_append_char(&seen, ')');
    }
    assert_int_equal(walk_next(&walk), WALK_END);
    assert_string_equal(buffer_string(&seen), wanted);
}

static void test_a_walk_enters_and_leaves_each_document_in_order(void **state)
{
    (void)state;
    assert_walk("lab/oci:linux-386", NULL, "0()");
    assert_walk("lab/oci:empty", NULL, "0()");
    assert_walk("lab/docker:multi", NULL, "0(1()1())");
    assert_walk("lab/oci:nested", NULL, "0(1()1(2()))");
}

static void test_a_walk_shows_only_what_leads_to_the_platform(void **state)
{
    (void)state;
    assert_walk("lab/oci:nested", "linux/amd64", "0(1())");
    assert_walk("lab/oci:nested", "linux/arm64", "0(1(2()))");
    assert_walk("lab/oci:nested", "linux/s390x", "0()");
    assert_walk("lab/oci:duplicate", "linux/amd64", "0(1()1())");
    assert_walk("lab/oci:noplatform-entry", "linux/arm64", "0(1())");
}

static void test_L4_a_platform_is_offered_by_equality(void **state)
{
    static const struct {
        const char *image;
        const char *platform;
        bool is_offered;
    } rows[] = {
        {"lab/oci:multi", "linux/amd64", true},
        {"lab/oci:multi", "linux/arm/v7", false},
        {"lab/oci:nested", "linux/arm64/v8", true},
        {"lab/oci:noplatform-entry", "arm64", true},
        {"lab/oci:linux-armv7", "linux/arm/v7", true},
        {"lab/oci:linux-armv7", "linux/arm/v6", false},
        {"lab/oci:noplatform", "linux/amd64", false},
        {"lab/artifact:chart", "linux/amd64", false},
        {"lab/oci:empty", "linux/amd64", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(inspection_free_p) struct inspection *inspection = inspect_golden(rows[i].image);
        CLEANUP(platform_free_p) struct platform *platform = platform_of(rows[i].platform);
        if (inspection_offers(inspection, platform) != rows[i].is_offered)
            fail_msg("%s of %s", rows[i].platform, rows[i].image);
    }
}

/* -- sizes ---------------------------------------------------------------------------------- */

static int64_t total_of(const char *image, const char *missing)
{
    CLEANUP(inspection_free_p) struct inspection *inspection = inspect_without(image, missing);
    int64_t total = -1;

    assert_true(inspected_total(&inspection->root, NULL, &total));
    return total;
}

static void test_the_total_counts_each_blob_once(void **state)
{
    (void)state;
    /* manifest + configuration + layers */
    assert_int_equal(total_of("lab/oci:linux-arm64v8", ""), 664 + 455 + 127 + 127);
    /* two images that share a layer of 1234567 bytes would show it twice */
    assert_int_equal(total_of("lab/oci:multi", ""),
                     2399 + (664 + 440 + 126 + 126) + (664 + 455 + 127 + 127) +
                         (942 + 608 + 128 + 126) + (942 + 633 + 125 + 126) + 1234567 +
                         2 * (565 + 167 + 129));
    assert_int_equal(total_of("lab/artifact:chart", ""), 511 + 2 + 16);
    assert_int_equal(total_of("lab/oci:empty", ""), 101);
}

static void test_the_total_counts_nothing_of_what_is_missing(void **state)
{
    (void)state;
    assert_int_equal(total_of("lab/oci:nested", inner_arm64), 558 + (664 + 440 + 126 + 126) + 399);
}

static void test_S12_sizes_that_no_number_holds_end_at_the_largest(void **state)
{
    static struct descriptor layers[2000];
    struct manifest manifest = {.type = MEDIA_TYPE_OCI_MANIFEST, .layers = layers};
    struct inspected node = {.manifest = &manifest};
    int64_t total = 0;

    (void)state;
    manifest.layer_count = sizeof(layers) / sizeof(layers[0]);
    for (size_t i = 0; i < manifest.layer_count; i++) {
        layers[i].size = INT64_C(1) << 53;
        (void)snprintf(layers[i].digest.text, sizeof(layers[i].digest.text), "%zu", i);
    }
    assert_true(inspected_total(&node, NULL, &total));
    assert_true(total == INT64_MAX);
}

/* -- one document --------------------------------------------------------------------------- */

static void test_L7_an_attestation_names_what_it_attests(void **state)
{
    CLEANUP(inspection_free_p) struct inspection *inspection = inspect_golden("lab/oci:multi");
    const struct inspected *children = inspection->root.children;

    (void)state;
    assert_true(inspected_is_attestation(&children[4]));
    assert_string_equal(inspected_attests(&children[4]).data, multi_amd64);
    assert_false(inspected_is_attestation(&children[0]));
    assert_int_equal(inspected_attests(&children[0]).length, 0);
}

static void test_L8_a_platform_is_the_entrys_and_else_the_configurations(void **state)
{
    CLEANUP(inspection_free_p)
    struct inspection *inspection = inspect_golden("lab/oci:noplatform-entry");
    const struct inspected *children = inspection->root.children;

    (void)state;
    assert_ptr_equal(inspected_platform(&children[0]), &children[0].entry->platform);
    assert_ptr_equal(inspected_platform(&children[1]), &children[1].image->platform);
    assert_string_equal(inspected_platform(&children[1])->architecture, "arm64");
    assert_null(inspected_platform(&inspection->root));
}

/* -- no memory ------------------------------------------------------------------------------ */

struct scenario {
    struct inspection *inspection;
    inspection_write_function write;
    bool is_expanded;
};

static bool write_it(const void *context, struct error *error)
{
    const struct scenario *scenario = context;
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(FILE_MAX);
    const struct inspection_view view = {.image = SLICE("a"), .is_expanded = scenario->is_expanded};

    bool is_written = scenario->write(scenario->inspection, &view, &out);
    assert_int_equal(is_written, buffer_ok(&out));
    return buffer_check(&out, "the inspection", error);
}

static bool expand_it(const void *context, struct error *error)
{
    const struct scenario *scenario = context;
    CLEANUP(inspection_free_p) struct inspection *copy = calloc(1, sizeof(*copy));

    if (!copy)
        return error_no_memory(error);
    copy->root.manifest = scenario->inspection->root.manifest;
    bool is_expanded = inspected_expand(&copy->root, error);
    copy->root.manifest = NULL; /* the other one's */
    return is_expanded;
}

static void test_every_allocation_that_fails_is_told(void **state)
{
    CLEANUP(inspection_free_p) struct inspection *list = inspect_golden("lab/oci:multi");
    CLEANUP(inspection_free_p) struct inspection *lone = inspect_golden("lab/oci:windows-2022");
    const struct scenario rows[] = {
        {list, inspection_write_text, false}, {list, inspection_write_raw, false},
        {list, inspection_write_json, false}, {lone, inspection_write_text, false},
        {lone, inspection_write_raw, true},   {lone, inspection_write_json, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_true(fail_alloc_sweep(write_it, &rows[i]) >= 1);
    assert_int_equal(fail_alloc_sweep(expand_it, &rows[0]), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_walk_enters_and_leaves_each_document_in_order),
        cmocka_unit_test(test_a_walk_shows_only_what_leads_to_the_platform),
        cmocka_unit_test(test_L4_a_platform_is_offered_by_equality),
        cmocka_unit_test(test_the_total_counts_each_blob_once),
        cmocka_unit_test(test_the_total_counts_nothing_of_what_is_missing),
        cmocka_unit_test(test_S12_sizes_that_no_number_holds_end_at_the_largest),
        cmocka_unit_test(test_L7_an_attestation_names_what_it_attests),
        cmocka_unit_test(test_L8_a_platform_is_the_entrys_and_else_the_configurations),
        cmocka_unit_test(test_every_allocation_that_fails_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
