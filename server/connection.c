/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `reply` is the one point where the event thread, whoever answers, and the sweep meet. Every
 * change of it out of RUNNING or AWAITED is a compare-exchange, so exactly one of them wins:
 *
 *     RUNNING -> READY      answered before the connection slept: the event thread sends it
 *     RUNNING -> AWAITED    by the event thread, after it has put the connection to sleep
 *     AWAITED -> READY      answered: whoever did so wakes the connection
 *     AWAITED -> UNWANTED   the client left: the sweep wakes the connection to its end
 *     READY -> PAUSED       by the event thread, whose stream is empty and which went to sleep
 *     PAUSED -> READY       there is more: whoever wrote it wakes the connection
 *     PAUSED -> CUT_OFF     the client left: the sweep wakes the connection to its end
 *
 * A connection is woken only after it was put to sleep, and only by who took it out of AWAITED or
 * PAUSED; so `native` is valid when it is used, and never woken twice.
 */
#include "server/connection.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "server/channel.h"
#include "server/response.h"

void connections_init(struct connections *all, void (*wake)(void *native))
{
    *all = (struct connections){.wake = wake};
    (void)pthread_mutex_init(&all->lock, NULL);
    list_init(&all->open);
}

void connections_release(struct connections *all)
{
    (void)pthread_mutex_destroy(&all->lock);
}

void connections_expect(struct connections *all)
{
    (void)atomic_fetch_add_explicit(&all->count, 1, memory_order_relaxed);
}

void connections_forget(struct connections *all)
{
    (void)atomic_fetch_sub_explicit(&all->count, 1, memory_order_relaxed);
}

static void connection_unref(struct connection *connection)
{
    if (atomic_fetch_sub_explicit(&connection->references, 1, memory_order_acq_rel) != 1)
        return;
    buffer_release(&connection->target);
    request_release(&connection->request); /* one that was never whole */
    free(connection);
}

static bool reply_changes(struct connection *connection, int from, int to)
{
    return atomic_compare_exchange_strong(&connection->reply, &from, to);
}

static int reply_now(const struct connection *connection)
{
    return atomic_load(&connection->reply);
}

struct connection *connection_open(struct connections *all, void *native, int fd, int64_t now)
{
    struct connection *connection = calloc(1, sizeof(*connection));
    if (!connection)
        return NULL;
    connection->all = all;
    connection->native = native;
    connection->wake = all->wake;
    connection->fd = fd;
    atomic_init(&connection->references, 1);
    buffer_init(&connection->target, CONNECTION_TARGET_MAX);
    connection_enter(connection, CONNECTION_NEW, now);

    list_init(&connection->place);
    pthread_mutex_lock(&all->lock);
    list_put_last(&all->open, &connection->place);
    pthread_mutex_unlock(&all->lock);
    return connection;
}

void connection_close(struct connection *connection)
{
    struct connections *all = connection->all;

    pthread_mutex_lock(&all->lock);
    list_remove(&connection->place);
    pthread_mutex_unlock(&all->lock);
    connection_unref(connection);
}

/* `since` before `phase`: the sweep reads them the other way round, and so may see a phase as
 * younger than it is, but never as older. */
void connection_enter(struct connection *connection, enum connection_phase phase, int64_t now)
{
    atomic_store_explicit(&connection->since, now, memory_order_relaxed);
    atomic_store_explicit(&connection->phase, (int)phase, memory_order_release);
}

void connection_begin(struct connection *connection, struct slice target, int64_t now)
{
    connection_enter(connection, CONNECTION_HEAD, now);
    buffer_clear(&connection->target);
    connection->is_target_too_long = target.length > CONNECTION_TARGET_MAX;
    (void)buffer_append_slice(&connection->target, slice_until(target, CONNECTION_TARGET_MAX));
    connection->body_length = 0;
    connection->request.wants_body = false;
    connection->request.route = NULL;
    connection->request.is_routed = false;
    connection->is_cut_short = false;
    connection->request.started = now;
    request_set_target(&connection->request, buffer_slice(&connection->target));
}

void connection_ask(struct connection *connection, int64_t now)
{
    connection_enter(connection, CONNECTION_ASKED, now);
    atomic_store(&connection->reply, REPLY_RUNNING);
    (void)atomic_fetch_add_explicit(&connection->references, 1, memory_order_relaxed);
}

struct response *connection_reply(const struct connection *connection)
{
    return reply_now(connection) == REPLY_READY ? connection->response : NULL;
}

static void wake_from(struct connection *connection, int asleep, int then)
{
    if (reply_changes(connection, asleep, then))
        connection->wake(connection->native);
}

/* Asleep, its client has left: what is still to come is for nobody. */
static void cut_off(struct connection *connection)
{
    wake_from(connection, REPLY_AWAITED, REPLY_UNWANTED);
    wake_from(connection, REPLY_PAUSED, REPLY_CUT_OFF);
}

void connection_await(struct connection *connection)
{
    if (!reply_changes(connection, REPLY_RUNNING, REPLY_AWAITED)) {
        connection->wake(connection->native); /* answered in between */
        return;
    }
    if (atomic_load(&connection->all->is_closing))
        cut_off(connection);
}

/* Called with the stream's lock held. */
static void go_on(void *context)
{
    wake_from(context, REPLY_PAUSED, REPLY_READY);
}

void connection_pause(struct connection *connection, int64_t now)
{
    struct channel *stream = connection->response->stream;

    connection_enter(connection, CONNECTION_ASKED, now);
    channel_on_change(stream, go_on, connection);
    atomic_store(&connection->reply, REPLY_PAUSED);
    if (channel_look(stream) != CHANNEL_EMPTY)
        go_on(connection); /* written in between */
    if (atomic_load(&connection->all->is_closing))
        cut_off(connection);
}

bool connection_goes_on(struct connection *connection, int64_t now)
{
    if (reply_now(connection) != REPLY_READY)
        return false;
    connection_enter(connection, CONNECTION_SENDING, now);
    return true;
}

bool connection_is_wanted(const struct connection *connection)
{
    return reply_now(connection) != REPLY_UNWANTED;
}

/* After this whoever writes to the stream does not know the connection any more. */
static void drop_response(struct connection *connection)
{
    struct response *response = TAKE(connection->response);

    if (response->stream)
        channel_on_change(response->stream, NULL, NULL);
    atomic_store(&connection->reply, REPLY_NONE);
    response_unref(response);
}

void connection_finish(struct connection *connection, int64_t now)
{
    int reply = reply_now(connection);

    if (reply == REPLY_READY || reply == REPLY_PAUSED || reply == REPLY_CUT_OFF)
        drop_response(connection);
    connection_enter(connection, CONNECTION_IDLE, now);
}

void connection_answer(struct connection *connection, struct response *response)
{
    connection->response = response;
    if (!reply_changes(connection, REPLY_RUNNING, REPLY_READY)) {
        if (reply_changes(connection, REPLY_AWAITED, REPLY_READY)) {
            connection->wake(connection->native);
        } else {
            response_unref(response); /* unwanted: nobody else looks at it any more */
        }
    }
    connection_unref(connection);
}

/* From now on the socket says that its reading end is shut, whoever did it. */
static void shut_for_reading(struct connection *connection)
{
    atomic_store_explicit(&connection->is_shut, true, memory_order_relaxed);
    (void)shutdown(connection->fd, SHUT_RD);
}

/* Shut for reading, not closed: what has come is still read, and an answer that is on its way is
 * still sent. Only one that the client does not take is cut off. */
static void end_overdue(struct connection *connection, const struct connection_limits *limits,
                        int64_t now)
{
    int phase = atomic_load_explicit(&connection->phase, memory_order_acquire);
    int64_t lasted = now - atomic_load_explicit(&connection->since, memory_order_relaxed);

    if (limits->phase[phase] < 0 || lasted < limits->phase[phase])
        return;
    if (phase == CONNECTION_SENDING)
        (void)shutdown(connection->fd, SHUT_RDWR);
    else
        shut_for_reading(connection);
}

/* Whether the client has shut its side of the connection, or all of it; of one that we have shut,
 * all of it. */
static bool has_hung_up(const struct connection *connection)
{
    bool is_shut = atomic_load_explicit(&connection->is_shut, memory_order_relaxed);
    struct pollfd poll_fd = {.fd = connection->fd, .events = is_shut ? 0 : POLLRDHUP};

    return poll(&poll_fd, 1, 0) > 0;
}

static bool has_lasted(const struct connection *connection, int64_t least, int64_t now)
{
    return now - atomic_load_explicit(&connection->since, memory_order_relaxed) >= least;
}

/* Asleep, the library does not look at it. */
static bool has_left_unanswered(const struct connection *connection,
                                const struct connection_limits *limits, int64_t now)
{
    int reply = reply_now(connection);

    return (reply == REPLY_AWAITED || reply == REPLY_PAUSED) &&
           has_lasted(connection, limits->hang_up, now) && has_hung_up(connection);
}

/* The rest of the request will never come. Epoll tells of data and of the end right behind it at
 * once, and the library, which has read the data, waits to be told of the end. */
static bool has_left_unheard(const struct connection *connection,
                             const struct connection_limits *limits, int64_t now)
{
    int phase = atomic_load_explicit(&connection->phase, memory_order_acquire);

    return (phase == CONNECTION_HEAD || phase == CONNECTION_BODY) &&
           has_lasted(connection, limits->hang_up, now) && has_hung_up(connection);
}

static void sweep(struct connection *connection, const struct connection_limits *limits,
                  int64_t now)
{
    end_overdue(connection, limits, now);
    if (has_left_unheard(connection, limits, now))
        shut_for_reading(connection); /* which tells the library */
    if (has_left_unanswered(connection, limits, now))
        cut_off(connection);
}

void connections_sweep(struct connections *all, const struct connection_limits *limits, int64_t now)
{
    pthread_mutex_lock(&all->lock);
    for (struct list *node = all->open.next; node != &all->open; node = node->next)
        sweep(LIST_ITEM(node, struct connection, place), limits, now);
    pthread_mutex_unlock(&all->lock);
}

size_t connections_count_busy(struct connections *all)
{
    size_t count = 0;

    pthread_mutex_lock(&all->lock);
    for (struct list *node = all->open.next; node != &all->open; node = node->next) {
        const struct connection *connection = LIST_ITEM(node, struct connection, place);
        int phase = atomic_load_explicit(&connection->phase, memory_order_relaxed);
        count += phase != CONNECTION_NEW && phase != CONNECTION_IDLE;
    }
    pthread_mutex_unlock(&all->lock);
    return count;
}

void connections_abandon(struct connections *all)
{
    atomic_store(&all->is_closing, true);
    pthread_mutex_lock(&all->lock);
    for (struct list *node = all->open.next; node != &all->open; node = node->next)
        cut_off(LIST_ITEM(node, struct connection, place));
    pthread_mutex_unlock(&all->lock);
}
