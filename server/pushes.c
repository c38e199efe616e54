/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All pushes of the daemon: their lanes with the threads of each, and those that wait.
 */
#include <stdlib.h>

#include "base/map.h"
#include "server/push_core.h"

enum {
    READERS = 1,
    WORKERS = 4,            /* of a lane */
    WORKERS_A_REGISTRY = 3, /* one is always left for others than a registry that hangs */
    WAITING_MAX = 64,       /* in a queue, and for other pushes */
    IDLE_MS = 30 * 1000
};

static const char *const lane_names[PUSH_LANES] = {
    [PUSH_KNOWN] = "known",
    [PUSH_ANONYMOUS] = "anonymous",
};

static bool lane_open(struct push_lane *lane, enum push_standing standing)
{
    const struct workers_settings settings = {.threads_max = WORKERS,
                                              .registry_max = WORKERS_A_REGISTRY,
                                              .idle = IDLE_MS,
                                              .queue_max = WAITING_MAX};

    lane->name = lane_names[standing];
    lane->claims = claims_new(WAITING_MAX);
    lane->workers = workers_new(&settings);
    return lane->claims && lane->workers;
}

static bool pushes_open(struct pushes *pushes, struct error *error)
{
    const struct workers_settings settings = {
        .threads_max = READERS, .idle = IDLE_MS, .queue_max = WAITING_MAX};

    pushes->readers = workers_new(&settings);
    return (pushes->readers && lane_open(&pushes->lanes[PUSH_KNOWN], PUSH_KNOWN) &&
            lane_open(&pushes->lanes[PUSH_ANONYMOUS], PUSH_ANONYMOUS)) ||
           error_no_memory(error);
}

struct push_lane *pushes_lane(struct pushes *pushes, const struct request *request)
{
    return &pushes->lanes[request->client.push_token > 0 ? PUSH_KNOWN : PUSH_ANONYMOUS];
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

static void lane_fail_overdue(struct push_lane *lane, int64_t now, const struct error *error)
{
    struct list overdue;

    list_init(&overdue);
    claims_take_overdue(lane->claims, now, &overdue);
    for (struct list *place; (place = list_take_first(&overdue));)
        push_fail(LIST_ITEM(place, struct push, claim.place), error);
}

/* Also one that was not opened, or by halves. */
static void lane_release(struct push_lane *lane)
{
    struct error error;

    workers_free(lane->workers);
    (void)error_draining(&error);
    if (lane->claims)
        lane_fail_overdue(lane, INT64_MAX, &error);
    claims_free(lane->claims);
}

void pushes_free(struct pushes *pushes)
{
    if (!pushes)
        return;
    workers_free(pushes->readers); /* first: what it reads goes on to the others */
    for (size_t i = 0; i < PUSH_LANES; i++)
        lane_release(&pushes->lanes[i]);
    free(pushes);
}

static void pushes_fail_overdue(struct pushes *pushes, int64_t now, const struct error *error)
{
    for (size_t i = 0; i < PUSH_LANES; i++)
        lane_fail_overdue(&pushes->lanes[i], now, error);
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
