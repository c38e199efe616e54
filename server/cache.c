/* SPDX-License-Identifier: Apache-2.0 */
#include "server/cache.h"

#include <stdlib.h>

#include "base/clock.h"
#include "server/cache_core.h"
#include "server/response.h"

enum {
    KEY_SIZE_MAX = 2 * REFERENCE_MAX, /* "docker.io/library/" and a partition come on top */
    SPELLING_SIZE_MAX = UINT16_MAX,
    LARGE_PART = 16, /* what takes more than this part of all memory is not kept */
    FAILURE_SHORT_MS = 5000,
    FAILURE_ASKED_MS = 60000, /* longer than that no registry's trouble is believed to last */
    FRESH_PERIODS = 60,
    PERIOD_MIN_MS = 1000,
    PERIOD_STALE = UINT16_MAX
};

struct cache *cache_new(const struct config_cache *settings)
{
    struct cache *cache = calloc(1, sizeof(*cache));
    if (!cache)
        return NULL;
    cache->settings = *settings;
    (void)pthread_mutex_init(&cache->mutex, NULL);
    shelf_init(&cache->shelf, settings->memory);
    return cache;
}

void cache_free(struct cache *cache)
{
    if (!cache)
        return;
    shelf_release(&cache->shelf);
    (void)pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

void cache_lock(struct cache *cache)
{
    (void)pthread_mutex_lock(&cache->mutex);
}

void cache_unlock(struct cache *cache)
{
    struct shelf_answer *trash = shelf_take_trash(&cache->shelf);
    (void)pthread_mutex_unlock(&cache->mutex);
    shelf_empty_trash(trash);
}

void cache_configure(struct cache *cache, const struct config_cache *settings)
{
    cache_lock(cache);
    cache->settings = *settings;
    cache->shelf.limit = settings->memory;
    shelf_trim(&cache->shelf);
    cache_unlock(cache);
}

/* -- keys ----------------------------------------------------------------------------------- */

bool cache_key_init(struct cache_key *key, const struct reference *reference, const char *partition,
                    struct error *error)
{
    struct buffer text = BUFFER_INIT(KEY_SIZE_MAX);

    /* A blank stands in none of the parts. */
    (void)buffer_append_string(&text, reference->registry);
    (void)buffer_append_char(&text, '/');
    (void)buffer_append_string(&text, reference->repository);
    (void)buffer_append_char(&text, ' ');
    (void)buffer_append_string(&text, reference_target(reference));
    size_t name_length = text.length;
    (void)buffer_append_char(&text, ' ');
    (void)buffer_append_string(&text, partition);
    if (!buffer_check(&text, "cache key", error)) {
        buffer_release(&text);
        return false;
    }
    *key = (struct cache_key){.text = text,
                              .name_length = name_length,
                              .is_digest = reference->digest != NULL,
                              .is_private = partition[0] != '\0'};
    return true;
}

bool cache_key_mark(struct cache_key *key, const char *mark, struct error *error)
{
    if (mark[0] != '\0')
        (void)buffer_format(&key->text, " %s", mark);
    return buffer_check(&key->text, "cache key", error);
}

void cache_key_release(struct cache_key *key)
{
    buffer_release(&key->text);
}

uint32_t *cache_generation_of(struct cache *cache, struct slice name)
{
    return &cache->generations[map_hash(name) & (CACHE_GENERATIONS - 1)];
}

static uint32_t *cache_generation(struct cache *cache, const struct cache_key *key)
{
    return cache_generation_of(cache, slice_until(buffer_slice(&key->text), key->name_length));
}

/* An entry whose reference was forgotten; the one that has the name alone, everyone's, is dropped
 * at once then. */
static bool entry_is_forgotten(const struct cache *cache, const struct shelf_entry *entry)
{
    if (entry->key_length == entry->name_length + 1)
        return false;
    uint64_t hash = map_hash(slice_of(entry->key, entry->name_length));
    return cache->generations[hash & (CACHE_GENERATIONS - 1)] != entry->generation;
}

/* -- failures (decision 6) ------------------------------------------------------------------ */

enum failure_life {
    FAILURE_NOT_KEPT,
    FAILURE_SHORT,      /* seconds: the registry, or the way to it, is in trouble */
    FAILURE_NEGATIVE,   /* cache.negative: the registry has said no */
    FAILURE_OF_CONTENT, /* as a content would: for good where the digest was asked for */
    FAILURE_AS_TOLD     /* until Retry-After */
};

struct failure_rule {
    enum failure_life life;
    bool ends_answer;  /* what was known before is no longer told */
    bool may_be_stale; /* what was known before may stand in */
};

static const struct failure_rule failure_rules[ERROR_CODE_COUNT] = {
    [ERROR_NOT_FOUND] = {.life = FAILURE_NEGATIVE, .ends_answer = true},
    [ERROR_DENIED] = {.life = FAILURE_NEGATIVE, .ends_answer = true},
    [ERROR_UNSUPPORTED] = {.life = FAILURE_OF_CONTENT, .ends_answer = true},
    /* Also of an answer that was cut before its digest could be checked: not for good. */
    [ERROR_TOO_LARGE] = {.life = FAILURE_NEGATIVE, .ends_answer = true},
    /* Our rules refuse the address the name has now. */
    [ERROR_FORBIDDEN] = {.life = FAILURE_SHORT, .ends_answer = true},
    [ERROR_UPSTREAM] = {.life = FAILURE_SHORT, .may_be_stale = true},
    [ERROR_TIMEOUT] = {.life = FAILURE_SHORT, .may_be_stale = true},
    [ERROR_RATE_LIMITED] = {.life = FAILURE_AS_TOLD, .may_be_stale = true},
    [ERROR_OVERLOADED] = {.may_be_stale = true},
};

bool cache_may_be_stale(enum error_code code)
{
    return failure_rules[code].may_be_stale;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* A registry in trouble may say how long it needs (H20). */
static int64_t short_life(const struct error *error)
{
    int64_t asked = larger(FAILURE_SHORT_MS, (int64_t)error->retry_after * 1000);
    return asked < FAILURE_ASKED_MS ? asked : FAILURE_ASKED_MS;
}

static int64_t failure_until(const struct cache *cache, const struct cache_key *key,
                             const struct error *error, int64_t now)
{
    int64_t negative = now + cache->settings.negative;

    switch (failure_rules[error->code].life) {
    case FAILURE_NOT_KEPT:
        break;
    case FAILURE_SHORT:
        return now + short_life(error);
    case FAILURE_NEGATIVE:
        return negative;
    case FAILURE_OF_CONTENT:
        if (!key->is_digest)
            return negative;
        /* The digest is what it is; what a caller may see of it is asked again. */
        return key->is_private ? now + cache->settings.fresh : INT64_MAX;
    case FAILURE_AS_TOLD:
        return now + (error->retry_after ? (int64_t)error->retry_after * 1000 : FAILURE_SHORT_MS);
    }
    return now;
}

static void failure_tell(const struct shelf_failure *failure, int64_t now, struct error *out)
{
    (void)error_set(out, failure->code, "%.*s", (int)failure->length, failure->message);
    if (failure->has_retry_after)
        out->retry_after = clock_seconds_up(failure->until - now);
}

/* -- states --------------------------------------------------------------------------------- */

/* A report that lacks a child is no better than a "not found": it is looked for again as soon. */
static int64_t fresh_for(const struct cache *cache, const struct shelf_entry *entry)
{
    return entry->content->report->is_partial ? cache->settings.negative : cache->settings.fresh;
}

/* A digest's answer cannot change, only the caller's right to see it. */
static bool is_for_good(const struct shelf_entry *entry)
{
    return entry->is_digest && !entry->is_private && !entry->content->report->is_partial;
}

/* With a report. `has_failed`: the last asking did, and that is not long ago. */
static enum cache_state report_state(const struct cache *cache, const struct shelf_entry *entry,
                                     bool has_failed, int64_t now)
{
    const struct config_cache *settings = &cache->settings;
    if (is_for_good(entry))
        return CACHE_FRESH;
    int64_t revalidate = entry->is_digest ? 0 : settings->stale_while_revalidate;
    int64_t stale_for = now - entry->confirmed_at - fresh_for(cache, entry);

    if (stale_for < 0)
        return CACHE_FRESH;
    bool may_stand_in = stale_for < larger(revalidate, settings->stale_if_error);
    if (has_failed)
        return may_stand_in ? CACHE_STALE : CACHE_FAILED;
    if (stale_for < revalidate)
        return CACHE_REFRESH;
    return stale_for < settings->stale_if_error ? CACHE_ASK : CACHE_MISS;
}

enum cache_state cache_entry_state(const struct cache *cache, const struct shelf_entry *entry,
                                   int64_t now)
{
    if (entry_is_forgotten(cache, entry))
        return CACHE_MISS;
    bool has_failed = entry->failure && now < entry->failure->until;
    if (entry->content)
        return report_state(cache, entry, has_failed, now);
    return has_failed ? CACHE_FAILED : CACHE_MISS;
}

/* -- periods -------------------------------------------------------------------------------- */

static int64_t period_length(int64_t fresh)
{
    return larger(fresh / FRESH_PERIODS, PERIOD_MIN_MS);
}

int64_t cache_fresh_left(int64_t fresh, unsigned period)
{
    return larger(fresh - period * period_length(fresh), 0);
}

/* All that is not fresh says the same. */
static unsigned entry_period(const struct cache *cache, const struct shelf_entry *entry,
                             enum cache_state state, int64_t now)
{
    if (state != CACHE_FRESH)
        return PERIOD_STALE;
    if (is_for_good(entry))
        return 0;
    return (unsigned)(larger(now - entry->confirmed_at, 0) /
                      period_length(fresh_for(cache, entry)));
}

/* -- reading -------------------------------------------------------------------------------- */

static void cache_fill(struct cache *cache, struct shelf_entry *entry, int64_t now,
                       struct cache_finding *out)
{
    shelf_touch(&cache->shelf, entry);
    out->state = cache_entry_state(cache, entry, now);
    if (out->state == CACHE_FAILED) {
        failure_tell(entry->failure, now, &out->error);
    } else if (entry->content) {
        out->report = report_ref(entry->content->report);
        out->confirmed = entry->confirmed;
        out->period = entry_period(cache, entry, out->state, now);
    }
}

void cache_find(struct cache *cache, const struct cache_key *key, int64_t now,
                struct cache_finding *out)
{
    struct slice text = buffer_slice(&key->text);
    *out = (struct cache_finding){.state = CACHE_MISS};

    cache_lock(cache);
    out->generation = *cache_generation(cache, key);
    struct shelf_entry *entry = shelf_find_entry(&cache->shelf, text);
    if (entry)
        cache_fill(cache, entry, now, out);
    cache_unlock(cache);
}

void cache_finding_release(struct cache_finding *finding)
{
    report_unref(TAKE(finding->report));
}

struct report *cache_find_digest(struct cache *cache, struct slice digest)
{
    cache_lock(cache);
    const struct shelf_content *content = shelf_find_content(&cache->shelf, digest);
    struct report *report = content ? report_ref(content->report) : NULL;
    cache_unlock(cache);
    return report;
}

/* Its bytes say of the entry what is so. */
static bool answer_is_fit(const struct cache *cache, const struct shelf_answer *answer,
                          enum cache_state state, int64_t now)
{
    bool may_be_told = state == CACHE_FRESH || state == CACHE_REFRESH || state == CACHE_STALE;
    return may_be_told && answer->period == entry_period(cache, answer->entry, state, now);
}

enum cache_state cache_find_answer(struct cache *cache, struct slice spelling, int64_t now,
                                   struct response **out)
{
    enum cache_state state = CACHE_MISS;

    cache_lock(cache);
    struct shelf_answer *answer = shelf_find_answer(&cache->shelf, spelling);
    if (answer)
        state = cache_entry_state(cache, answer->entry, now);
    bool is_fit = answer && answer_is_fit(cache, answer, state, now);
    if (is_fit) {
        *out = response_ref(answer->response);
        shelf_hit_answer(&cache->shelf, answer);
        shelf_trim(&cache->shelf);
    }
    cache_unlock(cache);
    return is_fit ? state : CACHE_MISS;
}

struct cache_counts cache_counts(struct cache *cache)
{
    cache_lock(cache);
    const struct shelf *shelf = &cache->shelf;
    struct cache_counts counts = {.entries = shelf->entries.count,
                                  .contents = shelf->contents.count,
                                  .answers = shelf->answers.count,
                                  .bytes = shelf->used,
                                  .bytes_max = shelf->limit,
                                  .dropped = shelf->dropped,
                                  .forgotten = cache->forgotten};
    cache_unlock(cache);
    return counts;
}

/* -- writing -------------------------------------------------------------------------------- */

static bool cache_is_worth(const struct cache *cache, size_t size)
{
    return size <= cache->settings.memory / LARGE_PART;
}

/* The key's entry, made where it is missing; NULL: no memory, or forgotten since `generation`. */
static struct shelf_entry *cache_entry_to_write(struct cache *cache, const struct cache_key *key,
                                                uint32_t generation)
{
    if (generation != *cache_generation(cache, key))
        return NULL;
    struct slice text = buffer_slice(&key->text);
    struct shelf_entry *entry = shelf_find_entry(&cache->shelf, text);
    if (!entry)
        entry = shelf_add_entry(&cache->shelf, text);
    if (!entry)
        return NULL;
    entry->name_length = (uint16_t)key->name_length;
    entry->is_digest = key->is_digest;
    entry->is_private = key->is_private;
    if (entry_is_forgotten(cache, entry))
        shelf_drop_report(&cache->shelf, entry); /* or a failure would bring it back */
    entry->generation = generation;
    shelf_touch(&cache->shelf, entry);
    return entry;
}

void cache_store(struct cache *cache, const struct cache_key *key, struct report *report,
                 int64_t confirmed, int64_t now, uint32_t generation)
{
    cache_lock(cache);
    struct shelf_entry *entry = cache_entry_to_write(cache, key, generation);
    if (entry && !cache_is_worth(cache, report->size)) {
        shelf_drop_entry(&cache->shelf, entry); /* what it knew is true no more */
    } else if (entry && shelf_set_report(&cache->shelf, entry, report)) {
        shelf_drop_failure(&cache->shelf, entry);
        entry->confirmed = confirmed;
        entry->confirmed_at = now;
    }
    shelf_trim(&cache->shelf);
    cache_unlock(cache);
}

void cache_store_failure(struct cache *cache, const struct cache_key *key,
                         const struct error *error, int64_t now, uint32_t generation)
{
    const struct failure_rule *rule = &failure_rules[error->code];
    if (rule->life == FAILURE_NOT_KEPT)
        return;

    cache_lock(cache);
    int64_t until = failure_until(cache, key, error, now);
    struct shelf_entry *entry = cache_entry_to_write(cache, key, generation);
    if (entry && rule->ends_answer)
        shelf_drop_report(&cache->shelf, entry);
    if (entry)
        (void)!shelf_set_failure(&cache->shelf, entry, error, until); /* no memory: asked again */
    shelf_trim(&cache->shelf);
    cache_unlock(cache);
}

/* True while the entry is as it was when the finding was made. */
static bool entry_is_found(const struct shelf_entry *entry, const struct cache_finding *finding)
{
    return entry && entry->content && entry->confirmed == finding->confirmed &&
           digest_equal(&entry->content->report->digest, &finding->report->digest);
}

void cache_store_answer(struct cache *cache, const struct cache_key *key, struct slice spelling,
                        const struct cache_finding *finding, struct response *response)
{
    if (spelling.length > SPELLING_SIZE_MAX)
        return;
    cache_lock(cache);
    struct shelf_entry *entry = shelf_find_entry(&cache->shelf, buffer_slice(&key->text));
    if (cache_is_worth(cache, response->body_length) && entry_is_found(entry, finding))
        shelf_put_answer(&cache->shelf, entry, spelling, response, finding->period);
    shelf_trim(&cache->shelf);
    cache_unlock(cache);
}

void cache_forget(struct cache *cache, const struct cache_key *key)
{
    cache_lock(cache);
    ++*cache_generation(cache, key);
    struct slice name = slice_until(buffer_slice(&key->text), key->name_length + 1);
    struct shelf_entry *entry = shelf_find_entry(&cache->shelf, name);
    if (entry)
        shelf_drop_entry(&cache->shelf, entry);
    cache->forgotten += entry != NULL;
    cache_unlock(cache);
}
