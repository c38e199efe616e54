/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources whose platform is text, and whose name may be a template (rule P20): what a command line
 * gives.
 */
#include "base/escape.h"
#include "manifest/spec.h"

/* Makes strings of the parts, in place. Not platform_parse(): the list shall say what was written,
 * not its normal form. */
static bool split_platform(char *text, struct platform *out)
{
    const char **parts[] = {&out->os, &out->architecture, &out->variant};
    size_t count = 0;

    *out = (struct platform){.variant = "", .os_version = ""};
    while (text && count < sizeof(parts) / sizeof(parts[0])) {
        const char *part = strsep(&text, "/");
        if (*part == '\0')
            return false;
        *parts[count++] = part;
    }
    return !text && count >= 2;
}

/* `out` has the parts of `*copy`, which the caller frees. */
static bool read_platform(struct slice text, char **copy, struct platform *out, struct error *error)
{
    *copy = slice_copy(text);
    if (!*copy)
        return error_no_memory(error);
    return split_platform(*copy, out) ||
           error_set(error, ERROR_INVALID,
                     "the platform '%s' is not of the form os/arch or os/arch/variant",
                     ESCAPED(text));
}

bool spec_add_source_on(struct spec_builder *builder, struct slice image, struct slice platform,
                        struct error *error)
{
    CLEANUP(free_p) char *copy = NULL;
    struct platform parts = {0};

    return read_platform(platform, &copy, &parts, error) &&
           spec_add_source(builder, image, &parts, error);
}

/* Appends the text with the first `word` replaced. */
static bool replace(struct buffer *out, struct slice text, struct slice word, const char *by,
                    struct error *error)
{
    const char *found = text.length ? memmem(text.data, text.length, word.data, word.length) : NULL;
    size_t before = found ? (size_t)(found - text.data) : text.length;

    (void)buffer_append_slice(out, slice_until(text, before));
    if (found)
        (void)buffer_append_string(out, by);
    (void)buffer_append_slice(out, slice_from(text, before + word.length));
    return buffer_check(out, "image made from the template", error);
}

bool spec_add_templated(struct spec_builder *builder, struct slice template, struct slice platform,
                        struct error *error)
{
    CLEANUP(free_p) char *copy = NULL;
    CLEANUP(buffer_release) struct buffer first = BUFFER_INIT(REFERENCE_MAX);
    CLEANUP(buffer_release) struct buffer second = BUFFER_INIT(REFERENCE_MAX);
    CLEANUP(buffer_release) struct buffer image = BUFFER_INIT(REFERENCE_MAX);
    struct platform parts = {0};

    return read_platform(platform, &copy, &parts, error) &&
           replace(&first, template, SLICE("ARCH"), parts.architecture, error) &&
           replace(&second, buffer_slice(&first), SLICE("OS"), parts.os, error) &&
           replace(&image, buffer_slice(&second), SLICE("VARIANT"), parts.variant, error) &&
           spec_add_source(builder, buffer_slice(&image), &parts, error);
}
