/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a reference: what is accepted must be made of safe bytes, and be the same reference
 * when written out and read again.
 */
#include "manifest/manifest.h"
#include "tests/fuzz/fuzz.h"

enum {
    TEXT_MAX = REFERENCE_MAX + 32 /* "docker.io/library/" and ":latest" may be added */
};

static bool is_same(const char *a, const char *b)
{
    return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

/* "Docker/x" names the registry "docker", which no lower-case spelling does (rule R7). */
static bool can_be_written(const struct reference *reference)
{
    return strcmp(reference->registry, "localhost") == 0 || strpbrk(reference->registry, ".:");
}

static void check_round_trip(const struct reference *reference)
{
    struct error error;
    struct buffer text = BUFFER_INIT(TEXT_MAX);

    must(reference_write(reference, &text));
    for (size_t i = 0; i < text.length; i++)
        must(text.data[i] > ' ' && text.data[i] < 0x7f);
    struct reference *again =
        text.length <= REFERENCE_MAX ? reference_parse(buffer_slice(&text), &error) : NULL;
    if (again) {
        must(is_same(reference->registry, again->registry));
        must(is_same(reference->repository, again->repository));
        must(is_same(reference_target(reference), reference_target(again)));
        must(is_same(reference->digest, again->digest));
    } else {
        must(text.length > REFERENCE_MAX);
    }
    reference_free(again);
    buffer_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error;
    struct slice text = fuzz_input(data, size);
    struct reference *reference = reference_parse(text, &error);

    (void)reference_is_docker_hub(text);
    if (!reference)
        must(error.code == ERROR_INVALID);
    else if (can_be_written(reference))
        check_round_trip(reference);
    if (reference && reference->tag)
        must(reference_tag_is_valid(slice_from_string(reference->tag)));
    reference_free(reference);
    return 0;
}
