/* SPDX-License-Identifier: Apache-2.0 */
#include "server/shelf.h"

#include <stdlib.h>

/* -- the account ---------------------------------------------------------------------------- */

/* What an allocation really takes: glibc adds eight bytes and rounds up to sixteen. */
static size_t allocated(size_t size)
{
    size_t taken = (size + 8 + 15) & ~(size_t)15;
    return taken < 32 ? 32 : taken;
}

/* An item of a map has a share of one to two pointers in its table. */
static size_t allocated_in_map(size_t size)
{
    return allocated(size) + 2 * sizeof(void *);
}

static size_t content_memory(const struct shelf_content *content)
{
    return allocated_in_map(sizeof(*content)) + allocated(content->report->size);
}

static size_t failure_memory(const struct shelf_failure *failure)
{
    return allocated(sizeof(*failure) + failure->length);
}

static size_t entry_memory(const struct shelf_entry *entry)
{
    return allocated_in_map(sizeof(*entry) + entry->key_length);
}

static size_t headers_memory(const struct response *response)
{
    size_t steps = (response->header_count + RESPONSE_HEADERS_STEP - 1U) / RESPONSE_HEADERS_STEP;
    size_t total = steps * RESPONSE_HEADERS_STEP * sizeof(*response->headers);

    total = total > 0 ? allocated(total) : 0;
    for (size_t i = 0; i < response->header_count; i++) {
        if (response_owns_value(response, i))
            total += allocated(strlen(response->headers[i].value) + 1);
    }
    return total;
}

static size_t response_memory(const struct response *response)
{
    return allocated(sizeof(*response)) + allocated(response->body_length + 1) +
           headers_memory(response);
}

/* The HTTP server may hold its form of it. */
static bool answer_is_hot(const struct shelf_answer *answer)
{
    return answer->response->is_shared;
}

static size_t answer_memory(const struct shelf_answer *answer)
{
    return allocated_in_map(sizeof(*answer) + answer->spelling_length) +
           response_memory(answer->response) + (answer_is_hot(answer) ? SHELF_NATIVE_SIZE : 0);
}

/* -- keys ----------------------------------------------------------------------------------- */

static struct slice entry_key(const struct map_node *node)
{
    const struct shelf_entry *entry = MAP_ITEM_CONST(node, struct shelf_entry, node);
    return slice_of(entry->key, entry->key_length);
}

static struct slice content_key(const struct map_node *node)
{
    return slice_from_string(MAP_ITEM_CONST(node, struct shelf_content, node)->report->digest.text);
}

static struct slice answer_key(const struct map_node *node)
{
    const struct shelf_answer *answer = MAP_ITEM_CONST(node, struct shelf_answer, node);
    return slice_of(answer->spelling, answer->spelling_length);
}

void shelf_init(struct shelf *shelf, size_t limit)
{
    *shelf = (struct shelf){.limit = limit};
    map_init(&shelf->entries, entry_key);
    map_init(&shelf->contents, content_key);
    map_init(&shelf->answers, answer_key);
    list_init(&shelf->recent);
    list_init(&shelf->unused);
    list_init(&shelf->hot);
}

struct shelf_entry *shelf_find_entry(const struct shelf *shelf, struct slice key)
{
    struct map_node *node = map_find(&shelf->entries, key);
    return node ? MAP_ITEM(node, struct shelf_entry, node) : NULL;
}

struct shelf_content *shelf_find_content(const struct shelf *shelf, struct slice digest)
{
    struct map_node *node = map_find(&shelf->contents, digest);
    return node ? MAP_ITEM(node, struct shelf_content, node) : NULL;
}

struct shelf_answer *shelf_find_answer(const struct shelf *shelf, struct slice spelling)
{
    struct map_node *node = map_find(&shelf->answers, spelling);
    return node ? MAP_ITEM(node, struct shelf_answer, node) : NULL;
}

/* -- contents ------------------------------------------------------------------------------- */

static void content_drop(struct shelf *shelf, struct shelf_content *content)
{
    shelf->used -= content_memory(content);
    if (!content->is_private)
        map_remove(&shelf->contents, &content->node);
    list_remove(&content->place);
    report_unref(content->report);
    free(content);
}

static struct shelf_content *content_add(struct shelf *shelf, struct report *report,
                                         bool is_private)
{
    struct shelf_content *content = calloc(1, sizeof(*content));
    if (!content)
        return NULL;
    content->report = report;
    content->is_private = is_private;
    list_init(&content->place);
    if (!is_private && !map_insert(&shelf->contents, &content->node)) {
        free(content);
        return NULL;
    }
    (void)report_ref(report);
    shelf->used += content_memory(content);
    return content;
}

/* What is told by the digest alone must follow from it alone. */
static bool follows_from_digest(const struct report *report)
{
    return !report->is_partial && !report->is_local;
}

/* The content for an entry's use; entries with one digest share what everyone may know of it. */
static struct shelf_content *content_use(struct shelf *shelf, const struct shelf_entry *entry,
                                         struct report *report)
{
    bool is_own = !follows_from_digest(report);
    struct shelf_content *content =
        is_own ? NULL : shelf_find_content(shelf, slice_from_string(report->digest.text));
    if (!content)
        content = content_add(shelf, report, is_own || entry->is_private);
    if (!content)
        return NULL;
    content->users++;
    list_remove(&content->place);
    return content;
}

static void content_leave(struct shelf *shelf, struct shelf_content *content)
{
    if (!content)
        return;
    content->users--;
    if (content->users > 0)
        return;
    if (content->is_private) {
        content_drop(shelf, content);
    } else {
        list_put_first(&shelf->unused, &content->place);
    }
}

/* -- answers -------------------------------------------------------------------------------- */

static void answer_drop(struct shelf *shelf, struct shelf_answer *answer)
{
    struct shelf_answer **link = &answer->entry->answers;
    while (*link != answer)
        link = &(*link)->next;
    *link = answer->next;

    shelf->used -= answer_memory(answer);
    map_remove(&shelf->answers, &answer->node);
    list_remove(&answer->place);
    answer->next = shelf->trash;
    shelf->trash = answer;
}

/* Leaves room for one more. */
static void entry_limit_answers(struct shelf *shelf, struct shelf_entry *entry)
{
    size_t count = 0;
    for (struct shelf_answer *answer = entry->answers; answer; answer = answer->next) {
        count++;
        if (count == SHELF_ANSWERS_MAX) {
            answer_drop(shelf, answer);
            return;
        }
    }
}

void shelf_put_answer(struct shelf *shelf, struct shelf_entry *entry, struct slice spelling,
                      struct response *response, unsigned period)
{
    struct shelf_answer *earlier = shelf_find_answer(shelf, spelling);
    if (earlier)
        answer_drop(shelf, earlier);
    entry_limit_answers(shelf, entry);

    struct shelf_answer *answer = calloc(1, sizeof(*answer) + spelling.length);
    if (!answer)
        return;
    memcpy(answer->spelling, spelling.data, spelling.length);
    answer->spelling_length = (uint16_t)spelling.length;
    answer->entry = entry;
    answer->period = (uint16_t)period;
    list_init(&answer->place);
    if (!map_insert(&shelf->answers, &answer->node)) {
        free(answer);
        return;
    }
    answer->response = response_ref(response);
    answer->next = entry->answers;
    entry->answers = answer;
    shelf->used += answer_memory(answer);
}

void shelf_hit_answer(struct shelf *shelf, struct shelf_answer *answer)
{
    shelf_touch(shelf, answer->entry);
    if (!answer_is_hot(answer)) {
        shelf->used += SHELF_NATIVE_SIZE;
        answer->response->is_shared = true;
    }
    list_put_first(&shelf->hot, &answer->place);
}

struct shelf_answer *shelf_take_trash(struct shelf *shelf)
{
    return TAKE(shelf->trash);
}

void shelf_empty_trash(struct shelf_answer *trash)
{
    while (trash) {
        struct shelf_answer *next = trash->next;
        response_unref(trash->response);
        free(trash);
        trash = next;
    }
}

/* -- entries -------------------------------------------------------------------------------- */

struct shelf_entry *shelf_add_entry(struct shelf *shelf, struct slice key)
{
    struct shelf_entry *entry = calloc(1, sizeof(*entry) + key.length);
    if (!entry)
        return NULL;
    memcpy(entry->key, key.data, key.length);
    entry->key_length = (uint16_t)key.length;
    list_init(&entry->place);
    if (!map_insert(&shelf->entries, &entry->node)) {
        free(entry);
        return NULL;
    }
    list_put_first(&shelf->recent, &entry->place);
    shelf->used += entry_memory(entry);
    return entry;
}

void shelf_drop_failure(struct shelf *shelf, struct shelf_entry *entry)
{
    if (!entry->failure)
        return;
    shelf->used -= failure_memory(entry->failure);
    free(TAKE(entry->failure));
}

void shelf_drop_report(struct shelf *shelf, struct shelf_entry *entry)
{
    while (entry->answers)
        answer_drop(shelf, entry->answers);
    content_leave(shelf, TAKE(entry->content));
}

void shelf_drop_entry(struct shelf *shelf, struct shelf_entry *entry)
{
    shelf_drop_report(shelf, entry);
    shelf_drop_failure(shelf, entry);
    shelf->used -= entry_memory(entry);
    map_remove(&shelf->entries, &entry->node);
    list_remove(&entry->place);
    free(entry);
}

void shelf_touch(struct shelf *shelf, struct shelf_entry *entry)
{
    list_put_first(&shelf->recent, &entry->place);
}

bool shelf_set_report(struct shelf *shelf, struct shelf_entry *entry, struct report *report)
{
    struct shelf_content *content = content_use(shelf, entry, report);
    if (!content)
        return false;
    shelf_drop_report(shelf, entry);
    entry->content = content;
    return true;
}

static struct shelf_failure *failure_new(const struct error *error, int64_t until)
{
    size_t length = strnlen(error->message, sizeof(error->message) - 1);
    struct shelf_failure *failure = calloc(1, sizeof(*failure) + length);
    if (!failure)
        return NULL;
    memcpy(failure->message, error->message, length);
    failure->length = (uint16_t)length;
    failure->until = until;
    failure->code = error->code;
    failure->has_retry_after = error->retry_after > 0;
    return failure;
}

bool shelf_set_failure(struct shelf *shelf, struct shelf_entry *entry, const struct error *error,
                       int64_t until)
{
    struct shelf_failure *failure = failure_new(error, until);
    if (!failure)
        return false;
    shelf_drop_failure(shelf, entry);
    entry->failure = failure;
    shelf->used += failure_memory(failure);
    return true;
}

/* -- the order of going --------------------------------------------------------------------- */

static bool shelf_drop_oldest(struct shelf *shelf)
{
    struct list *place;

    if ((place = list_take_last(&shelf->hot))) {
        answer_drop(shelf, LIST_ITEM(place, struct shelf_answer, place));
    } else if ((place = list_take_last(&shelf->unused))) {
        content_drop(shelf, LIST_ITEM(place, struct shelf_content, place));
    } else if ((place = list_take_last(&shelf->recent))) {
        shelf_drop_entry(shelf, LIST_ITEM(place, struct shelf_entry, place));
        shelf->dropped++;
    } else {
        return false;
    }
    return true;
}

void shelf_trim(struct shelf *shelf)
{
    while (shelf->used > shelf->limit && shelf_drop_oldest(shelf)) {
    }
}

void shelf_release(struct shelf *shelf)
{
    shelf->limit = 0;
    shelf_trim(shelf);
    shelf_empty_trash(shelf_take_trash(shelf));
    map_release(&shelf->entries);
    map_release(&shelf->contents);
    map_release(&shelf->answers);
}
