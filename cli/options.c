/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include <string.h>

#include "base/escape.h"
#include "base/suggest.h"

struct flag {
    const char *name;
    const char *value; /* what --help calls the value; NULL: takes none */
    const char *help;
    bool is_for_query;
};

static const struct flag flags[OPTION_COUNT] = {
    [OPTION_SERVER] = {"--server", "URL", "ask this mqueryd, not the registry ($MQUERY_SERVER)",
                       true},
    [OPTION_JSON] = {"--json", NULL, "print each answer as one line of JSON", false},
    [OPTION_PLATFORM] = {"--platform", "P", "also say whether P is supported", true},
    [OPTION_REQUIRE] = {"--require", "P[,P]", "exit 0 only if every P is offered, else 1", true},
    [OPTION_TIMEOUT] = {"--timeout", "TIME", "at most this long an image: 90s, 2m (20s)", true},
    [OPTION_PLAIN_HTTP] = {"--plain-http", NULL, "speak http to the registry, not https", true},
    [OPTION_INSECURE] = {"--insecure", NULL, "accept any certificate", true},
    [OPTION_HELP] = {"--help", NULL, "print this", false},
    [OPTION_VERSION] = {"--version", NULL, "print the version", false},
};

static bool refuse_unknown(struct slice name, struct error *error)
{
    struct suggestion suggestion = suggestion_begin(name);

    for (size_t i = 0; i < OPTION_COUNT; i++)
        suggestion_consider(&suggestion, slice_from_string(flags[i].name));
    const char *phrase = suggestion_phrase(&suggestion);
    return error_set(error, ERROR_INVALID, "unknown flag '%s'%s", ESCAPED(name),
                     phrase[0] ? phrase : "; see mquery --help");
}

static bool find_flag(struct slice name, enum option *out)
{
    if (slice_equal_string(name, "-h")) {
        *out = OPTION_HELP;
        return true;
    }
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (slice_equal_string(name, flags[i].name)) {
            *out = (enum option)i;
            return true;
        }
    }
    return false;
}

/* What stands after '=', else the next word, to which *index moves; NULL where there is neither. */
static const char *take_value(int argc, char **argv, int *index)
{
    const char *equals = strchr(argv[*index], '=');

    if (equals)
        return equals + 1;
    return *index + 1 < argc ? argv[++*index] : NULL;
}

/* Reads the flag at argv[*index]. */
static bool parse_flag(struct options *options, int argc, char **argv, int *index,
                       struct error *error)
{
    struct slice word = slice_from_string(argv[*index]);
    ptrdiff_t equals = slice_find(word, '=');
    struct slice name = equals < 0 ? word : slice_until(word, (size_t)equals);
    enum option option = OPTION_COUNT;

    if (!find_flag(name, &option))
        return refuse_unknown(name, error);
    const struct flag *flag = &flags[option];

    if (!flag->value && equals >= 0)
        return error_set(error, ERROR_INVALID, "%s takes no value", flag->name);
    if (flag->value && options->values[option])
        return error_set(error, ERROR_INVALID, "%s is given twice", flag->name);
    const char *value = flag->value ? take_value(argc, argv, index) : "";
    if (!value)
        return error_set(error, ERROR_INVALID, "%s needs a value: %s", flag->name, flag->value);
    options->values[option] = value;
    return true;
}

bool options_parse(struct options *options, int argc, char **argv, struct error *error)
{
    bool flags_ended = false;

    *options = (struct options){.operands = argv + (argc > 0)};
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

bool options_refuse_query_flags(const struct options *options, const char *command,
                                struct error *error)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (options->values[i] && flags[i].is_for_query) {
            return error_set(error, ERROR_INVALID, "%s means nothing to %s", flags[i].name,
                             command);
        }
    }
    return true;
}

void options_describe(struct buffer *out)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        size_t start = out->length;
        (void)buffer_format(out, "  %s %s", flags[i].name, flags[i].value ? flags[i].value : "");
        (void)buffer_format(out, "%*s%s\n", (int)(start + 22) - (int)out->length, "",
                            flags[i].help);
    }
}
