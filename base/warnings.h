/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is odd but no error, for whoever asked: a few lines, and where more came the last one says
 * so.
 */
#ifndef BASE_WARNINGS_H
#define BASE_WARNINGS_H

#include <stddef.h>

#include "base/cleanup.h"

enum {
    WARNINGS_MAX = 16
};

/* One line each, without a final newline, safe for a terminal. */
struct warnings {
    char *lines[WARNINGS_MAX];
    size_t count;
};

/* The same line is kept once; cut at 255 bytes. The last line that has room becomes "further
 * warnings are left out"; without memory, or where `warnings` is NULL, the line is left out. */
void warnings_add(struct warnings *warnings, const char *format, ...) PRINTF(2, 3);
/* Adds all of `from`'s to `to`; `from` is empty then. */
void warnings_move(struct warnings *to, struct warnings *from);
void warnings_release(struct warnings *warnings);

#endif
