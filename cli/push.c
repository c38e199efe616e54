/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery push: makes one image of those for several platforms, and says which it has become.
 *
 * On standard output stands "Digest: sha256:... SIZE" and nothing else; of a dry run the list's own
 * bytes, so that they can be piped, and the digest on standard error.
 */
#include "registry/push.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/agent.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/spec_source.h"

struct push {
    bool is_dry_run;
    bool is_json;
    bool ignores_missing;
    enum list_type type;
    struct spec *spec;
    struct agent agent;
    struct push_result result;
};

static void push_release(struct push *push)
{
    push_result_release(&push->result);
    agent_release(&push->agent);
    spec_free(push->spec);
}

/* -- what came of it ------------------------------------------------------------------------ */

static void print_lines(const struct push *push, const struct warnings *warnings)
{
    for (size_t i = 0; i < warnings->count; i++)
        print_warning(push->spec->image, warnings->lines[i]);
}

/* JSON has them among its keys; of a failure nothing but these lines is left. */
static void print_warnings(const struct push *push)
{
    print_lines(push, &push->spec->warnings);
    print_lines(push, &push->result.warnings);
}

static void write_json(const struct push *push, struct buffer *out)
{
    (void)push_write_json(push->spec, &push->result, push->is_dry_run, out);
    (void)buffer_append_char(out, '\n');
}

static void write_digest(const struct push *push, struct buffer *out)
{
    (void)buffer_format(out, "Digest: %s %zu\n", push->result.digest.text,
                        push->result.list.length);
}

/* The digest goes to standard error and the bytes, not one more, to standard output, or their
 * digest would be another; but on a terminal a line ends. */
static void write_dry_run(const struct push *push, struct buffer *out)
{
    CLEANUP(buffer_release) struct buffer digest = BUFFER_INIT(PUSH_JSON_MAX);

    write_digest(push, &digest);
    (void)fputs(buffer_string(&digest), stderr);
    (void)buffer_append_slice(out, buffer_slice(&push->result.list));
    if (isatty(STDOUT_FILENO))
        (void)buffer_append_char(out, '\n');
}

static enum exit_status print_result(const struct push *push)
{
    CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(PUSH_JSON_MAX);
    struct error error;

    if (!push->is_json)
        print_warnings(push);
    if (push->is_json)
        write_json(push, &out);
    else if (push->is_dry_run)
        write_dry_run(push, &out);
    else
        write_digest(push, &out);
    if (buffer_check(&out, "the result", &error) && print_output(buffer_slice(&out), &error))
        return EXIT_YES;
    if (!push->is_dry_run)
        error_prefix(&error, "it is tagged, as %s, but ", push->result.digest.text);
    return print_failure(push->spec->image, &error);
}

static enum exit_status print_interruption(const struct push *push, int number)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(PUSH_JSON_MAX);

    (void)buffer_format(&text, "interrupted; %s",
                        push->result.done[0] ? push->result.done : "nothing is tagged");
    print_note(push->spec->image, buffer_string(&text));
    return (enum exit_status)(EXIT_SIGNAL + number);
}

/* -- the push ------------------------------------------------------------------------------- */

static bool run(struct push *push, struct progress *progress, struct error *error)
{
    const struct registry_push wish = {
        .spec = push->spec,
        .type = push->type,
        .ignore_missing = push->ignores_missing,
        .is_dry_run = push->is_dry_run,
        .credential = push->agent.credential,
        .deadline = agent_deadline(&push->agent),
        .retries = AGENT_RETRIES,
        .progress = progress_event,
        .context = progress,
    };

    registry_on_warning(push->agent.registry, progress_warn, progress);
    return registry_push(push->agent.registry, &wish, &push->result, error);
}

/* A signal that came too late to keep it from being done is not told. */
static enum exit_status run_interruptibly(struct push *push)
{
    struct interrupt interrupt;
    struct progress progress;
    struct error error;

    if (!interrupt_begin(&interrupt, push->agent.registry, &error))
        return print_failure(NULL, &error);
    progress_begin(&progress);
    bool is_pushed = run(push, &progress, &error);
    progress_end(&progress);
    int number = interrupt_end(&interrupt);
    if (is_pushed)
        return print_result(push);
    print_warnings(push);
    if (number != 0)
        return print_interruption(push, number);
    return print_failure(push->spec->image, &error);
}

/* -- the three commands --------------------------------------------------------------------- */

typedef struct spec *(*spec_source)(const struct options *options, struct error *error);

static bool parse_type(const struct options *options, enum list_type *out, struct error *error)
{
    const char *type = options->values[OPTION_TYPE];

    *out = LIST_DOCKER;
    if (!type || list_type_parse(slice_from_string(type), out, error))
        return true;
    error_prefix(error, "--type: ");
    return false;
}

static enum exit_status push_from(spec_source source, const struct options *options)
{
    CLEANUP(push_release)
    struct push push = {
        .is_dry_run = options->values[OPTION_DRY_RUN] != NULL,
        .is_json = options->values[OPTION_JSON] != NULL,
        .ignores_missing = options->values[OPTION_IGNORE_MISSING] != NULL,
    };
    struct error error;

    if (!parse_type(options, &push.type, &error))
        return print_failure(NULL, &error);
    push.spec = source(options, &error);
    if (!push.spec || !agent_open(&push.agent, options, SETTINGS_PUSH_TIMEOUT, &error))
        return print_failure(NULL, &error);
    return run_interruptibly(&push);
}

enum exit_status command_push_from_spec(const struct options *options)
{
    return push_from(spec_from_file, options);
}

enum exit_status command_push_from_args(const struct options *options)
{
    return push_from(spec_from_template, options);
}

enum exit_status command_push_from_images(const struct options *options)
{
    return push_from(spec_from_images, options);
}
