/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Differences between the golden images.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "inspections.h"
#include "manifest/difference.h"

enum {
    TEXT_MAX = 256 * 1024
};

typedef bool (*write_function)(const struct difference *difference,
                               const struct difference_view *view, struct buffer *out);

/* Appends the text; says whether nothing differs. */
static bool compare(const struct inspection *before, const struct inspection *after,
                    write_function write, struct buffer *out)
{
    const struct difference_view view = {SLICE("a"), SLICE("b")};
    struct error error = {0};

    CLEANUP(difference_free_p)
    struct difference *difference = difference_new(before, after, &error);
    assert_non_null(difference);
    assert_true(write(difference, &view, out));
    return difference_is_none(difference);
}

static bool compare_golden(const char *before_name, const char *after_name, write_function write,
                           struct buffer *out)
{
    CLEANUP(inspection_free_p) struct inspection *before = inspect_golden(before_name);
    CLEANUP(inspection_free_p) struct inspection *after = inspect_golden(after_name);

    return compare(before, after, write, out);
}

static void test_an_image_does_not_differ_from_itself(void **state)
{
    (void)state;
    static const char *const names[] = {
        "lab/docker:multi",   "lab/oci:multi", "lab/oci:nested",       "lab/docker:noplatform",
        "lab/artifact:chart", "lab/oci:empty", "lab/oci:windows-2022", "lab/oci:duplicate"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
        assert_true(compare_golden(names[i], names[i], difference_write_text, &text));
        assert_int_equal(text.length, 0);
    }
}

static void assert_has(const struct buffer *text, const char *words)
{
    if (!strstr(buffer_string(text), words))
        fail_msg("'%s' is not in\n%s", words, buffer_string(text));
}

static void test_what_only_one_has_stands_with_its_sign(void **state)
{
    (void)state;
    CLEANUP(buffer_release) struct buffer less = BUFFER_INIT(TEXT_MAX);
    CLEANUP(buffer_release) struct buffer more = BUFFER_INIT(TEXT_MAX);

    assert_false(
        compare_golden("lab/docker:multi", "lab/docker:linux-amd64", difference_write_text, &less));
    assert_has(&less, "--- a (digest: sha256:");
    assert_has(&less, "+++ b (digest: sha256:");
    assert_has(&less, " - linux/arm/v7: ");
    assert_null(strstr(buffer_string(&less), "linux/amd64"));

    assert_false(
        compare_golden("lab/docker:linux-amd64", "lab/docker:multi", difference_write_text, &more));
    assert_has(&more, " + linux/arm/v7: ");
    assert_null(strstr(buffer_string(&more), "linux/amd64"));
}

static void test_L6_windows_of_two_versions_is_one_platform_that_changed(void **state)
{
    (void)state;
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

    assert_false(compare_golden("lab/oci:windows-2019", "lab/oci:windows-2022",
                                difference_write_text, &text));
    assert_has(&text, " * windows/amd64:10.0.20348.2113: ");
}

static void test_one_image_in_two_formats_differs_in_its_types(void **state)
{
    (void)state;
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

    assert_false(compare_golden("lab/docker:linux-amd64", "lab/oci:linux-amd64",
                                difference_write_text, &text));
    assert_has(&text, " * linux/amd64: ");
    assert_has(&text, "   type: application/vnd.docker.distribution.manifest.v2+json -> "
                      "application/vnd.oci.image.manifest.v1+json\n");
}

static void test_an_image_and_what_is_missing_are_told_apart(void **state)
{
    (void)state;
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
    CLEANUP(inspection_free_p) struct inspection *whole = inspect_golden("lab/docker:multi");
    const char *missing = whole->root.children[0].digest.text;

    CLEANUP(inspection_free_p)
    struct inspection *broken = inspect_without("lab/docker:multi", missing);
    /* Its index names the same image, so nobody need look into it. */
    assert_true(compare(whole, broken, difference_write_text, &text));

    CLEANUP(inspection_free_p) struct inspection *other = inspect_golden("lab/oci:multi");
    assert_false(compare(broken, other, difference_write_text, &text));
    assert_has(&text, "missing -> ");
}

static void test_json_lists_every_platform_and_its_change(void **state)
{
    (void)state;
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
    struct error error = {0};
    bool is_equal = true;

    assert_false(
        compare_golden("lab/docker:multi", "lab/oci:linux-amd64", difference_write_json, &text));
    CLEANUP(json_free_p) struct json *document = json_parse(buffer_slice(&text), &error);
    assert_non_null(document);
    assert_true(json_boolean(json_get(document, "equal"), &is_equal));
    assert_false(is_equal);
    const struct json *platforms = json_get(document, "platforms");
    const struct json *changed = json_at(platforms, 0);
    assert_true(slice_equal_string(json_get_string(changed, "platform"), "linux/amd64"));
    assert_true(slice_equal_string(json_get_string(changed, "change"), "changed"));
    assert_true(json_kind(json_get(json_get(changed, "after"), "totalsize")) == JSON_INTEGER);
    const struct json *removed = json_at(platforms, json_count(platforms) - 1);
    assert_true(slice_equal_string(json_get_string(removed, "change"), "removed"));
    assert_int_equal(json_kind(json_get(removed, "after")), JSON_ABSENT);
}

/* -- layers, of manifests made up here ------------------------------------------------------ */

#define CONFIG(digit)                                                                          \
    "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"size\":2,"       \
    "\"digest\":\"sha256:00000000000000000000000000000000000000000000000000000000000000" digit \
    "\"}"
#define LAYER(digit, size)                                                                     \
    "{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",\"size\":" size ","        \
    "\"digest\":\"sha256:11111111111111111111111111111111111111111111111111111111111111" digit \
    "\"}"
#define MANIFEST(config, layers)                                                                \
    "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\"," config \
    ",\"layers\":[" layers "]}"

static struct inspection *inspect_text(const char *text)
{
    struct inspection *inspection = calloc(1, sizeof(*inspection));
    struct error error = {0};

    assert_non_null(inspection);
    struct inspected *root = &inspection->root;
    struct slice body = slice_from_string(text);
    root->manifest = manifest_parse(body, SLICE(""), SLICE(""), &error);
    if (!root->manifest) {
        fail_msg("%s", error.message);
        return inspection;
    }
    root->media_type = root->manifest->media_type;
    root->size = 1000;
    assert_true(digest_compute(DIGEST_SHA256, body, &root->digest));
    return inspection;
}

#define SHA(digit)  "sha256:11111111111111111111111111111111111111111111111111111111111111" digit
#define SHA0(digit) "sha256:00000000000000000000000000000000000000000000000000000000000000" digit

static void test_layers_are_compared_as_often_as_they_stand_there(void **state)
{
    (void)state;
    static const struct {
        const char *before;
        const char *after;
        const char *lines; /* behind the heads */
    } cases[] = {
        {MANIFEST(CONFIG("01"), LAYER("01", "1024") "," LAYER("02", "24")),
         MANIFEST(CONFIG("01"), LAYER("01", "1024") "," LAYER("03", "3145728")),
         " * no platform: 2.0 KiB -> 3.0 MiB\n"
         "   - " SHA("02") " 24 B\n"
                           "   + " SHA("03") " 3.0 MiB\n"},
        {MANIFEST(CONFIG("01"), LAYER("01", "20") "," LAYER("01", "20")),
         MANIFEST(CONFIG("02"), LAYER("01", "20")),
         " * no platform: 1022 B -> 1022 B\n"
         "   - " SHA("01") " 20 B\n"
                           "   configuration: " SHA0("01") " -> " SHA0("02") "\n"},
        {MANIFEST(CONFIG("01"), LAYER("01", "20") "," LAYER("02", "20")),
         MANIFEST(CONFIG("01"), LAYER("02", "20") "," LAYER("01", "20")),
         " * no platform: 1.0 KiB -> 1.0 KiB\n"
         "   the layers are in another order\n"},
        {MANIFEST(CONFIG("01"), LAYER("01", "20")), MANIFEST(CONFIG("01"), LAYER("01", "20")) " ",
         " * no platform: 1022 B -> 1022 B\n"
         "   only what the manifest says besides, as annotations\n"},
        {MANIFEST(CONFIG("01"), LAYER("01", "9007199254740992")),
         MANIFEST(CONFIG("01"), LAYER("02", "1099511627776")),
         " * no platform: 8192.0 TiB -> 1.0 TiB\n"
         "   - " SHA("01") " 8192.0 TiB\n"
                           "   + " SHA("02") " 1.0 TiB\n"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
        CLEANUP(inspection_free_p) struct inspection *before = inspect_text(cases[i].before);
        CLEANUP(inspection_free_p) struct inspection *after = inspect_text(cases[i].after);
        assert_false(compare(before, after, difference_write_text, &text));
        const char *lines = strstr(buffer_string(&text), "\n *");
        assert_non_null(lines);
        assert_string_equal(lines + 1, cases[i].lines);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_image_does_not_differ_from_itself),
        cmocka_unit_test(test_what_only_one_has_stands_with_its_sign),
        cmocka_unit_test(test_L6_windows_of_two_versions_is_one_platform_that_changed),
        cmocka_unit_test(test_one_image_in_two_formats_differs_in_its_types),
        cmocka_unit_test(test_an_image_and_what_is_missing_are_told_apart),
        cmocka_unit_test(test_json_lists_every_platform_and_its_change),
        cmocka_unit_test(test_layers_are_compared_as_often_as_they_stand_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
