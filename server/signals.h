/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signals that are heeded, as a descriptor that can be waited for together with sockets.
 */
#ifndef SERVER_SIGNALS_H
#define SERVER_SIGNALS_H

#include "base/error.h"

/* Blocks SIGTERM, SIGINT and SIGHUP in this thread and all it starts later, and ignores SIGPIPE; so
 * it comes before the first other thread. (As PID 1 too they would be ignored if not blocked.) The
 * caller closes the descriptor; -1 with an error. Errors: internal. */
int signals_open(struct error *error) MUST_USE;

/* The next signal that has come, or 0. Never blocks. */
int signals_next(int fd);

#endif
