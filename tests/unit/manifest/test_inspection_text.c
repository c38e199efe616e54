/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of an inspection: byte for byte what manifest-tool printed of the golden images, and
 * where that is wrong, what is wanted instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "documents.h"
#include "inspections.h"

#define AMD64       "sha256:619767301bf98e337ca072a707792530b776080c1b877e75ee2d373341793716"
#define ARM64       "sha256:3819efa60e48fef9b4babfd251da2ae756b67e000e8d5680acd874cebf3b36a7"
#define MANIFEST_IS "application/vnd.oci.image.manifest.v1+json"
#define LAYER(number, digest)                      \
    "     layer " number ": digest = " digest "\n" \
    "                 type = application/vnd.oci.image.layer.v1.tar+gzip\n"
#define AMD64_LAYERS                                                                       \
    LAYER("01", "sha256:779427b7c8b23747bca7dac6a388ffbd61275148dc86df7244a80cd1c5988c42") \
    LAYER("02", "sha256:4e91ef12a278bbc66e2cec878367166a11f205d328e54c9c351661eaaf7b0f9f")
#define ARM64_LAYERS                                                                       \
    LAYER("01", "sha256:52b24b0f9e8bb0b0827cdee34c261f655a2367bc1ce8428e337ef76c1e5fa389") \
    LAYER("02", "sha256:12870763669d6cd32a2a766970e83932a712d0abf3fbf652e4d9cd8abf5b9be5")
#define HEAD(n, digest) \
    "[" n "]     Type: " MANIFEST_IS "\n[" n "]   Digest: " digest "\n[" n "]   Length: 664\n"
#define ON_AMD64(n) "[" n "] Platform:\n[" n "]    -      OS: linux\n[" n "]    -    Arch: amd64\n"
#define ON_ARM64(n)                                                                    \
    "[" n "] Platform:\n[" n "]    -      OS: linux\n[" n "]    -    Arch: arm64\n[" n \
    "]    - Variant: v8\n"
#define LAYERS(n, layers) "[" n "] # Layers: 2\n" layers "\n"

static void assert_text(const struct inspection *inspection, struct inspection_view view,
                        const char *name, const char *wanted)
{
    CLEANUP(buffer_release)
    struct buffer text = written(inspection_write_text, inspection, view, name);
    assert_string_equal(buffer_string(&text), wanted);
}

/* -- where the reference is right ----------------------------------------------------------- */

static void compare_text(const char *image)
{
    char file[NAME_SIZE];
    char name[NAME_SIZE];

    if (strcmp(image, "lab/oci:nested") == 0 || strcmp(image, "lab/oci:noplatform-entry") == 0)
        return;
    golden_name(file, image, ".txt");
    registry_name(name, image);
    CLEANUP(inspection_free_p) struct inspection *inspection = inspect_golden(image);
    CLEANUP(buffer_release) struct buffer wanted = read_file(file);
    assert_text(inspection, (struct inspection_view){0}, name, buffer_string(&wanted));
}

static void test_golden_texts_are_the_references(void **state)
{
    (void)state;
    for_each_image(compare_text);
}

static void test_colours_are_the_references(void **state)
{
    CLEANUP(inspection_free_p) struct inspection *inspection = inspect_golden("lab/artifact:chart");

    (void)state;
    assert_text(
        inspection, (struct inspection_view){.paint = INSPECTION_COLOURED}, "a/b:c",
        "Name: \x1b[1;32ma/b:c\x1b[22;0m (Type: \x1b[1;32m" MANIFEST_IS "\x1b[22;0m)\n"
        "      Digest: \x1b[1;33m"
        "sha256:1c78645737ab3cc3aceb795608d798d85b8eda66be40e8a786e8b0e454dbf546\x1b[22;0m\n"
        "        Size: \x1b[1;34m511\x1b[22;0m\n"
        "          OS: \x1b[1;32m\x1b[22;0m\n"
        "        Arch: \x1b[1;32m\x1b[22;0m\n"
        "    # Layers: \x1b[1;31m1\x1b[22;0m\n"
        "      layer \x1b[1;31m01\x1b[22;0m: digest = \x1b[1;33m"
        "sha256:a1e7ac925f9dc8d9e40afde76367cae65587b302ce79906058c2c576ee9eae89\x1b[22;0m\n");
}

static void remove_colours(struct buffer *text)
{
    size_t kept = 0;

    for (size_t i = 0; i < text->length; i++) {
        if (text->data[i] == '\x1b')
            i += strcspn(text->data + i, "m");
        else
            text->data[kept++] = text->data[i];
    }
    text->data[kept] = '\0';
}

static void test_colours_change_nothing_else(void **state)
{
    CLEANUP(inspection_free_p) struct inspection *inspection = inspect_golden("lab/oci:multi");
    CLEANUP(buffer_release) struct buffer wanted = read_file("inspect/lab_oci_multi.txt");
    CLEANUP(buffer_release)
    struct buffer text =
        written(inspection_write_text, inspection,
                (struct inspection_view){.paint = INSPECTION_COLOURED}, "REGISTRY/lab/oci:multi");

    (void)state;
    assert_non_null(strstr(text.data,
                           " * Contains \x1b[1;31m6\x1b[22;0m manifest references (\x1b[1;"
                           "31m4\x1b[22;0m images, \x1b[1;31m2\x1b[22;0m attestations"));
    assert_non_null(strstr(text.data, "[1]     Type: \x1b[1;32m" MANIFEST_IS
                                      "\x1b[22;0m\x1b[1;32m\x1b[22;0m\n"));
    assert_non_null(strstr(text.data, "OS Feat: \x1b[1;32m[win32k]\x1b[22;0m\n"));
    remove_colours(&text);
    assert_string_equal(text.data, wanted.data);
}

/* -- where it is wrong ---------------------------------------------------------------------- */

static void test_L8_an_entry_without_platform_shows_its_configurations(void **state)
{
    CLEANUP(inspection_free_p)
    struct inspection *inspection = inspect_golden("lab/oci:noplatform-entry");

    (void)state;
    assert_text(inspection, (struct inspection_view){0}, "x",
                "Name:   x (Type: application/vnd.oci.image.index.v1+json)\n"
                "Digest: sha256:e93c09f6a8c2905cdc12ed351caa04c08dafaa0a89d7449bd952be26744c9ba2\n"
                " * Contains 2 manifest references (2 images, 0 attestation):\n" HEAD("1", AMD64)
                    ON_AMD64("1") LAYERS("1", AMD64_LAYERS) HEAD("2", ARM64) ON_ARM64("2")
                        LAYERS("2", ARM64_LAYERS));
}

#define NESTED_HEAD                                                                     \
    "Name:   x (Type: application/vnd.oci.image.index.v1+json)\n"                       \
    "Digest: sha256:3e58298fd729c68516ead66e40f2e04ce650cc9d785835f99e8fbabb5b35f070\n" \
    " * Contains 2 manifest references (2 images, 0 attestation):\n"
#define INNER_HEAD                                                                            \
    "[2]     Type: application/vnd.oci.image.index.v1+json\n"                                 \
    "[2]   Digest: sha256:f545a76bca08d260f9f250706de1c74879ac3881ff4f9f0882b9396a0c6ffad4\n" \
    "[2]   Length: 399\n"                                                                     \
    "[2] * Contains 1 manifest references (1 image, 0 attestation):\n"

static void test_L9_a_nested_index_shows_its_entries(void **state)
{
    CLEANUP(inspection_free_p) struct inspection *inspection = inspect_golden("lab/oci:nested");

    (void)state;
    assert_text(inspection, (struct inspection_view){0}, "x",
                NESTED_HEAD HEAD("1", AMD64) ON_AMD64("1") LAYERS("1", AMD64_LAYERS)
                    INNER_HEAD HEAD("2.1", ARM64) ON_ARM64("2.1") LAYERS("2.1", ARM64_LAYERS));
}

static void test_a_platform_leaves_only_its_children_and_their_numbers(void **state)
{
    struct error error = {0};
    CLEANUP(inspection_free_p) struct inspection *inspection = inspect_golden("lab/oci:nested");
    CLEANUP(platform_free_p) struct platform *arm64 = platform_parse(SLICE("arm64"), &error);

    (void)state;
    assert_text(inspection, (struct inspection_view){.platform = arm64}, "x",
                NESTED_HEAD INNER_HEAD HEAD("2.1", ARM64) ON_ARM64("2.1")
                    LAYERS("2.1", ARM64_LAYERS));
}

static void test_a_missing_child_is_shown_as_missing(void **state)
{
    CLEANUP(inspection_free_p)
    struct inspection *inspection = inspect_without("lab/oci:nested", AMD64);

    (void)state;
    assert_text(inspection, (struct inspection_view){0}, "x",
                NESTED_HEAD HEAD("1", AMD64)
                    ON_AMD64("1") "[1]       >>> missing\n\n" INNER_HEAD HEAD("2.1", ARM64)
                        ON_ARM64("2.1") LAYERS("2.1", ARM64_LAYERS));
}

static void test_a_missing_configuration_leaves_the_rest(void **state)
{
    CLEANUP(inspection_free_p)
    struct inspection *inspection =
        inspect_without("lab/artifact:chart",
                        "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");

    (void)state;
    assert_text(
        inspection, (struct inspection_view){0}, "x",
        "Name: x (Type: " MANIFEST_IS ")\n"
        "      Digest: sha256:1c78645737ab3cc3aceb795608d798d85b8eda66be40e8a786e8b0e454dbf546\n"
        "        Size: 511\n          OS: \n        Arch: \n    # Layers: 1\n"
        "      layer 01: digest = "
        "sha256:a1e7ac925f9dc8d9e40afde76367cae65587b302ce79906058c2c576ee9eae89\n"
        "       >>> its configuration is missing\n");
}

/* -- what no golden image has --------------------------------------------------------------- */

/* An index that was read, none of whose children was. */
static struct inspection *inspect_text(const char *index)
{
    struct error error = {0};
    struct inspection *inspection = calloc(1, sizeof(*inspection));

    assert_non_null(inspection);
    inspection->root.manifest = parse_as(index, OCI_INDEX, "", &error);
    if (!inspection->root.manifest)
        fail_msg("%s", error.message);
    inspection->root.media_type = OCI_INDEX;
    assert_true(inspected_expand(&inspection->root, &error));
    return inspection;
}

#define ENTRY(type, more) "{" TYPE(type) "," DIGEST ",\"size\":7" more "}"
#define RUNS(features)                                                                  \
    ENTRY(OCI_MANIFEST, ",\"platform\":{\"os\":\"windows\",\"architecture\":\"amd64\"," \
                        "\"os.features\":[" features "]}")

static void assert_child_text(const char *entry, const char *problem, const char *wanted)
{
    CLEANUP(buffer_release) struct buffer index = BUFFER_INIT(10000);

    (void)buffer_format(&index, INDEX_OF("%s,%s"), RUNS("\"x\""), entry);
    CLEANUP(inspection_free_p)
    struct inspection *inspection = inspect_text(buffer_string(&index));
    (void)snprintf(inspection->root.children[1].problem, sizeof(inspection->root.problem), "%s",
                   problem);
    CLEANUP(buffer_release)
    struct buffer text =
        written(inspection_write_text, inspection, (struct inspection_view){0}, "x");
    const char *length = strstr(buffer_string(&text), "[2]   Length: 7\n");
    assert_non_null(length);
    assert_string_equal(length + strlen("[2]   Length: 7\n"), wanted);
}

static void test_features_stand_as_go_prints_a_list(void **state)
{
    (void)state;
    assert_child_text(RUNS("\"win32k\",\"other\""), "missing",
                      "[2] Platform:\n[2]    -      OS: windows\n"
                      "[2]    - OS Feat: [win32k other]\n[2]    -    Arch: amd64\n"
                      "[2]       >>> missing\n\n");
}

static void test_an_entry_that_nothing_reads_is_named_as_the_reference_does(void **state)
{
    (void)state;
    assert_child_text(ENTRY("text/x", ""), "", "Unknown media type for further display: text/x\n");
}

static void test_L7_an_attestation_that_is_missing_still_says_of_what(void **state)
{
    (void)state;
    assert_child_text(ENTRY(OCI_MANIFEST, ",\"annotations\":{\"vnd.docker.reference.digest\":\"d\","
                                          "\"vnd.docker.reference.type\":\"other\"}"),
                      "missing",
                      "[2]       >>> Attestation for digest: d\n[2]       >>> missing\n\n");
}

static void test_S20_text_of_a_registry_is_escaped(void **state)
{
    (void)state;
    assert_child_text(ENTRY(OCI_MANIFEST,
                            ",\"platform\":{\"os\":\"a\\u001b[2J\",\"architecture\":\"\\u202eb\","
                            "\"variant\":\"c\\n\",\"os.version\":\"\\u009b\","
                            "\"os.features\":[\"\\r\"]}"),
                      "missing",
                      "[2] Platform:\n[2]    -      OS: a\\x1b[2J\n[2]    - OS Vers: \\xc2\\x9b\n"
                      "[2]    - OS Feat: [\\x0d]\n[2]    -    Arch: \\xe2\\x80\\xaeb\n"
                      "[2]    - Variant: c\\x0a\n[2]       >>> missing\n\n");
    assert_child_text(
        ENTRY(OCI_MANIFEST, ",\"annotations\":{\"vnd.docker.reference.digest\":\"\\u001b\","
                            "\"vnd.docker.reference.type\":\"attestation-manifest\"}"),
        "missing", "[2]       >>> Attestation for digest: \\x1b\n[2]       >>> missing\n\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_texts_are_the_references),
        cmocka_unit_test(test_colours_are_the_references),
        cmocka_unit_test(test_colours_change_nothing_else),
        cmocka_unit_test(test_L8_an_entry_without_platform_shows_its_configurations),
        cmocka_unit_test(test_L9_a_nested_index_shows_its_entries),
        cmocka_unit_test(test_a_platform_leaves_only_its_children_and_their_numbers),
        cmocka_unit_test(test_a_missing_child_is_shown_as_missing),
        cmocka_unit_test(test_a_missing_configuration_leaves_the_rest),
        cmocka_unit_test(test_features_stand_as_go_prints_a_list),
        cmocka_unit_test(test_an_entry_that_nothing_reads_is_named_as_the_reference_does),
        cmocka_unit_test(test_L7_an_attestation_that_is_missing_still_says_of_what),
        cmocka_unit_test(test_S20_text_of_a_registry_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
