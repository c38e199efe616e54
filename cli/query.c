/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery IMAGE...: asks for all images side by side, the registries themselves or a service, and
 * prints the answers in the order given. One image that fails does not keep the others from being
 * asked.
 */
#include <stdlib.h>

#include "base/buffer.h"
#include "base/escape.h"
#include "cli/command.h"
#include "cli/crowd.h"
#include "cli/print.h"
#include "cli/requirement.h"
#include "cli/source.h"
#include "manifest/manifest.h"

enum {
    OUTPUT_MAX = 16 * 1024 * 1024,
    WARNING_SIZE = 512,
    CAUSE_LENGTH = 180 /* of a message that is to be added to */
};

struct question {
    const char *image;
    struct reference *reference; /* NULL: it is none */
    struct answer answer;        /* without a report: `error` says why */
    struct error error;
};

struct query {
    struct source source;
    struct platform *platform;       /* --platform, or NULL */
    struct requirement *requirement; /* --require, or NULL */
    bool is_json;
    struct question *questions;
    size_t count;
    enum exit_status status; /* of the first image that was not a yes */
};

static void question_release(struct question *question)
{
    reference_free(question->reference);
    answer_release(&question->answer);
    question->reference = NULL;
}

static void query_release(struct query *query)
{
    for (size_t i = 0; i < query->count; i++)
        question_release(&query->questions[i]);
    free(query->questions);
    requirement_free(query->requirement);
    platform_free(query->platform);
    source_release(&query->source);
    *query = (struct query){0};
}

static bool add_questions(struct query *query, const struct options *options, struct error *error)
{
    query->questions = calloc(options->operand_count, sizeof(*query->questions));
    if (!query->questions)
        return error_no_memory(error);
    query->count = options->operand_count;
    for (size_t i = 0; i < query->count; i++) {
        struct question *question = &query->questions[i];
        question->image = options->operands[i];
        question->reference = reference_parse(slice_from_string(question->image), &question->error);
    }
    return true;
}

/* Everything that can be wrong with the flags is found here, before anything is asked. */
static bool query_init(struct query *query, const struct options *options, struct error *error)
{
    const char *platform = options->values[OPTION_PLATFORM];

    *query = (struct query){.is_json = options->values[OPTION_JSON] != NULL};
    if (options->operand_count == 0)
        return error_set(error, ERROR_INVALID, "which image? see mquery --help");
    if (platform) {
        query->platform = platform_parse(slice_from_string(platform), error);
        if (!query->platform) {
            error_prefix(error, "--platform: ");
            return false;
        }
    }
    return requirement_read(options, &query->requirement, error) &&
           source_open(&query->source, options, error) && add_questions(query, options, error);
}

/* -- answers -------------------------------------------------------------------------------- */

static bool print_answer(const struct query *query, struct slice image, const struct answer *answer,
                         struct error *error)
{
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(OUTPUT_MAX);
    const struct report_view view = {
        .image = image,
        .confirmed = answer->confirmed,
        .asked = query->platform,
        .is_stale = answer->is_stale,
    };

    if (query->is_json) {
        (void)report_write_json(answer->report, &view, &out);
        (void)buffer_append_char(&out, '\n');
    } else {
        (void)report_write_text(answer->report, &view, &out);
    }
    return buffer_check(&out, "the answer", error) && print_output(buffer_slice(&out), error);
}

/* What is odd about the image; JSON has it among its keys. */
static void print_warnings(const char *image, const struct report *report)
{
    for (uint32_t i = 0; i < report->warning_count; i++) {
        char warning[WARNING_SIZE];
        struct slice text = slice_from_string(report->warnings[i]);
        print_warning(image, escape_text(warning, sizeof(warning), text));
    }
}

static enum exit_status judge(const struct query *query, const char *image,
                              const struct report *report)
{
    CLEANUP(buffer_release) struct buffer missing = BUFFER_INIT(OUTPUT_MAX);

    if (!query->requirement || requirement_is_met(query->requirement, report, &missing))
        return EXIT_YES;
    print_note(image, buffer_string(&missing));
    return EXIT_NO;
}

/* False where going on is pointless: nobody can read the answers. */
static bool tell_answer(const struct query *query, const struct question *question,
                        enum exit_status *status)
{
    const struct report *report = question->answer.report;
    struct error error;

    if (!print_answer(query, slice_from_string(question->image), &question->answer, &error)) {
        *status = print_failure(NULL, &error);
        return false;
    }
    if (!query->is_json)
        print_warnings(question->image, report);
    *status = judge(query, question->image, report);
    return true;
}

/* An image that nobody has may have been meant as a command: `mquery inspct app`. */
static void hint_at_commands(struct question *question)
{
    const struct error cause = question->error;
    struct suggestion suggestion =
        command_nearest(COMMAND_COUNT, slice_from_string(question->image));
    const char *phrase = suggestion_phrase(&suggestion);

    if (phrase[0] && (cause.code == ERROR_NOT_FOUND || cause.code == ERROR_DENIED))
        error_set(&question->error, cause.code, "%.*s; no command either%s", CAUSE_LENGTH,
                  cause.message, phrase);
}

/* -- the crowd ------------------------------------------------------------------------------ */

static const char *lane(const void *context, size_t number)
{
    const struct query *query = context;
    const struct reference *reference = query->questions[number].reference;

    return reference ? source_lane(&query->source, reference) : NULL;
}

static void ask(void *context, size_t number)
{
    const struct query *query = context;
    struct question *question = &query->questions[number];

    if (question->reference &&
        !source_ask(&query->source, slice_from_string(question->image), question->reference,
                    &question->answer, &question->error))
        answer_release(&question->answer);
}

static bool tell(void *context, size_t number)
{
    struct query *query = context;
    struct question *question = &query->questions[number];
    enum exit_status status = EXIT_YES;
    bool can_go_on = true;

    if (number == 0 && question->reference && !question->answer.report)
        hint_at_commands(question);
    if (!question->reference)
        status = print_bad_reference(question->image, &question->error);
    else if (!question->answer.report)
        status = print_failure(question->image, &question->error);
    else
        can_go_on = tell_answer(query, question, &status);
    if (query->status == EXIT_YES || !can_go_on)
        query->status = status;
    question_release(question);
    return can_go_on;
}

enum exit_status command_query(const struct options *options)
{
    CLEANUP(query_release) struct query query = {0};
    struct error error;

    if (!query_init(&query, options, &error))
        return print_failure(NULL, &error);
    const struct crowd crowd = {
        .count = query.count, .context = &query, .lane = lane, .ask = ask, .tell = tell};
    if (!crowd_run(&crowd, &error))
        return print_failure(NULL, &error);
    return query.status;
}
