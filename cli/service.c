/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/service.h"

#include <pthread.h>

#include <curl/curl.h>

#include "base/escape.h"
#include "build.h"
#include "cli/base_url.h"
#include "manifest/manifest.h"

enum {
    ANSWER_MAX = 8 * 1024 * 1024 /* 1000 platforms, every character of them escaped */
};

/* One question at a time, over a connection that is kept for the next. */
struct line {
    struct line *next;
    CURL *easy;
    struct buffer body;
    char reason[CURL_ERROR_SIZE];
};

struct service {
    struct base_url base; /* BASE/query */
    bool is_insecure;
    long timeout; /* ms */
    pthread_mutex_t mutex;
    struct line *idle; /* guarded by mutex */
};

/* -- lines ---------------------------------------------------------------------------------- */

static size_t receive(char *data, size_t size, size_t count, void *context)
{
    struct line *line = context;
    return buffer_append(&line->body, data, size * count) ? size * count : 0;
}

static void line_free(struct line *line)
{
    if (!line)
        return;
    curl_easy_cleanup(line->easy);
    buffer_release(&line->body);
    free(line);
}

static void set_options(struct line *line, const struct service *service)
{
    CURL *easy = line->easy;

    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "mquery/" BUILD_VERSION);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, service->timeout);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, service->is_insecure ? 0L : 1L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, service->is_insecure ? 0L : 2L);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, line);
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, line->reason);
}

/* NULL: no memory. */
static struct line *line_new(const struct service *service)
{
    struct line *line = calloc(1, sizeof(*line));

    if (!line)
        return NULL;
    buffer_init(&line->body, ANSWER_MAX);
    line->easy = curl_easy_init();
    if (line->easy) {
        set_options(line, service);
        return line;
    }
    line_free(line);
    return NULL;
}

static struct line *take_line(struct service *service)
{
    (void)pthread_mutex_lock(&service->mutex);
    struct line *line = service->idle;
    if (line)
        service->idle = line->next;
    (void)pthread_mutex_unlock(&service->mutex);
    return line ? line : line_new(service);
}

static void give_back(struct service *service, struct line *line)
{
    buffer_release(&line->body);
    (void)pthread_mutex_lock(&service->mutex);
    line->next = service->idle;
    service->idle = line;
    (void)pthread_mutex_unlock(&service->mutex);
}

/* -- the service ---------------------------------------------------------------------------- */

struct service *service_new(const char *url, bool insecure, int64_t timeout_ms, struct error *error)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        (void)error_set(error, ERROR_INTERNAL, "libcurl does not start");
        return NULL;
    }
    struct service *service = calloc(1, sizeof(*service));
    if (!service) {
        curl_global_cleanup();
        (void)error_no_memory(error);
        return NULL;
    }
    (void)pthread_mutex_init(&service->mutex, NULL);
    service->is_insecure = insecure;
    service->timeout = (long)timeout_ms;
    if (base_url_parse(url, "/query", &service->base, error))
        return service;
    service_free(service);
    return NULL;
}

void service_free(struct service *service)
{
    if (!service)
        return;
    while (service->idle) {
        struct line *line = service->idle;
        service->idle = line->next;
        line_free(line);
    }
    base_url_release(&service->base);
    (void)pthread_mutex_destroy(&service->mutex);
    free(service);
    curl_global_cleanup();
}

/* -- a question ----------------------------------------------------------------------------- */

/* Always false. */
static bool transfer_failed(const struct service *service, const struct line *line, CURLcode result,
                            struct error *error)
{
    struct slice place = buffer_slice(&service->base.place);
    const char *reason = line->reason[0] ? line->reason : curl_easy_strerror(result);
    enum error_code code = ERROR_UPSTREAM;

    /* Here libcurl's longer words would say the place once more. */
    if (result == CURLE_COULDNT_CONNECT || result == CURLE_COULDNT_RESOLVE_HOST) {
        return error_set(error, code, "cannot reach the service at '%s': %s", ESCAPED(place),
                         curl_easy_strerror(result));
    }
    if (result == CURLE_OPERATION_TIMEDOUT)
        code = ERROR_TIMEOUT;
    if (result == CURLE_OUT_OF_MEMORY)
        code = ERROR_INTERNAL;
    if (line->body.state == BUFFER_FULL)
        reason = "its answer is too long";
    return error_set(error, code, "the service at '%s': %s", ESCAPED(place),
                     ESCAPED(slice_from_string(reason)));
}

/* The service's URL with image=..., as a handle of this question's own; NULL: no memory. */
static CURLU *question_url(const struct service *service, struct slice image)
{
    CLEANUP(buffer_release) struct buffer query = BUFFER_INIT(8 + 3 * REFERENCE_MAX);
    CURLU *url = curl_url_dup(service->base.url);

    (void)buffer_append_string(&query, "image=");
    (void)escape_percent_encode(&query, image);
    if (url && buffer_ok(&query) &&
        curl_url_set(url, CURLUPART_QUERY, buffer_string(&query), CURLU_APPENDQUERY) == CURLUE_OK)
        return url;
    curl_url_cleanup(url);
    return NULL;
}

static bool ask(const struct service *service, struct line *line, struct answer *answer,
                struct error *error)
{
    long status = 0;
    curl_off_t retry_after = 0;

    line->reason[0] = '\0';
    CURLcode result = curl_easy_perform(line->easy);
    if (result != CURLE_OK)
        return transfer_failed(service, line, result, error);
    (void)curl_easy_getinfo(line->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(line->easy, CURLINFO_RETRY_AFTER, &retry_after);
    if (answer_parse(answer, status, buffer_slice(&line->body), error))
        return true;
    if (retry_after > 0 && retry_after < UINT32_MAX)
        error->retry_after = (uint32_t)retry_after;
    return false;
}

bool service_query(struct service *service, struct slice image, struct answer *answer,
                   struct error *error)
{
    CURLU *url = question_url(service, image);
    struct line *line = url ? take_line(service) : NULL;
    bool is_answered = false;

    if (line) {
        (void)curl_easy_setopt(line->easy, CURLOPT_CURLU, url);
        is_answered = ask(service, line, answer, error);
        (void)curl_easy_setopt(line->easy, CURLOPT_CURLU, (CURLU *)NULL);
        give_back(service, line);
    } else {
        (void)error_no_memory(error);
    }
    curl_url_cleanup(url);
    return is_answered;
}
