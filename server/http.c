/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each event thread is a daemon of its own in libmicrohttpd's words, without a listening socket:
 * its thread pool would accept by itself, and then MHD_stop_daemon() shuts the socket down for
 * systemd too, and MHD_quiesce_daemon() under load races with the threads it speaks to.
 */
#include "server/http.h"

#include <errno.h>
#include <malloc.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <microhttpd.h>

#include "base/log.h"
#include "server/connection.h"
#include "server/http_request.h"
#include "server/linger.h"

enum {
    THREADS_MAX = 64,
    CONNECTION_MEMORY = 16 * 1024, /* bytes; a request's head and an answer's fit in it */
    ACCEPT_AT_ONCE = 64,           /* connections taken before signals and the tick get a look */
    HANG_UP_GRACE = 2000,          /* ms; clients that half-close (`nc -N`) get quick answers */
    DRAIN_FIRST_REQUEST = 1000,    /* ms; for connections accepted just before a drain */
    BURST = 256,                   /* connections closed that are worth giving memory back for */
    LIBRARY_LINE_MAX = 256
};

struct event_thread {
    struct MHD_Daemon *daemon;
    struct http_requests requests;
};

struct http {
    const struct config_server *settings;
    unsigned next_thread; /* main thread only */
    size_t most_open;     /* main thread only: connections since memory was last given back */
    _Atomic bool is_draining;
    struct body_allowance bodies;
    struct lingerers lingerers;
    size_t thread_count;
    struct event_thread threads[];
};

static void wake_connection(void *native)
{
    MHD_resume_connection(native);
}

__attribute__((format(printf, 2, 0))) static void on_library_message(void *context,
                                                                     const char *format,
                                                                     va_list arguments)
{
    char line[LIBRARY_LINE_MAX];

    (void)context;
    if (!log_is_enabled(LOG_LEVEL_DEBUG))
        return;
    (void)vsnprintf(line, sizeof(line), format, arguments);
    LOG_DEBUG("libmicrohttpd", LOG_TEXT("message", slice_trim(slice_from_string(line))));
}

static size_t wanted_threads(const struct config_server *settings)
{
    cpu_set_t cores;

    if (settings->threads > 0)
        return settings->threads < THREADS_MAX ? settings->threads : THREADS_MAX;
    if (sched_getaffinity(0, sizeof(cores), &cores) != 0)
        return 1;
    int count = CPU_COUNT(&cores);
    return count < THREADS_MAX ? (size_t)count : THREADS_MAX;
}

static bool start_thread(const struct http *http, struct event_thread *thread, struct error *error)
{
    struct http_requests *requests = &thread->requests;
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)http->settings->max_connections, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
        {MHD_OPTION_END, 0, NULL},
    };

    connections_init(&requests->connections, wake_connection);
    thread->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
            MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG,
        0, NULL, NULL, http_on_access, requests, /* the logger must come before other options */
        MHD_OPTION_EXTERNAL_LOGGER, on_library_message, NULL, MHD_OPTION_ARRAY, options,
        MHD_OPTION_NOTIFY_CONNECTION, http_on_connection, requests, MHD_OPTION_URI_LOG_CALLBACK,
        http_on_target, requests, MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, requests,
        MHD_OPTION_END);
    if (thread->daemon)
        return true;
    connections_release(&requests->connections);
    return error_set(error, ERROR_INTERNAL, "cannot start an event thread (errno %d)", errno);
}

struct http *http_new(const struct config_server *settings, struct http_handler handler,
                      struct error *error)
{
    size_t count = wanted_threads(settings);
    struct http *http = calloc(1, sizeof(*http) + count * sizeof(http->threads[0]));
    if (!http) {
        (void)error_no_memory(error);
        return NULL;
    }
    http->settings = settings;
    http->bodies.limit = BODIES_LIMIT;
    if (!lingerers_open(&http->lingerers, error))
        goto fail;
    for (; http->thread_count < count; http->thread_count++) {
        struct event_thread *thread = &http->threads[http->thread_count];
        thread->requests.handler = handler;
        thread->requests.is_draining = &http->is_draining;
        thread->requests.bodies = &http->bodies;
        thread->requests.lingerers = &http->lingerers;
        if (!start_thread(http, thread, error))
            goto fail;
    }
    return http;
fail:
    http_free(http);
    return NULL;
}

/* The library aborts the process if a connection is asleep when it is stopped. */
void http_free(struct http *http)
{
    if (!http)
        return;
    for (size_t i = 0; i < http->thread_count; i++) {
        connections_abandon(&http->threads[i].requests.connections);
        MHD_stop_daemon(http->threads[i].daemon);
        connections_release(&http->threads[i].requests.connections);
    }
    lingerers_release(&http->lingerers);
    free(http);
}

/* -- the main thread's part ----------------------------------------------------------------- */

/* Whether accept() may work again at once after it failed with `code`: that client alone is lost.
 */
static bool accept_goes_on(int code)
{
    return code == EINTR || code == ECONNABORTED || code == EPROTO || code == EPERM;
}

static void hand_out(struct http *http, int fd, const struct sockaddr *address, socklen_t length)
{
    struct event_thread *thread = &http->threads[http->next_thread++ % http->thread_count];

    (void)MHD_add_connection(thread->daemon, fd, address, length); /* closes fd when it fails */
}

bool http_accept(struct http *http, int listening_fd)
{
    size_t open = http_connection_count(http);

    for (size_t i = 0; i < ACCEPT_AT_ONCE; i++) {
        struct sockaddr_storage address = {0};
        socklen_t length = sizeof(address);

        if (open + i >= http->settings->max_connections)
            return false;
        int fd = accept4(listening_fd, (struct sockaddr *)&address, &length,
                         SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            hand_out(http, fd, (struct sockaddr *)&address, length);
        } else if (!accept_goes_on(errno)) {
            return errno == EAGAIN;
        }
    }
    return true;
}

/* The memory of closed connections stays in the heap: 16 KiB each. */
static void give_back_memory(struct http *http)
{
    size_t open = http_connection_count(http);

    if (open > http->most_open)
        http->most_open = open;
    if (http->most_open - open < BURST || http->most_open / 2 < open)
        return;
    (void)malloc_trim(0);
    http->most_open = open;
}

void http_tick(struct http *http, int64_t now)
{
    const struct config_server *settings = http->settings;
    struct connection_limits limits = {
        .phase =
            {
                [CONNECTION_NEW] = settings->header_timeout,
                [CONNECTION_HEAD] = settings->header_timeout,
                [CONNECTION_BODY] = settings->idle_timeout,
                [CONNECTION_ASKED] = -1,
                [CONNECTION_SENDING] = settings->idle_timeout,
                [CONNECTION_IDLE] = settings->idle_timeout,
            },
        .hang_up = HANG_UP_GRACE,
    };

    if (atomic_load_explicit(&http->is_draining, memory_order_relaxed)) {
        limits.phase[CONNECTION_NEW] = DRAIN_FIRST_REQUEST;
        limits.phase[CONNECTION_IDLE] = 0;
    }
    for (size_t i = 0; i < http->thread_count; i++)
        connections_sweep(&http->threads[i].requests.connections, &limits, now);
    lingerers_sweep(&http->lingerers, now);
    give_back_memory(http);
}

int http_linger_descriptor(const struct http *http)
{
    return http->lingerers.epoll;
}

void http_linger(struct http *http)
{
    lingerers_drain(&http->lingerers);
}

void http_drain(struct http *http)
{
    atomic_store_explicit(&http->is_draining, true, memory_order_relaxed);
}

size_t http_connection_count(const struct http *http)
{
    size_t count = 0;

    for (size_t i = 0; i < http->thread_count; i++) {
        count += atomic_load_explicit(&http->threads[i].requests.connections.count,
                                      memory_order_relaxed);
    }
    return count;
}

const char *http_library_version(void)
{
    return MHD_get_version();
}
