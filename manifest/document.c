/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/document.h"

#include "base/escape.h"
#include "manifest/media_type.h"

static const int64_t size_max = INT64_C(1) << 53;

/* What json_parse() calls invalid is here a registry's fault, not the caller's. */
static void blame_registry(struct error *error)
{
    if (error->code == ERROR_INVALID)
        error->code = ERROR_UPSTREAM;
}

struct json *document_parse(struct slice body, size_t size_limit, const char *what,
                            struct error *error)
{
    if (body.length > size_limit) {
        (void)error_set(error, ERROR_TOO_LARGE, "the %s is larger than %zu bytes", what,
                        size_limit);
        return NULL;
    }
    CLEANUP(json_free_p) struct json *document = json_parse(body, error);
    if (!document) {
        error_prefix(
            error, error->code == ERROR_INVALID ? "the %s is not valid JSON: " : "the %s: ", what);
        blame_registry(error);
        return NULL;
    }
    if (json_kind(document) != JSON_OBJECT) {
        (void)error_set(error, ERROR_UPSTREAM, "the %s is not a JSON object", what);
        return NULL;
    }
    return TAKE(document);
}

bool document_has(const struct json *value)
{
    return json_kind(value) != JSON_ABSENT && json_kind(value) != JSON_NULL;
}

static const char *string_or_empty(const struct json *value)
{
    struct slice text = {0};
    return json_string(value, &text) ? text.data : "";
}

/* -- members (H6) --------------------------------------------------------------------------- */

struct search {
    struct member *wanted;
    size_t count;
    struct error *error;
};

static bool find_member(void *context, struct slice key, const struct json *value)
{
    const struct search *search = context;

    for (size_t i = 0; i < search->count; i++) {
        struct member *member = &search->wanted[i];
        if (key.length != member->key.length)
            continue;
        if (slice_equal(key, member->key))
            member->value = value;
        else if (slice_equal_ignoring_case(key, member->key))
            return error_set(search->error, ERROR_UPSTREAM, "the key '%s' is ambiguous beside '%s'",
                             ESCAPED(key), member->key.data);
    }
    return true;
}

bool document_find(const struct json *object, struct member *wanted, size_t count,
                   struct error *error)
{
    struct search search = {.wanted = wanted, .count = count, .error = error};
    return json_each(object, find_member, &search);
}

/* -- descriptors ---------------------------------------------------------------------------- */

static bool read_size(const struct json *value, int64_t *out, struct error *error)
{
    int64_t size = -1;

    if (!json_integer(value, &size) || size < 0 || size > size_max)
        return error_set(error, ERROR_UPSTREAM, "its size is no whole number from 0 to 2^53");
    *out = size;
    return true;
}

static bool read_digest(const struct json *value, struct digest *out, struct error *error)
{
    struct slice text = {0};

    (void)json_string(value, &text);
    if (digest_parse(text, out, error))
        return true;
    blame_registry(error);
    return false;
}

static bool read_media_type(const struct json *value, struct descriptor *out, struct error *error)
{
    struct slice text = {0};

    (void)json_string(value, &text);
    if (!media_type_is_well_formed(text))
        return error_set(error, ERROR_UPSTREAM,
                         "its mediaType '%s' is not of the form type/subtype", ESCAPED(text));
    out->type = media_type_parse(text);
    out->media_type = text.data;
    return true;
}

bool descriptor_read(const struct json *value, struct descriptor *out, struct descriptor_rest *rest,
                     struct error *error)
{
    enum {
        MEDIA_TYPE,
        DIGEST,
        SIZE,
        PLATFORM,
        ANNOTATIONS,
        ARTIFACT_TYPE,
        COUNT
    };
    struct member members[COUNT] = {
        [MEDIA_TYPE] = MEMBER("mediaType"),
        [DIGEST] = MEMBER("digest"),
        [SIZE] = MEMBER("size"),
        [PLATFORM] = MEMBER("platform"),
        [ANNOTATIONS] = MEMBER("annotations"),
        [ARTIFACT_TYPE] = MEMBER("artifactType"),
    };

    struct descriptor descriptor = {
        .platform = {.os = "", .architecture = "", .variant = "", .os_version = ""},
        .json = value,
    };

    if (json_kind(value) != JSON_OBJECT)
        return error_set(error, ERROR_UPSTREAM, "it is no object");
    if (!document_find(value, members, COUNT, error) ||
        !read_media_type(members[MEDIA_TYPE].value, &descriptor, error) ||
        !read_digest(members[DIGEST].value, &descriptor.digest, error) ||
        !read_size(members[SIZE].value, &descriptor.size, error))
        return false;
    descriptor.artifact_type = string_or_empty(members[ARTIFACT_TYPE].value);
    *out = descriptor;
    rest->platform = members[PLATFORM].value;
    rest->annotations = members[ANNOTATIONS].value;
    return true;
}

/* -- platforms ------------------------------------------------------------------------------ */

size_t platform_feature_count(const struct json *value)
{
    return json_count(json_get(value, "os.features"));
}

bool platform_read(const struct json *value, const char **features, struct platform *out,
                   struct error *error)
{
    enum {
        ARCHITECTURE,
        OS,
        OS_VERSION,
        OS_FEATURES,
        VARIANT,
        COUNT
    };
    struct member members[COUNT] = {
        [ARCHITECTURE] = MEMBER("architecture"), [OS] = MEMBER("os"),
        [OS_VERSION] = MEMBER("os.version"),     [OS_FEATURES] = MEMBER("os.features"),
        [VARIANT] = MEMBER("variant"),
    };
    struct slice feature;

    if (!document_find(value, members, COUNT, error))
        return false;
    *out = (struct platform){
        .os = string_or_empty(members[OS].value),
        .architecture = string_or_empty(members[ARCHITECTURE].value),
        .variant = string_or_empty(members[VARIANT].value),
        .os_version = string_or_empty(members[OS_VERSION].value),
        .os_features = features,
    };
    const struct json *list = members[OS_FEATURES].value;
    for (size_t i = 0; i < json_count(list); i++)
        if (json_string(json_at(list, i), &feature))
            features[out->os_feature_count++] = feature.data;
    return true;
}
