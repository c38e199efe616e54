/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the answers to calls that change something mean (rules P2-P7, P12): settle.c's second half.
 */
#include <string.h>

#include "base/escape.h"
#include "registry/call.h"
#include "registry/settle.h"
#include "registry/transfer.h"

/* What the registry says it has stored is what was sent. In another algorithm than ours only what
 * we still have can be compared. */
static bool is_stored_as_sent(const struct call *call, const char *stated)
{
    struct digest digest;
    struct digest ours = *call->wanted;
    struct error ignored;

    if (!digest_parse(slice_from_string(stated), &digest, &ignored))
        return false;
    if (digest.algorithm != ours.algorithm) {
        if (call->relay)
            return true;
        if (!digest_compute(digest.algorithm, call->content, &ours))
            return false;
    }
    return digest_equal(&digest, &ours);
}

/* P12: success, unless the registry itself says that it holds something else. */
static void settle_stored(struct call *call)
{
    const char *stated = call->transfer->headers.digest;

    if (stated && *stated && !is_stored_as_sent(call, stated)) {
        error_set(&call->error, ERROR_UPSTREAM,
                  "the registry rewrote the %s: it holds '%s...', not %.19s...",
                  call->kind == CALL_PUT_MANIFEST ? "manifest" : "blob",
                  ESCAPED(slice_until(slice_from_string(stated), 19)), call->wanted->text);
        call_finish(call);
        return;
    }
    call->has_found = true;
    call->found = *call->wanted;
    settle_success(call);
}

/* P12: a 200 may be anybody's page; that the thing is there is the proof. P14: only this answer
 * tells whether the registry understood the subject. */
void settle_put(struct call *call)
{
    long status = call->transfer->status;
    struct slice understood = slice_from_string(call->transfer->headers.subject);

    call->is_referrer = call->subject.length && slice_equal(understood, call->subject);
    if (status == 201) {
        settle_stored(call);
    } else if (status == 200 || status == 202 || status == 204) {
        call->is_confirming = true;
        url_release(&call->url);
    } else {
        settle_problem(call);
    }
}

void settle_confirmation(struct call *call)
{
    const char *stated = settle_stated_digest(call);
    long status = call->transfer->status;
    bool is_manifest = call->kind == CALL_PUT_MANIFEST;
    bool is_shown = status == 200 && (is_manifest ? stated != NULL : settle_has_length(call));

    if (is_shown) {
        settle_stored(call);
    } else if (call_worth_retries(call)) {
        settle_problem(call);
    } else {
        error_set(&call->error, ERROR_UPSTREAM,
                  "the registry did not say that it stored it, and does not show it (%ld)", status);
        call_finish(call);
    }
}

/* P2, P3. */
void settle_mount(struct call *call)
{
    const char *stated = call->transfer->headers.digest;
    long status = call->transfer->status;

    if (status == 202)
        call->location = call->transfer->headers.location;
    if (status != 201 && status != 202 && status != 400 && status != 404 && status != 405 &&
        status != 403) {
        settle_problem(call);
        return;
    }
    call->is_mounted = status == 201 && (!stated || !*stated || is_stored_as_sent(call, stated));
    settle_success(call);
}

/* A number of bytes that we could do with. */
static int64_t read_size(const char *text)
{
    int64_t size = 0;

    for (const char *digit = text; digit && *digit; digit++) {
        if (*digit < '0' || *digit > '9' || size > INT64_MAX / 100)
            return 0;
        size = 10 * size + (*digit - '0');
    }
    return size;
}

void settle_upload(struct call *call)
{
    call->location = call->transfer->headers.location;
    call->piece_min = read_size(call->transfer->headers.chunk_min_length);
    if (call->transfer->status != 202) {
        settle_problem(call);
        return;
    }
    if (call->location && *call->location) {
        settle_success(call);
        return;
    }
    error_set(&call->error, ERROR_UPSTREAM, "the registry does not say where to upload it");
    call_finish(call);
}

/* P7: the registry says how far the upload is; some say nothing. */
static bool has_all_so_far(const struct call *call)
{
    struct slice range = slice_from_string(call->transfer->headers.range);
    struct buffer expected = BUFFER_INIT(64);

    if (slice_starts_with(range, SLICE("bytes=")))
        range = slice_from(range, 6);
    buffer_format(&expected, "0-%lld", (long long)(call->offset + call->size - 1));
    bool is_same = range.length == 0 || slice_equal(range, buffer_slice(&expected));
    buffer_release(&expected);
    return is_same;
}

/* P6: the next piece goes to the newest location. */
void settle_piece(struct call *call)
{
    const char *location = call->transfer->headers.location;

    if (call->transfer->status != 202) {
        settle_problem(call);
        return;
    }
    call->location = location && *location ? location : call->target;
    if (has_all_so_far(call)) {
        settle_success(call);
        return;
    }
    error_set(&call->error, ERROR_UPSTREAM, "the registry took '%s' of it, not all %lld bytes",
              ESCAPED(slice_from_string(call->transfer->headers.range)),
              (long long)call->offset + call->size);
    call_finish(call);
}

void settle_delete(struct call *call)
{
    long status = call->transfer->status;

    if (status == 200 || status == 202 || status == 204)
        settle_success(call);
    else
        settle_problem(call);
}
