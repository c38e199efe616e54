/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Under which name the program was started. As manifest-tool it takes that tool's place: its
 * commands and no others, its exit statuses, its habits where ours differ.
 */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include <stdbool.h>

#include "cli/command.h"

/* "manifest-tool" where argv[0] says so, with or without a directory before it; else "mquery". */
const char *program_name(void);
bool program_is_manifest_tool(void);

/* Whether there is such a command under this name. */
bool program_has(enum command_id command);

/* What the shell is told: manifest-tool knows 0 and 1, and what a signal ended. */
int program_exit_status(enum exit_status status);

/* manifest-tool's scripts pass --username "$NAME", set or not: there, what is empty is not given.
 */
void program_forget_empty(struct options *options);

#endif
