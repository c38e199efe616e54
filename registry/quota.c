/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/quota.h"

#include <stddef.h>
#include <string.h>

#include "base/buffer.h"

enum {
    DIGITS_MAX = 15,
    WINDOW_UNTOLD_S = 3600,      /* how long a reading counts that names no window */
    WINDOW_LONGEST_S = 24 * 3600 /* and any other */
};

/* A reset beyond this is seconds since 1970 (GitHub, GitLab), below it seconds from now on (the
 * IETF's draft). */
static const int64_t epoch_threshold_s = 1000000000;

/* Digits at the text's start, up to its end, a blank or a parameter; -1: none, or too many. */
static int64_t read_number(struct slice text)
{
    int64_t number = 0;
    size_t length = 0;

    for (; length < text.length && text.data[length] >= '0' && text.data[length] <= '9'; length++) {
        if (length == DIGITS_MAX)
            return -1;
        number = number * 10 + (text.data[length] - '0');
    }
    bool is_ended = length == text.length || strchr("; ,\t", text.data[length]);
    return length > 0 && is_ended ? number : -1;
}

static int64_t number_of(const char *header)
{
    return read_number(slice_trim(slice_from_string(header)));
}

/* The "w" of "100;w=21600"; 0: not there. */
static int64_t window_of(const char *header)
{
    struct slice rest = slice_from_string(header);

    for (ptrdiff_t end; (end = slice_find(rest, ';')) >= 0;) {
        rest = slice_trim(slice_from(rest, (size_t)end + 1));
        if (slice_starts_with(rest, SLICE("w="))) {
            int64_t window = read_number(slice_from(rest, 2));
            return window > 0 ? window : 0;
        }
    }
    return 0;
}

/* Seconds until the registry counts anew; -1: not told. */
static int64_t seconds_to_reset(const char *header, int64_t realtime_ms)
{
    int64_t reset = number_of(header);

    if (reset <= epoch_threshold_s)
        return reset;
    int64_t left = reset - realtime_ms / 1000;
    return left > 0 ? left : 0;
}

/* What is no plain word is not shown to anybody. */
static void copy_source(const char *header, char out[QUOTA_SOURCE_SIZE])
{
    struct slice text = slice_trim(slice_from_string(header));
    size_t length = 0;

    for (; length < text.length && length + 1 < QUOTA_SOURCE_SIZE; length++) {
        if (text.data[length] <= ' ' || text.data[length] > '~')
            break;
        out[length] = text.data[length];
    }
    out[length] = '\0';
}

static int64_t seconds_that_count(const struct quota *quota, int64_t to_reset)
{
    int64_t seconds = quota->window > 0 ? quota->window : WINDOW_UNTOLD_S;

    if (to_reset >= 0)
        seconds = to_reset;
    return seconds < WINDOW_LONGEST_S ? seconds : WINDOW_LONGEST_S;
}

bool quota_read(const struct quota_headers *headers, int64_t monotonic_ms, int64_t realtime_ms,
                struct quota *out)
{
    int64_t remaining = number_of(headers->remaining);
    int64_t window = window_of(headers->remaining);

    if (remaining < 0)
        return false;
    *out = (struct quota){
        .is_told = true,
        .remaining = remaining,
        .limit = number_of(headers->limit),
        .window = window ? window : window_of(headers->limit),
        .told = monotonic_ms,
    };
    out->ends = monotonic_ms +
                1000 * seconds_that_count(out, seconds_to_reset(headers->reset, realtime_ms));
    copy_source(headers->source, out->source);
    return true;
}

bool quota_is_below(const struct quota *quota, uint32_t floor, int64_t monotonic_ms)
{
    return quota->is_told && quota->remaining < (int64_t)floor && monotonic_ms < quota->ends;
}
