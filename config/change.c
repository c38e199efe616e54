/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is different between two sets of settings, told by the table: values are compared, kept and
 * written down as they are printed, so a new row needs nothing here.
 */
#include <string.h>

#include "config/config.h"
#include "config/setting.h"

enum {
    VALUE_MAX = 1024 * 1024
};

static bool is_same(const struct setting *setting, const void *a, const void *b)
{
    CLEANUP(buffer_release) struct buffer one = BUFFER_INIT(VALUE_MAX);
    CLEANUP(buffer_release) struct buffer other = BUFFER_INIT(VALUE_MAX);

    setting_print(setting, a, &one);
    setting_print(setting, b, &other);
    return buffer_ok(&one) && buffer_ok(&other) &&
           slice_equal(buffer_slice(&one), buffer_slice(&other));
}

/* What is printed was read before, so reading it back fails for want of memory only. */
static bool keep(const struct setting *setting, struct config *next, const struct config *running,
                 struct error *error)
{
    CLEANUP(buffer_release) struct buffer value = BUFFER_INIT(VALUE_MAX);
    const struct setting_source source = {setting->name, error};

    setting_print(setting, running, &value);
    if (!buffer_check(&value, setting->name, error))
        return false;
    CLEANUP(yaml_tree_free_p)
    struct yaml_tree *tree = yaml_parse(buffer_slice(&value), setting->name, error);
    return tree && setting_read(setting, yaml_root(tree), next, &source);
}

bool config_keep_until_restart(struct config *next, const struct config *running,
                               struct warnings *kept, struct error *error)
{
    for (size_t i = 0; i < setting_total; i++) {
        const struct setting *setting = &settings[i];
        if (setting->change != SETTING_RESTART || is_same(setting, running, next))
            continue;
        if (!keep(setting, next, running, error))
            return false;
        warnings_add(kept, "%s", setting->name);
    }
    return true;
}

/* -- what decides over a registry's answers ------------------------------------------------- */

struct reach {
    const struct config *config;
    const struct config_host *host; /* NULL: not listed */
    bool has_secrets;               /* they are written, too, and what files are now */
};

static void write_setting(const struct setting *setting, const void *owner, struct buffer *out)
{
    (void)buffer_format(out, "%s ", setting->name);
    setting_print(setting, owner, out);
    (void)buffer_append_char(out, '\n');
}

static void write_host(const struct config_host *host, bool has_secrets, struct buffer *out)
{
    for (size_t i = 0; host && i < host_setting_total; i++)
        write_setting(&host_settings[i], host, out);
    if (!host || !has_secrets)
        return;
    (void)buffer_append_string(out, host->password ? host->password : "");
    (void)buffer_append_char(out, '\n');
    (void)buffer_append_string(out, host->token ? host->token : "");
    (void)buffer_append_char(out, '\n');
    (void)buffer_append_string(out, host->files ? host->files : "");
}

static bool write_reach(const struct reach *reach, struct buffer *out)
{
    const struct config_host *host = reach->host;

    for (size_t i = 0; i < setting_total; i++) {
        if (settings[i].change == SETTING_FORGETS)
            write_setting(&settings[i], reach->config, out);
    }
    write_host(host, reach->has_secrets, out);
    for (size_t i = 0; host && i < host->mirrors.count; i++) {
        struct slice mirror = slice_from_string(host->mirrors.items[i].host);
        write_host(config_registry_host(&reach->config->registry, mirror), reach->has_secrets, out);
    }
    return buffer_ok(out);
}

bool config_write_reach(const struct config *config, const struct config_host *host,
                        struct buffer *out)
{
    return write_reach(&(struct reach){.config = config, .host = host}, out);
}

static void release_secret(struct buffer *text)
{
    if (text->data)
        explicit_bzero(text->data, text->capacity);
    buffer_release(text);
}

bool config_reach_is_same(const struct config *a, const struct config_host *host_in_a,
                          const struct config *b, const struct config_host *host_in_b)
{
    CLEANUP(release_secret) struct buffer one = BUFFER_INIT(VALUE_MAX);
    CLEANUP(release_secret) struct buffer other = BUFFER_INIT(VALUE_MAX);
    const struct reach in_a = {a, host_in_a, true};
    const struct reach in_b = {b, host_in_b, true};

    return write_reach(&in_a, &one) && write_reach(&in_b, &other) &&
           slice_equal(buffer_slice(&one), buffer_slice(&other));
}
