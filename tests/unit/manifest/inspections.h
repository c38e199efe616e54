/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inspections of the golden images, read from files in place of a registry. Needs cmocka.h included
 * before.
 */
#ifndef TESTS_MANIFEST_INSPECTIONS_H
#define TESTS_MANIFEST_INSPECTIONS_H

#include "golden.h"
#include "manifest/inspection.h"

enum {
    DOCUMENTS_MAX = 32
};

typedef bool (*inspection_write_function)(const struct inspection *inspection,
                                          const struct inspection_view *view, struct buffer *out);

static inline struct image *read_image_config(const struct descriptor *config)
{
    struct error error = {0};
    struct buffer bytes = read_blob(config->digest.text);
    struct image *image = image_parse(buffer_slice(&bytes), &error);

    if (!image)
        fail_msg("%s: %s", config->digest.text, error.message);
    buffer_release(&bytes);
    return image;
}

/* Reads all that one document has; `missing` is the digest of what is not there. */
static inline void read_inspected(struct inspected *node, const char *missing)
{
    struct error error = {0};

    if (strcmp(node->digest.text, missing) == 0) {
        (void)snprintf(node->problem, sizeof(node->problem), "missing");
        return;
    }
    node->manifest = read_manifest(node->digest.text, slice_from_string(node->media_type));
    if (media_type_is_index(node->manifest->type))
        assert_true(inspected_expand(node, &error));
    else if (strcmp(node->manifest->config.digest.text, missing) == 0)
        (void)snprintf(node->problem, sizeof(node->problem), "its configuration is missing");
    else if (node->manifest->kind == MANIFEST_IMAGE)
        node->image = read_image_config(&node->manifest->config);
}

/* `name` as in images.json. The caller frees. */
static inline struct inspection *inspect_without(const char *name, const char *missing)
{
    CLEANUP(json_free_p) struct json *images = read_json("images.json");
    const struct json *image = json_get(json_get(images, "images"), name);
    struct inspection *inspection = calloc(1, sizeof(*inspection));
    struct inspected *nodes[DOCUMENTS_MAX];
    struct error error = {0};
    int64_t size = 0;
    size_t count = 1;

    assert_non_null(inspection);
    nodes[0] = &inspection->root;
    assert_true(digest_parse(json_get_string(image, "digest"), &inspection->root.digest, &error));
    assert_true(json_integer(json_get(image, "size"), &size));
    inspection->root.size = size;
    inspection->root.media_type =
        media_type_name(media_type_parse(json_get_string(image, "mediaType")));
    for (size_t i = 0; i < count; i++) {
        read_inspected(nodes[i], missing);
        for (size_t j = 0; j < nodes[i]->child_count && count < DOCUMENTS_MAX; j++)
            nodes[count++] = &nodes[i]->children[j];
    }
    return inspection;
}

static inline struct inspection *inspect_golden(const char *name)
{
    return inspect_without(name, "");
}

/* A lone image of the golden ones, with another configuration. */
static inline struct inspection *inspect_configured(const char *config)
{
    struct error error = {0};
    struct inspection *inspection = inspect_golden("lab/oci:linux-386");

    image_free(inspection->root.image);
    inspection->root.image = image_parse(slice_from_string(config), &error);
    if (!inspection->root.image)
        fail_msg("%s", error.message);
    return inspection;
}

/* What `write` makes of it, as the image of that name; the caller releases the buffer. */
static inline struct buffer written(inspection_write_function write,
                                    const struct inspection *inspection,
                                    struct inspection_view view, const char *name)
{
    struct buffer out = BUFFER_INIT(FILE_MAX);

    view.image = slice_from_string(name);
    assert_true(write(inspection, &view, &out));
    return out;
}

/* The file of an image's golden text: "inspect/lab_oci_multi" + ending. */
static inline void golden_name(char out[NAME_SIZE], const char *image, const char *ending)
{
    (void)snprintf(out, NAME_SIZE, "inspect/%s%s", image, ending);
    for (char *c = out + strlen("inspect/"); *c; c++)
        if (*c == '/' || *c == ':')
            *c = '_';
}

/* The name that the reference was given. */
static inline void registry_name(char out[NAME_SIZE], const char *image)
{
    (void)snprintf(out, NAME_SIZE, "REGISTRY/%s", image);
}

typedef void (*image_function)(const char *image);

static inline bool visit_image(void *context, struct slice name, const struct json *descriptor)
{
    image_function *check = context;

    (void)descriptor;
    (*check)(name.data);
    return true;
}

static inline void for_each_image(image_function check)
{
    CLEANUP(json_free_p) struct json *images = read_json("images.json");

    assert_int_equal(json_count(json_get(images, "images")), 40);
    (void)json_each(json_get(images, "images"), visit_image, &check);
}

#endif
