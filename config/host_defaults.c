/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host has that its own item does not say: from files of registry.certs_dirs, and from the
 * patterns that cover it, of which the longest that says a thing decides. Keys that are about one
 * matter go together: whoever says one of them has said all.
 */
#include <string.h>

#include "base/escape.h"
#include "config/hosts.h"

enum {
    PRINTED_MAX = 64 * 1024
};

static const char *const matters[][5] = {
    {"plain_http", "insecure_skip_verify", "ca_file", "extra_ca_files"},
    {"client_cert", "client_key"},
    {"username", "password_file", "token_file", "credential_helper"},
};

enum {
    MATTER_COUNT = sizeof(matters) / sizeof(matters[0])
};

/* The keys that are settled when these are. */
static uint32_t whole_matters(uint32_t keys)
{
    uint32_t all = keys;

    for (size_t i = 0; i < MATTER_COUNT; i++) {
        uint32_t matter = 0;
        for (const char *const *key = matters[i]; *key; key++)
            matter |= hosts_key_bit(*key);
        all |= keys & matter ? matter : 0;
    }
    return all;
}

/* -- patterns ------------------------------------------------------------------------------- */

static bool is_pattern(const struct config_host *host)
{
    return host->name[0] == '*';
}

static struct slice without_port(struct slice name)
{
    return slice_before(name, slice_starts_with(name, SLICE("[")) ? ']' : ':');
}

/* "*.example.com" covers neither example.com nor itself; "*" covers every other name. */
static bool covers(struct slice pattern, struct slice name)
{
    struct slice domain = slice_from(pattern, 1);
    struct slice host = without_port(name);

    return host.length > domain.length && slice_ends_with(host, domain) &&
           !slice_equal(pattern, name);
}

/* The longest pattern that covers the name, and says `key` (0: whatever it says). */
static const struct config_host *find_pattern(const struct config_registry *registry,
                                              struct slice name, uint32_t key)
{
    const struct config_host *best = NULL;

    for (size_t i = 0; i < registry->host_count; i++) {
        const struct config_host *host = &registry->hosts[i];
        if (is_pattern(host) && (key == 0 || (host->settled & key)) &&
            covers(slice_from_string(host->name), name) &&
            (!best || strlen(host->name) > strlen(best->name)))
            best = host;
    }
    return best;
}

const struct config_host *config_registry_pattern(const struct config_registry *registry,
                                                  struct slice name)
{
    return find_pattern(registry, name, 0);
}

static struct config_host *find_host(const struct config_registry *registry, struct slice name)
{
    for (size_t i = 0; i < registry->host_count; i++) {
        if (slice_equal_string(name, registry->hosts[i].name))
            return &registry->hosts[i];
    }
    return NULL;
}

const struct config_host *config_registry_host(const struct config_registry *registry,
                                               struct slice name)
{
    const struct config_host *host = find_host(registry, name);
    return host && !is_pattern(host) ? host : NULL;
}

/* -- files ---------------------------------------------------------------------------------- */

static bool is_same_value(const struct setting *setting, const struct config_host *a,
                          const struct config_host *b)
{
    CLEANUP(buffer_release) struct buffer of_a = BUFFER_INIT(PRINTED_MAX);
    CLEANUP(buffer_release) struct buffer of_b = BUFFER_INIT(PRINTED_MAX);

    setting_print(setting, a, &of_a);
    setting_print(setting, b, &of_b);
    return slice_equal(buffer_slice(&of_a), buffer_slice(&of_b));
}

static bool adopt_keys(struct config_host *host, const struct config_host *found, const char *file,
                       struct error *error)
{
    uint32_t wanted = found->written & ~whole_matters(host->written);

    for (size_t i = 1; i < host_setting_total; i++) {
        const struct setting *setting = &host_settings[i];
        uint32_t key = UINT32_C(1) << i;
        if (!(wanted & key))
            continue;
        if ((host->settled & key) && !is_same_value(setting, host, found)) {
            return error_set(error, ERROR_INVALID,
                             "%s: another file says otherwise of host '%s' (%s)",
                             ESCAPED(slice_from_string(file)), host->name, setting->name);
        }
        if (!setting_copy(setting, found, host, error))
            return false;
        host->settled |= key;
    }
    return true;
}

bool hosts_adopt(struct config_registry *registry, const struct config_host *found,
                 const char *file, struct error *error)
{
    struct config_host *host = find_host(registry, slice_from_string(found->name));
    const char *fault = hosts_find_pattern_fault(found);

    if (fault)
        return error_set(error, ERROR_INVALID, "%s: %s", ESCAPED(slice_from_string(file)), fault);
    if (!host)
        host = hosts_add(registry, slice_from_string(found->name), error);
    return host && adopt_keys(host, found, file, error);
}

/* -- completing ----------------------------------------------------------------------------- */

/* A mirror is a host whose images are its own: what is a mirror of all hosts is none of itself. */
static bool add_mirror(struct config_registry *registry, const char *name, struct error *error)
{
    struct config_host *host = find_host(registry, slice_from_string(name));

    if (!host)
        host = hosts_add(registry, slice_from_string(name), error);
    if (!host)
        return false;
    host->settled |= hosts_key_bit("mirrors");
    return true;
}

/* Hosts that are added have no mirrors of their own, and come last. */
static bool add_mirrors(struct config_registry *registry, struct error *error)
{
    size_t count = registry->host_count;

    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < registry->hosts[i].mirrors.count; j++) {
            if (!add_mirror(registry, registry->hosts[i].mirrors.items[j].host, error))
                return false;
        }
    }
    return true;
}

static bool add_defaults(const struct config_registry *registry, struct config_host *host,
                         struct error *error)
{
    for (size_t i = 1; i < host_setting_total; i++) {
        uint32_t key = UINT32_C(1) << i;
        const struct config_host *pattern =
            host->settled & key ? NULL : find_pattern(registry, slice_from_string(host->name), key);
        if (pattern && !setting_copy(&host_settings[i], pattern, host, error))
            return false;
    }
    return true;
}

bool hosts_complete(struct config_registry *registry, struct error *error)
{
    if (!add_mirrors(registry, error))
        return false;
    for (size_t i = 0; i < registry->host_count; i++) {
        struct config_host *host = &registry->hosts[i];
        host->settled = whole_matters(host->settled | host->written);
    }
    for (size_t i = 0; i < registry->host_count; i++) {
        if (!add_defaults(registry, &registry->hosts[i], error))
            return false;
    }
    return true;
}
