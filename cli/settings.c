/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/settings.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "cli/print.h"
#include "cli/program.h"

static const char *const timeout_settings[] = {
    [SETTINGS_QUERY_TIMEOUT] = "registry.timeout",
    [SETTINGS_PUSH_TIMEOUT] = "push.timeout",
};

static bool begins_with_one(const char *variable, const char *const *prefixes)
{
    for (; *prefixes; prefixes++) {
        if (strncmp(variable, *prefixes, strlen(*prefixes)) == 0)
            return true;
    }
    return false;
}

/* The variables that matter here; what is wrong with the others is no reason to fail. The caller
 * frees the list, not its strings. */
static const char **environment_of(const char *const *prefixes, struct error *error)
{
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
        if (begins_with_one(environ[i], prefixes))
            variables[kept++] = environ[i];
    }
    return variables;
}

/* The settings know the flag by the name of what it sets. */
static void name_flag(const char *setting, struct error *error)
{
    const struct error found = *error;
    size_t length = strlen(setting);

    if (strncmp(found.message, setting, length) == 0)
        (void)error_set(error, found.code, "--timeout%s", found.message + length);
}

static struct config *load(const struct options *options, const char *timeout_setting,
                           struct error *error)
{
    /* A person's own variables hold for mquery as for any program they run. */
    static const struct config_override defaults[] = {{"registry.proxy", "environment"}};
    const char *timeout = options->values[OPTION_TIMEOUT];
    struct config_override overrides[] = {{timeout_setting, timeout}};
    struct warnings warnings = {0};

    static const char *const ours[] = {"MQUERY_REGISTRY_", NULL};
    CLEANUP(free_p) const char **variables = environment_of(ours, error);
    if (!variables)
        return NULL;
    struct config *config = config_load(&(struct config_sources){.defaults = defaults,
                                                                 .default_count = 1,
                                                                 .environment = variables,
                                                                 .flags = overrides,
                                                                 .flag_count = timeout ? 1 : 0},
                                        &warnings, error);
    warnings_release(&warnings);
    if (!config)
        name_flag(timeout_setting, error);
    return config;
}

/* -- credential files ----------------------------------------------------------------------- */

/* Takes the place of registry.credentials. */
static bool set_credentials(struct config *config, const char *before, const char *source,
                            struct error *error)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(PATH_MAX);

    (void)buffer_format(&text, "%s%s", before, source);
    if (!buffer_check(&text, "--docker-cfg", error))
        return false;
    free(config->registry.credentials);
    config->registry.credentials = buffer_take(&text);
    return true;
}

/* What the setting takes for something else than a path. */
static bool is_word(const char *path)
{
    return strcmp(path, "docker") == 0 || strcmp(path, "none") == 0;
}

/* Nothing is there, or a directory without a config.json (a file is not a directory: ENOTDIR). */
static bool has_no_config(const char *path)
{
    CLEANUP(buffer_release) struct buffer file = BUFFER_INIT(PATH_MAX);

    (void)buffer_format(&file, "%s/config.json", path);
    return buffer_ok(&file) && access(buffer_string(&file), F_OK) != 0 && errno == ENOENT;
}

/* manifest-tool asks as nobody where there is no such file; else that is an error. */
static bool choose_credentials(struct config *config, const struct options *options,
                               struct error *error)
{
    const char *path = options->values[OPTION_DOCKER_CFG];

    if (path && program_is_manifest_tool() && has_no_config(path))
        return set_credentials(config, "", "none", error);
    if (path && access(path, R_OK) != 0) {
        return error_set(error, ERROR_INVALID, "--docker-cfg: cannot read '%s': %s",
                         ESCAPED(slice_from_string(path)), print_reason(errno));
    }
    if (path)
        return set_credentials(config, is_word(path) ? "./" : "", path, error);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no thread runs yet */
    if (getenv("MQUERY_REGISTRY_CREDENTIALS"))
        return true;
    return set_credentials(config, "", "docker", error);
}

struct config *settings_load(const struct options *options, enum settings_timeout timeout,
                             struct error *error)
{
    CLEANUP(config_unref_p)
    struct config *config = load(options, timeout_settings[timeout], error);

    if (!config || !choose_credentials(config, options, error))
        return NULL;
    config->registry.open = true;
    config->registry.plain_http = options->values[OPTION_PLAIN_HTTP] != NULL;
    config->registry.insecure = options->values[OPTION_INSECURE] != NULL;
    return TAKE(config);
}

struct config *settings_load_server(struct error *error)
{
    static const char *const servers[] = {"MQUERY_SERVER_", "PORT=", NULL};
    struct warnings warnings = {0};

    CLEANUP(free_p) const char **variables = environment_of(servers, error);
    if (!variables)
        return NULL;
    struct config *config =
        config_load(&(struct config_sources){.environment = variables}, &warnings, error);
    warnings_release(&warnings);
    return config;
}
