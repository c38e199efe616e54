/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_ask_on() is called from any thread; one call at a time asks, and another that comes
 * meanwhile makes it look again. No lock is held while it asks: a question whose answer is known is
 * answered within the call.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/escape.h"
#include "server/batch_core.h"
#include "server/batch_line.h"
#include "server/channel.h"
#include "server/lookup.h"
#include "server/request.h"
#include "server/response.h"
#include "server/snapshot.h"

enum {
    KEPT_MAX = 1024 * 1024, /* bytes of answers that a batch keeps for questions asked twice */
    ASKED_AT_ONCE = 16,     /* of one batch */
    UNREAD_MAX = 64 * 1024, /* bytes the client has not taken; then nothing more is asked */
    QUERY_MAX = 3 * (REFERENCE_MAX + PLATFORM_MAX) + 32,
    KEY_MAX = REFERENCE_MAX + PLATFORM_MAX + 1,
    LINE_REST_MAX = 16 * 1024 /* of a line, without the result: an image, an id, an error */
};

/* An item that an answer goes to. */
struct place {
    struct place *next;
    size_t index;
    char *id; /* JSON, or NULL */
};

/* One question, however often it stands in the batch. */
struct ask {
    struct request request;
    struct batch *batch;
    char *image;

    struct map_node node; /* what follows is guarded by the batch's mutex */
    struct slice key;
    struct place *places;      /* that wait for the answer */
    struct response *response; /* NULL: not answered yet */
};

static void place_free(struct place *place)
{
    free(place->id);
    free(place);
}

static void ask_free(struct ask *ask)
{
    for (struct place *place = ask->places, *next; place; place = next) {
        next = place->next;
        place_free(place);
    }
    response_unref(ask->response);
    free(ask->image);
    free(ask);
}

void batch_free_asks(struct batch *batch)
{
    struct map *asks = &batch->asks;
    struct map_node *next;

    for (struct map_node *node = map_next(asks, NULL); node; node = next) {
        next = map_next(asks, node);
        map_remove(asks, node);
        ask_free(MAP_ITEM(node, struct ask, node));
    }
    map_release(asks);
}

/* -- answers -------------------------------------------------------------------------------- */

/* Without memory the line is missing; the last line tells that there should be one. */
static void tell(struct batch *batch, const struct batch_line *line,
                 const struct response *response)
{
    CLEANUP(buffer_release)
    struct buffer text = BUFFER_INIT(response->body_length + LINE_REST_MAX);

    batch_line_write(line, response, &text);
    if (buffer_ok(&text))
        channel_write(batch->stream, buffer_slice(&text));
    batch_lock(batch);
    if (response->status == STATUS_OK)
        batch->succeeded++;
    else
        batch->failed++;
    batch_unlock(batch);
}

static void tell_place(const struct ask *ask, struct place *place, const struct response *response)
{
    const struct batch_line line = {
        .index = place->index, .id = place->id, .image = slice_from_string(ask->image)};

    tell(ask->batch, &line, response);
    place_free(place);
}

static void tell_error(struct batch *batch, size_t index, const struct batch_item *item,
                       const struct error *error)
{
    const struct batch_line line = {.index = index,
                                    .id = item->id.length > 0 ? buffer_string(&item->id) : NULL,
                                    .image = buffer_slice(&item->image)};
    CLEANUP(response_unref_p) struct response *response = response_from_error(error);

    tell(batch, &line, response);
}

/* The answer is kept for whoever asks the same later in the batch, as long as there is room; past
 * it, that is asked anew, and mostly answered from the cache. */
static void ask_respond(struct request *request, struct response *response)
{
    struct ask *ask = MAP_ITEM(request, struct ask, request);
    struct batch *batch = batch_ref(ask->batch);

    batch_lock(batch);
    bool is_kept = batch->kept + response->body_length <= KEPT_MAX;
    if (is_kept)
        batch->kept += response->body_length;
    else
        map_remove(&batch->asks, &ask->node);
    ask->response = response;
    struct place *places = TAKE(ask->places);
    batch_unlock(batch);
    for (struct place *next; places; places = next) {
        next = places->next;
        tell_place(ask, places, response);
    }
    if (!is_kept)
        ask_free(ask);
    batch_lock(batch);
    batch->running--;
    batch_unlock(batch);
    batch_ask_on(batch);
    batch_unref(batch);
}

static bool ask_is_wanted(const struct request *request)
{
    const struct ask *ask = MAP_ITEM_CONST(request, struct ask, request);
    return channel_is_read(ask->batch->stream);
}

/* It asks for JSON, in everybody's name. */
static struct slice ask_header(const struct request *request, const char *name, size_t *count)
{
    (void)request;
    (void)name;
    if (count)
        *count = 0;
    return (struct slice){0};
}

static const struct request_door batch_door = {
    .header = ask_header, .respond = ask_respond, .is_wanted = ask_is_wanted};

/* -- questions ------------------------------------------------------------------------------ */

static struct slice ask_key(const struct map_node *node)
{
    return MAP_ITEM_CONST(node, struct ask, node)->key;
}

void batch_init_asks(struct batch *batch)
{
    map_init(&batch->asks, ask_key);
}

static struct place *place_new(size_t index, struct buffer *id)
{
    struct place *place = calloc(1, sizeof(*place));
    if (!place)
        return NULL;
    place->index = index;
    place->id = id->length > 0 ? buffer_take(id) : NULL;
    return place;
}

/* Takes the key's bytes, which begin with the image, as a string. */
static struct ask *ask_new(struct batch *batch, struct buffer *key)
{
    struct ask *ask = calloc(1, sizeof(*ask));
    if (!ask)
        return NULL;
    size_t length = key->length;
    ask->batch = batch;
    ask->image = buffer_take(key);
    ask->key = slice_of(ask->image, length);
    if (ask->image && map_insert(&batch->asks, &ask->node))
        return ask;
    ask_free(ask);
    return NULL;
}

/* The question with this key; where it is new, `*is_new` is set and it counts as running. NULL: no
 * memory. */
static struct ask *find_or_add(struct batch *batch, struct buffer *key, bool *is_new)
{
    struct map_node *node = map_find(&batch->asks, buffer_slice(key));
    *is_new = false;
    if (node)
        return MAP_ITEM(node, struct ask, node);
    struct ask *ask = ask_new(batch, key);
    if (!ask)
        return NULL;
    *is_new = true;
    batch->running++;
    return ask;
}

static bool write_query(struct buffer *query, const struct batch_item *item)
{
    (void)buffer_append_string(query, "image=");
    (void)escape_percent_encode(query, buffer_slice(&item->image));
    if (item->platform.length == 0)
        return buffer_ok(query);
    (void)buffer_append_string(query, "&platform=");
    return escape_percent_encode(query, buffer_slice(&item->platform));
}

/* The query is read before lookup_answer() returns. */
static void ask_send(struct ask *ask, const struct batch_item *item)
{
    CLEANUP(buffer_release) struct buffer query = BUFFER_INIT(QUERY_MAX);
    struct batch *batch = ask->batch;
    struct error error;

    ask->request = (struct request){.door = &batch_door,
                                    .method = METHOD_GET,
                                    .started = clock_monotonic_ms(),
                                    .preferences = batch->names,
                                    .snapshot = snapshot_ref(batch->asker.snapshot),
                                    .limits = batch->asker.limits,
                                    .client = batch->asker.client,
                                    .metrics = batch->metrics};
    if (!write_query(&query, item)) {
        (void)error_no_memory(&error);
        request_fail(&ask->request, &error);
        return;
    }
    ask->request.query = buffer_slice(&query);
    lookup_answer(batch->lookup, &ask->request);
}

/* Asks, or joins what was asked in this batch before. False: no memory. */
static bool ask_once(struct batch *batch, size_t index, struct batch_item *item)
{
    CLEANUP(buffer_release) struct buffer key = BUFFER_INIT(KEY_MAX);
    CLEANUP(response_unref_p) struct response *known = NULL;
    bool is_new = false;

    (void)buffer_append_slice(&key, buffer_slice(&item->image));
    (void)buffer_append_char(&key, '\0');
    (void)buffer_append_slice(&key, buffer_slice(&item->platform));
    struct place *place = buffer_ok(&key) ? place_new(index, &item->id) : NULL;
    if (!place)
        return false;
    batch_lock(batch);
    struct ask *ask = find_or_add(batch, &key, &is_new);
    if (ask && ask->response) {
        known = response_ref(ask->response);
    } else if (ask) {
        place->next = ask->places;
        ask->places = place;
    }
    batch_unlock(batch);
    if (!ask)
        place_free(place);
    else if (known)
        tell_place(ask, place, known);
    else if (is_new)
        ask_send(ask, item);
    return ask != NULL;
}

static void ask_item(struct batch *batch, size_t index)
{
    CLEANUP(batch_item_release) struct batch_item item = BATCH_ITEM_INIT;
    struct error error;

    if (!batch_item_read(&item, batch->items.items[index], &error)) {
        tell_error(batch, index, &item, &error);
    } else if (!ask_once(batch, index, &item)) {
        (void)error_no_memory(&error);
        tell_error(batch, index, &item, &error);
    }
}

/* -- asking on ------------------------------------------------------------------------------ */

static void batch_end(struct batch *batch)
{
    CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(LINE_REST_MAX);

    batch_line_write_end(batch->succeeded, batch->failed, &line);
    channel_write(batch->stream, buffer_slice(&line));
    channel_end(batch->stream);
    batch_unref(batch);
}

/* Locked; unlocked while it asks. True once the client has left. */
static bool ask_while_there_is_room(struct batch *batch)
{
    for (;;) {
        batch->look_again = false;
        batch_unlock(batch);
        bool is_left = !channel_is_read(batch->stream);
        bool has_room = channel_waiting(batch->stream) < UNREAD_MAX;
        batch_lock(batch);
        bool is_more = batch->next < batch->items.count && batch->running < ASKED_AT_ONCE;
        if (is_more && has_room && !is_left) {
            size_t index = batch->next++;
            batch_unlock(batch);
            ask_item(batch, index);
            batch_lock(batch);
        } else if (!batch->look_again) {
            return is_left;
        }
    }
}

void batch_ask_on(struct batch *batch)
{
    batch_lock(batch);
    if (batch->is_asking || batch->has_ended) {
        batch->look_again = true;
        batch_unlock(batch);
        return;
    }
    batch->is_asking = true;
    bool is_left = ask_while_there_is_room(batch);
    batch->is_asking = false;
    batch->has_ended = batch->running == 0 && (is_left || batch->next == batch->items.count);
    bool has_ended = batch->has_ended;
    batch_unlock(batch);
    if (has_ended)
        batch_end(batch);
}
