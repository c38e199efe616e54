/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/endpoint.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "config/config.h"
#include "manifest/manifest.h"
#include "registry/authority.h"

/* Docker Hub is one host of three names, and its API answers at the last (R10). */
static const char hub_api[] = "registry-1.docker.io";
static const char *const hub_names[] = {"docker.io", "index.docker.io", hub_api};

enum {
    HUB_NAME_COUNT = sizeof(hub_names) / sizeof(hub_names[0]),
    BASE_MAX = sizeof("https://") + REFERENCE_MAX
};

static bool is_hub(const char *registry)
{
    return reference_is_docker_hub(slice_from_string(registry));
}

/* "host" and "host:443" are one place: the other spelling is looked for. */
static const struct config_host *find_at_usual_port(const struct config_registry *settings,
                                                    struct slice registry)
{
    static const struct slice usual = {":443", 4};
    struct buffer other = BUFFER_INIT(BASE_MAX);
    struct authority authority;

    if (!authority_parse(registry, &authority))
        return NULL;
    buffer_append_slice(&other, authority.host);
    if (authority.port == 0)
        buffer_append_slice(&other, usual);
    const struct config_host *listed = authority.port == 0 || authority.port == 443
                                           ? config_registry_host(settings, buffer_slice(&other))
                                           : NULL;
    buffer_release(&other);
    return listed;
}

const struct config_host *endpoint_listed(const struct config_registry *settings,
                                          const char *registry)
{
    const struct config_host *listed = config_registry_host(settings, slice_from_string(registry));

    if (!listed)
        listed = find_at_usual_port(settings, slice_from_string(registry));
    if (listed || !is_hub(registry))
        return listed;
    for (size_t i = 0; i < HUB_NAME_COUNT && !listed; i++)
        listed = config_registry_host(settings, slice_from_string(hub_names[i]));
    return listed;
}

const struct config_host *endpoint_settings(const struct config_registry *settings,
                                            const char *registry)
{
    const struct config_host *listed = endpoint_listed(settings, registry);

    return listed ? listed : config_registry_pattern(settings, slice_from_string(registry));
}

static bool is_loopback_without_tls(const char *registry)
{
    struct authority authority;

    return authority_parse(slice_from_string(registry), &authority) &&
           authority_is_loopback(&authority) && authority.port != 443;
}

static bool speaks_plain_http(const struct config_registry *settings, const char *registry,
                              const struct config_host *listed)
{
    if (settings->plain_http)
        return true;
    if (listed)
        return listed->plain_http;
    return settings->open && !settings->insecure && is_loopback_without_tls(registry);
}

static char *write_base(const char *registry, bool plain_http)
{
    struct buffer base = BUFFER_INIT(BASE_MAX);

    (void)buffer_append_string(&base, plain_http ? "http://" : "https://");
    (void)buffer_append_string(&base, is_hub(registry) ? hub_api : registry);
    char *text = buffer_ok(&base) ? buffer_take(&base) : NULL;
    buffer_release(&base);
    return text;
}

bool endpoint_find(const struct config_registry *settings, const char *registry,
                   struct endpoint *out, struct error *error)
{
    const struct config_host *listed = endpoint_listed(settings, registry);
    const struct config_host *host = endpoint_settings(settings, registry);
    bool plain_http = speaks_plain_http(settings, registry, listed);
    struct endpoint endpoint = {
        .registry = strdup(registry),
        .base = write_base(registry, plain_http),
        .host = host,
        .is_listed = listed != NULL,
        .plain_http = plain_http,
        .insecure = settings->insecure || (host && host->insecure_skip_verify),
        .may_be_private = listed || settings->allow_private || settings->open,
    };

    if (!endpoint.registry || !endpoint.base) {
        endpoint_release(&endpoint);
        return error_no_memory(error);
    }
    *out = endpoint;
    return true;
}

void endpoint_release(struct endpoint *endpoint)
{
    if (!endpoint)
        return;
    free(endpoint->registry);
    free(endpoint->base);
    *endpoint = (struct endpoint){0};
}
