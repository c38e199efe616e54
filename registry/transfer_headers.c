/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/transfer_headers.h"

#include <stdlib.h>

#include "base/escape.h"

enum {
    LENGTH_MAX = 18 /* H10: digits; libcurl passes over what it cannot count to */
};

void transfer_headers_release(struct transfer_headers *headers)
{
    free(headers->content_type);
    free(headers->content_encoding);
    free(headers->transfer_encoding);
    free(headers->content_length);
    free(headers->digest);
    free(headers->location);
    free(headers->retry_after);
    free(headers->links);
    free(headers->notices);
    free(headers->range);
    free(headers->chunk_min_length);
    free(headers->subject);
    free(headers->quota.limit);
    free(headers->quota.remaining);
    free(headers->quota.reset);
    free(headers->quota.source);
    for (size_t i = 0; i < headers->challenge_count; i++)
        free(headers->challenges[i]);
    *headers = (struct transfer_headers){0};
}

/* What it means that a header comes again. */
enum repetition {
    REPEATED_EQUALLY, /* H11: it decides something, so with another value it is refused */
    REPEATED_IDLY,    /* the first counts */
    REPEATED_JOINED   /* a list may come in several (RFC 9110, section 5.3) */
};

struct header_place {
    struct slice name;
    char **slot;
    enum repetition repetition;
};

static struct header_place header_place(struct transfer_headers *headers, struct slice name)
{
    const struct header_place places[] = {
        {SLICE("content-type"), &headers->content_type, REPEATED_EQUALLY},
        {SLICE("content-encoding"), &headers->content_encoding, REPEATED_EQUALLY},
        {SLICE("transfer-encoding"), &headers->transfer_encoding, REPEATED_EQUALLY},
        {SLICE("content-length"), &headers->content_length, REPEATED_EQUALLY},
        {SLICE("docker-content-digest"), &headers->digest, REPEATED_EQUALLY},
        {SLICE("location"), &headers->location, REPEATED_EQUALLY},
        {SLICE("retry-after"), &headers->retry_after, REPEATED_EQUALLY},
        {SLICE("link"), &headers->links, REPEATED_JOINED},
        {SLICE("warning"), &headers->notices, REPEATED_JOINED},
        {SLICE("range"), &headers->range, REPEATED_IDLY},
        {SLICE("oci-chunk-min-length"), &headers->chunk_min_length, REPEATED_IDLY},
        {SLICE("oci-subject"), &headers->subject, REPEATED_IDLY},
        {SLICE("ratelimit-limit"), &headers->quota.limit, REPEATED_IDLY},
        {SLICE("ratelimit-remaining"), &headers->quota.remaining, REPEATED_IDLY},
        {SLICE("ratelimit-reset"), &headers->quota.reset, REPEATED_IDLY},
        {SLICE("docker-ratelimit-source"), &headers->quota.source, REPEATED_IDLY},
        {SLICE("x-ratelimit-limit"), &headers->quota.limit, REPEATED_IDLY},
        {SLICE("x-ratelimit-remaining"), &headers->quota.remaining, REPEATED_IDLY},
        {SLICE("x-ratelimit-reset"), &headers->quota.reset, REPEATED_IDLY},
    };

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (slice_equal_ignoring_case(name, places[i].name))
            return places[i];
    return (struct header_place){.slot = NULL};
}

static bool keep_challenge(struct transfer_headers *headers, struct slice value)
{
    if (headers->challenge_count == TRANSFER_CHALLENGES_MAX)
        return true;
    char *copy = slice_copy(value);
    if (copy)
        headers->challenges[headers->challenge_count++] = copy;
    return copy != NULL;
}

static bool join(char **list, struct slice value)
{
    struct buffer joined = BUFFER_INIT(TRANSFER_HEADERS_MAX);

    (void)buffer_format(&joined, "%s, ", *list);
    (void)buffer_append_slice(&joined, value);
    char *text = buffer_ok(&joined) ? buffer_take(&joined) : NULL;
    buffer_release(&joined);
    if (!text)
        return false;
    free(*list);
    *list = text;
    return true;
}

bool transfer_headers_keep(struct transfer_headers *headers, struct slice name, struct slice value,
                           struct error *error)
{
    if (slice_equal_ignoring_case(name, SLICE("content-length")) && value.length > LENGTH_MAX)
        return error_set(error, ERROR_UPSTREAM, "the Content-Length '%s' cannot be",
                         ESCAPED(value));
    if (slice_equal_ignoring_case(name, SLICE("www-authenticate")))
        return keep_challenge(headers, value) || error_no_memory(error);

    const struct header_place place = header_place(headers, name);
    if (!place.slot)
        return true;
    if (!*place.slot) {
        *place.slot = slice_copy(value);
        return *place.slot || error_no_memory(error);
    }
    if (place.repetition == REPEATED_JOINED)
        return join(place.slot, value) || error_no_memory(error);
    return place.repetition == REPEATED_IDLY || slice_equal_string(value, *place.slot) ||
           error_set(error, ERROR_UPSTREAM, "the header '%s' came twice and differs",
                     ESCAPED(name));
}
