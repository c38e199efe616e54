/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/check_images.h"

#define ZLIB_CONST /* its input is not written to */
#include <zlib.h>

#include "data/json.h"

enum {
    DOCUMENT_MAX = 64 * 1024,
    TAR_SIZE = 1024,       /* two empty blocks: the end of an archive that holds nothing */
    GZIP_WINDOW = 15 + 16, /* zlib's way to say: with a gzip header */
    GZIP_UNIX = 3
};

static const char *const architectures[CHECK_PLATFORMS] = {"amd64", "arm64"};

static const char *const image_types[CHECK_FAMILIES] = {
    [LIST_DOCKER] = "application/vnd.docker.distribution.manifest.v2+json",
    [LIST_OCI] = "application/vnd.oci.image.manifest.v1+json",
};
static const char *const config_types[CHECK_FAMILIES] = {
    [LIST_DOCKER] = "application/vnd.docker.container.image.v1+json",
    [LIST_OCI] = "application/vnd.oci.image.config.v1+json",
};
static const char *const layer_types[CHECK_FAMILIES] = {
    [LIST_DOCKER] = "application/vnd.docker.image.rootfs.diff.tar.gzip",
    [LIST_OCI] = "application/vnd.oci.image.layer.v1.tar+gzip",
};

/* -- documents ------------------------------------------------------------------------------ */

void check_document_release(struct check_document *document)
{
    buffer_release(&document->bytes);
}

static bool document_finish(struct check_document *document, struct error *error)
{
    if (!buffer_check(&document->bytes, "an image made up", error))
        return false;
    return digest_compute(DIGEST_SHA256, buffer_slice(&document->bytes), &document->digest) ||
           error_no_memory(error);
}

static void write_descriptor(struct json_writer *writer, const char *media_type,
                             const struct check_document *document)
{
    json_write_object_begin(writer);
    json_write_member(writer, "mediaType", media_type);
    json_write_member(writer, "digest", document->digest.text);
    json_write_key(writer, "size");
    json_write_integer(writer, (int64_t)document->bytes.length);
    json_write_object_end(writer);
}

static void write_start(struct json_writer *writer, const char *media_type)
{
    json_write_object_begin(writer);
    json_write_key(writer, "schemaVersion");
    json_write_integer(writer, 2);
    json_write_member(writer, "mediaType", media_type);
}

/* -- images --------------------------------------------------------------------------------- */

static const unsigned char empty_tar[TAR_SIZE];

/* What stands in gzip's own header makes the layer's digest ours alone (RFC 1952, FNAME, FCOMMENT).
 */
static bool compress_tar(const char *name, const char *comment, struct buffer *out)
{
    unsigned char compressed[DOCUMENT_MAX];
    z_stream stream = {.next_in = empty_tar,
                       .avail_in = TAR_SIZE,
                       .next_out = compressed,
                       .avail_out = sizeof(compressed)};
    /* zlib only reads both, but has no const there. */
    gz_header header = {.os = GZIP_UNIX};
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): as said */
    header.name = (unsigned char *)(uintptr_t)name;
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): as said */
    header.comment = (unsigned char *)(uintptr_t)comment;

    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 1, Z_FIXED) != Z_OK)
        return false;
    bool is_done =
        deflateSetHeader(&stream, &header) == Z_OK && deflate(&stream, Z_FINISH) == Z_STREAM_END;
    size_t length = stream.total_out;
    (void)deflateEnd(&stream);
    return is_done && buffer_append(out, compressed, length);
}

static bool layer_make(struct check_document *layer, const char *name, const char *comment,
                       struct error *error)
{
    buffer_init(&layer->bytes, DOCUMENT_MAX);
    if (!compress_tar(name, comment, &layer->bytes))
        return error_no_memory(error);
    return document_finish(layer, error);
}

static bool config_make(struct check_document *config, const char *name, const char *architecture,
                        struct error *error)
{
    const struct slice tar = slice_of((const char *)empty_tar, TAR_SIZE);
    struct digest content;

    if (!digest_compute(DIGEST_SHA256, tar, &content))
        return error_no_memory(error);
    buffer_init(&config->bytes, DOCUMENT_MAX);
    struct json_writer writer = json_writer_begin(&config->bytes, JSON_COMPACT);
    json_write_object_begin(&writer);
    json_write_member(&writer, "architecture", architecture);
    json_write_member(&writer, "author", name);
    json_write_member(&writer, "os", "linux");
    json_write_key(&writer, "config");
    json_write_object_begin(&writer);
    json_write_object_end(&writer);
    json_write_key(&writer, "rootfs");
    json_write_object_begin(&writer);
    json_write_member(&writer, "type", "layers");
    json_write_key(&writer, "diff_ids");
    json_write_array_begin(&writer);
    json_write_string(&writer, slice_from_string(content.text));
    json_write_array_end(&writer);
    json_write_object_end(&writer);
    json_write_object_end(&writer);
    return document_finish(config, error);
}

static bool image_make(struct check_document *image, enum list_type family,
                       const struct check_document *config, const struct check_document *layer,
                       struct error *error)
{
    image->media_type = image_types[family];
    buffer_init(&image->bytes, DOCUMENT_MAX);
    struct json_writer writer = json_writer_begin(&image->bytes, JSON_COMPACT);
    write_start(&writer, image->media_type);
    json_write_key(&writer, "config");
    write_descriptor(&writer, config_types[family], config);
    json_write_key(&writer, "layers");
    json_write_array_begin(&writer);
    write_descriptor(&writer, layer_types[family], layer);
    json_write_array_end(&writer);
    json_write_object_end(&writer);
    return document_finish(image, error);
}

static bool platform_make(struct check_images *images, size_t place, const char *name,
                          struct error *error)
{
    struct check_document *config = &images->configs[place];

    return config_make(config, name, architectures[place], error) &&
           image_make(&images->images[LIST_DOCKER][place], LIST_DOCKER, config, &images->layer,
                      error) &&
           image_make(&images->images[LIST_OCI][place], LIST_OCI, config, &images->layer, error);
}

bool check_images_make(struct check_images *images, const char *name, struct error *error)
{
    if (!layer_make(&images->layer, name, "in an image", error) ||
        !layer_make(&images->mounted, name, "in no image", error))
        return false;
    for (size_t place = 0; place < CHECK_PLATFORMS; place++) {
        if (!platform_make(images, place, name, error))
            return false;
    }
    return true;
}

void check_images_release(struct check_images *images)
{
    check_document_release(&images->layer);
    check_document_release(&images->mounted);
    for (size_t place = 0; place < CHECK_PLATFORMS; place++) {
        check_document_release(&images->configs[place]);
        for (size_t family = 0; family < CHECK_FAMILIES; family++)
            check_document_release(&images->images[family][place]);
    }
}

/* -- lists ---------------------------------------------------------------------------------- */

struct platform check_platform(size_t place)
{
    return (struct platform){
        .os = "linux", .architecture = architectures[place], .variant = "", .os_version = ""};
}

bool check_list_make(const struct check_images *images, enum list_type type, enum check_list kind,
                     struct check_document *out, struct error *error)
{
    static const struct spec_annotation annotation = {"org.opencontainers.image.title",
                                                      "mquery check-registry"};
    const enum list_type family = kind == CHECK_LIST_MIXED ? LIST_DOCKER : type;
    struct list_entry entries[CHECK_PLATFORMS];
    struct warnings ignored = {0};

    for (size_t place = 0; place < CHECK_PLATFORMS; place++) {
        const struct check_document *image = &images->images[family][place];
        entries[place] = (struct list_entry){.source = architectures[place],
                                             .media_type = image->media_type,
                                             .digest = &image->digest,
                                             .size = (int64_t)image->bytes.length,
                                             .platform = check_platform(place)};
    }
    const struct list_plan plan = {.type = type,
                                   .entries = entries,
                                   .count = kind == CHECK_LIST_SINGLE ? 1 : CHECK_PLATFORMS,
                                   .annotations = &annotation,
                                   .annotation_count = kind == CHECK_LIST_ANNOTATED};
    out->media_type = list_type_media_type(type);
    buffer_init(&out->bytes, DOCUMENT_MAX);
    bool is_made = list_assemble(&plan, &out->bytes, &ignored, error);
    warnings_release(&ignored);
    return is_made && document_finish(out, error);
}

bool check_nested_make(const struct check_document *inner, struct check_document *out,
                       struct error *error)
{
    out->media_type = media_type_name(MEDIA_TYPE_OCI_INDEX);
    buffer_init(&out->bytes, DOCUMENT_MAX);
    struct json_writer writer = json_writer_begin(&out->bytes, JSON_COMPACT);
    write_start(&writer, out->media_type);
    json_write_key(&writer, "manifests");
    json_write_array_begin(&writer);
    write_descriptor(&writer, inner->media_type, inner);
    json_write_array_end(&writer);
    json_write_object_end(&writer);
    return document_finish(out, error);
}
