/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine: a mailbox in, curl's multi handle on epoll, a semaphore out.
 *
 * Callers put transfers into the mailbox and ring an eventfd; the thread adds them to the multi
 * handle and lets curl say which sockets to watch and when to wake (curl_multi_socket_action, which
 * costs the same at 16 and at 256 in flight). A finished transfer's semaphore is posted without the
 * lock, so that a waiter that wakes finds nothing to wait for. curl does the timing:
 * CURLOPT_TIMEOUT_MS is the deadline.
 */
#include "registry/transfer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/thread.h"
#include "registry/bell.h"
#include "registry/exchange.h"
#include "registry/gates.h"
#include "registry/problem.h"
#include "registry/relay.h"
#include "registry/relays.h"
#include "registry/secret.h"

enum {
    SPARE_HANDLES_MAX = 64,
    CONNECTIONS_MAX = 1024, /* fewer, and connections churn */
    EVENTS_MAX = 64,
    REQUEST_LINE_MAX = 256 * 1024, /* an opaque token may be 128 KiB */
    TICK_MS = 1000,
    STUCK_MS = 10 * TICK_MS /* nothing that the thread does takes so long */
};

struct transfer_engine {
    size_t memory;
    _Atomic size_t reserved;
    _Atomic int64_t turned; /* when the thread came round last, on clock_monotonic_ms(); 0: never */

    pthread_mutex_t lock;
    pthread_cond_t cancelled; /* ends sleeps */
    struct transfer *mailbox; /* guarded by lock; newest first */
    bool is_running;          /* guarded by lock: the thread was started */
    bool is_cancelled;        /* guarded by lock */
    bool is_ending;           /* guarded by lock */
    pthread_t thread;

    int wake; /* eventfd */

    /* The thread's own. */
    int epoll;
    CURLM *multi;
    int64_t timer; /* when curl wants to be called; -1: not */
    struct transfer *active;
    struct relay *relays; /* of which a transfer is active */
    CURL *spare[SPARE_HANDLES_MAX];
    size_t spare_count;
};

/* -- budget --------------------------------------------------------------------------------- */

bool transfer_engine_reserve(struct transfer_engine *engine, size_t bytes)
{
    size_t before = atomic_fetch_add_explicit(&engine->reserved, bytes, memory_order_relaxed);

    if (before + bytes <= engine->memory)
        return true;
    transfer_engine_give_back(engine, bytes);
    return false;
}

void transfer_engine_give_back(struct transfer_engine *engine, size_t bytes)
{
    atomic_fetch_sub_explicit(&engine->reserved, bytes, memory_order_relaxed);
}

bool transfer_reserve(struct transfer *transfer, size_t bytes)
{
    if (!transfer_engine_reserve(transfer->engine, bytes))
        return false;
    transfer->reserved += bytes;
    return true;
}

/* -- transfers ------------------------------------------------------------------------------ */

struct transfer *transfer_new(const char *url)
{
    struct transfer *transfer = calloc(1, sizeof(*transfer));
    if (!transfer)
        return NULL;
    transfer->url = strdup(url);
    if (!transfer->url) {
        free(transfer);
        return NULL;
    }
    (void)sem_init(&transfer->flowing, 0, 0);
    (void)sem_init(&transfer->finished, 0, 0);
    return transfer;
}

void transfer_free(struct transfer *transfer)
{
    if (!transfer)
        return;
    transfer_wait(transfer);
    if (transfer->engine)
        transfer_engine_give_back(transfer->engine, transfer->reserved);
    gate_unref(transfer->gate);
    secret_free_lines(transfer->request_lines);
    transfer_headers_release(&transfer->headers);
    buffer_release(&transfer->body);
    (void)sem_destroy(&transfer->flowing);
    (void)sem_destroy(&transfer->finished);
    secret_free(transfer->form);
    free(transfer->url);
    free(transfer);
}

bool transfer_add_header(struct transfer *transfer, const char *name, struct slice value,
                         struct error *error)
{
    struct buffer line = BUFFER_INIT(REQUEST_LINE_MAX);

    if (!escape_is_header_safe(value))
        return error_set(error, ERROR_INVALID, "the value for the header '%s' has control bytes",
                         name);
    buffer_append_string(&line, name);
    buffer_append_string(&line, ": ");
    buffer_append_slice(&line, value);
    struct curl_slist *lines = NULL;
    if (buffer_ok(&line))
        lines = curl_slist_append(transfer->request_lines, buffer_string(&line));
    secret_release(&line);
    if (!lines)
        return error_no_memory(error);
    transfer->request_lines = lines;
    return true;
}

/* -- the thread ----------------------------------------------------------------------------- */

static int on_curl_socket(CURL *handle, curl_socket_t socket, int what, void *context,
                          void *socket_context)
{
    struct transfer_engine *engine = context;
    struct epoll_event event = {.data.fd = socket};
    (void)handle;

    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(engine->epoll, EPOLL_CTL_DEL, socket, NULL);
        return 0;
    }
    if (what & CURL_POLL_IN)
        event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        event.events |= EPOLLOUT;
    int operation = socket_context ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(engine->epoll, operation, socket, &event) != 0 && errno == ENOENT)
        (void)epoll_ctl(engine->epoll, EPOLL_CTL_ADD, socket, &event);
    curl_multi_assign(engine->multi, socket, engine);
    return 0;
}

static int on_curl_timer(CURLM *multi, long timeout_ms, void *context)
{
    struct transfer_engine *engine = context;
    (void)multi;

    engine->timer = timeout_ms < 0 ? -1 : clock_monotonic_ms() + timeout_ms;
    return 0;
}

static CURL *engine_take_handle(struct transfer_engine *engine)
{
    return engine->spare_count ? engine->spare[--engine->spare_count] : curl_easy_init();
}

/* A handle used again keeps what it learned of TLS sessions. */
static void engine_give_handle_back(struct transfer_engine *engine, CURL *handle)
{
    if (engine->spare_count == SPARE_HANDLES_MAX) {
        curl_easy_cleanup(handle);
        return;
    }
    curl_easy_reset(handle);
    engine->spare[engine->spare_count++] = handle;
}

static void engine_unlink(struct transfer_engine *engine, struct transfer *transfer)
{
    struct transfer **link = &engine->active;
    while (*link && *link != transfer)
        link = &(*link)->next;
    if (*link)
        *link = transfer->next;
}

/* Gives the transfer back; nothing here may touch it afterwards. */
static void engine_complete(struct transfer_engine *engine, struct transfer *transfer)
{
    engine_unlink(engine, transfer);
    if (transfer->handle) {
        curl_multi_remove_handle(engine->multi, transfer->handle);
        engine_give_handle_back(engine, transfer->handle);
        transfer->handle = NULL;
    }
    if (transfer->relay)
        relays_leave(&engine->relays, transfer);
    if (transfer->is_inside)
        gate_leave(transfer->gate);
    atomic_store(&transfer->is_over, true);
    if (transfer->bell)
        bell_ring(transfer->bell);
    (void)sem_post(&transfer->flowing);
    (void)sem_post(&transfer->finished);
}

static void engine_begin(struct transfer_engine *engine, struct transfer *transfer)
{
    CURL *handle = engine_take_handle(engine);

    transfer->handle = handle;
    transfer->next = engine->active;
    engine->active = transfer;
    if (transfer->relay)
        relays_join(&engine->relays, transfer);
    if (!handle || !exchange_prepare(handle, transfer, clock_monotonic_ms()) ||
        curl_multi_add_handle(engine->multi, handle) != CURLM_OK) {
        error_set(&transfer->error, ERROR_INTERNAL, "cannot prepare a request");
        engine_complete(engine, transfer);
    }
}

static void engine_collect_finished(struct transfer_engine *engine)
{
    int left = 0;

    for (CURLMsg *message; (message = curl_multi_info_read(engine->multi, &left));) {
        struct transfer *transfer = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        exchange_finish(message->easy_handle, transfer, message->data.result);
        engine_complete(engine, transfer);
    }
}

static void engine_cancel_all(struct transfer_engine *engine)
{
    while (engine->active) {
        error_draining(&engine->active->error);
        engine_complete(engine, engine->active);
    }
}

/* Empties the mailbox. Returns false when the thread should end. */
static bool engine_read_mailbox(struct transfer_engine *engine)
{
    uint64_t rings;
    (void)!read(engine->wake, &rings, sizeof(rings));

    pthread_mutex_lock(&engine->lock);
    struct transfer *mail = engine->mailbox;
    bool is_cancelled = engine->is_cancelled;
    bool is_ending = engine->is_ending;
    engine->mailbox = NULL;
    pthread_mutex_unlock(&engine->lock);

    while (mail) {
        struct transfer *transfer = mail;
        mail = mail->next;
        engine_begin(engine, transfer);
    }
    if (is_cancelled)
        engine_cancel_all(engine);
    return !is_ending;
}

static int engine_wait_time(const struct transfer_engine *engine)
{
    if (engine->timer < 0)
        return TICK_MS;
    int64_t left = engine->timer - clock_monotonic_ms();
    if (left < 0)
        return 0;
    return left < TICK_MS ? (int)left : TICK_MS;
}

static int curl_event_mask(uint32_t events)
{
    int mask = 0;
    if (events & (EPOLLIN | EPOLLHUP))
        mask |= CURL_CSELECT_IN;
    if (events & EPOLLOUT)
        mask |= CURL_CSELECT_OUT;
    if (events & EPOLLERR)
        mask |= CURL_CSELECT_ERR;
    return mask;
}

static void engine_run_timer(struct transfer_engine *engine)
{
    int running;
    if (engine->timer < 0 || clock_monotonic_ms() < engine->timer)
        return;
    engine->timer = -1; /* curl sets it again from inside the call */
    curl_multi_socket_action(engine->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

static void *engine_thread(void *context)
{
    struct transfer_engine *engine = context;
    bool go_on = true;

    thread_begin_patient("transfer");
    while (go_on) {
        atomic_store_explicit(&engine->turned, clock_monotonic_ms(), memory_order_relaxed);
        struct epoll_event events[EVENTS_MAX];
        int running;
        int count = epoll_wait(engine->epoll, events, EVENTS_MAX, engine_wait_time(engine));
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == engine->wake)
                go_on = engine_read_mailbox(engine);
            else
                curl_multi_socket_action(engine->multi, events[i].data.fd,
                                         curl_event_mask(events[i].events), &running);
        }
        engine_run_timer(engine);
        engine_collect_finished(engine);
        relays_tend(engine->relays, engine, engine_complete);
    }
    return NULL;
}

/* -- life ----------------------------------------------------------------------------------- */

/* Checks at the start: what the code relies on, and where it was made safe. */
static bool check_libcurl(struct error *error)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    int wanted = CURL_VERSION_SSL | CURL_VERSION_ASYNCHDNS | CURL_VERSION_THREADSAFE;

    if (info->version_num < 0x075500 || (info->features & wanted) != wanted) {
        return error_set(error, ERROR_INTERNAL,
                         "libcurl %s is too old or lacks TLS or asynchronous DNS: 7.85 is needed",
                         info->version);
    }
    return true;
}

struct transfer_engine *transfer_engine_new(size_t memory, struct error *error)
{
    if (!check_libcurl(error))
        return NULL;
    struct transfer_engine *engine = calloc(1, sizeof(*engine));
    if (!engine) {
        error_no_memory(error);
        return NULL;
    }
    engine->memory = memory;
    engine->timer = -1;
    engine->wake = -1;
    engine->epoll = -1;
    (void)pthread_mutex_init(&engine->lock, NULL);
    clock_condition_init(&engine->cancelled);
    return engine;
}

static void engine_close(struct transfer_engine *engine)
{
    while (engine->spare_count)
        curl_easy_cleanup(engine->spare[--engine->spare_count]);
    if (engine->multi)
        curl_multi_cleanup(engine->multi);
    engine->multi = NULL;
    if (engine->wake >= 0)
        close(engine->wake);
    if (engine->epoll >= 0)
        close(engine->epoll);
    engine->wake = engine->epoll = -1;
}

static bool engine_open(struct transfer_engine *engine)
{
    struct epoll_event event = {.events = EPOLLIN};

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return false;
    engine->multi = curl_multi_init();
    engine->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    engine->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!engine->multi || engine->wake < 0 || engine->epoll < 0)
        return false;
    event.data.fd = engine->wake;
    if (epoll_ctl(engine->epoll, EPOLL_CTL_ADD, engine->wake, &event) != 0)
        return false;
    curl_multi_setopt(engine->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(engine->multi, CURLMOPT_SOCKETDATA, engine);
    curl_multi_setopt(engine->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(engine->multi, CURLMOPT_TIMERDATA, engine);
    curl_multi_setopt(engine->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_MAX);
    return true;
}

/* Called under the lock, before the first transfer is put into the mailbox. */
static bool engine_start(struct transfer_engine *engine)
{
    if (!engine_open(engine) || pthread_create(&engine->thread, NULL, engine_thread, engine) != 0) {
        engine_close(engine);
        return false;
    }
    atomic_store_explicit(&engine->turned, clock_monotonic_ms(), memory_order_relaxed);
    engine->is_running = true;
    return true;
}

bool transfer_engine_is_alive(const struct transfer_engine *engine, int64_t now)
{
    int64_t turned = atomic_load_explicit(&engine->turned, memory_order_relaxed);
    return turned == 0 || now - turned < STUCK_MS;
}

static void engine_ring(const struct transfer_engine *engine)
{
    uint64_t one = 1;
    (void)!write(engine->wake, &one, sizeof(one));
}

void transfer_engine_cancel(struct transfer_engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    engine->is_cancelled = true;
    pthread_cond_broadcast(&engine->cancelled);
    if (engine->is_running)
        engine_ring(engine);
    pthread_mutex_unlock(&engine->lock);
}

void transfer_engine_free(struct transfer_engine *engine)
{
    if (!engine)
        return;
    pthread_mutex_lock(&engine->lock);
    bool is_running = engine->is_running;
    engine->is_ending = true;
    if (is_running)
        engine_ring(engine);
    pthread_mutex_unlock(&engine->lock);
    if (is_running)
        pthread_join(engine->thread, NULL);
    engine_close(engine);
    (void)pthread_cond_destroy(&engine->cancelled);
    (void)pthread_mutex_destroy(&engine->lock);
    free(engine);
}

/* -- callers -------------------------------------------------------------------------------- */

static bool enter_gate(struct transfer *transfer, struct error *error)
{
    if (!transfer->gate || transfer->relay)
        return true;
    transfer->is_inside = gate_enter(transfer->gate, transfer->deadline, error);
    return transfer->is_inside;
}

bool transfer_start(struct transfer_engine *engine, struct transfer *transfer, struct error *error)
{
    if (!enter_gate(transfer, error))
        return false;
    buffer_init(&transfer->body, transfer->body_limit);
    transfer->engine = engine;

    pthread_mutex_lock(&engine->lock);
    bool is_cancelled = engine->is_cancelled;
    bool is_running = !is_cancelled && (engine->is_running || engine_start(engine));
    if (is_running) {
        bool was_empty = !engine->mailbox;
        transfer->is_started = true;
        transfer->next = engine->mailbox;
        engine->mailbox = transfer;
        if (was_empty)
            engine_ring(engine);
    }
    pthread_mutex_unlock(&engine->lock);

    if (!is_running && transfer->is_inside)
        gate_leave(transfer->gate);
    if (is_cancelled)
        return error_draining(error);
    if (!is_running)
        return error_set(error, ERROR_INTERNAL, "cannot start the transfer thread");
    return true;
}

static void semaphore_wait(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0) /* EINTR is all that can be */
        continue;
}

void transfer_wait(struct transfer *transfer)
{
    if (!transfer->is_started || transfer->is_done)
        return;
    semaphore_wait(&transfer->finished);
    transfer->is_done = true;
}

void transfer_wait_for_flow(struct transfer *transfer)
{
    if (transfer->relay && transfer->is_started && !transfer->is_done)
        semaphore_wait(&transfer->flowing);
    if (!transfer->is_flowing)
        transfer_wait(transfer);
}

void transfer_cancel_relay(struct relay *relay)
{
    atomic_store(&relay->is_cancelled, true);
    engine_ring(relay->engine);
}

int64_t transfer_retry_after(const struct transfer *transfer)
{
    const char *value = transfer->headers.retry_after;
    return value ? problem_retry_after(slice_from_string(value), clock_realtime_ms()) : -1;
}

bool transfer_engine_sleep(struct transfer_engine *engine, int64_t until)
{
    struct timespec then = clock_timespec(until);
    int outcome = 0;

    pthread_mutex_lock(&engine->lock);
    while (!engine->is_cancelled && outcome == 0)
        outcome = pthread_cond_timedwait(&engine->cancelled, &engine->lock, &then);
    bool is_cancelled = engine->is_cancelled;
    pthread_mutex_unlock(&engine->lock);
    return !is_cancelled;
}
