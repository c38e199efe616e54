/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery: which platforms does this container image run on? And: make it run on several.
 *
 * Without a command all operands are images.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/escape.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/program.h"

/* "push" alone, or "push" and what is no sub-command of it. */
static enum exit_status refuse_part(enum command_id command, const struct options *options)
{
    const char *name = commands[command].name;
    struct error error;

    if (options->operand_count > 0)
        (void)command_refuse(command, options->operands[0], &error);
    else
        (void)error_set(&error, ERROR_INVALID, "%s what? see %s %s --help", name, program_name(),
                        name);
    return print_failure(NULL, &error);
}

static enum exit_status refuse_operand(enum command_id command, const char *operand)
{
    struct error error;

    (void)error_set(&error, ERROR_INVALID, "%s takes no '%s'", commands[command].name,
                    ESCAPED(slice_from_string(operand)));
    return print_failure(NULL, &error);
}

/* Where no command is named operands are images, but not to manifest-tool. */
static enum exit_status run_no_command(const struct options *options)
{
    struct error error;

    if (options->operand_count == 0)
        return help_print(COMMAND_COUNT);
    (void)command_refuse(COMMAND_COUNT, options->operands[0], &error);
    return print_failure(NULL, &error);
}

/* help and version are said whatever else is asked for. */
static bool heeds_flags(enum command_id command)
{
    return command != COMMAND_HELP && command != COMMAND_VERSION;
}

/* Runs the command the operands begin with, without its words. */
static enum exit_status run(struct options *options)
{
    size_t words = 0;
    struct error error;
    enum command_id command = COMMAND_COUNT;

    if (!options->is_image_first)
        command = command_find(options->operands, options->operand_count, &words);
    options->operands += words;
    options->operand_count -= words;
    if (options->values[OPTION_HELP] && command != COMMAND_HELP)
        return help_print(command);
    if (options->values[OPTION_VERSION])
        return command_version(options);
    if (command == COMMAND_COUNT && program_is_manifest_tool())
        return run_no_command(options);
    if (command == COMMAND_COUNT)
        command = COMMAND_QUERY;
    if (!commands[command].run)
        return refuse_part(command, options);
    if (commands[command].takes_no_operands && options->operand_count > 0)
        return refuse_operand(command, options->operands[0]);
    if (heeds_flags(command) &&
        !options_refuse_others(options, command_bits(command), commands[command].name, &error))
        return print_failure(NULL, &error);
    return commands[command].run(options);
}

int main(int argc, char **argv)
{
    CLEANUP(options_release) struct options options = {0};
    struct error error;

    print_begin();
    if (argc > 1 && strcmp(argv[1], "serve") == 0 && program_has(COMMAND_SERVE))
        return command_serve(argc - 1, argv + 1);
    if (!options_parse(&options, argc, argv, &error))
        return program_exit_status(print_failure(NULL, &error));
    program_forget_empty(&options);
    return program_exit_status(print_end(run(&options)));
}
