/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery healthcheck: is the service there and alive? For a container's HEALTHCHECK, which has no
 * shell and no curl to ask with.
 *
 * It asks where a daemon in the same environment listens: PORT, MQUERY_SERVER_LISTEN, over TLS with
 * MQUERY_SERVER_TLS_CERT. What never leaves the machine needs no proof of who answers, and the
 * certificate is hardly one for 127.0.0.1: there it is not verified.
 */
#include <curl/curl.h>

#include "base/escape.h"
#include "cli/base_url.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/settings.h"

#define PATH "/health"

enum {
    TIMEOUT_MS = 2000,
    URL_MAX = 4096
};

/* Where to ask. */
struct target {
    struct base_url base;
    struct buffer socket; /* a Unix socket's path; "": none */
    bool is_here;         /* on this machine */
};

/* NOLINTNEXTLINE(readability-non-const-parameter): curl's type */
static size_t ignore_body(char *data, size_t size, size_t count, void *context)
{
    (void)data;
    (void)context;
    return size * count;
}

/* -- where to ask --------------------------------------------------------------------------- */

static bool is_loopback(CURLU *url)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    char *host = NULL;
    bool is_here = false;

    if (curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        is_here = is_here || slice_equal_string(slice_from_string(host), names[i]);
    curl_free(host);
    return is_here;
}

/* What listens on all addresses is asked at one of them. */
static struct slice address_to_ask(struct slice host)
{
    if (host.length == 0 || slice_equal(host, SLICE("0.0.0.0")))
        return SLICE("127.0.0.1");
    return slice_equal(host, SLICE("[::]")) ? SLICE("[::1]") : host;
}

/* `listen` is server.listen, known to be one. */
static bool target_listener(struct target *target, struct slice listen, bool speaks_tls,
                            struct error *error)
{
    static const char unix_prefix[] = "unix:";
    CLEANUP(buffer_release) struct buffer url = BUFFER_INIT(URL_MAX);
    bool is_unix = slice_starts_with(listen, slice_from_string(unix_prefix));
    ptrdiff_t colon = slice_find_last(listen, ':');

    (void)buffer_append_string(&url, speaks_tls ? "https://" : "http://");
    if (is_unix) {
        (void)buffer_append_slice(&target->socket, slice_from(listen, sizeof(unix_prefix) - 1));
        (void)buffer_append_string(&url, "localhost");
    } else if (colon >= 0) {
        (void)buffer_append_slice(&url, address_to_ask(slice_until(listen, (size_t)colon)));
        (void)buffer_append_slice(&url, slice_from(listen, (size_t)colon));
    }
    target->is_here = true;
    return buffer_check(&url, "the service's address", error) &&
           buffer_check(&target->socket, "the socket's path", error) &&
           base_url_parse(buffer_string(&url), PATH, &target->base, error);
}

/* --server's, or the daemon's of this environment. */
static bool find_target(const struct options *options, struct target *target, struct error *error)
{
    const char *server = options->values[OPTION_SERVER];

    if (server && server[0] != '\0') {
        if (!base_url_parse(server, PATH, &target->base, error))
            return false;
        target->is_here = is_loopback(target->base.url);
        return true;
    }
    CLEANUP(config_unref_p) struct config *config = settings_load_server(error);
    return config && target_listener(target, slice_from_string(config->server.listen),
                                     config->server.tls_cert != NULL, error);
}

/* -- asking --------------------------------------------------------------------------------- */

static void prepare(CURL *easy, const struct target *target)
{
    (void)curl_easy_setopt(easy, CURLOPT_CURLU, target->base.url);
    if (target->socket.length > 0)
        (void)curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, buffer_string(&target->socket));
    if (target->is_here) {
        (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore_body);
}

static bool ask(CURL *easy, const struct target *target, struct error *error)
{
    struct slice place =
        buffer_slice(target->socket.length > 0 ? &target->socket : &target->base.place);
    long status = 0;

    prepare(easy, target);
    CURLcode result = curl_easy_perform(easy);
    if (result != CURLE_OK) {
        return error_set(error, ERROR_UPSTREAM, "the service at '%s': %s", ESCAPED(place),
                         curl_easy_strerror(result));
    }
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return status == 200 ||
           error_set(error, ERROR_UPSTREAM, "the service at '%s' answers %ld to " PATH,
                     ESCAPED(place), status);
}

/* Docker knows 0 and 1 only. */
enum exit_status command_healthcheck(const struct options *options)
{
    struct target target = {.socket = BUFFER_INIT(URL_MAX)};
    struct error error;
    CURL *easy = curl_easy_init();
    bool is_healthy = (easy || error_no_memory(&error)) && find_target(options, &target, &error) &&
                      ask(easy, &target, &error);

    curl_easy_cleanup(easy);
    base_url_release(&target.base);
    buffer_release(&target.socket);
    if (is_healthy)
        return EXIT_YES;
    (void)print_failure(NULL, &error);
    return EXIT_NO;
}
