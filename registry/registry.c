/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/registry.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "registry/client_certificate.h"
#include "registry/core.h"
#include "registry/credential_store.h"
#include "registry/gates.h"
#include "registry/guard.h"
#include "registry/hosts.h"
#include "registry/proxy.h"
#include "registry/slots.h"
#include "registry/token.h"
#include "registry/transfer.h"
#include "registry/trust.h"

enum {
    STREAMS_MAX = 4 /* blobs copied at once, over all pushes */
};

static bool check_host(struct registry *registry, const struct config_host *host,
                       struct error *error)
{
    return (!(host->ca_file || host->extra_ca_files.count) ||
            trust_find(registry->trust, host, error)) &&
           (!host->client_cert || client_certificate_find(registry->certificates, host->client_cert,
                                                          host->client_key, error));
}

/* What is wrong with a certificate is told at the start, and not by the first query. */
static bool check_certificates(struct registry *registry, struct error *error)
{
    const struct config_registry *settings = registry->settings;

    for (size_t i = 0; i < settings->host_count; i++) {
        if (check_host(registry, &settings->hosts[i], error))
            continue;
        if (error->code == ERROR_UPSTREAM)
            error->code = ERROR_INVALID;
        error_prefix(error, "host '%s': ", settings->hosts[i].name);
        return false;
    }
    return true;
}

struct registry *registry_new(const struct config_registry *settings, struct error *error)
{
    struct registry *registry = calloc(1, sizeof(*registry));
    if (!registry) {
        error_no_memory(error);
        return NULL;
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    registry->settings = settings;
    registry->reading_max = cores > 0 ? (unsigned)cores : 1;
    (void)pthread_mutex_init(&registry->reading_lock, NULL);
    clock_condition_init(&registry->reading_done);

    registry->engine = transfer_engine_new((size_t)settings->memory, error);
    registry->push_engine = transfer_engine_new((size_t)settings->memory, error);
    if (!registry->engine || !registry->push_engine)
        goto fail;
    registry->streams = slots_new(STREAMS_MAX);
    registry->credentials = credential_store_new(settings->credentials);
    registry->proxies = proxies_new(settings, error);
    if (!registry->proxies)
        goto fail;
    registry->trust = trust_new();
    registry->certificates = client_certificates_new();
    registry->gates = gates_new();
    registry->hosts = hosts_new();
    registry->tokens = tokens_new();
    if (!registry->streams || !registry->credentials || !registry->trust ||
        !registry->certificates || !registry->gates || !registry->hosts || !registry->tokens)
        error_no_memory(error);
    else if (check_certificates(registry, error) &&
             credential_store_check(registry->credentials, error))
        return registry;

fail:
    registry_free(registry);
    return NULL;
}

void registry_free(struct registry *registry)
{
    if (!registry)
        return;
    transfer_engine_free(registry->engine);
    transfer_engine_free(registry->push_engine);
    credential_store_free(registry->credentials);
    slots_free(registry->streams);
    tokens_free(registry->tokens);
    hosts_unref(registry->hosts);
    trust_free(registry->trust);
    client_certificates_free(registry->certificates);
    proxies_free(registry->proxies);
    gates_free(registry->gates);
    (void)pthread_cond_destroy(&registry->reading_done);
    (void)pthread_mutex_destroy(&registry->reading_lock);
    free(registry);
}

void registry_cancel(struct registry *registry)
{
    transfer_engine_cancel(registry->engine);
    transfer_engine_cancel(registry->push_engine);
    credential_store_cancel(registry->credentials);
}

bool registry_is_alive(const struct registry *registry, int64_t now)
{
    return transfer_engine_is_alive(registry->engine, now) &&
           transfer_engine_is_alive(registry->push_engine, now);
}

void registry_share_memory(struct registry *younger, struct registry *older)
{
    hosts_unref(younger->hosts);
    younger->hosts = hosts_ref(older->hosts);
}

void registry_on_warning(struct registry *registry, void (*warn)(void *context, const char *text),
                         void *context)
{
    registry->warn = warn;
    registry->warn_context = context;
}

void registry_on_event(struct registry *registry,
                       void (*watch)(void *context, const struct registry_event *event),
                       void *context)
{
    registry->watch = watch;
    registry->watch_context = context;
}

bool registry_may_ask(const struct registry *registry, const char *host, struct error *error)
{
    return guard_check_host(registry->settings, host, error);
}

const struct config_host *registry_listed(const struct registry *registry, const char *host)
{
    return endpoint_settings(registry->settings, host);
}

bool registry_credentials_agree(const struct registry *a, const struct registry *b)
{
    return credential_store_agrees(a->credentials, b->credentials);
}

int64_t registry_timeout(const struct registry *registry, const char *host)
{
    const struct config_host *settings = endpoint_settings(registry->settings, host);

    return settings && settings->timeout ? settings->timeout : registry->settings->timeout;
}

bool registry_is_listed(const struct registry *registry, const char *host)
{
    return endpoint_listed(registry->settings, host) != NULL;
}

size_t registry_quotas(const struct registry *registry, struct registry_quota *out, size_t max)
{
    return hosts_list_quotas(registry->hosts, clock_monotonic_ms(), out, max);
}

size_t registry_troubles(const struct registry *registry, struct registry_trouble *out, size_t max)
{
    return hosts_list_troubles(registry->hosts, clock_monotonic_ms(), out, max);
}

bool registry_reading_begin(struct registry *registry, int64_t deadline, struct error *error)
{
    struct timespec until = clock_timespec(deadline);
    int outcome = 0;

    pthread_mutex_lock(&registry->reading_lock);
    while (registry->reading == registry->reading_max && outcome == 0)
        outcome = pthread_cond_timedwait(&registry->reading_done, &registry->reading_lock, &until);
    bool has_turn = registry->reading < registry->reading_max;
    registry->reading += has_turn;
    pthread_mutex_unlock(&registry->reading_lock);
    return has_turn || error_set(error, ERROR_TIMEOUT, "no time was left to read the answer");
}

void registry_reading_end(struct registry *registry)
{
    pthread_mutex_lock(&registry->reading_lock);
    registry->reading--;
    pthread_cond_signal(&registry->reading_done);
    pthread_mutex_unlock(&registry->reading_lock);
}
