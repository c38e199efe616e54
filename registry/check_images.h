/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tiny images that a check of a registry pushes: made up, valid, and unlike any other, so that
 * removing them takes nothing from anybody.
 */
#ifndef REGISTRY_CHECK_IMAGES_H
#define REGISTRY_CHECK_IMAGES_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "manifest/assemble.h"

/* A blob or a manifest. */
struct check_document {
    const char *media_type; /* static storage */
    struct buffer bytes;
    struct digest digest;
};

enum {
    CHECK_PLATFORMS = 2, /* linux/amd64, linux/arm64 */
    CHECK_FAMILIES = 2   /* by enum list_type: Docker's media types, OCI's */
};

struct check_images {
    struct check_document layer;   /* an empty file system, shared by all */
    struct check_document mounted; /* another, which no image has */
    struct check_document configs[CHECK_PLATFORMS];
    struct check_document images[CHECK_FAMILIES][CHECK_PLATFORMS];
};

/* `name` makes them unlike any other's; letters, digits and '-'. The caller releases in any case.
 * Errors: internal. */
bool check_images_make(struct check_images *images, const char *name, struct error *error) MUST_USE;
void check_images_release(struct check_images *images);

/* The platform of the images at `place`. */
struct platform check_platform(size_t place);

/* What a list may be. Docker's cannot be annotated or mixed. */
enum check_list {
    CHECK_LIST_PLAIN,
    CHECK_LIST_SINGLE, /* of the first platform only */
    CHECK_LIST_ANNOTATED,
    CHECK_LIST_MIXED /* of Docker's images */
};

/* A list of the images. The caller releases it in any case. Errors: internal. */
bool check_list_make(const struct check_images *images, enum list_type type, enum check_list kind,
                     struct check_document *out, struct error *error) MUST_USE;
/* An index whose only entry is `inner`. */
bool check_nested_make(const struct check_document *inner, struct check_document *out,
                       struct error *error) MUST_USE;
void check_document_release(struct check_document *document);

#endif
