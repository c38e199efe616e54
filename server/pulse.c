/* SPDX-License-Identifier: Apache-2.0 */
#include "server/pulse.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"

int pulse_ask(struct pulse *pulse)
{
    static const char request[] = "GET /health HTTP/1.0\r\n\r\n";
    int ends[2];

    pulse_release(pulse);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    pulse->fd = ends[0];
    if (send(pulse->fd, request, sizeof(request) - 1, MSG_NOSIGNAL) == sizeof(request) - 1)
        return ends[1];
    pulse_release(pulse);
    (void)close(ends[1]);
    return -1;
}

/* An end without an answer is one, too: the thread has closed it. */
bool pulse_has_answer(struct pulse *pulse)
{
    char byte = 0;

    if (pulse->fd < 0)
        return true;
    if (recv(pulse->fd, &byte, sizeof(byte), MSG_DONTWAIT) < 0)
        return false;
    pulse_release(pulse);
    return true;
}

void pulse_release(struct pulse *pulse)
{
    if (pulse->fd >= 0)
        (void)close(pulse->fd);
    pulse->fd = -1;
}
