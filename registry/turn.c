/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/turn.h"

#include "base/clock.h"
#include "base/escape.h"
#include "registry/client.h"
#include "registry/credential.h"
#include "registry/hosts.h"
#include "registry/notice.h"
#include "registry/session.h"
#include "registry/transfer.h"

enum {
    NAME_MAX_BYTES = 4096,
    NOTICE_SHOWN = 512,
    NOTICES_MAX = 4096 /* H23 */
};

/* A quota is one of who asks, so all requests in the same name share it (hosts.h, "asker"). */
static bool write_asker(const struct session *session, struct buffer *out)
{
    char identity[CREDENTIAL_IDENTITY_SIZE];

    credential_identity(session->credential, identity);
    return buffer_format(out, "%s %s", session->endpoint.base, identity);
}

/* -- waiting -------------------------------------------------------------------------------- */

/* H20: when the quota that the call falls under is open again, clock_monotonic_ms(). */
static int64_t paused_until(const struct session *session, int64_t now)
{
    struct buffer asker = BUFFER_INIT(NAME_MAX_BYTES);
    int64_t until = 0;

    if (write_asker(session, &asker))
        until = hosts_paused_until(session->registry->hosts, buffer_string(&asker), now);
    buffer_release(&asker);
    return until;
}

/* Whether waiting for the quota's end is worth it. A service answers at once: its callers wait. */
static bool may_wait(const struct call *call, int64_t pause, int64_t now)
{
    if (pause <= now || pause <= call->not_before)
        return true;
    bool is_patient = call->retry.allowed > 1 && pause - now <= call->retry.patience;
    return is_patient && pause < call->session->wish.deadline;
}

static bool wait_for_turn(struct call *call)
{
    int64_t now = clock_monotonic_ms();
    int64_t pause = paused_until(call->session, now);
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

/* -- the breaker ---------------------------------------------------------------------------- */

/* A person wants to try, whatever came of it before. A push that has begun goes on by its own
 * rules: only its first question is one that could be spared. */
static bool heeds_breaker(const struct session *session)
{
    return !session->registry->settings->open && !(session->wish.is_push && session->is_under_way);
}

/* Once a call: its retries are its own. */
static bool pass_breaker(struct call *call)
{
    struct session *session = call->session;
    bool is_to_ask = !call->has_passed && heeds_breaker(session);

    call->has_passed = true;
    session->is_under_way = true;
    if (!is_to_ask)
        return true;
    struct hosts_pass pass = hosts_pass(session->registry->hosts, session->endpoint.base,
                                        !session->wish.is_push, clock_monotonic_ms());
    call->is_probe = pass.is_probe;
    if (pass.wait == 0)
        return true;
    uint32_t wait = clock_seconds_up(pass.wait);
    error_set(&call->error, ERROR_UPSTREAM,
              "'%s' has not answered %u times in a row; asked again in %u s",
              session->endpoint.registry, pass.failures, wait);
    call->error.retry_after = wait;
    return false;
}

bool turn_take(struct call *call)
{
    return wait_for_turn(call) && pass_breaker(call);
}

void turn_end(struct call *call)
{
    if (!call->is_probe)
        return;
    hosts_end_probe(call->session->registry->hosts, call->session->endpoint.base);
    call->is_probe = false;
}

/* No answer at all, none in time, or only that it is broken. What it is written to may fail for
 * reasons of its own. */
static bool is_silence(const struct transfer *transfer)
{
    if (transfer->error.code == ERROR_TIMEOUT)
        return true;
    if (transfer->error.code == ERROR_UPSTREAM)
        return transfer->status == 0;
    return transfer->status >= 500 && transfer->status != 501 && transfer->status != 505;
}

static void note_life(const struct call *call)
{
    struct hosts *hosts = call->session->registry->hosts;
    const char *origin = call->session->endpoint.base;
    const struct transfer *transfer = call->transfer;
    bool writes = transfer->method != TRANSFER_GET && transfer->method != TRANSFER_HEAD;

    if (!is_silence(transfer) && transfer->status > 0)
        hosts_note_answer(hosts, origin);
    else if (is_silence(transfer) && !writes)
        hosts_note_failure(hosts, origin, clock_monotonic_ms());
}

/* -- quotas --------------------------------------------------------------------------------- */

void turn_pause(const struct session *session, int64_t asked)
{
    struct buffer asker = BUFFER_INIT(NAME_MAX_BYTES);

    if (write_asker(session, &asker))
        hosts_pause_for(session->registry->hosts, buffer_string(&asker), asked,
                        clock_monotonic_ms());
    buffer_release(&asker);
}

static void note_quota(const struct call *call)
{
    const struct transfer_headers *headers = &call->transfer->headers;
    const struct quota_headers said = {headers->quota.limit, headers->quota.remaining,
                                       headers->quota.reset, headers->quota.source};
    struct buffer asker = BUFFER_INIT(NAME_MAX_BYTES);
    struct quota quota;

    if (said.remaining && quota_read(&said, clock_monotonic_ms(), clock_realtime_ms(), &quota) &&
        write_asker(call->session, &asker))
        hosts_note_quota(call->session->registry->hosts, buffer_string(&asker), &quota);
    buffer_release(&asker);
}

bool turn_is_precious(const struct session *session)
{
    const struct registry *registry = session->registry;
    struct buffer asker = BUFFER_INIT(NAME_MAX_BYTES);
    bool is_below = write_asker(session, &asker) &&
                    hosts_quota_is_below(registry->hosts, buffer_string(&asker),
                                         registry->settings->quota_floor, clock_monotonic_ms());

    buffer_release(&asker);
    return is_below;
}

/* -- what people are to be told ------------------------------------------------------------- */

/* Once a process, and an origin's first few only: whoever names hosts shall not fill our log. */
static void tell_notice(const struct session *session, struct slice notice)
{
    const struct registry *registry = session->registry;
    struct buffer text = BUFFER_INIT(NAME_MAX_BYTES);
    char shown[NOTICE_SHOWN];

    if (!hosts_note_notice(registry->hosts, session->endpoint.base, notice))
        return;
    buffer_format(&text, "'%s' says: %s", session->endpoint.registry,
                  escape_text(shown, sizeof(shown), notice));
    registry->warn(registry->warn_context, buffer_string(&text));
    buffer_release(&text);
}

static void note_notices(const struct call *call)
{
    struct slice rest = slice_from_string(call->transfer->headers.notices);
    struct buffer notice = BUFFER_INIT(NOTICES_MAX);

    rest = slice_until(rest, NOTICES_MAX);
    while (call->session->registry->warn && notice_take(&rest, &notice))
        tell_notice(call->session, buffer_slice(&notice));
    buffer_release(&notice);
}

/* What a redirect's target says and does is its own affair. */
void turn_note_answer(struct call *call)
{
    if (call->has_left_origin)
        return;
    note_life(call);
    note_quota(call);
    note_notices(call);
}
