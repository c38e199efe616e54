/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery healthcheck: is the service there and alive? For a container's HEALTHCHECK, which has no
 * shell and no curl to ask with.
 */
#include <curl/curl.h>

#include "base/escape.h"
#include "cli/command.h"
#include "cli/print.h"

enum {
    TIMEOUT_MS = 2000,
    URL_MAX = 4096
};

/* NOLINTNEXTLINE(readability-non-const-parameter): curl's type */
static size_t ignore_body(char *data, size_t size, size_t count, void *context)
{
    (void)data;
    (void)context;
    return size * count;
}

/* --server's, or the port that `serve` listens on in a container. */
static bool write_url(const struct options *options, struct buffer *out)
{
    const char *server = options->values[OPTION_SERVER];
    const char *port = getenv("PORT"); /* NOLINT(concurrency-mt-unsafe): no thread runs yet */

    if (server)
        return buffer_format(out, "%s/health", server);
    return buffer_format(out, "http://127.0.0.1:%s/health", port && *port ? port : "8080");
}

static bool ask(CURL *easy, const char *url, struct error *error)
{
    long status = 0;

    (void)curl_easy_setopt(easy, CURLOPT_URL, url);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore_body);
    CURLcode result = curl_easy_perform(easy);
    if (result != CURLE_OK) {
        return error_set(error, ERROR_UPSTREAM, "'%s': %s", ESCAPED(slice_from_string(url)),
                         curl_easy_strerror(result));
    }
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return status == 200 || error_set(error, ERROR_UPSTREAM, "'%s' answers %ld",
                                      ESCAPED(slice_from_string(url)), status);
}

/* Docker knows 0 and 1 only. */
enum exit_status command_healthcheck(const struct options *options)
{
    CLEANUP(buffer_release) struct buffer url = BUFFER_INIT(URL_MAX);
    struct error error;
    bool is_healthy = false;
    CURL *easy = curl_easy_init();

    if (easy && write_url(options, &url))
        is_healthy = ask(easy, buffer_string(&url), &error);
    else
        (void)error_no_memory(&error);
    curl_easy_cleanup(easy);
    if (is_healthy)
        return EXIT_YES;
    (void)print_failure(NULL, &error);
    return EXIT_NO;
}
