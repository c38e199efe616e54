/* SPDX-License-Identifier: Apache-2.0 */
#include "server/linger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LINGERERS_MAX = 256,
    PATIENCE_MS = 5000,
    PIECES_AT_ONCE = 16, /* of one client, before the others and the tick get a look */
    CLIENTS_AT_ONCE = 16
};

struct lingerer {
    struct list place;
    int fd;
    int64_t until; /* clock_monotonic_ms() */
};

bool lingerers_open(struct lingerers *lingerers, struct error *error)
{
    *lingerers = (struct lingerers){.epoll = epoll_create1(EPOLL_CLOEXEC)};
    (void)pthread_mutex_init(&lingerers->mutex, NULL);
    list_init(&lingerers->all);
    return lingerers->epoll >= 0 ||
           error_set(error, ERROR_INTERNAL, "there is no epoll descriptor (errno %d)", errno);
}

void lingerers_release(struct lingerers *lingerers)
{
    lingerers_sweep(lingerers, INT64_MAX);
    if (lingerers->epoll >= 0)
        (void)close(lingerers->epoll);
    (void)pthread_mutex_destroy(&lingerers->mutex);
}

/* Its descriptor is a second one for the same socket: closing it ends the connection for good. */
static void lingerer_free(struct lingerer *lingerer)
{
    if (lingerer->fd >= 0)
        (void)close(lingerer->fd);
    free(lingerer);
}

static struct lingerer *lingerer_new(int fd, int64_t until)
{
    struct lingerer *lingerer = calloc(1, sizeof(*lingerer));
    if (!lingerer)
        return NULL;
    list_init(&lingerer->place);
    lingerer->until = until;
    lingerer->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (lingerer->fd >= 0)
        return lingerer;
    lingerer_free(lingerer);
    return NULL;
}

void lingerers_add(struct lingerers *lingerers, int fd, int64_t now)
{
    struct lingerer *lingerer = lingerer_new(fd, now + PATIENCE_MS);
    if (!lingerer)
        return;
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = lingerer}};

    (void)pthread_mutex_lock(&lingerers->mutex);
    bool is_added = lingerers->count < LINGERERS_MAX &&
                    epoll_ctl(lingerers->epoll, EPOLL_CTL_ADD, lingerer->fd, &event) == 0;
    if (is_added) {
        lingerers->count++;
        list_put_last(&lingerers->all, &lingerer->place);
    }
    (void)pthread_mutex_unlock(&lingerers->mutex);
    if (!is_added)
        lingerer_free(lingerer);
}

/* The mutex is held. The socket may be open by its first descriptor still: then epoll would not
 * forget it by itself. */
static void lingerers_end(struct lingerers *lingerers, struct lingerer *lingerer)
{
    (void)epoll_ctl(lingerers->epoll, EPOLL_CTL_DEL, lingerer->fd, NULL);
    list_remove(&lingerer->place);
    lingerers->count--;
    lingerer_free(lingerer);
}

/* False once there is nothing more to come. */
static bool lingerer_drop_some(const struct lingerer *lingerer)
{
    char piece[16 * 1024];

    for (int i = 0; i < PIECES_AT_ONCE; i++) {
        ssize_t length = recv(lingerer->fd, piece, sizeof(piece), MSG_DONTWAIT);
        if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR))
            return false;
        if (length < 0)
            break;
    }
    return true;
}

void lingerers_drain(struct lingerers *lingerers)
{
    struct epoll_event events[CLIENTS_AT_ONCE];
    int count = epoll_wait(lingerers->epoll, events, CLIENTS_AT_ONCE, 0);

    for (int i = 0; i < count; i++) {
        struct lingerer *lingerer = events[i].data.ptr;
        if (lingerer_drop_some(lingerer))
            continue;
        (void)pthread_mutex_lock(&lingerers->mutex);
        lingerers_end(lingerers, lingerer);
        (void)pthread_mutex_unlock(&lingerers->mutex);
    }
}

void lingerers_sweep(struct lingerers *lingerers, int64_t now)
{
    (void)pthread_mutex_lock(&lingerers->mutex);
    for (struct list *place = lingerers->all.next, *next; place != &lingerers->all; place = next) {
        struct lingerer *lingerer = LIST_ITEM(place, struct lingerer, place);
        next = place->next;
        if (lingerer->until <= now)
            lingerers_end(lingerers, lingerer);
    }
    (void)pthread_mutex_unlock(&lingerers->mutex);
}
