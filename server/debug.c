/* SPDX-License-Identifier: Apache-2.0 */
#include "server/debug.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "build.h"
#include "data/json.h"
#include "server/cache.h"
#include "server/flight.h"
#include "server/http.h"
#include "server/lookup.h"
#include "server/metrics.h"
#include "server/push.h"
#include "server/request.h"
#include "server/response.h"
#include "server/server.h"
#include "server/snapshot.h"

enum {
    PAGE_MAX = 1024 * 1024,
    INDENT = 2,
    LIST_MAX = 100, /* items of each list on a page */
    NAME_MAX_SIZE = 2 * REFERENCE_MAX
};

static void write_number(struct json_writer *writer, const char *key, int64_t value)
{
    json_write_key(writer, key);
    json_write_integer(writer, value);
}

static void write_flag(struct json_writer *writer, const char *key, bool value)
{
    json_write_key(writer, key);
    json_write_boolean(writer, value);
}

static void respond(struct request *request, struct buffer *page)
{
    struct response *response = response_json(STATUS_OK, page);

    response_set_literal(response, "Cache-Control", "no-store");
    request_respond(request, response);
}

/* -- what is going on ----------------------------------------------------------------------- */

static void write_process(struct json_writer *writer, const struct server *server)
{
    bool has_failed_reload = false;
    int64_t configured = server_configured_at(server, &has_failed_reload);
    int64_t started = metrics_started(server_metrics(server));

    json_write_member(writer, "version", BUILD_VERSION);
    write_number(writer, "up_s", (clock_realtime_ms() - started) / 1000);
    write_number(writer, "configured", configured / 1000);
    write_flag(writer, "has_failed_reload", has_failed_reload);
    write_flag(writer, "is_draining", server_is_draining(server));
    write_number(writer, "connections", (int64_t)http_connection_count(server_http(server)));
    write_number(writer, "requests", (int64_t)http_request_count(server_http(server)));
    write_number(writer, "pushes", (int64_t)pushes_count(server_pushes(server)));
    write_number(writer, "log_lines_dropped", (int64_t)log_dropped());
}

static void write_cache(struct json_writer *writer, struct cache *cache)
{
    const struct cache_counts counts = cache_counts(cache);

    json_write_key(writer, "cache");
    json_write_object_begin(writer);
    write_number(writer, "entries", (int64_t)counts.entries);
    write_number(writer, "contents", (int64_t)counts.contents);
    write_number(writer, "answers", (int64_t)counts.answers);
    write_number(writer, "bytes", (int64_t)counts.bytes);
    write_number(writer, "bytes_max", (int64_t)counts.bytes_max);
    json_write_object_end(writer);
}

static void write_workers(struct json_writer *writer, const struct workers_counts *counts)
{
    json_write_key(writer, "workers");
    json_write_object_begin(writer);
    write_number(writer, "threads", (int64_t)counts->threads);
    write_number(writer, "running", (int64_t)counts->running);
    write_number(writer, "waiting", (int64_t)counts->waiting);
    json_write_object_end(writer);
}

static void write_flight(struct json_writer *writer, const struct flight_view *flight)
{
    json_write_object_begin(writer);
    json_write_member(writer, "image", flight->name);
    json_write_member(writer, "kind", flight->kind);
    write_flag(writer, "is_private", flight->is_private);
    write_number(writer, "waiters", (int64_t)flight->waiters);
    write_number(writer, "left_ms", flight->left);
    json_write_object_end(writer);
}

static void write_flights(struct json_writer *writer, const struct lookup *lookup)
{
    struct flight_view *flights = calloc(LIST_MAX, sizeof(*flights));
    size_t count = flights ? lookup_look(lookup, clock_monotonic_ms(), flights, LIST_MAX) : 0;

    json_write_key(writer, "lookups");
    json_write_array_begin(writer);
    for (size_t i = 0; i < count; i++)
        write_flight(writer, &flights[i]);
    json_write_array_end(writer);
    free(flights);
}

static void write_trouble(struct json_writer *writer, const struct registry_trouble *trouble)
{
    json_write_object_begin(writer);
    json_write_member(writer, "registry", trouble->registry);
    write_flag(writer, "is_anonymous", trouble->identity[0] == '\0');
    write_number(writer, "paused_ms", trouble->paused);
    write_number(writer, "failures", trouble->failures);
    write_number(writer, "left_alone_ms", trouble->left_alone);
    json_write_object_end(writer);
}

static void write_troubles(struct json_writer *writer, const struct registry *registry)
{
    struct registry_trouble *troubles = calloc(LIST_MAX, sizeof(*troubles));
    size_t count = troubles ? registry_troubles(registry, troubles, LIST_MAX) : 0;

    json_write_key(writer, "troubles");
    json_write_array_begin(writer);
    for (size_t i = 0; i < count; i++)
        write_trouble(writer, &troubles[i]);
    json_write_array_end(writer);
    free(troubles);
}

static void write_quota(struct json_writer *writer, const struct registry_quota *quota)
{
    json_write_object_begin(writer);
    json_write_member(writer, "registry", quota->registry);
    write_flag(writer, "is_anonymous", quota->identity[0] == '\0');
    write_number(writer, "remaining", quota->remaining);
    if (quota->limit >= 0)
        write_number(writer, "limit", quota->limit);
    if (quota->window > 0)
        write_number(writer, "window_s", quota->window);
    if (quota->source[0] != '\0')
        json_write_member(writer, "source", quota->source);
    write_number(writer, "age_ms", quota->age);
    json_write_object_end(writer);
}

static void write_quotas(struct json_writer *writer, const struct registry *registry)
{
    struct registry_quota *quotas = calloc(LIST_MAX, sizeof(*quotas));
    size_t count = quotas ? registry_quotas(registry, quotas, LIST_MAX) : 0;

    json_write_key(writer, "quotas");
    json_write_array_begin(writer);
    for (size_t i = 0; i < count; i++)
        write_quota(writer, &quotas[i]);
    json_write_array_end(writer);
    free(quotas);
}

void debug_answer(struct server *server, struct request *request)
{
    CLEANUP(buffer_release) struct buffer page = BUFFER_INIT(PAGE_MAX);
    struct json_writer writer = json_writer_begin(&page, INDENT);
    const struct lookup *lookup = server_lookup(server);
    const struct registry *registry = request->snapshot->registry;
    const struct lookup_counts counts = lookup_count(lookup);

    json_write_object_begin(&writer);
    write_process(&writer, server);
    write_cache(&writer, lookup_cache(lookup));
    write_workers(&writer, &counts.workers);
    write_flights(&writer, lookup);
    write_troubles(&writer, registry);
    write_quotas(&writer, registry);
    json_write_object_end(&writer);
    respond(request, &page);
}

/* -- what is known of an image -------------------------------------------------------------- */

static const char *const state_names[] = {
    [CACHE_MISS] = "to be asked",
    [CACHE_FRESH] = "fresh",
    [CACHE_REFRESH] = "stale, refreshed behind",
    [CACHE_STALE] = "stale, asking has failed",
    [CACHE_ASK] = "to be asked, may stand in",
    [CACHE_FAILED] = "failed",
};

static void write_report(struct json_writer *writer, const struct cache_view *view)
{
    json_write_member(writer, "digest", view->digest.text);
    write_number(writer, "confirmed", view->confirmed);
    write_number(writer, "age_ms", view->age);
    write_number(writer, "report_bytes", (int64_t)view->report_bytes);
    write_number(writer, "sharers", view->sharers);
    write_flag(writer, "is_partial", view->is_partial);
    write_number(writer, "answers", (int64_t)view->answers);
    write_number(writer, "answers_hot", (int64_t)view->answers_hot);
    write_number(writer, "answer_bytes", (int64_t)view->answer_bytes);
}

static void write_failure(struct json_writer *writer, const struct cache_view *view)
{
    json_write_key(writer, "failure");
    json_write_object_begin(writer);
    json_write_member(writer, "code", error_code_name(view->failure));
    if (view->failure_left < INT64_MAX)
        write_number(writer, "left_ms", view->failure_left);
    json_write_object_end(writer);
}

static void write_entry(struct json_writer *writer, const struct cache_view *view)
{
    json_write_object_begin(writer);
    json_write_member(writer, "partition", view->partition[0] ? view->partition : "everyone");
    json_write_member(writer, "kind", view->mark[0] ? "inspect" : "query");
    json_write_member(writer, "state", state_names[view->state]);
    if (view->has_report)
        write_report(writer, view);
    if (view->has_failure)
        write_failure(writer, view);
    json_write_object_end(writer);
}

static void write_entries(struct json_writer *writer, struct cache *cache, struct slice name)
{
    struct cache_view *views = calloc(LIST_MAX, sizeof(*views));
    size_t count = views ? cache_look(cache, name, clock_monotonic_ms(), views, LIST_MAX) : 0;

    json_write_key(writer, "entries");
    json_write_array_begin(writer);
    for (size_t i = 0; i < count; i++)
        write_entry(writer, &views[i]);
    json_write_array_end(writer);
    free(views);
}

/* The name that the request's image has in the cache. */
static bool read_name(const struct request *request, struct buffer *name, struct error *error)
{
    CLEANUP(buffer_release) struct buffer image = BUFFER_INIT(REFERENCE_MAX);

    if (!request_optional(request, "image", &image, error))
        return false;
    if (image.length == 0)
        return error_set(error, ERROR_INVALID, "which one? /debug/cache?image=NAME");
    CLEANUP(reference_free_p)
    struct reference *reference = reference_parse(buffer_slice(&image), error);
    if (!reference)
        return false;
    (void)buffer_format(name, "%s/%s %s", reference->registry, reference->repository,
                        reference_target(reference));
    return buffer_check(name, "the image's name", error);
}

void debug_cache_answer(struct server *server, struct request *request)
{
    CLEANUP(buffer_release) struct buffer page = BUFFER_INIT(PAGE_MAX);
    CLEANUP(buffer_release) struct buffer name = BUFFER_INIT(NAME_MAX_SIZE);
    struct json_writer writer = json_writer_begin(&page, INDENT);
    struct error error;

    if (!read_name(request, &name, &error)) {
        request_fail(request, &error);
        return;
    }
    json_write_object_begin(&writer);
    json_write_member_slice(&writer, "name", buffer_slice(&name));
    write_entries(&writer, lookup_cache(server_lookup(server)), buffer_slice(&name));
    json_write_object_end(&writer);
    respond(request, &page);
}
