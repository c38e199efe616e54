/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/reading.h"

#include "data/json.h"
#include "registry/client.h"
#include "registry/session.h"

static bool begin(const struct call *call, struct error *error)
{
    return registry_reading_begin(call->session->registry, call->session->wish.deadline, error);
}

static bool keep(const struct call *call, const struct json *document, struct error *error)
{
    return session_keep_document(call->session, json_memory(document), error);
}

struct manifest *reading_manifest(const struct call *call, const char *expected,
                                  struct error *error)
{
    if (!begin(call, error))
        return NULL;
    struct manifest *manifest =
        manifest_parse(call->body, call->content_type, slice_from_string(expected), error);
    registry_reading_end(call->session->registry);
    if (!manifest || keep(call, manifest->document, error))
        return manifest;
    manifest_free(manifest);
    return NULL;
}

struct image *reading_image(const struct call *call, struct error *error)
{
    if (!begin(call, error))
        return NULL;
    struct image *image = image_parse(call->body, error);
    registry_reading_end(call->session->registry);
    if (!image || keep(call, image->document, error))
        return image;
    image_free(image);
    return NULL;
}
