/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a registry says of how much may still be asked of it (rule H22): Docker Hub's
 * "ratelimit-remaining: 76;w=21600", GitHub's "x-ratelimit-remaining" and "-reset", and what lies
 * between. No such header: not limited. Pure.
 */
#ifndef REGISTRY_QUOTA_H
#define REGISTRY_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "registry/registry.h"

/* One answer's headers of the kind, as received; NULL: not there. */
struct quota_headers {
    const char *limit;
    const char *remaining;
    const char *reset;
    const char *source; /* whose quota it is: an address or an account, in the registry's words */
};

/* Zeroed: the registry has said nothing. */
struct quota {
    bool is_told;
    int64_t remaining;
    int64_t limit;                  /* -1: not told */
    int64_t window;                 /* seconds that the limit is for; 0: not told */
    int64_t told;                   /* when; clock_monotonic_ms() */
    int64_t ends;                   /* then it means nothing any more */
    char source[QUOTA_SOURCE_SIZE]; /* "": not told. Visible ASCII */
};

/* Both clocks' time. False, and `out` untouched, where nothing usable is said of what remains. */
bool quota_read(const struct quota_headers *headers, int64_t monotonic_ms, int64_t realtime_ms,
                struct quota *out);

/* Whether less than `floor` remains, as far as is known. */
bool quota_is_below(const struct quota *quota, uint32_t floor, int64_t monotonic_ms);

#endif
