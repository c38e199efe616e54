/* SPDX-License-Identifier: Apache-2.0 */
#include "server/crew.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <microhttpd.h>

#include "base/log.h"
#include "server/certificate.h"
#include "server/http_request.h"
#include "server/pulse.h"

enum {
    CONNECTION_MEMORY = 16 * 1024, /* bytes; a request's head and an answer's fit in it */
    DRAIN_FIRST_REQUEST = 1000,    /* ms; for connections accepted just before a drain */
    LIBRARY_LINE_MAX = 256
};

struct event_thread {
    struct MHD_Daemon *daemon; /* NULL: stopped */
    struct http_requests requests;
    struct pulse pulse;
};

struct crew {
    struct crew *next;
    struct certificate *certificate;
    _Atomic bool is_leaving;
    bool is_draining;
    unsigned next_thread;
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

/* The library's options that say whether it speaks TLS, and which; it reads the texts while it
 * starts. */
static void set_certificate(const struct certificate *certificate, unsigned *flags,
                            struct MHD_OptionItem options[3])
{
    static char versions[] = "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1"; /* RFC 8996 */

    if (!certificate)
        return;
    *flags |= MHD_USE_TLS;
    options[0] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, certificate->chain};
    options[1] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, certificate->key};
    options[2] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, versions};
}

static struct MHD_Daemon *start_daemon(const struct certificate *certificate,
                                       struct http_requests *requests)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
                     MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_CONNECTION_LIMIT, INT_MAX, NULL}, /* http_accept() has ours */
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
        {MHD_OPTION_END, 0, NULL},
        {MHD_OPTION_END, 0, NULL},
        {MHD_OPTION_END, 0, NULL},
        {MHD_OPTION_END, 0, NULL},
    };

    set_certificate(certificate, &flags, options + 2);
    return MHD_start_daemon(
        flags, 0, NULL, NULL, http_on_access, requests, /* the logger comes before other options */
        MHD_OPTION_EXTERNAL_LOGGER, on_library_message, NULL, MHD_OPTION_ARRAY, options,
        MHD_OPTION_NOTIFY_CONNECTION, http_on_connection, requests, MHD_OPTION_URI_LOG_CALLBACK,
        http_on_target, requests, MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, requests,
        MHD_OPTION_END);
}

static bool start_thread(struct crew *crew, const struct crew_plan *plan, struct error *error)
{
    struct event_thread *thread = &crew->threads[crew->thread_count];

    thread->pulse.fd = -1;
    thread->requests = (struct http_requests){.handler = plan->handler,
                                              .is_draining = &crew->is_leaving,
                                              .is_encrypted = plan->certificate != NULL,
                                              .bodies = plan->bodies,
                                              .lingerers = plan->lingerers};
    connections_init(&thread->requests.connections, wake_connection);
    thread->daemon = start_daemon(plan->certificate, &thread->requests);
    if (thread->daemon) {
        crew->thread_count++;
        return true;
    }
    connections_release(&thread->requests.connections);
    return error_set(error, ERROR_INTERNAL, "cannot start an event thread%s (errno %d)",
                     plan->certificate ? " that speaks TLS" : "", errno);
}

struct crew *crew_new(const struct crew_plan *plan, struct error *error)
{
    struct crew *crew = calloc(1, sizeof(*crew) + plan->threads * sizeof(crew->threads[0]));
    if (!crew) {
        (void)error_no_memory(error);
        return NULL;
    }
    crew->next = plan->next;
    crew->certificate = certificate_ref(plan->certificate);
    while (crew->thread_count < plan->threads) {
        if (!start_thread(crew, plan, error)) {
            crew_stop(crew);
            crew_free(crew);
            return NULL;
        }
    }
    return crew;
}

/* The library aborts the process if a connection is asleep when it is stopped. */
void crew_stop(struct crew *crew)
{
    for (size_t i = 0; i < crew->thread_count; i++) {
        struct event_thread *thread = &crew->threads[i];
        if (!thread->daemon)
            continue;
        connections_abandon(&thread->requests.connections);
        MHD_stop_daemon(TAKE(thread->daemon));
        pulse_release(&thread->pulse);
    }
    certificate_unref(TAKE(crew->certificate)); /* the private key is not kept for nothing */
}

void crew_free(struct crew *crew)
{
    if (!crew)
        return;
    for (size_t i = 0; i < crew->thread_count; i++)
        connections_release(&crew->threads[i].requests.connections);
    free(crew);
}

struct crew *crew_next(const struct crew *crew)
{
    return crew->next;
}

/* -- its connections ------------------------------------------------------------------------ */

/* Counted from now on: the thread may be busy, and what it opens later holds a descriptor already.
 * (Where the library has no memory left to open it, it stays counted: one place of max_connections
 * is lost, and the crew has somebody left until the service ends.) */
static void add(struct event_thread *thread, int fd, const struct sockaddr *address,
                socklen_t length)
{
    struct connections *connections = &thread->requests.connections;

    connections_expect(connections);
    if (MHD_add_connection(thread->daemon, fd, address, length) != MHD_YES)
        connections_forget(connections); /* it has closed fd */
}

void crew_add(struct crew *crew, int fd, const struct sockaddr *address, socklen_t length)
{
    add(&crew->threads[crew->next_thread++ % crew->thread_count], fd, address, length);
}

void crew_leave(struct crew *crew)
{
    atomic_store_explicit(&crew->is_leaving, true, memory_order_relaxed);
}

void crew_drain(struct crew *crew)
{
    crew_leave(crew);
    crew->is_draining = true;
}

void crew_sweep(struct crew *crew, const struct connection_limits *limits, int64_t now)
{
    struct connection_limits ours = *limits;

    if (crew->is_draining) {
        ours.phase[CONNECTION_NEW] = DRAIN_FIRST_REQUEST;
        ours.phase[CONNECTION_IDLE] = 0;
    }
    for (size_t i = 0; i < crew->thread_count; i++)
        connections_sweep(&crew->threads[i].requests.connections, &ours, now);
}

bool crew_has_left(const struct crew *crew)
{
    return atomic_load_explicit(&crew->is_leaving, memory_order_relaxed) &&
           crew_connection_count(crew) == 0;
}

void crew_ask_pulse(struct crew *crew)
{
    static const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

    for (size_t i = 0; i < crew->thread_count; i++) {
        struct event_thread *thread = &crew->threads[i];
        int fd = pulse_ask(&thread->pulse);
        if (fd >= 0)
            add(thread, fd, &nobody, sizeof(nobody));
    }
}

bool crew_has_pulse(struct crew *crew)
{
    bool has_pulse = true;

    for (size_t i = 0; i < crew->thread_count; i++)
        has_pulse = pulse_has_answer(&crew->threads[i].pulse) && has_pulse;
    return has_pulse;
}

size_t crew_connection_count(const struct crew *crew)
{
    size_t count = 0;

    for (size_t i = 0; i < crew->thread_count; i++) {
        count += atomic_load_explicit(&crew->threads[i].requests.connections.count,
                                      memory_order_relaxed);
    }
    return count;
}

size_t crew_request_count(struct crew *crew)
{
    size_t count = 0;

    for (size_t i = 0; i < crew->thread_count; i++)
        count += connections_count_busy(&crew->threads[i].requests.connections);
    return count;
}
