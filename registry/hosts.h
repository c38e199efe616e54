/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this process has learned of the registries it asked: how each wants to be authenticated to,
 * until when it asked to be left alone, what remains of its quota, whether it answers at all, and
 * what it wanted people to be told. Bounded: what has not been used for longest is forgotten first.
 * Any thread.
 *
 * Two kinds of names: an `origin` is an endpoint's base; an `asker` is an origin, a blank, and the
 * identity of who asks there ("" for nobody), since quotas are counted by who asks.
 */
#ifndef REGISTRY_HOSTS_H
#define REGISTRY_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "registry/challenge.h"
#include "registry/quota.h"

struct hosts;
struct registry_quota;

struct hosts *hosts_new(void) MUST_USE; /* with one reference; NULL: no memory */
struct hosts *hosts_ref(struct hosts *hosts);
void hosts_unref(struct hosts *hosts);

/* -- how to authenticate -------------------------------------------------------------------- */

/* Remembers scheme, realm and service, so that the next request needs no 401 first (A13c).
 * Forgetting for want of memory costs one more 401. */
void hosts_learn_challenge(struct hosts *hosts, const char *origin,
                           const struct challenge *challenge);
/* A copy for the caller to release; false when none is known. */
bool hosts_recall_challenge(struct hosts *hosts, const char *origin, struct challenge *out);

/* The challenge has led nowhere: the next request goes without, and may learn another. */
void hosts_forget_challenge(struct hosts *hosts, const char *origin);

/* -- quotas (H20, H22) ---------------------------------------------------------------------- */

/* A 429 holds for every request of that asker. Milliseconds of clock_monotonic_ms(). */
void hosts_pause(struct hosts *hosts, const char *asker, int64_t until);
/* The same from `now` on for as long as was asked, ms: 0 or less is not at all, and no answer keeps
 * us away for longer than an hour. */
void hosts_pause_for(struct hosts *hosts, const char *asker, int64_t asked, int64_t now);
enum {
    HOSTS_PAUSE_UNTOLD = 5000 /* ms; what a 429 means that does not say how long */
};
/* 0: not paused. */
int64_t hosts_paused_until(struct hosts *hosts, const char *asker, int64_t now);

void hosts_note_quota(struct hosts *hosts, const char *asker, const struct quota *quota);
/* Whether less than `floor` remains, as far as is known. */
bool hosts_quota_is_below(struct hosts *hosts, const char *asker, uint32_t floor, int64_t now);
/* Fills in at most `max` of those that count still, the last used first; returns how many. */
size_t hosts_list_quotas(struct hosts *hosts, int64_t now, struct registry_quota *out, size_t max);

/* -- troubles ------------------------------------------------------------------------------- */

/* The same for those that are left alone, or have not answered. */
struct registry_trouble;
size_t hosts_list_troubles(struct hosts *hosts, int64_t now, struct registry_trouble *out,
                           size_t max);

/* -- whether it answers (breaker.h) --------------------------------------------------------- */

/* What one who wants to ask is told. */
struct hosts_pass {
    int64_t wait;      /* ms; 0: ask */
    unsigned failures; /* that were there in a row */
    bool is_probe;     /* asked as a trial: hosts_end_probe() must follow */
};

/* With `may_probe` the caller waits for a trial that is under way, and may become one itself;
 * without, only the pause between trials is its business. */
struct hosts_pass hosts_pass(struct hosts *hosts, const char *origin, bool may_probe, int64_t now);
void hosts_end_probe(struct hosts *hosts, const char *origin);
void hosts_note_answer(struct hosts *hosts, const char *origin);
void hosts_note_failure(struct hosts *hosts, const char *origin, int64_t now);

/* -- what it wanted people to be told (H23) ------------------------------------------------- */

/* True the first time that the origin says so; false, too, where it has said many things. */
bool hosts_note_notice(struct hosts *hosts, const char *origin, struct slice text);

#endif
