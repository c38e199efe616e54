/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The warm restart: what the cache knows is saved when the service ends, and known again when it
 * begins (cache.state_file).
 *
 * Only what everyone may see is in the file. An entry is used again only where the settings say as
 * they did how and as whom its registry is asked. Ages go on while the service is down.
 */
#ifndef SERVER_STATE_H
#define SERVER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct cache;
struct snapshot;

struct state_time {
    int64_t monotonic; /* clock_monotonic_ms() */
    int64_t realtime;  /* clock_realtime_ms() */
};

struct state_time state_time_now(void);

/* Whether there could be a file at `path`: what would go wrong is told while there is time. Errors:
 * internal. */
bool state_can_be_saved(const char *path, struct error *error) MUST_USE;
/* Saves whatever is worth it. Errors: internal (the file system refuses; no memory). The file that
 * was there before is left as it was then. */
bool state_save(struct cache *cache, const struct snapshot *snapshot, const char *path,
                struct state_time now, size_t *count, struct error *error) MUST_USE;

struct state_count {
    size_t loaded;
    size_t passed_over; /* too old, or of registries that are asked otherwise now */
};

/* Loads what was saved, and removes the file: should this process end without saving, what it came
 * to know better must not be forgotten for what is in there. No file is no error. Errors: invalid
 * (it is damaged, and so not used), internal. */
bool state_load(struct cache *cache, const struct snapshot *snapshot, const char *path,
                struct state_time now, struct state_count *count, struct error *error) MUST_USE;

#endif
