/* SPDX-License-Identifier: Apache-2.0 */
#include "server/reception.h"

#include "server/crowd.h"
#include "server/metrics.h"
#include "server/rate_limits.h"
#include "server/request.h"
#include "server/router.h"
#include "server/snapshot.h"

enum {
    CLIENTS_MAX = 65536 /* whose questions are counted at once: about 7 MiB */
};

bool reception_open(struct reception *reception, struct error *error)
{
    reception->metrics = metrics_new();
    reception->limits = rate_limits_new(CLIENTS_MAX);
    reception->crowd = crowd_new();
    return (reception->metrics && reception->limits && reception->crowd) || error_no_memory(error);
}

void reception_release(struct reception *reception)
{
    crowd_free(TAKE(reception->crowd));
    rate_limits_free(TAKE(reception->limits));
    metrics_free(TAKE(reception->metrics));
}

/* How many connections the client at the other end may have; 0: any number. Behind a proxy there
 * are many clients, behind a Unix socket nobody knows who. */
static uint32_t connections_max(const struct reception *reception, const struct request_way *way)
{
    struct snapshot *snapshot = snapshots_take(reception->snapshots);
    uint32_t max = snapshot->config->server.max_connections_per_client;

    if (!way->peer.is_known || networks_have(&snapshot->gate.proxies, &way->peer))
        max = 0;
    snapshot_unref(snapshot);
    return max;
}

bool reception_welcome(struct reception *reception, struct request_way *way)
{
    const struct client client = {.address = way->peer};
    uint32_t max = connections_max(reception, way);

    if (max == 0)
        return true;
    way->is_counted = crowd_enter(reception->crowd, &client, max);
    if (!way->is_counted)
        metrics_count_rejection(reception->metrics, REJECTED_CONNECTIONS);
    return way->is_counted;
}

void reception_farewell(struct reception *reception, const struct request_way *way)
{
    const struct client client = {.address = way->peer};

    if (way->is_counted)
        crowd_leave(reception->crowd, &client);
}

void reception_greet(struct reception *reception, struct request *request)
{
    request->metrics = request->way.is_pulse ? NULL : reception->metrics;
    if (!request->snapshot)
        request->snapshot = snapshots_take(reception->snapshots);
    request->limits = request_config(request)->server.rate_limit > 0 ? reception->limits : NULL;
    router_greet(request);
}
