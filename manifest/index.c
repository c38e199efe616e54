/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Indexes and manifest lists: the entries as they stand (rules L1, L7-L9, S12).
 *
 * What an entry does not say is left open here; who asks the registry may read it from the child.
 */
#include <stdlib.h>
#include <string.h>

#include "manifest/document.h"

static const char attestation_annotation[] = "vnd.docker.reference.type";

/* L7. BuildKit's newer attestations are artifacts, with or without the annotation (T3). */
static bool is_attestation(const struct json *annotations, const struct descriptor *entry)
{
    return document_has(json_get(annotations, attestation_annotation)) ||
           artifact_is_attestation(slice_from_string(entry->artifact_type)) ||
           (strcmp(entry->platform.os, "unknown") == 0 &&
            strcmp(entry->platform.architecture, "unknown") == 0);
}

static bool entry_read(const struct json *value, const char **features, struct descriptor *out,
                       struct error *error)
{
    struct descriptor_rest rest;

    if (!descriptor_read(value, out, &rest, error) ||
        !platform_read(rest.platform, features, &out->platform, error))
        return false;
    out->has_platform = out->platform.os[0] && out->platform.architecture[0];
    out->is_attestation = is_attestation(rest.annotations, out);
    return true;
}

/* One block: the entries, and behind them the pointers to all their os.features. */
static struct descriptor *entries_new(const struct json *list)
{
    size_t count = json_count(list);
    size_t features = 0;

    for (size_t i = 0; i < count; i++)
        features += platform_feature_count(json_get(json_at(list, i), "platform"));
    /* One more, so that an empty list is not "no memory". */
    return calloc(1, (count + 1) * sizeof(struct descriptor) + features * sizeof(const char *));
}

static bool entries_read(struct manifest *manifest, const struct json *list, struct error *error)
{
    size_t count = json_count(list);

    if (count > INDEX_ENTRIES_MAX)
        return error_set(error, ERROR_TOO_LARGE, "the index has %zu entries, more than %d", count,
                         INDEX_ENTRIES_MAX);
    manifest->entries = entries_new(list);
    if (!manifest->entries)
        return error_no_memory(error);
    const char **features = (const char **)(void *)(manifest->entries + count + 1);
    for (; manifest->entry_count < count; manifest->entry_count++) {
        size_t i = manifest->entry_count;
        if (!entry_read(json_at(list, i), features, &manifest->entries[i], error)) {
            error_prefix(error, "the index's entry %zu: ", i + 1);
            return false;
        }
        features += manifest->entries[i].platform.os_feature_count;
    }
    return true;
}

static bool could_run(const struct descriptor *entry)
{
    return entry->has_platform || media_type_is_index(entry->type) ||
           media_type_is_manifest(entry->type) || media_type_is_schema1(entry->type);
}

/* An index with an artifactType is an artifact (L9), and so is one of layers: a build's cache,
 * whose last entry names it. */
static void judge(struct manifest *manifest)
{
    struct slice type = json_get_string(manifest->document, "artifactType");
    size_t count = manifest->entry_count;

    if (type.length) {
        manifest_set_artifact(manifest, artifact_words(type, ARTIFACT_IN_TYPE), type);
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (could_run(&manifest->entries[i]))
            return;
    if (count == 0)
        return;
    type = slice_from_string(manifest->entries[count - 1].media_type);
    manifest_set_artifact(manifest, artifact_words(type, ARTIFACT_IN_ENTRY), type);
}

bool index_read(struct manifest *manifest, struct error *error)
{
    const struct json *list = json_get(manifest->document, "manifests");

    if (json_kind(list) != JSON_ARRAY && json_kind(list) != JSON_NULL)
        return error_set(error, ERROR_UPSTREAM, "the index has no list of manifests");
    manifest->kind = MANIFEST_INDEX;
    if (!entries_read(manifest, list, error))
        return false;
    judge(manifest);
    return true;
}
