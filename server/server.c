/* SPDX-License-Identifier: Apache-2.0 */
#include "server/server.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "registry/registry.h"
#include "server/address.h"
#include "server/http.h"
#include "server/listen.h"
#include "server/lookup.h"
#include "server/notify.h"
#include "server/push.h"
#include "server/router.h"
#include "server/signals.h"

enum {
    TICK = 1000,        /* ms */
    FULL_PAUSE = 50,    /* ms without accepting, when there is no room for connections */
    DRAIN_STEP = 50,    /* ms between looks at what is still open */
    LAST_ANSWERS = 500, /* ms for answers that were given at the end of a drain */
    ADDRESS_MAX = 160
};

struct server {
    const struct config *config;
    int signals;
    struct notifier notifier;
    struct listeners listeners;
    struct registry *registry;
    struct lookup *lookup;
    struct pushes *pushes;
    struct http *http;
    int64_t next_tick;
    int64_t accept_again; /* when: there was no room for more connections */
    _Atomic bool is_draining;
};

static bool admit(void *context, struct request *request, struct error *error)
{
    return router_admit(context, request, error);
}

static void answer(void *context, struct request *request)
{
    router_answer(context, request);
}

static void log_warning(void *context, const char *text)
{
    (void)context;
    LOG_WARNING("registry", LOG_STRING("problem", text));
}

struct server *server_new(const struct config *config, int signals, struct error *error)
{
    struct server *server = calloc(1, sizeof(*server));
    if (!server) {
        (void)error_no_memory(error);
        return NULL;
    }
    server->config = config;
    server->signals = signals;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment */
    notifier_open(&server->notifier, getenv("NOTIFY_SOCKET"));
    if (!listeners_open(&server->listeners, config->server.listen, error))
        goto fail;
    server->registry = registry_new(&config->registry, error);
    if (!server->registry)
        goto fail;
    registry_on_warning(server->registry, log_warning, NULL);
    server->lookup = lookup_new(config, server->registry, error);
    if (!server->lookup)
        goto fail;
    server->pushes = pushes_new(config, server->registry, server->lookup, error);
    if (!server->pushes)
        goto fail;
    const struct http_handler handler = {.admit = admit, .answer = answer, .context = server};
    server->http = http_new(&config->server, handler, error);
    if (!server->http)
        goto fail;
    return server;
fail:
    server_free(server);
    return NULL;
}

void server_free(struct server *server)
{
    if (!server)
        return;
    http_free(server->http);
    pushes_free(server->pushes);
    lookup_free(server->lookup);
    registry_free(server->registry);
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

bool server_is_draining(const struct server *server)
{
    return atomic_load_explicit(&server->is_draining, memory_order_relaxed);
}

/* -- the main thread's loop ----------------------------------------------------------------- */

static void tick(struct server *server, int64_t now)
{
    http_tick(server->http, now);
    lookup_tick(server->lookup, now);
    pushes_tick(server->pushes, now);
    server->next_tick = now + TICK;
}

/* Where there is no room, clients wait in the kernel's queue, and are looked for a little later. */
static void accept_from(struct server *server, int fd, int64_t now)
{
    if (http_accept(server->http, fd))
        return;
    if (now - server->accept_again > TICK) {
        LOG_WARNING("no room for more connections",
                    LOG_NUMBER("open", (int64_t)http_connection_count(server->http)));
    }
    server->accept_again = now + FULL_PAUSE;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The signal to stop that has come, or 0. A hang-up is what elsewhere means "read your settings
 * again": it is no reason to stop. */
static int next_stop_signal(const struct server *server)
{
    int signal = signals_next(server->signals);

    if (signal != SIGHUP)
        return signal;
    LOG_WARNING("settings are read once, at the start: restart to read them again",
                LOG_NUMBER("signal", signal));
    return 0;
}

/* Waits for connections and signals until `until` at most, and never past the next tick. Returns
 * the signal that came, or 0. */
static int serve_once(struct server *server, int64_t until)
{
    struct pollfd sources[2 + LISTENERS_MAX] = {
        {.fd = server->signals, .events = POLLIN},
        {.fd = http_linger_descriptor(server->http), .events = POLLIN},
    };
    int64_t now = clock_monotonic_ms();
    int64_t wake = earlier(until, server->next_tick);
    size_t listening = server->listeners.count;

    if (now < server->accept_again) {
        listening = 0;
        wake = earlier(wake, server->accept_again);
    }
    for (size_t i = 0; i < listening; i++)
        sources[2 + i] = (struct pollfd){.fd = server->listeners.items[i].fd, .events = POLLIN};

    (void)poll(sources, 2 + listening, wake > now ? (int)(wake - now) : 0);
    now = clock_monotonic_ms();
    if (sources[1].revents)
        http_linger(server->http);
    for (size_t i = 0; i < listening; i++) {
        if (sources[2 + i].revents)
            accept_from(server, sources[2 + i].fd, now);
    }
    if (now >= server->next_tick)
        tick(server, now);
    return next_stop_signal(server);
}

static void announce(const struct server *server)
{
    for (size_t i = 0; i < server->listeners.count; i++) {
        CLEANUP(buffer_release) struct buffer address = BUFFER_INIT(ADDRESS_MAX);
        if (!address_describe(server->listeners.items[i].fd, &address))
            continue;
        LOG_INFO("listening", LOG_TEXT("address", buffer_slice(&address)));
        /* For scripts, which may have asked for port 0: the first line of standard output. */
        if (!isatty(STDOUT_FILENO))
            (void)printf("listening on %s\n", buffer_string(&address));
    }
    (void)fflush(stdout);
    notifier_send(&server->notifier, "READY=1\nSTATUS=serving");
}

/* -- the end -------------------------------------------------------------------------------- */

static void exit_at_once(int signal)
{
    LOG_WARNING("second signal: leaving at once", LOG_NUMBER("signal", signal));
    log_stop();
    _exit(128 + signal);
}

/* A push may go on without the client that asked for it. */
static bool is_busy(const struct server *server)
{
    return http_connection_count(server->http) > 0 || pushes_count(server->pushes) > 0;
}

/* As serve_once() until `until`, or until the last connection is closed and the last push done. */
static void drain_until(struct server *server, int64_t until)
{
    while (is_busy(server) && clock_monotonic_ms() < until) {
        int signal = serve_once(server, earlier(until, clock_monotonic_ms() + DRAIN_STEP));
        if (signal)
            exit_at_once(signal);
        http_tick(server->http, clock_monotonic_ms());
    }
}

/* Not ready, but still open: load balancers take their time to notice. */
static void linger(struct server *server, int64_t until)
{
    while (clock_monotonic_ms() < until) {
        int signal = serve_once(server, until);
        if (signal)
            exit_at_once(signal);
    }
}

static void stop_listening(struct server *server)
{
    for (size_t i = 0; i < server->listeners.count; i++)
        (void)http_accept(server->http, server->listeners.items[i].fd);
    listeners_release(&server->listeners);
}

static void drain(struct server *server)
{
    const struct config_server *settings = &server->config->server;

    atomic_store_explicit(&server->is_draining, true, memory_order_relaxed);
    notifier_send(&server->notifier, "STOPPING=1\nSTATUS=draining");
    linger(server, clock_monotonic_ms() + settings->drain_delay);

    http_drain(server->http);
    pushes_close(server->pushes);
    stop_listening(server);
    drain_until(server, clock_monotonic_ms() + settings->drain_timeout);
    pushes_drain(server->pushes);
    lookup_drain(server->lookup, clock_monotonic_ms()); /* cancels what pushes are at, too */
    drain_until(server, clock_monotonic_ms() + LAST_ANSWERS);
}

void server_run(struct server *server)
{
    int signal = 0;

    announce(server);
    while (!signal)
        signal = serve_once(server, INT64_MAX);
    LOG_INFO("draining", LOG_NUMBER("signal", signal),
             LOG_NUMBER("connections", (int64_t)http_connection_count(server->http)));
    drain(server);
    LOG_INFO("stopped", LOG_NUMBER("cut_off", (int64_t)http_connection_count(server->http)));
}
