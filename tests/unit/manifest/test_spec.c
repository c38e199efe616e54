/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Specs as YAML and as JSON (P19).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "manifest/spec.h"

static struct spec *parse_as(const char *text, enum spec_syntax syntax)
{
    struct error error = {0};
    struct spec *spec =
        spec_parse(slice_from_string(text), "spec", syntax, SPEC_REFUSE_UNKNOWN, &error);

    if (!spec)
        fail_msg("%s: %s", text, error.message);
    return spec;
}

static struct spec *parse(const char *text)
{
    return parse_as(text, SPEC_YAML);
}

/* -- what is read --------------------------------------------------------------------------- */

static const char whole_yaml[] = "image: reg.example/a/b:1.0\n"
                                 "tags: [1.0, \"1\", 1, latest]\n"
                                 "annotations:\n"
                                 "  b: 2\n"
                                 "  a: x<y\n"
                                 "  B: ~\n"
                                 "manifests:\n"
                                 "  - image: reg.example/a/b:arm\n"
                                 "    platform:\n"
                                 "      architecture: arm\n"
                                 "      os: linux\n"
                                 "      variant: v7\n"
                                 "      features: [sse, aes]\n"
                                 "  - platform: {os: windows, architecture: amd64,\n"
                                 "      osversion: 10.0.17763.9999, osfeatures: [win32k, other]}\n"
                                 "    image: debian\n"
                                 "  - image: a/c\n"
                                 "    platform:\n";

static const char whole_json[] =
    "{\"image\": \"reg.example/a/b:1.0\", \"tags\": [1.0, \"1\", 1, \"latest\"],\n"
    " \"annotations\": {\"b\": 2, \"a\": \"x<y\", \"B\": null},\n"
    " \"manifests\": [\n"
    "  {\"image\": \"reg.example/a/b:arm\", \"platform\": {\"architecture\": \"arm\",\n"
    "   \"os\": \"linux\", \"variant\": \"v7\", \"features\": [\"sse\", \"aes\"]}},\n"
    "  {\"image\": \"debian\", \"platform\": {\"os\": \"windows\", \"architecture\": \"amd64\",\n"
    "   \"os.version\": \"10.0.17763.9999\", \"os.features\": [\"win32k\", \"other\"]}},\n"
    "  {\"image\": \"a/c\", \"platform\": null}]}";

static void assert_annotation(const struct spec *spec, size_t place, const char *key,
                              const char *value)
{
    assert_string_equal(spec->annotations[place].key, key);
    assert_string_equal(spec->annotations[place].value, value);
}

static void assert_platform(const struct spec_entry *entry, const char *os,
                            const char *architecture, const char *variant, const char *version)
{
    assert_string_equal(entry->platform.os, os);
    assert_string_equal(entry->platform.architecture, architecture);
    assert_string_equal(entry->platform.variant, variant);
    assert_string_equal(entry->platform.os_version, version);
}

static void check_whole(const struct spec *spec)
{
    assert_string_equal(spec->image, "reg.example/a/b:1.0");
    assert_string_equal(spec->target->repository, "a/b");
    /* each once, the target's own not, with the text they have */
    assert_int_equal(spec->tag_count, 2);
    assert_string_equal(spec->tags[0], "1");
    assert_string_equal(spec->tags[1], "latest");
    assert_int_equal(spec->annotation_count, 3);
    assert_annotation(spec, 0, "B", "");
    assert_annotation(spec, 1, "a", "x<y");
    assert_annotation(spec, 2, "b", "2");
    assert_int_equal(spec->entry_count, 3);
    assert_string_equal(spec->entries[0].image, "reg.example/a/b:arm");
    assert_string_equal(spec->entries[0].reference->tag, "arm");
    assert_platform(&spec->entries[0], "linux", "arm", "v7", "");
    assert_int_equal(spec->entries[0].feature_count, 2);
    assert_string_equal(spec->entries[0].features[1], "aes");
    assert_string_equal(spec->entries[1].image, "debian");
    assert_string_equal(spec->entries[1].reference->repository, "library/debian");
    assert_platform(&spec->entries[1], "windows", "amd64", "", "10.0.17763.9999");
    assert_int_equal(spec->entries[1].platform.os_feature_count, 2);
    assert_string_equal(spec->entries[1].platform.os_features[0], "win32k");
    assert_int_equal(spec->entries[1].feature_count, 0);
    assert_platform(&spec->entries[2], "", "", "", "");
    assert_int_equal(spec->warnings.count, 0);
}

static void test_P19_a_spec_is_read_with_all_it_says(void **state)
{
    CLEANUP(spec_free_p) struct spec *yaml = parse(whole_yaml);
    CLEANUP(spec_free_p) struct spec *json = parse_as(whole_json, SPEC_JSON);

    (void)state;
    check_whole(yaml);
    check_whole(json);
}

static void test_anchors_aliases_and_merges_work(void **state)
{
    CLEANUP(spec_free_p)
    struct spec *spec = parse("image: a/b\n"
                              "manifests:\n"
                              "  - image: a/b:1\n"
                              "    platform: &base {os: windows, architecture: amd64,\n"
                              "                     os.version: 10.0.1}\n"
                              "  - image: a/b:2\n"
                              "    platform:\n"
                              "      <<: *base\n"
                              "      os.version: 10.0.2\n");

    (void)state;
    assert_platform(&spec->entries[0], "windows", "amd64", "", "10.0.1");
    assert_platform(&spec->entries[1], "windows", "amd64", "", "10.0.2");
}

static void test_json_may_hold_what_yaml_refuses(void **state)
{
    CLEANUP(spec_free_p)
    struct spec *spec =
        parse_as("{\"image\":\"a/b\",\"annotations\":{\"a\":\"\\ud83d\\ude00 \\/\"},"
                 "\"manifests\":[{\"image\":\"a/b:1\"}]}",
                 SPEC_JSON);

    (void)state;
    assert_annotation(spec, 0, "a", "\xf0\x9f\x98\x80 /");
}

static void test_a_platform_may_name_all_but_os_and_architecture(void **state)
{
    CLEANUP(spec_free_p)
    struct spec *spec = parse("image: a/b\nmanifests: [{image: a, platform: {variant: v6}}]\n");

    (void)state;
    assert_platform(&spec->entries[0], "", "", "v6", "");
}

/* -- what is refused ------------------------------------------------------------------------ */

#define SOURCES   "manifests: [{image: a}]\n"
#define ON(words) "image: a\nmanifests:\n- image: b\n  platform: {" words "}\n"

static const struct {
    const char *text;
    const char *message;
} refused[] = {
    {"", "spec:1:1: no target image is given"},
    {"# nothing\n", "spec:1:1: no target image is given"},
    {"a text\n", "spec:1:1: expected keys and their values"},
    {SOURCES, "spec:1:1: no target image is given"},
    {"image: ~\n" SOURCES, "spec:1:1: no target image is given"},
    {"image: a\n", "spec:1:1: no source image is given"},
    {"image: a\nmanifests: []\n", "spec:1:1: no source image is given"},
    {"image: [a]\n" SOURCES, "spec:1:8: expected a text"},
    {"image: A/b:c:d\n" SOURCES, "spec:1:8: "},
    {"image: a\nmanifests: {}\n", "spec:2:12: expected a list"},
    {"image: a\nmanifests: [\n", "spec:3:1: did not find expected node content"},
    {"image: a\nmanifests:\n- b\n", "spec:3:3: expected keys and their values"},
    {"image: a\nmanifests:\n- platform: {}\n", "spec:3:3: a source without 'image'"},
    {"image: a\nmanifests:\n- image:\n", "spec:3:3: a source without 'image'"},
    {"image: a\nmanifests:\n- image: {}\n", "spec:3:10: expected a text"},
    {"image: a\nmanifests:\n- image: ''\n", "spec:3:10: "},
    {"image: a\ntags: b\n" SOURCES, "spec:2:7: expected a list"},
    {"image: a\ntags: [b, -c]\n" SOURCES, "spec:2:11: '-c' cannot be a tag"},
    {"image: a\ntags: [[b]]\n" SOURCES, "spec:2:8: expected a text"},
    {"image: a\nannotations: [b]\n" SOURCES, "spec:2:14: expected names and their values"},
    {"image: a\nannotations: {b: [c]}\n" SOURCES, "spec:2:18: expected a text"},
    {"image: a\nannotations: {'': c}\n" SOURCES, "spec:2:15: an annotation has no name"},
    {"image: a\nannotations: {b: c, b: d}\n" SOURCES, "spec:2:21: repeated key"},
    {"image: a\nimage: b\n" SOURCES, "spec:2:1: repeated key"},
    {"image: a@sha256:0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f\n" SOURCES,
     "spec:1:8: the target '"},
    /* keys */
    {"image: a\nmanifest: []\n", "spec:2:1: unknown key 'manifest', did you mean 'manifests'?"},
    {"Image: a\n" SOURCES, "spec:1:1: unknown key 'Image', did you mean 'image'?"},
    {"image: a\nmanifests:\n- {image: b, arch: c}\n", "spec:3:14: unknown key 'arch'"},
    {ON("os: linux, architecture: arm, variants: v7"),
     "spec:4:44: unknown key 'variants', did you mean 'variant'?"},
    {ON("os: linux, architecture: arm, osVersion: 1"),
     "spec:4:44: unknown key 'osVersion', did you mean 'osversion'?"},
    /* platforms */
    {ON("os: linux"), "spec:4:13: the platform of 'b' has no architecture"},
    {ON("architecture: arm"), "spec:4:13: the platform of 'b' has no os"},
    {ON("os: linux, architecture: pdp11"),
     "spec:4:13: the architecture 'pdp11' of 'b' is none of 386, amd64, arm, arm64, "},
    {ON("os: Linux, architecture: arm"), "spec:4:13: the os 'Linux' of 'b' is none of aix, "},
    {ON("os: linux, architecture: arm, variant: v9"),
     "spec:4:13: the variant 'v9' of 'b' is none of v5, v6, v7, v8"},
    {ON("os: linux, architecture: [arm]"), "spec:4:39: expected a text"},
    {ON("os: linux, architecture: arm, features: sse"), "spec:4:54: expected a list"},
    {ON("os: linux, architecture: arm, features: [{}]"), "spec:4:55: expected a text"},
    {ON("osversion: 1, os.version: 1"), "spec:4:40: given twice, by two names"},
    {ON("osfeatures: [a], os.features: []"), "spec:4:44: given twice, by two names"},
    {"image: a\nmanifests:\n- image: b\n  platform: linux/arm\n",
     "spec:4:13: expected keys and their values"},
};

static void test_P19_what_is_wrong_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct error error = {0};
        struct spec *spec = spec_parse(slice_from_string(refused[i].text), "spec", SPEC_YAML,
                                       SPEC_REFUSE_UNKNOWN, &error);
        if (spec)
            fail_msg("accepted: %s", refused[i].text);
        if (strncmp(error.message, refused[i].message, strlen(refused[i].message)) != 0)
            fail_msg("%s: %s", refused[i].text, error.message);
        assert_int_equal(error.code, ERROR_INVALID);
    }
}

static void test_json_is_refused_with_its_place(void **state)
{
    struct error error = {0};

    (void)state;
    assert_null(spec_parse(SLICE("{\"image\": \"a\",\n \"manifests\": [{\"imaeg\": \"b\"}]}"),
                           "spec", SPEC_JSON, SPEC_REFUSE_UNKNOWN, &error));
    assert_string_equal(error.message, "spec:2:17: unknown key 'imaeg', did you mean 'image'?");
    assert_null(spec_parse(SLICE("{\"image\": \"a\",\n manifests: []}"), "spec", SPEC_JSON,
                           SPEC_REFUSE_UNKNOWN, &error));
    assert_string_equal(error.message, "spec:2:2: expected a key in double quotes");
    assert_null(spec_parse(SLICE("image: a\n"), "spec", SPEC_JSON, SPEC_REFUSE_UNKNOWN, &error));
    assert_string_equal(error.message, "spec:1:1: expected an object or an array");
}

static void test_unknown_keys_can_be_passed_over_with_a_warning(void **state)
{
    struct error error = {0};
    CLEANUP(spec_free_p)
    struct spec *spec =
        spec_parse(SLICE("Image: x\nimage: a\nmanifests:\n- image: b\n  platforms: 1\n"), "a\x1b",
                   SPEC_YAML, SPEC_WARN_UNKNOWN, &error);

    (void)state;
    assert_non_null(spec);
    assert_string_equal(spec->image, "a");
    assert_int_equal(spec->warnings.count, 2);
    assert_string_equal(spec->warnings.lines[0], "a\\x1b:1:1: the unknown key 'Image' is passed "
                                                 "over, did you mean 'image'?");
    assert_string_equal(spec->warnings.lines[1],
                        "a\\x1b:5:3: the unknown key 'platforms' is passed "
                        "over, did you mean 'platform'?");
}

static void test_an_unknown_key_that_was_passed_over_is_told_with_the_error(void **state)
{
    struct error error = {0};

    (void)state;
    assert_null(spec_parse(SLICE("image: a\nmanifestos:\n- image: b\n"), "a", SPEC_YAML,
                           SPEC_WARN_UNKNOWN, &error));
    assert_int_equal(error.code, ERROR_INVALID);
    assert_string_equal(error.message, "a:1:1: no source image is given; a:2:1: the unknown key "
                                       "'manifestos' is passed over, did you mean 'manifests'?");
}

/* -- limits --------------------------------------------------------------------------------- */

static void refuse_many(const char *head, const char *item, size_t count, const char *tail,
                        const char *message)
{
    struct error error = {0};
    struct buffer text = BUFFER_INIT((size_t)SPEC_SIZE_MAX * 2);

    assert_true(buffer_append_string(&text, head));
    for (size_t i = 0; i < count; i++)
        assert_true(buffer_format(&text, "%s%zu", item, i));
    assert_true(buffer_append_string(&text, tail));
    assert_null(spec_parse(buffer_slice(&text), "spec", SPEC_YAML, SPEC_REFUSE_UNKNOWN, &error));
    assert_string_equal(error.message, message);
    assert_int_equal(error.code, ERROR_TOO_LARGE);
    buffer_release(&text);
}

static void test_limits_are_told(void **state)
{
    (void)state;
    refuse_many("image: a\nmanifests:", "\n- image: a:", SPEC_ENTRIES_MAX + 1, "\n",
                "spec:1003:10: more than 1000 sources");
    refuse_many("image: a\ntags:", "\n- ", SPEC_TAGS_MAX + 1, "\n",
                "spec:1003:3: more than 1000 tags");
    refuse_many("image: a\nannotations:", "\n  ? a", SPEC_ANNOTATIONS_MAX + 1, "\n",
                "spec:1003:5: more than 1000 annotations");
    refuse_many("image: a\nmanifests:\n- image: b\n  platform:\n    features:", "\n    - f",
                SPEC_FEATURES_MAX + 1, "\n", "spec:6:5: more than 32 features");
    refuse_many("#", "a text that is longer than anybody writes", 30000, "",
                "spec: larger than 1048576 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_P19_a_spec_is_read_with_all_it_says),
        cmocka_unit_test(test_anchors_aliases_and_merges_work),
        cmocka_unit_test(test_json_may_hold_what_yaml_refuses),
        cmocka_unit_test(test_a_platform_may_name_all_but_os_and_architecture),
        cmocka_unit_test(test_P19_what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(test_json_is_refused_with_its_place),
        cmocka_unit_test(test_unknown_keys_can_be_passed_over_with_a_warning),
        cmocka_unit_test(test_an_unknown_key_that_was_passed_over_is_told_with_the_error),
        cmocka_unit_test(test_limits_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
