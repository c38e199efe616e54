/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All pushes of the daemon: their threads, and those that wait.
 */
#include <stdlib.h>

#include "base/map.h"
#include "server/push_core.h"

enum {
    READERS = 1,
    WORKERS = 4,
    WORKERS_A_REGISTRY = 3, /* one is always left for others than a registry that hangs */
    WAITING_MAX = 64,       /* in a queue, and for other pushes */
    IDLE_MS = 30 * 1000
};

static bool pushes_open(struct pushes *pushes, struct error *error)
{
    const struct workers_settings reading = {
        .threads_max = READERS, .idle = IDLE_MS, .queue_max = WAITING_MAX};
    const struct workers_settings pushing = {.threads_max = WORKERS,
                                             .registry_max = WORKERS_A_REGISTRY,
                                             .idle = IDLE_MS,
                                             .queue_max = WAITING_MAX};

    pushes->claims = claims_new(WAITING_MAX);
    pushes->readers = workers_new(&reading);
    pushes->workers = workers_new(&pushing);
    return (pushes->claims && pushes->readers && pushes->workers) || error_no_memory(error);
}

struct pushes *pushes_new(struct lookup *lookup, struct error *error)
{
    struct pushes *pushes = calloc(1, sizeof(*pushes));
    if (!pushes) {
        (void)error_no_memory(error);
        return NULL;
    }
    pushes->lookup = lookup;
    if (pushes_open(pushes, error))
        return pushes;
    pushes_free(pushes);
    return NULL;
}

void pushes_free(struct pushes *pushes)
{
    if (!pushes)
        return;
    workers_free(pushes->readers); /* first: what it reads goes on to the others */
    workers_free(pushes->workers);
    if (pushes->claims)
        pushes_drain(pushes);
    claims_free(pushes->claims);
    free(pushes);
}

static void pushes_fail_overdue(struct pushes *pushes, int64_t now, const struct error *error)
{
    struct list overdue;

    list_init(&overdue);
    claims_take_overdue(pushes->claims, now, &overdue);
    for (struct list *place; (place = list_take_first(&overdue));)
        push_fail(LIST_ITEM(place, struct push, claim.place), error);
}

void pushes_tick(struct pushes *pushes, int64_t now)
{
    struct error error;

    (void)error_set(&error, ERROR_CONFLICT,
                    "another push to the same tag has been running for %d s; try again when it has "
                    "ended",
                    PUSH_PATIENCE_MS / 1000);
    pushes_fail_overdue(pushes, now, &error);
}

size_t pushes_count(const struct pushes *pushes)
{
    return atomic_load(&pushes->count);
}

void pushes_close(struct pushes *pushes)
{
    atomic_store(&pushes->is_closed, true);
}

void pushes_drain(struct pushes *pushes)
{
    struct error error;

    (void)error_draining(&error);
    pushes_fail_overdue(pushes, INT64_MAX, &error);
}
