/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Specs step by step, and sources named by a template (P20, T36).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "manifest/spec.h"

#define HEX64 "0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f"

static struct spec *finish(struct spec_builder *builder)
{
    struct error error = {0};
    struct spec *spec = spec_builder_finish(builder, &error);

    if (!spec)
        fail_msg("%s", error.message);
    return spec;
}

static void test_a_finished_spec_outlives_what_it_was_made_of(void **state)
{
    struct error error = {0};
    char feature[] = "win32k";
    const char *features[] = {feature};
    char os[] = "windows";
    struct platform platform = {
        .os = os, .architecture = "amd64", .variant = "", .os_version = "10.0.1"};
    struct spec_builder *builder = spec_builder_new();

    (void)state;
    platform.os_features = features;
    platform.os_feature_count = 1;
    assert_true(spec_set_target(builder, SLICE("first"), &error) &&
                spec_set_target(builder, SLICE("a/b:1"), &error) &&
                spec_add_source(builder, SLICE("a/b:win"), &platform, &error) &&
                spec_set_features(builder, features, 1, &error) &&
                spec_add_source(builder, SLICE("a/b@sha256:" HEX64), NULL, &error));
    CLEANUP(spec_free_p) struct spec *spec = finish(builder);
    spec_builder_free(builder);
    memset(feature, 'x', sizeof(feature) - 1);
    memset(os, 'x', sizeof(os) - 1);
    assert_string_equal(spec->image, "a/b:1");
    assert_int_equal(spec->entry_count, 2);
    assert_string_equal(spec->entries[0].platform.os, "windows");
    assert_string_equal(spec->entries[0].platform.os_version, "10.0.1");
    assert_string_equal(spec->entries[0].platform.os_features[0], "win32k");
    assert_string_equal(spec->entries[0].features[0], "win32k");
    assert_string_equal(spec->entries[1].reference->digest, "sha256:" HEX64);
    assert_string_equal(spec->entries[1].platform.architecture, "");
}

static void test_the_targets_own_tag_is_not_pushed_twice(void **state)
{
    static const char *const targets[] = {"a", "a:latest"};
    struct error error = {0};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(spec_builder_free_p) struct spec_builder *builder = spec_builder_new();
        assert_true(spec_add_tag(builder, SLICE("latest"), &error) &&
                    spec_add_tag(builder, SLICE("1"), &error) &&
                    spec_add_tag(builder, SLICE("1"), &error) &&
                    spec_set_target(builder, slice_from_string(targets[i]), &error) &&
                    spec_add_source(builder, SLICE("b"), NULL, &error));
        CLEANUP(spec_free_p) struct spec *spec = finish(builder);
        assert_int_equal(spec->tag_count, 1);
        assert_string_equal(spec->tags[0], "1");
    }
}

static void test_P21_annotations_are_sorted_by_bytes(void **state)
{
    static const char *const keys[] = {"b", "a.b", "\xc3\xa9", "a", "Z", "a-b"};
    static const char *const sorted[] = {"Z", "a", "a-b", "a.b", "b", "\xc3\xa9"};
    struct error error = {0};
    CLEANUP(spec_builder_free_p) struct spec_builder *builder = spec_builder_new();

    (void)state;
    assert_true(spec_set_target(builder, SLICE("a"), &error) &&
                spec_add_source(builder, SLICE("b"), NULL, &error));
    for (size_t i = 0; i < 6; i++)
        assert_true(
            spec_add_annotation(builder, slice_from_string(keys[i]), SLICE("a=b=c"), &error));
    CLEANUP(spec_free_p) struct spec *spec = finish(builder);
    assert_int_equal(spec->annotation_count, 6);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(spec->annotations[i].key, sorted[i]);
    assert_string_equal(spec->annotations[0].value, "a=b=c");
}

static void test_what_is_wrong_is_told(void **state)
{
    struct error error = {0};
    CLEANUP(spec_builder_free_p) struct spec_builder *builder = spec_builder_new();

    (void)state;
    assert_null(spec_builder_finish(builder, &error));
    assert_string_equal(error.message, "no target image is given");
    assert_true(spec_set_target(builder, SLICE("a"), &error));
    assert_null(spec_builder_finish(builder, &error));
    assert_string_equal(error.message, "no source image is given");
    assert_true(spec_add_annotation(builder, SLICE("k"), SLICE("1"), &error));
    assert_false(spec_add_annotation(builder, SLICE("k"), SLICE("2"), &error));
    assert_string_equal(error.message, "the annotation 'k' is given twice");
    assert_false(spec_set_target(builder, SLICE("a@sha256:" HEX64), &error));
    assert_string_equal(error.message, "the target 'a@sha256:" HEX64
                                       "' has a digest, but what is pushed decides that");
}

static void test_features_are_bounded(void **state)
{
    const char *features[SPEC_FEATURES_MAX + 1];
    struct error error = {0};
    CLEANUP(spec_builder_free_p) struct spec_builder *builder = spec_builder_new();

    (void)state;
    for (size_t i = 0; i <= SPEC_FEATURES_MAX; i++)
        features[i] = "a";
    assert_true(spec_add_source(builder, SLICE("a"), NULL, &error) &&
                spec_set_features(builder, features, SPEC_FEATURES_MAX, &error));
    assert_false(spec_set_features(builder, features, SPEC_FEATURES_MAX + 1, &error));
    assert_string_equal(error.message, "more than 32 features");
    assert_int_equal(error.code, ERROR_TOO_LARGE);
}

/* -- templates ------------------------------------------------------------------------------ */

static void test_P20_T36_a_template_gets_the_first_of_each_word_replaced(void **state)
{
    static const char *const rows[][3] = {
        {"a/b:OS-ARCHVARIANT", "linux/arm/v7", "a/b:linux-armv7"},
        {"a/b:OS-ARCHVARIANT", "linux/amd64", "a/b:linux-amd64"},
        {"a/b:ARCH-ARCH-OS-OS", "windows/386", "a/b:386-ARCH-windows-OS"},
        {"a/b:COST-ARCH", "linux/arm64/v8", "a/b:ClinuxT-arm64"},
        {"a/b:fixed", "linux/s390x", "a/b:fixed"},
    };
    struct error error = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(spec_builder_free_p) struct spec_builder *builder = spec_builder_new();
        assert_true(spec_set_target(builder, SLICE("a"), &error) &&
                    spec_add_templated(builder, slice_from_string(rows[i][0]),
                                       slice_from_string(rows[i][1]), &error));
        CLEANUP(spec_free_p) struct spec *spec = finish(builder);
        assert_string_equal(spec->entries[0].image, rows[i][2]);
    }
}

static void test_a_platform_in_words_is_kept_as_written(void **state)
{
    struct error error = {0};
    CLEANUP(spec_builder_free_p) struct spec_builder *builder = spec_builder_new();

    (void)state;
    assert_true(spec_set_target(builder, SLICE("a"), &error) &&
                spec_add_source_on(builder, SLICE("b"), SLICE("linux/arm64/v8"), &error));
    CLEANUP(spec_free_p) struct spec *spec = finish(builder);
    assert_string_equal(spec->entries[0].platform.os, "linux");
    assert_string_equal(spec->entries[0].platform.architecture, "arm64");
    assert_string_equal(spec->entries[0].platform.variant, "v8");
    assert_string_equal(spec->entries[0].platform.os_version, "");
}

static void test_P20_a_platform_in_words_has_two_or_three_parts(void **state)
{
    static const char form[] = "is not of the form os/arch or os/arch/variant";
    static const char *const rows[][2] = {
        {"arm64", form},
        {"", form},
        {"/", form},
        {"linux/", form},
        {"/arm", form},
        {"linux/arm/", form},
        {"linux/arm/v7/x", form},
        {"linux/aarch64", "the architecture 'aarch64' of 'a:linux-aarch64' is none of 386, "},
        {"linux/arm/v9", "the variant 'v9' of 'a:linux-arm' is none of v5, v6, v7, v8"},
        {"linux/x y", "invalid"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};
        CLEANUP(spec_builder_free_p) struct spec_builder *builder = spec_builder_new();
        if (spec_add_templated(builder, SLICE("a:OS-ARCH"), slice_from_string(rows[i][0]), &error))
            fail_msg("'%s' is accepted", rows[i][0]);
        if (!strstr(error.message, rows[i][1]))
            fail_msg("'%s': %s", rows[i][0], error.message);
        assert_int_equal(error.code, ERROR_INVALID);
    }
}

static void test_an_endless_template_is_refused(void **state)
{
    char text[REFERENCE_MAX + 1];
    struct error error = {0};
    CLEANUP(spec_builder_free_p) struct spec_builder *builder = spec_builder_new();

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_false(
        spec_add_templated(builder, slice_of(text, sizeof(text)), SLICE("linux/arm"), &error));
    assert_int_equal(error.code, ERROR_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_finished_spec_outlives_what_it_was_made_of),
        cmocka_unit_test(test_the_targets_own_tag_is_not_pushed_twice),
        cmocka_unit_test(test_P21_annotations_are_sorted_by_bytes),
        cmocka_unit_test(test_what_is_wrong_is_told),
        cmocka_unit_test(test_features_are_bounded),
        cmocka_unit_test(test_P20_T36_a_template_gets_the_first_of_each_word_replaced),
        cmocka_unit_test(test_a_platform_in_words_is_kept_as_written),
        cmocka_unit_test(test_P20_a_platform_in_words_has_two_or_three_parts),
        cmocka_unit_test(test_an_endless_template_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
