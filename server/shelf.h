/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the cache holds, in which order it goes, and how many bytes it takes. The cache's own: it
 * adds the lock, the clock and the rules.
 *
 * Three kinds of things, each found by a key:
 *   entry    (registry, repository, target, partition) -> what is known of it, and since when
 *   content  digest -> report; immutable, so it outlives its entries while there is room
 *   answer   a spelling of the question -> the finished bytes; belongs to an entry
 *
 * Not locked. Everything is charged to one account in bytes. What is over the limit goes in this
 * order, the longest unused first: answers the HTTP server holds a form of its own of (they are
 * made again from the report in microseconds), contents no entry refers to, entries.
 */
#ifndef SERVER_SHELF_H
#define SERVER_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/list.h"
#include "base/map.h"
#include "manifest/manifest.h"
#include "server/response.h"

enum {
    SHELF_ANSWERS_MAX = 8, /* spellings of one entry */
    /* What libmicrohttpd takes for its form of a response: 1520 bytes measured with 600 bytes of
     * body and five headers, 144 more for the sixth. */
    SHELF_NATIVE_SIZE = 1664
};

struct shelf_content {
    struct map_node node;
    struct list place; /* among the unused ones, while `users` is 0 */
    struct report *report;
    uint32_t users;
    bool is_private; /* of one entry: not found by its digest, gone with the entry */
};

/* A failure that is remembered. */
struct shelf_failure {
    int64_t until; /* clock_monotonic_ms(); INT64_MAX: for as long as there is room */
    enum error_code code;
    bool has_retry_after; /* as many seconds as are left until `until` */
    uint16_t length;
    char message[];
};

struct shelf_entry {
    struct map_node node;
    struct list place;             /* the last used first */
    struct shelf_content *content; /* NULL: nothing but a failure is known */
    struct shelf_failure *failure; /* NULL: the last word was an answer */
    struct shelf_answer *answers;  /* the newest first */
    int64_t confirmed;             /* by the registry, seconds since 1970 */
    int64_t confirmed_at;          /* the same on clock_monotonic_ms() */
    uint32_t generation;           /* the reference's when it was asked */
    bool is_digest;
    bool is_private;
    uint16_t name_length; /* of the key, without what stands behind the name */
    uint16_t key_length;
    char key[];
};

struct shelf_answer {
    struct map_node node;
    struct list place; /* among the hot ones, once it has been hit */
    struct shelf_answer *next;
    struct shelf_entry *entry;
    struct response *response;
    uint16_t period; /* of the entry's freshness: what the bytes say of it */
    uint16_t spelling_length;
    char spelling[];
};

struct shelf {
    size_t limit;
    size_t used;
    struct map entries;
    struct map contents;
    struct map answers;
    struct list recent; /* entries */
    struct list unused; /* contents */
    struct list hot;    /* answers */
    uint64_t dropped;   /* entries, for want of room */
    struct shelf_answer *trash;
};

void shelf_init(struct shelf *shelf, size_t limit);
void shelf_release(struct shelf *shelf);

/* All return what the shelf owns, or NULL. */
struct shelf_entry *shelf_find_entry(const struct shelf *shelf, struct slice key);
struct shelf_content *shelf_find_content(const struct shelf *shelf, struct slice digest);
struct shelf_answer *shelf_find_answer(const struct shelf *shelf, struct slice spelling);

/* An entry that knows nothing yet; its key must not be there. NULL: no memory. */
struct shelf_entry *shelf_add_entry(struct shelf *shelf, struct slice key) MUST_USE;
/* With all its answers. */
void shelf_drop_entry(struct shelf *shelf, struct shelf_entry *entry);
/* The entry was used just now. */
void shelf_touch(struct shelf *shelf, struct shelf_entry *entry);

/* Replace what the entry has; the answers go with the report they were made from. False: no memory,
 * the entry is as it was. The shelf takes a reference of its own to the report. */
bool shelf_set_report(struct shelf *shelf, struct shelf_entry *entry,
                      struct report *report) MUST_USE;
bool shelf_set_failure(struct shelf *shelf, struct shelf_entry *entry, const struct error *error,
                       int64_t until) MUST_USE;
void shelf_drop_report(struct shelf *shelf, struct shelf_entry *entry);
void shelf_drop_failure(struct shelf *shelf, struct shelf_entry *entry);

/* Keeps the response (a reference of the shelf's) as the entry's answer to the spelling, in the
 * place of an earlier one, or of the oldest where there are too many. Without memory it does not.
 */
void shelf_put_answer(struct shelf *shelf, struct shelf_entry *entry, struct slice spelling,
                      struct response *response, unsigned period);
/* The answer is hit: lets the HTTP server keep its form of it, and charges that. */
void shelf_hit_answer(struct shelf *shelf, struct shelf_answer *answer);

/* Drops until the limit is kept. Last in a change: anything may be gone afterwards. */
void shelf_trim(struct shelf *shelf);
/* Dropped answers run the HTTP server's code when they end, so their owner ends them after giving
 * up its lock. */
struct shelf_answer *shelf_take_trash(struct shelf *shelf);
void shelf_empty_trash(struct shelf_answer *trash);

#endif
