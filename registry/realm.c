/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/realm.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "data/json.h"
#include "registry/challenge.h"
#include "registry/credential.h"
#include "registry/guard.h"
#include "registry/problem.h"
#include "registry/secret.h"
#include "registry/session.h"
#include "registry/transfer.h"

enum {
    TOKEN_BODY_MAX = 128 * 1024,      /* H13 */
    TOKEN_LIFE_SHORTEST_S = 60,       /* A9 */
    TOKEN_LIFE_LONGEST_S = 24 * 3600, /* A9 */
    URL_MAX = 16 * 1024
};

/* -- asking the realm ----------------------------------------------------------------------- */

/* What is asked, once it is decided: a URL for a GET, and a form besides for a POST. */
struct token_request {
    struct url url;
    char *form;       /* owned; NULL: GET */
    bool with_secret; /* the session's credentials go along */
};

static void token_request_release(struct token_request *request)
{
    secret_free(request->form);
    url_release(&request->url);
    *request = (struct token_request){0};
}

static void append_parameter(struct buffer *out, char separator, const char *name,
                             struct slice value)
{
    buffer_append_char(out, separator);
    buffer_append_string(out, name);
    buffer_append_char(out, '=');
    escape_percent_encode(out, value);
}

/* A7: one `scope` parameter for each; empty parameters are left out (A4). */
static bool token_request_write_get(const struct url *realm, const struct challenge *challenge,
                                    const char *scope, const struct credential *credential,
                                    struct buffer *out, struct error *error)
{
    char separator = strchr(realm->text, '?') ? '&' : '?';
    struct slice rest = slice_from_string(scope);

    buffer_append_string(out, realm->text);
    if (challenge->service) {
        append_parameter(out, separator, "service", slice_from_string(challenge->service));
        separator = '&';
    }
    while (rest.length) {
        ptrdiff_t blank = slice_find(rest, ' ');
        size_t length = blank < 0 ? rest.length : (size_t)blank;
        append_parameter(out, separator, "scope", slice_until(rest, length));
        separator = '&';
        rest = slice_from(rest, length + 1);
    }
    if (credential)
        append_parameter(out, separator, "account", slice_from_string(credential->username));
    return buffer_check(out, "the token request", error);
}

/* A8: an identity token is exchanged by POST; all scopes stand in one parameter. */
static bool token_request_write_form(const struct challenge *challenge, const char *scope,
                                     const struct credential *credential, struct buffer *out,
                                     struct error *error)
{
    buffer_append_string(out, "grant_type=refresh_token&client_id=mqueryd");
    if (challenge->service)
        append_parameter(out, '&', "service", slice_from_string(challenge->service));
    append_parameter(out, '&', "scope", slice_from_string(scope));
    append_parameter(out, '&', "refresh_token", slice_from_string(credential->identity_token));
    return buffer_check(out, "the token request", error);
}

static bool token_request_write(const struct session *session, const struct url *realm,
                                const struct challenge *challenge, const char *scope,
                                struct token_request *out, struct error *error)
{
    const struct credential *credential = session->credential;
    struct buffer text = BUFFER_INIT(URL_MAX);
    bool is_post = out->with_secret && credential->identity_token;
    bool done = false;

    if (is_post) {
        done = token_request_write_form(challenge, scope, credential, &text, error) &&
               url_parse(slice_from_string(realm->text), NULL, "token realm", &out->url, error);
        out->form = done ? buffer_take(&text) : NULL;
    } else {
        done = token_request_write_get(realm, challenge, scope,
                                       out->with_secret ? credential : NULL, &text, error) &&
               url_parse(buffer_slice(&text), NULL, "token realm", &out->url, error);
    }
    secret_release(&text);
    return done;
}

static bool token_request_add_secret(struct transfer *transfer, const struct session *session,
                                     const struct token_request *request, struct error *error)
{
    if (!request->form)
        return !request->with_secret || session_add_basic(session, transfer, error);
    transfer->method = TRANSFER_POST;
    transfer->form = strdup(request->form);
    return transfer->form || error_no_memory(error);
}

static struct transfer *realm_ask_once(struct session *session, const struct token_request *request,
                                       struct error *error)
{
    CLEANUP(transfer_free_p)
    struct transfer *transfer = session_transfer(session, &request->url, ROUTE_REALM, false, error);
    if (!transfer)
        return NULL;
    transfer->body_limit = TOKEN_BODY_MAX;
    if (!token_request_add_secret(transfer, session, request, error))
        return NULL;
    if (!transfer_start(session->engine, transfer, error))
        return NULL;
    transfer_wait(transfer);
    return TAKE(transfer);
}

/* Asks until there is an answer that is final. The caller frees the transfer. */
static struct transfer *realm_ask_until_final(struct session *session,
                                              const struct token_request *request,
                                              struct error *error)
{
    struct retry retry = retry_begin(session->wish.retries, session->wish.deadline);

    for (;;) {
        CLEANUP(transfer_free_p)
        struct transfer *transfer = realm_ask_once(session, request, error);
        int64_t until = 0;
        if (!transfer)
            return NULL;
        unsigned worth = transfer->worth_retries;
        if (transfer->error.code == ERROR_NONE)
            worth = problem_is_retryable(transfer->status) ? UINT_MAX : 0;
        if (!retry_take(&retry, worth, transfer_retry_after(transfer), clock_monotonic_ms(),
                        &until))
            return TAKE(transfer);
        if (!transfer_engine_sleep(session->engine, until)) {
            error_draining(error);
            return NULL;
        }
    }
}

/* -- the realm's answer --------------------------------------------------------------------- */

static struct slice choose_text(const struct json *answer)
{
    struct slice text = json_get_string(answer, "access_token");
    return text.length ? text : json_get_string(answer, "token");
}

static int64_t life_of(const struct json *answer)
{
    int64_t seconds = 0;

    (void)json_integer(json_get(answer, "expires_in"), &seconds);
    if (seconds < TOKEN_LIFE_SHORTEST_S)
        return TOKEN_LIFE_SHORTEST_S;
    return seconds < TOKEN_LIFE_LONGEST_S ? seconds : TOKEN_LIFE_LONGEST_S;
}

static bool is_token_safe(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return false;
    return text.length > 0;
}

/* A9. The text is opaque. */
static bool grant_read(const struct transfer *transfer, const char *realm, struct grant *out,
                       struct error *error)
{
    struct error reason;
    CLEANUP(json_free_p) struct json *answer = json_parse(buffer_slice(&transfer->body), &reason);
    struct slice text = choose_text(answer);

    if (!answer || !is_token_safe(text))
        return error_set(error, ERROR_UPSTREAM, "the token service at '%s' gave no usable token",
                         realm);
    out->text = slice_copy(text);
    out->life = life_of(answer) * 1000;
    return out->text || error_no_memory(error);
}

/* A11: rejected credentials are reported, never dropped in silence. */
static bool realm_read_answer(const struct transfer *transfer, const struct url *realm,
                              struct grant *out, struct error *error)
{
    if (transfer->error.code != ERROR_NONE) {
        *error = transfer->error;
        error_prefix(error, "asking for a token: ");
        return false;
    }
    if (transfer->status == 200)
        return grant_read(transfer, realm->host, out, error);
    if (transfer->status >= 300 && transfer->status < 400)
        return error_set(error, ERROR_UPSTREAM,
                         "the token service at '%s' redirects, which is not followed", realm->host);
    struct buffer what = BUFFER_INIT(400);
    buffer_format(&what, "a token from '%s'", realm->host);
    problem_describe(transfer->status, buffer_slice(&transfer->body), buffer_string(&what), error);
    buffer_release(&what);
    if (error->code == ERROR_RATE_LIMITED)
        error->retry_after = clock_seconds_up(transfer_retry_after(transfer));
    return false;
}

/* Credentials go to a trusted realm or nowhere, and nothing is asked without them in silence: an
 * answer for everyone is not what the holder of credentials asked for (A15). */
static bool realm_may_have_secret(const struct session *session, const struct url *realm,
                                  bool *with, struct error *error)
{
    const struct credential *credential = session->credential;

    *with = credential && (credential->username || credential->identity_token);
    if (!*with || guard_realm_is_trusted(&session->endpoint, realm))
        return true;
    return error_set(error, ERROR_DENIED,
                     "'%s' wants its credentials sent to '%s:%u', which is not known to belong to "
                     "it: add that to the host's realm list",
                     session->endpoint.registry, realm->host, (unsigned)realm->port);
}

bool realm_ask(struct session *session, const struct challenge *challenge, const char *scope,
               struct grant *out, struct error *error)
{
    struct url realm = {0};
    struct token_request request = {.form = NULL};
    struct transfer *answer = NULL;
    bool done = false;

    if (url_parse(slice_from_string(challenge->realm), session->endpoint.base, "token realm",
                  &realm, error) &&
        guard_check_realm(&session->endpoint, &realm, error) &&
        realm_may_have_secret(session, &realm, &request.with_secret, error) &&
        token_request_write(session, &realm, challenge, scope, &request, error))
        answer = realm_ask_until_final(session, &request, error);
    if (answer)
        done = realm_read_answer(answer, &realm, out, error);

    transfer_free(answer);
    token_request_release(&request);
    url_release(&realm);
    return done;
}
