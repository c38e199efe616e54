/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/settings.h"

#include <string.h>
#include <unistd.h>

static const char timeout_setting[] = "registry.timeout";

/* The variables of the section "registry"; the rest of the environment may be meant for a daemon,
 * and what is wrong there is no reason to fail here. The caller frees the list, not its strings. */
static const char **registry_environment(struct error *error)
{
    static const char prefix[] = "MQUERY_REGISTRY_";
    size_t count = 0;
    size_t kept = 0;

    while (environ && environ[count])
        count++;
    const char **variables = calloc(count + 1, sizeof(*variables));
    if (!variables) {
        (void)error_no_memory(error);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (strncmp(environ[i], prefix, sizeof(prefix) - 1) == 0)
            variables[kept++] = environ[i];
    }
    return variables;
}

/* The settings know the flag by the name of what it sets. */
static void name_flag(struct error *error)
{
    const struct error found = *error;
    struct slice setting = slice_from_string(timeout_setting);

    if (slice_starts_with(slice_from_string(found.message), setting))
        (void)error_set(error, found.code, "--timeout%s", found.message + setting.length);
}

struct config *settings_load(const struct options *options, struct error *error)
{
    const char *timeout = options->values[OPTION_TIMEOUT];
    struct config_override flags[] = {{timeout_setting, timeout}};
    struct config_warnings warnings = {0};

    CLEANUP(free_p) const char **variables = registry_environment(error);
    if (!variables)
        return NULL;
    struct config *config = config_load(&(struct config_sources){.environment = variables,
                                                                 .flags = flags,
                                                                 .flag_count = timeout ? 1 : 0},
                                        &warnings, error);
    config_warnings_release(&warnings);
    if (!config) {
        name_flag(error);
        return NULL;
    }
    config->registry.open = true;
    config->registry.plain_http = options->values[OPTION_PLAIN_HTTP] != NULL;
    config->registry.insecure = options->values[OPTION_INSECURE] != NULL;
    return config;
}
