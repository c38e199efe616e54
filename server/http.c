/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Crews that have left stay in the list to the end, empty: whoever counts connections, on whatever
 * thread, may be walking over it. There is one for each certificate that there has been.
 */
#include "server/http.h"

#include <errno.h>
#include <malloc.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <microhttpd.h>

#include "base/log.h"
#include "server/body.h"
#include "server/crew.h"
#include "server/linger.h"

enum {
    THREADS_MAX = 64,
    DESCRIPTORS_KEPT = 512, /* not for connections; half of all where there are few */
    DESCRIPTORS_THREAD = 2, /* what it waits at, and what wakes it */
    DESCRIPTORS_LINGERING = 1,
    ACCEPT_AT_ONCE = 64,  /* connections taken before signals and the tick get a look */
    HANG_UP_GRACE = 2000, /* ms; clients that half-close (`nc -N`) get quick answers */
    BURST = 256           /* connections closed that are worth giving memory back for */
};

struct http {
    const struct config_server *settings;
    struct http_handler handler;
    size_t connections_max;
    size_t most_open; /* connections since memory was last given back */
    struct body_allowance bodies;
    struct lingerers lingerers;
    _Atomic(struct crew *) crew; /* the first of all: it gets the connections that come */
};

/* Descriptors are for asking registries, too, and for files. */
static size_t wanted_connections(const struct config_server *settings)
{
    struct rlimit limit;
    size_t wanted = settings->max_connections;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return wanted;
    size_t others = limit.rlim_cur / 2 < DESCRIPTORS_KEPT ? limit.rlim_cur / 2 : DESCRIPTORS_KEPT;
    return wanted < limit.rlim_cur - others ? wanted : limit.rlim_cur - others;
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

size_t http_descriptors(const struct config_server *settings)
{
    return DESCRIPTORS_LINGERING + DESCRIPTORS_THREAD * wanted_threads(settings);
}

/* The list's first is the crew at work; those behind it have been told to leave. */
static bool add_crew(struct http *http, struct certificate *certificate, struct error *error)
{
    const struct crew_plan plan = {.threads = wanted_threads(http->settings),
                                   .certificate = certificate,
                                   .handler = http->handler,
                                   .bodies = &http->bodies,
                                   .lingerers = &http->lingerers,
                                   .next = http->crew};
    struct crew *crew = crew_new(&plan, error);
    if (!crew)
        return false;
    if (plan.next)
        crew_leave(plan.next);
    atomic_store(&http->crew, crew);
    return true;
}

struct http *http_new(const struct config_server *settings, struct certificate *certificate,
                      struct http_handler handler, struct error *error)
{
    struct http *http = calloc(1, sizeof(*http));
    if (!http) {
        (void)error_no_memory(error);
        return NULL;
    }
    http_configure(http, settings);
    http->handler = handler;
    http->bodies.limit = BODIES_LIMIT;
    if (lingerers_open(&http->lingerers, error) && add_crew(http, certificate, error))
        return http;
    http_free(http);
    return NULL;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    for (struct crew *crew = http->crew; crew; crew = crew_next(crew))
        crew_stop(crew);
    for (struct crew *crew = http->crew, *next; crew; crew = next) {
        next = crew_next(crew);
        crew_free(crew);
    }
    lingerers_release(&http->lingerers);
    free(http);
}

bool http_show(struct http *http, struct certificate *certificate, struct error *error)
{
    return add_crew(http, certificate, error);
}

/* -- the main thread's part ----------------------------------------------------------------- */

/* Whether accept() may work again at once after it failed with `code`: that client alone is lost.
 */
static bool accept_goes_on(int code)
{
    return code == EINTR || code == ECONNABORTED || code == EPROTO || code == EPERM;
}

void http_configure(struct http *http, const struct config_server *settings)
{
    size_t wanted = wanted_connections(settings);

    http->settings = settings;
    if (wanted < settings->max_connections && wanted != http->connections_max) {
        LOG_INFO("the limit on open files (LimitNOFILE=, ulimit -n) allows fewer connections",
                 LOG_NUMBER("wanted", settings->max_connections),
                 LOG_NUMBER("allowed", (int64_t)wanted));
    }
    http->connections_max = wanted;
}

/* What accept() failed with. */
static enum http_room room_after(int code)
{
    return code == EAGAIN ? HTTP_ROOM : HTTP_NO_DESCRIPTORS;
}

enum http_room http_accept(struct http *http, int listening_fd)
{
    size_t open = http_connection_count(http);

    for (size_t i = 0; i < ACCEPT_AT_ONCE; i++) {
        struct sockaddr_storage address = {0};
        socklen_t length = sizeof(address);

        if (open + i >= http->connections_max)
            return HTTP_NO_CONNECTIONS;
        int fd = accept4(listening_fd, (struct sockaddr *)&address, &length,
                         SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            crew_add(http->crew, fd, (struct sockaddr *)&address, length);
        } else if (!accept_goes_on(errno)) {
            return room_after(errno);
        }
    }
    return HTTP_MORE;
}

void http_ask_pulse(void *context)
{
    struct http *http = context;
    crew_ask_pulse(http->crew);
}

bool http_has_pulse(void *context)
{
    struct http *http = context;
    return crew_has_pulse(http->crew);
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

static void sweep(struct http *http, const struct connection_limits *limits, int64_t now)
{
    struct crew *at_work = http->crew;

    for (struct crew *crew = at_work; crew; crew = crew_next(crew)) {
        crew_sweep(crew, limits, now);
        if (crew != at_work && crew_has_left(crew))
            crew_stop(crew);
    }
}

void http_tick(struct http *http, int64_t now)
{
    const struct config_server *settings = http->settings;
    const struct connection_limits limits = {
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

    sweep(http, &limits, now);
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
    for (struct crew *crew = http->crew; crew; crew = crew_next(crew))
        crew_drain(crew);
}

/* -- counting ------------------------------------------------------------------------------- */

size_t http_connection_count(const struct http *http)
{
    size_t count = 0;

    for (const struct crew *crew = http->crew; crew; crew = crew_next(crew))
        count += crew_connection_count(crew);
    return count;
}

size_t http_request_count(const struct http *http)
{
    size_t count = 0;

    for (struct crew *crew = http->crew; crew; crew = crew_next(crew))
        count += crew_request_count(crew);
    return count;
}

const char *http_library_version(void)
{
    return MHD_get_version();
}
