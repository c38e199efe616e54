/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON form of an inspection.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "inspections.h"

#define LAYER_TYPE "application/vnd.oci.image.layer.v1.tar+gzip"

static struct buffer text_of(const char *image, const char *missing, const struct platform *only)
{
    CLEANUP(inspection_free_p) struct inspection *inspection = inspect_without(image, missing);

    return written(inspection_write_json, inspection, (struct inspection_view){.platform = only},
                   image);
}

static struct json *json_of(const char *image, const char *missing, const struct platform *only)
{
    struct error error = {0};
    CLEANUP(buffer_release) struct buffer text = text_of(image, missing, only);
    struct json *document = json_parse(buffer_slice(&text), &error);

    if (!document)
        fail_msg("%s: %s: %s", image, error.message, buffer_string(&text));
    return document;
}

static const struct json *child_of(const struct json *index, size_t number)
{
    return json_at(json_get(index, "manifests"), number);
}

static int64_t integer_of(const struct json *object, const char *key)
{
    int64_t value = -1;

    assert_true(json_integer(json_get(object, key), &value));
    return value;
}

static void assert_member(const struct json *object, const char *key, const char *wanted)
{
    struct slice text = json_get_string(object, key);
    assert_string_equal(text.data ? text.data : "(nothing)", wanted);
}

/* -- whole documents ------------------------------------------------------------------------ */

static void test_a_lone_image_is_one_document(void **state)
{
    CLEANUP(buffer_release) struct buffer text = text_of("lab/oci:linux-armv7", "", NULL);

    (void)state;
    assert_string_equal(
        text.data,
        "{\"name\":\"lab/oci:linux-armv7\",\"kind\":\"image\","
        "\"digest\":\"sha256:6ae8721e6cf9d3563b6b6568318c6cb9d67f0656ca49240402e6e93ce1d1c8e6\","
        "\"mediatype\":\"application/vnd.oci.image.manifest.v1+json\",\"size\":664,"
        "\"platform\":{\"architecture\":\"arm\",\"os\":\"linux\",\"variant\":\"v7\"},"
        "\"config\":{"
        "\"digest\":\"sha256:bce0a16a4b3fbccf1d2583205f3a891f83e20e1af11b53a423139a633755e8ed\","
        "\"mediatype\":\"application/vnd.oci.image.config.v1+json\",\"size\":453,"
        "\"architecture\":\"arm\",\"os\":\"linux\",\"variant\":\"v7\","
        "\"created\":\"2024-01-01T00:00:00Z\",\"cmd\":[\"/hello\"],\"env\":[\"PATH=/bin\"]},"
        "\"layers\":["
        "{\"digest\":\"sha256:b76db8f77d8515bc51e51271e97121d33441f99b81f29596111088fd3fb918c6\","
        "\"mediatype\":\"" LAYER_TYPE "\",\"size\":127},"
        "{\"digest\":\"sha256:a16516fa53a5aa5e398779e84cdeff4049926b441333191955dba6b529f54480\",\"mediatype\":\"" LAYER_TYPE
        "\",\"size\":127}],"
        "\"totalsize\":1371}");
}

static void test_an_artifact_says_what_it_is(void **state)
{
    CLEANUP(json_free_p) struct json *chart = json_of("lab/artifact:chart", "", NULL);

    (void)state;
    assert_member(chart, "kind", "artifact");
    assert_member(chart, "artifacttype", "application/vnd.example.chart");
    assert_member(chart, "artifact", "an artifact of type 'application/vnd.example.chart'");
    assert_int_equal(json_kind(json_get(chart, "platform")), JSON_ABSENT);
    assert_int_equal(json_count(json_get(chart, "layers")), 1);
    assert_member(json_get(chart, "config"), "mediatype", "application/vnd.oci.empty.v1+json");
    assert_int_equal(integer_of(chart, "totalsize"), 511 + 2 + 16);
}

static void test_an_empty_index_lists_nothing(void **state)
{
    CLEANUP(buffer_release) struct buffer text = text_of("lab/oci:empty", "", NULL);

    (void)state;
    assert_string_equal(
        text.data,
        "{\"name\":\"lab/oci:empty\",\"kind\":\"index\","
        "\"digest\":\"sha256:434dee09a34300413d1a44f76a5d34aa8902a405b1462febd8435e0176029ee3\","
        "\"mediatype\":\"application/vnd.oci.image.index.v1+json\",\"size\":101,"
        "\"totalsize\":101,\"manifests\":[],\"attestations\":[]}");
}

/* -- an index ------------------------------------------------------------------------------- */

static void test_children_have_descriptor_platform_facts_and_layers(void **state)
{
    CLEANUP(json_free_p) struct json *index = json_of("lab/oci:multi", "", NULL);
    const struct json *windows = child_of(index, 3);

    (void)state;
    assert_int_equal(json_count(json_get(index, "manifests")), 4);
    assert_member(json_get(index, "annotations"), "org.opencontainers.image.title",
                  "multi <test> & more");
    assert_member(windows, "kind", "image");
    assert_member(windows, "digest",
                  "sha256:ca80c1f7c591198f90f944ee0eb04138683fa21f4f271c6d79216d64c2dde00e");
    assert_int_equal(integer_of(windows, "size"), 942);
    assert_member(json_get(windows, "platform"), "os.version", "10.0.20348.2113");
    assert_member(json_get(windows, "config"), "os", "windows");
    assert_member(json_get(windows, "config"), "created", "2024-01-01T00:00:00Z");
    assert_int_equal(json_count(json_get(windows, "layers")), 3);
    assert_int_equal(json_count(json_get(json_at(json_get(windows, "layers"), 0), "urls")), 1);
    assert_int_equal(integer_of(windows, "totalsize"), 942 + 633 + 1234567 + 125 + 126);
    assert_int_equal(json_kind(json_get(windows, "attests")), JSON_ABSENT);
}

static void test_L7_attestations_stand_apart_with_what_they_attest(void **state)
{
    CLEANUP(json_free_p) struct json *index = json_of("lab/oci:multi", "", NULL);
    const struct json *attestations = json_get(index, "attestations");
    const struct json *layer = json_at(json_get(json_at(attestations, 0), "layers"), 0);

    (void)state;
    assert_int_equal(json_count(attestations), 2);
    assert_member(json_at(attestations, 0), "attests",
                  "sha256:619767301bf98e337ca072a707792530b776080c1b877e75ee2d373341793716");
    assert_member(json_get(json_at(attestations, 0), "entryannotations"),
                  "vnd.docker.reference.type", "attestation-manifest");
    assert_member(json_get(layer, "annotations"), "in-toto.io/predicate-type",
                  "https://slsa.dev/provenance/v0.2");
}

static void test_L9_a_nested_index_has_its_own_manifests(void **state)
{
    CLEANUP(json_free_p) struct json *index = json_of("lab/oci:nested", "", NULL);
    const struct json *inner = child_of(index, 1);

    (void)state;
    assert_member(inner, "kind", "index");
    assert_int_equal(json_kind(json_get(inner, "config")), JSON_ABSENT);
    assert_int_equal(json_kind(json_get(inner, "attestations")), JSON_ABSENT);
    assert_member(json_get(child_of(inner, 0), "platform"), "architecture", "arm64");
    assert_int_equal(integer_of(inner, "totalsize"), 399 + 664 + 455 + 127 + 127);
}

static void test_L8_a_platform_comes_from_the_configuration_too(void **state)
{
    CLEANUP(json_free_p) struct json *index = json_of("lab/oci:noplatform-entry", "", NULL);

    (void)state;
    assert_member(json_get(child_of(index, 1), "platform"), "variant", "v8");
}

static void test_a_missing_child_says_why(void **state)
{
    CLEANUP(json_free_p)
    struct json *index =
        json_of("lab/oci:nested",
                "sha256:619767301bf98e337ca072a707792530b776080c1b877e75ee2d373341793716", NULL);
    const struct json *missing = child_of(index, 0);

    (void)state;
    assert_member(missing, "problem", "missing");
    assert_member(json_get(missing, "platform"), "architecture", "amd64");
    assert_int_equal(integer_of(missing, "size"), 664);
    assert_int_equal(json_kind(json_get(missing, "kind")), JSON_ABSENT);
    assert_int_equal(json_kind(json_get(missing, "totalsize")), JSON_ABSENT);
    assert_member(child_of(index, 1), "kind", "index");
}

static void test_a_platform_leaves_only_its_children_and_their_size(void **state)
{
    struct error error = {0};
    CLEANUP(platform_free_p) struct platform *arm64 = platform_parse(SLICE("arm64"), &error);
    CLEANUP(json_free_p) struct json *index = json_of("lab/oci:multi", "", arm64);

    (void)state;
    assert_int_equal(json_count(json_get(index, "manifests")), 1);
    assert_int_equal(json_count(json_get(index, "attestations")), 0);
    assert_member(json_get(child_of(index, 0), "platform"), "architecture", "arm64");
    assert_int_equal(integer_of(index, "totalsize"), 2399 + 664 + 455 + 127 + 127);
}

/* -- configurations ------------------------------------------------------------------------- */

static void test_facts_of_a_configuration_are_what_an_operator_asks_for(void **state)
{
    CLEANUP(inspection_free_p)
    struct inspection *inspection = inspect_configured(
        "{\"os\":\"linux\",\"author\":\"me\",\"history\":[],\"config\":{\"Labels\":{\"b\":\"2\","
        "\"a\":\"1\"},\"ExposedPorts\":{\"9/tcp\":{},\"80/tcp\":{}},\"Volumes\":{\"/v\":{}},"
        "\"StopSignal\":\"SIGINT\",\"WorkingDir\":\"/w\",\"User\":\"u\",\"Entrypoint\":[\"e\"]}}");

    (void)state;
    CLEANUP(buffer_release)
    struct buffer text =
        written(inspection_write_json, inspection, (struct inspection_view){0}, "x");
    const char *facts = strstr(text.data, "\"architecture\":\"\",\"os\":\"linux\",\"author\"");
    assert_non_null(facts);
    *strstr(facts, ",\"layers\"") = '\0';
    assert_string_equal(
        facts,
        "\"architecture\":\"\",\"os\":\"linux\",\"author\":\"me\",\"user\":\"u\","
        "\"workingdir\":\"/w\",\"entrypoint\":[\"e\"],\"exposedports\":[\"80/tcp\",\"9/tcp\"],"
        "\"volumes\":[\"/v\"],\"stopsignal\":\"SIGINT\",\"labels\":{\"a\":\"1\",\"b\":\"2\"}}");
}

/* -- all ------------------------------------------------------------------------------------ */

static void check_is_json(const char *image)
{
    CLEANUP(json_free_p) struct json *document = json_of(image, "", NULL);

    assert_member(document, "name", image);
    assert_true(integer_of(document, "totalsize") >= integer_of(document, "size"));
}

static void test_every_golden_image_has_a_document(void **state)
{
    (void)state;
    for_each_image(check_is_json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_lone_image_is_one_document),
        cmocka_unit_test(test_an_artifact_says_what_it_is),
        cmocka_unit_test(test_an_empty_index_lists_nothing),
        cmocka_unit_test(test_children_have_descriptor_platform_facts_and_layers),
        cmocka_unit_test(test_L7_attestations_stand_apart_with_what_they_attest),
        cmocka_unit_test(test_L9_a_nested_index_has_its_own_manifests),
        cmocka_unit_test(test_L8_a_platform_comes_from_the_configuration_too),
        cmocka_unit_test(test_a_missing_child_says_why),
        cmocka_unit_test(test_a_platform_leaves_only_its_children_and_their_size),
        cmocka_unit_test(test_facts_of_a_configuration_are_what_an_operator_asks_for),
        cmocka_unit_test(test_every_golden_image_has_a_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
