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

#include <stdlib.h>

#include "base/warnings.h"
#include "cli/account.h"
#include "cli/agent.h"
#include "cli/colour.h"
#include "cli/command.h"
#include "cli/crowd.h"
#include "cli/print.h"
#include "cli/program.h"

enum {
    OUTPUT_MAX = 64 * 1024 * 1024 /* 8 MiB of documents, every character of them escaped */
};

typedef bool (*write_function)(const struct inspection *inspection,
                               const struct inspection_view *view, struct buffer *out);

/* An image that was asked for, and what came of it. */
struct subject {
    const char *image;
    struct reference *reference; /* NULL: it is none, and `error` says why */
    bool is_answered;            /* else `error` says why not */
    bool lacks_platform;         /* that was asked for; then there is nothing to show */
    struct buffer text;
    struct warnings problems;
    struct error error;
};

struct inspect {
    struct agent agent;
    struct platform *platform; /* --platform, or NULL */
    write_function write;
    enum inspect_depth depth; /* what that form of the answer tells of children */
    bool is_line;             /* the answer lacks its final newline, and tells problems itself */
    bool is_coloured;
    bool is_expanded;
    struct subject *subjects;
    size_t count;
    enum exit_status status; /* of the first image that was not a yes */
};

static void subject_release(struct subject *subject)
{
    reference_free(TAKE(subject->reference));
    buffer_release(&subject->text);
    warnings_release(&subject->problems);
}

static void inspect_release(struct inspect *inspect)
{
    for (size_t i = 0; i < inspect->count; i++)
        subject_release(&inspect->subjects[i]);
    free(inspect->subjects);
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
    inspect->write =
        is_json ? inspection_write_json : (is_raw ? inspection_write_raw : inspection_write_text);
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

static bool add_subjects(struct inspect *inspect, const struct options *options,
                         struct error *error)
{
    inspect->subjects = calloc(options->operand_count, sizeof(*inspect->subjects));
    if (!inspect->subjects)
        return error_no_memory(error);
    inspect->count = options->operand_count;
    for (size_t i = 0; i < inspect->count; i++) {
        struct subject *subject = &inspect->subjects[i];
        subject->image = options->operands[i];
        buffer_init(&subject->text, OUTPUT_MAX);
        subject->reference = reference_parse(slice_from_string(subject->image), &subject->error);
    }
    return true;
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
           agent_open(&inspect->agent, options, SETTINGS_QUERY_TIMEOUT, error) &&
           add_subjects(inspect, options, error);
}

/* -- one image ------------------------------------------------------------------------------ */

static struct inspection *ask_registry(const struct inspect *inspect,
                                       const struct reference *reference, struct error *error)
{
    const struct registry_question question = agent_question(&inspect->agent, reference);

    return registry_inspect(inspect->agent.registry, &question, inspect->depth, error);
}

/* Writes the answer, unless it is that there is no such platform. */
static bool write_answer(const struct inspect *inspect, struct subject *subject,
                         const struct inspection *inspection)
{
    const struct inspection_view view = {
        .image = slice_from_string(subject->image),
        .platform = inspect->platform,
        .paint = inspect->is_coloured ? INSPECTION_COLOURED : INSPECTION_PLAIN,
        .is_expanded = inspect->is_expanded,
    };

    subject->lacks_platform =
        inspect->platform && !inspection_offers(inspection, inspect->platform);
    if (subject->lacks_platform)
        return true;
    (void)inspect->write(inspection, &view, &subject->text);
    if (inspect->is_line)
        (void)buffer_append_char(&subject->text, '\n');
    else
        inspection_list_problems(inspection, inspect->platform, &subject->problems);
    return buffer_check(&subject->text, "the answer", &subject->error);
}

static enum exit_status print_no_platform(const struct inspect *inspect, const char *image)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(PLATFORM_TEXT_MAX);

    (void)platform_write_version(inspect->platform, &text);
    (void)buffer_append_string(&text, " is not offered");
    print_note(image, buffer_string(&text));
    return EXIT_NO;
}

/* False where going on is pointless: nobody can read the answers. */
static bool print_answer(const struct subject *subject, enum exit_status *status)
{
    struct error error;

    if (!print_output(buffer_slice(&subject->text), &error)) {
        *status = print_failure(NULL, &error);
        return false;
    }
    for (size_t i = 0; i < subject->problems.count; i++)
        print_warning(subject->image, subject->problems.lines[i]);
    return true;
}

/* -- all of them, side by side -------------------------------------------------------------- */

static const char *lane(const void *context, size_t number)
{
    const struct inspect *inspect = context;
    const struct reference *reference = inspect->subjects[number].reference;

    return reference ? reference->registry : NULL;
}

static void ask(void *context, size_t number)
{
    const struct inspect *inspect = context;
    struct subject *subject = &inspect->subjects[number];

    if (!subject->reference)
        return;
    CLEANUP(inspection_free_p)
    struct inspection *inspection = ask_registry(inspect, subject->reference, &subject->error);
    subject->is_answered = inspection && write_answer(inspect, subject, inspection);
}

static bool tell(void *context, size_t number)
{
    struct inspect *inspect = context;
    struct subject *subject = &inspect->subjects[number];
    enum exit_status status = EXIT_YES;
    bool can_go_on = true;

    if (!subject->reference)
        status = print_bad_reference(subject->image, &subject->error);
    else if (!subject->is_answered)
        status = print_failure(subject->image, &subject->error);
    else if (subject->lacks_platform)
        status = print_no_platform(inspect, subject->image);
    else
        can_go_on = print_answer(subject, &status);
    if (inspect->status == EXIT_YES || !can_go_on)
        inspect->status = status;
    subject_release(subject);
    return can_go_on;
}

enum exit_status command_inspect(const struct options *options)
{
    CLEANUP(inspect_release) struct inspect inspect = {0};
    struct error error;

    if (!inspect_init(&inspect, options, &error))
        return print_failure(NULL, &error);
    const struct crowd crowd = {
        .count = inspect.count, .context = &inspect, .lane = lane, .ask = ask, .tell = tell};
    if (!crowd_run(&crowd, &error))
        return print_failure(NULL, &error);
    return inspect.status;
}
