/* SPDX-License-Identifier: Apache-2.0 */
#include "config/hosts.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/suggest.h"

enum {
    HOST_PRINTED_MAX = 64 * 1024
};

struct host_list {
    struct config_host *items;
    size_t count;
};

static void release_secret(char **secret)
{
    if (*secret)
        explicit_bzero(*secret, strlen(*secret));
    free(TAKE(*secret));
}

void hosts_release_one(struct config_host *host)
{
    setting_release(host_settings, host_setting_total, host);
    release_secret(&host->password);
    release_secret(&host->token);
    free(TAKE(host->files));
}

static void host_list_release(struct host_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        hosts_release_one(&list->items[i]);
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

/* -- what no single key can tell ------------------------------------------------------------ */

static bool has_trust(const struct config_host *host)
{
    return host->ca_file || host->extra_ca_files.count || host->client_cert;
}

static const char *find_fault(const struct config_host *host)
{
    int ways_in =
        (host->username != NULL) + (host->token_file != NULL) + (host->credential_helper != NULL);

    if (!host->username != !host->password_file)
        return "username and password_file need each other";
    if (ways_in > 1)
        return "only one of username, token_file and credential_helper can be used";
    /* RFC 7617 section 2: the colon ends the name. */
    if (host->username && strchr(host->username, ':'))
        return "a username cannot hold a ':'";
    if (!host->client_cert != !host->client_key)
        return "client_cert and client_key need each other";
    if (host->plain_http && (has_trust(host) || host->insecure_skip_verify))
        return "plain_http has no use for certificates or insecure_skip_verify";
    return NULL;
}

/* A pattern names no host: what gives something away, or takes a protection off, is said of hosts
 * by name, or at least of a domain. */
const char *hosts_find_pattern_fault(const struct config_host *host)
{
    bool is_everything = strcmp(host->name, "*") == 0;

    if (host->name[0] != '*')
        return NULL;
    if (host->plain_http) /* H26 */
        return "plain_http is for a host's whole name";
    if (is_everything && (host->username || host->token_file || host->realm.count))
        return "credentials are not for whatever host is named";
    if (is_everything && host->client_cert)
        return "client_cert is not for whatever host is named";
    if (is_everything && host->insecure_skip_verify)
        return "insecure_skip_verify is not for whatever host is named";
    return NULL;
}

static bool check_host(const struct config_host *host, const struct yaml_node *node,
                       const struct setting_source *source)
{
    if (!host->name)
        return setting_fail(source, node, "a host needs a name");
    const char *fault = find_fault(host);
    if (!fault)
        fault = hosts_find_pattern_fault(host);
    return !fault || setting_fail(source, node, "host '%s': %s", host->name, fault);
}

/* -- reading -------------------------------------------------------------------------------- */

uint32_t hosts_key_bit(const char *name)
{
    return UINT32_C(1) << (find_key(slice_from_string(name)) - host_settings);
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
        host->written |= hosts_key_bit(setting->name);
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

struct config_host *hosts_add(struct config_registry *registry, struct slice name,
                              struct error *error)
{
    size_t count = registry->host_count;
    struct config_host host = {.name = slice_copy(name), .is_implied = true};
    struct config_host *hosts = realloc(registry->hosts, (count + 1) * sizeof(*hosts));

    if (hosts)
        registry->hosts = hosts;
    if (!hosts || !host.name) {
        free(host.name);
        error_no_memory(error);
        return NULL;
    }
    registry->hosts[count] = host;
    registry->host_count = count + 1;
    /* The first row is the name. */
    if (!setting_read_initial(host_settings + 1, host_setting_total - 1, &registry->hosts[count],
                              error))
        return NULL;
    return &registry->hosts[count];
}

/* -- printing ------------------------------------------------------------------------------- */

static void print_host(const struct config_host *host, size_t indent, struct buffer *out)
{
    const char *bullet = "- ";

    for (size_t i = 0; i < host_setting_total; i++) {
        CLEANUP(buffer_release) struct buffer value = BUFFER_INIT(HOST_PRINTED_MAX);
        if (!(host->written & UINT32_C(1) << i))
            continue;
        setting_print(&host_settings[i], host, &value);
        (void)buffer_format(out, "\n%*s%s%s: ", (int)indent, "", bullet, host_settings[i].name);
        (void)buffer_append_slice(out, buffer_slice(&value));
        bullet = "  ";
    }
}

static void print_hosts(const struct setting *setting, const void *slot, struct buffer *out)
{
    const struct config_registry *registry = slot;
    size_t before = out->length;

    (void)setting;
    for (size_t i = 0; i < registry->host_count; i++)
        print_host(&registry->hosts[i], 4, out);
    if (out->length == before)
        (void)buffer_append_string(out, "[]");
}

const struct setting_type setting_hosts = {
    .expected = "a list of hosts, such as [{name: registry.example.com:5000}]",
    .is_collection = true,
    .read = read_hosts,
    .print = print_hosts,
    .release = release_hosts,
};
