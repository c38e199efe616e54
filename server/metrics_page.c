/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A metric with no label is a row with `value`, any other one with `write`. A metric with labels
 * has those series from the start that are to be expected, at 0, and others once they have
 * happened: all that could be are thousands, and an operator wants fewer than one.
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
    struct server *server;
    const struct metrics *metrics;
    struct lookup_counts lookup;
    struct cache_counts cache;
    struct process_numbers process;
    int64_t configured; /* ms since 1970 */
    bool has_failed_reload;
    struct tally tally;
    struct registry_quota quotas[QUOTAS_MAX];
    size_t quota_count;
};

struct family {
    struct metric_head head;
    /* One of them. */
    int64_t (*value)(const struct scrape *scrape);
    int64_t (*thousandths)(const struct scrape *scrape);
    void (*write)(const struct scrape *scrape, struct exposition *out);
};

#define LABELS(...) ((const struct metric_label[]){__VA_ARGS__, {NULL, NULL}})

/* -- requests to us ------------------------------------------------------------------------- */

static const char *const method_labels[] = {
    [METHOD_GET] = "GET",         [METHOD_HEAD] = "HEAD",   [METHOD_POST] = "POST",
    [METHOD_OPTIONS] = "OPTIONS", [METHOD_OTHER] = "other",
};

static const char *write_status(size_t index, char out[STATUS_SIZE])
{
    unsigned status = metrics_status(index);

    (void)snprintf(out, STATUS_SIZE, status ? "%u" : "other", status);
    return out;
}

/* That somebody asks as it is meant, and is answered. */
static bool is_expected(const struct route *route, size_t method, size_t status)
{
    return route && route->methods & 1U << method && metrics_status(status) == 200;
}

static void write_requests_of(const struct scrape *scrape, struct exposition *out, size_t number)
{
    const char *name = router_name(number);
    const struct route *route = router_find(slice_from_string(name));
    char status[STATUS_SIZE];

    for (size_t method = 0; method <= METHOD_OTHER; method++) {
        for (size_t i = 0; i < METRICS_STATUSES_MAX; i++) {
            uint64_t count = scrape->tally.requests[number][method][i];
            if (count == 0 && !is_expected(route, method, i))
                continue;
            exposition_sample(out,
                              LABELS({"route", name}, {"method", method_labels[method]},
                                     {"code", write_status(i, status)}),
                              (int64_t)count);
        }
    }
}

static void write_requests(const struct scrape *scrape, struct exposition *out)
{
    for (size_t number = 0; number < router_number_end(); number++) {
        if (router_name(number))
            write_requests_of(scrape, out, number);
    }
}

static void write_durations(struct exposition *out, const struct metric_label *labels,
                            const struct metrics_durations *durations)
{
    const struct metric_distribution distribution = {.bounds = metrics_bounds,
                                                     .counts = durations->counts,
                                                     .bound_count = METRICS_BOUNDS_MAX,
                                                     .sum = durations->sum};

    exposition_histogram(out, labels, &distribution);
}

static void write_request_durations(const struct scrape *scrape, struct exposition *out)
{
    for (size_t number = 0; number < router_number_end(); number++) {
        const char *name = router_name(number);
        if (name)
            write_durations(out, LABELS({"route", name}), &scrape->tally.request_durations[number]);
    }
}

static void write_rejections(const struct scrape *scrape, struct exposition *out)
{
    static const char *const reasons[] = {
        [REJECTED_RATE_LIMIT] = "rate_limit",
        [REJECTED_CONNECTIONS] = "connections",
        [REJECTED_TOO_LARGE] = "too_large",
        [REJECTED_OVERLOAD] = "overload",
        [REJECTED_AUTH] = "auth",
        [REJECTED_DRAINING] = "draining",
    };

    for (size_t i = 0; i < REJECTION_COUNT; i++)
        exposition_sample(out, LABELS({"reason", reasons[i]}),
                          (int64_t)scrape->tally.rejections[i]);
}

static int64_t requests_in_flight(const struct scrape *scrape)
{
    return (int64_t)http_request_count(server_http(scrape->server));
}

static int64_t connections(const struct scrape *scrape)
{
    return (int64_t)http_connection_count(server_http(scrape->server));
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

static void write_queries_of(const struct scrape *scrape, struct exposition *out, size_t code)
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
        if (ways[i].count > 0 || endings[code].of_lookup)
            exposition_sample(out, LABELS({"result", result_label(code)}, {"cache", ways[i].label}),
                              (int64_t)ways[i].count);
    }
}

static void write_queries(const struct scrape *scrape, struct exposition *out)
{
    for (size_t code = 0; code < ERROR_CODE_COUNT; code++)
        write_queries_of(scrape, out, code);
}

static void write_pushes(const struct scrape *scrape, struct exposition *out)
{
    for (size_t code = 0; code < ERROR_CODE_COUNT; code++) {
        uint64_t count = scrape->tally.pushes[code];
        if (count > 0 || endings[code].of_push)
            exposition_sample(out, LABELS({"outcome", result_label(code)}), (int64_t)count);
    }
}

static int64_t pushes_in_flight(const struct scrape *scrape)
{
    return (int64_t)pushes_count(server_pushes(scrape->server));
}

static int64_t lookups_in_flight(const struct scrape *scrape)
{
    return (int64_t)scrape->lookup.flights;
}

static int64_t lookups_waiting(const struct scrape *scrape)
{
    return (int64_t)scrape->lookup.workers.waiting;
}

static int64_t workers_running(const struct scrape *scrape)
{
    return (int64_t)scrape->lookup.workers.running;
}

/* -- the cache ------------------------------------------------------------------------------ */

static int64_t cache_entries(const struct scrape *scrape)
{
    return (int64_t)scrape->cache.entries;
}

static int64_t cache_bytes(const struct scrape *scrape)
{
    return (int64_t)scrape->cache.bytes;
}

static int64_t cache_bytes_max(const struct scrape *scrape)
{
    return (int64_t)scrape->cache.bytes_max;
}

static void write_evictions(const struct scrape *scrape, struct exposition *out)
{
    exposition_sample(out, LABELS({"reason", "size"}), (int64_t)scrape->cache.dropped);
    exposition_sample(out, LABELS({"reason", "invalidated"}), (int64_t)scrape->cache.forgotten);
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

static void write_askings_of(const struct scrape *scrape, struct exposition *out, size_t registry)
{
    const char *name = metrics_registry(scrape->metrics, registry);

    for (size_t i = 0; i < REGISTRY_OPERATION_COUNT; i++) {
        for (size_t j = 0; j < ASKING_COUNT; j++) {
            exposition_sample(out,
                              LABELS({"registry", name}, {"op", operation_labels[i]},
                                     {"outcome", asking_labels[j]}),
                              (int64_t)scrape->tally.registry_requests[registry][i][j]);
        }
    }
}

static void write_askings(const struct scrape *scrape, struct exposition *out)
{
    for (size_t i = 0; metrics_registry(scrape->metrics, i); i++)
        write_askings_of(scrape, out, i);
}

static void write_asking_durations(const struct scrape *scrape, struct exposition *out)
{
    for (size_t i = 0; i < REGISTRY_OPERATION_COUNT; i++)
        write_durations(out, LABELS({"op", operation_labels[i]}),
                        &scrape->tally.registry_durations[i]);
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
static void write_quotas(const struct scrape *scrape, struct exposition *out)
{
    const char *registry;

    for (size_t i = 1; (registry = metrics_registry(scrape->metrics, i)); i++) {
        int64_t least = INT64_MAX;
        for (size_t j = 0; j < scrape->quota_count; j++) {
            const struct registry_quota *quota = &scrape->quotas[j];
            if (quota_is_of(quota, registry) && quota->remaining < least)
                least = quota->remaining;
        }
        if (least < INT64_MAX)
            exposition_sample(out, LABELS({"registry", registry}), least);
    }
}

/* -- ourselves ------------------------------------------------------------------------------ */

static int64_t reload_is_successful(const struct scrape *scrape)
{
    return !scrape->has_failed_reload;
}

static int64_t configured(const struct scrape *scrape)
{
    return scrape->configured;
}

static void write_log_lines(const struct scrape *scrape, struct exposition *out)
{
    (void)scrape;
    for (int level = 0; level < LOG_LEVEL_COUNT; level++)
        exposition_sample(out, LABELS({"level", log_level_name((enum log_level)level)}),
                          (int64_t)log_count((enum log_level)level));
}

static int64_t log_lines_dropped(const struct scrape *scrape)
{
    (void)scrape;
    return (int64_t)log_dropped();
}

static void write_build(const struct scrape *scrape, struct exposition *out)
{
    (void)scrape;
    exposition_sample(out,
                      LABELS({"version", BUILD_VERSION}, {"commit", BUILD_COMMIT},
                             {"libcurl", curl_version_info(CURLVERSION_NOW)->version},
                             {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
                             {"libmicrohttpd", http_library_version()}),
                      1);
}

static int64_t process_cpu(const struct scrape *scrape)
{
    return scrape->process.cpu;
}

static int64_t process_open_fds(const struct scrape *scrape)
{
    return scrape->process.open_fds;
}

static int64_t process_max_fds(const struct scrape *scrape)
{
    return scrape->process.max_fds;
}

static int64_t process_resident(const struct scrape *scrape)
{
    return scrape->process.resident;
}

static int64_t process_virtual(const struct scrape *scrape)
{
    return scrape->process.virtual_size;
}

static int64_t process_threads(const struct scrape *scrape)
{
    return scrape->process.threads;
}

static int64_t process_start(const struct scrape *scrape)
{
    return metrics_started(scrape->metrics);
}

/* -- the table ------------------------------------------------------------------------------ */

/* clang-format off */
static const struct family families[] = {
    {{"mquery_http_requests", METRIC_COUNTER, NULL,
      "Requests answered, by route, method and status."}, .write = write_requests},
    {{"mquery_http_request_duration_seconds", METRIC_HISTOGRAM, "seconds",
      "Time from a request's first line to its answer."}, .write = write_request_durations},
    {{"mquery_http_in_flight_requests", METRIC_GAUGE, NULL,
      "Requests that have begun and whose answers have not been sent."}, .value = requests_in_flight},
    {{"mquery_http_connections", METRIC_GAUGE, NULL,
      "Connections that are open."}, .value = connections},
    {{"mquery_http_rejected", METRIC_COUNTER, NULL,
      "Requests and connections that were turned away unheard."}, .write = write_rejections},
    {{"mquery_queries", METRIC_COUNTER, NULL,
      "Questions about images, by how they ended and how the answer was come by."},
     .write = write_queries},
    {{"mquery_lookups_in_flight", METRIC_GAUGE, NULL,
      "References that registries are being asked about."}, .value = lookups_in_flight},
    {{"mquery_lookups_waiting", METRIC_GAUGE, NULL,
      "Of these, those that wait for a worker."}, .value = lookups_waiting},
    {{"mquery_workers_running", METRIC_GAUGE, NULL,
      "Workers that are asking a registry."}, .value = workers_running},
    {{"mquery_cache_entries", METRIC_GAUGE, NULL,
      "References of which something is known."}, .value = cache_entries},
    {{"mquery_cache_bytes", METRIC_GAUGE, "bytes",
      "Memory that the cache takes."}, .value = cache_bytes},
    {{"mquery_cache_max_bytes", METRIC_GAUGE, "bytes",
      "Memory that the cache may take (cache.memory)."}, .value = cache_bytes_max},
    {{"mquery_cache_evictions", METRIC_COUNTER, NULL,
      "Entries that were dropped: no room, or no longer true."}, .write = write_evictions},
    {{"mquery_registry_requests", METRIC_COUNTER, NULL,
      "Requests to registries, by registry (those the settings list), purpose and outcome."},
     .write = write_askings},
    {{"mquery_registry_request_duration_seconds", METRIC_HISTOGRAM, "seconds",
      "Time of a request to a registry."}, .write = write_asking_durations},
    {{"mquery_registry_rate_limit_remaining", METRIC_GAUGE, NULL,
      "What remains of a registry's quota, as it said last."}, .write = write_quotas},
    {{"mquery_push", METRIC_COUNTER, NULL,
      "Pushes, by how they ended."}, .write = write_pushes},
    {{"mquery_pushes_in_flight", METRIC_GAUGE, NULL,
      "Pushes and checks that are not answered yet."}, .value = pushes_in_flight},
    {{"mquery_config_last_reload_successful", METRIC_GAUGE, NULL,
      "Whether the settings could be used when they were last read."}, .value = reload_is_successful},
    {{"mquery_config_last_reload_success_timestamp_seconds", METRIC_GAUGE, "seconds",
      "When the settings in force were read."}, .thousandths = configured},
    {{"mquery_log_messages", METRIC_COUNTER, NULL,
      "Lines taken by the log."}, .write = write_log_lines},
    {{"mquery_log_dropped", METRIC_COUNTER, NULL,
      "Lines lost because the log could not be written as fast."}, .value = log_lines_dropped},
    {{"mquery_build_info", METRIC_GAUGE, NULL,
      "What this is, and what it is made with."}, .write = write_build},
    {{"process_cpu_seconds", METRIC_COUNTER, "seconds",
      "CPU time of user and system."}, .thousandths = process_cpu},
    {{"process_open_fds", METRIC_GAUGE, NULL,
      "Open file descriptors."}, .value = process_open_fds},
    {{"process_max_fds", METRIC_GAUGE, NULL,
      "File descriptors that may be open."}, .value = process_max_fds},
    {{"process_resident_memory_bytes", METRIC_GAUGE, "bytes",
      "Resident memory."}, .value = process_resident},
    {{"process_virtual_memory_bytes", METRIC_GAUGE, "bytes",
      "Virtual memory."}, .value = process_virtual},
    {{"process_threads", METRIC_GAUGE, NULL,
      "Threads."}, .value = process_threads},
    {{"process_start_time_seconds", METRIC_GAUGE, "seconds",
      "When the process started, since 1970."}, .thousandths = process_start},
};
/* clang-format on */

static void write_family(const struct scrape *scrape, const struct family *family,
                         struct exposition *out)
{
    exposition_begin(out, &family->head);
    if (family->value)
        exposition_sample(out, NULL, family->value(scrape));
    else if (family->thousandths)
        exposition_sample_thousandths(out, NULL, family->thousandths(scrape));
    else
        family->write(scrape, out);
}

static void write_page(const struct scrape *scrape, struct exposition *out)
{
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
        write_family(scrape, &families[i], out);
    exposition_end(out);
}

static void look(struct scrape *scrape, struct server *server, const struct request *request)
{
    scrape->server = server;
    scrape->metrics = server_metrics(server);
    scrape->lookup = lookup_count(server_lookup(server));
    scrape->cache = cache_counts(lookup_cache(server_lookup(server)));
    scrape->process = process_numbers_read();
    scrape->configured = server_configured_at(server, &scrape->has_failed_reload);
    scrape->quota_count = registry_quotas(request->snapshot->registry, scrape->quotas, QUOTAS_MAX);
    metrics_read(scrape->metrics, &scrape->tally);
}

/* Only who names OpenMetrics gets it, and not who likes the older format better. */
static bool wants_open_metrics(const struct request *request)
{
    struct slice accept = request_header(request, "accept");
    struct slice type = SLICE("application/openmetrics-text");

    return accept_names(accept, type) &&
           accept_quality(accept, type) >= accept_quality(accept, SLICE("text/plain"));
}

void metrics_answer(struct server *server, struct request *request)
{
    CLEANUP(buffer_release) struct buffer page = BUFFER_INIT(PAGE_MAX);
    struct exposition out = {.out = &page, .is_open = wants_open_metrics(request)};
    struct scrape *scrape = calloc(1, sizeof(*scrape));
    struct error error;

    if (scrape) {
        look(scrape, server, request);
        write_page(scrape, &out);
    }
    free(scrape);
    struct response *response = buffer_ok(&page) && page.length > 0
                                    ? response_new(200, exposition_type(out.is_open), &page)
                                    : NULL;
    if (!response) {
        (void)error_no_memory(&error);
        response = response_from_error(&error);
    }
    response_set_literal(response, "Cache-Control", "no-store");
    request_respond(request, response);
}
