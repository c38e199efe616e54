/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/answer.h"

#include "base/escape.h"
#include "data/json.h"
#include "manifest/manifest.h"

enum {
    FEATURES_MAX = 32 /* os.features a report holds */
};

void answer_release(struct answer *answer)
{
    report_unref(answer->report);
    *answer = (struct answer){0};
}

static enum error_code code_named(struct slice name)
{
    for (int code = ERROR_INVALID; code < ERROR_CODE_COUNT; code++) {
        if (slice_equal_string(name, error_code_name((enum error_code)code)))
            return (enum error_code)code;
    }
    return ERROR_UPSTREAM; /* the services before mqueryd send no code */
}

/* Always false. */
static bool service_error(const struct json *document, long status, struct error *error)
{
    char message[sizeof(error->message)];
    struct slice text = {0};

    if (!json_string(json_get(document, "error"), &text)) {
        return error_set(error, ERROR_UPSTREAM, "the service answered %ld without saying why",
                         status);
    }
    return error_set(error, code_named(json_get_string(document, "code")), "the service: %s",
                     escape_text(message, sizeof(message), text));
}

static void read_platform(struct report_builder *builder, const struct json *entry)
{
    const struct json *features = json_get(entry, "os.features");
    const char *feature_texts[FEATURES_MAX];
    struct platform platform = {
        .os = json_get_string(entry, "os").data,
        .architecture = json_get_string(entry, "architecture").data,
        .variant = json_get_string(entry, "variant").data,
        .os_version = json_get_string(entry, "os.version").data,
        .os_features = feature_texts,
    };

    for (size_t i = 0; i < json_count(features) && platform.os_feature_count < FEATURES_MAX; i++) {
        struct slice feature = {0};
        if (json_string(json_at(features, i), &feature))
            feature_texts[platform.os_feature_count++] = feature.data;
    }
    platform.os = platform.os ? platform.os : "";
    platform.architecture = platform.architecture ? platform.architecture : "";
    platform.variant = platform.variant ? platform.variant : "";
    platform.os_version = platform.os_version ? platform.os_version : "";
    report_add_platform(builder, &platform);
}

static void read_lists(struct report_builder *builder, const struct json *document)
{
    const struct json *platforms = json_get(document, "archlist");
    const struct json *warnings = json_get(document, "warnings");
    int64_t attestations = 0;
    struct slice text = {0};

    for (size_t i = 0; i < json_count(platforms); i++)
        read_platform(builder, json_at(platforms, i));
    (void)json_integer(json_get(document, "attestations"), &attestations);
    for (int64_t i = 0; i < attestations && i < REPORT_PLATFORMS_MAX; i++)
        report_add_attestation(builder);
    for (size_t i = 0; i < json_count(warnings); i++) {
        if (json_string(json_at(warnings, i), &text))
            report_add_warning(builder, "%s", text.data);
    }
}

static bool read_answer(struct answer *answer, const struct json *document, struct error *error)
{
    struct answer read = {0};
    struct slice media_type = {0};
    struct digest digest;
    bool is_list = false;

    if (!json_integer(json_get(document, "cachets"), &read.confirmed) ||
        !json_boolean(json_get(document, "islist"), &is_list) ||
        !json_string(json_get(document, "mediatype"), &media_type) ||
        json_kind(json_get(document, "archlist")) != JSON_ARRAY ||
        !digest_parse(json_get_string(document, "digest"), &digest, error))
        return error_set(error, ERROR_UPSTREAM, "the service's answer is not one to a query");
    (void)json_boolean(json_get(document, "stale"), &read.is_stale);

    CLEANUP(report_builder_free_p) struct report_builder *builder = report_builder_new();
    if (!builder)
        return error_no_memory(error);
    read_lists(builder, document);
    read.report = report_builder_finish(builder, &digest, media_type.data, is_list, error);
    if (!read.report)
        return false;
    *answer = read;
    return true;
}

bool answer_parse(struct answer *answer, long status, struct slice body, struct error *error)
{
    CLEANUP(json_free_p) struct json *document = json_parse(body, error);

    if (!document) {
        if (error->code != ERROR_INTERNAL)
            (void)error_set(error, ERROR_UPSTREAM, "the service answered %ld and no JSON", status);
        return false;
    }
    if (status != 200)
        return service_error(document, status, error);
    return read_answer(answer, document, error);
}
