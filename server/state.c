/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file's content (base/record.h): when it was saved, how many entries there are at most, and
 * then records, each with its kind before it. The longest unused entry comes first.
 *
 *     R  bytes of a report, which later entries name by its number, counted from 0
 *     H  registry, hash of how it was asked: the entries that follow are its
 *     E  name, number of its report, seconds since 1970 and ms ago when it was confirmed, whether
 *        it is a digest's
 */
#include "server/state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/record.h"
#include "registry/registry.h"
#include "server/cache.h"
#include "server/snapshot.h"
#include "server/state_file.h"

enum {
    KIND_REPORT = 'R',
    KIND_HOST = 'H',
    KIND_ENTRY = 'E',
    ENTRY_SIZE_MIN = 8,
    RECORD_MAX = 64 * 1024 * 1024,
    REACH_MAX = 1024 * 1024,
    HEAD_ROOM = 1024 * 1024 /* what a file may be larger than twice the cache */
};

struct state_time state_time_now(void)
{
    return (struct state_time){.monotonic = clock_monotonic_ms(), .realtime = clock_realtime_ms()};
}

/* How `host` is asked under the snapshot's settings, as a hash of it. */
static bool hash_reach(const struct snapshot *snapshot, const char *host, struct digest *out)
{
    CLEANUP(buffer_release) struct buffer reach = BUFFER_INIT(REACH_MAX);

    return snapshot_write_reach(snapshot, host, &reach) &&
           digest_compute(DIGEST_SHA256, buffer_slice(&reach), out);
}

static struct slice registry_of(const char *name)
{
    struct slice whole = slice_from_string(name);
    return slice_until(whole, (size_t)slice_find(whole, '/'));
}

/* -- saving --------------------------------------------------------------------------------- */

/* A report that has been written: entries share them. */
struct saved_report {
    struct map_node node;
    uintptr_t identity; /* its address */
    size_t number;
};

struct saving {
    const struct snapshot *snapshot;
    struct state_time now;
    struct state_writer *writer;
    struct buffer record;
    char *registry; /* the one the last H record named */
    struct map reports;
    struct saved_report *items;
};

static struct slice report_key(const struct map_node *node)
{
    const struct saved_report *saved = MAP_ITEM_CONST(node, struct saved_report, node);
    return slice_of((const char *)&saved->identity, sizeof(saved->identity));
}

static void saving_release(struct saving *saving)
{
    map_release(&saving->reports);
    free(saving->items);
    free(saving->registry);
    buffer_release(&saving->record);
}

static bool write_record(struct saving *saving)
{
    bool is_whole = buffer_ok(&saving->record);

    state_writer_append(saving->writer, buffer_slice(&saving->record));
    buffer_clear(&saving->record);
    return is_whole;
}

static bool save_registry(struct saving *saving, struct slice registry)
{
    struct digest reach;

    if (saving->registry && slice_equal_string(registry, saving->registry))
        return true;
    free(saving->registry);
    saving->registry = slice_copy(registry);
    if (!saving->registry || !hash_reach(saving->snapshot, saving->registry, &reach))
        return false;
    (void)buffer_append_char(&saving->record, KIND_HOST);
    record_put_text(&saving->record, saving->registry);
    record_put_text(&saving->record, reach.text);
    return write_record(saving);
}

static bool save_report(struct saving *saving, const struct report *report, size_t *number)
{
    CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT(RECORD_MAX);
    const uintptr_t identity = (uintptr_t)report;
    struct map_node *node =
        map_find(&saving->reports, slice_of((const char *)&identity, sizeof(identity)));

    if (node) {
        *number = MAP_ITEM(node, struct saved_report, node)->number;
        return true;
    }
    *number = saving->reports.count;
    struct saved_report *saved = &saving->items[*number];
    *saved = (struct saved_report){.identity = identity, .number = *number};
    if (!map_insert(&saving->reports, &saved->node) || !report_write_record(report, &bytes))
        return false;
    (void)buffer_append_char(&saving->record, KIND_REPORT);
    record_put_bytes(&saving->record, buffer_slice(&bytes));
    return write_record(saving);
}

static bool save_entry(struct saving *saving, const struct cache_record *entry)
{
    int64_t age = saving->now.monotonic - entry->confirmed_at;
    size_t number = 0;

    if (!save_registry(saving, registry_of(entry->name)) ||
        !save_report(saving, entry->report, &number))
        return false;
    (void)buffer_append_char(&saving->record, KIND_ENTRY);
    record_put_text(&saving->record, entry->name);
    record_put_number(&saving->record, number);
    record_put_number(&saving->record, (uint64_t)entry->confirmed);
    record_put_number(&saving->record, age > 0 ? (uint64_t)age : 0);
    record_put_number(&saving->record, entry->is_digest);
    return write_record(saving);
}

static bool save_all(struct saving *saving, const struct cache_records *entries)
{
    saving->items = calloc(entries->count + 1, sizeof(saving->items[0]));
    if (!saving->items)
        return false;
    record_put_number(&saving->record, (uint64_t)saving->now.realtime);
    record_put_number(&saving->record, entries->count);
    for (size_t i = 0; i < entries->count; i++) {
        if (!save_entry(saving, &entries->items[i]))
            return false;
    }
    return write_record(saving);
}

bool state_can_be_saved(const char *path, struct error *error)
{
    CLEANUP(state_writer_free_p) struct state_writer *writer = state_writer_new(path, error);
    return writer != NULL;
}

bool state_save(struct cache *cache, const struct snapshot *snapshot, const char *path,
                struct state_time now, size_t *count, struct error *error)
{
    CLEANUP(cache_records_release) struct cache_records entries = {0};
    CLEANUP(state_writer_free_p) struct state_writer *writer = state_writer_new(path, error);
    CLEANUP(saving_release)
    struct saving saving = {
        .snapshot = snapshot, .now = now, .writer = writer, .record = BUFFER_INIT(RECORD_MAX)};

    map_init(&saving.reports, report_key);
    if (!writer)
        return false;
    if (!cache_list_records(cache, &entries) || !save_all(&saving, &entries))
        return error_no_memory(error);
    if (!state_writer_commit(writer, error))
        return false;
    *count = entries.count;
    return true;
}

/* -- loading -------------------------------------------------------------------------------- */

struct loading {
    struct cache *cache;
    const struct snapshot *snapshot;
    struct state_time now;
    struct record_reader reader;
    int64_t down;          /* ms since it was saved */
    bool is_asked_so;      /* the registry is asked as it was then */
    struct report **items; /* the reports that have been read */
    size_t items_max;
    size_t items_count;
    struct cache_record *entries; /* those that may be known again */
    size_t entries_count;
    struct state_count count;
};

static void loading_release(struct loading *loading)
{
    for (size_t i = 0; i < loading->items_count; i++)
        report_unref(loading->items[i]);
    free(loading->items);
    for (size_t i = 0; i < loading->entries_count; i++)
        free(loading->entries[i].name);
    free(loading->entries);
}

static bool refuse_content(struct error *error)
{
    return error_set(error, ERROR_INVALID, "it is not what a service of this version writes");
}

static bool load_report(struct loading *loading, struct error *error)
{
    struct slice bytes = record_take_bytes(&loading->reader);

    if (loading->items_count == loading->items_max)
        return refuse_content(error);
    struct report *report = report_read_record(bytes, error);
    if (!report)
        return false;
    loading->items[loading->items_count++] = report;
    return true;
}

static void load_registry(struct loading *loading)
{
    const char *registry = record_take_text(&loading->reader);
    struct slice reach = slice_from_string(record_take_text(&loading->reader));
    struct digest now;
    struct error ignored;

    loading->is_asked_so = registry_may_ask(loading->snapshot->registry, registry, &ignored) &&
                           hash_reach(loading->snapshot, registry, &now) &&
                           slice_equal_string(reach, now.text);
}

/* For a digest's answer only the right to see it grows old. */
static bool is_too_old(const struct loading *loading, const struct cache_record *record)
{
    const struct config_cache *settings = &loading->snapshot->config->cache;
    int64_t useful = settings->stale_while_revalidate > settings->stale_if_error
                         ? settings->stale_while_revalidate
                         : settings->stale_if_error;

    return !record->is_digest &&
           loading->now.monotonic - record->confirmed_at >= settings->fresh + useful;
}

static bool load_entry(struct loading *loading, struct error *error)
{
    struct record_reader *reader = &loading->reader;
    CLEANUP(free_p) char *name = slice_copy(slice_from_string(record_take_text(reader)));
    uint64_t number = record_take_number(reader);
    struct cache_record record = {.confirmed = (int64_t)record_take_number(reader)};
    uint64_t age = record_take_number(reader);
    record.is_digest = record_take_number(reader) == 1;

    if (!name)
        return error_no_memory(error);
    if (reader->is_broken || number >= loading->items_count || !strchr(name, '/') ||
        age > INT32_MAX * UINT64_C(1000) || loading->entries_count == loading->items_max)
        return refuse_content(error);
    record.report = loading->items[number];
    record.confirmed_at = loading->now.monotonic - loading->down - (int64_t)age;
    if (!loading->is_asked_so || is_too_old(loading, &record)) {
        loading->count.passed_over++;
        return true;
    }
    record.name = TAKE(name);
    loading->entries[loading->entries_count++] = record;
    return true;
}

static bool load_record(struct loading *loading, struct error *error)
{
    char kind = loading->reader.rest.data[0];

    loading->reader.rest = slice_from(loading->reader.rest, 1);
    switch (kind) {
    case KIND_REPORT:
        return load_report(loading, error);
    case KIND_HOST:
        load_registry(loading);
        return true;
    case KIND_ENTRY:
        return load_entry(loading, error);
    default:
        return refuse_content(error);
    }
}

/* Where the clock was set back, nobody knows for how long the service was down: then what it knew
 * is not fresh any more. */
static int64_t time_down(const struct loading *loading, int64_t saved)
{
    int64_t down = loading->now.realtime - saved;
    return down >= 0 ? down : loading->snapshot->config->cache.fresh;
}

static bool load_all(struct loading *loading, struct error *error)
{
    loading->down = time_down(loading, (int64_t)record_take_number(&loading->reader));
    uint64_t count = record_take_number(&loading->reader);

    if (loading->reader.is_broken || count > loading->reader.rest.length / ENTRY_SIZE_MIN)
        return refuse_content(error);
    loading->items_max = (size_t)count;
    loading->items = calloc(loading->items_max + 1, sizeof(struct report *));
    loading->entries = calloc(loading->items_max + 1, sizeof(loading->entries[0]));
    if (!loading->items || !loading->entries)
        return error_no_memory(error);
    while (loading->reader.rest.length > 0) {
        if (!load_record(loading, error))
            return false;
    }
    return !loading->reader.is_broken || refuse_content(error);
}

/* Once the file has been read to its end without a fault. */
static void restore_all(struct loading *loading)
{
    for (size_t i = 0; i < loading->entries_count; i++)
        cache_restore(loading->cache, &loading->entries[i]);
    loading->count.loaded = loading->entries_count;
}

bool state_load(struct cache *cache, const struct snapshot *snapshot, const char *path,
                struct state_time now, struct state_count *count, struct error *error)
{
    CLEANUP(buffer_release)
    struct buffer bytes = BUFFER_INIT(2 * snapshot->config->cache.memory + HEAD_ROOM);
    struct loading loading = {.cache = cache, .snapshot = snapshot, .now = now};

    *count = (struct state_count){0};
    if (!state_file_read(path, &bytes, error))
        return false;
    loading.reader.rest = buffer_slice(&bytes);
    bool is_loaded = bytes.length == 0 || load_all(&loading, error);
    if (is_loaded)
        restore_all(&loading);
    loading_release(&loading);
    if (!is_loaded) {
        error_prefix(error, "%s: ", path);
        return false;
    }
    (void)unlink(path);
    *count = loading.count;
    return true;
}
