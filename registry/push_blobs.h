/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blobs that children consist of, each once, and where they can be had; private to push*.c.
 */
#ifndef REGISTRY_PUSH_BLOBS_H
#define REGISTRY_PUSH_BLOBS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/map.h"
#include "registry/copy.h"
#include "registry/push_job.h"

/* Which children's blobs are brought. */
enum push_blobs_of {
    PUSH_BLOBS_OF_ABSENT, /* the children that are not in the target's repository */
    PUSH_BLOBS_OF_REFUSED /* those that it refused for want of blobs it had taken: copied (P13) */
};

/* One blob; its `struct copy` has the same number. */
struct push_blob {
    struct map_node node;             /* by digest */
    const struct push_member *member; /* the first that wants it */
    const struct digest *digest;
};

struct push_blobs {
    struct push_job *job;
    enum push_blobs_of which;
    struct copy *copies;
    struct push_blob *blobs;
    size_t count;
    struct map by_digest;
};

/* What these children need: configs and layers; foreign layers are told and left alone (P9). Pure.
 * The caller releases. Errors: too_large, internal. */
bool push_blobs_collect(struct push_job *job, enum push_blobs_of which, struct push_blobs *out,
                        struct error *error) MUST_USE;
void push_blobs_release(struct push_blobs *blobs);

/* P4: keeps the COPY_MOUNTS_MAX repositories that share most with the target's path, the best
 * first, each once; of equal ones the earlier. */
void push_blobs_add_mount(const char *mounts[COPY_MOUNTS_MAX], const char *target,
                          const char *repository);

/* Brings them into the target's repository (P1-P9), and counts what it took. Errors:
 * copy_blobs()'s, draining. */
bool push_bring_blobs(struct push_job *job, enum push_blobs_of which, struct error *error) MUST_USE;

#endif
