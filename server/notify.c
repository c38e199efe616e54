/* SPDX-License-Identifier: Apache-2.0 */
#include "server/notify.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"

enum {
    STATE_MAX = 512
};

void notifier_open(struct notifier *notifier, const char *path)
{
    size_t length = path ? strnlen(path, sizeof(notifier->address.sun_path)) : 0;

    *notifier = (struct notifier){.fd = -1, .address = {.sun_family = AF_UNIX}};
    if (length < 2 || length >= sizeof(notifier->address.sun_path))
        return;
    if (path[0] != '/' && path[0] != '@')
        return;
    memcpy(notifier->address.sun_path, path, length);
    if (path[0] == '@')
        notifier->address.sun_path[0] = '\0';
    /* An abstract name is as long as the length says: no NUL ends it. */
    notifier->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    notifier->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

void notifier_release(struct notifier *notifier)
{
    if (notifier->fd >= 0)
        (void)close(notifier->fd);
    notifier->fd = -1;
}

void notifier_send(const struct notifier *notifier, const char *state)
{
    if (notifier->fd >= 0) {
        (void)sendto(notifier->fd, state, strlen(state), MSG_NOSIGNAL,
                     (const struct sockaddr *)&notifier->address, notifier->length);
    }
}

/* What the service manager compares with when it asked (Type=notify-reload). */
static int64_t monotonic_microseconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void notifier_send_reloading(const struct notifier *notifier)
{
    CLEANUP(buffer_release) struct buffer state = BUFFER_INIT(STATE_MAX);

    (void)buffer_format(&state, "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reading the settings",
                        (long long)monotonic_microseconds());
    notifier_send(notifier, buffer_string(&state));
}

void notifier_send_ready(const struct notifier *notifier, const char *problem)
{
    CLEANUP(buffer_release) struct buffer state = BUFFER_INIT(STATE_MAX);

    (void)buffer_append_string(&state, "READY=1\nSTATUS=serving");
    if (problem)
        (void)buffer_format(&state, " by its old settings: %s", problem);
    notifier_send(notifier, buffer_string(&state));
}
