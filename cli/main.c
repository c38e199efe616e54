/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery: which platforms does this container image run on?
 *
 * A table of commands. A command's name wins over an image of that name; such an image is asked
 * for as docker.io/library/NAME, or after "--". Without a command all operands are images.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "cli/command.h"
#include "cli/print.h"

struct command {
    const char *name;
    enum exit_status (*run)(const struct options *options);
};

/* serve's flags are mqueryd's: main() gives them to it unread, where "serve" comes first. */
static enum exit_status refuse_late_serve(const struct options *options)
{
    struct error error;

    (void)options;
    (void)error_set(&error, ERROR_INVALID, "serve comes first: mquery serve [FLAGS OF MQUERYD]");
    return print_failure(NULL, &error);
}

static const struct command commands[] = {
    {"query", command_query}, /* the first: what is meant where no command is named */
    {"ref", command_ref},     {"serve", refuse_late_serve},
    {"help", command_help},   {"version", command_version},
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

/* Runs the command the operands begin with, without that word. */
static enum exit_status run(struct options *options)
{
    if (options->values[OPTION_HELP])
        return command_help(options);
    if (options->values[OPTION_VERSION])
        return command_version(options);

    const struct command *command = NULL;
    if (options->operand_count > 0 && !options->is_image_first)
        command = find_command(options->operands[0]);
    if (!command)
        return commands[0].run(options);
    options->operands++;
    options->operand_count--;
    return command->run(options);
}

int main(int argc, char **argv)
{
    struct options options;
    struct error error;

    print_begin();
    if (argc > 1 && strcmp(argv[1], "serve") == 0)
        return command_serve(argc - 1, argv + 1);
    if (!options_parse(&options, argc, argv, &error))
        return (int)print_failure(NULL, &error);
    return (int)print_end(run(&options));
}
