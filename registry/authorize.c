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

bool authorize(const struct call *call, struct transfer *transfer, struct error *error)
{
    const struct credential *credential = call->session->credential;

    if (credential && credential->registry_token) /* A17 */
        return authorize_bearer(transfer, credential->registry_token, error);
    if (call->sends_basic)
        return session_add_basic(call->session, transfer, error);
    return !call->token || authorize_bearer(transfer, call->token, error);
}

/* -- readying calls ------------------------------------------------------------------------- */

/* A call that needs a token. */
struct applicant {
    struct call *call;
    struct challenge challenge;
    struct buffer scope;
    bool was_narrow; /* its scope */
    struct token_need need;
};

static struct applicant *applicant_of(struct token_need *need)
{
    return MAP_ITEM(need, struct applicant, need);
}

static void applicant_free(struct applicant *applicant)
{
    buffer_release(&applicant->scope);
    challenge_release(&applicant->challenge);
    free(applicant);
}

/* A18: some servers refuse every scope for the sake of one. Then mounts do without. */
static bool narrow_scope(const struct applicant *applicant)
{
    struct session *session = applicant->call->session;
    enum error_code code = applicant->need.error.code;
    bool may_help = code == ERROR_DENIED || code == ERROR_UPSTREAM;

    if (applicant->was_narrow || session->wish.mount_source_count == 0 || !may_help)
        return false;
    session->is_narrow = true;
    return true;
}

/* A challenge remembered from another request may lead nowhere by now: it is forgotten, and the
 * registry asked without, so that it can say anew what it wants. That the realm rejects the
 * credentials is an answer, though (A11), and a quota is one too. */
static bool go_without(const struct call *call, enum error_code failure)
{
    const struct session *session = call->session;
    bool leads_nowhere = failure == ERROR_UPSTREAM || failure == ERROR_NOT_FOUND ||
                         failure == ERROR_FORBIDDEN || failure == ERROR_TIMEOUT;

    if (call->challenges > 0 || !(leads_nowhere || failure == ERROR_DENIED))
        return false;
    hosts_forget_challenge(session->registry->hosts, session->endpoint.base);
    return leads_nowhere;
}

/* Takes the challenge over. NULL, and the error says why. */
static struct applicant *apply(struct call *call, struct challenge *challenge, struct error *error)
{
    struct applicant *applicant = calloc(1, sizeof(*applicant));

    if (!applicant) {
        challenge_release(challenge);
        error_no_memory(error);
        return NULL;
    }
    applicant->call = call;
    applicant->challenge = *challenge;
    applicant->was_narrow = call->session->is_narrow;
    buffer_init(&applicant->scope, SCOPE_MAX);
    if (!write_scope(call, &applicant->scope, error)) {
        applicant_free(applicant);
        return NULL;
    }
    applicant->need = (struct token_need){
        .session = call->session,
        .challenge = &applicant->challenge,
        .scope = buffer_string(&applicant->scope),
        .is_exact = call->challenges > 0,
    };
    return applicant;
}

/* What the registry is known to want is at hand afterwards, unless it is a token: then the call
 * applies for one. (A call that fails in it is finished.) */
static struct token_need *ready(struct call *call)
{
    struct session *session = call->session;
    const struct credential *credential = session->credential;
    struct challenge challenge;

    secret_free(TAKE(call->token));
    call->credential = session->credential_number;
    call->sends_basic = false;
    call->is_authorized = true;
    if (call->has_left_origin || (credential && credential->registry_token) ||
        !hosts_recall_challenge(session->registry->hosts, session->endpoint.base, &challenge))
        return NULL;
    if (challenge.scheme != CHALLENGE_BEARER) {
        call->sends_basic = credential && credential->username;
        challenge_release(&challenge);
        return NULL;
    }
    struct applicant *applicant = apply(call, &challenge, &call->error);
    if (!applicant)
        call_finish(call);
    return applicant ? &applicant->need : NULL;
}

/* The token, or why there is none, or what else to try: then the call is to be readied again. */
static void settle_application(const struct applicant *applicant)
{
    struct call *call = applicant->call;
    const struct token_need *need = &applicant->need;

    call->token = need->text;
    if (call->token)
        return;
    bool is_denied = need->error.code == ERROR_DENIED;
    if (narrow_scope(applicant) || (is_denied && authorize_anew(call))) {
        call->is_authorized = false;
    } else if (!go_without(call, need->error.code)) {
        call->error = need->error;
        call_finish(call);
    }
}

/* Readies those that are not ready. True when some of them may have to be readied again, otherwise.
 */
static bool ready_all(struct call *const *calls, size_t count)
{
    struct token_need *first = NULL;
    struct token_need **end = &first;

    for (size_t i = 0; i < count; i++) {
        if (calls[i]->is_done || calls[i]->is_authorized)
            continue;
        *end = ready(calls[i]);
        end = *end ? &(*end)->next : end;
    }
    if (!first)
        return false;
    tokens_meet(first->session->registry->tokens, first);
    for (struct token_need *need = first, *next; need; need = next) {
        next = need->next;
        settle_application(applicant_of(need));
        applicant_free(applicant_of(need));
    }
    return true;
}

void authorize_all(struct call *const *calls, size_t count)
{
    while (ready_all(calls, count))
        continue;
}

/* -- answering a refusal -------------------------------------------------------------------- */

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

static void forget_token(const struct call *call, const struct challenge *challenge)
{
    struct buffer scope = BUFFER_INIT(SCOPE_MAX);
    struct error ignored;

    if (call->token && write_scope(call, &scope, &ignored)) {
        const struct token_need need = {
            .session = call->session,
            .challenge = challenge,
            .scope = buffer_string(&scope),
        };
        tokens_forget(call->session->registry->tokens, &need, call->token);
    }
    buffer_release(&scope);
}

/* Whatever the registry asked for before this answer. */
static void evict_token(const struct call *call)
{
    const struct session *session = call->session;
    struct challenge challenge;

    if (!hosts_recall_challenge(session->registry->hosts, session->endpoint.base, &challenge))
        return;
    forget_token(call, &challenge);
    challenge_release(&challenge);
}

/* The refusal itself is the error: denied, in the registry's words. What was refused is not kept.
 */
static bool authorize_refuse(struct call *call)
{
    const struct transfer *transfer = call->transfer;
    struct slice body = buffer_slice(&transfer->body);
    struct buffer what = BUFFER_INIT(2048);

    evict_token(call);
    if (authorize_anew(call))
        return true;
    buffer_format(&what, "'%s/%s'", call->session->endpoint.registry,
                  call->session->wish.repository);
    problem_describe(transfer->status, body, call_writes(call) ? NULL : buffer_string(&what),
                     &call->error);
    buffer_release(&what);
    return false;
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

/* What was refused is not sent again: some registries lock out who tries too often. */
static bool answer_basic(const struct call *call)
{
    const struct credential *credential = call->session->credential;
    bool has_secret = credential && credential->username;
    return has_secret && !call->sends_basic;
}

/* A13b: the token has expired, and the registry asks nothing: what it asked before still holds. */
static bool answer_expiry(struct call *call)
{
    evict_token(call);
    return call->challenges == 1 || authorize_refuse(call);
}

/* A1: a 401 that does not say what it wants; the API's root may. The caller frees. */
static struct transfer *authorize_ask_root(struct session *session, struct error *error)
{
    CLEANUP(url_release) struct url url = {0};
    CLEANUP(transfer_free_p) struct transfer *transfer = NULL;

    if (!url_below(&session->origin, SLICE("v2/"), &url, error))
        return NULL;
    transfer = session_transfer(session, &url, ROUTE_REGISTRY, false, error);
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
