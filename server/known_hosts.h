/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which registries have answered lately. Callers name the hosts, so one that has not is a stranger
 * and gets a smaller share of the workers (docs/architecture.md, decision 2).
 *
 * Bounded: when there is no room the host that has been silent longest is forgotten. Any thread.
 */
#ifndef SERVER_KNOWN_HOSTS_H
#define SERVER_KNOWN_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

enum {
    KNOWN_HOSTS_MEMORY_MS = 10 * 60 * 1000 /* how long an answer makes a host known */
};

struct known_hosts;

/* Remembers at most `limit` hosts. NULL: no memory. */
struct known_hosts *known_hosts_new(size_t limit) MUST_USE;
void known_hosts_free(struct known_hosts *hosts);
CLEANUP_DEFINE(struct known_hosts, known_hosts_free)

/* The registry `name` has answered at `now` (clock_monotonic_ms). Without memory it stays unknown.
 */
void known_hosts_note_answer(struct known_hosts *hosts, const char *name, int64_t now);
/* It has left somebody waiting: a stranger again, until it answers. */
void known_hosts_forget(struct known_hosts *hosts, const char *name);
bool known_hosts_has(struct known_hosts *hosts, const char *name, int64_t now);

#endif
