/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One round: each unfinished call has its turn, all get the tokens they need, each is begun; then
 * each is waited for and settled.
 */
#include "registry/client.h"

#include "registry/authorize.h"
#include "registry/call.h"
#include "registry/transfer.h"
#include "registry/turn.h"

static void begin_round(struct call *const *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!calls[i]->is_done && !turn_take(calls[i]))
            call_finish(calls[i]);
    authorize_all(calls, count);
    for (size_t i = 0; i < count; i++)
        if (!calls[i]->is_done && !call_begin(calls[i]))
            call_finish(calls[i]);
}

/* Returns how many are unfinished. */
static size_t end_round(struct call *const *calls, size_t count)
{
    size_t unfinished = 0;

    for (size_t i = 0; i < count; i++) {
        struct call *call = calls[i];
        if (call->is_done)
            continue;
        transfer_wait_for_flow(call->transfer);
        call_settle(call);
        unfinished += !call->is_done;
    }
    return unfinished;
}

void client_run(struct call *const *calls, size_t count)
{
    do
        begin_round(calls, count);
    while (end_round(calls, count));
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
