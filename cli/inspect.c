/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery inspect IMAGE...: everything about each image, as text, as the reference's JSON (--raw) or
 * as one clean document (--json).
 *
 * A child that cannot be read keeps nothing else from being shown: the answer says so where it
 * stands, and of text and --raw standard error does, too. The exit status is 0 then; with
 * --platform it is 1 where the image offers no such platform, and nothing is shown.
 */
#include "registry/inspect.h"

#include "base/escape.h"
#include "base/warnings.h"
#include "cli/account.h"
#include "cli/agent.h"
#include "cli/colour.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/program.h"

enum {
    OUTPUT_MAX = 64 * 1024 * 1024, /* 8 MiB of documents, every character of them escaped */
    PLATFORM_TEXT_MAX = 512
};

typedef bool (*write_function)(const struct inspection *inspection,
                               const struct inspection_view *view, struct buffer *out);

struct inspect {
    struct agent agent;
    struct platform *platform; /* --platform, or NULL */
    write_function write;
    enum inspect_depth depth; /* what that form of the answer tells of children */
    bool is_line;             /* the answer lacks its final newline, and tells problems itself */
    bool is_coloured;
    bool is_expanded;
};

static void inspect_release(struct inspect *inspect)
{
    platform_free(inspect->platform);
    agent_release(&inspect->agent);
    *inspect = (struct inspect){0};
}

/* -- what is wished ------------------------------------------------------------------------- */

static bool choose_form(struct inspect *inspect, const struct options *options, struct error *error)
{
    bool is_raw = options->values[OPTION_RAW] != NULL;
    bool is_json = options->values[OPTION_JSON] != NULL;

    inspect->is_expanded = options->values[OPTION_EXPAND_CONFIG] != NULL;
    if (is_raw && is_json)
        return error_set(error, ERROR_INVALID, "--raw and --json are one too many");
    if (inspect->is_expanded && !is_raw)
        return error_set(error, ERROR_INVALID, "--expand-config is for --raw");
    inspect->write = is_json ? inspection_write_json
                             : (is_raw ? inspection_write_raw : inspection_write_text);
    inspect->depth = is_json ? INSPECT_CONFIGS : INSPECT_MANIFESTS;
    inspect->is_line = is_json;
    return true;
}

static bool read_platform(struct inspect *inspect, const struct options *options,
                          struct error *error)
{
    const char *platform = options->values[OPTION_PLATFORM];

    if (!platform)
        return true;
    inspect->platform = platform_parse(slice_from_string(platform), error);
    if (!inspect->platform)
        error_prefix(error, "--platform: ");
    return inspect->platform != NULL;
}

/* Everything that can be wrong with the flags is found here, before anything is asked. */
static bool inspect_init(struct inspect *inspect, const struct options *options,
                         struct error *error)
{
    if (options->operand_count == 0)
        return error_set(error, ERROR_INVALID, "which image? see %s inspect --help",
                         program_name());
    return choose_form(inspect, options, error) && read_platform(inspect, options, error) &&
           colour_choose_for_output(options, &inspect->is_coloured, error) &&
           account_check_registry(options, error) &&
           agent_open(&inspect->agent, options, SETTINGS_QUERY_TIMEOUT, error);
}

/* -- one image ------------------------------------------------------------------------------ */

static struct inspection *ask(const struct inspect *inspect, const struct reference *reference,
                              struct error *error)
{
    const struct registry_question question = {
        .reference = reference,
        .credential = inspect->agent.credential,
        .deadline = agent_deadline(&inspect->agent),
        .retries = AGENT_RETRIES,
    };

    return registry_inspect(inspect->agent.registry, &question, inspect->depth, error);
}

static bool print_answer(const struct inspect *inspect, struct slice image,
                         const struct inspection *inspection, struct error *error)
{
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(OUTPUT_MAX);
    const struct inspection_view view = {
        .image = image,
        .platform = inspect->platform,
        .paint = inspect->is_coloured ? INSPECTION_COLOURED : INSPECTION_PLAIN,
        .is_expanded = inspect->is_expanded,
    };

    (void)inspect->write(inspection, &view, &out);
    if (inspect->is_line)
        (void)buffer_append_char(&out, '\n');
    return buffer_check(&out, "the answer", error) && print_output(buffer_slice(&out), error);
}

static void print_problems(const struct inspect *inspect, const char *image,
                           const struct inspection *inspection)
{
    CLEANUP(warnings_release) struct warnings problems = {0};

    inspection_list_problems(inspection, inspect->platform, &problems);
    for (size_t i = 0; i < problems.count; i++)
        print_warning(image, problems.lines[i]);
}

static enum exit_status print_no_platform(const struct inspect *inspect, const char *image)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(PLATFORM_TEXT_MAX);

    (void)platform_write(inspect->platform, &text);
    (void)buffer_append_string(&text, " is not offered");
    print_note(image, buffer_string(&text));
    return EXIT_NO;
}

/* False where going on is pointless: nobody can read the answers. */
static bool inspect_image(const struct inspect *inspect, const char *image,
                          enum exit_status *status)
{
    struct slice text = slice_from_string(image);
    struct error error;

    CLEANUP(reference_free_p) struct reference *reference = reference_parse(text, &error);
    if (!reference) {
        *status = print_bad_reference(image, &error);
        return true;
    }
    CLEANUP(inspection_free_p) struct inspection *inspection = ask(inspect, reference, &error);
    if (!inspection) {
        *status = print_failure(image, &error);
        return true;
    }
    if (inspect->platform && !inspection_offers(inspection, inspect->platform)) {
        *status = print_no_platform(inspect, image);
        return true;
    }
    if (!print_answer(inspect, text, inspection, &error)) {
        *status = print_failure(NULL, &error);
        return false;
    }
    if (!inspect->is_line)
        print_problems(inspect, image, inspection);
    return true;
}

enum exit_status command_inspect(const struct options *options)
{
    CLEANUP(inspect_release) struct inspect inspect = {0};
    enum exit_status first = EXIT_YES; /* the status of the first image that was not a yes */
    struct error error;

    if (!inspect_init(&inspect, options, &error))
        return print_failure(NULL, &error);
    for (size_t i = 0; i < options->operand_count; i++) {
        enum exit_status status = EXIT_YES;
        if (!inspect_image(&inspect, options->operands[i], &status))
            return status;
        if (first == EXIT_YES)
            first = status;
    }
    return first;
}
