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

enum {
    CACHE_VIEW_PARTITION_SIZE = 9,
    CACHE_VIEW_MARK_SIZE = 8
};

struct cache;
struct names;
struct response;

/* NULL: no memory. */
struct cache *cache_new(const struct config_cache *settings) MUST_USE;
void cache_free(struct cache *cache);
CLEANUP_DEFINE(struct cache, cache_free)
/* Other settings hold from now on; what no longer has room is dropped. */
void cache_configure(struct cache *cache, const struct config_cache *settings);

/* -- keys ----------------------------------------------------------------------------------- */

/* Which reference, seen by whom. */
struct cache_key {
    struct buffer text; /* "registry/repository target partition mark" */
    size_t name_length; /* of it: what cache_forget() means */
    bool is_digest;     /* the target is one */
    bool is_private;    /* the partition is a caller's */
};

/* `partition` is credential_identity()'s text. The caller releases. Errors: internal. */
bool cache_key_init(struct cache_key *key, const struct reference *reference, const char *partition,
                    struct error *error) MUST_USE;
/* Another kind of answer about the same reference has an entry of its own: "" marks none. Errors:
 * internal. */
bool cache_key_mark(struct cache_key *key, const char *mark, struct error *error) MUST_USE;
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
    unsigned period;       /* how many of its freshness have passed, for cache_fresh_left() */
    struct error error;    /* with CACHE_FAILED */
    uint32_t generation;   /* for cache_store() */
};

/* What is left of `fresh` (ms) in a period, as its bytes may say: up to a sixtieth too much. Bytes
 * that told every moment's rest would have to be made for each hit. */
int64_t cache_fresh_left(int64_t fresh, unsigned period);

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

/* -- all of it (cache_survey.c) ------------------------------------------------------------- */

/* Adds the registries of which something is known. False: no memory. */
bool cache_list_registries(struct cache *cache, struct names *out) MUST_USE;
/* Nothing that is known of these registries is told any more, whoever has asked, and what is being
 * asked now is not stored. NULL: all of them. */
void cache_forget_registries(struct cache *cache, const struct names *which);

/* What is known of a reference in one partition, for operators. */
struct cache_view {
    char partition[CACHE_VIEW_PARTITION_SIZE]; /* how its name begins; "": everyone's */
    char mark[CACHE_VIEW_MARK_SIZE];           /* of another kind of answer */
    enum cache_state state;
    bool has_report;
    struct digest digest; /* this and the next are of a report */
    int64_t confirmed;    /* seconds since 1970 */
    int64_t age;          /* ms since then */
    size_t report_bytes;
    unsigned sharers; /* entries with this report, this one among them */
    bool is_partial;
    size_t answers; /* finished ones, of one spelling each */
    size_t answers_hot;
    size_t answer_bytes;
    bool has_failure;
    enum error_code failure;
    int64_t failure_left; /* ms; INT64_MAX: for as long as there is room */
};

/* Fills in at most `max`; returns how many. `name` is "registry/repository target". */
size_t cache_look(struct cache *cache, struct slice name, int64_t now, struct cache_view *out,
                  size_t max);

/* What everyone may see of one reference, to be known again after a restart. */
struct cache_record {
    char *name; /* "registry/repository target" */
    struct report *report;
    int64_t confirmed;    /* seconds since 1970 */
    int64_t confirmed_at; /* clock_monotonic_ms() */
    bool is_digest;
};

struct cache_records {
    struct cache_record *items; /* the longest unused first */
    size_t count;
};

/* False: no memory, some are missing. The caller releases in any case. */
bool cache_list_records(struct cache *cache, struct cache_records *out) MUST_USE;
void cache_records_release(struct cache_records *records);
/* Knows the record as what was used last, unless something is known already. Copies; without memory
 * it does not. */
void cache_restore(struct cache *cache, const struct cache_record *record);

struct cache_counts {
    size_t entries;
    size_t contents;
    size_t answers;
    size_t bytes;
    size_t bytes_max;
    uint64_t dropped;   /* entries, since the start: there was no room for them */
    uint64_t forgotten; /* entries, since the start: they were known to be true no more */
};
struct cache_counts cache_counts(struct cache *cache);

#endif
