/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery completion SHELL: the script that makes the shell complete lines of mquery.
 */
#include "base/escape.h"
#include "cli/command.h"
#include "cli/completion_bash.h"
#include "cli/completion_fish.h"
#include "cli/completion_zsh.h"
#include "cli/print.h"

static const struct {
    const char *shell;
    const unsigned char *text;
    size_t length;
} scripts[] = {
    {"bash", completion_bash, sizeof(completion_bash)},
    {"zsh", completion_zsh, sizeof(completion_zsh)},
    {"fish", completion_fish, sizeof(completion_fish)},
};

enum exit_status command_completion(const struct options *options)
{
    struct slice shell = slice_from_string(options->operand_count == 1 ? *options->operands : "");
    struct error error;

    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        if (!slice_equal_string(shell, scripts[i].shell))
            continue;
        if (print_output(slice_of((const char *)scripts[i].text, scripts[i].length), &error))
            return EXIT_YES;
        return print_failure(NULL, &error);
    }
    if (shell.length > 0) {
        (void)error_set(&error, ERROR_INVALID, "no completion for '%s'; there is bash, zsh, fish",
                        ESCAPED(shell));
        return print_failure(NULL, &error);
    }
    (void)error_set(&error, ERROR_INVALID, "completion wants one shell: bash, zsh or fish");
    return print_failure(NULL, &error);
}
