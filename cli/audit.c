/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery audit: what a fleet of images offers, and whether all of them offer what is required. Each
 * image is asked for once, all side by side, so many of a registry at a time; a row is printed as
 * soon as all before it are.
 *
 * The status tells three ends apart: all offer it (0), some do not (1), and some could not be asked
 * (the status of the first of them), since then nobody knows whether all do.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/escape.h"
#include "cli/audit_write.h"
#include "cli/command.h"
#include "cli/crowd.h"
#include "cli/fleet.h"
#include "cli/input.h"
#include "cli/print.h"
#include "cli/requirement.h"
#include "cli/source.h"
#include "cli/terminal_line.h"
#include "manifest/manifest.h"
#include "registry/registry.h"

enum {
    INPUT_MAX = 512 * 1024 * 1024, /* forty thousand pods */
    OUTPUT_MAX = 1024 * 1024,      /* a row */
    LINE_MAX_LENGTH = 256,
    QUIET_MS = 500 /* an audit that is over by then shows no progress */
};

struct audit {
    struct fleet fleet;
    struct requirement *requirement; /* --require, or NULL */
    struct source source;
    struct audit_view view;
    struct terminal_line line;
    atomic_size_t asked;
    size_t lacking;             /* do not offer what is required */
    size_t failed;              /* could not be asked */
    enum exit_status failure;   /* of the first of these */
    enum exit_status no_output; /* nobody can read the rows: why; EXIT_YES: they can */
};

static void audit_release(struct audit *audit)
{
    source_release(&audit->source);
    requirement_free(audit->requirement);
    fleet_release(&audit->fleet);
}

/* -- what is wanted ------------------------------------------------------------------------- */

static bool choose_format(const struct options *options, enum audit_format *out,
                          struct error *error)
{
    static const char *const names[] = {
        [AUDIT_TABLE] = "table", [AUDIT_CSV] = "csv", [AUDIT_JSON] = "json"};
    const char *format = options->values[OPTION_FORMAT];
    bool is_json = options->values[OPTION_JSON] != NULL;

    *out = is_json ? AUDIT_JSON : AUDIT_TABLE;
    if (!format)
        return true;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(format, names[i]) == 0 && (!is_json || i == AUDIT_JSON)) {
            *out = (enum audit_format)i;
            return true;
        }
    }
    if (is_json)
        return error_set(error, ERROR_INVALID, "--json and --format are one too many");
    return error_set(error, ERROR_INVALID, "--format is table, csv or json, not '%s'",
                     ESCAPED(slice_from_string(format)));
}

static bool choose_platforms(struct audit *audit, const struct options *options,
                             struct error *error)
{
    if (!requirement_read(options, &audit->requirement, error))
        return false;
    audit->view.requirement = audit->requirement;
    return true;
}

/* -- which images --------------------------------------------------------------------------- */

static bool read_input(struct audit *audit, const struct options *options, struct error *error)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(INPUT_MAX);

    if (options->values[OPTION_PASSWORD_STDIN]) {
        return error_set(error, ERROR_INVALID,
                         "standard input cannot hold the images and --password-stdin's password");
    }
    if (!input_append("-", &text, error))
        return false;
    if (fleet_read(&audit->fleet, buffer_slice(&text), error))
        return true;
    error_prefix(error, "standard input: ");
    return false;
}

/* An operand "-" is standard input, and so is saying nothing into a pipe. */
static bool gather(struct audit *audit, const struct options *options, struct error *error)
{
    if (options->operand_count == 0) {
        if (isatty(STDIN_FILENO)) {
            return error_set(error, ERROR_INVALID,
                             "which images? name them, or pipe a list of them in");
        }
        if (!read_input(audit, options, error))
            return false;
    }
    for (size_t i = 0; i < options->operand_count; i++) {
        const char *name = options->operands[i];
        bool is_added = strcmp(name, "-") == 0
                            ? read_input(audit, options, error)
                            : fleet_add(&audit->fleet, slice_from_string(name), error);
        if (!is_added)
            return false;
    }
    return audit->fleet.count > 0 ||
           error_set(error, ERROR_INVALID, "standard input names no image");
}

static void warn(void *context, const char *text)
{
    struct audit *audit = context;

    terminal_line_give_way(&audit->line);
    print_warning(NULL, text);
    terminal_line_resume(&audit->line);
}

/* Everything that can be wrong with flags and input is found here, before anything is asked. */
static bool audit_open(struct audit *audit, const struct options *options, struct error *error)
{
    struct options asked = *options;

    if (!choose_format(options, &audit->view.format, error) ||
        !choose_platforms(audit, options, error) || !gather(audit, options, error))
        return false;
    audit->view.name_width = audit_name_width(&audit->fleet);
    asked.operands = audit->fleet.names;
    asked.operand_count = audit->fleet.count;
    if (!source_open(&audit->source, &asked, error))
        return false;
    if (audit->source.agent.registry)
        registry_on_warning(audit->source.agent.registry, warn, audit);
    return true;
}

/* -- asking --------------------------------------------------------------------------------- */

static const char *lane(const void *context, size_t number)
{
    const struct audit *audit = context;
    const struct reference *reference = audit->fleet.images[number]->reference;

    return reference ? source_lane(&audit->source, reference) : NULL;
}

static void show_progress(struct audit *audit, size_t asked)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(LINE_MAX_LENGTH);

    if (!terminal_line_is_due(&audit->line))
        return;
    (void)buffer_format(&text, "asked for %zu of %zu image%s", asked, audit->fleet.count,
                        print_plural(audit->fleet.count));
    terminal_line_draw(&audit->line, buffer_slice(&text));
}

static void ask(void *context, size_t number)
{
    struct audit *audit = context;
    struct fleet_image *image = audit->fleet.images[number];

    if (image->reference && !source_ask(&audit->source, slice_from_string(image->name),
                                        image->reference, &image->answer, &image->error))
        answer_release(&image->answer);
    show_progress(audit, atomic_fetch_add(&audit->asked, 1) + 1);
}

/* -- telling -------------------------------------------------------------------------------- */

static void judge(struct audit *audit, const struct fleet_image *image)
{
    if (image->answer.report) {
        audit->lacking += !audit_is_met(&audit->view, image);
        return;
    }
    if (audit->failed++ == 0)
        audit->failure = exit_status_of(image->error.code);
}

static bool print_rows(struct audit *audit, const struct buffer *rows)
{
    struct error error;

    terminal_line_give_way(&audit->line);
    if (!buffer_check(rows, "a row", &error) || !print_output(buffer_slice(rows), &error))
        audit->no_output = print_failure(NULL, &error);
    terminal_line_resume(&audit->line);
    return audit->no_output == EXIT_YES;
}

static bool tell(void *context, size_t number)
{
    struct audit *audit = context;
    struct fleet_image *image = audit->fleet.images[number];
    CLEANUP(buffer_release) struct buffer row = BUFFER_INIT(OUTPUT_MAX);

    judge(audit, image);
    audit_write_row(&audit->view, image, &row);
    answer_release(&image->answer);
    return print_rows(audit, &row);
}

/* What the rows come to, for whoever does not read them all; all being well needs no words. */
static enum exit_status conclude(const struct audit *audit, const char *required)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(LINE_MAX_LENGTH);
    CLEANUP(buffer_release) struct buffer note = BUFFER_INIT(LINE_MAX_LENGTH);

    if (audit->lacking > 0) {
        (void)buffer_format(&text, "%zu without %s", audit->lacking,
                            ESCAPED(slice_from_string(required)));
    }
    if (audit->failed > 0) {
        (void)buffer_format(&text, "%s%zu that could not be asked for",
                            audit->lacking > 0 ? ", " : "", audit->failed);
    }
    (void)buffer_format(&note, "of %zu image%s: %s", audit->fleet.count,
                        print_plural(audit->fleet.count), buffer_string(&text));
    if (text.length > 0)
        print_note(NULL, buffer_string(&note));
    if (audit->failed > 0)
        return audit->failure;
    return audit->lacking > 0 ? EXIT_NO : EXIT_YES;
}

static enum exit_status run(struct audit *audit, const char *required)
{
    CLEANUP(buffer_release) struct buffer head = BUFFER_INIT(OUTPUT_MAX);
    const struct crowd crowd = {
        .count = audit->fleet.count, .context = audit, .lane = lane, .ask = ask, .tell = tell};
    struct error error;

    audit_write_head(&audit->view, &head);
    terminal_line_begin(&audit->line, QUIET_MS);
    bool is_run = print_rows(audit, &head) && crowd_run(&crowd, &error);
    terminal_line_end(&audit->line);
    if (audit->no_output != EXIT_YES)
        return audit->no_output;
    return is_run ? conclude(audit, required) : print_failure(NULL, &error);
}

enum exit_status command_audit(const struct options *options)
{
    CLEANUP(audit_release) struct audit audit = {0};
    struct error error;

    fleet_init(&audit.fleet);
    if (!audit_open(&audit, options, &error))
        return print_failure(NULL, &error);
    return run(&audit, options->values[OPTION_REQUIRE]);
}
