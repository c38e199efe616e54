/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/exchange.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/log.h"
#include "build.h"
#include "registry/client_certificate.h"
#include "registry/core.h"
#include "registry/guard.h"
#include "registry/proxy.h"
#include "registry/relay.h"
#include "registry/trust.h"

enum {
    HEADER_VALUE_MAX = 8 * 1024, /* A3 */
    ERROR_BODY_MAX = 64 * 1024,  /* H13 */
    STREAM_BUFFER = 64 * 1024,   /* bytes curl moves at once */
    TRICKLE_BYTES = 1024,        /* H31: a second, for ... */
    TRICKLE_S = 30
};

/* -- the response's head -------------------------------------------------------------------- */

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t length = size * count;
    struct slice line = slice_trim(slice_of(data, length));

    transfer->header_bytes += length;
    if (transfer->header_bytes > TRANSFER_HEADERS_MAX || line.length > HEADER_VALUE_MAX) {
        error_set(&transfer->error, ERROR_UPSTREAM, "the response's headers are too large");
        return 0;
    }
    if (slice_starts_with(line, SLICE("HTTP/"))) { /* H30: a new response begins */
        transfer_headers_release(&transfer->headers);
        transfer->has_head = false;
        return length;
    }
    transfer->has_head = transfer->has_head || line.length == 0;
    ptrdiff_t colon = slice_find(line, ':');
    if (colon <= 0)
        return length;
    struct slice name = slice_until(line, (size_t)colon);
    struct slice value = slice_trim(slice_from(line, (size_t)colon + 1));
    return transfer_headers_keep(&transfer->headers, name, value, &transfer->error) ? length : 0;
}

/* -- the response's body -------------------------------------------------------------------- */

static long status_of(const struct transfer *transfer)
{
    long status = 0;

    curl_easy_getinfo(transfer->handle, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/* An error's text is worth its first 64 KiB (H13); what came by then is the whole answer. */
static bool is_endless_error(struct transfer *transfer, size_t length)
{
    if (transfer->body.length + length <= ERROR_BODY_MAX)
        return false;
    transfer->was_cut = transfer->has_idle_body || status_of(transfer) >= 300;
    return transfer->was_cut;
}

static bool check_coding(const char *header, const char *coding, const char *plain,
                         struct error *error)
{
    return !coding || *coding == '\0' || strcasecmp(coding, plain) == 0 ||
           error_set(error, ERROR_UPSTREAM, "the answer came with %s '%s'", header,
                     ESCAPED(slice_from_string(coding)));
}

/* H3, S17: nobody asked for compression, and digests are of the bytes as stored. What is packed for
 * the transfer alone libcurl unpacks unasked. */
static bool check_encoding(struct transfer *transfer)
{
    const struct transfer_headers *headers = &transfer->headers;

    return check_coding("Content-Encoding", headers->content_encoding, "identity",
                        &transfer->error) &&
           check_coding("Transfer-Encoding", headers->transfer_encoding, "chunked",
                        &transfer->error);
}

/* The first bytes tell whoever waits that the answer is a good one. */
static size_t on_stream(struct transfer *transfer, struct slice bytes)
{
    if (!transfer->is_flowing) {
        if (!check_encoding(transfer))
            return 0;
        transfer->is_flowing = true;
        (void)sem_post(&transfer->flowing);
    }
    switch (relay_take(transfer->relay, bytes)) {
    case RELAY_MOVED:
        return bytes.length;
    case RELAY_WAIT:
        return CURL_WRITEFUNC_PAUSE;
    case RELAY_END:
        break;
    }
    return 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t length = size * count;

    if (transfer->relay && transfer->method == TRANSFER_GET && status_of(transfer) == 200)
        return on_stream(transfer, slice_of(data, length));
    if (is_endless_error(transfer, length))
        return 0;
    if (length > transfer->body_limit - transfer->body.length) {
        error_set(&transfer->error, ERROR_TOO_LARGE, "the answer is larger than %zu bytes",
                  transfer->body_limit);
        return 0;
    }
    if (!transfer_reserve(transfer, length)) {
        error_set(&transfer->error, ERROR_OVERLOADED, "too many answers are on their way at once");
        return 0;
    }
    if (!buffer_append(&transfer->body, data, length)) {
        error_no_memory(&transfer->error);
        return 0;
    }
    return length;
}

/* -- the request's body --------------------------------------------------------------------- */

static size_t on_read(char *out, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t given = 0;

    switch (relay_give(transfer->relay, out, size * count, &given)) {
    case RELAY_MOVED:
        return given;
    case RELAY_WAIT:
        return CURL_READFUNC_PAUSE;
    case RELAY_END:
        break;
    }
    return CURL_READFUNC_ABORT;
}

/* -- the connection ------------------------------------------------------------------------- */

/* S1, S2: decides on the address that is really dialled, whatever name led to it. A proxy is the
 * operator's, and the only one that is dialled then (S3). */
static curl_socket_t on_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = context;

    if (purpose != CURLSOCKTYPE_IPCXN)
        return CURL_SOCKET_BAD;
    if (!transfer->proxy && !transfer->may_be_private && guard_is_private(&address->addr)) {
        transfer->was_blocked = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static CURLcode on_ssl_context(CURL *handle, void *ssl_context, void *context)
{
    const struct transfer *transfer = context;
    (void)handle;

    if (transfer->trust)
        trust_apply(transfer->trust, ssl_context);
    return CURLE_OK;
}

/* -- preparing ------------------------------------------------------------------------------ */

static long milliseconds_until(int64_t then, int64_t now)
{
    return then - now < 1 ? 1L : (long)(then - now);
}

/* What is the same for every transfer. Options that only fail on a libcurl built without them are
 * checked once, in transfer_engine_new(). */
static void set_habits(CURL *handle)
{
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "mqueryd/" BUILD_VERSION);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L); /* H14: by hand */
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);     /* S19 */
    curl_easy_setopt(handle, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); /* H30 */
    curl_easy_setopt(handle, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, 16384L);
    /* Without it, removing a handle joins its resolver's thread: one dead name stops everyone. */
    curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
}

/* Without either libcurl would look into the environment (H29). */
static void set_proxy(CURL *handle, const struct transfer *transfer)
{
    curl_easy_setopt(handle, CURLOPT_PROXY, transfer->proxy ? transfer->proxy->url : "");
    curl_easy_setopt(handle, CURLOPT_NOPROXY, "");
    curl_easy_setopt(handle, CURLOPT_PROXY_CAINFO, NULL); /* as the registry: trust.h */
    curl_easy_setopt(handle, CURLOPT_PROXY_CAPATH, NULL);
}

static void set_security(CURL *handle, struct transfer *transfer)
{
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR,
                     transfer->may_be_plain ? "http,https" : "https");
    /* A burst shares one HTTP/2 connection; without TLS it would only wait for the first answer. */
    curl_easy_setopt(handle, CURLOPT_PIPEWAIT, transfer->may_be_plain ? 0L : 1L);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, transfer);
    curl_easy_setopt(handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, transfer->is_insecure ? 0L : 1L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, transfer->is_insecure ? 0L : 2L);
    curl_easy_setopt(handle, CURLOPT_CAINFO, NULL); /* trust.h: the store comes by reference */
    curl_easy_setopt(handle, CURLOPT_CAPATH, NULL);
#if LIBCURL_VERSION_NUM >= 0x075700
    /* libcurl sets a connection's store up when the first answer is read, after the callback below
     * (until 8.3), and to one that it has kept of another connection: the first host's authorities
     * would be everyone's. */
    curl_easy_setopt(handle, CURLOPT_CA_CACHE_TIMEOUT, 0L);
#endif
    curl_easy_setopt(handle, CURLOPT_SSL_CTX_FUNCTION, on_ssl_context);
    curl_easy_setopt(handle, CURLOPT_SSL_CTX_DATA, transfer);
    if (transfer->certificate)
        client_certificate_apply(transfer->certificate, handle);
    if (transfer->is_isolated) { /* an HTTP/2 connection could be joined while it is busy */
        curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
        curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, 1L);
    }
}

static void set_content(CURL *handle, const struct transfer *transfer)
{
    struct slice content = transfer->form ? slice_from_string(transfer->form) : transfer->content;

    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)content.length);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, content.length ? content.data : "");
}

/* A paused stream of HTTP/2 would hold up the others of its connection, the one that it waits for
 * among them: relayed ones have connections of their own. */
static void set_relay(CURL *handle, struct transfer *transfer)
{
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, (long)STREAM_BUFFER);
    if (transfer->method != TRANSFER_GET) {
        curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, (curl_off_t)transfer->relayed);
        curl_easy_setopt(handle, CURLOPT_READFUNCTION, on_read);
        curl_easy_setopt(handle, CURLOPT_READDATA, transfer);
    } else { /* a pause does not count for curl; the target's side is the relay's to watch */
        curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, (long)TRICKLE_BYTES);
        curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, (long)TRICKLE_S);
    }
}

static void set_request(CURL *handle, struct transfer *transfer)
{
    switch (transfer->method) {
    case TRANSFER_GET:
        break;
    case TRANSFER_HEAD:
        curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
        break;
    case TRANSFER_POST:
        set_content(handle, transfer);
        break;
    case TRANSFER_PUT:
        curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, "PUT");
        if (!transfer->relay)
            set_content(handle, transfer);
        break;
    case TRANSFER_PATCH: /* always of a relay */
        curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, "PATCH");
        break;
    case TRANSFER_DELETE:
        curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, "DELETE");
        break;
    }
    if (transfer->relay)
        set_relay(handle, transfer);
}

bool exchange_prepare(CURL *handle, struct transfer *transfer, int64_t now)
{
    set_habits(handle);
    set_security(handle, transfer);
    set_request(handle, transfer);
    set_proxy(handle, transfer);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, transfer->request_lines);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, milliseconds_until(transfer->deadline, now));
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)transfer->connect_timeout);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(handle, CURLOPT_PRIVATE, transfer);
    return curl_easy_setopt(handle, CURLOPT_URL, transfer->url) == CURLE_OK;
}

/* -- finishing ------------------------------------------------------------------------------ */

/* H19: what may pass is tried again. A refused connection or one never accepted is not likely to
 * get better within seconds: once. A name that does not resolve, or a certificate: never. */
static unsigned retries_worth(CURLcode result, bool was_connecting)
{
    switch ((int)result) {
    case CURLE_COULDNT_CONNECT:
        return 1;
    case CURLE_OPERATION_TIMEDOUT:
        return was_connecting ? 0 : UINT_MAX;
    case CURLE_PARTIAL_FILE: /* H10: a short body is the transport's fault */
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND: /* an idle connection had died; its first bytes are gone */
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return UINT_MAX;
    default:
        return 0;
    }
}

/* What to do about it; "" where nobody knows. */
static const char *advice_on(CURLcode result)
{
    if (result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_ISSUER_ERROR)
        return " (see ca_file of registry.hosts, or mquery's --insecure)";
    if (result == CURLE_SSL_CONNECT_ERROR)
        return " (if it speaks http: plain_http of registry.hosts, or mquery's --plain-http)";
    return "";
}

/* "host" or "host:port" of the URL that was asked, escaped for a message. */
static const char *write_host(CURL *handle, char *out, size_t size)
{
    struct buffer text = BUFFER_INIT(2048);
    CURLU *url = curl_url();
    char *effective = NULL;
    char *host = NULL;
    char *port = NULL;

    curl_easy_getinfo(handle, CURLINFO_EFFECTIVE_URL, &effective);
    if (url && effective && curl_url_set(url, CURLUPART_URL, effective, 0) == CURLUE_OK) {
        (void)curl_url_get(url, CURLUPART_HOST, &host, 0);
        (void)curl_url_get(url, CURLUPART_PORT, &port, 0);
    }
    buffer_append_string(&text, host ? host : "the registry");
    if (port)
        buffer_format(&text, ":%s", port);
    escape_text(out, size, buffer_slice(&text));
    buffer_release(&text);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(url);
    return out;
}

/* Whose fault it is may be told by what the proxy said to CONNECT (RFC 9110, section 9.3.6). */
static void describe_proxy(CURL *handle, struct transfer *transfer)
{
    const struct error cause = transfer->error;
    const char *proxy = ESCAPED(slice_from_string(transfer->proxy->host));
    long status = 0;

    curl_easy_getinfo(handle, CURLINFO_HTTP_CONNECTCODE, &status);
    if (status >= 300) {
        transfer->worth_retries = status >= 500 ? UINT_MAX : 0;
        error_set(&transfer->error, ERROR_UPSTREAM, "the proxy '%s' answered %ld: %.120s", proxy,
                  status, cause.message);
    } else {
        error_prefix(&transfer->error, "through the proxy '%s': ", proxy);
    }
}

static void describe_failure(CURL *handle, struct transfer *transfer, CURLcode result)
{
    double connected = 0;
    char host_text[ESCAPE_TEXT_SIZE];
    const char *host = write_host(handle, host_text, sizeof(host_text));

    curl_easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME, &connected);
    bool was_connecting = connected == 0;
    transfer->worth_retries = retries_worth(result, was_connecting);
    if (transfer->was_blocked && result == CURLE_COULDNT_CONNECT) {
        transfer->worth_retries = 0;
        error_set(&transfer->error, ERROR_FORBIDDEN,
                  "'%s' is at a private address: list it under registry.hosts, or set "
                  "registry.allow_private",
                  host);
    } else if (result == CURLE_OPERATION_TIMEDOUT) {
        error_set(&transfer->error, ERROR_TIMEOUT, "'%s' did not %s in time", host,
                  was_connecting ? "accept a connection" : "answer");
    } else {
        error_set(&transfer->error, ERROR_UPSTREAM, "cannot ask '%s': %s%s", host,
                  curl_easy_strerror(result), advice_on(result));
    }
    if (transfer->proxy)
        describe_proxy(handle, transfer);
}

static bool is_private_literal(const char *address)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
        return guard_is_private((const struct sockaddr *)(const void *)&v4);
    if (inet_pton(AF_INET6, address, &v6.sin6_addr) == 1)
        return guard_is_private((const struct sockaddr *)(const void *)&v6);
    return false;
}

/* Says what was asked of whom. What follows a URL's '?' may open doors (S21). */
static void log_exchange(CURL *handle, const struct transfer *transfer)
{
    static const char *const methods[] = {
        [TRANSFER_GET] = "GET", [TRANSFER_HEAD] = "HEAD",   [TRANSFER_POST] = "POST",
        [TRANSFER_PUT] = "PUT", [TRANSFER_PATCH] = "PATCH", [TRANSFER_DELETE] = "DELETE",
    };
    curl_off_t time = 0;

    curl_easy_getinfo(handle, CURLINFO_TOTAL_TIME_T, &time);
    LOG_DEBUG("asked", LOG_STRING("method", methods[transfer->method]),
              LOG_TEXT("url", slice_before(slice_from_string(transfer->url), '?')),
              LOG_NUMBER("status", transfer->status), LOG_NUMBER("ms", time / 1000));
}

static void tell_watch(CURL *handle, const struct transfer *transfer)
{
    const struct registry *registry = transfer->watched;
    bool is_whole = transfer->error.code == ERROR_NONE;
    curl_off_t time = 0;

    if (!registry || !registry->watch)
        return;
    curl_easy_getinfo(handle, CURLINFO_TOTAL_TIME_T, &time);
    const struct registry_event event = {.registry = transfer->asked,
                                         .operation = transfer->operation,
                                         .status = is_whole ? transfer->status : 0,
                                         .ms = time / 1000};
    registry->watch(registry->watch_context, &event);
}

void exchange_finish(CURL *handle, struct transfer *transfer, CURLcode result)
{
    const char *peer = NULL;

    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &transfer->status);
    curl_easy_getinfo(handle, CURLINFO_PRIMARY_IP, &peer);
    transfer->peer_is_private = !transfer->proxy && peer && is_private_literal(peer);
    if (result == CURLE_OK && !transfer->has_head) /* H10: libcurl takes it for an empty answer */
        result = CURLE_PARTIAL_FILE;
    if (result == CURLE_OK || transfer->was_cut)
        (void)check_encoding(transfer);
    else if (transfer->error.code == ERROR_NONE) /* else a callback has said why it stopped */
        describe_failure(handle, transfer, result);
    log_exchange(handle, transfer);
    tell_watch(handle, transfer);
}
