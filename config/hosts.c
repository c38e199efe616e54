/* SPDX-License-Identifier: Apache-2.0 */
#include "config/hosts.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/suggest.h"
#include "config/file.h"

enum {
    HOST_PRINTED_MAX = 64 * 1024
};

struct host_list {
    struct config_host *items;
    size_t count;
};

static void host_release(struct config_host *host)
{
    setting_release(host_settings, host_setting_total, host);
    if (host->password)
        explicit_bzero(host->password, strlen(host->password));
    free(host->password);
    host->password = NULL;
}

static void host_list_release(struct host_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        host_release(&list->items[i]);
    free(list->items);
    *list = (struct host_list){0};
}

static const struct setting *find_key(struct slice key)
{
    for (size_t i = 0; i < host_setting_total; i++) {
        if (slice_equal_string(key, host_settings[i].name))
            return &host_settings[i];
    }
    return NULL;
}

static bool refuse_key(const struct yaml_node *key, const struct setting_source *source)
{
    struct suggestion suggestion = suggestion_begin(key->text);

    for (size_t i = 0; i < host_setting_total; i++)
        suggestion_consider(&suggestion, slice_from_string(host_settings[i].name));
    return setting_fail(source, key, "unknown key '%s' of a host%s", ESCAPED(key->text),
                        suggestion_phrase(&suggestion));
}

/* What no single key can tell. */
static bool check_host(const struct config_host *host, const struct yaml_node *node,
                       const struct setting_source *source)
{
    if (!host->name)
        return setting_fail(source, node, "a host needs a name");
    if (!host->username != !host->password_file)
        return setting_fail(source, node, "host '%s': username and password_file need each other",
                            host->name);
    /* RFC 7617 section 2: the colon ends the name. */
    if (host->username && strchr(host->username, ':'))
        return setting_fail(source, node, "host '%s': a username cannot hold a ':'", host->name);
    if (host->plain_http && (host->ca_file || host->insecure_skip_verify)) {
        return setting_fail(source, node,
                            "host '%s': plain_http has no use for ca_file or insecure_skip_verify",
                            host->name);
    }
    return true;
}

static bool read_host(struct config_host *host, const struct yaml_node *node,
                      const struct setting_source *source)
{
    if (node->kind != YAML_MAPPING)
        return setting_fail(source, node, "expected a host: a mapping that has a name");
    if (!setting_read_initial(host_settings, host_setting_total, host, source->error))
        return false;
    for (size_t i = 0; i < node->count; i++) {
        const struct setting *setting = find_key(node->keys[i]->text);
        if (!setting)
            return refuse_key(node->keys[i], source);
        if (!setting_read(setting, node->items[i], host, source))
            return false;
    }
    return check_host(host, node, source);
}

static bool is_named_before(const struct host_list *list, struct slice name)
{
    for (size_t i = 0; i + 1 < list->count; i++) {
        if (slice_equal_string(name, list->items[i].name))
            return true;
    }
    return false;
}

static bool fill_list(struct host_list *list, const struct yaml_node *node,
                      const struct setting_source *source)
{
    if (node->count == 0)
        return true;
    list->items = calloc(node->count, sizeof(list->items[0]));
    if (!list->items)
        return error_no_memory(source->error);
    for (size_t i = 0; i < node->count; i++) {
        struct config_host *host = &list->items[list->count++];
        if (!read_host(host, node->items[i], source))
            return false;
        if (is_named_before(list, slice_from_string(host->name)))
            return setting_fail(source, node->items[i], "host '%s' is there twice", host->name);
    }
    return true;
}

static void release_hosts(void *slot)
{
    struct config_registry *registry = slot;
    struct host_list list = {registry->hosts, registry->host_count};

    host_list_release(&list);
    registry->hosts = NULL;
    registry->host_count = 0;
}

static bool read_hosts(const struct setting *setting, const struct yaml_node *node, void *slot,
                       const struct setting_source *source)
{
    struct config_registry *registry = slot;
    struct host_list list = {0};

    if (node->kind != YAML_SEQUENCE && !node->is_null)
        return setting_fail(source, node, "expected %s", setting->type->expected);
    if (!fill_list(&list, node, source)) {
        host_list_release(&list);
        return false;
    }
    release_hosts(slot);
    registry->hosts = list.items;
    registry->host_count = list.count;
    return true;
}

bool hosts_read_passwords(struct config_registry *registry, struct error *error)
{
    for (size_t i = 0; i < registry->host_count; i++) {
        struct config_host *host = &registry->hosts[i];
        if (!host->password_file)
            continue;
        host->password = file_read_secret(host->password_file, error);
        if (!host->password) {
            error_prefix(error, "host '%s': ", host->name);
            return false;
        }
    }
    return true;
}

static void print_host(const struct config_host *host, size_t indent, struct buffer *out)
{
    const char *bullet = "- ";

    for (size_t i = 0; i < host_setting_total; i++) {
        CLEANUP(buffer_release) struct buffer value = BUFFER_INIT(HOST_PRINTED_MAX);
        setting_print(&host_settings[i], host, &value);
        if (slice_equal_string(buffer_slice(&value), host_settings[i].initial))
            continue;
        (void)buffer_format(out, "\n%*s%s%s: ", (int)indent, "", bullet, host_settings[i].name);
        (void)buffer_append_slice(out, buffer_slice(&value));
        bullet = "  ";
    }
}

static void print_hosts(const struct setting *setting, const void *slot, struct buffer *out)
{
    const struct config_registry *registry = slot;

    (void)setting;
    if (registry->host_count == 0)
        (void)buffer_append_string(out, "[]");
    for (size_t i = 0; i < registry->host_count; i++)
        print_host(&registry->hosts[i], 4, out);
}

const struct setting_type setting_hosts = {
    .expected = "a list of hosts, such as [{name: registry.example.com:5000}]",
    .is_collection = true,
    .read = read_hosts,
    .print = print_hosts,
    .release = release_hosts,
};
