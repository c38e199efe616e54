/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports: the bytes of their two forms, and who owns them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "reports.h"

enum {
    OUTPUT_MAX = 1 << 20
};

typedef bool (*write_function)(const struct report *report, const struct report_view *view,
                               struct buffer *out);

static void assert_written(write_function write, const struct report *report,
                           const struct report_view *view, const char *wanted)
{
    struct buffer out = BUFFER_INIT(OUTPUT_MAX);

    assert_true(write(report, view, &out));
    assert_string_equal(buffer_string(&out), wanted);
    buffer_release(&out);
}

static const struct report_view plain = {.image = {"quay.io/a/b:c", 13}, .confirmed = 1760000000};

#define JSON_START(islist, type)                                                            \
    "{\"cachets\":1760000000,\"islist\":" islist                                            \
    ",\"imagename\":\"quay.io/a/b:c\",\"digest\":\"" DIGEST_TEXT "\",\"mediatype\":\"" type \
    "\",\"archlist\":["

static void test_A2_a_list_is_answered_byte_for_byte(void **state)
{
    const struct platform platforms[] = {on("linux", "amd64", ""), on("linux", "arm", "v7"),
                                         windows("10.0.20348.1", 0)};
    CLEANUP(report_unref_p) struct report *report = make(platforms, 3, true);

    (void)state;
    assert_written(
        report_write_json, report, &plain,
        JSON_START(
            "true",
            OCI_INDEX) "{\"architecture\":\"amd64\",\"os\":\"linux\"},"
                       "{\"architecture\":\"arm\",\"os\":\"linux\",\"variant\":\"v7\"},"
                       "{\"architecture\":\"amd64\",\"os\":\"windows\",\"os.version\":\"10.0.20348.1\"}"
                       "]}");
}

static void test_A2_a_lone_image_is_answered_byte_for_byte(void **state)
{
    const struct platform platform = on("linux", "amd64", "");
    CLEANUP(report_unref_p) struct report *report = make(&platform, 1, false);

    (void)state;
    assert_written(
        report_write_json, report, &plain,
        JSON_START("false", DOCKER_MANIFEST) "{\"architecture\":\"amd64\",\"os\":\"linux\"}]}");
}

static void test_A2_features_stand_between_version_and_variant(void **state)
{
    struct platform platform = windows("10.0.1", 2);
    platform.variant = "v2";
    CLEANUP(report_unref_p) struct report *report = make(&platform, 1, true);

    (void)state;
    assert_written(
        report_write_json, report, &plain,
        JSON_START(
            "true",
            OCI_INDEX) "{\"architecture\":\"amd64\",\"os\":\"windows\",\"os.version\":\"10.0.1\","
                       "\"os.features\":[\"win32k\",\"b\"],\"variant\":\"v2\"}]}");
}

static void test_an_empty_list_has_an_empty_archlist(void **state)
{
    CLEANUP(report_unref_p) struct report *report = make(NULL, 0, true);

    (void)state;
    assert_int_equal(report->platform_count, 0);
    assert_written(report_write_json, report, &plain, JSON_START("true", OCI_INDEX) "]}");
}

static void test_strings_are_escaped_as_go_does(void **state)
{
    const struct platform platform = on("<\"\x01>", "a&b", "\xe2\x80\xa8");
    CLEANUP(report_unref_p) struct report *report = make(&platform, 1, true);

    (void)state;
    assert_written(
        report_write_json, report, &plain,
        JSON_START(
            "true",
            OCI_INDEX) "{\"architecture\":\"a\\u0026b\",\"os\":\"\\u003c\\\"\\u0001\\u003e\","
                       "\"variant\":\"\\u2028\"}]}");
}

static struct platform *parse_platform(const char *text)
{
    struct error error;
    struct platform *platform = platform_parse(slice_from_string(text), &error);
    assert_non_null(platform);
    return platform;
}

static void test_further_keys_stand_in_their_order_only_when_there_is_something_to_say(void **state)
{
    const struct platform platform = on("linux", "arm", "v6");
    CLEANUP(platform_free_p) struct platform *asked = parse_platform("linux/arm/v7");
    CLEANUP(report_builder_free_p) struct report_builder *builder = report_builder_new();
    struct report_view view = plain;

    (void)state;
    assert_non_null(builder);
    report_add_platform(builder, &platform);
    report_add_attestation(builder);
    report_add_attestation(builder);
    report_add_warning(builder, "entry %d is odd", 3);
    CLEANUP(report_unref_p) struct report *report = finish(builder, OCI_INDEX, true);
    view.asked = asked;
    view.is_stale = true;
    assert_written(
        report_write_json, report, &view,
        JSON_START(
            "true",
            OCI_INDEX) "{\"architecture\":\"arm\",\"os\":\"linux\",\"variant\":\"v6\"}],"
                       "\"platform\":\"linux/arm/v7\",\"supported\":false,\"runs\":\"linux/arm/v6\","
                       "\"stale\":true,\"attestations\":2,\"warnings\":[\"entry 3 is odd\"]}");
}

static void test_T8_supported_is_equality_and_runs_is_told_besides(void **state)
{
    static const struct {
        const char *asked;
        const char *json;
        const char *text;
    } rows[] = {
        {"linux/arm64", "\"platform\":\"linux/arm64\",\"supported\":true}",
         " * linux/arm64: supported\n\n"},
        {"aarch64", "\"platform\":\"linux/arm64\",\"supported\":true}",
         " * linux/arm64: supported\n\n"},
        {"linux/arm/v7",
         "\"platform\":\"linux/arm/v7\",\"supported\":false,\"runs\":\"linux/arm/v6\"}",
         " * linux/arm/v7: not supported, but linux/arm/v6 runs on it\n\n"},
        {"linux/arm/v5", "\"platform\":\"linux/arm/v5\",\"supported\":false}",
         " * linux/arm/v5: not supported\n\n"},
        {"s390x", "\"platform\":\"linux/s390x\",\"supported\":false}",
         " * linux/s390x: not supported\n\n"},
    };
    const struct platform platforms[] = {on("linux", "arm64", "v8"), on("linux", "arm", "v6")};
    CLEANUP(report_unref_p) struct report *report = make(platforms, 2, true);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(platform_free_p) struct platform *asked = parse_platform(rows[i].asked);
        struct report_view view = plain;
        struct buffer out = BUFFER_INIT(OUTPUT_MAX);
        view.asked = asked;
        assert_true(report_write_json(report, &view, &out));
        if (!slice_ends_with(buffer_slice(&out), slice_from_string(rows[i].json)))
            fail_msg("'%s': %s", rows[i].asked, buffer_string(&out));
        buffer_clear(&out);
        assert_true(report_write_text(report, &view, &out));
        if (!slice_ends_with(buffer_slice(&out), slice_from_string(rows[i].text)))
            fail_msg("'%s': %s", rows[i].asked, buffer_string(&out));
        assert_int_equal(report_supports(report, asked), strstr(rows[i].json, "true") != NULL);
        buffer_release(&out);
    }
}

static void test_A3_a_list_is_printed_as_the_reference_does(void **state)
{
    struct platform other = on("linux", "amd64", "");
    other.os_version = "5.1";
    const struct platform platforms[] = {on("linux", "amd64", ""), on("linux", "arm", "v7"),
                                         windows("10.0.20348.1", 1), windows("", 0), other};
    CLEANUP(report_unref_p) struct report *report = make(platforms, 5, true);

    (void)state;
    assert_written(report_write_text, report, &plain,
                   "Image: quay.io/a/b:c (digest: " DIGEST_TEXT ")\n"
                   " * Manifest List: Yes (Image type: " OCI_INDEX ")\n"
                   " * Supported platforms:\n"
                   "   - linux/amd64\n"
                   "   - linux/arm/v7\n"
                   "   - windows/amd64:10.0.20348.1\n"
                   "   - windows/amd64\n"
                   "   - linux/amd64\n"
                   "\n");
}

static void test_A3_a_lone_image_is_printed_with_its_variant(void **state)
{
    const struct platform platform = on("linux", "arm", "v6");
    CLEANUP(report_unref_p) struct report *report = make(&platform, 1, false);

    (void)state;
    assert_written(report_write_text, report, &plain,
                   "Image: quay.io/a/b:c (digest: " DIGEST_TEXT ")\n"
                   " * Manifest List: No (Image type: " DOCKER_MANIFEST ")\n"
                   " * Supports: linux/arm/v6\n"
                   "\n");
}

static void test_S20_text_from_a_registry_cannot_move_the_cursor(void **state)
{
    struct platform platform = windows("1\x1b[2J\n", 0);
    platform.architecture = "\x1b]0;x\x07";
    CLEANUP(report_unref_p) struct report *report = make(&platform, 1, true);
    struct buffer out = BUFFER_INIT(OUTPUT_MAX);

    (void)state;
    assert_true(report_write_text(report, &plain, &out));
    assert_null(strchr(buffer_string(&out), '\x1b'));
    assert_non_null(strstr(buffer_string(&out), "windows/\\x1b]0;x\\x07:1\\x1b[2J\\x0a\n"));
    buffer_release(&out);
}

static void test_output_beyond_the_buffers_ceiling_is_told(void **state)
{
    const struct platform platform = on("linux", "arm", "v6");
    CLEANUP(report_unref_p) struct report *report = make(&platform, 1, false);
    CLEANUP(platform_free_p) struct platform *asked = parse_platform("arm64");
    struct report_view view = plain;
    struct buffer out = BUFFER_INIT(64);

    (void)state;
    view.asked = asked;
    assert_false(report_write_json(report, &view, &out));
    buffer_clear(&out);
    assert_false(report_write_text(report, &view, &out));
    assert_int_equal(out.state, BUFFER_FULL);
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_A2_a_list_is_answered_byte_for_byte),
        cmocka_unit_test(test_A2_a_lone_image_is_answered_byte_for_byte),
        cmocka_unit_test(test_A2_features_stand_between_version_and_variant),
        cmocka_unit_test(test_an_empty_list_has_an_empty_archlist),
        cmocka_unit_test(test_strings_are_escaped_as_go_does),
        cmocka_unit_test(
            test_further_keys_stand_in_their_order_only_when_there_is_something_to_say),
        cmocka_unit_test(test_T8_supported_is_equality_and_runs_is_told_besides),
        cmocka_unit_test(test_A3_a_list_is_printed_as_the_reference_does),
        cmocka_unit_test(test_A3_a_lone_image_is_printed_with_its_variant),
        cmocka_unit_test(test_S20_text_from_a_registry_cannot_move_the_cursor),
        cmocka_unit_test(test_output_beyond_the_buffers_ceiling_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
