/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an output is coloured: --color, NO_COLOR (https://no-color.org), and where it goes.
 */
#ifndef CLI_COLOUR_H
#define CLI_COLOUR_H

#include <stdbool.h>

#include "base/error.h"

struct options;

/* What the decision depends on. */
struct colour_place {
    const char *no_color; /* the variables' values, or NULL */
    const char *term;
    bool is_terminal;
};

/* `choice` is --color's value, or NULL: "auto". A flag is a wish of this moment and wins over
 * NO_COLOR, which counts where it is not empty. Errors: invalid. */
bool colour_choose(const char *choice, const struct colour_place *place, bool *is_coloured,
                   struct error *error) MUST_USE;

/* The same for standard output. */
bool colour_choose_for_output(const struct options *options, bool *is_coloured,
                              struct error *error) MUST_USE;

#endif
