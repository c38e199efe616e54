/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists a repository's tags: `mquery tags`. Nothing that answers a question about an image asks
 * for them.
 */
#ifndef REGISTRY_TAGS_H
#define REGISTRY_TAGS_H

#include <stddef.h>

#include "base/buffer.h"
#include "registry/registry.h"

enum {
    TAGS_MAX = 1000000, /* of one repository */
    TAGS_BYTES_MAX = 64 * 1024 * 1024,
    TAGS_PAGES_MAX = 10000 /* H24 */
};

struct registry_listing {
    const struct reference *repository; /* tag and digest do not matter */
    const struct credential *credential;
    int64_t deadline; /* clock_monotonic_ms(), for all pages together */
    unsigned retries; /* of each page */
};

/* The caller's; tags_release() ends it. */
struct tags {
    struct buffer lines; /* each tag (R5) and a line break, in the order the registry gives */
    size_t count;
};

/*
 * Asks page after page, following Link (H24) within the registry and the list only (S7). A list
 * that is longer than the limits above is an error, never cut. Errors: as registry_query(), without
 * unsupported; upstream besides where the registry names what is no tag, leads away from the list,
 * or in a circle; too_large.
 */
bool registry_list_tags(struct registry *registry, const struct registry_listing *listing,
                        struct tags *out, struct error *error) MUST_USE;
void tags_release(struct tags *tags);

#endif
