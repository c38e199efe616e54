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
#include "manifest/assemble.h"
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

struct spec_text {
    const char *text;
    enum spec_syntax syntax;
};

/* A warning that there is no memory for is no error, but then not all was done. */
static bool parse_spec(const void *context, struct error *error)
{
    const struct spec_text *spec = context;
    CLEANUP(spec_free_p)
    struct spec *parsed =
        spec_parse(slice_from_string(spec->text), "spec", spec->syntax, SPEC_WARN_UNKNOWN, error);
    if (!parsed)
        return false;
    return parsed->warnings.count == 1 || error_no_memory(error);
}

static bool build_spec(const void *context, struct error *error)
{
    static const char *const features[] = {"sse", "aes"};
    CLEANUP(spec_builder_free_p) struct spec_builder *builder = spec_builder_new();

    (void)context;
    if (!builder)
        return error_no_memory(error);
    if (!spec_set_target(builder, SLICE("a"), error) || !spec_add_tag(builder, SLICE("1"), error) ||
        !spec_add_annotation(builder, SLICE("k"), SLICE("v"), error) ||
        !spec_add_templated(builder, SLICE("a:OS-ARCH"), SLICE("linux/arm/v7"), error) ||
        !spec_set_features(builder, features, 2, error))
        return false;
    CLEANUP(spec_free_p) struct spec *spec = spec_builder_finish(builder, error);
    return spec != NULL;
}

static bool assemble_list(const void *context, struct error *error)
{
    const struct manifest *index = context;
    const struct descriptor *descriptor = &index->entries[0];
    struct list_entry entry = {
        .source = "a/b",
        .media_type = descriptor->media_type,
        .digest = &descriptor->digest,
        .size = descriptor->size,
        .platform = descriptor->platform,
        .descriptor = descriptor->json,
    };
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(1 << 16);

    return list_assemble(&(struct list_plan){.type = LIST_OCI, .entries = &entry, .count = 1}, &out,
                         NULL, error);
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

static void test_specs(void **state)
{
    static const struct spec_text texts[] = {
        {"image: a\ntags: [b]\nannotations: {c: d}\nmanifests:\n- image: e\n  platform:\n"
         "    {os: linux, architecture: arm, osfeatures: [f], features: [g]}\n  other: x\n",
         SPEC_YAML},
        {"{\"image\":\"a\",\"manifests\":[{\"image\":\"e\"}],\"other\":1}", SPEC_JSON},
    };

    (void)state;
    assert_true(fail_alloc_sweep(parse_spec, &texts[0]) >= 20);
    assert_true(fail_alloc_sweep(parse_spec, &texts[1]) >= 10);
    assert_true(fail_alloc_sweep(build_spec, NULL) >= 15);
}

static void test_lists(void **state)
{
    struct error error = {0};
    CLEANUP(manifest_free_p)
    struct manifest *index = parse_as(
        INDEX_OF("{" TYPE(
            OCI_MANIFEST) ",\"digest\":\"sha256:"
                          "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\",\"size\":2,"
                          "\"data\":\"e30=\",\"annotations\":{\"a\":\"b\"},\"platform\":{\"os\":"
                          "\"linux\",\"architecture\":\"arm\"}}"),
        OCI_INDEX, "", &error);

    (void)state;
    assert_non_null(index);
    assert_true(fail_alloc_sweep(assemble_list, index) >= 4);
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
        cmocka_unit_test(test_specs),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
