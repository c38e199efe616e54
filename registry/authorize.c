/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/authorize.h"

#include <stdlib.h>
#include <string.h>

#include "registry/call.h"
#include "registry/challenge.h"
#include "registry/credential.h"
#include "registry/hosts.h"
#include "registry/problem.h"
#include "registry/scope.h"
#include "registry/secret.h"
#include "registry/session.h"
#include "registry/token.h"
#include "registry/transfer.h"

enum {
    SCOPE_MAX = 8 * 1024,
    URL_MAX = 4096,
    ROOT_BODY_MAX = 64 * 1024, /* H13: nobody reads it */
    AUTHORIZATION_MAX = 128 * 1024 + 16,
    SOURCES_MAX = 16, /* repositories to mount from that are named in every scope */
    /* A13: one answer to a 401, and one more to insufficient_scope. */
    ANSWERS_MAX = 2
};

/* Ours first, for some servers heed only the first (A18); but what a registry asked for in so many
 * words comes before it (A5). One token for all of a session's requests, if that may be: the
 * repositories that are mounted from are named from the start, up to a bound. */
static bool write_scope(const struct call *call, struct buffer *out, struct error *error)
{
    const struct session *session = call->session;
    const struct session_wish *wish = &session->wish;
    struct slice type = SLICE("repository");
    struct slice pull = SLICE("pull");
    struct scope_list list = {.count = 0};
    size_t sources =
        wish->mount_source_count < SOURCES_MAX ? wish->mount_source_count : (size_t)SOURCES_MAX;

    if (call->scope)
        scope_list_add_text(&list, slice_from_string(call->scope));
    scope_list_add(&list, type, slice_from_string(wish->repository),
                   slice_from_string(wish->actions));
    for (size_t i = 0; i < sources && !session->is_narrow; i++)
        scope_list_add(&list, type, slice_from_string(wish->mount_sources[i]), pull);
    if (call->mount_from && !session->is_narrow)
        scope_list_add(&list, type, slice_from_string(call->mount_from), pull);
    scope_list_write(&list, out);
    return buffer_check(out, "the token's scope", error);
}

static bool authorize_bearer(struct transfer *transfer, const char *token, struct error *error)
{
    struct buffer value = BUFFER_INIT(AUTHORIZATION_MAX);

    buffer_append_string(&value, "Bearer ");
    buffer_append_string(&value, token);
    return session_add_authorization(transfer, &value, error);
}

static bool get_token(struct call *call, const struct challenge *challenge, struct error *error)
{
    struct buffer scope = BUFFER_INIT(SCOPE_MAX);

    secret_free(TAKE(call->token));
    if (write_scope(call, &scope, error))
        call->token = token_get(call->session, challenge, buffer_string(&scope), error);
    buffer_release(&scope);
    return call->token != NULL;
}

/* A18: some servers refuse every scope for the sake of one. Then mounts do without. */
static bool narrow_scope(struct session *session, const struct error *failure)
{
    bool may_help = failure->code == ERROR_DENIED || failure->code == ERROR_UPSTREAM;

    if (session->is_narrow || session->wish.mount_source_count == 0 || !may_help)
        return false;
    session->is_narrow = true;
    return true;
}

static bool authorize_token(struct call *call, const struct challenge *challenge,
                            struct transfer *transfer, struct error *error)
{
    bool has_token = get_token(call, challenge, error);

    if (!has_token && narrow_scope(call->session, error))
        has_token = get_token(call, challenge, error);
    if (!has_token && error->code == ERROR_DENIED && authorize_anew(call))
        has_token = get_token(call, challenge, error);
    return has_token && authorize_bearer(transfer, call->token, error);
}

/* A challenge remembered from another request may lead nowhere by now: it is forgotten, and the
 * registry asked without, so that it can say anew what it wants. That the realm rejects the
 * credentials is an answer, though (A11), and a quota is one too. */
static bool authorize_go_without(const struct call *call, const struct error *failure)
{
    const struct session *session = call->session;
    bool leads_nowhere = failure->code == ERROR_UPSTREAM || failure->code == ERROR_NOT_FOUND ||
                         failure->code == ERROR_FORBIDDEN || failure->code == ERROR_TIMEOUT;

    if (call->challenges > 0 || !(leads_nowhere || failure->code == ERROR_DENIED))
        return false;
    hosts_forget_challenge(session->registry->hosts, session->endpoint.base);
    return leads_nowhere;
}

bool authorize(struct call *call, struct transfer *transfer, struct error *error)
{
    struct session *session = call->session;
    struct challenge challenge;
    bool done = true;

    call->credential = session->credential_number;
    if (session->credential && session->credential->registry_token) /* A17 */
        return authorize_bearer(transfer, session->credential->registry_token, error);
    if (!hosts_recall_challenge(session->registry->hosts, session->endpoint.base, &challenge))
        return true;
    if (challenge.scheme == CHALLENGE_BEARER) {
        done =
            authorize_token(call, &challenge, transfer, error) || authorize_go_without(call, error);
    } else if (session->credential && session->credential->username) {
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

/* T27: a credential that has become wrong is replaced, if there is another: by this call, or by one
 * beside it. What a mount is denied says nothing of the credential. */
bool authorize_anew(struct call *call)
{
    struct session *session = call->session;

    if (call->kind == CALL_MOUNT_BLOB)
        return false;
    if (call->credential == session->credential_number && !session_renew_credential(session))
        return false;
    call->credential = session->credential_number;
    call->challenges = 0;
    return true;
}

/* The refusal itself is the error: denied, in the registry's words. */
static bool authorize_refuse(struct call *call)
{
    const struct transfer *transfer = call->transfer;
    struct slice body = buffer_slice(&transfer->body);
    struct buffer what = BUFFER_INIT(2048);

    if (authorize_anew(call))
        return true;
    buffer_format(&what, "'%s/%s'", call->session->endpoint.registry,
                  call->session->wish.repository);
    problem_describe(transfer->status, body, call_writes(call) ? NULL : buffer_string(&what),
                     &call->error);
    buffer_release(&what);
    return false;
}

static void forget_token(const struct call *call, const struct challenge *challenge)
{
    struct buffer scope = BUFFER_INIT(SCOPE_MAX);
    struct error ignored;

    if (call->token && write_scope(call, &scope, &ignored))
        token_forget(call->session, challenge, buffer_string(&scope), call->token);
    buffer_release(&scope);
}

/* A5: only a refusal for want of scope makes us ask for what the challenge names besides ours. */
static bool widen_scope(struct call *call, struct challenge *challenge)
{
    bool is_insufficient = challenge->error && strcmp(challenge->error, "insufficient_scope") == 0;

    if (!is_insufficient || !challenge->scope || call->scope)
        return false;
    call->scope = TAKE(challenge->scope);
    return true;
}

static bool answer_bearer(struct call *call, struct challenge *challenge)
{
    bool had_token = call->token != NULL;

    forget_token(call, challenge);
    /* A token fetched for this very request and refused: only a wider scope can help. One from the
     * cache may have been revoked: a new one is worth a try. */
    bool is_first = call->challenges == 1;
    return is_first || !had_token || widen_scope(call, challenge);
}

static bool answer_basic(const struct call *call)
{
    const struct credential *credential = call->session->credential;
    bool has_secret = credential && credential->username;
    return has_secret && call->challenges == 1;
}

/* A13b: the token has expired, and the registry asks nothing: what it asked before still holds. */
static bool answer_expiry(struct call *call)
{
    const struct session *session = call->session;
    struct challenge challenge;

    if (hosts_recall_challenge(session->registry->hosts, session->endpoint.base, &challenge)) {
        forget_token(call, &challenge);
        challenge_release(&challenge);
    }
    return call->challenges == 1 || authorize_refuse(call);
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
    if (!transfer_start(session->engine, transfer, error))
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

static bool authorize_read_challenge(struct call *call, struct challenge *out)
{
    if (call->transfer->headers.challenge_count)
        return authorize_choose(call->transfer, out, &call->error);

    CLEANUP(transfer_free_p)
    struct transfer *root = authorize_ask_root(call->session, &call->error);
    struct error ignored;
    if (!root)
        return false;
    return authorize_choose(root, out, &ignored) || authorize_refuse(call);
}

bool authorize_answer(struct call *call)
{
    struct session *session = call->session;
    struct challenge challenge;
    bool is_worth = false;

    call->challenges++;
    if (call->challenges > ANSWERS_MAX ||
        (session->credential && session->credential->registry_token)) /* A17: final */
        return authorize_refuse(call);
    if (call->transfer->status != 401)
        return answer_expiry(call);
    if (!authorize_read_challenge(call, &challenge))
        return false;
    if (challenge.scheme == CHALLENGE_BEARER)
        is_worth = answer_bearer(call, &challenge);
    else
        is_worth = answer_basic(call);
    if (is_worth)
        hosts_learn_challenge(session->registry->hosts, session->endpoint.base, &challenge);
    challenge_release(&challenge);
    return is_worth || authorize_refuse(call);
}
