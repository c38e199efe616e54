/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this process has learned of the registries it asked: how each wants to be authenticated to,
 * and until when it asked to be left alone. Bounded: the oldest is forgotten first. Any thread.
 */
#ifndef REGISTRY_HOSTS_H
#define REGISTRY_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "registry/challenge.h"

struct hosts;

struct hosts *hosts_new(void) MUST_USE; /* NULL: no memory */
void hosts_free(struct hosts *hosts);

/* `origin` is an endpoint's base. Remembers scheme, realm and service, so that the next request
 * needs no 401 first (A13c). Forgetting for want of memory costs one more 401. */
void hosts_learn_challenge(struct hosts *hosts, const char *origin,
                           const struct challenge *challenge);
/* A copy for the caller to release; false when none is known. */
bool hosts_recall_challenge(struct hosts *hosts, const char *origin, struct challenge *out);

/* The challenge has led nowhere: the next request goes without, and may learn another. */
void hosts_forget_challenge(struct hosts *hosts, const char *origin);

/* H20: a 429 holds for every request of that name: an origin, and who asks there. Milliseconds of
 * clock_monotonic_ms(). */
void hosts_pause(struct hosts *hosts, const char *name, int64_t until);
/* 0: not paused. */
int64_t hosts_paused_until(struct hosts *hosts, const char *name, int64_t now);

#endif
