/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/referrers.h"

#include "manifest/ascii.h"
#include "manifest/document.h"
#include "manifest/shape.h"

enum {
    ALGORITHM_MAX = 32, /* bytes of the tag, before and ... */
    HASH_MAX = 64,      /* ... behind its hyphen */
    HASH_MIN = 64,      /* no algorithm that is registered has fewer */
    INDENT = 2,         /* P21 */
    SCHEMA_VERSION = 2
};

/* -- the subject and its tag ---------------------------------------------------------------- */

static bool is_hash(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (!ascii_is_lower_hex(text.data[i]))
            return false;
    }
    return text.length >= HASH_MIN;
}

/* R6, for algorithms to come, too. A "1.0:alpine" would make a list of the image tagged 1.0-alpine.
 */
static bool is_like_digest(struct slice text)
{
    ptrdiff_t colon = slice_find(text, ':');

    return colon > 0 && ascii_is_lower(text.data[0]) &&
           is_hash(slice_from(text, (size_t)colon + 1));
}

struct slice manifest_subject(const struct manifest *manifest)
{
    struct slice digest = json_get_string(json_get(manifest->document, "subject"), "digest");

    return is_like_digest(digest) ? digest : (struct slice){0};
}

static bool may_stand_in_tag(char byte)
{
    return ascii_is_letter_or_digit(byte) || byte == '_' || byte == '.' || byte == '-';
}

static char *write_tag_part(char *cursor, struct slice part, size_t length_max)
{
    for (size_t i = 0; i < part.length && i < length_max; i++) {
        *cursor = part.data[i];
        if (!may_stand_in_tag(*cursor))
            *cursor = '-';
        cursor++;
    }
    return cursor;
}

void referrers_tag(struct slice subject, char out[REFERRERS_TAG_SIZE])
{
    size_t colon = (size_t)slice_find(subject, ':');

    char *cursor = write_tag_part(out, slice_until(subject, colon), ALGORITHM_MAX);
    *cursor++ = '-';
    cursor = write_tag_part(cursor, slice_from(subject, colon + 1), HASH_MAX);
    *cursor = '\0';
}

/* -- the index ------------------------------------------------------------------------------ */

bool referrers_has(const struct manifest *index, const struct digest *digest)
{
    for (size_t i = 0; index && i < index->entry_count; i++) {
        if (digest_equal(&index->entries[i].digest, digest))
            return true;
    }
    return false;
}

/* What tells a chart from a signature where artifactType does not. */
static struct slice effective_artifact_type(const struct manifest *manifest)
{
    struct slice type = json_get_string(manifest->document, "artifactType");

    return type.length ? type : slice_from_string(manifest->config.media_type);
}

/* P22: in the order of the reference's descriptor. */
static void write_referrer(struct json_writer *writer, const struct referrer *referrer)
{
    static const struct shape annotations[] = {
        {.key = "annotations", .kind = SHAPE_MAP},
        {.kind = SHAPE_END},
    };
    struct slice artifact_type = effective_artifact_type(referrer->manifest);

    json_write_object_begin(writer);
    json_write_member(writer, "mediaType", referrer->manifest->media_type);
    json_write_member(writer, "digest", referrer->digest->text);
    json_write_key(writer, "size");
    json_write_integer(writer, referrer->size);
    shape_write_members(writer, referrer->manifest->document, annotations);
    if (artifact_type.length)
        json_write_member_slice(writer, "artifactType", artifact_type);
    json_write_object_end(writer);
}

struct appending {
    struct json_writer writer;
    const struct referrer *added;
    size_t count;
};

static void write_entries(struct appending *appending, const struct json *listed)
{
    struct json_writer *writer = &appending->writer;

    json_write_array_begin(writer);
    for (size_t i = 0; i < json_count(listed); i++)
        json_write_value(writer, json_at(listed, i));
    for (size_t i = 0; i < appending->count; i++)
        write_referrer(writer, &appending->added[i]);
    json_write_array_end(writer);
}

static bool write_member(void *context, struct slice key, const struct json *value)
{
    struct appending *appending = context;

    json_write_key_slice(&appending->writer, key);
    if (slice_equal_string(key, "manifests"))
        write_entries(appending, value);
    else
        json_write_value(&appending->writer, value);
    return true;
}

static void write_new_members(struct appending *appending)
{
    struct json_writer *writer = &appending->writer;

    json_write_key(writer, "schemaVersion");
    json_write_integer(writer, SCHEMA_VERSION);
    json_write_member(writer, "mediaType", media_type_name(MEDIA_TYPE_OCI_INDEX));
    json_write_key(writer, "manifests");
    write_entries(appending, NULL);
}

bool referrers_append(const struct manifest *index, const struct referrer *added, size_t count,
                      struct buffer *out, struct error *error)
{
    struct appending appending = {json_writer_begin(out, INDENT), added, count};

    /* We could not read it, either. */
    if ((index ? index->entry_count : 0) + count > INDEX_ENTRIES_MAX)
        return error_set(error, ERROR_TOO_LARGE, "with %zu more the list has more than %d entries",
                         count, INDEX_ENTRIES_MAX);
    json_write_object_begin(&appending.writer);
    if (index)
        (void)json_each(index->document, write_member, &appending);
    else
        write_new_members(&appending);
    json_write_object_end(&appending.writer);
    return buffer_check(out, "list of referrers", error);
}
