/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bearer tokens that are kept, and those that are being fetched (rule A12); private to token.c,
 * which guards it and gives the time.
 *
 * A token is known by whose it is (registry, realm, service, and a keyed hash of who asked) and
 * what it is for (its scopes, in one order). Bounded in number and bytes: what has not been used
 * for longest goes first, but for what somebody looks at.
 */
#ifndef REGISTRY_TOKEN_CACHE_H
#define REGISTRY_TOKEN_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"
#include "base/map.h"

struct token {
    struct map_node node;
    struct list place; /* in the order of use */
    char *key;
    size_t scope_at; /* where in the key the scopes begin; before them: whose it is */
    char *text;      /* NULL: none yet */
    int64_t expires; /* clock_monotonic_ms() */
    bool is_fetching;
    unsigned waiters;   /* of the fetch: the entry stays for them */
    struct error error; /* why the last fetch failed, for those who waited for it */
};

struct token_cache {
    struct map map;
    struct list by_use; /* the latest first */
    size_t bytes;
};

struct token_key {
    struct buffer text;
    size_t scope_at;
};

enum {
    TOKENS_MAX = 4096,
    TOKEN_BYTES_MAX = 8 * 1024 * 1024, /* of keys and tokens; whoever names hosts chooses both */
    TOKEN_RENEWED_EARLY_MS = 5000      /* A9 */
};

/* Whose token it is, and what for. */
struct token_wanted {
    const char *base; /* the registry's */
    const char *realm;
    const char *service; /* or NULL */
    const char *identity;
    const char *scope; /* in any order */
};
/* The caller releases the key's text, also on failure. */
bool token_key_write(struct token_key *key, const struct token_wanted *wanted,
                     struct error *error) MUST_USE;

void token_cache_init(struct token_cache *cache);
void token_cache_release(struct token_cache *cache);

/* The entry of this very key, or NULL. It becomes the newest. */
struct token *token_cache_find(struct token_cache *cache, const struct token_key *key);
/* The same, made if it is not there. NULL: no memory. */
struct token *token_cache_find_or_add(struct token_cache *cache, const struct token_key *key);
/* A good token of the same owner for more than the key's scopes, or NULL. Only the last used ones
 * are looked at. */
struct token *token_cache_find_wider(struct token_cache *cache, const struct token_key *key,
                                     int64_t now);

/* Whether it may still be used. */
bool token_is_good(const struct token *token, int64_t now);
/* Takes the text; NULL: none. */
void token_cache_set_text(struct token_cache *cache, struct token *token, char *text);
/* Forgets an entry without a token that nobody looks at: failures are not kept. */
void token_cache_drop_if_useless(struct token_cache *cache, struct token *token);

#endif
