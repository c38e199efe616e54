/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A straight line of pages. Where the next one is only the registry knows, so what it says is
 * judged before it is asked for: the credentials go along.
 */
#include "registry/tags.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "data/json_items.h"
#include "registry/client.h"
#include "registry/link.h"
#include "registry/mirrors.h"
#include "registry/session.h"

enum {
    ESCAPED_TAG_MAX = 6 * 128 /* every character of the longest tag as \uXXXX */
};

/* A list under way. */
struct listing {
    struct session *session;
    struct tags tags;
    char *next;     /* the next page's URL; NULL: the first is asked for */
    char *landmark; /* a page of some time ago: who comes by it again walks in a circle */
    unsigned pages;
};

static void listing_release(struct listing *listing)
{
    tags_release(&listing->tags);
    free(listing->next);
    free(listing->landmark);
}

void tags_release(struct tags *tags)
{
    buffer_release(&tags->lines);
    tags->count = 0;
}

/* -- what a page says ----------------------------------------------------------------------- */

static bool add_tag(void *context, struct slice item, struct error *error)
{
    struct tags *tags = context;
    char room[ESCAPED_TAG_MAX];
    struct slice tag = {0};

    if (!json_item_string(item, room, sizeof(room), &tag) || !reference_tag_is_valid(tag)) {
        return error_set(error, ERROR_UPSTREAM, "the registry lists what is no tag: '%s'",
                         ESCAPED(item));
    }
    if (tags->count == TAGS_MAX)
        return error_set(error, ERROR_TOO_LARGE, "there are more than %d tags", TAGS_MAX);
    tags->count++;
    (void)buffer_append_slice(&tags->lines, tag);
    (void)buffer_append_char(&tags->lines, '\n');
    return buffer_check(&tags->lines, "the list of tags", error);
}

static bool read_page(struct listing *listing, struct slice body, struct error *error)
{
    struct json_items items = {.name = "tags", .visit = add_tag, .context = &listing->tags};

    if (!json_each_item(body, &items, error)) {
        if (error->code == ERROR_INVALID) {
            error->code = ERROR_UPSTREAM;
            error_prefix(error, "the registry's list of tags: ");
        }
        return false;
    }
    return items.is_there ||
           error_set(error, ERROR_UPSTREAM, "the registry answered without a list of tags");
}

/* -- where the next one is ------------------------------------------------------------------ */

static struct slice without_query(const char *url)
{
    return slice_before(slice_from_string(url), '?');
}

/* S7: another place would get our credentials, another path is another question. */
static bool check_next(const struct listing *listing, const struct call *call,
                       const struct url *next, struct error *error)
{
    if (!url_same_origin(next, &listing->session->origin)) {
        return error_set(error, ERROR_UPSTREAM,
                         "the list of tags goes on at '%s', which is not the registry",
                         ESCAPED(slice_from_string(next->host)));
    }
    return slice_equal(without_query(next->text), without_query(call->url.text)) ||
           error_set(error, ERROR_UPSTREAM, "the list of tags goes on at another path");
}

/* Brent's way to find a circle of any length: the landmark moves to pages 1, 2, 4, 8, ... */
static bool check_progress(struct listing *listing, const char *next, struct error *error)
{
    if (listing->landmark && strcmp(listing->landmark, next) == 0)
        return error_set(error, ERROR_UPSTREAM, "the list of tags leads in a circle");
    if (listing->pages == TAGS_PAGES_MAX) {
        return error_set(error, ERROR_TOO_LARGE, "the list of tags has more than %d pages",
                         TAGS_PAGES_MAX);
    }
    if ((listing->pages & (listing->pages - 1)) != 0)
        return true;
    free(listing->landmark);
    listing->landmark = strdup(next);
    return listing->landmark || error_no_memory(error);
}

/* `listing->next` is NULL after the last page. */
static bool find_next(struct listing *listing, const struct call *call, struct error *error)
{
    CLEANUP(url_release) struct url next = {0};
    struct slice target = {0};

    free(listing->next);
    listing->next = NULL;
    if (!link_find_next(call->links, &target))
        return true;
    if (!url_parse(target, call->url.text, "next page of tags", &next, error) ||
        !check_next(listing, call, &next, error) || !check_progress(listing, next.text, error))
        return false;
    listing->next = TAKE(next.text);
    return true;
}

/* -- the list ------------------------------------------------------------------------------- */

static bool ask_page(struct listing *listing, struct error *error)
{
    struct call call = call_list_tags(listing->next);

    listing->pages++;
    client_call(listing->session, &call, 1);
    bool done = call.error.code == ERROR_NONE;
    if (done)
        done = read_page(listing, call.body, error) && find_next(listing, &call, error);
    else
        *error = call.error;
    call_release(&call);
    return done;
}

/* All pages of one place: where a list begins it ends. */
static bool ask_for_tags(struct session *session, void *context, struct error *error)
{
    struct tags *out = context;
    struct listing listing = {.session = session};
    bool done = true;

    buffer_init(&listing.tags.lines, TAGS_BYTES_MAX);
    do {
        done = ask_page(&listing, error);
    } while (done && listing.next);
    if (done) {
        *out = listing.tags;
        listing.tags = (struct tags){0};
    }
    listing_release(&listing);
    return done;
}

bool registry_list_tags(struct registry *registry, const struct registry_listing *listing,
                        struct tags *out, struct error *error)
{
    const struct session_wish wish = {
        .registry = listing->repository->registry,
        .repository = listing->repository->repository,
        .credential = listing->credential,
        .actions = "pull", /* A19 */
        .deadline = listing->deadline,
        .retries = listing->retries,
    };

    return mirrors_ask(registry, &wish, false, ask_for_tags, out, error);
}
