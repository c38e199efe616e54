/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of images, and for how long it may be told (docs/architecture.md, decisions 3, 5
 * and 6).
 *
 * Known of a reference as seen by one partition (everyone, or one caller's credentials): the last
 * answer and when the registry confirmed it, or how asking failed. Known of a digest: its report,
 * for good. And the finished bytes of answers, found by the spelling of the question alone, so that
 * a hit parses and renders nothing.
 *
 * Bounded in bytes by cache.memory. Any thread; one mutex, held for a few look-ups. `now` is always
 * clock_monotonic_ms(): a jump of the wall clock makes nothing old or young.
 */
#ifndef SERVER_CACHE_H
#define SERVER_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "config/config.h"
#include "manifest/manifest.h"

struct cache;
struct response;

/* `settings` is borrowed for the cache's life. NULL: no memory. */
struct cache *cache_new(const struct config_cache *settings) MUST_USE;
void cache_free(struct cache *cache);
CLEANUP_DEFINE(struct cache, cache_free)

/* -- keys ----------------------------------------------------------------------------------- */

/* Which reference, seen by whom. */
struct cache_key {
    struct buffer text; /* "registry/repository target partition" */
    size_t name_length; /* of it, without the partition */
    bool is_digest;     /* the target is one */
    bool is_private;    /* the partition is a caller's */
};

/* `partition` is credential_identity()'s text. The caller releases. Errors: internal. */
bool cache_key_init(struct cache_key *key, const struct reference *reference, const char *partition,
                    struct error *error) MUST_USE;
void cache_key_release(struct cache_key *key);

/* -- reading -------------------------------------------------------------------------------- */

/* What to do with what was found. */
enum cache_state {
    CACHE_MISS,    /* ask the registry */
    CACHE_FRESH,   /* answer */
    CACHE_REFRESH, /* answer with the stale report, and ask behind */
    CACHE_STALE,   /* answer with the stale report; asking has failed a moment ago */
    CACHE_ASK,     /* ask; the stale report may stand in for a registry that cannot be asked */
    CACHE_FAILED   /* answer with the error that is remembered */
};

struct cache_finding {
    enum cache_state state;
    struct report *report; /* counted, the caller's; with CACHE_MISS too where one is held, only to
                              be confirmed. NULL: none */
    int64_t confirmed;     /* seconds since 1970; with a report */
    struct error error;    /* with CACHE_FAILED */
    uint32_t generation;   /* for cache_store() */
};

/* The caller releases what is found. */
void cache_find(struct cache *cache, const struct cache_key *key, int64_t now,
                struct cache_finding *out);
void cache_finding_release(struct cache_finding *finding);
/* The caller owns the reference; NULL: unknown. Only what everyone's lookups have learnt. */
struct report *cache_find_digest(struct cache *cache, struct slice digest);

/*
 * The finished bytes for a spelling: everything they depend on but the time. CACHE_FRESH,
 * CACHE_REFRESH or CACHE_STALE with the caller's reference in `*out`; CACHE_MISS without one (then
 * cache_find() may still know a report). A hit, so the door may keep a form of the response.
 */
enum cache_state cache_find_answer(struct cache *cache, struct slice spelling, int64_t now,
                                   struct response **out);

/* True when a stale answer may stand in for this failure (decision 6). */
bool cache_may_be_stale(enum error_code code);

/* -- writing -------------------------------------------------------------------------------- */

/* The registry has confirmed the report at `now`, which is `confirmed` in seconds since 1970.
 * `generation` is the finding's that led to the asking: when the reference was forgotten since,
 * nothing is stored. Takes references of its own; without memory nothing is stored. */
void cache_store(struct cache *cache, const struct cache_key *key, struct report *report,
                 int64_t confirmed, int64_t now, uint32_t generation);
/* Asking has failed: remembered as decision 6 says; some failures end what was known. */
void cache_store_failure(struct cache *cache, const struct cache_key *key,
                         const struct error *error, int64_t now, uint32_t generation);
/* Keeps the bytes made from a finding, while the cache still knows that very report. */
void cache_store_answer(struct cache *cache, const struct cache_key *key, struct slice spelling,
                        const struct cache_finding *finding, struct response *response);

/* The reference has changed (a push, a notification): in every partition what is known of it is
 * no longer told, and what was asked before now is not stored. */
void cache_forget(struct cache *cache, const struct cache_key *key);

struct cache_counts {
    size_t entries;
    size_t contents;
    size_t answers;
    size_t bytes;
};
struct cache_counts cache_counts(struct cache *cache);

#endif
