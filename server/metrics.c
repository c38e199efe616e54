/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The counters of one core are a struct tally, too, each added to atomically: a thread may be moved
 * to another core between asking for its number and adding.
 */
#include "server/metrics.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "server/response.h"
#include "server/router.h"
#include "server/snapshot.h"

enum {
    CORES = 8, /* a power of two; more cores than these share */
    CELLS = sizeof(struct tally) / sizeof(uint64_t)
};

struct metrics {
    int64_t started;
    struct tally cores[CORES];
    /* Set once each, never changed. */
    _Atomic(char *) registries[METRICS_REGISTRIES_MAX];
};

const uint32_t metrics_bounds[METRICS_BOUNDS_MAX] = {5,   10,   25,   50,   100,   250,
                                                     500, 1000, 2500, 5000, 10000, 25000};

static const unsigned statuses[METRICS_STATUSES_MAX] = {
    0, 200, 204, 304, 400, 401, 403, 404, 405, 409, 413, 414, 415, 422, 429, 500, 502, 503, 504};

struct metrics *metrics_new(void)
{
    struct metrics *metrics = calloc(1, sizeof(*metrics));
    if (metrics)
        metrics->started = clock_realtime_ms();
    return metrics;
}

int64_t metrics_started(const struct metrics *metrics)
{
    return metrics->started;
}

void metrics_free(struct metrics *metrics)
{
    if (!metrics)
        return;
    for (size_t i = 0; i < METRICS_REGISTRIES_MAX; i++)
        free(atomic_load(&metrics->registries[i]));
    free(metrics);
}

/* -- registries ----------------------------------------------------------------------------- */

const char *metrics_registry(const struct metrics *metrics, size_t index)
{
    if (index == 0)
        return "other";
    return index < METRICS_REGISTRIES_MAX ? atomic_load(&metrics->registries[index]) : NULL;
}

size_t metrics_find_registry(const struct metrics *metrics, const char *registry)
{
    const char *name;

    for (size_t i = 1; (name = metrics_registry(metrics, i)); i++) {
        if (strcmp(name, registry) == 0)
            return i;
    }
    return 0;
}

static void name_registry(struct metrics *metrics, const char *registry)
{
    size_t i = 1;

    if (metrics_find_registry(metrics, registry) > 0)
        return;
    while (metrics_registry(metrics, i))
        i++;
    if (i < METRICS_REGISTRIES_MAX)
        atomic_store(&metrics->registries[i], strdup(registry));
}

/* -- counting ------------------------------------------------------------------------------- */

static struct tally *cells_here(struct metrics *metrics)
{
    return &metrics->cores[(unsigned)sched_getcpu() % CORES];
}

/* The compiler's built-in: it takes the plain numbers that readers of a tally want to see. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the built-in changes it */
static void add(uint64_t *cell, uint64_t amount)
{
    (void)__atomic_fetch_add(cell, amount, __ATOMIC_RELAXED);
}

static void add_duration(struct metrics_durations *durations, int64_t ms)
{
    size_t i = 0;

    while (i < METRICS_BOUNDS_MAX && ms > metrics_bounds[i])
        i++;
    add(&durations->counts[i], 1);
    add(&durations->sum, ms > 0 ? (uint64_t)ms : 0);
}

unsigned metrics_status(size_t index)
{
    return index < METRICS_STATUSES_MAX ? statuses[index] : 0;
}

static size_t find_status(unsigned status)
{
    for (size_t i = 1; i < METRICS_STATUSES_MAX && statuses[i]; i++) {
        if (statuses[i] == status)
            return i;
    }
    return 0;
}

void metrics_count_rejection(struct metrics *metrics, enum rejection reason)
{
    if (metrics)
        add(&cells_here(metrics)->rejections[reason], 1);
}

/* Of the errors that are refusals; REJECTION_COUNT: it is none. */
static enum rejection rejection_of(const struct response *response)
{
    static const struct {
        enum error_code code;
        enum rejection reason;
    } reasons[] = {
        {ERROR_QUOTA, REJECTED_RATE_LIMIT},    {ERROR_UNAUTHORIZED, REJECTED_AUTH},
        {ERROR_OVERLOADED, REJECTED_OVERLOAD}, {ERROR_DRAINING, REJECTED_DRAINING},
        {ERROR_TOO_LARGE, REJECTED_TOO_LARGE},
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].code == response->error)
            return reasons[i].reason;
    }
    return REJECTION_COUNT;
}

/* Too large may be a body, a URI, or the image, which has been looked at then. */
static void count_rejection(struct metrics *metrics, const struct response *response)
{
    enum rejection reason = rejection_of(response);
    bool is_image = response->status == response_status(ERROR_TOO_LARGE);

    if (reason != REJECTION_COUNT && !(reason == REJECTED_TOO_LARGE && is_image))
        metrics_count_rejection(metrics, reason);
}

void metrics_count_answer(struct metrics *metrics, const struct request *request,
                          const struct response *response, int64_t now)
{
    size_t route = router_number(request->route);

    if (!metrics || route >= METRICS_ROUTES_MAX)
        return;
    struct tally *here = cells_here(metrics);
    add(&here->requests[route][request->method][find_status(response->status)], 1);
    add_duration(&here->request_durations[route], now - request->started);
    if (response->error != ERROR_NONE)
        count_rejection(metrics, response);
}

void metrics_count_query(struct metrics *metrics, enum outcome outcome, enum error_code code)
{
    if (metrics)
        add(&cells_here(metrics)->queries[code][outcome], 1);
}

void metrics_count_push(struct metrics *metrics, enum error_code code)
{
    if (metrics)
        add(&cells_here(metrics)->pushes[code], 1);
}

static enum asking asking_of(long status)
{
    if (status < 200)
        return ASKING_FAILED;
    if (status < 300)
        return ASKING_OK;
    if (status < 400)
        return ASKING_REDIRECTED;
    if (status >= 500)
        return ASKING_BROKEN;
    return status == 429 ? ASKING_LIMITED : ASKING_REFUSED;
}

/* What the registry's watch calls. */
static void count_registry(void *context, const struct registry_event *event)
{
    struct metrics *metrics = context;
    struct tally *here = cells_here(metrics);
    size_t registry = metrics_find_registry(metrics, event->registry);

    add(&here->registry_requests[registry][event->operation][asking_of(event->status)], 1);
    add_duration(&here->registry_durations[event->operation], event->ms);
}

void metrics_watch(struct metrics *metrics, const struct snapshot *snapshot)
{
    const struct config_registry *settings = &snapshot->config->registry;

    name_registry(metrics, "docker.io");
    for (size_t i = 0; i < settings->host_count; i++) {
        const char *name = settings->hosts[i].name;
        if (name[0] != '*')
            name_registry(metrics, name);
    }
    registry_on_event(snapshot->registry, count_registry, metrics);
}

/* -- reading -------------------------------------------------------------------------------- */

void metrics_read(const struct metrics *metrics, struct tally *out)
{
    uint64_t *sums = (uint64_t *)out;

    memset(out, 0, sizeof(*out));
    for (size_t core = 0; core < CORES; core++) {
        const uint64_t *cells = (const uint64_t *)&metrics->cores[core];
        for (size_t i = 0; i < CELLS; i++)
            sums[i] += __atomic_load_n(&cells[i], __ATOMIC_RELAXED);
    }
}
