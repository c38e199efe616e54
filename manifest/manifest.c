/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging a manifest: what kind of document is it?
 *
 * Three voices say: the Content-Type header, the body's mediaType, and the descriptor that led
 * here. They must agree (rule H5), and the body must have the members of that one kind and
 * of no other (H6): a document that two readers understand differently is how CVE-2021-41190
 * worked (S8). Where no voice says anything, the members decide (H4).
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/escape.h"
#include "manifest/document.h"
#include "manifest/media_type.h"

enum {
    ARTIFACT_TEXT_SIZE = 32 + ESCAPE_TEXT_SIZE
};

/* What manifest_parse() allocates: room for the name of an artifact nobody has heard of. */
struct manifest_with_text {
    struct manifest manifest;
    char artifact[ARTIFACT_TEXT_SIZE];
};

/* -- what the document is said to be (H4, H5) ----------------------------------------------- */

/* Types that servers send when they know none (H4). */
static struct slice meaningful(struct slice content_type)
{
    struct slice type = media_type_without_parameters(content_type);
    if (slice_equal_ignoring_case(type, SLICE("text/plain")) ||
        slice_equal_ignoring_case(type, SLICE("application/json")))
        return (struct slice){0};
    return type;
}

static bool agree(struct slice a, struct slice b)
{
    return a.length == 0 || b.length == 0 || slice_equal_ignoring_case(a, b);
}

static struct slice first_of(struct slice a, struct slice b)
{
    return a.length ? a : b;
}

/* The type that all who name one agree on; empty where nobody does. */
static bool find_said_type(const struct json *document, struct slice content_type,
                           struct slice expected, struct slice *out, struct error *error)
{
    struct slice header = meaningful(content_type);
    struct slice parent = media_type_without_parameters(expected);
    struct slice body = json_get_string(document, "mediaType");

    if (document_has(json_get(document, "mediaType")) && body.length == 0)
        return error_set(error, ERROR_UPSTREAM, "the manifest's mediaType is no type");
    if (!agree(header, body))
        return error_set(error, ERROR_UPSTREAM, "the manifest is sent as '%.80s', but is '%.80s'",
                         ESCAPED(header), ESCAPED(body));
    struct slice said = first_of(header, body);
    if (!agree(parent, said))
        return error_set(error, ERROR_UPSTREAM, "the manifest is listed as '%.80s', but is '%.80s'",
                         ESCAPED(parent), ESCAPED(said));
    *out = first_of(said, parent);
    return true;
}

/* H4's order. */
static enum media_type guess_type(const struct json *document)
{
    int64_t version = 0;
    struct slice config = json_get_string(json_get(document, "config"), "mediaType");

    if (json_integer(json_get(document, "schemaVersion"), &version) && version == 1)
        return document_has(json_get(document, "signatures")) ? MEDIA_TYPE_SCHEMA1_SIGNED
                                                              : MEDIA_TYPE_SCHEMA1;
    if (media_type_parse(config) == MEDIA_TYPE_OCI_CONFIG)
        return MEDIA_TYPE_OCI_MANIFEST;
    if (media_type_parse(config) == MEDIA_TYPE_DOCKER_CONFIG)
        return MEDIA_TYPE_DOCKER_MANIFEST;
    if (document_has(json_get(document, "manifests")) &&
        !document_has(json_get(document, "config")))
        return MEDIA_TYPE_OCI_INDEX;
    return MEDIA_TYPE_OCI_MANIFEST;
}

bool manifest_refuse_schema1(struct error *error)
{
    return error_set(error, ERROR_UNSUPPORTED,
                     "a schema 1 image, which has no list of platforms; push it again with a "
                     "current docker or skopeo");
}

static bool decide_type(const struct json *document, struct slice content_type,
                        struct slice expected, enum media_type *out, struct error *error)
{
    struct slice said = {0};

    if (!find_said_type(document, content_type, expected, &said, error))
        return false;
    enum media_type type = said.length ? media_type_parse(said) : guess_type(document);
    if (media_type_is_schema1(type))
        return manifest_refuse_schema1(error);
    if (!media_type_is_index(type) && !media_type_is_manifest(type))
        return error_set(error, ERROR_UNSUPPORTED, "a document of type '%s', which is no image",
                         ESCAPED(said));
    *out = type;
    return true;
}

/* -- that it is this, and nothing else (H6, H7) --------------------------------------------- */

static bool check_has_none(const struct json *document, const char *const *keys, const char *what,
                           struct error *error)
{
    for (; *keys; keys++) {
        if (document_has(json_get(document, *keys)))
            return error_set(error, ERROR_UPSTREAM,
                             "the manifest is two things at once: %s with '%s'", what, *keys);
    }
    return true;
}

static bool check_keys(const struct json *document, struct error *error)
{
    struct member known[] = {
        MEMBER("schemaVersion"), MEMBER("mediaType"), MEMBER("artifactType"),
        MEMBER("config"),        MEMBER("layers"),    MEMBER("manifests"),
        MEMBER("fsLayers"),      MEMBER("history"),   MEMBER("signatures"),
    };

    if (document_find(document, known, sizeof(known) / sizeof(known[0]), error))
        return true;
    error_prefix(error, "the manifest: ");
    return false;
}

static bool check_members(const struct json *document, enum media_type type, struct error *error)
{
    static const char *const not_in_index[] = {"config", "layers", "fsLayers", "history", NULL};
    static const char *const not_in_image[] = {"manifests", "fsLayers", "history", NULL};
    int64_t version = 0;

    if (!check_keys(document, error))
        return false;
    if (!json_integer(json_get(document, "schemaVersion"), &version) || version != 2)
        return error_set(error, ERROR_UPSTREAM, "the manifest's schemaVersion is not 2");
    return media_type_is_index(type) ? check_has_none(document, not_in_index, "an index", error)
                                     : check_has_none(document, not_in_image, "an image", error);
}

/* -- the whole ------------------------------------------------------------------------------ */

static struct manifest *manifest_new(void)
{
    struct manifest_with_text *room = calloc(1, sizeof(*room));
    return (struct manifest *)room; /* its first member */
}

void manifest_free(struct manifest *manifest)
{
    if (!manifest)
        return;
    json_free(manifest->document);
    free(manifest->layers);
    free(manifest->entries);
    free(manifest);
}

void manifest_set_artifact(struct manifest *manifest, const char *words, struct slice type)
{
    struct manifest_with_text *room = (struct manifest_with_text *)manifest;

    (void)snprintf(room->artifact, sizeof(room->artifact), "an artifact of type '%s'",
                   ESCAPED(type));
    manifest->kind = MANIFEST_ARTIFACT;
    manifest->artifact = words ? words : room->artifact;
}

static bool manifest_read(struct manifest *manifest, struct error *error)
{
    bool names_itself = json_get_string(manifest->document, "mediaType").length > 0;

    manifest->media_type = media_type_name(manifest->type);
    manifest->is_typed_by_header =
        !names_itself && manifest->type != guess_type(manifest->document);
    return media_type_is_index(manifest->type) ? index_read(manifest, error)
                                               : image_manifest_read(manifest, error);
}

struct manifest *manifest_parse(struct slice body, struct slice content_type, struct slice expected,
                                struct error *error)
{
    struct manifest *manifest = manifest_new();
    if (!manifest) {
        (void)error_no_memory(error);
        return NULL;
    }
    manifest->document = document_parse(body, MANIFEST_SIZE_MAX, "manifest", error);
    if (!manifest->document ||
        !decide_type(manifest->document, content_type, expected, &manifest->type, error) ||
        !check_members(manifest->document, manifest->type, error) ||
        !manifest_read(manifest, error))
        goto fail;
    return manifest;

fail:
    manifest_free(manifest);
    return NULL;
}
