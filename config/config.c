/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading: each source in turn writes over what the one before it set; then come the checks and
 * the files that no single setting is responsible for.
 */
#include "config/config.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/file.h"
#include "base/suggest.h"
#include "config/certs_dirs.h"
#include "config/environment.h"
#include "config/hosts.h"
#include "config/passed.h"
#include "config/setting.h"
#include "config/value.h"
#include "data/yaml.h"

enum {
    FILE_MAX = 1024 * 1024,
    PORT_MAX = 65535
};

struct loading {
    struct config *config;
    bool listen_is_set;
};

static const struct setting *find_setting(struct slice name)
{
    for (size_t i = 0; i < setting_total; i++) {
        if (slice_equal_string(name, settings[i].name))
            return &settings[i];
    }
    return NULL;
}

/* "cache" of "cache.fresh". */
static struct slice section_of(struct slice name)
{
    return slice_before(name, '.');
}

static bool is_section(struct slice name)
{
    for (size_t i = 0; i < setting_total; i++) {
        if (slice_equal(section_of(slice_from_string(settings[i].name)), name))
            return true;
    }
    return false;
}

static void note_listen(struct loading *loading, const struct setting *setting)
{
    if (setting->offset == offsetof(struct config, server.listen))
        loading->listen_is_set = true;
}

/* -- the file ------------------------------------------------------------------------------- */

static bool refuse_section(const struct yaml_node *key, const struct setting_source *source)
{
    struct suggestion suggestion = suggestion_begin(key->text);

    for (size_t i = 0; i < setting_total; i++)
        suggestion_consider(&suggestion, section_of(slice_from_string(settings[i].name)));
    return setting_fail(source, key, "unknown key '%s'%s", ESCAPED(key->text),
                        suggestion_phrase(&suggestion));
}

static struct suggestion suggest_name(struct slice name)
{
    struct suggestion suggestion = suggestion_begin(name);

    for (size_t i = 0; i < setting_total; i++)
        suggestion_consider(&suggestion, slice_from_string(settings[i].name));
    return suggestion;
}

static bool refuse_key(struct slice name, const struct yaml_node *where,
                       const struct setting_source *source)
{
    struct suggestion suggestion = suggest_name(name);

    return setting_fail(source, where, "unknown setting '%s'%s", ESCAPED(name),
                        suggestion_phrase(&suggestion));
}

static bool load_key(struct loading *loading, struct slice section, const struct yaml_node *key,
                     const struct yaml_node *value, const struct setting_source *source)
{
    CLEANUP(buffer_release) struct buffer name = BUFFER_INIT(FILE_MAX);

    (void)buffer_append_slice(&name, section);
    (void)buffer_append_char(&name, '.');
    if (!buffer_append_slice(&name, key->text))
        return error_no_memory(source->error);
    const struct setting *setting = find_setting(buffer_slice(&name));
    if (!setting)
        return refuse_key(buffer_slice(&name), key, source);
    note_listen(loading, setting);
    return setting_read(setting, value, loading->config, source);
}

static bool load_section(struct loading *loading, const struct yaml_node *key,
                         const struct yaml_node *section, const struct setting_source *source)
{
    if (!is_section(key->text))
        return refuse_section(key, source);
    if (section->is_null) /* all its keys are commented out */
        return true;
    if (section->kind != YAML_MAPPING)
        return setting_fail(source, section, "expected the settings of '%s'", ESCAPED(key->text));
    for (size_t i = 0; i < section->count; i++) {
        if (!load_key(loading, key->text, section->keys[i], section->items[i], source))
            return false;
    }
    return true;
}

static bool load_document(struct loading *loading, const struct yaml_node *root,
                          const struct setting_source *source)
{
    if (!root || root->is_null)
        return true;
    if (root->kind != YAML_MAPPING)
        return setting_fail(source, root, "expected sections of settings, such as 'server:'");
    for (size_t i = 0; i < root->count; i++) {
        if (!load_section(loading, root->keys[i], root->items[i], source))
            return false;
    }
    return true;
}

static bool load_file(struct loading *loading, const char *path, struct error *error)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(FILE_MAX);

    if (!path)
        return true;
    if (!file_read(path, &text, error))
        return false;
    CLEANUP(yaml_tree_free_p)
    struct yaml_tree *tree = yaml_parse(buffer_slice(&text), path, error);
    return tree && load_document(loading, yaml_root(tree), &(struct setting_source){path, error});
}

/* -- the environment and the flags ---------------------------------------------------------- */

static bool load_variable(void *context, const struct setting *setting, struct slice value,
                          const struct setting_source *source)
{
    struct loading *loading = context;

    note_listen(loading, setting);
    return setting_read_text(setting, value, loading->config, source);
}

static bool refuse_flag(struct slice name, struct error *error)
{
    struct suggestion suggestion = suggest_name(name);

    return error_set(error, ERROR_INVALID, "unknown setting '%s'%s", ESCAPED(name),
                     suggestion_phrase(&suggestion));
}

static bool load_overrides(struct loading *loading, const struct config_override *overrides,
                           size_t count, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        struct slice name = slice_from_string(overrides[i].name);
        const struct setting *setting = find_setting(name);
        struct setting_source source = {overrides[i].name, error};
        if (!setting)
            return refuse_flag(name, error);
        if (!load_variable(loading, setting, slice_from_string(overrides[i].value), &source))
            return false;
    }
    return true;
}

/* Platforms that run containers for others name the port so. */
static bool load_port(struct loading *loading, const char *port, struct error *error)
{
    CLEANUP(buffer_release) struct buffer listen = BUFFER_INIT(16);
    struct setting_source source = {"PORT", error};
    uint64_t number = 0;

    if (loading->listen_is_set || !port)
        return true;
    if (!value_parse_count(slice_from_string(port), &number) || number < 1 || number > PORT_MAX)
        return error_set(error, ERROR_INVALID, "PORT: '%s' is not a number from 1 to %d",
                         ESCAPED(slice_from_string(port)), PORT_MAX);
    if (!buffer_format(&listen, ":%u", (unsigned)number))
        return error_no_memory(error);
    return setting_read_text(find_setting(SLICE("server.listen")), buffer_slice(&listen),
                             loading->config, &source);
}

/* -- config.h ------------------------------------------------------------------------------- */

static bool load_all(struct loading *loading, const struct config_sources *sources,
                     struct warnings *warnings, struct error *error)
{
    const char *passed = environment_get(sources->environment, "CREDENTIALS_DIRECTORY");

    return setting_read_initial(settings, setting_total, loading->config, error) &&
           load_overrides(loading, sources->defaults, sources->default_count, error) &&
           load_file(loading, sources->file, error) &&
           environment_each(sources->environment, load_variable, loading, warnings, error) &&
           passed_each(passed, load_variable, loading, error) &&
           load_overrides(loading, sources->flags, sources->flag_count, error) &&
           load_port(loading, environment_get(sources->environment, "PORT"), error) &&
           certs_dirs_read(&loading->config->registry, warnings, error) &&
           hosts_complete(&loading->config->registry, error) &&
           hosts_read_files(&loading->config->registry, error);
}

struct config *config_load(const struct config_sources *sources, struct warnings *warnings,
                           struct error *error)
{
    struct loading loading = {.config = calloc(1, sizeof(struct config))};

    if (!loading.config) {
        error_no_memory(error);
        return NULL;
    }
    atomic_init(&loading.config->references, 1);
    if (!load_all(&loading, sources, warnings, error)) {
        config_unref(loading.config);
        return NULL;
    }
    return loading.config;
}

struct config *config_ref(struct config *config)
{
    atomic_fetch_add_explicit(&config->references, 1, memory_order_relaxed);
    return config;
}

void config_unref(struct config *config)
{
    if (!config || atomic_fetch_sub_explicit(&config->references, 1, memory_order_acq_rel) > 1)
        return;
    setting_release(settings, setting_total, config);
    free(config);
}

static void print_setting(const struct config *config, const struct setting *setting,
                          struct buffer *out)
{
    CLEANUP(buffer_release) struct buffer value = BUFFER_INIT(FILE_MAX);
    struct slice name = slice_from_string(setting->name);
    struct slice key = slice_from(name, section_of(name).length + 1);

    (void)buffer_format(out, "  # %s\n  ", setting->help);
    (void)buffer_append_slice(out, key);
    (void)buffer_append_char(out, ':');
    setting_print(setting, config, &value);
    if (!slice_starts_with(buffer_slice(&value), SLICE("\n"))) /* a list below the key */
        (void)buffer_append_char(out, ' ');
    (void)buffer_append_slice(out, buffer_slice(&value));
    (void)buffer_append_char(out, '\n');
}

bool config_print(const struct config *config, struct buffer *out)
{
    struct slice section = {0};

    for (size_t i = 0; i < setting_total; i++) {
        struct slice its_section = section_of(slice_from_string(settings[i].name));
        if (!slice_equal(section, its_section)) {
            (void)buffer_append_slice(out, its_section);
            (void)buffer_append_string(out, ":\n");
        }
        section = its_section;
        print_setting(config, &settings[i], out);
    }
    return buffer_ok(out);
}
