/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the daemon counts of its own doings. metrics_page.c shows it.
 *
 * A hit is counted a hundred thousand times a second, by several threads: each adds to the cells of
 * the core that it runs on, without a lock, and whoever reads adds up the cores. Nothing is counted
 * by names that callers choose.
 *
 * Any thread. `metrics` may be NULL wherever something is counted: then nobody counts.
 */
#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "registry/registry.h"
#include "server/access.h"
#include "server/request.h"

struct metrics;
struct response;
struct snapshot;

enum {
    METRICS_ROUTES_MAX = 32,    /* router_number()s */
    METRICS_STATUSES_MAX = 20,  /* metrics_status() of those we send, and 0 for others */
    METRICS_BOUNDS_MAX = 12,    /* of durations */
    METRICS_REGISTRIES_MAX = 12 /* registries with counters of their own; the first is "other" */
};

/* Why a request was turned away before anything was done for it. */
enum rejection {
    REJECTED_RATE_LIMIT,
    REJECTED_CONNECTIONS,
    REJECTED_TOO_LARGE,
    REJECTED_OVERLOAD,
    REJECTED_AUTH,
    REJECTED_DRAINING,
    REJECTION_COUNT
};

/* How a request to a registry ended. */
enum asking {
    ASKING_OK,         /* 2xx */
    ASKING_REDIRECTED, /* 3xx */
    ASKING_REFUSED,    /* 4xx */
    ASKING_LIMITED,    /* 429 */
    ASKING_BROKEN,     /* 5xx */
    ASKING_FAILED,     /* no answer, or half of one */
    ASKING_COUNT
};

/* How often something took how long. */
struct metrics_durations {
    uint64_t counts[METRICS_BOUNDS_MAX + 1]; /* within each of metrics_bounds, and above the last */
    uint64_t sum;                            /* ms */
};
extern const uint32_t metrics_bounds[METRICS_BOUNDS_MAX]; /* ms */

/* All counters, since the start. */
struct tally {
    uint64_t requests[METRICS_ROUTES_MAX][METHOD_OTHER + 1][METRICS_STATUSES_MAX];
    struct metrics_durations request_durations[METRICS_ROUTES_MAX];
    uint64_t rejections[REJECTION_COUNT];
    uint64_t queries[ERROR_CODE_COUNT][OUTCOME_COUNT]; /* ERROR_NONE: answered */
    uint64_t pushes[ERROR_CODE_COUNT];
    uint64_t registry_requests[METRICS_REGISTRIES_MAX][REGISTRY_OPERATION_COUNT][ASKING_COUNT];
    struct metrics_durations registry_durations[REGISTRY_OPERATION_COUNT];
};

struct metrics *metrics_new(void) MUST_USE; /* NULL: no memory */
void metrics_free(struct metrics *metrics);
CLEANUP_DEFINE(struct metrics, metrics_free)

/* Counts what the snapshot's registry asks, from its first request on. Docker Hub and the hosts
 * that the operator listed have counters of their own, as far as there is room, and keep them. One
 * thread at a time. */
void metrics_watch(struct metrics *metrics, const struct snapshot *snapshot);

/* -- counting ------------------------------------------------------------------------------- */

/* The answer to the request is on its way at `now`. */
void metrics_count_answer(struct metrics *metrics, const struct request *request,
                          const struct response *response, int64_t now);
void metrics_count_rejection(struct metrics *metrics, enum rejection reason);
/* ERROR_NONE: it was answered. */
void metrics_count_query(struct metrics *metrics, enum outcome outcome, enum error_code code);
void metrics_count_push(struct metrics *metrics, enum error_code code);

/* -- reading -------------------------------------------------------------------------------- */

/* When they were made, in ms since 1970. */
int64_t metrics_started(const struct metrics *metrics);
/* Adds up; what is counted meanwhile may be in it or not. */
void metrics_read(const struct metrics *metrics, struct tally *out);
/* The name that registry_requests[index] is counted by; NULL: none yet. Static, or as long as the
 * metrics. */
const char *metrics_registry(const struct metrics *metrics, size_t index);
/* The index of a registry's counters: 0 where it has none of its own. */
size_t metrics_find_registry(const struct metrics *metrics, const char *registry);
/* The status that requests[][][index] is counted by; 0: others, or none. */
unsigned metrics_status(size_t index);

#endif
