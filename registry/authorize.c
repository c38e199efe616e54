/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/authorize.h"

#include <stdlib.h>
#include <string.h>

#include "registry/challenge.h"
#include "registry/client.h"
#include "registry/credential.h"
#include "registry/hosts.h"
#include "registry/problem.h"
#include "registry/secret.h"
#include "registry/session.h"
#include "registry/token.h"
#include "registry/transfer.h"

enum {
    SCOPE_MAX = 8 * 1024,
    URL_MAX = 4096,
    ROOT_BODY_MAX = 64 * 1024, /* H13: nobody reads it */
    AUTHORIZATION_MAX = 128 * 1024 + 16,
    /* A13: one answer to a 401, and one more to insufficient_scope. */
    ANSWERS_MAX = 2
};

/* A6, A19: reading asks for pull and nothing else. */
static bool write_scope(const struct session *session, const struct fetch *fetch,
                        struct buffer *out, struct error *error)
{
    if (fetch->scope) /* A5: the challenged ones first, some servers read only the first */
        buffer_format(out, "%s ", fetch->scope);
    buffer_format(out, "repository:%s:pull", session->repository);
    return buffer_check(out, "the token's scope", error);
}

static bool authorize_bearer(struct transfer *transfer, const char *token, struct error *error)
{
    struct buffer value = BUFFER_INIT(AUTHORIZATION_MAX);

    buffer_append_string(&value, "Bearer ");
    buffer_append_string(&value, token);
    return session_add_authorization(transfer, &value, error);
}

static bool authorize_token(struct session *session, struct fetch *fetch,
                            const struct challenge *challenge, struct transfer *transfer,
                            struct error *error)
{
    struct buffer scope = BUFFER_INIT(SCOPE_MAX);

    secret_free(TAKE(fetch->token));
    if (write_scope(session, fetch, &scope, error))
        fetch->token = token_get(session, challenge, buffer_string(&scope), error);
    buffer_release(&scope);
    return fetch->token && authorize_bearer(transfer, fetch->token, error);
}

/* A challenge remembered from another request may lead nowhere by now: it is forgotten, and the
 * registry asked without, so that it can say anew what it wants. That the realm rejects the
 * credentials is an answer, though (A11), and a quota is one too. */
static bool authorize_go_without(const struct session *session, const struct fetch *fetch,
                                 const struct error *failure)
{
    bool leads_nowhere = failure->code == ERROR_UPSTREAM || failure->code == ERROR_NOT_FOUND ||
                         failure->code == ERROR_FORBIDDEN || failure->code == ERROR_TIMEOUT;

    if (fetch->challenges > 0 || !(leads_nowhere || failure->code == ERROR_DENIED))
        return false;
    hosts_forget_challenge(session->registry->hosts, session->endpoint.base);
    return leads_nowhere;
}

bool authorize(struct session *session, struct fetch *fetch, struct transfer *transfer,
               struct error *error)
{
    const struct credential *credential = session->credential;
    struct challenge challenge;
    bool done = true;

    if (credential && credential->registry_token) /* A17 */
        return authorize_bearer(transfer, credential->registry_token, error);
    if (!hosts_recall_challenge(session->registry->hosts, session->endpoint.base, &challenge))
        return true;
    if (challenge.scheme == CHALLENGE_BEARER) {
        done = authorize_token(session, fetch, &challenge, transfer, error) ||
               authorize_go_without(session, fetch, error);
    } else if (credential && credential->username) {
        done = session_add_basic(session, transfer, error);
    }
    challenge_release(&challenge);
    return done;
}

bool authorize_wants_answer(const struct transfer *transfer)
{
    return transfer->status == 401 ||
           problem_is_expiry(transfer->status, buffer_slice(&transfer->body));
}

/* The refusal itself is the error: denied, in the registry's words. */
static bool authorize_refuse(const struct session *session, struct fetch *fetch)
{
    const struct transfer *transfer = fetch->transfer;
    struct buffer what = BUFFER_INIT(2048);

    buffer_format(&what, "'%s/%s'", session->endpoint.registry, session->repository);
    problem_describe(transfer->status, buffer_slice(&transfer->body), buffer_string(&what),
                     &fetch->error);
    buffer_release(&what);
    return false;
}

static void forget_token(struct session *session, const struct fetch *fetch,
                         const struct challenge *challenge)
{
    struct buffer scope = BUFFER_INIT(SCOPE_MAX);
    struct error ignored;

    if (fetch->token && write_scope(session, fetch, &scope, &ignored))
        token_forget(session, challenge, buffer_string(&scope), fetch->token);
    buffer_release(&scope);
}

/* A5: only a refusal for want of scope makes us ask for what the challenge names besides ours. */
static bool widen_scope(struct fetch *fetch, struct challenge *challenge)
{
    bool is_insufficient = challenge->error && strcmp(challenge->error, "insufficient_scope") == 0;

    if (!is_insufficient || !challenge->scope || fetch->scope)
        return false;
    fetch->scope = TAKE(challenge->scope);
    return true;
}

static bool answer_bearer(struct session *session, struct fetch *fetch, struct challenge *challenge)
{
    bool had_token = fetch->token != NULL;

    forget_token(session, fetch, challenge);
    /* A token fetched for this very request and refused: only a wider scope can help. One from the
     * cache may have been revoked: a new one is worth a try. */
    bool is_first = fetch->challenges == 1;
    return is_first || !had_token || widen_scope(fetch, challenge);
}

static bool answer_basic(const struct session *session, const struct fetch *fetch)
{
    bool has_secret = session->credential && session->credential->username;
    return has_secret && fetch->challenges == 1;
}

/* A13b: the token has expired, and the registry asks nothing: what it asked before still holds. */
static bool answer_expiry(struct session *session, struct fetch *fetch)
{
    struct challenge challenge;

    if (hosts_recall_challenge(session->registry->hosts, session->endpoint.base, &challenge)) {
        forget_token(session, fetch, &challenge);
        challenge_release(&challenge);
    }
    return fetch->challenges == 1 || authorize_refuse(session, fetch);
}

/* A1: a 401 that does not say what it wants; the API's root may. The caller frees. */
static struct transfer *authorize_ask_root(struct session *session, struct error *error)
{
    struct buffer text = BUFFER_INIT(URL_MAX);
    struct url url = {0};
    CLEANUP(transfer_free_p) struct transfer *transfer = NULL;

    buffer_format(&text, "%s/v2/", session->endpoint.base);
    if (url_parse(buffer_slice(&text), NULL, "registry", &url, error))
        transfer = session_transfer(session, &url, ROUTE_REGISTRY, false, error);
    buffer_release(&text);
    url_release(&url);
    if (!transfer)
        return NULL;
    transfer->body_limit = ROOT_BODY_MAX;
    if (!transfer_start(session->registry->engine, transfer, error))
        return NULL;
    transfer_wait(transfer);
    return TAKE(transfer);
}

static bool authorize_choose(const struct transfer *refusal, struct challenge *out,
                             struct error *error)
{
    struct slice values[TRANSFER_CHALLENGES_MAX];
    const struct transfer_headers *headers = &refusal->headers;

    for (size_t i = 0; i < headers->challenge_count; i++)
        values[i] = slice_from_string(headers->challenges[i]);
    return challenge_choose(values, headers->challenge_count, out, error);
}

static bool authorize_read_challenge(struct session *session, struct fetch *fetch,
                                     struct challenge *out)
{
    if (fetch->transfer->headers.challenge_count)
        return authorize_choose(fetch->transfer, out, &fetch->error);

    CLEANUP(transfer_free_p) struct transfer *root = authorize_ask_root(session, &fetch->error);
    struct error ignored;
    if (!root)
        return false;
    return authorize_choose(root, out, &ignored) || authorize_refuse(session, fetch);
}

bool authorize_answer(struct session *session, struct fetch *fetch)
{
    struct challenge challenge;
    bool is_worth = false;

    fetch->challenges++;
    if (fetch->challenges > ANSWERS_MAX ||
        (session->credential && session->credential->registry_token)) /* A17: final */
        return authorize_refuse(session, fetch);
    if (fetch->transfer->status != 401)
        return answer_expiry(session, fetch);
    if (!authorize_read_challenge(session, fetch, &challenge))
        return false;
    if (challenge.scheme == CHALLENGE_BEARER)
        is_worth = answer_bearer(session, fetch, &challenge);
    else
        is_worth = answer_basic(session, fetch);
    if (is_worth)
        hosts_learn_challenge(session->registry->hosts, session->endpoint.base, &challenge);
    challenge_release(&challenge);
    return is_worth || authorize_refuse(session, fetch);
}
