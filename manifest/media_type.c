/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The media types that decide how a document is read: one table.
 */
#include "manifest/media_type.h"

#include "manifest/ascii.h"
#include "manifest/manifest.h"

#define OCI_INDEX       "application/vnd.oci.image.index.v1+json"
#define OCI_MANIFEST    "application/vnd.oci.image.manifest.v1+json"
#define OCI_CONFIG      "application/vnd.oci.image.config.v1+json"
#define DOCKER_LIST     "application/vnd.docker.distribution.manifest.list.v2+json"
#define DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define DOCKER_CONFIG   "application/vnd.docker.container.image.v1+json"
#define SCHEMA1_SIGNED  "application/vnd.docker.distribution.manifest.v1+prettyjws"
#define SCHEMA1         "application/vnd.docker.distribution.manifest.v1+json"

enum family {
    FAMILY_NONE,
    FAMILY_INDEX,
    FAMILY_MANIFEST,
    FAMILY_SCHEMA1,
    FAMILY_CONFIG
};

static const struct {
    const char *name;
    enum family family;
} media_types[] = {
    [MEDIA_TYPE_OTHER] = {"", FAMILY_NONE},
    [MEDIA_TYPE_OCI_INDEX] = {OCI_INDEX, FAMILY_INDEX},
    [MEDIA_TYPE_OCI_MANIFEST] = {OCI_MANIFEST, FAMILY_MANIFEST},
    [MEDIA_TYPE_DOCKER_LIST] = {DOCKER_LIST, FAMILY_INDEX},
    [MEDIA_TYPE_DOCKER_MANIFEST] = {DOCKER_MANIFEST, FAMILY_MANIFEST},
    [MEDIA_TYPE_SCHEMA1] = {SCHEMA1, FAMILY_SCHEMA1},
    [MEDIA_TYPE_SCHEMA1_SIGNED] = {SCHEMA1_SIGNED, FAMILY_SCHEMA1},
    [MEDIA_TYPE_OCI_CONFIG] = {OCI_CONFIG, FAMILY_CONFIG},
    [MEDIA_TYPE_DOCKER_CONFIG] = {DOCKER_CONFIG, FAMILY_CONFIG},
};

enum {
    MEDIA_TYPE_COUNT = sizeof(media_types) / sizeof(media_types[0])
};

struct slice media_type_without_parameters(struct slice text)
{
    return slice_trim(slice_before(text, ';'));
}

static bool is_restricted_name(struct slice name)
{
    if (name.length == 0 || !ascii_is_letter_or_digit(name.data[0]))
        return false;
    for (size_t i = 1; i < name.length; i++) {
        if (!ascii_is_letter_or_digit(name.data[i]) &&
            slice_find(SLICE("!#$&-^_.+"), name.data[i]) < 0)
            return false;
    }
    return true;
}

bool media_type_is_well_formed(struct slice text)
{
    ptrdiff_t slash = slice_find(text, '/');
    return slash >= 0 && is_restricted_name(slice_until(text, (size_t)slash)) &&
           is_restricted_name(slice_from(text, (size_t)slash + 1));
}

enum media_type media_type_parse(struct slice text)
{
    struct slice name = media_type_without_parameters(text);

    for (size_t i = MEDIA_TYPE_OTHER + 1; i < MEDIA_TYPE_COUNT; i++)
        if (slice_equal_ignoring_case(name, slice_from_string(media_types[i].name)))
            return (enum media_type)i;
    return MEDIA_TYPE_OTHER;
}

const char *media_type_name(enum media_type type)
{
    return media_types[type].name;
}

bool media_type_is_index(enum media_type type)
{
    return media_types[type].family == FAMILY_INDEX;
}

bool media_type_is_manifest(enum media_type type)
{
    return media_types[type].family == FAMILY_MANIFEST;
}

bool media_type_is_schema1(enum media_type type)
{
    return media_types[type].family == FAMILY_SCHEMA1;
}

bool media_type_is_image_config(enum media_type type)
{
    return media_types[type].family == FAMILY_CONFIG;
}

static bool contains(struct slice text, struct slice word)
{
    for (size_t i = 0; i + word.length <= text.length; i++) {
        if (slice_equal_ignoring_case(slice_until(slice_from(text, i), word.length), word))
            return true;
    }
    return false;
}

bool media_type_is_foreign(struct slice text)
{
    return contains(text, SLICE("foreign")) || contains(text, SLICE("nondistributable"));
}

const char *media_type_accept(void)
{
    return OCI_INDEX ", " OCI_MANIFEST ", " DOCKER_LIST ", " DOCKER_MANIFEST ", " SCHEMA1_SIGNED
                     ", " SCHEMA1;
}
