/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery's flags: one table (flags.c) for parsing and for help, read by options.c.
 *
 * Flags may stand anywhere, before and after a command's words, as "--name value" or
 * "--name=value"; a switch is "--name", "--name=true" or "--name=false". "--" ends them, and what
 * follows it is never taken for a command's name, so that a script can pass on any image.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

enum option {
    OPTION_RAW,
    OPTION_EXPAND_CONFIG,
    OPTION_TARGET,
    OPTION_PLATFORMS,
    OPTION_TEMPLATE,
    OPTION_TAGS,
    OPTION_TYPE,
    OPTION_ANNOTATION,
    OPTION_ANNOTATIONS,
    OPTION_IGNORE_MISSING,
    OPTION_DRY_RUN,
    OPTION_SERVER,
    OPTION_JSON,
    OPTION_PLATFORM,
    OPTION_REQUIRE,
    OPTION_FORMAT,
    OPTION_COLOR,
    OPTION_USERNAME,
    OPTION_PASSWORD,
    OPTION_PASSWORD_STDIN,
    OPTION_DOCKER_CFG,
    OPTION_TIMEOUT,
    OPTION_PLAIN_HTTP,
    OPTION_INSECURE,
    OPTION_DEBUG,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT
};

/* A row of the table. */
struct flag {
    const char *name;
    const char *value; /* what help calls the value; NULL: a switch, which takes none */
    const char *help;
    uint32_t commands;  /* FOR(...) those that heed it */
    bool is_repeatable; /* each time adds to what was given before */
    bool is_common;     /* stands on the first page of help, too */
};

extern const struct flag flags[OPTION_COUNT];

/* The bit of a command in flag.commands: FOR(QUERY) is COMMAND_QUERY's. */
#define FOR(command) (UINT32_C(1) << COMMAND_##command)

/* What was given. Strings are borrowed from argv. */
struct option_use {
    enum option option;
    const char *value;
};

struct options {
    const char *values[OPTION_COUNT]; /* NULL: not given; "" for a switch; of many, the last */
    struct option_use *uses;          /* all that take a value, in the order given */
    size_t use_count;
    char **operands;
    size_t operand_count;
    bool is_image_first; /* the first operand came after "--" */
};

/* Moves the operands to the front of `argv`, behind the program's name. The caller releases
 * `options` in any case. Errors: invalid (an unknown flag, with the nearest known one; a value
 * missing, not wanted, or given twice), internal. */
bool options_parse(struct options *options, int argc, char **argv, struct error *error) MUST_USE;
void options_release(struct options *options);

/* Which flag is called so, as the program's own name has it (program.h); false: none. */
bool option_find(struct slice name, enum option *out);

/* Each value of a repeatable flag, in the order given; begin with `*position` 0. NULL: no more. */
const char *options_next(const struct options *options, enum option option, size_t *position);

/* False (invalid) if a flag was given that the command, FOR(it), does not heed: a wish is never
 * silently ignored. */
bool options_refuse_others(const struct options *options, uint32_t command, const char *name,
                           struct error *error) MUST_USE;

#endif
