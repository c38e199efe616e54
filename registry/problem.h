/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a registry's error answer means to us (rules H18, H19; docs/api.md's table).
 */
#ifndef REGISTRY_PROBLEM_H
#define REGISTRY_PROBLEM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "manifest/manifest.h"

/*
 * Fills `error` from an answer that is not a success: the status decides, the registry's own code
 * and message refine the text (escaped and cut, S20). 401 and 403 are denied, 404 not_found, 429
 * rate_limited, everything else upstream; public ECR's 400 DENIED is denied. The body may be HTML,
 * empty or any other JSON (H18). `what` names what was asked: "manifest of 'docker.io/a/b:c'";
 * NULL: whoever reports the error says it.
 */
void problem_describe(long status, struct slice body, const char *what, struct error *error);

/*
 * P13: what the refusal of something pushed, of this type, means besides: an OCI index or a Docker
 * manifest list that the registry knows none of (unsupported), a repository that somebody has to
 * create first (not_found), more than the registry takes (too_large). False, and `error` untouched,
 * for any other.
 */
bool problem_describe_push(long status, struct slice body, enum media_type type,
                           struct error *error);

/* P13: a manifest was refused since the registry lacks blobs of it, or says so. */
bool problem_is_missing_blob(long status, struct slice body);

/* A blob's upload that the registry does not know (any more): another may go well. */
bool problem_is_lost_upload(long status);

/* True where the answer is worth another try (H19's statuses). */
bool problem_is_retryable(long status);

/* A13b: 401 aside, the two answers that mean our token has expired. */
bool problem_is_expiry(long status, struct slice body);

/* Retry-After (H20): seconds (also "1.2", and Go's "1.2ms"/"3s" as GHCR sends them) or an HTTP date
 * against `now_ms` (clock_realtime_ms). Milliseconds to wait; -1 for absent, past, negative or
 * unreadable. */
int64_t problem_retry_after(struct slice value, int64_t now_ms);

#endif
