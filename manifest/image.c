/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lone images: the manifest, which names a config, and the config, which names the platform
 * (rule L10). A manifest whose config or layers are no image's is an artifact (L9, T15).
 */
#include <stdlib.h>

#include "manifest/document.h"

/* -- the manifest --------------------------------------------------------------------------- */

static bool config_read(struct manifest *manifest, struct error *error)
{
    const struct json *config = json_get(manifest->document, "config");
    struct descriptor_rest ignored;

    if (descriptor_read(config, &manifest->config, &ignored, error))
        return true;
    error_prefix(error, "the manifest's config: ");
    return false;
}

static bool layers_read(struct manifest *manifest, struct error *error)
{
    const struct json *list = json_get(manifest->document, "layers");
    size_t count = json_count(list);
    struct descriptor_rest ignored;

    if (document_has(list) && json_kind(list) != JSON_ARRAY)
        return error_set(error, ERROR_UPSTREAM, "the manifest's layers are no list");
    if (count > LAYERS_MAX)
        return error_set(error, ERROR_TOO_LARGE, "the manifest has %zu layers, more than %d", count,
                         LAYERS_MAX);
    manifest->layers = calloc(count + 1, sizeof(struct descriptor)); /* none is not "no memory" */
    if (!manifest->layers)
        return error_no_memory(error);
    for (; manifest->layer_count < count; manifest->layer_count++) {
        size_t i = manifest->layer_count;
        if (!descriptor_read(json_at(list, i), &manifest->layers[i], &ignored, error)) {
            error_prefix(error, "the manifest's layer %zu: ", i + 1);
            return false;
        }
    }
    return true;
}

/* What the document calls itself tells most, then what it holds, then its config. An image's config
 * makes it an image unless one of the others is known to be something else. */
static void judge(struct manifest *manifest)
{
    struct slice own = json_get_string(manifest->document, "artifactType");
    struct slice layer =
        slice_from_string(manifest->layer_count ? manifest->layers[0].media_type : NULL);
    struct slice config = slice_from_string(manifest->config.media_type);
    const char *words = artifact_words(own, ARTIFACT_IN_TYPE);

    if (!words)
        words = artifact_words(layer, ARTIFACT_IN_LAYER);
    if (!words && own.length == 0)
        words = artifact_words(config, ARTIFACT_IN_TYPE);
    if (words || !media_type_is_image_config(manifest->config.type))
        manifest_set_artifact(manifest, words, own.length ? own : config);
}

bool image_manifest_read(struct manifest *manifest, struct error *error)
{
    manifest->kind = MANIFEST_IMAGE;
    if (!config_read(manifest, error) || !layers_read(manifest, error))
        return false;
    judge(manifest);
    return true;
}

/* -- the config ----------------------------------------------------------------------------- */

/* Takes the document over, also on failure. One block: the image, and the pointers to its
 * os.features behind it. */
static struct image *image_new(struct json *document, struct error *error)
{
    size_t features = platform_feature_count(document);
    struct image *image = calloc(1, sizeof(*image) + features * sizeof(const char *));

    if (!image) {
        json_free(document);
        (void)error_no_memory(error);
        return NULL;
    }
    image->document = document;
    return image;
}

struct image *image_parse(struct slice body, struct error *error)
{
    struct json *document = document_parse(body, CONFIG_SIZE_MAX, "image's configuration", error);
    if (!document)
        return NULL;
    struct image *image = image_new(document, error);
    if (!image)
        return NULL;
    if (platform_read(document, (const char **)(void *)(image + 1), &image->platform, error))
        return image;
    error_prefix(error, "the image's configuration: ");
    image_free(image);
    return NULL;
}

void image_free(struct image *image)
{
    if (!image)
        return;
    json_free(image->document);
    free(image);
}
