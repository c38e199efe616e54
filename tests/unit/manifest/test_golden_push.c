/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The golden pushes: from the same specs, with the golden images as sources, come the very bytes
 * that the reference pushed (P17-P22).
 *
 * Bytes only: what a push does with registries is reduced to looking into the fixture.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "golden.h"
#include "manifest/assemble.h"

enum {
    SOURCES_MAX = 16
};

/* A push as far as it is without a registry. */
struct push {
    const char *name;
    struct json *golden; /* case.json */
    struct json *images;
    struct spec *spec;
    struct list_entry entries[SOURCES_MAX];
    size_t count;
    struct manifest *manifests[SOURCES_MAX];
    struct image *configs[SOURCES_MAX];
    struct digest digests[SOURCES_MAX];
    size_t source_count;
};

/* -- the spec ------------------------------------------------------------------------------- */

/* The value behind a flag in a list of arguments, or the empty slice. */
static struct slice argument(const struct json *arguments, const char *flag)
{
    struct slice text = {0};
    size_t count = json_count(arguments);

    for (size_t i = 0; i + 1 < count; i++) {
        if (json_string(json_at(arguments, i), &text) && slice_equal_string(text, flag) &&
            json_string(json_at(arguments, i + 1), &text))
            return text;
    }
    return (struct slice){0};
}

static struct slice take_item(struct slice *list)
{
    ptrdiff_t comma = slice_find(*list, ',');
    struct slice item = comma < 0 ? *list : slice_until(*list, (size_t)comma);

    *list = slice_from(*list, item.length + 1);
    return item;
}

static struct spec *spec_from_arguments(const struct json *arguments, struct error *error)
{
    CLEANUP(spec_builder_free_p) struct spec_builder *builder = spec_builder_new();
    struct slice platforms = argument(arguments, "--platforms");
    struct slice tags = argument(arguments, "--tags");

    assert_non_null(builder);
    assert_true(spec_set_target(builder, argument(arguments, "--target"), error));
    while (tags.length)
        assert_true(spec_add_tag(builder, take_item(&tags), error));
    while (platforms.length)
        assert_true(spec_add_templated(builder, argument(arguments, "--template"),
                                       take_item(&platforms), error));
    return spec_builder_finish(builder, error);
}

static struct spec *spec_from_file(const char *name, struct error *error)
{
    char path[NAME_SIZE];

    (void)snprintf(path, sizeof(path), "push/%s/spec.yaml", name);
    struct buffer text = read_file(path);
    struct spec *spec =
        spec_parse(buffer_slice(&text), "spec.yaml", SPEC_YAML, SPEC_REFUSE_UNKNOWN, error);
    buffer_release(&text);
    return spec;
}

/* -- the sources ---------------------------------------------------------------------------- */

/* images.json's row of the reference, or NULL. */
static const struct json *find_image(const struct push *push, const struct reference *reference)
{
    char name[NAME_SIZE];

    (void)snprintf(name, sizeof(name), "%s:%s", reference->repository, reference_target(reference));
    return json_get(json_get(push->images, "images"), name);
}

static struct image *read_config(const struct manifest *manifest)
{
    struct error error = {0};
    struct buffer bytes = read_blob(manifest->config.digest.text);
    struct image *image = image_parse(buffer_slice(&bytes), &error);

    if (!image)
        fail_msg("%s", error.message);
    buffer_release(&bytes);
    return image;
}

/* What the spec is silent about, the configuration says (P19). */
static struct platform fill(const struct platform *spec, const struct platform *config)
{
    struct platform filled = *spec;

    if (!filled.os[0] && !filled.architecture[0]) {
        filled.os = config->os;
        filled.architecture = config->architecture;
    }
    if (!filled.variant[0])
        filled.variant = config->variant;
    if (!filled.os_version[0])
        filled.os_version = config->os_version;
    if (filled.os_feature_count == 0) {
        filled.os_features = config->os_features;
        filled.os_feature_count = config->os_feature_count;
    }
    return filled;
}

static void add_entry(struct push *push, const char *source, const struct descriptor *descriptor)
{
    assert_true(push->count < SOURCES_MAX);
    push->entries[push->count++] = (struct list_entry){
        .source = source,
        .media_type = descriptor->media_type,
        .digest = &descriptor->digest,
        .size = descriptor->size,
        .platform = descriptor->platform,
        .descriptor = descriptor->json,
        .is_attestation = descriptor->is_attestation,
    };
}

static void add_source(struct push *push, const struct spec_entry *source, const struct json *row)
{
    struct error error = {0};
    size_t place = push->source_count++;
    struct slice digest = json_get_string(row, "digest");
    struct manifest *manifest = read_manifest(digest.data, json_get_string(row, "mediaType"));
    int64_t size = 0;

    push->manifests[place] = manifest;
    for (size_t i = 0; i < manifest->entry_count; i++)
        add_entry(push, source->image, &manifest->entries[i]);
    if (manifest->kind != MANIFEST_IMAGE)
        return;
    push->configs[place] = read_config(manifest);
    assert_true(digest_parse(digest, &push->digests[place], &error));
    assert_true(json_integer(json_get(row, "size"), &size));
    push->entries[push->count++] = (struct list_entry){
        .source = source->image,
        .media_type = manifest->media_type,
        .digest = &push->digests[place],
        .size = size,
        .platform = fill(&source->platform, &push->configs[place]->platform),
    };
}

/* Absent ones are left out: whether that is right is a push's to say. */
static void add_sources(struct push *push)
{
    for (size_t i = 0; i < push->spec->entry_count; i++) {
        const struct json *row = find_image(push, push->spec->entries[i].reference);
        if (row)
            add_source(push, &push->spec->entries[i], row);
    }
}

/* -- the push ------------------------------------------------------------------------------- */

static void push_open(struct push *push, const char *name)
{
    char path[NAME_SIZE];

    *push = (struct push){.name = name, .images = read_json("images.json")};
    (void)snprintf(path, sizeof(path), "push/%s/case.json", name);
    push->golden = read_json(path);
}

static void push_release(struct push *push)
{
    for (size_t i = 0; i < push->source_count; i++) {
        manifest_free(push->manifests[i]);
        image_free(push->configs[i]);
    }
    spec_free(push->spec);
    json_free(push->images);
    json_free(push->golden);
}

static bool push_run(struct push *push, struct buffer *out, struct error *error)
{
    const struct json *arguments = json_get(push->golden, "args");
    bool is_oci = slice_equal_string(argument(json_get(push->golden, "flags"), "--type"), "oci");

    push->spec = json_count(arguments) ? spec_from_arguments(arguments, error)
                                       : spec_from_file(push->name, error);
    if (!push->spec)
        return false;
    add_sources(push);
    return list_assemble(&(struct list_plan){.type = is_oci ? LIST_OCI : LIST_DOCKER,
                                             .entries = push->entries,
                                             .count = push->count,
                                             .annotations = push->spec->annotations,
                                             .annotation_count = push->spec->annotation_count},
                         out, &push->spec->warnings, error);
}

static void assert_same_tags(const struct push *push)
{
    const struct json *tags = json_get(push->golden, "tags");
    struct slice tag = {0};

    assert_int_equal(push->spec->tag_count, json_count(tags));
    for (size_t i = 0; i < json_count(tags); i++) {
        assert_true(json_string(json_at(tags, i), &tag));
        assert_string_equal(push->spec->tags[i], tag.data);
    }
}

static void assert_pushed_as_the_reference_did(const char *name)
{
    char path[NAME_SIZE];
    struct error error = {0};
    struct digest digest;
    CLEANUP(push_release) struct push push;
    struct buffer out = BUFFER_INIT(FILE_MAX);

    push_open(&push, name);
    if (!push_run(&push, &out, &error))
        fail_msg("%s: %s", name, error.message);
    (void)snprintf(path, sizeof(path), "push/%s/expected.json", name);
    struct buffer wanted = read_file(path);
    if (!slice_equal(buffer_slice(&out), buffer_slice(&wanted)))
        fail_msg("%s: %s", name, buffer_string(&out));
    assert_true(digest_compute(DIGEST_SHA256, buffer_slice(&out), &digest));
    assert_string_equal(digest.text, json_get_string(push.golden, "digest").data);
    assert_int_equal(push.spec->warnings.count, 0);
    assert_same_tags(&push);
    buffer_release(&wanted);
    buffer_release(&out);
}

static void test_golden_pushes_have_the_references_bytes(void **state)
{
    static const char *const names[] = {
        "docker-cross-repository",     "docker-ignore-missing",    "docker-osversion-in-spec",
        "docker-platform-from-config", "docker-three-platforms",   "oci-annotated",
        "oci-merge-buildkit",          "oci-platform-from-config", "oci-template-variant",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_pushed_as_the_reference_did(names[i]);
}

static void test_golden_errors_are_told(void **state)
{
    static const char *const rows[][2] = {
        {"error-bad-yaml", "spec.yaml:3:1: did not find expected node content"},
        {"error-no-target", "spec.yaml:1:1: no target image is given"},
        {"error-unknown-platform",
         "spec.yaml:5:7: the architecture 'pdp11' of 'REGISTRY/lab/docker:linux-amd64' is none of"},
        {"error-docker-annotations", "a Docker list has no annotations"},
        {"error-duplicate-platform", "both 'REGISTRY/lab/docker:linux-amd64' and "
                                     "'REGISTRY/lab/docker:linux-386' are for linux/amd64"},
        {"error-no-platform-anywhere",
         "nothing says which platform 'REGISTRY/lab/docker:noplatform' is for"},
        {"error-all-missing", "there is nothing to list"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};
        CLEANUP(push_release) struct push push;
        struct buffer out = BUFFER_INIT(FILE_MAX);
        push_open(&push, rows[i][0]);
        assert_false(push_run(&push, &out, &error));
        assert_int_equal(error.code, ERROR_INVALID);
        if (strncmp(error.message, rows[i][1], strlen(rows[i][1])) != 0)
            fail_msg("%s: %s", rows[i][0], error.message);
        buffer_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_pushes_have_the_references_bytes),
        cmocka_unit_test(test_golden_errors_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
