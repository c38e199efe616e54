/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout: which members, in which order, and which are left out when empty (rules P21, P22).
 * A Docker list and an OCI index differ in just what the reference's two Go structs differ in.
 */
#include "manifest/document.h"
#include "manifest/list.h"
#include "manifest/platform.h"

enum {
    INDENT = 2,
    SCHEMA_VERSION = 2
};

static void write_text(struct json_writer *writer, const char *key, struct slice text)
{
    if (text.length)
        json_write_member_slice(writer, key, text);
}

static void write_annotations(struct json_writer *writer, const struct spec_annotation *annotations,
                              size_t count)
{
    if (count == 0)
        return;
    json_write_key(writer, "annotations");
    json_write_object_begin(writer);
    for (size_t i = 0; i < count; i++)
        json_write_member(writer, annotations[i].key, annotations[i].value);
    json_write_object_end(writer);
}

static void write_urls(struct json_writer *writer, const struct json *urls)
{
    struct slice url;

    if (!urls)
        return;
    json_write_key(writer, "urls");
    json_write_array_begin(writer);
    for (size_t i = 0; i < json_count(urls); i++) {
        if (json_string(json_at(urls, i), &url))
            json_write_string(writer, url);
    }
    json_write_array_end(writer);
}

static void write_platform(struct json_writer *writer, const struct list_entry *entry,
                           enum list_type type)
{
    json_write_key(writer, "platform");
    json_write_object_begin(writer);
    platform_write_members(&entry->platform, writer);
    if (type == LIST_DOCKER && entry->feature_count > 0) {
        json_write_key(writer, "features");
        json_write_strings(writer, entry->features, entry->feature_count);
    }
    json_write_object_end(writer);
}

static void write_docker_entry(struct json_writer *writer, const struct list_entry *entry,
                               const struct list_extras *extras)
{
    json_write_member(writer, "mediaType", entry->media_type);
    json_write_key(writer, "size");
    json_write_integer(writer, entry->size);
    json_write_member(writer, "digest", entry->digest->text);
    write_annotations(writer, extras->annotations, extras->annotation_count);
    write_platform(writer, entry, LIST_DOCKER);
}

/* An attestation may be without a platform, and stays so. */
static bool has_platform(const struct list_entry *entry)
{
    return !entry->is_attestation || document_has(json_get(entry->descriptor, "platform"));
}

static void write_oci_entry(struct json_writer *writer, const struct list_entry *entry,
                            const struct list_extras *extras)
{
    json_write_member(writer, "mediaType", entry->media_type);
    json_write_member(writer, "digest", entry->digest->text);
    json_write_key(writer, "size");
    json_write_integer(writer, entry->size);
    write_urls(writer, extras->urls);
    write_annotations(writer, extras->annotations, extras->annotation_count);
    write_text(writer, "data", extras->data);
    if (has_platform(entry))
        write_platform(writer, entry, LIST_OCI);
    write_text(writer, "artifactType", extras->artifact_type);
}

static void write_entries(struct json_writer *writer, const struct list_plan *plan,
                          const struct list_extras *extras, bool are_attestations)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct list_entry *entry = &plan->entries[i];
        if (entry->is_attestation != are_attestations)
            continue;
        json_write_object_begin(writer);
        if (plan->type == LIST_DOCKER)
            write_docker_entry(writer, entry, &extras[i]);
        else
            write_oci_entry(writer, entry, &extras[i]);
        json_write_object_end(writer);
    }
}

void list_write(const struct list_plan *plan, const struct list_extras *extras, struct buffer *out)
{
    struct json_writer writer = json_writer_begin(out, INDENT);

    json_write_object_begin(&writer);
    json_write_key(&writer, "schemaVersion");
    json_write_integer(&writer, SCHEMA_VERSION);
    json_write_member(&writer, "mediaType", list_type_media_type(plan->type));
    json_write_key(&writer, "manifests");
    json_write_array_begin(&writer);
    write_entries(&writer, plan, extras, false);
    write_entries(&writer, plan, extras, true); /* P18: behind all images */
    json_write_array_end(&writer);
    write_annotations(&writer, plan->annotations, plan->annotation_count);
    json_write_object_end(&writer);
}
