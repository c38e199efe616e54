/* SPDX-License-Identifier: Apache-2.0 */
#include "server/asker.h"

#include "base/clock.h"
#include "server/rate_limits.h"
#include "server/request.h"
#include "server/response.h"
#include "server/snapshot.h"

struct asker asker_of(const struct request *request)
{
    return (struct asker){.snapshot = snapshot_ref(request->snapshot),
                          .limits = request->limits,
                          .client = request->client};
}

void asker_release(struct asker *asker)
{
    snapshot_unref(TAKE(asker->snapshot));
}

static bool refuse(const struct allowance *allowance, uint32_t questions, struct error *error)
{
    (void)error_set(error, ERROR_QUOTA,
                    "%u questions a minute that are not answered from the cache are the limit "
                    "here, of which %u are left, and this takes %u; more in %u s",
                    allowance->limit, allowance->left, questions, allowance->resets);
    error->retry_after = allowance->resets;
    return false;
}

bool asker_charge(const struct asker *asker, uint32_t questions, struct error *error)
{
    uint32_t limit = asker->snapshot->config->server.rate_limit;
    struct allowance allowance;

    if (!asker->limits)
        return true;
    if (questions > limit)
        questions = limit;
    return rate_limits_take(asker->limits, &asker->client, questions, limit, clock_monotonic_ms(),
                            &allowance) ||
           refuse(&allowance, questions, error);
}

void asker_refund(const struct asker *asker)
{
    if (asker->limits)
        rate_limits_give_back(asker->limits, &asker->client, clock_monotonic_ms());
}

bool request_charge(const struct request *request, uint32_t questions, struct error *error)
{
    CLEANUP(asker_release) struct asker asker = asker_of(request);
    return asker_charge(&asker, questions, error);
}

struct response *request_tell_allowance(const struct request *request, struct response *response)
{
    uint32_t limit = request_config(request)->server.rate_limit;

    if (!request->limits)
        return response;
    const struct allowance allowance =
        rate_limits_look(request->limits, &request->client, limit, clock_monotonic_ms());
    response = response_change(response);
    allowance_tell(&allowance, response);
    return response;
}
