/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/suggest.h"
#include "cli/program.h"

static bool refuse_unknown(struct slice name, struct error *error)
{
    struct suggestion suggestion = suggestion_begin(name);

    for (size_t i = 0; i < OPTION_COUNT; i++)
        suggestion_consider(&suggestion, slice_from_string(flags[i].name));
    const char *phrase = suggestion_phrase(&suggestion);
    if (phrase[0])
        return error_set(error, ERROR_INVALID, "unknown flag '%s'%s", ESCAPED(name), phrase);
    return error_set(error, ERROR_INVALID, "unknown flag '%s'; see %s --help", ESCAPED(name),
                     program_name());
}

/* Go's flags, and so manifest-tool's, begin with two dashes or with one. */
static bool is_called(const struct flag *flag, struct slice name)
{
    return slice_equal_string(name, flag->name) ||
           (program_is_manifest_tool() && slice_equal_string(name, flag->name + 1));
}

bool option_find(struct slice name, enum option *out)
{
    if (slice_equal_string(name, "-h"))
        name = SLICE("--help");
    if (slice_equal_string(name, "-v"))
        name = SLICE("--version");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (is_called(&flags[i], name)) {
            *out = (enum option)i;
            return true;
        }
    }
    return false;
}

/* -- the two kinds -------------------------------------------------------------------------- */

static bool parse_truth(struct slice text, bool *out)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"true", true}, {"false", false}, {"t", true},
                 {"f", false},   {"1", true},      {"0", false}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (slice_equal_ignoring_case(text, slice_from_string(words[i].word))) {
            *out = words[i].value;
            return true;
        }
    }
    return false;
}

/* `joined` is what stands behind '=', or NULL. */
static bool set_switch(struct options *options, enum option option, const char *joined,
                       struct error *error)
{
    bool is_on = true;

    if (joined && !parse_truth(slice_from_string(joined), &is_on)) {
        return error_set(error, ERROR_INVALID, "%s is true or false, not '%s'", flags[option].name,
                         ESCAPED(slice_from_string(joined)));
    }
    options->values[option] = is_on ? "" : NULL;
    return true;
}

static bool add_value(struct options *options, enum option option, const char *value,
                      struct error *error)
{
    const struct flag *flag = &flags[option];

    if (!value)
        return error_set(error, ERROR_INVALID, "%s needs a value: %s", flag->name, flag->value);
    if (options->values[option] && !flag->is_repeatable)
        return error_set(error, ERROR_INVALID, "%s is given twice", flag->name);
    options->values[option] = value;
    options->uses[options->use_count++] = (struct option_use){option, value};
    return true;
}

/* -- the line ------------------------------------------------------------------------------- */

/* Reads the flag at argv[*index], and moves *index to its value where that is a word of its own. */
static bool parse_flag(struct options *options, int argc, char **argv, int *index,
                       struct error *error)
{
    const char *equals = strchr(argv[*index], '=');
    const char *joined = equals ? equals + 1 : NULL;
    struct slice name = slice_from_string(argv[*index]);
    enum option option = OPTION_COUNT;

    if (equals)
        name = slice_until(name, (size_t)(equals - argv[*index]));
    if (!option_find(name, &option))
        return refuse_unknown(name, error);
    if (!flags[option].value)
        return set_switch(options, option, joined, error);
    if (!joined && *index + 1 < argc)
        joined = argv[++*index];
    return add_value(options, option, joined, error);
}

bool options_parse(struct options *options, int argc, char **argv, struct error *error)
{
    bool flags_ended = false;

    *options = (struct options){.operands = argv + (argc > 0)};
    options->uses = calloc((size_t)argc + 1, sizeof(*options->uses));
    if (!options->uses)
        return error_no_memory(error);
    for (int i = 1; i < argc; i++) {
        if (!flags_ended && strcmp(argv[i], "--") == 0) {
            flags_ended = true;
            options->is_image_first = options->operand_count == 0;
        } else if (!flags_ended && argv[i][0] == '-' && argv[i][1] != '\0') {
            if (!parse_flag(options, argc, argv, &i, error))
                return false;
        } else {
            options->operands[options->operand_count++] = argv[i];
        }
    }
    return true;
}

void options_release(struct options *options)
{
    free(options->uses);
    *options = (struct options){0};
}

const char *options_next(const struct options *options, enum option option, size_t *position)
{
    while (*position < options->use_count) {
        const struct option_use *use = &options->uses[(*position)++];
        if (use->option == option)
            return use->value;
    }
    return NULL;
}

bool options_refuse_others(const struct options *options, uint32_t command, const char *name,
                           struct error *error)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (options->values[i] && !(flags[i].commands & command))
            return error_set(error, ERROR_INVALID, "%s means nothing to %s", flags[i].name, name);
    }
    return true;
}
