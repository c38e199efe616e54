/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an entry brings along from the index it was in: annotations, urls, embedded data and its
 * artifactType.
 */
#include <stdlib.h>

#include "base/escape.h"
#include "manifest/document.h"
#include "manifest/list.h"

struct collecting {
    struct spec_annotation *next;
    const char *source;
    struct error *error;
};

static bool collect_annotation(void *context, struct slice key, const struct json *value)
{
    struct collecting *collecting = context;
    struct slice text;

    if (!json_string(value, &text)) {
        return error_set(collecting->error, ERROR_UPSTREAM,
                         "the annotation '%.40s' of '%.80s' is no text", ESCAPED(key),
                         ESCAPED(slice_from_string(collecting->source)));
    }
    *collecting->next++ = (struct spec_annotation){key.data, text.data};
    return true;
}

static int compare_annotations(const void *a, const void *b)
{
    return strcmp(((const struct spec_annotation *)a)->key,
                  ((const struct spec_annotation *)b)->key);
}

/* Fills `out`, which has room for all of them. */
static bool read_annotations(const struct json *annotations, const char *source,
                             struct spec_annotation *out, size_t *count, struct error *error)
{
    struct collecting collecting = {out, source, error};

    if (!json_each(annotations, collect_annotation, &collecting))
        return false;
    *count = (size_t)(collecting.next - out);
    qsort(out, *count, sizeof(*out), compare_annotations);
    return true;
}

static bool read_urls(const struct json *urls, const char *source, const struct json **out,
                      struct error *error)
{
    struct slice ignored;

    for (size_t i = 0; i < json_count(urls); i++) {
        if (!json_string(json_at(urls, i), &ignored))
            return error_set(error, ERROR_UPSTREAM, "an url of '%.80s' is no text",
                             ESCAPED(slice_from_string(source)));
    }
    *out = json_count(urls) ? urls : NULL;
    return true;
}

/* P25: `*is_content` tells whether `data` is the base64, as Go writes it, of just the bytes that
 * the entry's digest and size name. Errors: internal. */
static bool check_data(struct slice data, const struct list_entry *entry, bool *is_content,
                       struct error *error)
{
    CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT((size_t)entry->size);
    CLEANUP(buffer_release) struct buffer again = BUFFER_INIT(data.length);
    struct digest digest;
    bool is_same = escape_base64_decode(&bytes, data) && bytes.length == (size_t)entry->size &&
                   escape_base64_encode(&again, buffer_slice(&bytes)) &&
                   slice_equal(buffer_slice(&again), data);

    if (bytes.state == BUFFER_NO_MEMORY || again.state == BUFFER_NO_MEMORY ||
        !digest_compute(entry->digest->algorithm, buffer_slice(&bytes), &digest))
        return error_no_memory(error);
    *is_content = is_same && digest_equal(&digest, entry->digest);
    return true;
}

static bool read_data(const struct list_entry *entry, struct slice *out, struct warnings *warnings,
                      struct error *error)
{
    struct slice data = json_get_string(entry->descriptor, "data");
    bool is_content = false;

    if (data.length == 0)
        return true;
    if (!check_data(data, entry, &is_content, error))
        return false;
    if (is_content) {
        *out = data;
    } else {
        warnings_add(warnings,
                     "the data embedded for '%.120s' is not what its digest names, and is left out",
                     ESCAPED(slice_from_string(entry->source)));
    }
    return true;
}

static bool read_extras(const struct list_entry *entry, struct list_extras *out,
                        struct warnings *warnings, struct error *error)
{
    const struct json *descriptor = entry->descriptor;

    out->artifact_type = json_get_string(descriptor, "artifactType");
    return read_annotations(json_get(descriptor, "annotations"), entry->source, out->annotations,
                            &out->annotation_count, error) &&
           read_urls(json_get(descriptor, "urls"), entry->source, &out->urls, error) &&
           read_data(entry, &out->data, warnings, error);
}

/* One block: the extras (and one more, so that none is not "no memory"), and behind them all
 * annotations. */
static struct list_extras *extras_new(const struct list_plan *plan)
{
    size_t annotations = 0;

    for (size_t i = 0; i < plan->count; i++)
        annotations += json_count(json_get(plan->entries[i].descriptor, "annotations"));
    return calloc(1, (plan->count + 1) * sizeof(struct list_extras) +
                         annotations * sizeof(struct spec_annotation));
}

struct list_extras *list_extras_read(const struct list_plan *plan, struct warnings *warnings,
                                     struct error *error)
{
    struct list_extras *extras = extras_new(plan);
    if (!extras) {
        (void)error_no_memory(error);
        return NULL;
    }
    struct spec_annotation *room = (struct spec_annotation *)(void *)(extras + plan->count + 1);
    for (size_t i = 0; i < plan->count; i++) {
        extras[i].annotations = room;
        if (!read_extras(&plan->entries[i], &extras[i], warnings, error)) {
            list_extras_free(extras);
            return NULL;
        }
        room += extras[i].annotation_count;
    }
    return extras;
}

void list_extras_free(struct list_extras *extras)
{
    free(extras);
}
