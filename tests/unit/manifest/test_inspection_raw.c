/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The raw form: byte for byte manifest-tool's for lone images, and for an index its lines in their
 * order, with further keys among them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "documents.h"
#include "inspections.h"

static struct buffer raw_of(const char *image, const char *missing, struct inspection_view view)
{
    char name[NAME_SIZE];
    CLEANUP(inspection_free_p) struct inspection *inspection = inspect_without(image, missing);

    registry_name(name, image);
    return written(inspection_write_raw, inspection, view, name);
}

/* -- against the reference ------------------------------------------------------------------ */

/* The next line without the comma at its end, which depends on what follows. */
static struct slice next_line(struct slice *rest)
{
    ptrdiff_t end = slice_find(*rest, '\n');
    struct slice line = slice_until(*rest, (size_t)end);

    *rest = slice_from(*rest, (size_t)end + 1);
    return slice_ends_with(line, SLICE(",")) ? slice_until(line, line.length - 1) : line;
}

static bool is_one_of_ours(struct slice line)
{
    static const char *const keys[] = {"\"digest\": ",
                                       "\"size\": ",
                                       "\"platform\": {",
                                       "\"architecture\": ",
                                       "\"os\": ",
                                       "\"os.version\": ",
                                       "\"os.features\": [",
                                       "\"variant\": ",
                                       "\"entryAnnotations\": {",
                                       "\"vnd.docker.",
                                       "\"win32k\"",
                                       "]",
                                       "}"};
    struct slice text = slice_trim(line);

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (slice_starts_with(text, slice_from_string(keys[i])))
            return true;
    return false;
}

/* All of the reference's lines, in their order; between them only lines that it loses. */
static void assert_holds(const char *image, struct slice found, struct slice wanted)
{
    while (found.length) {
        struct slice line = next_line(&found);
        struct slice before = wanted;
        if (wanted.length && slice_equal(line, next_line(&wanted)))
            continue;
        wanted = before;
        if (!is_one_of_ours(line))
            fail_msg("%s: '%.*s' is not the reference's", image, (int)line.length, line.data);
    }
    if (wanted.length)
        fail_msg("%s lacks '%.*s'", image, (int)wanted.length, wanted.data);
}

static void compare_raw(const char *image)
{
    char file[NAME_SIZE];

    if (strcmp(image, "lab/oci:nested") == 0)
        return;
    golden_name(file, image, ".raw.json");
    CLEANUP(buffer_release) struct buffer wanted = read_file(file);
    CLEANUP(buffer_release)
    struct buffer found = raw_of(image, "", (struct inspection_view){0});
    if (strstr(wanted.data, "\"manifests\": ["))
        assert_holds(image, buffer_slice(&found), buffer_slice(&wanted));
    else
        assert_string_equal(buffer_string(&found), buffer_string(&wanted));
}

static void test_golden_raw_forms_are_the_references(void **state)
{
    (void)state;
    for_each_image(compare_raw);
}

/* -- what the reference loses --------------------------------------------------------------- */

static struct json *json_of(const char *image, const char *missing)
{
    struct error error = {0};
    CLEANUP(buffer_release)
    struct buffer raw = raw_of(image, missing, (struct inspection_view){0});
    struct json *document = json_parse(buffer_slice(&raw), &error);

    assert_non_null(document);
    return document;
}

static const struct json *child_of(const struct json *index, size_t number)
{
    return json_at(json_get(index, "manifests"), number);
}

static void assert_platform(const struct json *child, const char *os, const char *architecture)
{
    const struct json *platform = json_get(child, "platform");

    assert_string_equal(json_get_string(platform, "os").data, os);
    assert_string_equal(json_get_string(platform, "architecture").data, architecture);
}

static void assert_size(const struct json *child, int64_t wanted)
{
    int64_t size = -1;

    assert_true(json_integer(json_get(child, "size"), &size));
    assert_int_equal(size, wanted);
}

static void test_children_keep_digest_size_platform_and_annotations(void **state)
{
    CLEANUP(json_free_p) struct json *index = json_of("lab/oci:multi", "");
    const struct json *windows = child_of(index, 3);
    const struct json *attestation = child_of(index, 4);

    (void)state;
    assert_string_equal(json_get_string(windows, "digest").data,
                        "sha256:ca80c1f7c591198f90f944ee0eb04138683fa21f4f271c6d79216d64c2dde00e");
    assert_size(windows, 942);
    assert_platform(windows, "windows", "amd64");
    assert_string_equal(json_get_string(json_get(windows, "platform"), "os.version").data,
                        "10.0.20348.2113");
    assert_string_equal(
        json_get_string(json_get(attestation, "entryAnnotations"), "vnd.docker.reference.type")
            .data,
        "attestation-manifest");
}

static void test_L9_a_nested_index_has_its_own_manifests(void **state)
{
    CLEANUP(json_free_p) struct json *index = json_of("lab/oci:nested", "");
    const struct json *inner = child_of(index, 1);

    (void)state;
    assert_string_equal(json_get_string(inner, "mediaType").data, OCI_INDEX);
    assert_string_equal(json_get_string(inner, "digest").data,
                        "sha256:f545a76bca08d260f9f250706de1c74879ac3881ff4f9f0882b9396a0c6ffad4");
    assert_platform(child_of(inner, 0), "linux", "arm64");
    assert_int_equal(json_count(json_get(child_of(inner, 0), "layers")), 2);
}

static void test_L8_a_platform_comes_from_the_configuration_too(void **state)
{
    CLEANUP(json_free_p) struct json *index = json_of("lab/oci:noplatform-entry", "");

    (void)state;
    assert_platform(child_of(index, 1), "linux", "arm64");
    assert_string_equal(json_get_string(json_get(child_of(index, 1), "platform"), "variant").data,
                        "v8");
}

static void test_a_missing_child_keeps_its_descriptor(void **state)
{
    CLEANUP(json_free_p)
    struct json *index =
        json_of("lab/oci:nested",
                "sha256:619767301bf98e337ca072a707792530b776080c1b877e75ee2d373341793716");
    const struct json *missing = child_of(index, 0);

    (void)state;
    assert_string_equal(json_get_string(missing, "mediaType").data, OCI_MANIFEST);
    assert_size(missing, 664);
    assert_platform(missing, "linux", "amd64");
    assert_string_equal(json_get_string(missing, "problem").data, "missing");
    assert_int_equal(json_kind(json_get(missing, "layers")), JSON_ABSENT);
    assert_int_equal(json_kind(json_get(child_of(index, 1), "problem")), JSON_ABSENT);
}

static void test_a_platform_leaves_only_its_children(void **state)
{
    struct error error = {0};
    CLEANUP(platform_free_p) struct platform *arm64 = platform_parse(SLICE("arm64"), &error);
    CLEANUP(buffer_release)
    struct buffer raw = raw_of("lab/oci:multi", "", (struct inspection_view){.platform = arm64});
    CLEANUP(json_free_p) struct json *index = json_parse(buffer_slice(&raw), &error);

    (void)state;
    assert_int_equal(json_count(json_get(index, "manifests")), 1);
    assert_platform(child_of(index, 0), "linux", "arm64");
}

/* -- with the configuration ----------------------------------------------------------------- */

static void test_an_expanded_image_has_its_configuration(void **state)
{
    CLEANUP(buffer_release)
    struct buffer raw =
        raw_of("lab/oci:linux-arm64v8", "", (struct inspection_view){.is_expanded = true});

    (void)state;
    assert_string_equal(
        raw.data,
        "{\n"
        "    \"schemaVersion\": 2,\n"
        "    \"name\": \"REGISTRY/lab/oci:linux-arm64v8\",\n"
        "    \"digest\": \"sha256:3819efa60e48fef9b4babfd251da2ae756b67e000e8d5680acd874cebf3b36a7\",\n"
        "    \"os\": \"linux\",\n"
        "    \"architecture\": \"arm64\",\n"
        "    \"mediaType\": \"application/vnd.oci.image.manifest.v1+json\",\n"
        "    \"config\": {\n"
        "        \"created\": \"2024-01-01T00:00:00Z\",\n"
        "        \"architecture\": \"arm64\",\n"
        "        \"os\": \"linux\",\n"
        "        \"variant\": \"v8\",\n"
        "        \"config\": {\n"
        "            \"Env\": [\n"
        "                \"PATH=/bin\"\n"
        "            ],\n"
        "            \"Cmd\": [\n"
        "                \"/hello\"\n"
        "            ]\n"
        "        },\n"
        "        \"rootfs\": {\n"
        "            \"type\": \"layers\",\n"
        "            \"diff_ids\": [\n"
        "                \"sha256:bba07a74cf50bd7e30fd69b6e787ab2bf5c7b07b1f44ca2ab44cc10925c4da2b\",\n"
        "                \"sha256:3c28b9c18c3e25a2ddb689f6d600e9d085761abd476b51fd7ba9a1bcc1b12e5f\"\n"
        "            ]\n"
        "        },\n"
        "        \"history\": [\n"
        "            {\n"
        "                \"created\": \"2024-01-01T00:00:00Z\",\n"
        "                \"created_by\": \"COPY file0\"\n"
        "            },\n"
        "            {\n"
        "                \"created\": \"2024-01-01T00:00:00Z\",\n"
        "                \"created_by\": \"COPY file1\"\n"
        "            }\n"
        "        ]\n"
        "    },\n"
        "    \"layers\": [\n"
        "        {\n"
        "            \"mediaType\": \"application/vnd.oci.image.layer.v1.tar+gzip\",\n"
        "            \"digest\": \"sha256:52b24b0f9e8bb0b0827cdee34c261f655a2367bc1ce8428e337ef76c1e5fa389\",\n"
        "            \"size\": 127\n"
        "        },\n"
        "        {\n"
        "            \"mediaType\": \"application/vnd.oci.image.layer.v1.tar+gzip\",\n"
        "            \"digest\": \"sha256:12870763669d6cd32a2a766970e83932a712d0abf3fbf652e4d9cd8abf5b9be5\",\n"
        "            \"size\": 127\n"
        "        }\n"
        "    ]\n"
        "}\n");
}

/* Members of `config` in the order that is wanted, and what is not the specification's. */
static void test_a_configuration_is_sorted_as_the_specification_and_keeps_the_rest(void **state)
{
    struct error error = {0};
    CLEANUP(inspection_free_p)
    struct inspection *inspection = inspect_configured(
        "{\"docker_version\":\"1\",\"os\":\"linux\",\"config\":{\"Healthcheck\":{\"Test\":[\"a\"],"
        "\"Interval\":3e1},\"Labels\":{\"b\":\"2\",\"a\":\"1\"},\"ExposedPorts\":{\"9/tcp\":{},"
        "\"80/tcp\":{}},\"ArgsEscaped\":true,\"User\":\"u\",\"Env\":null},\"author\":\"me\"}");

    (void)state;
    CLEANUP(buffer_release)
    struct buffer raw = written(inspection_write_raw, inspection,
                                (struct inspection_view){.is_expanded = true}, "x");
    CLEANUP(json_free_p) struct json *document = json_parse(buffer_slice(&raw), &error);
    CLEANUP(buffer_release) struct buffer config = BUFFER_INIT(1000);
    struct json_writer writer = json_writer_begin(&config, JSON_COMPACT);
    json_write_value(&writer, json_get(document, "config"));
    assert_string_equal(
        config.data,
        "{\"author\":\"me\",\"architecture\":\"\",\"os\":\"linux\",\"config\":{\"User\":\"u\","
        "\"ExposedPorts\":{\"80/tcp\":{},\"9/tcp\":{}},\"Labels\":{\"a\":\"1\",\"b\":\"2\"},"
        "\"ArgsEscaped\":true,\"Healthcheck\":{\"Test\":[\"a\"],\"Interval\":3e1}},"
        "\"rootfs\":{\"type\":\"\",\"diff_ids\":null},\"docker_version\":\"1\"}");
}

static void test_only_an_image_that_has_a_configuration_is_expanded(void **state)
{
    static const char *const images[] = {"lab/artifact:chart", "lab/oci:multi"};

    (void)state;
    for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
        CLEANUP(buffer_release)
        struct buffer plain = raw_of(images[i], "", (struct inspection_view){0});
        CLEANUP(buffer_release)
        struct buffer expanded =
            raw_of(images[i], "", (struct inspection_view){.is_expanded = true});
        assert_string_equal(plain.data, expanded.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_raw_forms_are_the_references),
        cmocka_unit_test(test_children_keep_digest_size_platform_and_annotations),
        cmocka_unit_test(test_L9_a_nested_index_has_its_own_manifests),
        cmocka_unit_test(test_L8_a_platform_comes_from_the_configuration_too),
        cmocka_unit_test(test_a_missing_child_keeps_its_descriptor),
        cmocka_unit_test(test_a_platform_leaves_only_its_children),
        cmocka_unit_test(test_an_expanded_image_has_its_configuration),
        cmocka_unit_test(test_a_configuration_is_sorted_as_the_specification_and_keeps_the_rest),
        cmocka_unit_test(test_only_an_image_that_has_a_configuration_is_expanded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
