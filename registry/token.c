/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Under the lock each need finds a token, or a fetch in flight that it waits for, or begins one.
 * Without the lock this thread's own fetches are asked, side by side, and each is published as soon
 * as it has come. Only then does the thread wait for others' fetches: so nobody waits for who waits
 * for him.
 */
#include "registry/token.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "registry/credential.h"
#include "registry/session.h"

struct tokens {
    pthread_mutex_t lock;
    pthread_cond_t fetched;
    struct token_cache cache; /* guarded by lock */
};

struct tokens *tokens_new(void)
{
    struct tokens *tokens = calloc(1, sizeof(*tokens));
    if (!tokens)
        return NULL;
    (void)pthread_mutex_init(&tokens->lock, NULL);
    clock_condition_init(&tokens->fetched);
    token_cache_init(&tokens->cache);
    return tokens;
}

void tokens_free(struct tokens *tokens)
{
    if (!tokens)
        return;
    token_cache_release(&tokens->cache);
    (void)pthread_cond_destroy(&tokens->fetched);
    (void)pthread_mutex_destroy(&tokens->lock);
    free(tokens);
}

/* -- one need ------------------------------------------------------------------------------- */

static bool write_key(const struct token_need *need, struct token_key *key, struct error *error)
{
    char identity[CREDENTIAL_IDENTITY_SIZE];
    const struct token_wanted wanted = {
        .base = need->session->endpoint.base,
        .realm = need->challenge->realm,
        .service = need->challenge->service,
        .identity = identity,
        .scope = need->scope,
    };

    credential_identity(need->session->credential, identity);
    return token_key_write(key, &wanted, error);
}

/* Under the lock. Token or failure, whichever the entry has. */
static void take_result(struct token_need *need, const struct token *token)
{
    if (!token->text) {
        need->error = token->error;
        return;
    }
    need->text = strdup(token->text);
    if (!need->text)
        error_no_memory(&need->error);
}

/* Under the lock: a good token for just this, or for more. */
static const struct token *find_good(struct tokens *tokens, const struct token_need *need,
                                     struct token *exact)
{
    int64_t now = clock_monotonic_ms();

    if (exact && token_is_good(exact, now))
        return exact;
    return need->is_exact ? NULL : token_cache_find_wider(&tokens->cache, &need->key, now);
}

/* Under the lock. True where this thread is to fetch it. */
static bool begin_need(struct tokens *tokens, struct token_need *need)
{
    struct token *token = token_cache_find(&tokens->cache, &need->key);
    const struct token *good = find_good(tokens, need, token);

    if (good) {
        take_result(need, good);
        return false;
    }
    if (!token)
        token = token_cache_find_or_add(&tokens->cache, &need->key);
    if (!token) {
        error_no_memory(&need->error);
        return false;
    }
    if (token->is_fetching) {
        token->waiters++;
        need->waits_for = token;
        return false;
    }
    token->is_fetching = true;
    need->fetches = token;
    return true;
}

static bool is_met(const struct token_need *need)
{
    return need->text || need->error.code != ERROR_NONE;
}

/* -- our own fetches ------------------------------------------------------------------------ */

static struct token_need *need_of(struct realm_question *question)
{
    return MAP_ITEM(question, struct token_need, question);
}

/* An answer has come: for this need, and for all who wait for the same. */
static void publish(struct realm_question *question, void *context)
{
    struct tokens *tokens = context;
    struct token_need *need = need_of(question);
    int64_t now = clock_monotonic_ms();

    pthread_mutex_lock(&tokens->lock);
    struct token *token = TAKE(need->fetches);
    token->is_fetching = false;
    token->error = question->error;
    token->expires = question->token ? now + question->life : 0;
    token_cache_set_text(&tokens->cache, token, TAKE(question->token));
    take_result(need, token);
    token_cache_drop_if_useless(&tokens->cache, token);
    pthread_cond_broadcast(&tokens->fetched);
    pthread_mutex_unlock(&tokens->lock);
}

/* Chains the questions of those needs that this thread is to fetch. */
static struct realm_question *begin_needs(struct tokens *tokens, struct token_need *first)
{
    struct realm_question *questions = NULL;
    struct realm_question **end = &questions;

    pthread_mutex_lock(&tokens->lock);
    for (struct token_need *need = first; need; need = need->next) {
        if (is_met(need) || !begin_need(tokens, need))
            continue;
        need->question = (struct realm_question){
            .session = need->session,
            .challenge = need->challenge,
            .scope = need->scope,
        };
        *end = &need->question;
        end = &need->question.next;
    }
    pthread_mutex_unlock(&tokens->lock);
    return questions;
}

/* -- others' -------------------------------------------------------------------------------- */

/* Under the lock. False when the deadline came first. */
static bool wait_for_fetch(struct tokens *tokens, const struct token *token, int64_t deadline)
{
    struct timespec until = clock_timespec(deadline);
    int outcome = 0;

    while (token->is_fetching && outcome == 0)
        outcome = pthread_cond_timedwait(&tokens->fetched, &tokens->lock, &until);
    return !token->is_fetching;
}

/* Under the lock. The need stays unmet where whoever fetched had less time than we have: then we
 * fetch, once. */
static void await_need(struct tokens *tokens, struct token_need *need)
{
    struct token *token = need->waits_for;
    int64_t deadline = need->session->wish.deadline;

    need->waits_for = NULL;
    if (!wait_for_fetch(tokens, token, deadline))
        error_set(&need->error, ERROR_TIMEOUT, "the token service did not answer in time");
    else if (token->text || token->error.code != ERROR_TIMEOUT || need->has_waited ||
             clock_monotonic_ms() >= deadline)
        take_result(need, token);
    need->has_waited = true;
    token->waiters--;
    token_cache_drop_if_useless(&tokens->cache, token);
}

/* True when some need is still to be met. */
static bool await_needs(struct tokens *tokens, struct token_need *first)
{
    bool has_more = false;

    pthread_mutex_lock(&tokens->lock);
    for (struct token_need *need = first; need; need = need->next) {
        if (need->waits_for)
            await_need(tokens, need);
        has_more |= !is_met(need);
    }
    pthread_mutex_unlock(&tokens->lock);
    return has_more;
}

/* -- all of them ---------------------------------------------------------------------------- */

void tokens_meet(struct tokens *tokens, struct token_need *first)
{
    for (struct token_need *need = first; need; need = need->next) {
        need->error = (struct error){.code = ERROR_NONE};
        (void)write_key(need, &need->key, &need->error);
    }
    do {
        struct realm_question *questions = begin_needs(tokens, first);
        if (questions)
            realm_ask_all(questions, publish, tokens);
    } while (await_needs(tokens, first));
    for (struct token_need *need = first; need; need = need->next)
        buffer_release(&need->key.text);
}

void tokens_forget(struct tokens *tokens, const struct token_need *need, const char *text)
{
    struct token_key key;
    struct error ignored;

    if (write_key(need, &key, &ignored)) {
        pthread_mutex_lock(&tokens->lock);
        struct token *token = token_cache_find(&tokens->cache, &key);
        if (token && token->text && strcmp(token->text, text) == 0)
            token->expires = 0;
        pthread_mutex_unlock(&tokens->lock);
    }
    buffer_release(&key.text);
}
