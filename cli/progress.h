/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far a push is, for a person at a terminal: one line on standard error that is written anew,
 * and a line that stays for each blob whose copy took long. Elsewhere nothing is said.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "cli/terminal_line.h"
#include "registry/push.h"

enum {
    PROGRESS_COPIES_MAX = 8 /* blobs on their way at once */
};

/* A blob that is being copied. */
struct progress_copy {
    struct digest digest; /* "" where the place is free */
    int64_t began;        /* clock_monotonic_ms() */
};

struct progress {
    struct terminal_line line;
    size_t existed;
    size_t mounted;
    size_t copied;
    size_t manifests;
    size_t tags;
    struct progress_copy copies[PROGRESS_COPIES_MAX];
};

/* Shown only where standard error is a terminal that can do more than print. */
void progress_begin(struct progress *progress);
/* registry_push's; `context` is the struct progress. */
void progress_event(void *context, const struct push_event *event);
/* registry_on_warning's; any thread. The line gives way to the warning. */
void progress_warn(void *context, const char *text);
/* The line is gone; nothing is drawn any more. */
void progress_end(struct progress *progress);

/* -- the texts, for tests * ----------------------------------------------------------------- */

/* "4 there, 31 mounted, 2 copied; sha256:0123456789ab 12.5 of 40.0 MiB". */
void progress_write_status(const struct progress *progress, const struct push_event *event,
                           struct buffer *out);
/* "copied sha256:0123456789ab, 40.0 MiB in 12 s". */
void progress_write_copied(const struct push_event *event, int64_t milliseconds,
                           struct buffer *out);

#endif
