/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A metric with labels has those series from the start that are to be expected, at 0, and others
 * once they have happened: all that could be are thousands, and an operator wants fewer than one.
 */
#include "server/metrics_page.h"

#include <stdlib.h>

#include <curl/curl.h>
#include <openssl/crypto.h>

#include "base/log.h"
#include "build.h"
#include "server/accept.h"
#include "server/cache.h"
#include "server/exposition.h"
#include "server/http.h"
#include "server/lookup.h"
#include "server/metrics.h"
#include "server/process.h"
#include "server/push.h"
#include "server/response.h"
#include "server/router.h"
#include "server/server.h"
#include "server/snapshot.h"

enum {
    PAGE_MAX = 1024 * 1024,
    QUOTAS_MAX = 64,
    STATUS_SIZE = 8
};

/* What one page is made of. */
struct scrape {
    const struct server *server;
    const struct registry *registry; /* as the request's settings have it */
    const struct metrics *metrics;
    struct tally tally;
    struct registry_quota quotas[QUOTAS_MAX];
    struct exposition out;
};

#define LABELS(...) ((const struct metric_label[]){__VA_ARGS__, {NULL, NULL}})

static void write_count(struct scrape *scrape, const struct metric_label *labels, uint64_t count)
{
    exposition_sample(&scrape->out, labels, (int64_t)count);
}

/* A family of one. */
static void write_gauge(struct scrape *scrape, const char *name, const char *help, int64_t value)
{
    exposition_begin(&scrape->out, METRIC_GAUGE, name, help);
    exposition_sample(&scrape->out, NULL, value);
}

/* The same for what is a point in time, in ms since 1970. */
static void write_time(struct scrape *scrape, const char *name, const char *help, int64_t time)
{
    exposition_begin(&scrape->out, METRIC_GAUGE, name, help);
    exposition_sample_thousandths(&scrape->out, NULL, time);
}

static void write_durations(struct scrape *scrape, const struct metric_label *labels,
                            const struct metrics_durations *durations)
{
    const struct metric_distribution distribution = {.bounds = metrics_bounds,
                                                     .counts = durations->counts,
                                                     .bound_count = METRICS_BOUNDS_MAX,
                                                     .sum = durations->sum};

    exposition_histogram(&scrape->out, labels, &distribution);
}

/* -- requests to us ------------------------------------------------------------------------- */

static const char *write_status(size_t index, char out[STATUS_SIZE])
{
    unsigned status = metrics_status(index);

    (void)snprintf(out, STATUS_SIZE, status ? "%u" : "other", status);
    return out;
}

/* That somebody asks as it is meant, and is answered. */
static bool is_expected(const struct route *route, size_t method, size_t status)
{
    return route && route->methods & 1U << method && metrics_status(status) == STATUS_OK;
}

static void write_requests_of(struct scrape *scrape, size_t number)
{
    const char *name = router_name(number);
    const struct route *route = router_find(slice_from_string(name));
    char status[STATUS_SIZE];

    for (size_t method = 0; method <= METHOD_OTHER; method++) {
        for (size_t i = 0; i < METRICS_STATUSES_MAX; i++) {
            uint64_t count = scrape->tally.requests[number][method][i];
            if (count == 0 && !is_expected(route, method, i))
                continue;
            write_count(scrape,
                        LABELS({"route", name}, {"method", method_name((enum method)method)},
                               {"code", write_status(i, status)}),
                        count);
        }
    }
}

static void write_requests(struct scrape *scrape)
{
    exposition_begin(&scrape->out, METRIC_COUNTER, "mquery_http_requests",
                     "Requests answered, by route, method and status.");
    for (size_t number = 0; number < router_number_end(); number++) {
        if (router_name(number))
            write_requests_of(scrape, number);
    }
}

static void write_request_durations(struct scrape *scrape)
{
    exposition_begin(&scrape->out, METRIC_HISTOGRAM, "mquery_http_request_duration_seconds",
                     "Time from a request's first line to its answer.");
    for (size_t number = 0; number < router_number_end(); number++) {
        const char *name = router_name(number);
        if (name) {
            write_durations(scrape, LABELS({"route", name}),
                            &scrape->tally.request_durations[number]);
        }
    }
}

static void write_rejections(struct scrape *scrape)
{
    static const char *const reasons[] = {
        [REJECTED_RATE_LIMIT] = "rate_limit",
        [REJECTED_CONNECTIONS] = "connections",
        [REJECTED_TOO_LARGE] = "too_large",
        [REJECTED_OVERLOAD] = "overload",
        [REJECTED_AUTH] = "auth",
        [REJECTED_DRAINING] = "draining",
    };

    exposition_begin(&scrape->out, METRIC_COUNTER, "mquery_http_rejected",
                     "Requests and connections that were turned away unheard.");
    for (size_t i = 0; i < REJECTION_COUNT; i++)
        write_count(scrape, LABELS({"reason", reasons[i]}), scrape->tally.rejections[i]);
}

static void write_http(struct scrape *scrape)
{
    const struct http *http = server_http(scrape->server);

    write_requests(scrape);
    write_request_durations(scrape);
    write_gauge(scrape, "mquery_http_in_flight_requests",
                "Requests that have begun and whose answers have not been sent.",
                (int64_t)http_request_count(http));
    write_gauge(scrape, "mquery_http_connections", "Connections that are open.",
                (int64_t)http_connection_count(http));
    write_rejections(scrape);
}

/* -- what they were about ------------------------------------------------------------------- */

static const char *result_label(size_t code)
{
    return code == ERROR_NONE ? "ok" : error_code_name((enum error_code)code);
}

/* How lookups, or pushes, may end. */
static const struct {
    bool of_lookup;
    bool of_push;
} endings[ERROR_CODE_COUNT] = {
    [ERROR_NONE] = {true, true},          [ERROR_INVALID] = {true, true},
    [ERROR_UNAUTHORIZED] = {false, true}, [ERROR_FORBIDDEN] = {true, true},
    [ERROR_DENIED] = {true, true},        [ERROR_NOT_FOUND] = {true, true},
    [ERROR_CONFLICT] = {false, true},     [ERROR_ONLY_IF_CACHED] = {true, false},
    [ERROR_TOO_LARGE] = {true, true},     [ERROR_MEDIA_TYPE] = {false, true},
    [ERROR_UNSUPPORTED] = {true, true},   [ERROR_QUOTA] = {true, false},
    [ERROR_RATE_LIMITED] = {true, true},  [ERROR_OVERLOADED] = {true, true},
    [ERROR_DRAINING] = {true, true},      [ERROR_UPSTREAM] = {true, true},
    [ERROR_TIMEOUT] = {true, true},       [ERROR_INTERNAL] = {true, true},
};

static void write_queries_of(struct scrape *scrape, size_t code)
{
    const uint64_t *counts = scrape->tally.queries[code];
    const struct {
        const char *label;
        uint64_t count;
    } ways[] = {
        {"hit", counts[OUTCOME_HIT]},
        {"stale", counts[OUTCOME_STALE_HIT] + counts[OUTCOME_STOOD_IN]},
        {"miss", counts[OUTCOME_MISS]},
        {"coalesced", counts[OUTCOME_JOINED]},
        {"bypass", counts[OUTCOME_REFUSED]},
    };

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (ways[i].count > 0 || endings[code].of_lookup) {
            write_count(scrape, LABELS({"result", result_label(code)}, {"cache", ways[i].label}),
                        ways[i].count);
        }
    }
}

static void write_lookups(struct scrape *scrape)
{
    const struct lookup_counts lookup = lookup_count(server_lookup(scrape->server));

    exposition_begin(&scrape->out, METRIC_COUNTER, "mquery_queries",
                     "Questions about images, by how they ended and how the answer was come by.");
    for (size_t code = 0; code < ERROR_CODE_COUNT; code++)
        write_queries_of(scrape, code);
    write_gauge(scrape, "mquery_lookups_in_flight",
                "References that registries are being asked about.", (int64_t)lookup.flights);
    write_gauge(scrape, "mquery_lookups_waiting", "Of these, those that wait for a worker.",
                (int64_t)lookup.workers.waiting);
    write_gauge(scrape, "mquery_workers_running", "Workers that are asking a registry.",
                (int64_t)lookup.workers.running);
}

static void write_cache(struct scrape *scrape)
{
    const struct cache_counts cache = cache_counts(lookup_cache(server_lookup(scrape->server)));

    write_gauge(scrape, "mquery_cache_entries", "References of which something is known.",
                (int64_t)cache.entries);
    write_gauge(scrape, "mquery_cache_bytes", "Memory that the cache takes.", (int64_t)cache.bytes);
    write_gauge(scrape, "mquery_cache_max_bytes", "Memory that the cache may take (cache.memory).",
                (int64_t)cache.bytes_max);
    exposition_begin(&scrape->out, METRIC_COUNTER, "mquery_cache_evictions",
                     "Entries that were dropped: no room, or no longer true.");
    write_count(scrape, LABELS({"reason", "size"}), cache.dropped);
    write_count(scrape, LABELS({"reason", "invalidated"}), cache.forgotten);
}

static void write_pushes(struct scrape *scrape)
{
    exposition_begin(&scrape->out, METRIC_COUNTER, "mquery_push", "Pushes, by how they ended.");
    for (size_t code = 0; code < ERROR_CODE_COUNT; code++) {
        uint64_t count = scrape->tally.pushes[code];
        if (count > 0 || endings[code].of_push)
            write_count(scrape, LABELS({"outcome", result_label(code)}), count);
    }
    write_gauge(scrape, "mquery_pushes_in_flight", "Pushes and checks that are not answered yet.",
                (int64_t)pushes_count(server_pushes(scrape->server)));
}

/* -- requests to registries ----------------------------------------------------------------- */

static const char *const operation_labels[REGISTRY_OPERATION_COUNT] = {
    [REGISTRY_PING] = "ping", [REGISTRY_TOKEN] = "token", [REGISTRY_MANIFEST] = "manifest",
    [REGISTRY_BLOB] = "blob", [REGISTRY_PUSH] = "push",
};

static const char *const asking_labels[ASKING_COUNT] = {
    [ASKING_OK] = "2xx",      [ASKING_REDIRECTED] = "3xx", [ASKING_REFUSED] = "4xx",
    [ASKING_LIMITED] = "429", [ASKING_BROKEN] = "5xx",     [ASKING_FAILED] = "error",
};

static void write_askings_of(struct scrape *scrape, size_t registry)
{
    const char *name = metrics_registry(scrape->metrics, registry);

    for (size_t i = 0; i < REGISTRY_OPERATION_COUNT; i++) {
        for (size_t j = 0; j < ASKING_COUNT; j++) {
            write_count(scrape,
                        LABELS({"registry", name}, {"op", operation_labels[i]},
                               {"outcome", asking_labels[j]}),
                        scrape->tally.registry_requests[registry][i][j]);
        }
    }
}

/* A quota knows its registry's base: "https://quay.io", "https://registry-1.docker.io". */
static bool quota_is_of(const struct registry_quota *quota, const char *registry)
{
    struct slice base = slice_from_string(quota->registry);
    ptrdiff_t colon = slice_find(base, ':');
    struct slice host = slice_from(base, (size_t)(colon + 1) + strlen("//"));

    return slice_equal_string(host, registry) ||
           (slice_equal(host, SLICE("registry-1.docker.io")) && strcmp(registry, "docker.io") == 0);
}

/* The least of what remains to any of those in whose name we ask. Nothing for a registry that does
 * not tell. */
static void write_quotas(struct scrape *scrape)
{
    size_t count = registry_quotas(scrape->registry, scrape->quotas, QUOTAS_MAX);
    const char *registry;

    exposition_begin(&scrape->out, METRIC_GAUGE, "mquery_registry_rate_limit_remaining",
                     "What remains of a registry's quota, as it said last.");
    for (size_t i = 1; (registry = metrics_registry(scrape->metrics, i)); i++) {
        int64_t least = INT64_MAX;
        for (size_t j = 0; j < count; j++) {
            const struct registry_quota *quota = &scrape->quotas[j];
            if (quota_is_of(quota, registry) && quota->remaining < least)
                least = quota->remaining;
        }
        if (least < INT64_MAX)
            exposition_sample(&scrape->out, LABELS({"registry", registry}), least);
    }
}

static void write_registries(struct scrape *scrape)
{
    exposition_begin(
        &scrape->out, METRIC_COUNTER, "mquery_registry_requests",
        "Requests to registries, by registry (those the settings list), purpose and outcome.");
    for (size_t i = 0; metrics_registry(scrape->metrics, i); i++)
        write_askings_of(scrape, i);
    exposition_begin(&scrape->out, METRIC_HISTOGRAM, "mquery_registry_request_duration_seconds",
                     "Time of a request to a registry.");
    for (size_t i = 0; i < REGISTRY_OPERATION_COUNT; i++) {
        write_durations(scrape, LABELS({"op", operation_labels[i]}),
                        &scrape->tally.registry_durations[i]);
    }
    write_quotas(scrape);
}

/* -- ourselves ------------------------------------------------------------------------------ */

static void write_settings(struct scrape *scrape)
{
    bool has_failed = false;
    int64_t configured = server_configured_at(scrape->server, &has_failed);

    write_gauge(scrape, "mquery_config_last_reload_successful",
                "Whether the settings could be used when they were last read.", !has_failed);
    write_time(scrape, "mquery_config_last_reload_success_timestamp_seconds",
               "When the settings in force were read.", configured);
}

static void write_log(struct scrape *scrape)
{
    exposition_begin(&scrape->out, METRIC_COUNTER, "mquery_log_messages",
                     "Lines taken by the log.");
    for (int i = 0; i < LOG_LEVEL_COUNT; i++) {
        enum log_level level = (enum log_level)i;
        write_count(scrape, LABELS({"level", log_level_name(level)}), log_count(level));
    }
    exposition_begin(&scrape->out, METRIC_COUNTER, "mquery_log_dropped",
                     "Lines lost because the log could not be written as fast.");
    write_count(scrape, NULL, log_dropped());
}

static void write_build(struct scrape *scrape)
{
    exposition_begin(&scrape->out, METRIC_GAUGE, "mquery_build_info",
                     "What this is, and what it is made with.");
    write_count(scrape,
                LABELS({"version", BUILD_VERSION}, {"commit", BUILD_COMMIT},
                       {"libcurl", curl_version_info(CURLVERSION_NOW)->version},
                       {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
                       {"libmicrohttpd", http_library_version()}),
                1);
}

/* By the names that all of Prometheus' own libraries give them. */
static void write_process(struct scrape *scrape)
{
    const struct process_numbers process = process_numbers_read();

    exposition_begin(&scrape->out, METRIC_COUNTER, "process_cpu_seconds",
                     "CPU time of user and system.");
    exposition_sample_thousandths(&scrape->out, NULL, process.cpu);
    write_gauge(scrape, "process_open_fds", "Open file descriptors.", process.open_fds);
    write_gauge(scrape, "process_max_fds", "File descriptors that may be open.", process.max_fds);
    write_gauge(scrape, "process_resident_memory_bytes", "Resident memory.", process.resident);
    write_gauge(scrape, "process_virtual_memory_bytes", "Virtual memory.", process.virtual_size);
    write_gauge(scrape, "process_threads", "Threads.", process.threads);
    write_time(scrape, "process_start_time_seconds", "When the process started, since 1970.",
               metrics_started(scrape->metrics));
}

/* -- the page ------------------------------------------------------------------------------- */

static void write_page(struct scrape *scrape)
{
    write_http(scrape);
    write_lookups(scrape);
    write_cache(scrape);
    write_registries(scrape);
    write_pushes(scrape);
    write_settings(scrape);
    write_log(scrape);
    write_build(scrape);
    write_process(scrape);
    exposition_end(&scrape->out);
}

/* Only who names OpenMetrics gets it, and not who likes the older format better. */
static bool wants_open_metrics(const struct request *request)
{
    CLEANUP(buffer_release) struct buffer lines = BUFFER_INIT(HEADER_LIST_MAX);
    struct slice accept = request_header_list(request, "accept", &lines);
    struct slice type = SLICE("application/openmetrics-text");

    return accept_names(accept, type) &&
           accept_quality(accept, type) >= accept_quality(accept, SLICE("text/plain"));
}

/* NULL: no memory. */
static struct response *metrics_response(const struct server *server, const struct request *request)
{
    CLEANUP(buffer_release) struct buffer page = BUFFER_INIT(PAGE_MAX);
    CLEANUP(free_p) struct scrape *scrape = calloc(1, sizeof(*scrape));
    if (!scrape)
        return NULL;
    scrape->server = server;
    scrape->registry = request->snapshot->registry;
    scrape->metrics = server_metrics(server);
    metrics_read(scrape->metrics, &scrape->tally);
    scrape->out = (struct exposition){.out = &page, .is_open = wants_open_metrics(request)};
    write_page(scrape);
    return buffer_ok(&page) ? response_new(STATUS_OK, exposition_type(scrape->out.is_open), &page)
                            : NULL;
}

void metrics_answer(struct server *server, struct request *request)
{
    struct error error;
    struct response *response = metrics_response(server, request);

    if (!response) {
        (void)error_no_memory(&error);
        response = response_from_error(&error);
    }
    response_set_literal(response, "Cache-Control", "no-store");
    request_respond(request, response);
}
