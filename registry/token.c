/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/token.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "registry/credential.h"
#include "registry/realm.h"
#include "registry/secret.h"
#include "registry/session.h"

enum {
    TOKENS_MAX = 4096,
    BYTES_MAX = 8 * 1024 * 1024, /* of all keys and tokens; whoever names hosts chooses both */
    RENEW_EARLY_MS = 5000,       /* A9 */
    KEY_MAX = 16 * 1024
};

struct token {
    struct map_node node;
    struct token *newer, *older; /* in the order of use */
    char *key;
    char *text;      /* NULL: none yet */
    int64_t expires; /* clock_monotonic_ms() */
    bool is_fetching;
    unsigned waiters;   /* threads that look at this entry: it stays */
    struct error error; /* why the last fetch failed, for those who waited for it */
};

struct tokens {
    pthread_mutex_t lock;
    pthread_cond_t fetched;
    /* All guarded by lock. */
    struct map map;
    struct token *newest, *oldest;
    size_t bytes;
};

/* -- the cache ------------------------------------------------------------------------------ */

static struct slice token_key(const struct map_node *node)
{
    return slice_from_string(MAP_ITEM_CONST(node, struct token, node)->key);
}

struct tokens *tokens_new(void)
{
    struct tokens *tokens = calloc(1, sizeof(*tokens));
    if (!tokens)
        return NULL;
    (void)pthread_mutex_init(&tokens->lock, NULL);
    clock_condition_init(&tokens->fetched);
    map_init(&tokens->map, token_key);
    return tokens;
}

static void token_free(struct token *token)
{
    secret_free(token->text);
    free(token->key);
    free(token);
}

static void unlink_token(struct tokens *tokens, struct token *token)
{
    if (token->newer)
        token->newer->older = token->older;
    else
        tokens->newest = token->older;
    if (token->older)
        token->older->newer = token->newer;
    else
        tokens->oldest = token->newer;
    token->newer = token->older = NULL;
}

static void link_newest(struct tokens *tokens, struct token *token)
{
    token->older = tokens->newest;
    if (tokens->newest)
        tokens->newest->newer = token;
    else
        tokens->oldest = token;
    tokens->newest = token;
}

static size_t token_size(const struct token *token)
{
    return strlen(token->key) + (token->text ? strlen(token->text) : 0);
}

static void drop_token(struct tokens *tokens, struct token *token)
{
    tokens->bytes -= token_size(token);
    unlink_token(tokens, token);
    map_remove(&tokens->map, &token->node);
    token_free(token);
}

/* Takes the text; NULL: none. */
static void set_text(struct tokens *tokens, struct token *token, char *text)
{
    tokens->bytes -= token_size(token);
    secret_free(token->text);
    token->text = text;
    tokens->bytes += token_size(token);
}

void tokens_free(struct tokens *tokens)
{
    if (!tokens)
        return;
    while (tokens->newest)
        drop_token(tokens, tokens->newest);
    map_release(&tokens->map);
    (void)pthread_cond_destroy(&tokens->fetched);
    (void)pthread_mutex_destroy(&tokens->lock);
    free(tokens);
}

/* Nobody looks at it. */
static bool is_idle(const struct token *token)
{
    return !token->is_fetching && token->waiters == 0;
}

static void make_room(struct tokens *tokens)
{
    for (struct token *token = tokens->oldest, *newer; token; token = newer) {
        newer = token->newer;
        if (tokens->map.count < TOKENS_MAX && tokens->bytes < BYTES_MAX)
            return;
        if (is_idle(token))
            drop_token(tokens, token);
    }
}

/* The entry of `key`, made if it is new, and now the newest. NULL: no memory. */
static struct token *find_or_add(struct tokens *tokens, const char *key)
{
    struct map_node *node = map_find(&tokens->map, slice_from_string(key));
    struct token *token = node ? MAP_ITEM(node, struct token, node) : NULL;

    if (token) {
        unlink_token(tokens, token);
        link_newest(tokens, token);
        return token;
    }
    make_room(tokens);
    token = calloc(1, sizeof(*token));
    if (!token)
        return NULL;
    token->key = strdup(key);
    if (!token->key || !map_insert(&tokens->map, &token->node)) {
        token_free(token);
        return NULL;
    }
    tokens->bytes += token_size(token);
    link_newest(tokens, token);
    return token;
}

/* A12. Line feeds cannot stand in any of the parts. */
static bool write_key(const struct session *session, const struct challenge *challenge,
                      const char *scope, struct buffer *out, struct error *error)
{
    char identity[CREDENTIAL_IDENTITY_SIZE];

    credential_identity(session->credential, identity);
    buffer_format(out, "%s\n%s\n%s\n%s\n%s", session->endpoint.base, challenge->realm,
                  challenge->service ? challenge->service : "", scope, identity);
    return buffer_check(out, "the challenge", error);
}

/* -- one fetch a key ------------------------------------------------------------------------ */

static bool is_good(const struct token *token, int64_t now)
{
    return token->text && now < token->expires - RENEW_EARLY_MS;
}

/* Under the lock. Waits for the fetch in flight; false when the deadline came first. */
static bool wait_for_fetch(struct tokens *tokens, struct token *token, int64_t deadline)
{
    struct timespec until = clock_timespec(deadline);
    int outcome = 0;

    token->waiters++;
    while (token->is_fetching && outcome == 0)
        outcome = pthread_cond_timedwait(&tokens->fetched, &tokens->lock, &until);
    token->waiters--;
    return !token->is_fetching;
}

/* Under the lock, which is given up while the realm is asked. */
static void fetch_into(struct session *session, const struct challenge *challenge,
                       const char *scope, struct token *token)
{
    struct tokens *tokens = session->registry->tokens;
    struct grant grant = {0};
    struct error failure = {.code = ERROR_NONE};

    token->is_fetching = true;
    pthread_mutex_unlock(&tokens->lock);
    bool done = realm_ask(session, challenge, scope, &grant, &failure);
    int64_t now = clock_monotonic_ms();
    pthread_mutex_lock(&tokens->lock);

    token->is_fetching = false;
    token->error = failure;
    set_text(tokens, token, grant.text);
    token->expires = done ? now + grant.life : 0;
    pthread_cond_broadcast(&tokens->fetched);
}

static char *copy_result(const struct token *token, struct error *error)
{
    if (!token->text) {
        *error = token->error;
        return NULL;
    }
    char *copy = strdup(token->text);
    if (!copy)
        error_no_memory(error);
    return copy;
}

/* Under the lock. */
static char *get_locked(struct session *session, const struct challenge *challenge,
                        const char *scope, struct token *token, struct error *error)
{
    struct tokens *tokens = session->registry->tokens;

    if (token->is_fetching) {
        if (!wait_for_fetch(tokens, token, session->wish.deadline)) {
            error_set(error, ERROR_TIMEOUT, "the token service did not answer in time");
            return NULL;
        }
        /* Whoever fetched had less time than we have. */
        if (!token->text && token->error.code == ERROR_TIMEOUT)
            fetch_into(session, challenge, scope, token);
    } else if (!is_good(token, clock_monotonic_ms())) {
        fetch_into(session, challenge, scope, token);
    }
    char *text = copy_result(token, error);
    if (!token->text && is_idle(token))
        drop_token(tokens, token); /* failures are not kept */
    return text;
}

char *token_get(struct session *session, const struct challenge *challenge, const char *scope,
                struct error *error)
{
    struct tokens *tokens = session->registry->tokens;
    struct buffer key = BUFFER_INIT(KEY_MAX);
    char *text = NULL;

    if (!write_key(session, challenge, scope, &key, error)) {
        buffer_release(&key);
        return NULL;
    }
    pthread_mutex_lock(&tokens->lock);
    struct token *token = find_or_add(tokens, buffer_string(&key));
    if (token)
        text = get_locked(session, challenge, scope, token, error);
    else
        error_no_memory(error);
    pthread_mutex_unlock(&tokens->lock);
    buffer_release(&key);
    return text;
}

void token_forget(struct session *session, const struct challenge *challenge, const char *scope,
                  const char *token_text)
{
    struct tokens *tokens = session->registry->tokens;
    struct buffer key = BUFFER_INIT(KEY_MAX);
    struct error ignored;

    if (write_key(session, challenge, scope, &key, &ignored)) {
        pthread_mutex_lock(&tokens->lock);
        struct map_node *node = map_find(&tokens->map, buffer_slice(&key));
        struct token *token = node ? MAP_ITEM(node, struct token, node) : NULL;
        if (token && token->text && strcmp(token->text, token_text) == 0)
            token->expires = 0;
        pthread_mutex_unlock(&tokens->lock);
    }
    buffer_release(&key);
}
