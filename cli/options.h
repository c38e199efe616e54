/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery's flags: one table for parsing and for --help.
 *
 * Flags may stand anywhere, as "--name value" or "--name=value"; "--" ends them, and what follows
 * it is never taken for a command's name, so that a script can pass on any image.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

enum option {
    OPTION_SERVER,
    OPTION_JSON,
    OPTION_PLATFORM,
    OPTION_REQUIRE,
    OPTION_TIMEOUT,
    OPTION_PLAIN_HTTP,
    OPTION_INSECURE,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT
};

/* Borrows from argv. */
struct options {
    const char *values[OPTION_COUNT]; /* NULL: not given; "" for a flag that takes no value */
    char **operands;
    size_t operand_count;
    bool is_image_first; /* the first operand came after "--" */
};

/* Moves the operands to the front of `argv`, behind the program's name. Errors: invalid (an unknown
 * flag, with the nearest known one; a value missing, not wanted, or given twice). */
bool options_parse(struct options *options, int argc, char **argv, struct error *error) MUST_USE;

/* False (invalid) if a flag was given that only a query heeds: a wish is never silently ignored. */
bool options_refuse_query_flags(const struct options *options, const char *command,
                                struct error *error) MUST_USE;

/* One line a flag: its name, its value's name, what it does. */
void options_describe(struct buffer *out);

#endif
