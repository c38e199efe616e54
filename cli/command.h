/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of mquery, one file each. main.c's table names them.
 *
 * A command gets the parsed flags, writes to standard output and error through print.h, and
 * returns the exit status. `serve` has flags of its own and gets the raw arguments.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/exit.h"
#include "cli/options.h"

/* Asks for each image and prints its answer (query.c). */
enum exit_status command_query(const struct options *options);
/* Takes references apart, without any network (ref.c). */
enum exit_status command_ref(const struct options *options);
/* help.c */
enum exit_status command_help(const struct options *options);
enum exit_status command_version(const struct options *options);

/* Becomes mqueryd (serve.c); returns its exit status. */
int command_serve(int argc, char **argv);

#endif
