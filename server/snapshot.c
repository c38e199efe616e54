/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each snapshot in the list has one reference that is the list's. A new one is taken of the current
 * snapshot only, under the lock; so one that is not current and has only the list's reference left
 * never gets another, and is freed by the sweep.
 */
#include "server/snapshot.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "registry/registry.h"
#include "server/certificate.h"
#include "server/push.h"
#include "server/tokens.h"

/* -- one ------------------------------------------------------------------------------------ */

static void log_warning(void *context, const char *text)
{
    (void)context;
    LOG_WARNING("registry", LOG_STRING("problem", text));
}

static void warn_about_tokens(const struct tokens_file *tokens, const char *path)
{
    if (tokens && tokens_file_is_open_to_others(tokens)) {
        LOG_WARNING("others on this machine may read the tokens that open this service",
                    LOG_STRING("file", path));
    }
}

static void warn_about_pushes(const struct config_push *settings)
{
    if (settings->enabled && !settings->tokens_file && !settings->anonymous) {
        LOG_WARNING("push.enabled lets nobody push: set push.tokens_file, or push.anonymous: true",
                    LOG_STRING("setting", "push.enabled"));
    }
}

/* What stands before the service: who may come in, and how it shows itself. */
static bool open_door(struct snapshot *snapshot, const struct config_server *settings,
                      struct error *error)
{
    if (!gate_open(settings, &snapshot->gate, error))
        return false;
    warn_about_tokens(snapshot->gate.tokens, settings->tokens_file);
    if (!settings->tls_cert && !settings->tls_key)
        return true;
    if (!settings->tls_cert || !settings->tls_key) {
        return error_set(error, ERROR_INVALID,
                         "server.tls_cert and server.tls_key are of use together only");
    }
    snapshot->certificate = certificate_read(settings->tls_cert, settings->tls_key, error);
    if (!snapshot->certificate)
        error_prefix(error, "server.tls_cert and server.tls_key: ");
    return snapshot->certificate != NULL;
}

struct snapshot *snapshot_new(struct config *config, struct error *error)
{
    struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
    if (!snapshot) {
        (void)error_no_memory(error);
        return NULL;
    }
    list_init(&snapshot->place);
    atomic_init(&snapshot->references, 1);
    snapshot->config = config_ref(config);
    if (!open_door(snapshot, &config->server, error))
        goto fail;
    if (config->server.tokens_file && config->push.enabled && config->push.anonymous) {
        (void)error_set(error, ERROR_INVALID,
                        "push.anonymous lets those in whom server.tokens_file keeps out: set one");
        goto fail;
    }
    if (!pushes_read_tokens(&config->push, &snapshot->push_tokens, error))
        goto fail;
    warn_about_tokens(snapshot->push_tokens, config->push.tokens_file);
    warn_about_pushes(&config->push);
    snapshot->registry = registry_new(&config->registry, error);
    if (!snapshot->registry)
        goto fail;
    registry_on_warning(snapshot->registry, log_warning, NULL);
    return snapshot;
fail:
    snapshot_free(snapshot);
    return NULL;
}

void snapshot_free(struct snapshot *snapshot)
{
    if (!snapshot)
        return;
    registry_free(snapshot->registry);
    tokens_file_free(snapshot->push_tokens);
    gate_release(&snapshot->gate);
    certificate_unref(snapshot->certificate);
    config_unref(snapshot->config);
    free(snapshot);
}

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
    (void)atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
    return snapshot;
}

void snapshot_unref(struct snapshot *snapshot)
{
    if (snapshot)
        (void)atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_release);
}

bool snapshot_is_current(const struct snapshot *snapshot)
{
    return atomic_load(&snapshot->is_current);
}

bool snapshot_agrees(const struct snapshot *now, const struct snapshot *before, const char *host)
{
    struct error ignored;

    return registry_may_ask(now->registry, host, &ignored) &&
           registry_credentials_agree(now->registry, before->registry) &&
           config_reach_is_same(now->config, registry_listed(now->registry, host), before->config,
                                registry_listed(before->registry, host));
}

bool snapshot_write_reach(const struct snapshot *snapshot, const char *host, struct buffer *out)
{
    return config_write_reach(snapshot->config, registry_listed(snapshot->registry, host), out);
}

/* -- all ------------------------------------------------------------------------------------ */

struct snapshots {
    pthread_mutex_t lock;
    struct snapshot *current; /* guarded by lock */
    struct list all;          /* the main thread's */
};

static struct snapshot *snapshot_at(struct list *place)
{
    return LIST_ITEM(place, struct snapshot, place);
}

struct snapshots *snapshots_new(struct snapshot *first)
{
    struct snapshots *snapshots = calloc(1, sizeof(*snapshots));
    if (!snapshots)
        return NULL;
    (void)pthread_mutex_init(&snapshots->lock, NULL);
    list_init(&snapshots->all);
    list_put_first(&snapshots->all, &first->place);
    atomic_store(&first->is_current, true);
    snapshots->current = first;
    return snapshots;
}

void snapshots_free(struct snapshots *snapshots)
{
    if (!snapshots)
        return;
    for (struct list *place; (place = list_take_first(&snapshots->all));)
        snapshot_free(snapshot_at(place));
    (void)pthread_mutex_destroy(&snapshots->lock);
    free(snapshots);
}

struct snapshot *snapshots_take(struct snapshots *snapshots)
{
    (void)pthread_mutex_lock(&snapshots->lock);
    struct snapshot *snapshot = snapshot_ref(snapshots->current);
    (void)pthread_mutex_unlock(&snapshots->lock);
    return snapshot;
}

/* Nobody but the main thread, which asks, changes it. */
const struct snapshot *snapshots_current(const struct snapshots *snapshots)
{
    return snapshots->current;
}

void snapshots_replace(struct snapshots *snapshots, struct snapshot *next)
{
    struct snapshot *old = snapshots->current;

    registry_share_memory(next->registry, old->registry);
    next->number = old->number + 1;
    list_put_first(&snapshots->all, &next->place);
    atomic_store(&next->is_current, true);
    (void)pthread_mutex_lock(&snapshots->lock);
    snapshots->current = next;
    (void)pthread_mutex_unlock(&snapshots->lock);
    atomic_store(&old->is_current, false);
}

void snapshots_sweep(struct snapshots *snapshots)
{
    for (struct list *place = snapshots->all.next, *next; place != &snapshots->all; place = next) {
        struct snapshot *snapshot = snapshot_at(place);
        next = place->next;
        if (snapshot == snapshots->current ||
            atomic_load_explicit(&snapshot->references, memory_order_acquire) > 1)
            continue;
        list_remove(place);
        snapshot_free(snapshot);
    }
}

bool snapshots_are_alive(const struct snapshots *snapshots, int64_t now)
{
    for (struct list *place = snapshots->all.next; place != &snapshots->all; place = place->next) {
        if (!registry_is_alive(snapshot_at(place)->registry, now))
            return false;
    }
    return true;
}

void snapshots_cancel(struct snapshots *snapshots)
{
    for (struct list *place = snapshots->all.next; place != &snapshots->all; place = place->next)
        registry_cancel(snapshot_at(place)->registry);
}
