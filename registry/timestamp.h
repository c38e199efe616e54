/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points in time as token services write them: RFC 3339. Pure.
 */
#ifndef REGISTRY_TIMESTAMP_H
#define REGISTRY_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* "2026-01-02T03:04:05.678Z", "2026-01-02t03:04:05+01:00": milliseconds since 1970. False, and
 * `out` untouched, for anything else. A leap second is the second after it. */
bool timestamp_read(struct slice text, int64_t *out) MUST_USE;

#endif
