/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an answer means. call_settle() reads as the protocol's order of questions: did anything
 * come? moved? who are you? and then, by the kind of call: is it what was wanted?
 */
#include "registry/settle.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "registry/authorize.h"
#include "registry/call.h"
#include "registry/guard.h"
#include "registry/hosts.h"
#include "registry/problem.h"
#include "registry/session.h"
#include "registry/transfer.h"
#include "registry/turn.h"

enum {
    REDIRECTS_MAX = 5,      /* H14 */
    BLOB_REDIRECTS_MAX = 10 /* H14 */
};

void settle_success(struct call *call)
{
    call->error = (struct error){.code = ERROR_NONE};
    call_finish(call);
}

/* -- what went wrong ------------------------------------------------------------------------ */

unsigned call_worth_retries(const struct call *call)
{
    const struct transfer *transfer = call->transfer;

    if (!transfer)
        return 0;
    if (transfer->error.code != ERROR_NONE)
        return transfer->worth_retries;
    return problem_is_retryable(transfer->status) ? UINT_MAX : 0;
}

/* Begins again later, if that may help and may be. */
static void call_try_again(struct call *call, int64_t asked)
{
    int64_t until = 0;

    if (retry_take(&call->retry, call_worth_retries(call), asked, clock_monotonic_ms(), &until))
        call->not_before = until;
    else
        call_finish(call);
}

static void describe_problem(struct call *call)
{
    const struct transfer *transfer = call->transfer;
    struct slice body = buffer_slice(&transfer->body);
    struct buffer what = BUFFER_INIT(2048);
    enum media_type type = call->kind == CALL_PUT_MANIFEST
                               ? media_type_parse(slice_from_string(call->media_type))
                               : MEDIA_TYPE_OTHER;

    call_describe(call, &what);
    if (!call_writes(call))
        problem_describe(transfer->status, body, buffer_string(&what), &call->error);
    else if (!problem_describe_push(transfer->status, body, type, &call->error))
        problem_describe(transfer->status, body, NULL, &call->error);
    buffer_release(&what);
}

void settle_problem(struct call *call)
{
    const struct transfer *transfer = call->transfer;
    int64_t asked = transfer_retry_after(transfer);

    call->body = buffer_slice(&transfer->body);
    describe_problem(call);
    if (call->error.code == ERROR_RATE_LIMITED) {
        call->error.retry_after = clock_seconds_up(asked > 0 ? asked : HOSTS_PAUSE_UNTOLD);
        if (!call->has_left_origin) /* another host's quota is not the registry's */
            turn_pause(call->session, asked);
    } else if (asked > 0 && problem_is_retryable(transfer->status)) {
        call->error.retry_after = clock_seconds_up(asked); /* H20: the wait is reported */
    }
    bool is_refusal = call->error.code == ERROR_DENIED && !call->has_left_origin;
    if (!is_refusal || !authorize_anew(call))
        call_try_again(call, asked);
}

/* A deadline that cuts a second try is no news: the first error says what is wrong. */
static void settle_failure(struct call *call)
{
    const struct transfer *transfer = call->transfer;
    bool is_cut = transfer->error.code == ERROR_TIMEOUT && call->error.code != ERROR_NONE;

    if (!is_cut)
        call->error = transfer->error;
    call_try_again(call, -1);
}

/* -- moved ---------------------------------------------------------------------------------- */

static bool is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* What is kept of the hop that ends: the word of the registry itself counts for the chain. */
static void leave_hop(struct call *call)
{
    const struct transfer *transfer = call->transfer;

    if (call->has_left_origin)
        return;
    call->peer_was_private = transfer->peer_is_private;
    if (transfer->headers.digest) {
        free(call->hop_digest);
        call->hop_digest = strdup(transfer->headers.digest);
    }
}

/* H14: what changes something is sent again only where the registry itself keeps it; what is
 * streamed cannot be. */
static bool check_write_redirect(const struct call *call, const struct url *next,
                                 struct error *error)
{
    long status = call->transfer->status;

    if (!call_writes(call) || call->is_confirming)
        return true;
    return ((status == 307 || status == 308) && !call->relay &&
            url_same_origin(next, &call->session->origin)) ||
           error_set(error, ERROR_UPSTREAM,
                     "the registry redirects it to '%s' (%ld), which is not followed",
                     ESCAPED(slice_from_string(next->host)), status);
}

/* H14-H16: by hand, so that each hop is judged and credentials stay behind. */
static bool follow(struct call *call)
{
    const char *location = call->transfer->headers.location;
    bool is_blob = call->kind == CALL_GET_BLOB || call->kind == CALL_STREAM_BLOB ||
                   call->kind == CALL_HEAD_BLOB;
    unsigned allowed = is_blob ? BLOB_REDIRECTS_MAX : REDIRECTS_MAX;
    CLEANUP(url_release) struct url next = {0};

    if (!location)
        return error_set(&call->error, ERROR_UPSTREAM, "'%s' redirects without saying where",
                         call->url.host);
    if (call->redirects++ == allowed)
        return error_set(&call->error, ERROR_UPSTREAM, "more than %u redirects", allowed);
    if (!url_parse(slice_from_string(location), call->url.text, "redirect", &next, &call->error) ||
        !guard_check_redirect(&call->session->endpoint, &call->url, &next, &call->error) ||
        !check_write_redirect(call, &next, &call->error))
        return false;
    leave_hop(call);
    if (!url_same_origin(&next, &call->session->origin))
        call->has_left_origin = true;
    url_release(&call->url);
    call->url = next;
    next = (struct url){0};
    return true;
}

/* -- what was read -------------------------------------------------------------------------- */

const char *settle_stated_digest(const struct call *call)
{
    const char *stated = call->transfer->headers.digest;
    return stated && *stated ? stated : call->hop_digest;
}

/* What may pass, or wants credentials, would be no other for a GET. */
static bool head_tells_nothing(const struct call *call, long status)
{
    return !problem_is_retryable(status) && (status != 401 || call->has_left_origin);
}

/* H8: good only with a type, a length and a digest; else a GET must tell. */
static void settle_head_manifest(struct call *call)
{
    const struct transfer_headers *headers = &call->transfer->headers;
    long status = call->transfer->status;
    const char *stated = settle_stated_digest(call);
    struct error ignored;

    if (status != 200 && !head_tells_nothing(call, status)) {
        settle_problem(call);
        return;
    }
    call->has_found = status == 200 && headers->content_type && headers->content_length &&
                      strcmp(headers->content_length, "0") != 0 && stated &&
                      digest_parse(slice_from_string(stated), &call->found, &ignored);
    settle_success(call);
}

static bool check_size(struct call *call)
{
    if (call->size < 0 || (size_t)call->size == call->body.length)
        return true;
    struct buffer what = BUFFER_INIT(2048);
    call_describe(call, &what);
    error_set(&call->error, ERROR_UPSTREAM, "%s has %zu bytes, not the %lld its descriptor says",
              buffer_string(&what), call->body.length, (long long)call->size);
    buffer_release(&what);
    return false;
}

/* H9: by digest, the digest asked for; by tag, what the registry states, if it states anything. */
static bool check_digest(struct call *call)
{
    const char *stated = call->kind == CALL_GET_MANIFEST ? settle_stated_digest(call) : NULL;
    struct digest expected = {.algorithm = DIGEST_SHA256};
    bool is_expected = true;

    if (call->wanted)
        expected = *call->wanted;
    else if (stated)
        is_expected = digest_parse(slice_from_string(stated), &expected, &call->error);
    if (!is_expected) {
        call->error.code = ERROR_UPSTREAM;
        error_prefix(&call->error, "the registry's Docker-Content-Digest: ");
        return false;
    }
    if (!digest_compute(expected.algorithm, call->body, &call->found))
        return error_no_memory(&call->error);
    if (expected.text[0] == '\0' || digest_equal(&expected, &call->found))
        return true;
    if (media_type_is_schema1(media_type_parse(call->content_type)))
        return manifest_refuse_schema1(&call->error); /* H9: its digest is of a part of it */
    return error_set(&call->error, ERROR_UPSTREAM,
                     "'%s' sent content with the digest %.20s... for %s %.20s...",
                     call->session->endpoint.registry, call->found.text,
                     call->wanted ? "the digest" : "what it calls", expected.text);
}

static void settle_content(struct call *call)
{
    const struct transfer *transfer = call->transfer;

    if (transfer->status != 200) {
        settle_problem(call);
        return;
    }
    call->error = (struct error){.code = ERROR_NONE};
    call->body = buffer_slice(&transfer->body);
    call->content_type = slice_from_string(transfer->headers.content_type);
    call->has_found = check_size(call) && check_digest(call);
    call_finish(call);
}

/* What a page of tags says, and where the next one is, is the list's to judge. */
static void settle_page(struct call *call)
{
    const struct transfer *transfer = call->transfer;

    if (transfer->status != 200) {
        settle_problem(call);
        return;
    }
    call->body = buffer_slice(&transfer->body);
    call->links = slice_from_string(transfer->headers.links);
    settle_success(call);
}

/* H25: whether the registry keeps lists of referrers; what is on this one nobody asked. */
static void settle_referrers(struct call *call)
{
    struct slice type = slice_from_string(call->transfer->headers.content_type);
    long status = call->transfer->status;

    if (status != 200 && status != 400 && status != 404 && status != 405 && status != 406) {
        settle_problem(call);
        return;
    }
    call->has_found = status == 200 && media_type_parse(type) == MEDIA_TYPE_OCI_INDEX;
    settle_success(call);
}

/* Its content is the relay's to judge. */
static void settle_stream(struct call *call)
{
    if (call->transfer->status != 200)
        settle_problem(call);
    else
        settle_success(call);
}

bool settle_has_length(const struct call *call)
{
    const char *length = call->transfer->headers.content_length;
    struct buffer expected = BUFFER_INIT(32);

    buffer_append_integer(&expected, call->size);
    bool is_same = length && (call->size < 0 || strcmp(length, buffer_string(&expected)) == 0);
    buffer_release(&expected);
    return is_same;
}

/* P1. An object store behind the registry may refuse a HEAD of what it would let us GET. */
static void settle_head_blob(struct call *call)
{
    long status = call->transfer->status;
    bool is_answer = status == 200 || status == 404 || status == 405 ||
                     (status >= 400 && status < 500 && call->has_left_origin);

    if (!is_answer) {
        settle_problem(call);
        return;
    }
    call->has_found = status == 200 && settle_has_length(call);
    if (call->has_found)
        call->found = *call->wanted;
    settle_success(call);
}

/* -- one answer ----------------------------------------------------------------------------- */

static void (*const settlers[])(struct call *call) = {
    [CALL_HEAD_MANIFEST] = settle_head_manifest,
    [CALL_GET_MANIFEST] = settle_content,
    [CALL_GET_BLOB] = settle_content,
    [CALL_LIST_TAGS] = settle_page,
    [CALL_GET_REFERRERS] = settle_referrers,
    [CALL_STREAM_BLOB] = settle_stream,
    [CALL_HEAD_BLOB] = settle_head_blob,
    [CALL_MOUNT_BLOB] = settle_mount,
    [CALL_OPEN_UPLOAD] = settle_upload,
    [CALL_PUT_BLOB] = settle_put,
    [CALL_PUT_PIECE] = settle_piece,
    [CALL_CANCEL_UPLOAD] = settle_success, /* P3: best effort */
    [CALL_PUT_MANIFEST] = settle_put,
    [CALL_DELETE_MANIFEST] = settle_delete,
    [CALL_DELETE_BLOB] = settle_delete,
};

void call_settle(struct call *call)
{
    const struct transfer *transfer = call->transfer;

    if (transfer->is_flowing) { /* the rest is the engine's, and the relay's */
        call->status = 200;
        settle_success(call);
        return;
    }
    call->status = transfer->status;
    call->session->was_answered |= transfer->status > 0;
    turn_note_answer(call);
    if (transfer->error.code != ERROR_NONE) {
        settle_failure(call);
    } else if (call->kind == CALL_CANCEL_UPLOAD) {
        settle_success(call);
    } else if (is_redirect(transfer->status)) {
        if (!follow(call))
            call_finish(call);
    } else if (!call->has_left_origin && authorize_wants_answer(transfer)) {
        if (!authorize_answer(call))
            call_finish(call);
    } else if (call->is_confirming) {
        settle_confirmation(call);
    } else {
        settlers[call->kind](call);
    }
}
