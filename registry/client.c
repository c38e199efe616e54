/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One round: call_begin() each unfinished call, wait, call_settle() each.
 */
#include "registry/client.h"

#include "base/clock.h"
#include "registry/call.h"
#include "registry/session.h"
#include "registry/transfer.h"

/* Whether waiting for the quota's end is worth it. A service answers at once: its callers wait. */
static bool may_wait(const struct call *call, int64_t pause, int64_t now)
{
    if (pause <= now || pause <= call->not_before)
        return true;
    bool is_patient = call->retry.allowed > 1 && pause - now <= call->retry.patience;
    return is_patient && pause < call->session->wish.deadline;
}

/* Sleeps out what retries and the registry's own pause ask for. False when the wait is not worth
 * it: the call's error says why. */
static bool wait_for_turn(struct call *call)
{
    int64_t now = clock_monotonic_ms();
    int64_t pause = call_paused_until(call, now);
    int64_t until = call->not_before > pause ? call->not_before : pause;

    if (!may_wait(call, pause, now)) {
        uint32_t wait = clock_seconds_up(pause - now);
        error_set(&call->error, ERROR_RATE_LIMITED, "'%s' asked not to be asked for %u seconds",
                  call->session->endpoint.registry, wait);
        call->error.retry_after = wait;
        return false;
    }
    if (until <= now)
        return true;
    return transfer_engine_sleep(call->session->engine, until) || error_draining(&call->error);
}

void client_run(struct call *const *calls, size_t count)
{
    size_t unfinished = count;

    while (unfinished) {
        for (size_t i = 0; i < count; i++) {
            struct call *call = calls[i];
            if (!call->is_done && !(wait_for_turn(call) && call_begin(call)))
                call_finish(call);
        }
        unfinished = 0;
        for (size_t i = 0; i < count; i++) {
            struct call *call = calls[i];
            if (call->is_done)
                continue;
            transfer_wait_for_flow(call->transfer);
            call_settle(call);
            unfinished += !call->is_done;
        }
    }
}

void client_call_all(struct call *calls, size_t count)
{
    struct call *group[CLIENT_SIDE_BY_SIDE];

    for (size_t begun = 0; begun < count;) {
        size_t size = 0;
        for (; size < CLIENT_SIDE_BY_SIDE && begun < count; begun++) {
            call_open(&calls[begun], calls[begun].session);
            group[size++] = &calls[begun];
        }
        client_run(group, size);
    }
}

void client_call(struct session *session, struct call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        calls[i].session = session;
    client_call_all(calls, count);
}
