/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/registry.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "registry/core.h"
#include "registry/credential_store.h"
#include "registry/guard.h"
#include "registry/hosts.h"
#include "registry/slots.h"
#include "registry/token.h"
#include "registry/transfer.h"
#include "registry/trust.h"

enum {
    STREAMS_MAX = 4 /* blobs copied at once, over all pushes */
};

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

    registry->engine = transfer_engine_new((size_t)settings->memory, settings->open, error);
    registry->push_engine = transfer_engine_new((size_t)settings->memory, settings->open, error);
    if (!registry->engine || !registry->push_engine)
        goto fail;
    registry->streams = slots_new(STREAMS_MAX);
    registry->credentials = credential_store_new(settings->credentials);
    registry->trust = trust_new();
    registry->hosts = hosts_new();
    registry->tokens = tokens_new();
    if (!registry->streams || !registry->credentials || !registry->trust || !registry->hosts ||
        !registry->tokens)
        error_no_memory(error);
    else if (credential_store_check(registry->credentials, error))
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
    hosts_free(registry->hosts);
    trust_free(registry->trust);
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

void registry_on_warning(struct registry *registry, void (*warn)(void *context, const char *text),
                         void *context)
{
    registry->warn = warn;
    registry->warn_context = context;
}

bool registry_may_ask(const struct registry *registry, const char *host, struct error *error)
{
    return guard_check_host(registry->settings, host, error);
}

bool registry_is_listed(const struct registry *registry, const char *host)
{
    return endpoint_listed(registry->settings, host) != NULL;
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
