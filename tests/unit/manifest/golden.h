/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading tests/fixtures/golden. Needs cmocka.h included before.
 */
#ifndef TESTS_MANIFEST_GOLDEN_H
#define TESTS_MANIFEST_GOLDEN_H

#include <stdio.h>

#include "manifest/manifest.h"

enum {
    FILE_MAX = 1 << 20,
    NAME_SIZE = 128,
    PATH_SIZE = 512
};

/* Reads a file of the fixture; the caller releases the buffer. */
static inline struct buffer read_file(const char *name)
{
    struct buffer bytes = BUFFER_INIT(FILE_MAX);
    char path[PATH_SIZE];
    char chunk[4096];
    size_t length;

    (void)snprintf(path, sizeof(path), "%s/%s", GOLDEN, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot open %s", path);
    while ((length = fread(chunk, 1, sizeof(chunk), file)) > 0)
        assert_true(buffer_append(&bytes, chunk, length));
    (void)fclose(file);
    return bytes;
}

static inline struct buffer read_blob(const char *digest)
{
    char name[NAME_SIZE];

    (void)snprintf(name, sizeof(name), "blobs/%s", strchr(digest, ':') + 1);
    return read_file(name);
}

static inline struct json *read_json(const char *name)
{
    struct error error = {0};
    struct buffer bytes = read_file(name);
    struct json *document = json_parse(buffer_slice(&bytes), &error);

    if (!document)
        fail_msg("%s: %s", name, error.message);
    buffer_release(&bytes);
    return document;
}

static inline struct manifest *read_manifest(const char *digest, struct slice type)
{
    struct error error = {0};
    struct digest computed;
    struct buffer bytes = read_blob(digest);
    struct manifest *manifest =
        manifest_parse(buffer_slice(&bytes), type, (struct slice){0}, &error);

    if (!manifest)
        fail_msg("%s: %s", digest, error.message);
    assert_true(digest_compute(DIGEST_SHA256, buffer_slice(&bytes), &computed));
    assert_string_equal(computed.text, digest);
    buffer_release(&bytes);
    return manifest;
}

#endif
