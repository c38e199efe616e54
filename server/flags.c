/* SPDX-License-Identifier: Apache-2.0 */
#include "server/flags.h"

#include <string.h>

#include "base/escape.h"
#include "base/suggest.h"

const struct known_flag known_flags[FLAG_COUNT] = {
    [FLAG_CONFIG] = {"--config", "FILE", "settings, in YAML"},
    [FLAG_LISTEN] = {"--listen", "ADDRESS", "127.0.0.1:8080, [::]:8080, :8080, unix:/path"},
    [FLAG_SET] = {"--set", "NAME=VALUE", "one setting, e.g. cache.fresh=1m"},
    [FLAG_CHECK_CONFIG] = {"--check-config", NULL, "check the settings, and stop"},
    [FLAG_PRINT_CONFIG] = {"--print-config", NULL, "print the settings in force, and stop"},
    [FLAG_HELP] = {"--help", NULL, "print this"},
    [FLAG_VERSION] = {"--version", NULL, "print the version"},
};

/* FLAG_COUNT where there is none of this name. */
static enum flag find_flag(const char *name)
{
    unsigned flag = 0;

    while (flag < FLAG_COUNT && strcmp(known_flags[flag].name, name) != 0)
        flag++;
    return (enum flag)flag;
}

/* Always false. */
static bool refuse_flag(const char *name, struct error *error)
{
    struct slice word = slice_from_string(name);
    struct suggestion suggestion = suggestion_begin(word);

    for (size_t i = 0; i < FLAG_COUNT; i++)
        suggestion_consider(&suggestion, slice_from_string(known_flags[i].name));
    const char *phrase = suggestion_phrase(&suggestion);
    return error_set(error, ERROR_INVALID, "unknown flag '%s'%s", ESCAPED(word),
                     phrase[0] ? phrase : "; see --help");
}

/* Cuts a word in two at its first '='; returns the second part, or NULL. */
static char *cut(char *word)
{
    char *equals = strchr(word, '=');

    if (!equals)
        return NULL;
    *equals = '\0';
    return equals + 1;
}

static bool add_setting(struct flags *flags, const char *name, const char *value,
                        struct error *error)
{
    if (flags->setting_count == FLAGS_SETTINGS_MAX) {
        return error_set(error, ERROR_INVALID, "more than %d settings; use a file",
                         FLAGS_SETTINGS_MAX);
    }
    flags->settings[flags->setting_count++] =
        (struct config_override){.name = name, .value = value};
    return true;
}

static bool add_named_setting(struct flags *flags, char *text, struct error *error)
{
    const char *value = cut(text);

    if (!value || text[0] == '\0')
        return error_set(error, ERROR_INVALID, "--set wants NAME=VALUE");
    return add_setting(flags, text, value, error);
}

/* The value of the flag at argv[*index]: `joined` to it, or the next word; NULL where it takes
 * none, or has none. */
static char *find_value(const struct known_flag *known, char *joined, int argc, char **argv,
                        int *index)
{
    if (joined || !known->value || *index + 1 >= argc)
        return joined;
    return argv[++*index];
}

/* Reads the flag at argv[*index], and moves *index to its value where that is a word of its own. */
static bool parse_flag(struct flags *flags, int argc, char **argv, int *index, struct error *error)
{
    char *word = argv[*index];
    char *joined = word[0] == '-' ? cut(word) : NULL;
    enum flag flag = find_flag(word);

    if (word[0] != '-') {
        return error_set(error, ERROR_INVALID, "takes no operands: '%s'",
                         ESCAPED(slice_from_string(word)));
    }
    if (flag == FLAG_COUNT)
        return refuse_flag(word, error);
    const struct known_flag *known = &known_flags[flag];
    char *value = find_value(known, joined, argc, argv, index);

    if (!known->value && value)
        return error_set(error, ERROR_INVALID, "%s takes no value", known->name);
    if (known->value && !value)
        return error_set(error, ERROR_INVALID, "%s needs a value: %s", known->name, known->value);
    if (flag == FLAG_LISTEN)
        return add_setting(flags, "server.listen", value, error);
    if (flag == FLAG_SET && value)
        return add_named_setting(flags, value, error);
    if (flags->values[flag] && value)
        return error_set(error, ERROR_INVALID, "%s is given twice", known->name);
    flags->values[flag] = value ? value : "";
    return true;
}

bool flags_parse(struct flags *flags, int argc, char **argv, struct error *error)
{
    *flags = (struct flags){0};
    for (int i = 1; i < argc; i++) {
        if (!parse_flag(flags, argc, argv, &i, error))
            return false;
    }
    return true;
}

void flags_describe(struct buffer *out)
{
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        const struct known_flag *known = &known_flags[i];
        size_t start = out->length;

        (void)buffer_format(out, "  %s %s", known->name, known->value ? known->value : "");
        (void)buffer_format(out, "%*s%s\n", (int)(start + 22) - (int)out->length, "", known->help);
    }
}
