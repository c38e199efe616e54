/* SPDX-License-Identifier: Apache-2.0 */
#include "server/answer.h"

#include "server/cache.h"
#include "server/etag.h"
#include "server/gzip.h"
#include "server/http_date.h"
#include "server/lookup_kind.h"
#include "server/question.h"
#include "server/response.h"

enum {
    BODY_MAX = 64 * 1024 * 1024, /* whatever the limits of documents let through takes less */
    CACHE_CONTROL_MAX = 128,
    CACHE_STATUS_MAX = 64,
    DATE_MAX = 40,
    REVALIDATE_MAX = 60,      /* seconds; who asks anew is soon told */
    YEAR = 365 * 24 * 60 * 60 /* seconds */
};

#define STATUS_HIT "mqueryd; hit" /* RFC 9211 */
#define VARY       "Accept, Accept-Encoding, X-Registry-Auth"

/* "public" would let a cache that many share give it to those who brought no token, too (RFC 9111,
 * section 3.5). */
static const char *audience(const struct question *question)
{
    return question->is_guarded ? "private" : "public";
}

static void add_vary(struct response *response, const struct question *question)
{
    response_set_literal(response, "Vary", question->is_guarded ? VARY ", Authorization" : VARY);
}

static void add_max_age(struct response *response, const struct question *question, int64_t seconds,
                        const char *more)
{
    CLEANUP(buffer_release) struct buffer value = BUFFER_INIT(CACHE_CONTROL_MAX);
    if (buffer_format(&value, "%s, max-age=%lld%s", audience(question), (long long)seconds, more))
        response_set_header(response, "Cache-Control", buffer_string(&value));
}

/* Whoever keeps our answers may do as we do with the registry's (RFC 5861), but for as long only as
 * a refreshing takes: what is stale there may be so here already. */
static void add_tag_age(struct response *response, const struct question *question, int64_t left,
                        const struct config_cache *settings)
{
    CLEANUP(buffer_release) struct buffer more = BUFFER_INIT(CACHE_CONTROL_MAX);
    int64_t revalidate = settings->stale_while_revalidate / 1000;

    (void)buffer_format(&more, ", stale-while-revalidate=%lld, stale-if-error=%lld",
                        (long long)(revalidate < REVALIDATE_MAX ? revalidate : REVALIDATE_MAX),
                        (long long)settings->stale_if_error / 1000);
    add_max_age(response, question, left, buffer_string(&more));
}

static bool is_for_good(const struct question *question, const struct cache_finding *finding)
{
    return question->reference->digest && !question_is_private(question) &&
           !finding->report->is_partial;
}

/* Seconds for which a fresh answer stays so. */
static int64_t time_left(const struct question *question, const struct cache_finding *finding,
                         const struct config_cache *settings)
{
    bool is_partial = finding->report->is_partial;

    if (is_for_good(question, finding))
        return YEAR;
    return cache_fresh_left(is_partial ? settings->negative : settings->fresh, finding->period) /
           1000;
}

static void add_cache_control(struct response *response, const struct question *question,
                              const struct cache_finding *finding, int64_t left,
                              const struct config_cache *settings)
{
    if (question_is_private(question))
        response_set_literal(response, "Cache-Control", "private, no-store");
    else if (finding->state != CACHE_FRESH)
        response_set_literal(response, "Cache-Control", "no-cache");
    else if (is_for_good(question, finding))
        add_max_age(response, question, left, ", immutable");
    else if (finding->report->is_partial)
        add_max_age(response, question, left, "");
    else
        add_tag_age(response, question, left, settings);
}

/* As of one who finds it in the cache (RFC 9211). */
static void add_cache_status(struct response *response, const struct cache_finding *finding,
                             int64_t left)
{
    CLEANUP(buffer_release) struct buffer status = BUFFER_INIT(CACHE_STATUS_MAX);

    if (finding->state != CACHE_FRESH)
        response_set_literal(response, "Cache-Status", STATUS_HIT "; detail=stale");
    else if (buffer_format(&status, STATUS_HIT "; ttl=%lld", (long long)left))
        response_set_header(response, "Cache-Status", buffer_string(&status));
}

/* What the body means but for when that was confirmed, which comes first in it. */
static struct slice meaning_of(struct slice body)
{
    if (!slice_starts_with(body, SLICE("{\"cachets\":")))
        return body;
    return slice_from(body, (size_t)slice_find(body, ','));
}

static void add_validators(struct response *response, struct slice body, int64_t confirmed)
{
    CLEANUP(buffer_release) struct buffer tag = BUFFER_INIT(ETAG_SIZE);
    CLEANUP(buffer_release) struct buffer date = BUFFER_INIT(DATE_MAX);

    if (etag_write(meaning_of(body), &tag))
        response_set_header(response, "ETag", buffer_string(&tag));
    if (http_date_write(confirmed, &date))
        response_set_header(response, "Last-Modified", buffer_string(&date));
}

/* Appending once to a buffer with this very ceiling takes no byte too many: the bytes are kept. */
static struct response *response_of_size(const char *content_type, struct slice body)
{
    CLEANUP(buffer_release) struct buffer exact = BUFFER_INIT(body.length);
    return buffer_append_slice(&exact, body) ? response_new(STATUS_OK, content_type, &exact) : NULL;
}

static struct response *response_encoded(const struct question *question, struct slice body)
{
    CLEANUP(buffer_release) struct buffer packed = BUFFER_INIT(body.length);
    const char *type = question->is_text ? "text/plain; charset=utf-8" : "application/json";

    if (!question->takes_gzip || !gzip_write(body, &packed))
        return response_of_size(type, body);
    struct response *response = response_of_size(type, buffer_slice(&packed));
    if (response)
        response_set_literal(response, "Content-Encoding", "gzip");
    return response;
}

struct response *answer_new(const struct question *question, const struct cache_finding *finding,
                            const struct config_cache *settings, struct error *error)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(BODY_MAX);

    question->kind->write(question, finding, &body);
    if (!buffer_check(&body, "answer", error))
        return NULL;
    struct response *response = response_encoded(question, buffer_slice(&body));
    if (!response) {
        (void)error_no_memory(error);
        return NULL;
    }
    int64_t left = time_left(question, finding, settings);
    add_cache_control(response, question, finding, left, settings);
    add_validators(response, buffer_slice(&body), finding->confirmed);
    add_vary(response, question);
    add_cache_status(response, finding, left);
    return response;
}

struct response *answer_from_error(const struct error *error, const struct question *question,
                                   const struct config_cache *settings)
{
    struct response *response = response_from_error(error);

    if (question_is_private(question))
        response_set_literal(response, "Cache-Control", "private, no-store");
    else if (error->code == ERROR_NOT_FOUND)
        add_max_age(response, question, settings->negative / 1000, "");
    add_vary(response, question);
    return response;
}

/* -- how it was come by --------------------------------------------------------------------- */

static bool write_status(struct buffer *out, const struct question *question, enum outcome outcome,
                         bool is_answer)
{
    static const char *const reasons[] = {
        [FORWARD_MISS] = "miss", [FORWARD_STALE] = "stale", [FORWARD_REQUEST] = "request"};

    switch (outcome) {
    case OUTCOME_REFUSED:
        return false;
    case OUTCOME_HIT:
    case OUTCOME_STALE_HIT: /* an answer says so itself */
        return !is_answer && buffer_append_string(out, STATUS_HIT);
    case OUTCOME_STOOD_IN:
        return buffer_append_string(out, "mqueryd; fwd=stale; detail=failed");
    case OUTCOME_MISS:
    case OUTCOME_JOINED:
        break;
    }
    return buffer_format(out, "mqueryd; fwd=%s%s%s", reasons[question->forward],
                         outcome == OUTCOME_JOINED ? "; collapsed" : "",
                         is_answer ? "; stored" : "");
}

struct response *answer_tell_cache(struct response *response, const struct question *question,
                                   enum outcome outcome)
{
    CLEANUP(buffer_release) struct buffer status = BUFFER_INIT(CACHE_STATUS_MAX);

    if (!write_status(&status, question, outcome, response->status == STATUS_OK))
        return response;
    response = response_change(response);
    response_set_header(response, "Cache-Status", buffer_string(&status));
    return response;
}
