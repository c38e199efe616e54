/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/reading.h"

#include "registry/client.h"
#include "registry/session.h"

static bool begin(const struct call *call, struct error *error)
{
    return registry_reading_begin(call->session->registry, call->session->wish.deadline, error);
}

struct manifest *reading_manifest(const struct call *call, const char *expected,
                                  struct error *error)
{
    if (!begin(call, error))
        return NULL;
    struct manifest *manifest =
        manifest_parse(call->body, call->content_type, slice_from_string(expected), error);
    registry_reading_end(call->session->registry);
    return manifest;
}

struct image *reading_image(const struct call *call, struct error *error)
{
    if (!begin(call, error))
        return NULL;
    struct image *image = image_parse(call->body, error);
    registry_reading_end(call->session->registry);
    return image;
}
