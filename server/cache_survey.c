/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes through the whole cache: rarely done, and so the only part of it that holds the lock
 * for more than a moment (some milliseconds with a hundred thousand entries).
 */
#include <stdlib.h>

#include "server/cache_core.h"
#include "server/names.h"

static struct shelf_entry *entry_at(struct list *place)
{
    return LIST_ITEM(place, struct shelf_entry, place);
}

static struct slice entry_registry(const struct shelf_entry *entry)
{
    struct slice key = slice_of(entry->key, entry->key_length);
    return slice_until(key, (size_t)slice_find(key, '/'));
}

/* -- registries ----------------------------------------------------------------------------- */

bool cache_list_registries(struct cache *cache, struct names *out)
{
    struct list *recent = &cache->shelf.recent;
    bool is_done = true;

    cache_lock(cache);
    for (struct list *place = recent->next; is_done && place != recent; place = place->next)
        is_done = names_add(out, entry_registry(entry_at(place)));
    cache_unlock(cache);
    return is_done;
}

void cache_forget_registries(struct cache *cache, const struct names *which)
{
    struct list *recent = &cache->shelf.recent;

    cache_lock(cache);
    for (size_t i = 0; i < CACHE_GENERATIONS; i++)
        cache->generations[i]++;
    for (struct list *place = recent->next, *next; place != recent; place = next) {
        struct shelf_entry *entry = entry_at(place);
        next = place->next;
        if (which && !names_has(which, entry_registry(entry))) {
            entry->generation++; /* as forgotten as it was before, and no more */
            continue;
        }
        shelf_drop_entry(&cache->shelf, entry);
        cache->forgotten++;
    }
    cache_unlock(cache);
}

/* -- records -------------------------------------------------------------------------------- */

/* What everyone may see of a reference, and what stays true: no failure, no caller's own entry, no
 * other kind of answer, nothing that lacked a part. */
static bool is_worth_keeping(const struct shelf_entry *entry)
{
    return !entry->is_private && entry->key_length == entry->name_length + 1 && entry->content &&
           !entry->content->report->is_partial;
}

static bool copy_entry(const struct shelf_entry *entry, struct cache_record *out)
{
    *out = (struct cache_record){.name = slice_copy(slice_of(entry->key, entry->name_length)),
                                 .report = entry->content->report,
                                 .confirmed = entry->confirmed,
                                 .confirmed_at = entry->confirmed_at,
                                 .is_digest = entry->is_digest};
    if (out->name)
        (void)report_ref(out->report);
    return out->name != NULL;
}

bool cache_list_records(struct cache *cache, struct cache_records *out)
{
    struct list *recent = &cache->shelf.recent;
    bool is_done = true;

    *out = (struct cache_records){0};
    cache_lock(cache);
    out->items = calloc(cache->shelf.entries.count + 1, sizeof(out->items[0]));
    for (struct list *place = recent->previous; out->items && is_done && place != recent;
         place = place->previous) {
        if (!is_worth_keeping(entry_at(place)))
            continue;
        is_done = copy_entry(entry_at(place), &out->items[out->count]);
        out->count += is_done;
    }
    cache_unlock(cache);
    return out->items && is_done;
}

void cache_records_release(struct cache_records *records)
{
    for (size_t i = 0; i < records->count; i++) {
        free(records->items[i].name);
        report_unref(records->items[i].report);
    }
    free(records->items);
    *records = (struct cache_records){0};
}

static void restore(struct shelf *shelf, struct shelf_entry *entry,
                    const struct cache_record *record, uint32_t generation)
{
    entry->name_length = (uint16_t)(entry->key_length - 1);
    entry->is_digest = record->is_digest;
    entry->confirmed = record->confirmed;
    entry->confirmed_at = record->confirmed_at;
    entry->generation = generation;
    if (!shelf_set_report(shelf, entry, record->report))
        shelf_drop_entry(shelf, entry);
}

void cache_restore(struct cache *cache, const struct cache_record *record)
{
    CLEANUP(buffer_release) struct buffer key = BUFFER_INIT(UINT16_MAX);

    (void)buffer_append_string(&key, record->name);
    (void)buffer_append_char(&key, ' ');
    if (!buffer_ok(&key))
        return;
    cache_lock(cache);
    struct shelf_entry *entry = NULL;
    if (!shelf_find_entry(&cache->shelf, buffer_slice(&key)))
        entry = shelf_add_entry(&cache->shelf, buffer_slice(&key));
    if (entry) {
        restore(&cache->shelf, entry, record,
                *cache_generation_of(cache, slice_from_string(record->name)));
    }
    shelf_trim(&cache->shelf);
    cache_unlock(cache);
}

/* -- one reference -------------------------------------------------------------------------- */

static bool entry_is_of(const struct shelf_entry *entry, struct slice name)
{
    return slice_equal(slice_of(entry->key, entry->name_length), name);
}

/* As much of the text as there is room for. */
static void copy_start(struct slice text, char *out, size_t size)
{
    size_t length = text.length < size - 1 ? text.length : size - 1;

    if (length > 0)
        memcpy(out, text.data, length);
    out[length] = '\0';
}

/* What stands behind the name: "partition mark", of which the mark may be missing. */
static void view_key(const struct shelf_entry *entry, struct cache_view *out)
{
    struct slice key = slice_of(entry->key, entry->key_length);
    struct slice partition = slice_from(key, entry->name_length + 1U);
    ptrdiff_t blank = slice_find(partition, ' ');
    size_t start = blank < 0 ? partition.length : (size_t)blank + 1;
    struct slice mark = slice_from(partition, start);

    if (blank >= 0)
        partition = slice_until(partition, (size_t)blank);
    copy_start(partition, out->partition, sizeof(out->partition));
    copy_start(mark, out->mark, sizeof(out->mark));
}

static void view_report(const struct shelf_entry *entry, int64_t now, struct cache_view *out)
{
    const struct report *report = entry->content->report;

    out->has_report = true;
    out->digest = report->digest;
    out->confirmed = entry->confirmed;
    out->age = now - entry->confirmed_at;
    out->report_bytes = report->size;
    out->sharers = entry->content->users;
    out->is_partial = report->is_partial;
    for (const struct shelf_answer *answer = entry->answers; answer; answer = answer->next) {
        out->answers++;
        out->answers_hot += answer->response->is_shared;
        out->answer_bytes += answer->response->body_length;
    }
}

static void view_failure(const struct shelf_failure *failure, int64_t now, struct cache_view *out)
{
    bool is_for_good = failure->until == INT64_MAX;

    out->has_failure = is_for_good || now < failure->until;
    out->failure = failure->code;
    out->failure_left = is_for_good ? INT64_MAX : failure->until - now;
}

static struct cache_view view_entry(const struct cache *cache, const struct shelf_entry *entry,
                                    int64_t now)
{
    struct cache_view view = {.state = cache_entry_state(cache, entry, now)};

    view_key(entry, &view);
    if (entry->content)
        view_report(entry, now, &view);
    if (entry->failure)
        view_failure(entry->failure, now, &view);
    return view;
}

size_t cache_look(struct cache *cache, struct slice name, int64_t now, struct cache_view *out,
                  size_t max)
{
    struct list *recent = &cache->shelf.recent;
    size_t count = 0;

    cache_lock(cache);
    for (struct list *place = recent->next; place != recent && count < max; place = place->next) {
        if (entry_is_of(entry_at(place), name))
            out[count++] = view_entry(cache, entry_at(place), now);
    }
    cache_unlock(cache);
    return count;
}
