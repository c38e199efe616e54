/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mqueryd's command line.
 */
#ifndef SERVER_FLAGS_H
#define SERVER_FLAGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "config/config.h"

enum flag {
    FLAG_CONFIG,
    FLAG_LISTEN,
    FLAG_SET,
    FLAG_CHECK_CONFIG,
    FLAG_PRINT_CONFIG,
    FLAG_HELP,
    FLAG_VERSION,
    FLAG_COUNT
};

/* A row of the table, which is in the order of `enum flag`. */
struct known_flag {
    const char *name;
    const char *value; /* what --help calls the value; NULL: takes none */
    const char *help;
};

extern const struct known_flag known_flags[FLAG_COUNT];

enum {
    FLAGS_SETTINGS_MAX = 64
};

struct flags {
    const char *values[FLAG_COUNT]; /* NULL: not given; "" for those that take no value */
    struct config_override settings[FLAGS_SETTINGS_MAX]; /* of --listen and --set, in order */
    size_t setting_count;
};

/* Everything borrows from `argv`, whose words are cut up at '='. Errors: invalid. */
bool flags_parse(struct flags *flags, int argc, char **argv, struct error *error) MUST_USE;

/* What --help prints. */
void flags_describe(struct buffer *out);

#endif
