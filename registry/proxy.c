/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "config/config.h"
#include "registry/authority.h"
#include "registry/secret.h"

enum {
    HOST_MAX = 300,
    LIST_MAX = 64 * 1024,
    ADDRESS_BITS = 128,
    IPV4_PREFIX = 96 /* bits before an IPv4 address that stands in an IPv6 one */
};

struct proxies {
    struct proxy for_https; /* no URL: none */
    struct proxy for_http;
    char *exceptions; /* a list as no_proxy has it */
};

/* -- who is asked directly ------------------------------------------------------------------ */

static bool is_within(const struct in6_addr *address, const struct in6_addr *block, unsigned bits)
{
    unsigned whole = bits / 8;
    unsigned mask = 0xffU << (8 - bits % 8) & 0xff;

    return memcmp(address, block, whole) == 0 &&
           (bits % 8 == 0 || ((address->s6_addr[whole] ^ block->s6_addr[whole]) & mask) == 0);
}

static bool parse_bits(struct slice digits, unsigned max, unsigned *out)
{
    unsigned bits = 0;

    for (size_t i = 0; i < digits.length && i < 4; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        bits = bits * 10 + (unsigned)(digits.data[i] - '0');
    }
    *out = bits;
    return digits.length > 0 && digits.length < 4 && bits <= max;
}

/* In an entry IPv6 may do without its brackets; the host that comes out is in `room` then. */
static bool parse_entry(struct slice entry, char room[HOST_MAX], struct authority *out)
{
    ptrdiff_t colon = slice_find(entry, ':');
    bool is_bare = colon >= 0 && colon != slice_find_last(entry, ':') && entry.data[0] != '[';

    if (!is_bare)
        return authority_parse(entry, out);
    int length = snprintf(room, HOST_MAX, "[%.*s]", (int)entry.length, entry.data);
    return length < HOST_MAX && authority_parse(slice_of(room, (size_t)length), out);
}

/* "10.0.0.0" and "8". */
static bool block_names(const struct authority *block, struct slice digits,
                        const struct authority *host)
{
    unsigned before = IN6_IS_ADDR_V4MAPPED(&block->address) ? IPV4_PREFIX : 0;
    unsigned bits = 0;

    return block->is_address && host->is_address &&
           parse_bits(digits, ADDRESS_BITS - before, &bits) &&
           is_within(&host->address, &block->address, before + bits);
}

static bool is_below(struct slice host, struct slice domain)
{
    return host.length > domain.length + 1 && host.data[host.length - domain.length - 1] == '.' &&
           slice_equal_ignoring_case(slice_from(host, host.length - domain.length), domain);
}

static bool domain_names(struct slice domain, struct slice host)
{
    if (slice_starts_with(domain, SLICE("*.")))
        return is_below(host, slice_from(domain, 2));
    if (slice_starts_with(domain, SLICE(".")))
        return is_below(host, slice_from(domain, 1));
    return slice_equal_ignoring_case(domain, host) || is_below(host, domain);
}

static bool entry_names(struct slice entry, const struct authority *host)
{
    ptrdiff_t slash = slice_find(entry, '/');
    char room[HOST_MAX];
    struct authority named;

    if (slice_equal(entry, SLICE("*")))
        return true;
    if (!parse_entry(slice_before(entry, '/'), room, &named))
        return false;
    if (slash >= 0)
        return block_names(&named, slice_from(entry, (size_t)slash + 1), host);
    if (named.port && named.port != host->port)
        return false;
    if (named.is_address || host->is_address)
        return authority_same_host(&named, host);
    return domain_names(named.host, host->host);
}

static bool is_separator(char byte)
{
    return byte == ',' || byte == ' ' || byte == '\t' || byte == '\n';
}

bool proxy_list_names(const char *list, const struct url *url)
{
    struct authority host;

    if (!authority_parse(slice_from_string(url->host), &host))
        return false;
    host.port = url->port;
    for (const char *at = list; *at;) {
        size_t length = 0;
        while (at[length] && !is_separator(at[length]))
            length++;
        if (length && entry_names(slice_of(at, length), &host))
            return true;
        at += length + (at[length] != '\0');
    }
    return false;
}

static bool is_loopback(const struct url *url)
{
    struct authority host;

    return authority_parse(slice_from_string(url->host), &host) && authority_is_loopback(&host);
}

const struct proxy *proxy_find(const struct proxies *proxies, const struct url *url)
{
    const struct proxy *proxy =
        strcmp(url->scheme, "https") == 0 ? &proxies->for_https : &proxies->for_http;

    if (!proxy->url || is_loopback(url) || proxy_list_names(proxies->exceptions, url))
        return NULL;
    return proxy;
}

/* -- proxies -------------------------------------------------------------------------------- */

static bool is_usable_scheme(const char *scheme)
{
    static const char *const schemes[] = {"http", "https", "socks5", "socks5h"};

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (strcmp(scheme, schemes[i]) == 0)
            return true;
    }
    return false;
}

/* "host:port" of a URL that libcurl's parser takes, which is the one that will use it; or NULL. The
 * caller frees. */
static char *read_host(const char *text)
{
    struct buffer shown = BUFFER_INIT(HOST_MAX);
    CURLU *parser = curl_url();
    char *scheme = NULL;
    char *host = NULL;
    char *port = NULL;
    char *copy = NULL;
    unsigned lenient = CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME;

    if (parser && curl_url_set(parser, CURLUPART_URL, text, lenient) == CURLUE_OK &&
        curl_url_get(parser, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(parser, CURLUPART_HOST, &host, 0) == CURLUE_OK && is_usable_scheme(scheme)) {
        (void)curl_url_get(parser, CURLUPART_PORT, &port, 0);
        (void)buffer_format(&shown, "%s%s%s", host, port ? ":" : "", port ? port : "");
        copy = buffer_ok(&shown) ? buffer_take(&shown) : NULL;
    }
    buffer_release(&shown);
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parser);
    return copy;
}

/* `source` is where the URL came from, which may hold a password. */
static bool set_proxy(struct proxy *proxy, const char *url, const char *source, struct error *error)
{
    if (!url || !*url)
        return true;
    proxy->url = strdup(url);
    proxy->host = read_host(url);
    if (!proxy->url)
        return error_no_memory(error);
    return proxy->host ||
           error_set(error, ERROR_INVALID,
                     "%s: not the URL of a proxy such as http://proxy.example.com:3128", source);
}

/* The value of one of these variables, and its name. */
static const char *find_variable(const char *const names[], const char **name)
{
    for (; *names; names++) {
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment */
        const char *value = getenv(*names);
        *name = *names;
        if (value && *value)
            return value;
    }
    return NULL;
}

static bool read_environment(struct proxies *proxies, const char **exceptions, struct error *error)
{
    static const char *const https[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                        NULL};
    static const char *const http[] = {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", NULL};
    static const char *const http_of_cgi[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
    static const char *const none[] = {"no_proxy", "NO_PROXY", NULL};
    const char *name = NULL;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): as above */
    bool is_cgi = getenv("REQUEST_METHOD") != NULL;

    *exceptions = find_variable(none, &name);
    const char *for_https = find_variable(https, &name);
    if (!set_proxy(&proxies->for_https, for_https, name, error))
        return false;
    const char *for_http = find_variable(is_cgi ? http_of_cgi : http, &name);
    return set_proxy(&proxies->for_http, for_http, name, error);
}

static bool read_settings(struct proxies *proxies, const struct config_registry *settings,
                          struct error *error)
{
    struct buffer list = BUFFER_INIT(LIST_MAX);
    const char *proxy = settings->proxy ? settings->proxy : "none";
    const char *exceptions = NULL;
    bool done = true;

    if (strcmp(proxy, "environment") == 0)
        done = read_environment(proxies, &exceptions, error);
    else if (strcmp(proxy, "none") != 0)
        done = set_proxy(&proxies->for_https, proxy, "registry.proxy", error) &&
               set_proxy(&proxies->for_http, proxy, "registry.proxy", error);
    (void)buffer_append_string(&list, exceptions ? exceptions : "");
    for (size_t i = 0; i < settings->no_proxy.count; i++)
        (void)buffer_format(&list, ",%s", settings->no_proxy.items[i]);
    done = done && buffer_check(&list, "the list of who is asked without a proxy", error);
    proxies->exceptions = done ? strdup(buffer_string(&list)) : NULL;
    buffer_release(&list);
    return done && (proxies->exceptions || error_no_memory(error));
}

struct proxies *proxies_new(const struct config_registry *settings, struct error *error)
{
    struct proxies *proxies = calloc(1, sizeof(*proxies));

    if (!proxies) {
        error_no_memory(error);
        return NULL;
    }
    if (read_settings(proxies, settings, error))
        return proxies;
    proxies_free(proxies);
    return NULL;
}

static void proxy_release(struct proxy *proxy)
{
    secret_free(proxy->url);
    free(proxy->host);
}

void proxies_free(struct proxies *proxies)
{
    if (!proxies)
        return;
    proxy_release(&proxies->for_https);
    proxy_release(&proxies->for_http);
    free(proxies->exceptions);
    free(proxies);
}
