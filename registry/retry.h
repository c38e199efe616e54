/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a failed request is worth another try, and how long to wait first (rules H19, H20;
 * docs/architecture.md's decision 7).
 */
#ifndef REGISTRY_RETRY_H
#define REGISTRY_RETRY_H

#include <stdbool.h>
#include <stdint.h>

struct retry {
    unsigned allowed; /* tries after the first */
    unsigned used;
    int64_t patience; /* ms: the longest single wait that is worth it */
    int64_t deadline; /* clock_monotonic_ms() */
};

/* One retry after 250 ms for a service, whose callers wait (it would rather say Retry-After than
 * wait over a second); up to five with growing, jittered waits for a person or a pipeline. */
struct retry retry_begin(unsigned allowed, int64_t deadline);

/*
 * Takes one try, if there is one left and its wait ends before the deadline: true, and `*until` is
 * when to try. `worth` is how many tries this failure deserves; `asked` what the registry asked us
 * to wait in ms, or -1.
 */
bool retry_take(struct retry *retry, unsigned worth, int64_t asked, int64_t now, int64_t *until);

#endif
