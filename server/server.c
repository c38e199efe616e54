/* SPDX-License-Identifier: Apache-2.0 */
#include "server/server.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/certificate.h"
#include "server/http.h"
#include "server/lookup.h"
#include "server/metrics.h"
#include "server/process.h"
#include "server/push.h"
#include "server/reload.h"
#include "server/router.h"
#include "server/server_core.h"
#include "server/snapshot.h"
#include "server/state.h"

enum {
    OPERATORS_MAX = 100, /* connections at their own door */
    DESCRIPTORS_LISTENING = 1,
    DESCRIPTORS_LOOKUP = 16 /* one client, whose question takes some for asking a registry */
};

/* -- what the door calls -------------------------------------------------------------------- */

static bool welcome(void *context, struct request_way *way)
{
    struct server *server = context;
    return reception_welcome(&server->reception, way);
}

static void bid_farewell(void *context, const struct request_way *way)
{
    struct server *server = context;
    reception_farewell(&server->reception, way);
}

static void greet(void *context, struct request *request)
{
    struct server *server = context;
    reception_greet(&server->reception, request);
}

static bool admit(void *context, struct request *request, struct error *error)
{
    return router_admit(context, request, error);
}

static void answer(void *context, struct request *request)
{
    router_answer(context, request);
}

/* -- its life ------------------------------------------------------------------------------- */

static struct slice variable(const char *name)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment */
    return slice_from_string(getenv(name));
}

static bool open_snapshots(struct server *server, struct config *config, struct error *error)
{
    struct snapshot *first = snapshot_new(config, error);
    if (!first)
        return false;
    metrics_watch(server->reception.metrics, first);
    server->snapshots = snapshots_new(first);
    server->reception.snapshots = server->snapshots;
    atomic_store(&server->configured_at, clock_realtime_ms());
    if (server->snapshots)
        return true;
    snapshot_free(first);
    return error_no_memory(error);
}

static void load_state(const struct server *server)
{
    const struct snapshot *snapshot = snapshots_current(server->snapshots);
    const char *path = snapshot->config->cache.state_file;
    struct state_count count;
    struct error error;

    if (!path)
        return;
    if (!state_load(lookup_cache(server->lookup), snapshot, path, state_time_now(), &count,
                    &error)) {
        LOG_WARNING("the saved cache is not used", LOG_STRING("error", error.message));
    } else if (count.loaded + count.passed_over > 0) {
        LOG_INFO("loaded the saved cache", LOG_NUMBER("entries", (int64_t)count.loaded),
                 LOG_NUMBER("passed_over", (int64_t)count.passed_over));
    }
    if (!state_can_be_saved(path, &error))
        LOG_WARNING("the cache will not be saved", LOG_STRING("error", error.message));
}

/* Few come in at the operators' door, and they do so also when the other one is beset. */
static void set_operators_settings(struct server *server, const struct config_server *settings)
{
    server->operators_settings = *settings;
    server->operators_settings.threads = 1;
    server->operators_settings.max_connections = OPERATORS_MAX;
}

static bool has_operators(const struct server *server)
{
    for (size_t i = 0; i < server->listeners.count; i++) {
        if (server->listeners.items[i].is_for_operators)
            return true;
    }
    return false;
}

/* With fewer it would listen, and never answer anybody. */
static bool has_descriptors(struct server *server, const struct config_server *settings,
                            struct error *error)
{
    size_t wanted = DESCRIPTORS_LISTENING + http_descriptors(settings) + DESCRIPTORS_LOOKUP;

    if (settings->admin) {
        set_operators_settings(server, settings);
        wanted += DESCRIPTORS_LISTENING + http_descriptors(&server->operators_settings);
    }
    return process_can_open(wanted, error);
}

static bool open_doors(struct server *server, struct error *error)
{
    const struct snapshot *snapshot = snapshots_current(server->snapshots);
    const struct config_server *settings = &snapshot->config->server;
    struct http_handler handler = {.welcome = welcome,
                                   .farewell = bid_farewell,
                                   .greet = greet,
                                   .admit = admit,
                                   .answer = answer,
                                   .context = server};

    server->http = http_new(settings, snapshot->certificate, handler, error);
    if (!server->http)
        return false;
    if (settings->admin && !listeners_add_operators(&server->listeners, settings->admin, error))
        return false;
    if (!has_operators(server))
        return true;
    handler.is_for_operators = true;
    set_operators_settings(server, settings);
    server->operators = http_new(&server->operators_settings, NULL, handler, error);
    return server->operators != NULL;
}

struct server *server_new(struct config *config, const struct config_sources *sources, int signals,
                          struct error *error)
{
    struct server *server = calloc(1, sizeof(*server));
    if (!server) {
        (void)error_no_memory(error);
        return NULL;
    }
    server->sources = sources;
    server->signals = signals;
    notifier_open(&server->notifier, variable("NOTIFY_SOCKET").data);
    watchdog_open(&server->watchdog, variable("WATCHDOG_USEC"), variable("WATCHDOG_PID"));
    if (!has_descriptors(server, &config->server, error) ||
        !reception_open(&server->reception, error) ||
        !listeners_open(&server->listeners, config->server.listen, error) ||
        !open_snapshots(server, config, error))
        goto fail;
    server->lookup = lookup_new(config, error);
    if (!server->lookup)
        goto fail;
    server->pushes = pushes_new(server->lookup, error);
    if (!server->pushes)
        goto fail;
    if (!open_doors(server, error))
        goto fail;
    load_state(server);
    return server;
fail:
    server_free(server);
    return NULL;
}

void server_free(struct server *server)
{
    if (!server)
        return;
    http_free(server->operators);
    http_free(server->http);
    pushes_free(server->pushes);
    lookup_free(server->lookup);
    snapshots_free(server->snapshots);
    reception_release(&server->reception);
    listeners_release(&server->listeners);
    notifier_release(&server->notifier);
    free(server);
}

struct lookup *server_lookup(const struct server *server)
{
    return server->lookup;
}

struct pushes *server_pushes(const struct server *server)
{
    return server->pushes;
}

struct metrics *server_metrics(const struct server *server)
{
    return server->reception.metrics;
}

struct http *server_http(const struct server *server)
{
    return server->http;
}

bool server_is_draining(const struct server *server)
{
    return atomic_load_explicit(&server->is_draining, memory_order_relaxed);
}

int64_t server_configured_at(const struct server *server, bool *has_failed_since)
{
    *has_failed_since = atomic_load(&server->has_failed_reload);
    return atomic_load(&server->configured_at);
}

/* -- other settings ------------------------------------------------------------------------- */

static void put_in_force(struct server *server, struct snapshot *next)
{
    const struct snapshot *before = snapshots_current(server->snapshots);

    metrics_watch(server->reception.metrics, next);
    snapshots_replace(server->snapshots, next);
    log_set_level(next->config->log.level);
    http_configure(server->http, &next->config->server);
    set_operators_settings(server, &next->config->server);
    lookup_configure(server->lookup, next, before);
    atomic_store(&server->configured_at, clock_realtime_ms());
}

/* The last that can go wrong: after it the settings are in force. */
static bool show_certificate(struct server *server, const struct snapshot *next,
                             struct error *error)
{
    const struct snapshot *before = snapshots_current(server->snapshots);

    return certificate_is_same(before->certificate, next->certificate) ||
           http_show(server->http, next->certificate, error);
}

void server_reload(struct server *server)
{
    const struct config *running = snapshots_current(server->snapshots)->config;
    struct error error = {.code = ERROR_NONE};

    notifier_send_reloading(&server->notifier);
    struct snapshot *next = reload_settings(server->sources, running, &error);
    if (next && !show_certificate(server, next, &error)) {
        snapshot_free(next);
        next = NULL;
    }
    atomic_store(&server->has_failed_reload, !next);
    if (next) {
        put_in_force(server, next);
        LOG_INFO("the settings have been read again", LOG_NUMBER("signal", SIGHUP));
    } else {
        LOG_ERROR("the settings stay as they were: the new ones cannot be used",
                  LOG_STRING("error", error.message));
    }
    notifier_send_ready(&server->notifier, next ? NULL : error.message);
}
