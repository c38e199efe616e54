/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports made by hand. Needs cmocka.h included before.
 */
#ifndef TESTS_MANIFEST_REPORTS_H
#define TESTS_MANIFEST_REPORTS_H

#include "manifest/manifest.h"

#define OCI_INDEX       "application/vnd.oci.image.index.v1+json"
#define DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"

#define DIGEST_TEXT "sha256:0000000000000000000000000000000000000000000000000000000000000001"

static inline struct platform on(const char *os, const char *architecture, const char *variant)
{
    return (struct platform){
        .os = os, .architecture = architecture, .variant = variant, .os_version = ""};
}

static inline struct platform windows(const char *version, size_t feature_count)
{
    static const char *const features[] = {"win32k", "b"};

    return (struct platform){.os = "windows",
                             .architecture = "amd64",
                             .variant = "",
                             .os_version = version,
                             .os_features = features,
                             .os_feature_count = feature_count};
}

static inline struct report *finish(struct report_builder *builder, const char *media_type,
                                    bool is_list)
{
    struct error error = {0};
    struct digest digest;

    assert_true(digest_parse(SLICE(DIGEST_TEXT), &digest, &error));
    struct report *report = report_builder_finish(builder, &digest, media_type, is_list, &error);
    if (!report)
        fail_msg("%s", error.message);
    return report;
}

static inline struct report *make(const struct platform *platforms, size_t count, bool is_list)
{
    CLEANUP(report_builder_free_p) struct report_builder *builder = report_builder_new();

    assert_non_null(builder);
    for (size_t i = 0; i < count; i++)
        report_add_platform(builder, &platforms[i]);
    return finish(builder, is_list ? OCI_INDEX : DOCKER_MANIFEST, is_list);
}

#endif
