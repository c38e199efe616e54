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
        error_prefix(error, error->code == ERROR_INVALID ? "the %s is not valid JSON: " : "the %s: ",
                     what);
        blame_registry(error);
        return NULL;
    }
    if (json_kind(document) != JSON_OBJECT) {
        (void)error_set(error, ERROR_UPSTREAM, "the %s is not a JSON object", what);
        return NULL;
    }
    return TAKE(document);
}

bool document_has(const struct json *object, const char *key)
{
    enum json_kind kind = json_kind(json_get(object, key));
    return kind != JSON_ABSENT && kind != JSON_NULL;
}

static const char *string_or_empty(const struct json *object, const char *key)
{
    struct slice text = json_get_string(object, key);
    return text.length ? text.data : "";
}

/* -- keys (H6) -- */

struct key_check {
    const char *const *known;
    struct error *error;
};

static bool key_is_exact(void *context, struct slice key, const struct json *value)
{
    const struct key_check *check = context;

    (void)value;
    for (const char *const *known = check->known; *known; known++) {
        struct slice name = slice_from_string(*known);
        if (slice_equal_ignoring_case(key, name) && !slice_equal(key, name))
            return error_set(check->error, ERROR_UPSTREAM, "the key '%s' is ambiguous beside '%s'",
                             ESCAPED(key), *known);
    }
    return true;
}

bool document_keys_are_exact(const struct json *object, const char *const *known,
                             struct error *error)
{
    struct key_check check = {.known = known, .error = error};
    return json_each(object, key_is_exact, &check);
}

/* -- descriptors -- */

bool descriptor_read_size(const struct json *value, int64_t *out, struct error *error)
{
    int64_t size = -1;

    if (!json_integer(json_get(value, "size"), &size) || size < 0 || size > size_max)
        return error_set(error, ERROR_UPSTREAM, "its size is no whole number from 0 to 2^53");
    *out = size;
    return true;
}

bool descriptor_read(const struct json *value, struct descriptor *out, struct error *error)
{
    static const char *const known[] = {"mediaType", "artifactType", "digest", "size",
                                        "platform",  "annotations",  NULL};
    struct descriptor descriptor = {0};
    struct slice type = json_get_string(value, "mediaType");

    if (json_kind(value) != JSON_OBJECT)
        return error_set(error, ERROR_UPSTREAM, "it is no object");
    if (!document_keys_are_exact(value, known, error))
        return false;
    if (!media_type_is_well_formed(type))
        return error_set(error, ERROR_UPSTREAM,
                         "its mediaType '%s' is not of the form type/subtype", ESCAPED(type));
    if (!digest_parse(json_get_string(value, "digest"), &descriptor.digest, error)) {
        blame_registry(error);
        return false;
    }
    if (!descriptor_read_size(value, &descriptor.size, error) ||
        !platform_read(NULL, NULL, &descriptor.platform, error))
        return false;
    descriptor.type = media_type_parse(type);
    descriptor.media_type = type.data;
    descriptor.artifact_type = string_or_empty(value, "artifactType");
    *out = descriptor;
    return true;
}

/* -- platforms -- */

size_t platform_feature_count(const struct json *value)
{
    return json_count(json_get(value, "os.features"));
}

bool platform_read(const struct json *value, const char **features, struct platform *out,
                   struct error *error)
{
    static const char *const known[] = {"architecture", "os",      "os.version",
                                        "os.features",  "variant", NULL};
    const struct json *list = json_get(value, "os.features");
    struct slice feature;

    if (!document_keys_are_exact(value, known, error))
        return false;
    *out = (struct platform){
        .os = string_or_empty(value, "os"),
        .architecture = string_or_empty(value, "architecture"),
        .variant = string_or_empty(value, "variant"),
        .os_version = string_or_empty(value, "os.version"),
        .os_features = features,
    };
    for (size_t i = 0; i < json_count(list); i++)
        if (json_string(json_at(list, i), &feature))
            features[out->os_feature_count++] = feature.data;
    return true;
}
