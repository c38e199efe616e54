/* SPDX-License-Identifier: Apache-2.0 */
#include "config/environment.h"

#include <string.h>

#include "base/escape.h"
#include "base/suggest.h"
#include "base/warnings.h"

enum {
    VARIABLE_NAME_MAX = 64
};

static const struct slice prefix = {"MQUERY_", 7};

/* Read by the command line, or before the settings are. */
static const char *const others[] = {"MQUERY_SERVER", "MQUERY_MODE", "MQUERY_CONFIG"};

enum {
    OTHER_COUNT = sizeof(others) / sizeof(others[0])
};

/* "cache.fresh" -> "MQUERY_CACHE_FRESH". */
static struct slice variable_name(const struct setting *setting, char out[VARIABLE_NAME_MAX])
{
    size_t used = prefix.length;

    memcpy(out, prefix.data, prefix.length);
    for (const char *at = setting->name; *at && used < VARIABLE_NAME_MAX; at++) {
        bool is_lower = *at >= 'a' && *at <= 'z';
        int byte = is_lower ? *at - ('a' - 'A') : *at;
        out[used++] = (char)(byte == '.' ? '_' : byte);
    }
    return slice_of(out, used);
}

static const struct setting *find_setting(struct slice variable)
{
    for (size_t i = 0; i < setting_total; i++) {
        char room[VARIABLE_NAME_MAX];
        if (slice_equal(variable_name(&settings[i], room), variable))
            return &settings[i];
    }
    return NULL;
}

static bool is_other(struct slice variable)
{
    for (size_t i = 0; i < OTHER_COUNT; i++) {
        if (slice_equal_string(variable, others[i]))
            return true;
    }
    return false;
}

static void warn_unknown(struct slice variable, struct warnings *warnings)
{
    struct suggestion suggestion = suggestion_begin(variable);

    for (size_t i = 0; i < setting_total; i++) {
        char room[VARIABLE_NAME_MAX];
        suggestion_consider(&suggestion, variable_name(&settings[i], room));
    }
    warnings_add(warnings, "unknown variable %s is ignored%s", ESCAPED(variable),
                 suggestion_phrase(&suggestion));
}

/* Cuts NAME=VALUE in two. */
static struct slice take_name(const char *entry, struct slice *value)
{
    *value = slice_from_string(entry);
    return slice_take_part(value, '=');
}

bool environment_each(const char *const *environment, environment_visit_function visit,
                      void *context, struct warnings *warnings, struct error *error)
{
    for (; environment && *environment; environment++) {
        struct slice value;
        struct slice name = take_name(*environment, &value);
        const struct setting *setting = find_setting(name);
        struct setting_source source = {ESCAPED(name), error};

        if (setting && !visit(context, setting, value, &source))
            return false;
        if (!setting && slice_starts_with(name, prefix) && !is_other(name))
            warn_unknown(name, warnings);
    }
    return true;
}

const char *environment_get(const char *const *environment, const char *name)
{
    for (; environment && *environment; environment++) {
        struct slice value;
        if (slice_equal_string(take_name(*environment, &value), name))
            return *environment + strlen(name) + 1;
    }
    return NULL;
}
