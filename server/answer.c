/* SPDX-License-Identifier: Apache-2.0 */
#include "server/answer.h"

#include "server/cache.h"
#include "server/question.h"
#include "server/response.h"

enum {
    BODY_MAX = 8 * 1024 * 1024, /* a thousand platforms with features and versions take less */
    CACHE_CONTROL_MAX = 64
};

static void add_max_age(struct response *response, int64_t milliseconds)
{
    CLEANUP(buffer_release) struct buffer value = BUFFER_INIT(CACHE_CONTROL_MAX);
    if (buffer_format(&value, "public, max-age=%lld", (long long)(milliseconds / 1000)))
        response_set_header(response, "Cache-Control", buffer_string(&value));
}

static void add_cache_control(struct response *response, const struct question *question,
                              const struct cache_finding *finding,
                              const struct config_cache *settings)
{
    bool is_partial = finding->report->is_partial;

    if (question_is_private(question)) {
        response_set_header(response, "Cache-Control", "private, no-store");
    } else if (finding->state != CACHE_FRESH) {
        response_set_header(response, "Cache-Control", "no-cache");
    } else if (question->reference->digest && !is_partial) {
        response_set_header(response, "Cache-Control", "public, max-age=31536000, immutable");
    } else {
        add_max_age(response, is_partial ? settings->negative : settings->fresh);
    }
}

/* Appending once to a buffer with this very ceiling takes no byte too many: the bytes are kept. */
static struct response *response_of_size(const char *content_type, struct slice body)
{
    CLEANUP(buffer_release) struct buffer exact = BUFFER_INIT(body.length);
    return buffer_append_slice(&exact, body) ? response_new(200, content_type, &exact) : NULL;
}

struct response *answer_new(const struct question *question, const struct cache_finding *finding,
                            const struct config_cache *settings, struct error *error)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(BODY_MAX);
    const struct report_view view = {.image = buffer_slice(&question->image),
                                     .confirmed = finding->confirmed,
                                     .asked = question->asked,
                                     .is_stale = finding->state != CACHE_FRESH};

    (void)(question->is_text ? report_write_text : report_write_json)(finding->report, &view,
                                                                      &body);
    if (!buffer_check(&body, "answer", error))
        return NULL;
    const char *type = question->is_text ? "text/plain; charset=utf-8" : "application/json";
    struct response *response = response_of_size(type, buffer_slice(&body));
    if (!response) {
        (void)error_no_memory(error);
        return NULL;
    }
    add_cache_control(response, question, finding, settings);
    response_set_header(response, "Vary", "Accept, X-Registry-Auth");
    return response;
}

struct response *answer_from_error(const struct error *error, bool is_private,
                                   const struct config_cache *settings)
{
    struct response *response = response_from_error(error);

    if (is_private)
        response_set_header(response, "Cache-Control", "private, no-store");
    else if (error->code == ERROR_NOT_FOUND)
        add_max_age(response, settings->negative);
    return response;
}
