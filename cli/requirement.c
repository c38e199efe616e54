/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/requirement.h"

#include "base/escape.h"
#include "cli/options.h"
#include "manifest/manifest.h"

enum {
    PLATFORMS_MAX = 64 /* in one --require */
};

struct requirement {
    struct platform *platforms[PLATFORMS_MAX];
    size_t count;
};

/* An image may offer what nobody knows; who requires it has mistyped: an honest "no" would hide it.
 * An architecture alone is taken only where it is known. */
static bool is_known(const struct platform *platform, struct error *error)
{
    CLEANUP(platform_free_p)
    struct platform *alone = platform_parse(slice_from_string(platform->architecture), error);

    if (alone)
        return true;
    if (error->code == ERROR_INVALID)
        (void)error_set(error, ERROR_INVALID, "no architecture '%s' is known here",
                        ESCAPED(slice_from_string(platform->architecture)));
    return false;
}

static bool add_platform(struct requirement *requirement, struct slice text, struct error *error)
{
    if (requirement->count == PLATFORMS_MAX)
        return error_set(error, ERROR_INVALID, "more than %d platforms", PLATFORMS_MAX);
    CLEANUP(platform_free_p) struct platform *platform = platform_parse(text, error);
    if (!platform || !is_known(platform, error))
        return false;
    requirement->platforms[requirement->count++] = TAKE(platform);
    return true;
}

struct requirement *requirement_parse(struct slice text, struct error *error)
{
    size_t start = 0; /* past the end, once the last part is read */
    struct requirement *requirement = calloc(1, sizeof(*requirement));

    if (!requirement) {
        (void)error_no_memory(error);
        return NULL;
    }
    while (start <= text.length) {
        struct slice part = slice_before(slice_from(text, start), ',');
        if (!add_platform(requirement, slice_trim(part), error)) {
            requirement_free(requirement);
            return NULL;
        }
        start += part.length + 1;
    }
    return requirement;
}

bool requirement_read(const struct options *options, struct requirement **out, struct error *error)
{
    const char *text = options->values[OPTION_REQUIRE];

    if (!text)
        return true;
    *out = requirement_parse(slice_from_string(text), error);
    if (!*out)
        error_prefix(error, "%s: ", flags[OPTION_REQUIRE].name);
    return *out != NULL;
}

void requirement_free(struct requirement *requirement)
{
    if (!requirement)
        return;
    for (size_t i = 0; i < requirement->count; i++)
        platform_free(requirement->platforms[i]);
    free(requirement);
}

size_t requirement_count(const struct requirement *requirement)
{
    return requirement->count;
}

const struct platform *requirement_platform(const struct requirement *requirement, size_t index)
{
    return requirement->platforms[index];
}

bool requirement_is_met(const struct requirement *requirement, const struct report *report,
                        struct buffer *missing)
{
    bool is_met = true;

    for (size_t i = 0; i < requirement->count; i++) {
        const struct platform *asked = requirement->platforms[i];
        if (report_supports(report, asked))
            continue;
        (void)buffer_append_string(missing, is_met ? "" : ", ");
        (void)platform_write_version(asked, missing);
        (void)buffer_append_string(missing, " is not offered");
        is_met = false;

        ptrdiff_t runs = platform_runs(asked, report->platforms, report->platform_count);
        if (runs < 0)
            continue;
        (void)buffer_append_string(missing, " (");
        (void)platform_write_version(&report->platforms[runs], missing);
        (void)buffer_append_string(missing, " runs on it)");
    }
    return is_met;
}
