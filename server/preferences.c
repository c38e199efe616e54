/* SPDX-License-Identifier: Apache-2.0 */
#include "server/preferences.h"

#include <stdlib.h>

#include "server/accept.h"
#include "server/etag.h"
#include "server/gzip.h"
#include "server/http_date.h"
#include "server/problem.h"
#include "server/request.h"
#include "server/response.h"

enum {
    VARY_MAX = 128
};

/* -- reading -------------------------------------------------------------------------------- */

/* If-None-Match decides alone where both are sent (RFC 9110, section 13.1.3). */
static void read_conditions(struct preferences *preferences, const struct request *request)
{
    CLEANUP(buffer_release) struct buffer lines = BUFFER_INIT(HEADER_LIST_MAX);
    struct slice tags = request_header_list(request, "if-none-match", &lines);
    struct slice date = request_header(request, "if-modified-since");

    preferences->known_tags = tags.length > 0 ? slice_copy(tags) : NULL;
    preferences->known_since = INT64_MIN;
    if (tags.length == 0 && date.length > 0 && !http_date_read(date, &preferences->known_since))
        preferences->known_since = INT64_MIN;
}

static bool origins_are_all(const struct string_list *origins)
{
    return origins->count == 1 && strcmp(origins->items[0], "*") == 0;
}

static bool origin_is_listed(const struct string_list *origins, struct slice origin)
{
    for (size_t i = 0; i < origins->count; i++) {
        if (slice_equal_string(origin, origins->items[i]))
            return true;
    }
    return false;
}

static void read_origin(struct preferences *preferences, const struct request *request,
                        const struct string_list *origins)
{
    if (!origins || origins->count == 0)
        return;
    if (origins_are_all(origins)) {
        preferences->readable_by = strdup("*");
        return;
    }
    struct slice origin = request_header(request, "origin");
    preferences->origins_differ = true;
    if (origin_is_listed(origins, origin))
        preferences->readable_by = slice_copy(origin);
}

static bool any_is_set(const struct preferences *preferences)
{
    return preferences->request_id[0] != '\0' || preferences->known_tags ||
           preferences->known_since != INT64_MIN || preferences->readable_by ||
           preferences->origins_differ || preferences->takes_gzip || preferences->takes_problems;
}

void preferences_read(struct preferences *preferences, const struct request *request,
                      const struct string_list *origins)
{
    CLEANUP(buffer_release) struct buffer codings = BUFFER_INIT(HEADER_LIST_MAX);
    CLEANUP(buffer_release) struct buffer types = BUFFER_INIT(HEADER_LIST_MAX);

    trace_read_request_id(request_header(request, "x-request-id"), preferences->request_id);
    trace_read_parent(request_header(request, "traceparent"), preferences->trace_id);
    read_conditions(preferences, request);
    read_origin(preferences, request, origins);
    preferences->takes_gzip =
        gzip_is_accepted(request_header_list(request, "accept-encoding", &codings));
    preferences->takes_problems =
        problem_is_accepted(request_header_list(request, "accept", &types));
    preferences->change_answers = any_is_set(preferences);
}

void preferences_release(struct preferences *preferences)
{
    free(preferences->known_tags);
    free(preferences->readable_by);
    *preferences = (struct preferences){.known_since = INT64_MIN};
}

/* -- heeding -------------------------------------------------------------------------------- */

static bool is_known_since(const struct preferences *preferences, const struct response *response)
{
    const char *modified = response_header(response, "Last-Modified");
    int64_t since = 0;

    return preferences->known_since != INT64_MIN && modified &&
           http_date_read(slice_from_string(modified), &since) && since <= preferences->known_since;
}

/* Only a normal answer to a question can be one that is known. */
static bool is_known(const struct preferences *preferences, const struct request *request,
                     const struct response *response)
{
    const char *tag = response_header(response, "ETag");

    if (response->status != STATUS_OK ||
        (request->method != METHOD_GET && request->method != METHOD_HEAD))
        return false;
    if (!preferences->known_tags)
        return is_known_since(preferences, response);
    return tag &&
           etag_is_listed(slice_from_string(preferences->known_tags), slice_from_string(tag));
}

static bool wants_gzip(const struct preferences *preferences, const struct response *response)
{
    return preferences->takes_gzip && response->body_length >= GZIP_WORTH &&
           !response_header(response, "Content-Encoding");
}

static void vary_by_origin(struct response *response)
{
    CLEANUP(buffer_release) struct buffer vary = BUFFER_INIT(VARY_MAX);
    const char *already = response_header(response, "Vary");

    if (buffer_format(&vary, "%s%sOrigin", already ? already : "", already ? ", " : ""))
        response_set_header(response, "Vary", buffer_string(&vary));
}

/* https://fetch.spec.whatwg.org/#http-responses */
static void tell_origins(const struct preferences *preferences, struct response *response)
{
    if (preferences->origins_differ)
        vary_by_origin(response);
    if (!preferences->readable_by)
        return;
    response_set_header(response, "Access-Control-Allow-Origin", preferences->readable_by);
    response_set_literal(response, "Access-Control-Expose-Headers",
                         "ETag, Retry-After, RateLimit, RateLimit-Policy, Cache-Status, "
                         "X-Request-Id");
}

static bool adds_headers(const struct preferences *preferences)
{
    return preferences->request_id[0] != '\0' || preferences->readable_by ||
           preferences->origins_differ;
}

struct response *preferences_heed(const struct preferences *preferences,
                                  const struct request *request, struct response *response)
{
    if (!preferences->change_answers)
        return response;
    if (preferences->takes_problems && response->status >= STATUS_FIRST_ERROR) {
        response = response_change(response);
        problem_response(response, preferences->request_id);
    }
    if (wants_gzip(preferences, response)) {
        response = response_change(response);
        gzip_response(response);
    }
    if (is_known(preferences, request, response)) {
        response = response_change(response);
        response_set_not_modified(response);
    }
    if (!adds_headers(preferences))
        return response;
    response = response_change(response);
    tell_origins(preferences, response);
    if (preferences->request_id[0] != '\0')
        response_set_header(response, "X-Request-Id", preferences->request_id);
    return response;
}
