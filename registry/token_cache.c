/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/token_cache.h"

#include <stdlib.h>
#include <string.h>

#include "registry/scope.h"
#include "registry/secret.h"

enum {
    KEY_MAX = 16 * 1024,
    WIDER_SOUGHT = 64 /* entries that are looked at for a wider token */
};

/* -- keys ----------------------------------------------------------------------------------- */

/* A line feed cannot stand in any of the parts. */
bool token_key_write(struct token_key *key, const struct token_wanted *wanted, struct error *error)
{
    struct scope_list scopes = {.count = 0};

    buffer_init(&key->text, KEY_MAX);
    buffer_format(&key->text, "%s\n%s\n%s\n%s\n", wanted->base, wanted->realm,
                  wanted->service ? wanted->service : "", wanted->identity);
    key->scope_at = key->text.length;
    scope_list_add_text(&scopes, slice_from_string(wanted->scope));
    scope_list_sort(&scopes);
    (void)scope_list_write(&scopes, &key->text);
    return buffer_check(&key->text, "the challenge", error);
}

static struct slice token_key(const struct map_node *node)
{
    return slice_from_string(MAP_ITEM_CONST(node, struct token, node)->key);
}

/* -- entries -------------------------------------------------------------------------------- */

void token_cache_init(struct token_cache *cache)
{
    *cache = (struct token_cache){.bytes = 0};
    map_init(&cache->map, token_key);
    list_init(&cache->by_use);
}

static void token_free(struct token *token)
{
    secret_free(token->text);
    free(token->key);
    free(token);
}

static struct token *token_at(struct list *place)
{
    return LIST_ITEM(place, struct token, place);
}

static size_t token_size(const struct token *token)
{
    return strlen(token->key) + (token->text ? strlen(token->text) : 0);
}

static void drop_token(struct token_cache *cache, struct token *token)
{
    cache->bytes -= token_size(token);
    list_remove(&token->place);
    map_remove(&cache->map, &token->node);
    token_free(token);
}

void token_cache_release(struct token_cache *cache)
{
    while (!list_is_empty(&cache->by_use))
        drop_token(cache, token_at(cache->by_use.next));
    map_release(&cache->map);
}

void token_cache_set_text(struct token_cache *cache, struct token *token, char *text)
{
    cache->bytes -= token_size(token);
    secret_free(token->text);
    token->text = text;
    cache->bytes += token_size(token);
}

/* Nobody looks at it. */
static bool is_idle(const struct token *token)
{
    return !token->is_fetching && token->waiters == 0;
}

void token_cache_drop_if_useless(struct token_cache *cache, struct token *token)
{
    if (!token->text && is_idle(token))
        drop_token(cache, token);
}

static void make_room(struct token_cache *cache)
{
    const struct list *end = &cache->by_use;

    for (struct list *place = end->previous, *newer; place != end; place = newer) {
        newer = place->previous;
        if (cache->map.count < TOKENS_MAX && cache->bytes < TOKEN_BYTES_MAX)
            return;
        if (is_idle(token_at(place)))
            drop_token(cache, token_at(place));
    }
}

/* -- finding -------------------------------------------------------------------------------- */

bool token_is_good(const struct token *token, int64_t now)
{
    return token->text && now < token->expires - TOKEN_RENEWED_EARLY_MS;
}

struct token *token_cache_find(struct token_cache *cache, const struct token_key *key)
{
    struct map_node *node = map_find(&cache->map, buffer_slice(&key->text));
    struct token *token = node ? MAP_ITEM(node, struct token, node) : NULL;

    if (token)
        list_put_first(&cache->by_use, &token->place);
    return token;
}

struct token *token_cache_find_or_add(struct token_cache *cache, const struct token_key *key)
{
    struct token *token = token_cache_find(cache, key);

    if (token)
        return token;
    make_room(cache);
    token = calloc(1, sizeof(*token));
    if (!token)
        return NULL;
    token->key = strdup(buffer_string(&key->text));
    token->scope_at = key->scope_at;
    if (!token->key || !map_insert(&cache->map, &token->node)) {
        token_free(token);
        return NULL;
    }
    cache->bytes += token_size(token);
    list_init(&token->place);
    list_put_first(&cache->by_use, &token->place);
    return token;
}

static bool has_same_owner(const struct token *token, const struct token_key *key)
{
    return token->scope_at == key->scope_at &&
           memcmp(token->key, buffer_string(&key->text), key->scope_at) == 0;
}

static bool is_for_more(const struct token *token, const struct scope_list *wanted)
{
    struct scope_list its = {.count = 0};

    scope_list_add_text(&its, slice_from_string(token->key + token->scope_at));
    return scope_list_covers(&its, wanted);
}

struct token *token_cache_find_wider(struct token_cache *cache, const struct token_key *key,
                                     int64_t now)
{
    struct scope_list wanted = {.count = 0};
    const struct list *end = &cache->by_use;
    size_t left = WIDER_SOUGHT;

    scope_list_add_text(&wanted, slice_from(buffer_slice(&key->text), key->scope_at));
    if (wanted.count == 0)
        return NULL;
    for (struct list *place = end->next; place != end && left > 0; place = place->next, left--) {
        struct token *token = token_at(place);
        if (has_same_owner(token, key) && token_is_good(token, now) && is_for_more(token, &wanted))
            return token;
    }
    return NULL;
}
