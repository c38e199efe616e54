/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/relays.h"

#include "base/clock.h"
#include "registry/exchange.h"
#include "registry/relay.h"

static struct transfer **side_of(const struct transfer *transfer)
{
    struct relay *relay = transfer->relay;
    return transfer->method == TRANSFER_GET ? &relay->source : &relay->target;
}

void relays_join(struct relay **relays, struct transfer *transfer)
{
    struct relay *relay = transfer->relay;

    if (!relay->source && !relay->target) {
        relay->next = *relays;
        *relays = relay;
    }
    *side_of(transfer) = transfer;
    if (transfer == relay->target)
        relay->left = transfer->relayed;
}

/* A source that answered something else than the content has not begun yet. */
static void judge_end(const struct transfer *transfer)
{
    struct relay *relay = transfer->relay;
    bool is_good = transfer->error.code == ERROR_NONE && transfer->status == 200;

    if (transfer->method != TRANSFER_GET) {
        if (relay->left > 0 || transfer->error.code != ERROR_NONE)
            relay_fail(relay, RELAY_TARGET_ENDED);
    } else if (is_good) {
        relay_finish_source(relay);
    } else if (transfer->is_flowing) {
        relay_fail(relay, RELAY_SOURCE_FAILED);
    }
}

void relays_leave(struct relay **relays, struct transfer *transfer)
{
    struct relay *relay = transfer->relay;

    judge_end(transfer);
    *side_of(transfer) = NULL;
    if (!relay->source && !relay->target) {
        while (*relays != relay)
            relays = &(*relays)->next;
        *relays = relay->next;
    }
}

static void give_up(struct transfer_engine *engine, struct transfer *transfer,
                    relays_complete_function complete)
{
    if (transfer->error.code == ERROR_NONE)
        error_set(&transfer->error, ERROR_UPSTREAM, "the other side of the copy has failed");
    complete(engine, transfer);
}

/* curl may deliver what it held back from inside the call, and fail by it. */
static void wake(struct transfer_engine *engine, struct transfer *transfer,
                 relays_complete_function complete)
{
    CURLcode result = curl_easy_pause(transfer->handle, CURLPAUSE_CONT);

    if (result == CURLE_OK)
        return;
    exchange_finish(transfer->handle, transfer, result);
    complete(engine, transfer);
}

/* The relay is its owner's again as soon as its last side is complete. */
static void tend(struct relay *relay, struct transfer_engine *engine,
                 relays_complete_function complete)
{
    struct transfer *source = relay->source;
    struct transfer *target = relay->target;

    relay_watch(relay, clock_monotonic_ms());
    bool has_failed = relay->fault != RELAY_FINE;
    bool wakes_source = relay_may_wake_source(relay);
    bool wakes_target = relay_may_wake_target(relay);
    if (source && has_failed)
        give_up(engine, source, complete);
    else if (source && wakes_source)
        wake(engine, source, complete);
    if (target && has_failed)
        give_up(engine, target, complete);
    else if (target && wakes_target)
        wake(engine, target, complete);
}

void relays_tend(struct relay *relays, struct transfer_engine *engine,
                 relays_complete_function complete)
{
    while (relays) {
        struct relay *relay = relays;
        relays = relays->next;
        tend(relay, engine, complete);
    }
}
