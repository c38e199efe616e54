/* SPDX-License-Identifier: Apache-2.0 */
#include "server/notify.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"

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
