/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/base_url.h"

#include "base/escape.h"

enum {
    PLACE_MAX = 512,
    PATH_MAX_LENGTH = 4096
};

/* The base's own path without a final slash, and `path`. */
static bool set_path(CURLU *url, const char *path)
{
    CLEANUP(buffer_release) struct buffer whole = BUFFER_INIT(PATH_MAX_LENGTH);
    char *own = NULL;

    if (curl_url_get(url, CURLUPART_PATH, &own, 0) != CURLUE_OK)
        return false;
    struct slice prefix = slice_from_string(own);
    while (slice_ends_with(prefix, SLICE("/")))
        prefix = slice_until(prefix, prefix.length - 1);
    (void)buffer_append_slice(&whole, prefix);
    (void)buffer_append_string(&whole, path);
    curl_free(own);
    return buffer_ok(&whole) &&
           curl_url_set(url, CURLUPART_PATH, buffer_string(&whole), 0) == CURLUE_OK;
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

static bool set_place(struct base_url *base)
{
    char *host = NULL;
    char *port = NULL;

    if (curl_url_get(base->url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(base->url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK)
        (void)buffer_format(&base->place, "%s:%s", host, port);
    curl_free(host);
    curl_free(port);
    return base->place.length > 0;
}

/* Always false. What stands before an '@' may be a password. */
static bool refuse(struct slice text, struct error *error)
{
    ptrdiff_t at = slice_find_last(text, '@');

    return error_set(error, ERROR_INVALID, "'%s%s' is not a URL such as http://localhost:8080",
                     at < 0 ? "" : "...", ESCAPED(slice_from(text, at < 0 ? 0 : (size_t)at)));
}

bool base_url_parse(const char *text, const char *path, struct base_url *out, struct error *error)
{
    *out = (struct base_url){.url = curl_url(), .place = BUFFER_INIT(PLACE_MAX)};
    if (!out->url)
        return error_no_memory(error);
    return (curl_url_set(out->url, CURLUPART_URL, text, 0) == CURLUE_OK && is_http(out->url) &&
            set_place(out) && set_path(out->url, path)) ||
           refuse(slice_from_string(text), error);
}

void base_url_release(struct base_url *base)
{
    curl_url_cleanup(base->url);
    base->url = NULL;
    buffer_release(&base->place);
}
