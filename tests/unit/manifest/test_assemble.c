/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists from entries made by hand: the layout, what is kept, what is refused and what is warned of
 * (P17-P25).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "documents.h"
#include "manifest/assemble.h"

enum {
    LIST_MAX = 1 << 20
};

#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define TWOS "2222222222222222222222222222222222222222222222222222222222222222"

static const struct digest ones = {DIGEST_SHA256, "sha256:" ONES};
static const struct digest twos = {DIGEST_SHA256, "sha256:" TWOS};

static struct list_entry image_on(const char *os, const char *architecture, const char *variant)
{
    struct list_entry entry = {
        .source = "a/b:1", .media_type = OCI_MANIFEST, .digest = &ones, .size = 528};

    entry.platform = (struct platform){.os = os, .architecture = architecture, .variant = variant};
    entry.platform.os_version = "";
    return entry;
}

static void assemble(const struct list_plan *plan, struct buffer *out, struct warnings *warnings)
{
    struct error error = {0};

    if (!list_assemble(plan, out, warnings, &error))
        fail_msg("%s", error.message);
}

/* The bytes of a list of these entries without a warning; the caller releases them. */
static struct buffer list_of(enum list_type type, const struct list_entry *entries, size_t count)
{
    CLEANUP(warnings_release) struct warnings warnings = {0};
    struct buffer out = BUFFER_INIT(LIST_MAX);

    assemble(&(struct list_plan){.type = type, .entries = entries, .count = count}, &out,
             &warnings);
    if (warnings.count)
        fail_msg("%s", warnings.lines[0]);
    return out;
}

/* -- the layout ----------------------------------------------------------------------------- */

static void assert_bytes(struct buffer *out, size_t length, const char *digest)
{
    struct digest computed;

    assert_int_equal(out->length, length);
    assert_true(digest_compute(DIGEST_SHA256, buffer_slice(out), &computed));
    assert_string_equal(computed.text, digest);
    buffer_release(out);
}

static void test_P23_two_lists_have_known_digests(void **state)
{
    static const struct spec_annotation annotations[] = {{"a", "x<y"}, {"b", "2"}};
    struct list_entry entries[] = {image_on("linux", "amd64", ""), image_on("linux", "arm", "v7")};
    struct list_plan plan = {.type = LIST_OCI, .entries = entries, .count = 2};
    struct buffer out = BUFFER_INIT(LIST_MAX);

    (void)state;
    entries[1].digest = &twos;
    entries[1].size = 529;
    plan.annotations = annotations;
    plan.annotation_count = 2;
    assemble(&plan, &out, NULL);
    assert_bytes(&out, 726,
                 "sha256:c6f4bcabc03ab95fc49baa5dd09f413512ff7e7a3815d2bb5504c34a1baa535e");
    entries[0].media_type = DOCKER_MANIFEST;
    entries[1].media_type = DOCKER_MANIFEST;
    out = list_of(LIST_DOCKER, entries, 2);
    assert_bytes(&out, 706,
                 "sha256:7918fa612b49ab7a2c1c7863f8d369266d0be63cfb975208ce46864b36b56e3a");
}

static void test_P22_a_platform_is_written_in_the_references_order(void **state)
{
    static const char *const os_features[] = {"win32k", "<"};
    static const char *const features[] = {"sse4", "aes"};
    struct list_entry entry = image_on("windows", "arm64", "v8");
    CLEANUP(warnings_release) struct warnings warnings = {0};
    struct buffer out = BUFFER_INIT(LIST_MAX);

    (void)state;
    entry.media_type = DOCKER_MANIFEST;
    entry.platform.os_version = "10.0.1";
    entry.platform.os_features = os_features;
    entry.platform.os_feature_count = 2;
    entry.features = features;
    entry.feature_count = 2;
    assemble(&(struct list_plan){.type = LIST_DOCKER, .entries = &entry, .count = 1}, &out,
             &warnings);
    assert_string_equal(buffer_string(&out), "{\n"
                                             "  \"schemaVersion\": 2,\n"
                                             "  \"mediaType\": \"" DOCKER_LIST "\",\n"
                                             "  \"manifests\": [\n"
                                             "    {\n"
                                             "      \"mediaType\": \"" DOCKER_MANIFEST "\",\n"
                                             "      \"size\": 528,\n"
                                             "      \"digest\": \"sha256:" ONES "\",\n"
                                             "      \"platform\": {\n"
                                             "        \"architecture\": \"arm64\",\n"
                                             "        \"os\": \"windows\",\n"
                                             "        \"os.version\": \"10.0.1\",\n"
                                             "        \"os.features\": [\n"
                                             "          \"win32k\",\n"
                                             "          \"\\u003c\"\n"
                                             "        ],\n"
                                             "        \"variant\": \"v8\",\n"
                                             "        \"features\": [\n"
                                             "          \"sse4\",\n"
                                             "          \"aes\"\n"
                                             "        ]\n"
                                             "      }\n"
                                             "    }\n"
                                             "  ]\n"
                                             "}");
    assert_int_equal(warnings.count, 1);
    assert_string_equal(warnings.lines[0],
                        "the CPU features of 'a/b:1' are in the list; manifest-tool 2 drops them, "
                        "and so has another digest");
    buffer_release(&out);
}

static void test_an_index_has_no_place_for_cpu_features(void **state)
{
    static const char *const features[] = {"sse4"};
    struct list_entry entry = image_on("linux", "amd64", "");
    CLEANUP(warnings_release) struct warnings warnings = {0};
    struct buffer plain = list_of(LIST_OCI, &entry, 1);
    struct buffer out = BUFFER_INIT(LIST_MAX);

    (void)state;
    entry.features = features;
    entry.feature_count = 1;
    assemble(&(struct list_plan){.type = LIST_OCI, .entries = &entry, .count = 1}, &out, &warnings);
    assert_string_equal(buffer_string(&out), buffer_string(&plain));
    assert_int_equal(warnings.count, 1);
    assert_string_equal(warnings.lines[0], "the CPU features of 'a/b:1' are left out, an OCI index "
                                           "has no place for them");
    buffer_release(&out);
    buffer_release(&plain);
}

/* -- what an entry brings along ------------------------------------------------------------- */

#define EMPTY_DIGEST "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define ALONG                                                                  \
    "\"annotations\":{\"b\":\"2\",\"a.c\":\"<\",\"a\":\"\"},\"urls\":[\"u\"]," \
    "\"artifactType\":\"x/y\",\"data\":\"e30=\",\"unknown\":1"

/* The index of one entry that `descriptor` describes. */
static struct manifest *read_index(const char *descriptor)
{
    struct error error = {0};
    struct buffer body = BUFFER_INIT(4096);

    assert_true(buffer_format(&body, "{\"schemaVersion\":2,\"manifests\":[%s]}", descriptor));
    struct manifest *manifest = parse_as(buffer_string(&body), OCI_INDEX, "", &error);
    if (!manifest)
        fail_msg("%s: %s", descriptor, error.message);
    buffer_release(&body);
    return manifest;
}

static struct list_entry entry_from(const struct descriptor *descriptor)
{
    return (struct list_entry){
        .source = "a/b:1",
        .media_type = descriptor->media_type,
        .digest = &descriptor->digest,
        .size = descriptor->size,
        .platform = descriptor->platform,
        .descriptor = descriptor->json,
        .is_attestation = descriptor->is_attestation,
    };
}

static void test_T37_P25_an_index_keeps_what_a_descriptor_says(void **state)
{
    CLEANUP(manifest_free_p)
    struct manifest *index = read_index("{" TYPE(
        OCI_MANIFEST) ",\"digest\":\"" EMPTY_DIGEST "\",\"size\":2,\"platform\":{\"os\":\"linux\","
                      "\"architecture\":\"arm\",\"features\":[\"x\"]}," ALONG "}");
    struct list_entry entry = entry_from(&index->entries[0]);
    struct buffer out = list_of(LIST_OCI, &entry, 1);

    (void)state;
    assert_non_null(strstr(buffer_string(&out), "      \"digest\": \"" EMPTY_DIGEST "\",\n"
                                                "      \"size\": 2,\n"
                                                "      \"urls\": [\n"
                                                "        \"u\"\n"
                                                "      ],\n"
                                                "      \"annotations\": {\n"
                                                "        \"a\": \"\",\n"
                                                "        \"a.c\": \"\\u003c\",\n"
                                                "        \"b\": \"2\"\n"
                                                "      },\n"
                                                "      \"data\": \"e30=\",\n"
                                                "      \"platform\": {\n"
                                                "        \"architecture\": \"arm\",\n"
                                                "        \"os\": \"linux\"\n"
                                                "      },\n"
                                                "      \"artifactType\": \"x/y\"\n"
                                                "    }\n"));
    buffer_release(&out);
}

static void test_P24_a_docker_list_keeps_annotations_alone(void **state)
{
    CLEANUP(manifest_free_p)
    struct manifest *index =
        read_index("{" TYPE(DOCKER_MANIFEST) ",\"digest\":\"" EMPTY_DIGEST
                                             "\",\"size\":2,\"platform\":{\"os\":\"linux\","
                                             "\"architecture\":\"arm\"}," ALONG "}");
    struct list_entry entry = entry_from(&index->entries[0]);
    struct buffer out = list_of(LIST_DOCKER, &entry, 1);

    (void)state;
    assert_non_null(strstr(buffer_string(&out), "      \"size\": 2,\n"
                                                "      \"digest\": \"" EMPTY_DIGEST "\",\n"
                                                "      \"annotations\": {\n"
                                                "        \"a\": \"\",\n"
                                                "        \"a.c\": \"\\u003c\",\n"
                                                "        \"b\": \"2\"\n"
                                                "      },\n"
                                                "      \"platform\": {\n"
                                                "        \"architecture\": \"arm\",\n"
                                                "        \"os\": \"linux\"\n"
                                                "      }\n"
                                                "    }\n"));
    buffer_release(&out);
}

static void test_P25_data_that_is_not_the_digests_is_left_out(void **state)
{
    static const char *const rows[] = {"e30=", "e31=", "e30", "e3s=", "!", "e30gCg=="};
    static const bool are_kept[] = {true, false, false, false, false, false};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(warnings_release) struct warnings warnings = {0};
        struct buffer descriptor = BUFFER_INIT(1024);
        struct buffer out = BUFFER_INIT(LIST_MAX);
        assert_true(
            buffer_format(&descriptor,
                          "{" TYPE(OCI_MANIFEST) ",\"digest\":\"" EMPTY_DIGEST
                                                 "\",\"size\":2,\"platform\":{\"os\":\"linux\","
                                                 "\"architecture\":\"arm\"},\"data\":\"%s\"}",
                          rows[i]));
        CLEANUP(manifest_free_p) struct manifest *index = read_index(buffer_string(&descriptor));
        struct list_entry entry = entry_from(&index->entries[0]);
        assemble(&(struct list_plan){.type = LIST_OCI, .entries = &entry, .count = 1}, &out,
                 &warnings);
        assert_int_equal(strstr(buffer_string(&out), "\"data\"") != NULL, are_kept[i]);
        assert_int_equal(warnings.count, !are_kept[i]);
        if (warnings.count)
            assert_string_equal(warnings.lines[0], "the data embedded for 'a/b:1' is not what its "
                                                   "digest names, and is left out");
        buffer_release(&out);
        buffer_release(&descriptor);
    }
}

static void test_P18_attestations_are_put_last_as_they_stand(void **state)
{
    static const char attestation[] =
        "{" TYPE(OCI_MANIFEST) "," DIGEST
                               ",\"size\":7,\"artifactType\":\"application/vnd.in-toto\"}";
    CLEANUP(manifest_free_p) struct manifest *index = read_index(attestation);
    struct list_entry entries[] = {entry_from(&index->entries[0]), image_on("linux", "amd64", ""),
                                   entry_from(&index->entries[0]), image_on("linux", "arm", "v7")};
    struct buffer out = list_of(LIST_OCI, entries, 4);
    const char *last_image = strstr(buffer_string(&out), "\"variant\": \"v7\"");
    const char *first_attestation = strstr(buffer_string(&out), HEX64);

    (void)state;
    assert_true(last_image && first_attestation && last_image < first_attestation);
    assert_null(strstr(first_attestation, "\"platform\""));
    buffer_release(&out);
    /* A Docker list's entries all have one. */
    CLEANUP(warnings_release) struct warnings warnings = {0};
    struct buffer docker = BUFFER_INIT(LIST_MAX);
    assemble(&(struct list_plan){.type = LIST_DOCKER, .entries = entries, .count = 1}, &docker,
             &warnings);
    assert_non_null(strstr(buffer_string(&docker), "\"platform\": {\n"
                                                   "        \"architecture\": \"\",\n"
                                                   "        \"os\": \"\"\n"
                                                   "      }"));
    buffer_release(&docker);
}

/* -- what is refused and warned of ---------------------------------------------------------- */

static void assert_refused_plan(const struct list_plan *plan, enum error_code code,
                                const char *message)
{
    CLEANUP(warnings_release) struct warnings warnings = {0};
    struct buffer out = BUFFER_INIT(LIST_MAX);
    struct error error = {0};

    assert_false(list_assemble(plan, &out, &warnings, &error));
    assert_string_equal(error.message, message);
    assert_int_equal(error.code, code);
    assert_int_equal(out.length, 0);
    buffer_release(&out);
}

static void test_P17_only_two_words_are_types(void **state)
{
    enum list_type type = LIST_DOCKER;
    struct error error = {0};

    (void)state;
    assert_true(list_type_parse(SLICE("oci"), &type, &error));
    assert_int_equal(type, LIST_OCI);
    assert_string_equal(list_type_media_type(type), OCI_INDEX);
    assert_true(list_type_parse(SLICE("docker"), &type, &error));
    assert_int_equal(type, LIST_DOCKER);
    assert_string_equal(list_type_media_type(type), DOCKER_LIST);
    assert_false(list_type_parse(SLICE("OCI"), &type, &error));
    assert_string_equal(error.message, "the type 'OCI' is neither docker nor oci");
    assert_false(list_type_parse(SLICE(""), &type, &error));
}

static void test_P17_a_docker_list_has_no_annotations(void **state)
{
    static const struct spec_annotation annotation = {"a", "b"};
    struct list_entry entry = image_on("linux", "amd64", "");

    (void)state;
    assert_refused_plan(&(struct list_plan){.type = LIST_DOCKER,
                                            .entries = &entry,
                                            .count = 1,
                                            .annotations = &annotation,
                                            .annotation_count = 1},
                        ERROR_INVALID,
                        "a Docker list has no annotations; an OCI index has (type oci)");
}

static void test_a_list_has_1_to_1000_entries(void **state)
{
    (void)state;
    assert_refused_plan(&(struct list_plan){.type = LIST_OCI}, ERROR_INVALID,
                        "there is nothing to list");
    assert_refused_plan(&(struct list_plan){.type = LIST_OCI, .count = INDEX_ENTRIES_MAX + 1},
                        ERROR_TOO_LARGE, "1001 entries, more than 1000");
}

static void test_P18_a_platform_is_there_once(void **state)
{
    struct list_entry entries[] = {image_on("linux", "arm", "v6"), image_on("linux", "arm", "v7"),
                                   image_on("linux", "arm", "v7")};
    struct list_plan plan = {.type = LIST_OCI, .entries = entries, .count = 3};

    (void)state;
    entries[1].source = "a/b:arm";
    entries[2].source = "c/d:arm\x1b";
    assert_refused_plan(&plan, ERROR_INVALID,
                        "both 'a/b:arm' and 'c/d:arm\\x1b' are for linux/arm/v7");
}

static void test_P18_platforms_are_compared_to_the_letter(void **state)
{
    static const char *const features[] = {"win32k", "other"};
    struct list_entry entries[] = {
        image_on("linux", "arm64", ""),   image_on("linux", "arm64", "v8"),
        image_on("windows", "amd64", ""), image_on("windows", "amd64", ""),
        image_on("windows", "amd64", ""), image_on("windows", "amd64", ""),
    };
    struct list_plan plan = {.type = LIST_OCI, .entries = entries, .count = 6};

    (void)state;
    entries[3].platform.os_version = "10.0.1";
    entries[4].platform.os_features = &features[0];
    entries[4].platform.os_feature_count = 1;
    entries[5].platform.os_features = &features[1];
    entries[5].platform.os_feature_count = 1;
    struct buffer out = list_of(LIST_OCI, entries, 6);
    buffer_release(&out);
    entries[5].platform.os_features = &features[0];
    assert_refused_plan(&plan, ERROR_INVALID, "both 'a/b:1' and 'a/b:1' are for windows/amd64");
}

static void test_P19_an_unknown_platform_is_refused_but_an_attestations(void **state)
{
    struct list_entry entry = image_on("unknown", "unknown", "");
    struct list_plan plan = {.type = LIST_OCI, .entries = &entry, .count = 1};

    (void)state;
    entry.is_attestation = true;
    struct buffer out = list_of(LIST_OCI, &entry, 1);
    buffer_release(&out);
    entry = image_on("", "", "");
    assert_refused_plan(&plan, ERROR_INVALID, "nothing says which platform 'a/b:1' is for");
}

static void test_P24_annotations_and_urls_are_texts(void **state)
{
    static const char *const rows[][2] = {
        {"\"annotations\":{\"a\":7}", "the annotation 'a' of 'a/b:1' is no text"},
        {"\"annotations\":{\"a\":null}", "the annotation 'a' of 'a/b:1' is no text"},
        {"\"urls\":[7]", "an url of 'a/b:1' is no text"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buffer descriptor = BUFFER_INIT(1024);
        assert_true(
            buffer_format(&descriptor,
                          "{" TYPE(OCI_MANIFEST) "," DIGEST ",\"size\":7,\"platform\":"
                                                 "{\"os\":\"linux\",\"architecture\":\"arm\"},%s}",
                          rows[i][0]));
        CLEANUP(manifest_free_p) struct manifest *index = read_index(buffer_string(&descriptor));
        struct list_entry entry = entry_from(&index->entries[0]);
        assert_refused_plan(&(struct list_plan){.type = LIST_OCI, .entries = &entry, .count = 1},
                            ERROR_UPSTREAM, rows[i][1]);
        buffer_release(&descriptor);
    }
}

static void test_P24_content_of_the_other_family_is_warned_of(void **state)
{
    static const char *const messages[] = {
        [LIST_DOCKER] = "'a/b:1' is an OCI manifest in a Docker list, which not every client reads",
        [LIST_OCI] = "'a/b:1' is a Docker manifest in an OCI index, which not every client reads",
    };
    static const char *const types[] = {[LIST_DOCKER] = OCI_MANIFEST, [LIST_OCI] = DOCKER_MANIFEST};

    (void)state;
    for (int type = LIST_DOCKER; type <= LIST_OCI; type++) {
        CLEANUP(warnings_release) struct warnings warnings = {0};
        struct buffer out = BUFFER_INIT(LIST_MAX);
        struct list_entry entries[] = {image_on("linux", "arm", ""), image_on("linux", "386", "")};
        entries[0].media_type = types[type];
        entries[1].media_type = types[type];
        assemble(&(struct list_plan){.type = (enum list_type)type, .entries = entries, .count = 2},
                 &out, &warnings);
        assert_int_equal(warnings.count, 1);
        assert_string_equal(warnings.lines[0], messages[type]);
        buffer_release(&out);
    }
}

static void test_a_list_that_does_not_fit_is_too_large(void **state)
{
    struct list_entry entry = image_on("linux", "amd64", "");
    struct list_plan plan = {.type = LIST_OCI, .entries = &entry, .count = 1};
    struct buffer out = BUFFER_INIT(100);
    struct error error = {0};

    (void)state;
    assert_false(list_assemble(&plan, &out, NULL, &error));
    assert_int_equal(error.code, ERROR_TOO_LARGE);
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_P23_two_lists_have_known_digests),
        cmocka_unit_test(test_P22_a_platform_is_written_in_the_references_order),
        cmocka_unit_test(test_an_index_has_no_place_for_cpu_features),
        cmocka_unit_test(test_T37_P25_an_index_keeps_what_a_descriptor_says),
        cmocka_unit_test(test_P24_a_docker_list_keeps_annotations_alone),
        cmocka_unit_test(test_P25_data_that_is_not_the_digests_is_left_out),
        cmocka_unit_test(test_P18_attestations_are_put_last_as_they_stand),
        cmocka_unit_test(test_P17_only_two_words_are_types),
        cmocka_unit_test(test_P17_a_docker_list_has_no_annotations),
        cmocka_unit_test(test_a_list_has_1_to_1000_entries),
        cmocka_unit_test(test_P18_a_platform_is_there_once),
        cmocka_unit_test(test_P18_platforms_are_compared_to_the_letter),
        cmocka_unit_test(test_P19_an_unknown_platform_is_refused_but_an_attestations),
        cmocka_unit_test(test_P24_annotations_and_urls_are_texts),
        cmocka_unit_test(test_P24_content_of_the_other_family_is_warned_of),
        cmocka_unit_test(test_a_list_that_does_not_fit_is_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
