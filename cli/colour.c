/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/colour.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/escape.h"
#include "cli/options.h"

static bool is_said(const char *value)
{
    return value && value[0] != '\0';
}

static bool can_be_coloured(const struct colour_place *place)
{
    return place->is_terminal && !is_said(place->no_color) &&
           !slice_equal_string(SLICE("dumb"), place->term ? place->term : "");
}

bool colour_choose(const char *choice, const struct colour_place *place, bool *is_coloured,
                   struct error *error)
{
    struct slice wish = slice_from_string(choice ? choice : "auto");

    if (slice_equal_string(wish, "auto"))
        *is_coloured = can_be_coloured(place);
    else if (slice_equal_string(wish, "always"))
        *is_coloured = true;
    else if (slice_equal_string(wish, "never"))
        *is_coloured = false;
    else
        return error_set(error, ERROR_INVALID, "--color is auto, always or never, not '%s'",
                         ESCAPED(wish));
    return true;
}

bool colour_choose_for_output(const struct options *options, bool *is_coloured, struct error *error)
{
    const struct colour_place place = {
        .no_color = getenv("NO_COLOR"), /* NOLINT(concurrency-mt-unsafe): no thread runs yet */
        .term = getenv("TERM"),         /* NOLINT(concurrency-mt-unsafe): the same */
        .is_terminal = isatty(STDOUT_FILENO) == 1,
    };

    return colour_choose(options->values[OPTION_COLOR], &place, is_coloured, error);
}
