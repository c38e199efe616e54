/* SPDX-License-Identifier: Apache-2.0 */
#include "server/claims.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/map.h"
#include "manifest/spec.h"

enum {
    NAME_SIZE_MAX = 2 * REFERENCE_MAX /* "docker.io/library/" and a further tag come on top */
};

struct claimed_tag {
    struct map_node node;
    struct buffer name; /* "registry/repository:tag" */
};

struct claims {
    size_t waiting_max;
    pthread_mutex_t mutex; /* guards what follows, and the claims in it */
    struct map held;
    struct list waiting; /* the oldest first */
    size_t waiting_count;
};

static struct slice claimed_tag_key(const struct map_node *node)
{
    return buffer_slice(&MAP_ITEM_CONST(node, struct claimed_tag, node)->name);
}

/* -- one claim ------------------------------------------------------------------------------ */

static bool name_tag(struct claimed_tag *tag, const struct reference *target, const char *further,
                     struct error *error)
{
    struct reference named = *target;

    if (further)
        named.tag = further;
    buffer_init(&tag->name, NAME_SIZE_MAX);
    (void)reference_write(&named, &tag->name);
    return buffer_check(&tag->name, "a tag's name", error);
}

bool claim_init(struct claim *claim, const struct spec *spec, struct error *error)
{
    size_t count = 1 + spec->tag_count;

    *claim = (struct claim){.tags = calloc(count, sizeof(claim->tags[0]))};
    list_init(&claim->place);
    if (!claim->tags)
        return error_no_memory(error);
    for (; claim->count < count; claim->count++) {
        const char *further = claim->count > 0 ? spec->tags[claim->count - 1] : NULL;
        if (!name_tag(&claim->tags[claim->count], spec->target, further, error)) {
            claim_release(claim);
            return false;
        }
    }
    return true;
}

void claim_release(struct claim *claim)
{
    for (size_t i = 0; i < claim->count; i++)
        buffer_release(&claim->tags[i].name);
    free(claim->tags);
    *claim = (struct claim){0};
}

/* -- holding (the mutex is held) ------------------------------------------------------------ */

static void let_go(struct claims *claims, struct claim *claim, size_t count)
{
    for (size_t i = 0; i < count; i++)
        map_remove(&claims->held, &claim->tags[i].node);
}

/* All of its tags, or none of them. */
static bool try_to_hold(struct claims *claims, struct claim *claim)
{
    for (size_t i = 0; i < claim->count; i++) {
        struct claimed_tag *tag = &claim->tags[i];
        if (map_find(&claims->held, buffer_slice(&tag->name)) ||
            !map_insert(&claims->held, &tag->node)) {
            let_go(claims, claim, i);
            return false;
        }
    }
    claim->is_held = true;
    return true;
}

static void stop_waiting(struct claims *claims, struct claim *claim, struct list *out)
{
    claims->waiting_count--;
    list_put_last(out, &claim->place);
}

static void grant_all(struct claims *claims, struct list *granted)
{
    for (struct list *place = claims->waiting.next, *next; place != &claims->waiting;
         place = next) {
        struct claim *claim = LIST_ITEM(place, struct claim, place);
        next = place->next;
        if (try_to_hold(claims, claim))
            stop_waiting(claims, claim, granted);
    }
}

static enum claim_outcome hold_or_wait(struct claims *claims, struct claim *claim, int64_t deadline,
                                       struct error *error)
{
    if (try_to_hold(claims, claim))
        return CLAIM_HELD;
    if (claims->waiting_count == claims->waiting_max) {
        (void)error_set(error, ERROR_OVERLOADED, "too many pushes wait for others to end");
        return CLAIM_REFUSED;
    }
    claim->deadline = deadline;
    claims->waiting_count++;
    list_put_last(&claims->waiting, &claim->place);
    return CLAIM_WAITS;
}

/* -- the face ------------------------------------------------------------------------------- */

struct claims *claims_new(size_t waiting_max)
{
    struct claims *claims = calloc(1, sizeof(*claims));
    if (!claims)
        return NULL;
    claims->waiting_max = waiting_max;
    (void)pthread_mutex_init(&claims->mutex, NULL);
    map_init(&claims->held, claimed_tag_key);
    list_init(&claims->waiting);
    return claims;
}

void claims_free(struct claims *claims)
{
    if (!claims)
        return;
    map_release(&claims->held);
    (void)pthread_mutex_destroy(&claims->mutex);
    free(claims);
}

enum claim_outcome claims_take(struct claims *claims, struct claim *claim, int64_t deadline,
                               struct error *error)
{
    (void)pthread_mutex_lock(&claims->mutex);
    enum claim_outcome outcome = hold_or_wait(claims, claim, deadline, error);
    (void)pthread_mutex_unlock(&claims->mutex);
    return outcome;
}

void claims_give_up(struct claims *claims, struct claim *claim, struct list *granted)
{
    if (!claim->is_held)
        return;
    (void)pthread_mutex_lock(&claims->mutex);
    let_go(claims, claim, claim->count);
    claim->is_held = false;
    grant_all(claims, granted);
    (void)pthread_mutex_unlock(&claims->mutex);
}

void claims_take_overdue(struct claims *claims, int64_t now, struct list *overdue)
{
    (void)pthread_mutex_lock(&claims->mutex);
    for (struct list *place = claims->waiting.next, *next; place != &claims->waiting;
         place = next) {
        struct claim *claim = LIST_ITEM(place, struct claim, place);
        next = place->next;
        if (claim->deadline <= now)
            stop_waiting(claims, claim, overdue);
    }
    (void)pthread_mutex_unlock(&claims->mutex);
}
