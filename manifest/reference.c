/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References as objects. What a reference may look like is reference_scan.c's; which host is
 * dialled for its registry is no matter of this folder (rule R10).
 */
#include <stdlib.h>

#include "manifest/ascii.h"
#include "manifest/manifest.h"
#include "manifest/reference_scan.h"

static void append(char **cursor, struct slice text)
{
    if (text.length)
        memcpy(*cursor, text.data, text.length);
    *cursor += text.length;
}

/* Copies `text` and its NUL to the cursor; NULL for what was not given. */
static const char *place(char **cursor, struct slice text)
{
    const char *start = *cursor;
    if (text.length == 0)
        return NULL;
    append(cursor, text);
    *(*cursor)++ = '\0';
    return start;
}

static struct reference *reference_new(const struct reference_parts *parts)
{
    size_t text_size = parts->registry.length + parts->repository_prefix.length +
                       parts->repository.length + parts->tag.length + parts->digest.length + 4;
    struct reference *reference = malloc(sizeof(*reference) + text_size);
    if (!reference)
        return NULL;

    char *cursor = (char *)(reference + 1);
    for (size_t i = 0; i < parts->registry.length; i++)
        cursor[i] = ascii_lower(parts->registry.data[i]);
    reference->registry = cursor;
    cursor += parts->registry.length;
    *cursor++ = '\0';
    reference->repository = cursor;
    append(&cursor, parts->repository_prefix);
    (void)place(&cursor, parts->repository);
    reference->tag = place(&cursor, parts->tag);
    reference->digest = place(&cursor, parts->digest);
    return reference;
}

struct reference *reference_parse(struct slice text, struct error *error)
{
    struct reference_parts parts = {0};

    if (!reference_scan(text, &parts, error))
        return NULL;
    struct reference *reference = reference_new(&parts);
    if (!reference)
        (void)error_no_memory(error);
    return reference;
}

void reference_free(struct reference *reference)
{
    free(reference);
}

const char *reference_target(const struct reference *reference)
{
    if (reference->digest)
        return reference->digest;
    return reference->tag ? reference->tag : "latest";
}

bool reference_write(const struct reference *reference, struct buffer *out)
{
    (void)buffer_append_string(out, reference->registry);
    (void)buffer_append_char(out, '/');
    (void)buffer_append_string(out, reference->repository);
    if (reference->tag || !reference->digest) {
        (void)buffer_append_char(out, ':');
        (void)buffer_append_string(out, reference->tag ? reference->tag : "latest");
    }
    if (reference->digest) {
        (void)buffer_append_char(out, '@');
        (void)buffer_append_string(out, reference->digest);
    }
    return buffer_ok(out);
}

bool reference_is_docker_hub(struct slice registry)
{
    static const char *const names[] = {"docker.io", "index.docker.io", "registry-1.docker.io"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (slice_equal_ignoring_case(registry, slice_from_string(names[i])))
            return true;
    return false;
}
