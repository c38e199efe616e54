/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One round: fetch_begin() each unfinished fetch, wait, fetch_settle() each. fetch_settle() reads
 * as the protocol's order of questions: did anything come? moved? who are you? try later? is it
 * what was asked for?
 */
#include "registry/client.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "registry/authorize.h"
#include "registry/credential.h"
#include "registry/guard.h"
#include "registry/hosts.h"
#include "registry/problem.h"
#include "registry/secret.h"
#include "registry/session.h"
#include "registry/transfer.h"

enum {
    REDIRECTS_MAX = 5,       /* H14 */
    BLOB_REDIRECTS_MAX = 10, /* H14 */
    URL_MAX = 4096,
    DEFAULT_PAUSE_MS = 5000,   /* a 429 that does not say how long */
    LONGEST_PAUSE_MS = 3600000 /* no answer keeps us away for longer than an hour */
};

/* -- fetches -------------------------------------------------------------------------------- */

struct fetch fetch_head(const char *target)
{
    return (struct fetch){.kind = FETCH_HEAD, .target = target, .size = -1};
}

struct fetch fetch_manifest(const char *target, const struct digest *wanted, int64_t size)
{
    return (struct fetch){.kind = FETCH_MANIFEST, .target = target, .wanted = wanted, .size = size};
}

struct fetch fetch_blob(const struct digest *wanted, int64_t size)
{
    return (struct fetch){
        .kind = FETCH_BLOB, .target = wanted->text, .wanted = wanted, .size = size};
}

void fetch_release(struct fetch *fetch)
{
    transfer_free(fetch->transfer);
    url_release(&fetch->url);
    free(fetch->scope);
    secret_free(fetch->token);
    free(fetch->hop_digest);
    *fetch = (struct fetch){0};
}

static void fetch_finish(struct fetch *fetch)
{
    fetch->is_done = true;
}

/* What was asked, for messages: "manifest 'latest' of 'docker.io/a/b'". */
static void fetch_describe(const struct session *session, const struct fetch *fetch,
                           struct buffer *out)
{
    buffer_format(out, "%s '%s' of '%s/%s'", fetch->kind == FETCH_BLOB ? "blob" : "manifest",
                  fetch->target, session->endpoint.registry, session->repository);
}

static size_t fetch_size_limit(const struct fetch *fetch)
{
    return fetch->kind == FETCH_BLOB ? CONFIG_SIZE_MAX : MANIFEST_SIZE_MAX;
}

/* -- beginning ------------------------------------------------------------------------------ */

/* H1: only parts that have passed a parser come together here. */
static bool fetch_write_url(const struct session *session, struct fetch *fetch)
{
    struct buffer text = BUFFER_INIT(URL_MAX);

    buffer_format(&text, "%s/v2/%s/%s/%s", session->endpoint.base, session->repository,
                  fetch->kind == FETCH_BLOB ? "blobs" : "manifests", fetch->target);
    bool done = buffer_check(&text, "the registry's URL", &fetch->error) &&
                url_parse(buffer_slice(&text), NULL, "registry", &fetch->url, &fetch->error);
    buffer_release(&text);
    return done;
}

static bool fetch_add_headers(struct session *session, struct fetch *fetch,
                              struct transfer *transfer)
{
    const char *accept =
        fetch->kind == FETCH_BLOB ? "application/octet-stream, */*" : media_type_accept();

    if (!transfer_add_header(transfer, "Accept", slice_from_string(accept), &fetch->error))
        return false;
    return fetch->has_left_origin || authorize(session, fetch, transfer, &fetch->error);
}

static bool fetch_begin(struct session *session, struct fetch *fetch)
{
    if (!fetch->url.text && !fetch_write_url(session, fetch))
        return false;
    CLEANUP(transfer_free_p)
    struct transfer *transfer = session_transfer(
        session, &fetch->url, fetch->has_left_origin ? ROUTE_REDIRECT : ROUTE_REGISTRY,
        fetch->peer_was_private, &fetch->error);
    if (!transfer)
        return false;
    transfer->is_head = fetch->kind == FETCH_HEAD;
    transfer->body_limit = fetch_size_limit(fetch);
    if (!fetch_add_headers(session, fetch, transfer))
        return false;
    if (!transfer_start(session->registry->engine, transfer, &fetch->error))
        return false;
    transfer_free(fetch->transfer);
    fetch->transfer = TAKE(transfer);
    return true;
}

/* -- settling: not the content -------------------------------------------------------------- */

/* H20: a registry's quota is one of who asks, so all requests in the same name wait. */
static void write_quota_name(const struct session *session, struct buffer *out)
{
    char identity[CREDENTIAL_IDENTITY_SIZE];

    credential_identity(session->credential, identity);
    buffer_format(out, "%s %s", session->endpoint.base, identity);
}

static void pause_quota(const struct session *session, int64_t asked)
{
    int64_t pause = asked < LONGEST_PAUSE_MS ? asked : LONGEST_PAUSE_MS;
    struct buffer name = BUFFER_INIT(URL_MAX);

    write_quota_name(session, &name);
    if (pause > 0 && buffer_ok(&name))
        hosts_pause(session->registry->hosts, buffer_string(&name), clock_monotonic_ms() + pause);
    buffer_release(&name);
}

static int64_t quota_paused_until(const struct session *session, int64_t now)
{
    struct buffer name = BUFFER_INIT(URL_MAX);

    write_quota_name(session, &name);
    int64_t until = hosts_paused_until(session->registry->hosts, buffer_string(&name), now);
    buffer_release(&name);
    return until;
}

static void fetch_settle_problem(struct session *session, struct fetch *fetch)
{
    const struct transfer *transfer = fetch->transfer;
    struct buffer what = BUFFER_INIT(2048);
    int64_t asked = transfer_retry_after(transfer);
    int64_t until = 0;

    fetch_describe(session, fetch, &what);
    problem_describe(transfer->status, buffer_slice(&transfer->body), buffer_string(&what),
                     &fetch->error);
    buffer_release(&what);
    if (fetch->error.code == ERROR_RATE_LIMITED) {
        fetch->error.retry_after = clock_seconds_up(asked > 0 ? asked : DEFAULT_PAUSE_MS);
        if (!fetch->has_left_origin) /* another host's quota is not the registry's */
            pause_quota(session, asked);
    }
    unsigned worth = problem_is_retryable(transfer->status) ? UINT_MAX : 0;
    if (retry_take(&fetch->retry, worth, asked, clock_monotonic_ms(), &until))
        fetch->not_before = until;
    else
        fetch_finish(fetch);
}

/* A deadline that cuts a second try is no news: the first error says what is wrong. */
static void fetch_settle_failure(struct fetch *fetch)
{
    const struct transfer *transfer = fetch->transfer;
    int64_t until = 0;
    bool is_cut = transfer->error.code == ERROR_TIMEOUT && fetch->error.code != ERROR_NONE;

    if (!is_cut)
        fetch->error = transfer->error;
    if (retry_take(&fetch->retry, transfer->worth_retries, -1, clock_monotonic_ms(), &until))
        fetch->not_before = until;
    else
        fetch_finish(fetch);
}

/* H14-H16: by hand, so that each hop is judged and credentials stay behind. */
static bool fetch_follow(struct session *session, struct fetch *fetch)
{
    const struct transfer *transfer = fetch->transfer;
    const char *location = transfer->headers.location;
    unsigned allowed = fetch->kind == FETCH_BLOB ? BLOB_REDIRECTS_MAX : REDIRECTS_MAX;
    struct url next = {0};

    if (!location)
        return error_set(&fetch->error, ERROR_UPSTREAM, "'%s' redirects without saying where",
                         fetch->url.host);
    if (fetch->redirects++ == allowed)
        return error_set(&fetch->error, ERROR_UPSTREAM, "more than %u redirects", allowed);
    if (!url_parse(slice_from_string(location), fetch->url.text, "redirect", &next, &fetch->error))
        return false;
    if (!guard_check_redirect(&session->endpoint, &fetch->url, &next, &fetch->error)) {
        url_release(&next);
        return false;
    }
    if (!fetch->has_left_origin) {
        fetch->peer_was_private = transfer->peer_is_private;
        if (transfer->headers.digest) {
            free(fetch->hop_digest);
            fetch->hop_digest = strdup(transfer->headers.digest);
        }
    }
    if (!url_same_origin(&next, &session->origin))
        fetch->has_left_origin = true;
    url_release(&fetch->url);
    fetch->url = next;
    return true;
}

static bool is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* -- settling: the content ------------------------------------------------------------------ */

/* The registry's word on the digest: the last answer's, else that of a hop before it (H11). */
static const char *fetch_stated_digest(const struct fetch *fetch)
{
    const char *stated = fetch->transfer->headers.digest;
    return stated && *stated ? stated : fetch->hop_digest;
}

/* H8: good only with a type, a length and a digest; else a GET must tell. */
static void fetch_settle_head(struct fetch *fetch)
{
    const struct transfer_headers *headers = &fetch->transfer->headers;
    const char *stated = fetch_stated_digest(fetch);
    struct error ignored;

    fetch->error = (struct error){.code = ERROR_NONE};
    fetch->has_found = fetch->transfer->status == 200 && headers->content_type &&
                       headers->content_length && strcmp(headers->content_length, "0") != 0 &&
                       stated && digest_parse(slice_from_string(stated), &fetch->found, &ignored);
    fetch_finish(fetch);
}

static bool fetch_check_size(const struct session *session, struct fetch *fetch)
{
    if (fetch->size < 0 || (size_t)fetch->size == fetch->body.length)
        return true;
    struct buffer what = BUFFER_INIT(2048);
    fetch_describe(session, fetch, &what);
    error_set(&fetch->error, ERROR_UPSTREAM, "%s has %zu bytes, not the %lld its descriptor says",
              buffer_string(&what), fetch->body.length, (long long)fetch->size);
    buffer_release(&what);
    return false;
}

/* H9: by digest, the digest asked for; by tag, what the registry states, if it states anything. */
static bool fetch_check_digest(const struct session *session, struct fetch *fetch)
{
    const char *stated = fetch->kind == FETCH_MANIFEST ? fetch_stated_digest(fetch) : NULL;
    struct digest expected = {.algorithm = DIGEST_SHA256};
    bool is_expected = true;

    if (fetch->wanted)
        expected = *fetch->wanted;
    else if (stated)
        is_expected = digest_parse(slice_from_string(stated), &expected, &fetch->error);
    if (!is_expected) {
        fetch->error.code = ERROR_UPSTREAM;
        error_prefix(&fetch->error, "the registry's Docker-Content-Digest: ");
        return false;
    }
    if (!digest_compute(expected.algorithm, fetch->body, &fetch->found))
        return error_no_memory(&fetch->error);
    if (expected.text[0] == '\0' || digest_equal(&expected, &fetch->found))
        return true;
    return error_set(&fetch->error, ERROR_UPSTREAM,
                     "'%s' sent content with the digest %.20s... for %s %.20s...",
                     session->endpoint.registry, fetch->found.text,
                     fetch->wanted ? "the digest" : "what it calls", expected.text);
}

static void fetch_settle_content(struct session *session, struct fetch *fetch)
{
    const struct transfer *transfer = fetch->transfer;

    fetch->error = (struct error){.code = ERROR_NONE};
    fetch->body = buffer_slice(&transfer->body);
    fetch->content_type = slice_from_string(transfer->headers.content_type);
    fetch->has_found = fetch_check_size(session, fetch) && fetch_check_digest(session, fetch);
    fetch_finish(fetch);
}

/* -- rounds --------------------------------------------------------------------------------- */

static void fetch_settle(struct session *session, struct fetch *fetch)
{
    const struct transfer *transfer = fetch->transfer;
    long status = transfer->status;

    if (transfer->error.code != ERROR_NONE) {
        fetch_settle_failure(fetch);
    } else if (is_redirect(status)) {
        if (!fetch_follow(session, fetch))
            fetch_finish(fetch);
    } else if (!fetch->has_left_origin && authorize_wants_answer(transfer)) {
        if (!authorize_answer(session, fetch))
            fetch_finish(fetch);
    } else if (fetch->kind == FETCH_HEAD &&
               (status == 200 || status == 403 || status == 404 || status == 405)) {
        fetch_settle_head(fetch);
    } else if (status == 200) {
        fetch_settle_content(session, fetch);
    } else {
        fetch_settle_problem(session, fetch);
    }
}

/* Whether waiting for the quota's end is worth it. A service answers at once: its callers wait. */
static bool fetch_may_wait(const struct session *session, const struct fetch *fetch, int64_t pause,
                           int64_t now)
{
    if (pause <= now || pause <= fetch->not_before)
        return true;
    bool is_patient = fetch->retry.allowed > 1 && pause - now <= fetch->retry.patience;
    return is_patient && pause < session->deadline;
}

/* Sleeps out what retries and the registry's own pause ask for. False when the wait is not worth
 * it: the fetch's error says why. */
static bool fetch_wait_for_turn(struct session *session, struct fetch *fetch)
{
    int64_t now = clock_monotonic_ms();
    int64_t pause = quota_paused_until(session, now);
    int64_t until = fetch->not_before > pause ? fetch->not_before : pause;

    if (!fetch_may_wait(session, fetch, pause, now)) {
        uint32_t wait = clock_seconds_up(pause - now);
        error_set(&fetch->error, ERROR_RATE_LIMITED, "'%s' asked not to be asked for %u seconds",
                  session->endpoint.registry, wait);
        fetch->error.retry_after = wait;
        return false;
    }
    if (until <= now)
        return true;
    return transfer_engine_sleep(session->registry->engine, until) || error_draining(&fetch->error);
}

void client_fetch(struct session *session, struct fetch *fetches, size_t count)
{
    size_t unfinished = count;

    for (size_t i = 0; i < count; i++)
        fetches[i].retry = retry_begin(session->retries, session->deadline);
    while (unfinished) {
        for (size_t i = 0; i < count; i++) {
            struct fetch *fetch = &fetches[i];
            if (!fetch->is_done &&
                !(fetch_wait_for_turn(session, fetch) && fetch_begin(session, fetch)))
                fetch_finish(fetch);
        }
        unfinished = 0;
        for (size_t i = 0; i < count; i++) {
            struct fetch *fetch = &fetches[i];
            if (fetch->is_done)
                continue;
            transfer_wait(fetch->transfer);
            fetch_settle(session, fetch);
            unfinished += !fetch->is_done;
        }
    }
}
