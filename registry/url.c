/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/url.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "registry/authority.h"

enum {
    URL_LENGTH_MAX = 8192 /* signed redirects are long, but not longer */
};

static const char too_long[] = "it is longer than 8 KiB";

static void parser_release(CURLU **parser)
{
    curl_url_cleanup(*parser);
}

static void curl_string_release(char **text)
{
    curl_free(*text);
}

static bool refuse(struct error *error, const char *what, const char *why)
{
    return error_set(error, ERROR_UPSTREAM, "the %s is not a usable URL: %s", what, why);
}

/* What parsers disagree about, or what curl would quietly drop, is refused before it parses: a
 * backslash is a slash to browsers, a fragment is never sent. */
static const char *find_fault(struct slice text)
{
    if (text.length == 0)
        return "it is empty";
    if (text.length > URL_LENGTH_MAX)
        return too_long;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte <= ' ' || byte >= 0x7f)
            return "a control, blank or non-ASCII byte";
        if (byte == '\\')
            return "a backslash";
        if (byte == '#')
            return "a fragment";
    }
    return NULL;
}

/* A part of the parsed URL as our own string; NULL when it is absent or there is no memory. */
static char *copy_part(CURLU *parser, CURLUPart part, unsigned flags)
{
    CLEANUP(curl_string_release) char *text = NULL;

    if (curl_url_get(parser, part, &text, flags) != CURLUE_OK)
        return NULL;
    return slice_copy(slice_from_string(text));
}

/* curl keeps a zone id apart from the host, where no check would see it (S29). */
static bool has_zone_id(CURLU *parser)
{
    CLEANUP(curl_string_release) char *text = NULL;

    return curl_url_get(parser, CURLUPART_ZONEID, &text, 0) != CURLUE_NO_ZONEID;
}

static void lower(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
    }
}

/* A name of a host, or an address as curl has written it anew; nothing that curl, reading `text`
 * again, could take for anything else. */
static const char *find_host_fault(const char *host)
{
    static const char name_bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
    size_t length = strlen(host);
    struct authority ignored;

    if (!authority_parse(slice_of(host, length), &ignored))
        return "a strange host";
    if (host[0] == '[')
        return NULL;
    if (host[strspn(host, name_bytes)] != '\0')
        return "a strange host";
    if (host[0] == '.' || host[length - 1] == '.')
        return "a dot at the end of its host";
    return NULL;
}

/* curl decodes %33 in a host only after it has looked whether the host is an address, so that what
 * it writes may mean another host when it is read again (S29). */
static bool means_the_same_again(const struct url *url)
{
    CLEANUP(parser_release) CURLU *parser = curl_url();
    CLEANUP(free_p) char *host = NULL;

    if (parser && curl_url_set(parser, CURLUPART_URL, url->text, 0) == CURLUE_OK)
        host = copy_part(parser, CURLUPART_HOST, 0);
    return host && strcmp(host, url->host) == 0;
}

/* `is_encoded`: somewhere there is a percent sign. */
static bool take_apart(CURLU *parser, bool is_encoded, struct url *url, const char *what,
                       struct error *error)
{
    CLEANUP(free_p) char *port = copy_part(parser, CURLUPART_PORT, CURLU_DEFAULT_PORT);

    url->scheme = copy_part(parser, CURLUPART_SCHEME, 0);
    if (!url->scheme)
        return error_no_memory(error);
    if (strcmp(url->scheme, "https") != 0 && strcmp(url->scheme, "http") != 0)
        return refuse(error, what, "neither https nor http");
    if (has_zone_id(parser))
        return refuse(error, what, "a zone id");
    url->host = copy_part(parser, CURLUPART_HOST, 0);
    if (!url->host || !port)
        return error_no_memory(error);
    lower(url->host);
    const char *fault = find_host_fault(url->host);
    if (fault)
        return refuse(error, what, fault);
    if (!authority_parse_port(slice_from_string(port), &url->port))
        return refuse(error, what, "port 0");
    if (curl_url_set(parser, CURLUPART_HOST, url->host, 0) == CURLUE_OK)
        url->text = copy_part(parser, CURLUPART_URL, CURLU_NO_DEFAULT_PORT);
    if (!url->text)
        return error_no_memory(error);
    if (strlen(url->text) > URL_LENGTH_MAX)
        return refuse(error, what, too_long);
    return !is_encoded || means_the_same_again(url) || refuse(error, what, "a strange host");
}

bool url_parse(struct slice text, const char *base, const char *what, struct url *out,
               struct error *error)
{
    CLEANUP(url_release) struct url url = {0};
    CLEANUP(parser_release) CURLU *parser = curl_url();
    CLEANUP(free_p) char *copy = NULL;

    const char *fault = find_fault(text);
    if (fault)
        return refuse(error, what, fault);
    copy = slice_copy(text);
    if (!parser || !copy)
        return error_no_memory(error);
    if (base && curl_url_set(parser, CURLUPART_URL, base, 0) != CURLUE_OK)
        return error_set(error, ERROR_INTERNAL, "the base of a %s is not a URL", what);
    CURLUcode code =
        curl_url_set(parser, CURLUPART_URL, copy, CURLU_DISALLOW_USER | CURLU_PATH_AS_IS);
    if (code == CURLUE_OUT_OF_MEMORY)
        return error_no_memory(error);
    if (code != CURLUE_OK)
        return refuse(error, what, curl_url_strerror(code));
    if (!take_apart(parser, slice_find(text, '%') >= 0, &url, what, error))
        return false;
    *out = url;
    url = (struct url){0};
    return true;
}

bool url_below(const struct url *origin, struct slice path, struct url *out, struct error *error)
{
    size_t base = strlen(origin->text);

    if (path.length > URL_LENGTH_MAX - base)
        return refuse(error, "registry", too_long);
    struct url url = {.text = malloc(base + path.length + 1),
                      .scheme = strdup(origin->scheme),
                      .host = strdup(origin->host),
                      .port = origin->port};
    if (!url.text || !url.scheme || !url.host) {
        url_release(&url);
        return error_no_memory(error);
    }
    memcpy(url.text, origin->text, base);
    memcpy(url.text + base, path.data, path.length);
    url.text[base + path.length] = '\0';
    *out = url;
    return true;
}

void url_release(struct url *url)
{
    if (!url)
        return;
    free(url->text);
    free(url->scheme);
    free(url->host);
    *url = (struct url){0};
}

bool url_same_origin(const struct url *a, const struct url *b)
{
    return strcmp(a->scheme, b->scheme) == 0 && strcmp(a->host, b->host) == 0 && a->port == b->port;
}
