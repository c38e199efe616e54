/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/service.h"

#include <curl/curl.h>

#include "base/escape.h"
#include "build.h"
#include "manifest/manifest.h"

enum {
    ANSWER_MAX = 8 * 1024 * 1024, /* 1000 platforms, every character of them escaped */
    PLACE_MAX = 512,
    PATH_MAX_LENGTH = 4096
};

struct service {
    CURL *easy;
    CURLU *url;          /* BASE/query */
    struct buffer place; /* host:port, for messages: a URL may hold a password */
    struct buffer body;
    char reason[CURL_ERROR_SIZE];
};

static size_t receive(char *data, size_t size, size_t count, void *context)
{
    struct service *service = context;
    return buffer_append(&service->body, data, size * count) ? size * count : 0;
}

/* BASE's path without a final slash, and "/query". */
static bool set_path(CURLU *url)
{
    CLEANUP(buffer_release) struct buffer path = BUFFER_INIT(PATH_MAX_LENGTH);
    char *base = NULL;

    if (curl_url_get(url, CURLUPART_PATH, &base, 0) != CURLUE_OK)
        return false;
    struct slice prefix = slice_from_string(base);
    while (slice_ends_with(prefix, SLICE("/")))
        prefix = slice_until(prefix, prefix.length - 1);
    (void)buffer_append_slice(&path, prefix);
    (void)buffer_append_string(&path, "/query");
    curl_free(base);
    return buffer_ok(&path) &&
           curl_url_set(url, CURLUPART_PATH, buffer_string(&path), 0) == CURLUE_OK;
}

static bool is_http(CURLU *url)
{
    char *scheme = NULL;

    if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        return false;
    struct slice name = slice_from_string(scheme);
    bool result = slice_equal_string(name, "http") || slice_equal_string(name, "https");
    curl_free(scheme);
    return result;
}

static bool set_place(struct service *service)
{
    char *host = NULL;
    char *port = NULL;

    if (curl_url_get(service->url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(service->url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK)
        (void)buffer_format(&service->place, "%s:%s", host, port);
    curl_free(host);
    curl_free(port);
    return service->place.length > 0;
}

/* Always false. What stands before an '@' may be a password. */
static bool refuse_url(struct slice url, struct error *error)
{
    ptrdiff_t at = slice_find_last(url, '@');

    return error_set(error, ERROR_INVALID, "'%s%s' is not a URL such as http://localhost:8080",
                     at < 0 ? "" : "...", ESCAPED(slice_from(url, at < 0 ? 0 : (size_t)at)));
}

static bool set_url(struct service *service, const char *url, struct error *error)
{
    service->url = curl_url();
    if (!service->url)
        return error_no_memory(error);
    if (curl_url_set(service->url, CURLUPART_URL, url, 0) != CURLUE_OK || !is_http(service->url) ||
        !set_place(service) || !set_path(service->url))
        return refuse_url(slice_from_string(url), error);
    return true;
}

static bool set_options(struct service *service, bool insecure, int64_t timeout_ms,
                        struct error *error)
{
    CURL *easy = curl_easy_init();

    service->easy = easy;
    if (!easy)
        return error_no_memory(error);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "mquery/" BUILD_VERSION);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, insecure ? 0L : 1L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, insecure ? 0L : 2L);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, service);
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, service->reason);
    return true;
}

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
    buffer_init(&service->place, PLACE_MAX);
    buffer_init(&service->body, ANSWER_MAX);
    if (!set_url(service, url, error) || !set_options(service, insecure, timeout_ms, error)) {
        service_free(service);
        return NULL;
    }
    return service;
}

void service_free(struct service *service)
{
    if (!service)
        return;
    curl_easy_cleanup(service->easy);
    curl_url_cleanup(service->url);
    buffer_release(&service->place);
    buffer_release(&service->body);
    free(service);
    curl_global_cleanup();
}

/* Always false. */
static bool transfer_failed(const struct service *service, CURLcode result, struct error *error)
{
    struct slice place = buffer_slice(&service->place);
    const char *reason = service->reason[0] ? service->reason : curl_easy_strerror(result);
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
    if (service->body.state == BUFFER_FULL)
        reason = "its answer is too long";
    return error_set(error, code, "the service at '%s': %s", ESCAPED(place),
                     ESCAPED(slice_from_string(reason)));
}

/* The service's URL with image=..., as a handle of this question's own; NULL: no memory. */
static CURLU *question_url(const struct service *service, struct slice image)
{
    CLEANUP(buffer_release) struct buffer query = BUFFER_INIT(8 + 3 * REFERENCE_MAX);
    CURLU *url = curl_url_dup(service->url);

    (void)buffer_append_string(&query, "image=");
    (void)escape_percent_encode(&query, image);
    if (url && buffer_ok(&query) &&
        curl_url_set(url, CURLUPART_QUERY, buffer_string(&query), CURLU_APPENDQUERY) == CURLUE_OK)
        return url;
    curl_url_cleanup(url);
    return NULL;
}

bool service_query(struct service *service, struct slice image, struct answer *answer,
                   struct error *error)
{
    long status = 0;
    curl_off_t retry_after = 0;
    CURLU *url = question_url(service, image);

    if (!url)
        return error_no_memory(error);
    buffer_clear(&service->body);
    service->reason[0] = '\0';
    (void)curl_easy_setopt(service->easy, CURLOPT_CURLU, url);
    CURLcode result = curl_easy_perform(service->easy);
    (void)curl_easy_setopt(service->easy, CURLOPT_CURLU, (CURLU *)NULL);
    curl_url_cleanup(url);
    if (result != CURLE_OK)
        return transfer_failed(service, result, error);

    (void)curl_easy_getinfo(service->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(service->easy, CURLINFO_RETRY_AFTER, &retry_after);
    if (answer_parse(answer, status, buffer_slice(&service->body), error))
        return true;
    if (retry_after > 0 && retry_after < UINT32_MAX)
        error->retry_after = (uint32_t)retry_after;
    return false;
}
