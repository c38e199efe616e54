/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling the service manager how we are (sd_notify(3)): one datagram each, to the socket that
 * NOTIFY_SOCKET names. Without one, nothing is said.
 */
#ifndef SERVER_NOTIFY_H
#define SERVER_NOTIFY_H

#include <sys/socket.h>
#include <sys/un.h>

struct notifier {
    int fd; /* -1: nobody listens */
    struct sockaddr_un address;
    socklen_t length;
};

/* `path` is NOTIFY_SOCKET's value, or NULL; a leading '@' is the abstract namespace. What cannot be
 * used is as good as none. */
void notifier_open(struct notifier *notifier, const char *path);
void notifier_release(struct notifier *notifier);

/* Assignments, one a line: "READY=1\nSTATUS=serving". Never blocks. */
void notifier_send(const struct notifier *notifier, const char *state);
/* The settings are being read again; notifier_send_ready() must follow. */
void notifier_send_reloading(const struct notifier *notifier);
/* It serves. `problem`: why it does so by its old settings, or NULL. */
void notifier_send_ready(const struct notifier *notifier, const char *problem);

#endif
