/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery --help, help COMMAND, version: all made from the tables of commands and flags. The first
 * page fits one screen: every command, and the flags that asking for an image mostly needs.
 */
#include "base/buffer.h"
#include "build.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/program.h"

enum {
    HELP_MAX = 8192,
    FIRST_PAGE_COLUMN = 22, /* where what is said begins */
    FIRST_PAGE_USAGE_COLUMN = 35,
    PAGE_COLUMN = 26,
    PAGE_USAGE_COLUMN = 38
};

static enum exit_status print_all(struct buffer *text)
{
    struct error error;

    if (buffer_check(text, "the text", &error) && print_output(buffer_slice(text), &error))
        return EXIT_YES;
    return print_failure(NULL, &error);
}

/* Fills the line that began at `start` with blanks up to the column. */
static void append_column(struct buffer *out, size_t start, size_t column, const char *text)
{
    size_t used = out->length - start;

    (void)buffer_format(out, "%*s%s\n", (int)(used < column ? column - used : 1), "", text);
}

static void append_usage(struct buffer *out, const struct command *command, size_t column)
{
    size_t start = out->length;

    (void)buffer_format(out, "  %s %s", program_name(), command->usage);
    append_column(out, start, column, command->summary);
}

static void append_flag(struct buffer *out, const struct flag *flag, size_t column)
{
    size_t start = out->length;

    (void)buffer_format(out, "  %s %s", flag->name, flag->value ? flag->value : "");
    append_column(out, start, column, flag->help);
}

/* -- the first page ------------------------------------------------------------------------- */

static bool is_sub_command(enum command_id command)
{
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        if (command_is_part_of(command, (enum command_id)i))
            return true;
    }
    return false;
}

static bool is_on_first_page(enum command_id command)
{
    return commands[command].summary && !commands[command].is_unlisted && !is_sub_command(command);
}

static enum exit_status print_first_page(void)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(HELP_MAX);

    (void)buffer_append_string(
        &text, "Which platforms does a container image run on? See mquery help query.\n");
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        if (is_on_first_page((enum command_id)i))
            append_usage(&text, &commands[i], FIRST_PAGE_USAGE_COLUMN);
    }
    (void)buffer_append_char(&text, '\n');
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (flags[i].is_common)
            append_flag(&text, &flags[i], FIRST_PAGE_COLUMN);
    }
    (void)buffer_append_string(
        &text, "\n"
               "Exit: 0 yes, 1 no, 2 invalid, 3 not found, 4 denied, 5 unsupported, 6 later,\n"
               "7 registry failed, 8 internal; of several images the first that was not a yes.\n");
    return print_all(&text);
}

/* -- a command's page ----------------------------------------------------------------------- */

static void append_usages(struct buffer *out, enum command_id command)
{
    append_usage(out, &commands[command], PAGE_USAGE_COLUMN);
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        if (command_is_part_of((enum command_id)i, command) && program_has((enum command_id)i))
            append_usage(out, &commands[i], PAGE_USAGE_COLUMN);
    }
}

/* Those that some of the commands heed. */
static void append_flags(struct buffer *out, uint32_t command_bits)
{
    bool is_first = true;

    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (!(flags[i].commands & command_bits))
            continue;
        (void)buffer_append_string(out, is_first ? "\n" : "");
        append_flag(out, &flags[i], PAGE_COLUMN);
        is_first = false;
    }
}

/* That tool's commands, each with its parts, and their flags. */
static enum exit_status print_manifest_tools_page(void)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(HELP_MAX);
    uint32_t bits = 0;

    (void)buffer_append_string(&text, "Shows and makes images for several platforms.\n\n");
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        if (!commands[i].summary || !program_has((enum command_id)i))
            continue;
        append_usage(&text, &commands[i], PAGE_USAGE_COLUMN);
        bits |= UINT32_C(1) << i;
    }
    append_flags(&text, bits);
    (void)buffer_append_string(&text, "\nExit: 0 done, 1 not.\n");
    return print_all(&text);
}

enum exit_status help_print(enum command_id command)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(HELP_MAX);

    if (command == COMMAND_COUNT || command == COMMAND_HELP || !commands[command].summary)
        return program_is_manifest_tool() ? print_manifest_tools_page() : print_first_page();
    append_usages(&text, command);
    append_flags(&text, command_bits(command));
    if (commands[command].examples[0] && !program_is_manifest_tool())
        (void)buffer_format(&text, "\n%s", commands[command].examples);
    return print_all(&text);
}

enum exit_status command_help(const struct options *options)
{
    size_t words = 0;
    enum command_id command = command_find(options->operands, options->operand_count, &words);
    struct error error;

    if (words == options->operand_count)
        return help_print(command);
    (void)command_refuse(command, options->operands[words], &error);
    return print_failure(NULL, &error);
}

enum exit_status command_version(const struct options *options)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(HELP_MAX);

    (void)options;
    (void)buffer_format(
        &text, program_is_manifest_tool() ? "%s version %s (commit: %s)\n" : "%s %s (%s)\n",
        program_name(), BUILD_VERSION, BUILD_COMMIT);
    return print_all(&text);
}
