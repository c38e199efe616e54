/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery ref: references taken apart, one line of JSON each; no network.
 *
 * "tag" is what would be asked for, so it is "latest" where neither tag nor digest is given
 * (rule R9); what is not there is left out.
 */
#include "cli/command.h"
#include "cli/print.h"
#include "data/json.h"
#include "manifest/manifest.h"

enum {
    OUTPUT_MAX = 4 * REFERENCE_MAX
};

static void write_reference(const struct reference *reference, struct buffer *out)
{
    struct json_writer writer = json_writer_begin(out, JSON_COMPACT);

    json_write_object_begin(&writer);
    json_write_member(&writer, "registry", reference->registry);
    json_write_member(&writer, "repository", reference->repository);
    if (reference->tag || !reference->digest) {
        const char *tag = reference->tag ? reference->tag : reference_target(reference);
        json_write_member(&writer, "tag", tag);
    }
    if (reference->digest)
        json_write_member(&writer, "digest", reference->digest);
    json_write_object_end(&writer);
    (void)buffer_append_char(out, '\n');
}

/* False where nothing more can be said: the output is broken. */
static bool print_reference(const char *image, enum exit_status *status)
{
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(OUTPUT_MAX);
    struct error error;

    CLEANUP(reference_free_p)
    struct reference *reference = reference_parse(slice_from_string(image), &error);
    if (!reference) {
        *status = print_bad_reference(image, &error);
        return true;
    }
    write_reference(reference, &out);
    if (buffer_check(&out, "the reference", &error) && print_output(buffer_slice(&out), &error))
        return true;
    *status = print_failure(NULL, &error);
    return false;
}

enum exit_status command_ref(const struct options *options)
{
    enum exit_status status = EXIT_YES;
    struct error error;

    if (options->operand_count == 0) {
        (void)error_set(&error, ERROR_INVALID, "ref needs an image; see mquery --help");
        return print_failure(NULL, &error);
    }
    for (size_t i = 0; i < options->operand_count; i++) {
        if (!print_reference(options->operands[i], &status))
            break;
    }
    return status;
}
