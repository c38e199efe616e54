/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main thread: it accepts, waits for signals and ticks; and it sees to it that the end is one.
 */
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/address.h"
#include "server/http.h"
#include "server/lookup.h"
#include "server/push.h"
#include "server/server_core.h"
#include "server/signals.h"
#include "server/snapshot.h"
#include "server/state.h"

enum {
    TICK = 1000,              /* ms */
    FULL_PAUSE = 50,          /* ms without accepting, when there is no room for connections */
    FULL_WARNING = 60 * 1000, /* ms between two warnings of that */
    DRAIN_STEP = 50,          /* ms between looks at what is still open */
    LAST_ANSWERS = 500,       /* ms for answers that were given at the end of a drain */
    LAST_TAKES = 1000,        /* looks at a queue before it is closed */
    ADDRESS_MAX = 160
};

/* -- the main thread's loop ----------------------------------------------------------------- */

static bool is_lookup_alive(void *lookup)
{
    return lookup_is_alive(lookup, clock_monotonic_ms());
}

static bool are_registries_alive(void *snapshots)
{
    return snapshots_are_alive(snapshots, clock_monotonic_ms());
}

static void ask_nothing(void *part)
{
    (void)part;
}

static void show_life(struct server *server, int64_t now)
{
    const struct watchdog_part parts[] = {
        {ask_nothing, is_lookup_alive, server->lookup},
        {ask_nothing, are_registries_alive, server->snapshots},
        {http_ask_pulse, http_has_pulse, server->http},
        {http_ask_pulse, http_has_pulse, server->operators},
    };
    size_t count = sizeof(parts) / sizeof(parts[0]) - (server->operators ? 0 : 1);

    if (watchdog_tick(&server->watchdog, parts, count, now))
        notifier_send(&server->notifier, "WATCHDOG=1");
}

static void tick(struct server *server, int64_t now)
{
    http_tick(server->http, now);
    if (server->operators) {
        http_tick(server->operators, now);
        http_linger(server->operators);
    }
    lookup_tick(server->lookup, now);
    pushes_tick(server->pushes, now);
    snapshots_sweep(server->snapshots);
    show_life(server, now);
    server->next_tick = now + TICK;
}

/* Where there is no room, clients wait in the kernel's queue, and are looked for a little later.
 * True: there may be more to be taken at once. */
static bool accept_from(struct server *server, const struct listener *listener, int64_t now)
{
    static const char *const reasons[] = {
        [HTTP_NO_CONNECTIONS] = "no room for more connections",
        [HTTP_NO_DESCRIPTORS] = "no descriptors for more connections",
    };
    struct http *http = listener->is_for_operators ? server->operators : server->http;
    enum http_room room = http_accept(http, listener->fd);

    if (room == HTTP_ROOM || room == HTTP_MORE)
        return room == HTTP_MORE;
    server->accept_again = now + FULL_PAUSE;
    if (now >= server->next_warning) {
        server->next_warning = now + FULL_WARNING;
        LOG_WARNING(reasons[room], LOG_NUMBER("open", (int64_t)http_connection_count(http)));
    }
    return false;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The signal to stop that has come, or 0. */
static int next_stop_signal(struct server *server)
{
    int signal = signals_next(server->signals);

    if (signal != SIGHUP)
        return signal;
    if (!server_is_draining(server))
        server_reload(server);
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
            (void)accept_from(server, &server->listeners.items[i], now);
    }
    if (now >= server->next_tick)
        tick(server, now);
    return next_stop_signal(server);
}

static void announce(const struct server *server)
{
    for (size_t i = 0; i < server->listeners.count; i++) {
        CLEANUP(buffer_release) struct buffer address = BUFFER_INIT(ADDRESS_MAX);
        const struct listener *listener = &server->listeners.items[i];
        if (!address_describe(listener->fd, &address))
            continue;
        if (listener->is_for_operators) {
            LOG_INFO("operators are served", LOG_TEXT("address", buffer_slice(&address)));
            continue;
        }
        LOG_INFO("listening", LOG_TEXT("address", buffer_slice(&address)),
                 LOG_STRING("socket", listener->name ? listener->name : "own"));
        /* For scripts, which may have asked for port 0: the first line of standard output. */
        if (!isatty(STDOUT_FILENO))
            (void)printf("listening on %s\n", buffer_string(&address));
    }
    (void)fflush(stdout);
    notifier_send_ready(&server->notifier, NULL);
}

/* -- the end -------------------------------------------------------------------------------- */

static void exit_at_once(int signal)
{
    LOG_WARNING("second signal: leaving at once", LOG_NUMBER("signal", signal));
    log_stop_soon();
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

/* Who has been let in by the kernel is served; a queue that goes on growing is left at some time.
 */
static void stop_listening(struct server *server)
{
    for (size_t i = 0; i < server->listeners.count; i++) {
        for (int takes = 0; takes < LAST_TAKES; takes++)
            if (!accept_from(server, &server->listeners.items[i], clock_monotonic_ms()))
                break;
    }
    listeners_release(&server->listeners);
}

static void drain(struct server *server)
{
    const struct config_server *settings = &snapshots_current(server->snapshots)->config->server;

    atomic_store_explicit(&server->is_draining, true, memory_order_relaxed);
    notifier_send(&server->notifier, "STOPPING=1\nSTATUS=draining");
    linger(server, clock_monotonic_ms() + settings->drain_delay);

    http_drain(server->http);
    if (server->operators)
        http_drain(server->operators);
    pushes_close(server->pushes);
    stop_listening(server);
    drain_until(server, clock_monotonic_ms() + settings->drain_timeout);
    pushes_drain(server->pushes);
    lookup_drain(server->lookup, clock_monotonic_ms());
    snapshots_cancel(server->snapshots); /* refreshes nobody waits for, and what pushes are at */
    drain_until(server, clock_monotonic_ms() + LAST_ANSWERS);
}

static void save_state(const struct server *server)
{
    const struct snapshot *snapshot = snapshots_current(server->snapshots);
    const char *path = snapshot->config->cache.state_file;
    struct error error;
    size_t count = 0;

    if (!path)
        return;
    if (state_save(lookup_cache(server->lookup), snapshot, path, state_time_now(), &count, &error))
        LOG_INFO("saved the cache", LOG_NUMBER("entries", (int64_t)count));
    else
        LOG_WARNING("the cache is not saved", LOG_STRING("error", error.message));
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
    save_state(server);
    LOG_INFO("stopped", LOG_NUMBER("cut_off", (int64_t)http_connection_count(server->http)));
}
