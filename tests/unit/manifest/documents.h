/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of documents as string literals, and rows of tables that parse them.
 */
#ifndef TESTS_MANIFEST_DOCUMENTS_H
#define TESTS_MANIFEST_DOCUMENTS_H

#include "manifest/manifest.h"

#define OCI_INDEX       "application/vnd.oci.image.index.v1+json"
#define OCI_MANIFEST    "application/vnd.oci.image.manifest.v1+json"
#define OCI_CONFIG      "application/vnd.oci.image.config.v1+json"
#define OCI_LAYER       "application/vnd.oci.image.layer.v1.tar+gzip"
#define OCI_EMPTY       "application/vnd.oci.empty.v1+json"
#define DOCKER_LIST     "application/vnd.docker.distribution.manifest.list.v2+json"
#define DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define DOCKER_CONFIG   "application/vnd.docker.container.image.v1+json"
#define SCHEMA1         "application/vnd.docker.distribution.manifest.v1+json"
#define SCHEMA1_SIGNED  "application/vnd.docker.distribution.manifest.v1+prettyjws"

#define HEX64            "0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f0a9f"
#define DIGEST           "\"digest\":\"sha256:" HEX64 "\""
#define TYPE(type)       "\"mediaType\":\"" type "\""
#define DESCRIPTOR(type) "{" TYPE(type) "," DIGEST ",\"size\":7}"

#define INDEX_OF(entries)         "{\"schemaVersion\":2,\"manifests\":[" entries "]}"
#define IMAGE_OF(config, members) "{\"schemaVersion\":2,\"config\":" config members "}"
#define IMAGE(members)            IMAGE_OF(DESCRIPTOR(OCI_CONFIG), members)

static inline struct manifest *parse_as(const char *body, const char *content_type,
                                        const char *expected, struct error *error)
{
    return manifest_parse(slice_from_string(body), slice_from_string(content_type),
                          slice_from_string(expected), error);
}

struct refusal {
    const char *body;
    const char *content_type;
    const char *expected;
    enum error_code code;
    const char *why; /* must stand in the message */
};

/* Needs cmocka.h included before. */
static inline void assert_refused(const struct refusal *row)
{
    struct error error = {0};
    CLEANUP(manifest_free_p)
    struct manifest *manifest = parse_as(row->body, row->content_type, row->expected, &error);

    if (manifest)
        fail_msg("accepted: %s", row->body);
    if (error.code != row->code)
        fail_msg("%s: %s: %s", row->body, error_code_name(error.code), error.message);
    if (!strstr(error.message, row->why))
        fail_msg("%s: '%s' is without '%s'", row->body, error.message, row->why);
    for (const char *c = error.message; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            fail_msg("%s: the message is not one plain line", row->body);
}

#endif
