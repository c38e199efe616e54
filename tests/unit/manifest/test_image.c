/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lone images, their configurations, and artifacts by name (L9, L10, T3, T7, T15).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "documents.h"

#define LAYERS(type)        ",\"layers\":[" DESCRIPTOR(type) "]"
#define ARTIFACT_TYPE(type) ",\"artifactType\":\"" type "\""
#define WITH_LAYER(members) IMAGE(",\"layers\":[" DESCRIPTOR(OCI_LAYER) "," members "]")
#define SIZED_CONFIG(size)  "{" TYPE(OCI_CONFIG) "," DIGEST ",\"size\":" size "}"

static struct manifest *parse_image(const char *body)
{
    struct error error = {0};
    struct manifest *manifest = parse_as(body, OCI_MANIFEST, "", &error);

    if (!manifest)
        fail_msg("%s: %s", body, error.message);
    return manifest;
}

/* -- the manifest --------------------------------------------------------------------------- */

static void test_L10_an_image_names_its_config(void **state)
{
    static const char *const rows[] = {
        IMAGE(LAYERS(OCI_LAYER)),
        IMAGE(""),
        IMAGE(",\"layers\":null"),
        IMAGE_OF(DESCRIPTOR(DOCKER_CONFIG), LAYERS(OCI_LAYER)),
        /* an image's config outweighs an artifactType that nobody knows */
        IMAGE(ARTIFACT_TYPE("application/vnd.example") LAYERS(OCI_LAYER)),
        /* WebAssembly on wasi/wasm with a real config is an image (T15) */
        IMAGE(LAYERS("application/wasm")),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(manifest_free_p) struct manifest *manifest = parse_image(rows[i]);
        if (manifest->kind != MANIFEST_IMAGE)
            fail_msg("%s: %s", rows[i], manifest->artifact);
        assert_null(manifest->artifact);
        assert_string_equal(manifest->config.digest.text, "sha256:" HEX64);
        assert_int_equal(manifest->config.size, 7);
        assert_true(media_type_is_image_config(manifest->config.type));
        assert_string_equal(manifest->config.platform.os, "");
        assert_int_equal(manifest->entry_count, 0);
    }
}

static const struct {
    const char *body;
    const char *artifact;
} artifacts[] = {
    {IMAGE_OF(DESCRIPTOR("application/vnd.cncf.helm.config.v1+json"),
              LAYERS("application/vnd.cncf.helm.chart.content.v1.tar+gzip")),
     "a Helm chart"},
    {IMAGE(LAYERS("application/vnd.dev.cosign.simplesigning.v1+json")), "a cosign signature"},
    {IMAGE_OF(DESCRIPTOR(OCI_EMPTY),
              ARTIFACT_TYPE("application/vnd.dev.sigstore.bundle.v0.3+json")),
     "a Sigstore bundle"},
    {IMAGE(LAYERS("application/vnd.in-toto+json")), "an attestation"},
    {IMAGE_OF(DESCRIPTOR(OCI_EMPTY),
              ARTIFACT_TYPE("application/vnd.docker.attestation.manifest.v1+json")
                  LAYERS("application/vnd.in-toto+json")),
     "an attestation"},
    {IMAGE_OF(DESCRIPTOR(OCI_EMPTY), LAYERS("application/spdx+json")), "an SBOM"},
    {IMAGE_OF(DESCRIPTOR(OCI_EMPTY), ARTIFACT_TYPE("application/vnd.cyclonedx+json")), "an SBOM"},
    {IMAGE_OF(DESCRIPTOR("application/vnd.buildkit.cacheconfig.v0"), LAYERS(OCI_LAYER)),
     "a BuildKit cache"},
    {IMAGE_OF(DESCRIPTOR("application/vnd.wasm.config.v0+json"), LAYERS("application/wasm")),
     "a WebAssembly module"},
    {IMAGE(LAYERS("application/vnd.ollama.image.model")), "an AI model"},
    {IMAGE_OF(DESCRIPTOR(OCI_EMPTY), LAYERS("text/markdown")), "an OCI artifact"},
    {IMAGE_OF(DESCRIPTOR("application/vnd.unknown.config.v1+json"), LAYERS("text/markdown")),
     "an OCI artifact"},
    {IMAGE_OF(DESCRIPTOR(OCI_EMPTY), ARTIFACT_TYPE("application/vnd.example.chart")),
     "an artifact of type 'application/vnd.example.chart'"},
    {IMAGE_OF(DESCRIPTOR("application/vnd.example.config+json"), LAYERS("a/b")),
     "an artifact of type 'application/vnd.example.config+json'"},
    {IMAGE_OF(DESCRIPTOR(OCI_EMPTY), ARTIFACT_TYPE("a\\u001b[2J/b")),
     "an artifact of type 'a\\x1b[2J/b'"},
};

static void test_T15_artifacts_are_called_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(artifacts) / sizeof(artifacts[0]); i++) {
        CLEANUP(manifest_free_p) struct manifest *manifest = parse_image(artifacts[i].body);
        if (manifest->kind != MANIFEST_ARTIFACT)
            fail_msg("%s is no artifact", artifacts[i].body);
        assert_string_equal(manifest->artifact, artifacts[i].artifact);
    }
}

static void test_S12_configs_and_layers_have_sizes(void **state)
{
    static const struct refusal rows[] = {
        {IMAGE_OF(SIZED_CONFIG("-1"), ""), OCI_MANIFEST, "", ERROR_UPSTREAM,
         "the manifest's config: its size"},
        {IMAGE_OF(SIZED_CONFIG("4611686018427387904"), ""), OCI_MANIFEST, "", ERROR_UPSTREAM,
         "the manifest's config: its size"},
        {WITH_LAYER("{" TYPE(OCI_LAYER) "," DIGEST ",\"size\":1.9}"), OCI_MANIFEST, "",
         ERROR_UPSTREAM, "the manifest's layer 2: its size"},
        {WITH_LAYER("{" TYPE(OCI_LAYER) "," DIGEST "}"), OCI_MANIFEST, "", ERROR_UPSTREAM,
         "the manifest's layer 2: its size"},
        {WITH_LAYER("7"), OCI_MANIFEST, "", ERROR_UPSTREAM, "layer 2: it is no object"},
        {IMAGE(",\"layers\":{}"), OCI_MANIFEST, "", ERROR_UPSTREAM, "layers are no list"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_refused(&rows[i]);
}

static void test_S15_layers_are_read_in_their_order(void **state)
{
    static const struct refusal rows[] = {
        {WITH_LAYER("{" TYPE(OCI_LAYER) ",\"size\":7}"), OCI_MANIFEST, "", ERROR_UPSTREAM,
         "the manifest's layer 2: digest"},
        {WITH_LAYER("{" TYPE(OCI_LAYER) ",\"digest\":\"sha256:../a\",\"size\":7}"), OCI_MANIFEST,
         "", ERROR_UPSTREAM, "the manifest's layer 2: byte 1"},
        {WITH_LAYER("{" DIGEST ",\"size\":7}"), OCI_MANIFEST, "", ERROR_UPSTREAM,
         "the manifest's layer 2: its mediaType"},
    };
    CLEANUP(manifest_free_p)
    struct manifest *manifest = parse_image(IMAGE_OF(
        DESCRIPTOR(OCI_EMPTY),
        ",\"layers\":[" DESCRIPTOR(OCI_LAYER) ",{" TYPE(
            "application/vnd.example") "," DIGEST ",\"size\":9,\"urls\":[\"https://a\"]}]"));

    (void)state;
    assert_int_equal(manifest->kind, MANIFEST_ARTIFACT);
    assert_int_equal(manifest->layer_count, 2);
    assert_string_equal(manifest->layers[0].media_type, OCI_LAYER);
    assert_int_equal(manifest->layers[0].size, 7);
    assert_string_equal(manifest->layers[1].media_type, "application/vnd.example");
    assert_string_equal(manifest->layers[1].digest.text, "sha256:" HEX64);
    assert_int_equal(manifest->layers[1].size, 9);
    assert_int_equal(json_count(json_get(manifest->layers[1].json, "urls")), 1);
    assert_string_equal(json_get_string(manifest->config.json, "mediaType").data, OCI_EMPTY);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_refused(&rows[i]);
}

static void test_an_image_has_at_most_1000_layers(void **state)
{
    struct error error = {0};
    struct buffer body = BUFFER_INIT(1 << 20);

    (void)state;
    assert_true(buffer_append_string(&body, "{\"schemaVersion\":2,\"config\":" DESCRIPTOR(
                                                OCI_CONFIG) ",\"layers\":[" DESCRIPTOR(OCI_LAYER)));
    for (size_t i = 1; i < LAYERS_MAX; i++)
        assert_true(buffer_append_string(&body, "," DESCRIPTOR(OCI_LAYER)));
    size_t length = body.length;
    assert_true(buffer_append_string(&body, "]}"));
    CLEANUP(manifest_free_p) struct manifest *manifest = parse_image(buffer_string(&body));
    assert_int_equal(manifest->layer_count, LAYERS_MAX);
    body.length = length;
    assert_true(buffer_append_string(&body, "," DESCRIPTOR(OCI_LAYER) "]}"));
    assert_null(parse_as(buffer_string(&body), OCI_MANIFEST, "", &error));
    assert_int_equal(error.code, ERROR_TOO_LARGE);
    assert_string_equal(error.message, "the manifest has 1001 layers, more than 1000");
    buffer_release(&body);
}

static void test_an_image_without_a_config_is_refused(void **state)
{
    static const struct refusal rows[] = {
        {"{\"schemaVersion\":2,\"layers\":[]}", OCI_MANIFEST, "", ERROR_UPSTREAM,
         "the manifest's config: it is no object"},
        {IMAGE_OF("[]", ""), OCI_MANIFEST, "", ERROR_UPSTREAM, "config: it is no object"},
        {IMAGE_OF("{}", ""), OCI_MANIFEST, "", ERROR_UPSTREAM, "config: its mediaType"},
        {IMAGE_OF("{" TYPE(OCI_CONFIG) ",\"size\":7}", ""), OCI_MANIFEST, "", ERROR_UPSTREAM,
         "config: digest"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_refused(&rows[i]);
}

/* -- the config ----------------------------------------------------------------------------- */

static struct image *parse_config(const char *body)
{
    struct error error = {0};
    struct image *image = image_parse(slice_from_string(body), &error);

    if (!image)
        fail_msg("%s: %s", body, error.message);
    return image;
}

static void test_T7_a_configuration_is_read_with_all_it_says_of_the_platform(void **state)
{
    CLEANUP(image_free_p)
    struct image *image =
        parse_config("{\"architecture\":\"arm\",\"os\":\"windows\",\"variant\":\"v6\","
                     "\"os.version\":\"10.0.20348.1\",\"os.features\":[\"win32k\",\"x\"],"
                     "\"config\":{\"Env\":[]},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}");

    (void)state;
    assert_string_equal(image->platform.architecture, "arm");
    assert_string_equal(image->platform.os, "windows");
    assert_string_equal(image->platform.variant, "v6");
    assert_string_equal(image->platform.os_version, "10.0.20348.1");
    assert_int_equal(image->platform.os_feature_count, 2);
    assert_string_equal(image->platform.os_features[1], "x");
}

static void test_L10_a_configuration_without_a_platform_is_not_guessed_at(void **state)
{
    static const char *const rows[] = {"{}", "{\"os\":null,\"architecture\":7}",
                                       "{\"config\":{\"os\":\"linux\"}}"};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(image_free_p) struct image *image = parse_config(rows[i]);
        assert_string_equal(image->platform.os, "");
        assert_string_equal(image->platform.architecture, "");
        assert_string_equal(image->platform.variant, "");
        assert_string_equal(image->platform.os_version, "");
        assert_int_equal(image->platform.os_feature_count, 0);
    }
}

static void test_configurations_that_make_no_sense_are_the_registrys_fault(void **state)
{
    static const struct {
        const char *body;
        const char *why;
    } rows[] = {
        {"", "the image's configuration is not valid JSON: "},
        {"[]", "the image's configuration is not a JSON object"},
        {"{\"os\":\"linux\",\"os\":\"windows\"}", "the image's configuration is not valid JSON: "},
        {"{\"os\":\"linux\",\"Os\":\"windows\"}",
         "the image's configuration: the key 'Os' is ambiguous beside 'os'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};
        assert_null(image_parse(slice_from_string(rows[i].body), &error));
        assert_int_equal(error.code, ERROR_UPSTREAM);
        if (!strstr(error.message, rows[i].why))
            fail_msg("'%s' is without '%s'", error.message, rows[i].why);
    }
}

static void test_S16_a_configuration_has_at_most_8_mib(void **state)
{
    struct error error = {0};
    CLEANUP(free_p) char *body = malloc(CONFIG_SIZE_MAX + 1);

    (void)state;
    assert_non_null(body);
    memset(body, ' ', CONFIG_SIZE_MAX + 1);
    body[0] = '{';
    body[1] = '}';
    assert_null(image_parse(slice_of(body, CONFIG_SIZE_MAX + 1), &error));
    assert_int_equal(error.code, ERROR_TOO_LARGE);
    CLEANUP(image_free_p)
    struct image *image = image_parse(slice_of(body, CONFIG_SIZE_MAX), &error);
    assert_non_null(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_L10_an_image_names_its_config),
        cmocka_unit_test(test_T15_artifacts_are_called_by_name),
        cmocka_unit_test(test_S12_configs_and_layers_have_sizes),
        cmocka_unit_test(test_S15_layers_are_read_in_their_order),
        cmocka_unit_test(test_an_image_has_at_most_1000_layers),
        cmocka_unit_test(test_an_image_without_a_config_is_refused),
        cmocka_unit_test(test_T7_a_configuration_is_read_with_all_it_says_of_the_platform),
        cmocka_unit_test(test_L10_a_configuration_without_a_platform_is_not_guessed_at),
        cmocka_unit_test(test_configurations_that_make_no_sense_are_the_registrys_fault),
        cmocka_unit_test(test_S16_a_configuration_has_at_most_8_mib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
