/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every allocation fails once: each time the caller is told, and nothing leaks (the sanitizer run
 * of the tests sees that).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "documents.h"
#include "tests/support/fail_alloc.h"

static bool parse_reference(const void *context, struct error *error)
{
    CLEANUP(reference_free_p)
    struct reference *reference = reference_parse(slice_from_string(context), error);
    return reference != NULL;
}

static bool parse_platform(const void *context, struct error *error)
{
    CLEANUP(platform_free_p)
    struct platform *platform = platform_parse(slice_from_string(context), error);
    return platform != NULL;
}

static bool parse_manifest(const void *context, struct error *error)
{
    CLEANUP(manifest_free_p) struct manifest *manifest = parse_as(context, "", "", error);
    return manifest != NULL;
}

static bool parse_image(const void *context, struct error *error)
{
    CLEANUP(image_free_p) struct image *image = image_parse(slice_from_string(context), error);
    return image != NULL;
}

static void add_all(struct report_builder *builder)
{
    static const char *const features[] = {"win32k", "not a common word"};
    struct platform platform = {.os = "plan10", .architecture = "sparc", .variant = "v9"};

    platform.os_version = "1.2.3";
    platform.os_features = features;
    platform.os_feature_count = 2;
    report_add_platform(builder, &platform);
    report_add_platform(builder, &platform);
    report_add_attestation(builder);
    report_add_warning(builder, "a warning");
}

static struct report *make_report(struct error *error)
{
    struct digest digest;
    CLEANUP(report_builder_free_p) struct report_builder *builder = report_builder_new();

    if (!builder) {
        (void)error_no_memory(error);
        return NULL;
    }
    add_all(builder);
    return digest_parse(SLICE("sha256:" HEX64), &digest, error)
               ? report_builder_finish(builder, &digest, "application/x", true, error)
               : NULL;
}

static bool build_report(const void *context, struct error *error)
{
    CLEANUP(report_unref_p) struct report *report = make_report(error);

    (void)context;
    if (!report)
        return false;
    assert_int_equal(report->platform_count, 2);
    assert_int_equal(report->warning_count, 2);
    return true;
}

typedef bool (*write_function)(const struct report *report, const struct report_view *view,
                               struct buffer *out);

struct form {
    const struct report *report;
    const struct platform *asked;
    write_function write;
};

static bool write_report(const void *context, struct error *error)
{
    const struct form *form = context;
    struct buffer out = BUFFER_INIT(1 << 16);
    struct report_view view = {.image = SLICE("a"), .asked = form->asked};

    bool is_written = form->write(form->report, &view, &out);
    bool is_sound = buffer_check(&out, "the answer", error);
    assert_int_equal(is_written, is_sound);
    buffer_release(&out);
    return is_sound;
}

static void test_references_and_platforms(void **state)
{
    (void)state;
    assert_int_equal(fail_alloc_sweep(parse_reference, "host:5000/a/b:c@sha256:" HEX64), 1);
    assert_int_equal(fail_alloc_sweep(parse_platform, "linux/arm/v7"), 1);
}

static void test_manifests(void **state)
{
    static const char *const documents[] = {
        INDEX_OF("{" TYPE(OCI_MANIFEST) "," DIGEST ",\"size\":7,\"platform\":{\"os\":\"linux\","
                                        "\"os.features\":[\"a\"]}}"),
        INDEX_OF(DESCRIPTOR(OCI_LAYER)),
        IMAGE(",\"layers\":[" DESCRIPTOR(OCI_LAYER) "]"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++)
        assert_true(fail_alloc_sweep(parse_manifest, documents[i]) >= 1);
    assert_true(fail_alloc_sweep(parse_image, "{\"os\":\"linux\",\"os.features\":[\"a\"]}") >= 1);
}

static void test_reports(void **state)
{
    struct error error = {0};
    CLEANUP(report_unref_p) struct report *report = make_report(&error);
    CLEANUP(platform_free_p)
    struct platform *asked = platform_parse(SLICE("plan10/sparc/v9"), &error);
    struct form json = {.report = report, .asked = asked, .write = report_write_json};
    struct form text = {.report = report, .asked = asked, .write = report_write_text};

    (void)state;
    assert_true(report && asked);
    assert_true(fail_alloc_sweep(build_report, NULL) >= 5);
    assert_true(fail_alloc_sweep(write_report, &json) >= 2);
    assert_true(fail_alloc_sweep(write_report, &text) >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_references_and_platforms),
        cmocka_unit_test(test_manifests),
        cmocka_unit_test(test_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
