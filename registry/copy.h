/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bringing blobs into a repository (rules P1-P9): there already, mounted from another repository of
 * the same registry, else copied through us, streamed and verified, never held whole.
 */
#ifndef REGISTRY_COPY_H
#define REGISTRY_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "manifest/manifest.h"

struct session;

enum copy_outcome {
    COPY_NOT_DONE, /* `error` says why */
    COPY_EXISTED,
    COPY_MOUNTED,
    COPY_COPIED
};

enum {
    COPY_MOUNTS_MAX = 3 /* P4: repositories tried */
};

struct copy {
    /* The caller's to fill in; all borrowed. */
    const struct digest *digest;
    int64_t size;
    struct session *source; /* of a repository that holds it */
    /* Repositories of the target's registry that hold it, the likeliest first; none: NULLs. */
    const char *mount_from[COPY_MOUNTS_MAX];
    bool must_be_copied; /* what the target says of having it is not to be relied on (P13) */

    enum copy_outcome outcome;
    struct error error;
};

/* Called from the thread of copy_blobs(). */
struct copy_watch {
    /* When a blob is in, and now and then during a long copy with the bytes that are there. NULL:
     * nobody watches. */
    void (*progress)(void *context, const struct copy *copy, int64_t done);
    /* False ends what is left with ERROR_DRAINING. NULL: always wanted. */
    bool (*is_wanted)(void *context);
    void *context;
};

/* Side by side: all questions and mounts in few rounds, at most four streams at once. Every copy
 * gets its outcome or its error; true when none has an error. A stream that falls under a trickle
 * (1 KiB/s for 30 s) ends as a timeout. */
bool copy_blobs(struct session *target, struct copy *copies, size_t count,
                const struct copy_watch *watch) MUST_USE;

#endif
