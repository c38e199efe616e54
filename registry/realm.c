/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/realm.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "data/json.h"
#include "registry/bell.h"
#include "registry/challenge.h"
#include "registry/credential.h"
#include "registry/guard.h"
#include "registry/hosts.h"
#include "registry/problem.h"
#include "registry/secret.h"
#include "registry/session.h"
#include "registry/timestamp.h"
#include "registry/transfer.h"

enum {
    TOKEN_BODY_MAX = 128 * 1024,      /* H13 */
    TOKEN_LIFE_SHORTEST_S = 60,       /* A9 */
    TOKEN_LIFE_LONGEST_S = 24 * 3600, /* A9 */
    URL_MAX = 16 * 1024,
    TICK_MS = 1000
};

/* -- what is asked -------------------------------------------------------------------------- */

static void append_parameter(struct buffer *out, char separator, const char *name,
                             struct slice value)
{
    buffer_append_char(out, separator);
    buffer_append_string(out, name);
    buffer_append_char(out, '=');
    escape_percent_encode(out, value);
}

/* A7: one `scope` parameter for each; empty parameters are left out (A4). */
static bool write_get(const struct url *realm, const struct challenge *challenge, const char *scope,
                      const struct credential *credential, struct buffer *out, struct error *error)
{
    char separator = strchr(realm->text, '?') ? '&' : '?';
    struct slice rest = slice_from_string(scope);

    buffer_append_string(out, realm->text);
    if (challenge->service) {
        append_parameter(out, separator, "service", slice_from_string(challenge->service));
        separator = '&';
    }
    while (rest.length) {
        append_parameter(out, separator, "scope", slice_take_part(&rest, ' '));
        separator = '&';
    }
    if (credential)
        append_parameter(out, separator, "account", slice_from_string(credential->username));
    return buffer_check(out, "the token request", error);
}

/* A8: an identity token is exchanged by POST; all scopes stand in one parameter. */
static bool write_form(const struct challenge *challenge, const char *scope,
                       const struct credential *credential, struct buffer *out, struct error *error)
{
    buffer_append_string(out, "grant_type=refresh_token&client_id=mqueryd");
    if (challenge->service)
        append_parameter(out, '&', "service", slice_from_string(challenge->service));
    append_parameter(out, '&', "scope", slice_from_string(scope));
    append_parameter(out, '&', "refresh_token", slice_from_string(credential->identity_token));
    return buffer_check(out, "the token request", error);
}

static bool write_request(struct realm_question *question, struct error *error)
{
    const struct credential *credential = question->session->credential;
    const struct challenge *challenge = question->challenge;
    struct buffer text = BUFFER_INIT(URL_MAX);
    bool is_post = question->with_secret && credential->identity_token;
    bool done = false;

    if (is_post) {
        done = write_form(challenge, question->scope, credential, &text, error) &&
               url_parse(slice_from_string(question->realm.text), NULL, "token realm",
                         &question->url, error);
        question->form = done ? buffer_take(&text) : NULL;
    } else {
        done = write_get(&question->realm, challenge, question->scope,
                         question->with_secret ? credential : NULL, &text, error) &&
               url_parse(buffer_slice(&text), NULL, "token realm", &question->url, error);
    }
    secret_release(&text);
    return done;
}

/* Credentials go to a trusted realm or nowhere, and nothing is asked without them in silence: an
 * answer for everyone is not what the holder of credentials asked for (A15). */
static bool judge_realm(struct realm_question *question, struct error *error)
{
    const struct session *session = question->session;
    const struct credential *credential = session->credential;
    const struct url *realm = &question->realm;

    question->with_secret = credential && (credential->username || credential->identity_token);
    if (!question->with_secret || guard_realm_is_trusted(&session->endpoint, realm))
        return true;
    return error_set(error, ERROR_DENIED,
                     "'%s' wants its credentials sent to '%s:%u', which is not known to belong to "
                     "it: add that to the host's realm list",
                     session->endpoint.registry, realm->host, (unsigned)realm->port);
}

/* Who is counted by the token service: its quota is no registry's (H20; hosts.h, "asker"). */
static bool write_asker(const struct realm_question *question, struct buffer *out)
{
    char identity[CREDENTIAL_IDENTITY_SIZE];

    credential_identity(question->with_secret ? question->session->credential : NULL, identity);
    return buffer_format(out, "token service %s:%u %s", question->realm.host,
                         (unsigned)question->realm.port, identity);
}

static bool check_pause(const struct realm_question *question, struct error *error)
{
    CLEANUP(buffer_release) struct buffer asker = BUFFER_INIT(URL_MAX);
    int64_t now = clock_monotonic_ms();
    int64_t until = 0;

    if (write_asker(question, &asker))
        until = hosts_paused_until(question->session->registry->hosts, buffer_string(&asker), now);
    if (until <= now)
        return true;
    uint32_t wait = clock_seconds_up(until - now);
    (void)error_set(error, ERROR_RATE_LIMITED,
                    "the token service at '%s' asked not to be asked for %u seconds",
                    question->realm.host, wait);
    error->retry_after = wait;
    return false;
}

static void note_pause(const struct realm_question *question, int64_t pause)
{
    CLEANUP(buffer_release) struct buffer asker = BUFFER_INIT(URL_MAX);

    if (write_asker(question, &asker))
        hosts_pause_for(question->session->registry->hosts, buffer_string(&asker), pause,
                        clock_monotonic_ms());
}

static bool question_open(struct realm_question *question)
{
    const struct session *session = question->session;
    struct error *error = &question->error;

    question->retry = retry_begin(session->wish.retries, session->wish.deadline);
    return url_parse(slice_from_string(question->challenge->realm), session->endpoint.base,
                     "token realm", &question->realm, error) &&
           guard_check_realm(&session->endpoint, &question->realm, error) &&
           judge_realm(question, error) && check_pause(question, error) &&
           write_request(question, error);
}

static void question_release(struct realm_question *question)
{
    transfer_free(TAKE(question->transfer));
    secret_free(TAKE(question->form));
    url_release(&question->url);
    url_release(&question->realm);
}

/* -- the realm's answer --------------------------------------------------------------------- */

static struct slice choose_text(const struct json *answer)
{
    struct slice text = json_get_string(answer, "access_token");
    return text.length ? text : json_get_string(answer, "token");
}

/* How old the token is already, in seconds: some services hand out the same one again. What they
 * say of the future is their clock. */
static int64_t age_of(const struct json *answer)
{
    int64_t issued = 0;

    if (!timestamp_read(json_get_string(answer, "issued_at"), &issued))
        return 0;
    int64_t age = (clock_realtime_ms() - issued) / 1000;
    return age > 0 ? age : 0;
}

/* A9, in seconds. Where it is told too short, or by a clock that is not ours, one that has expired
 * costs a 401. */
static int64_t life_of(const struct json *answer)
{
    int64_t seconds = 0;

    (void)json_integer(json_get(answer, "expires_in"), &seconds);
    if (seconds < 0)
        seconds = 0;
    seconds = seconds < TOKEN_LIFE_LONGEST_S ? seconds : TOKEN_LIFE_LONGEST_S;
    seconds -= age_of(answer);
    return seconds > TOKEN_LIFE_SHORTEST_S ? seconds : TOKEN_LIFE_SHORTEST_S;
}

static bool is_token_safe(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return false;
    return text.length > 0;
}

/* A9. The text is opaque. */
static bool read_grant(struct realm_question *question)
{
    struct error reason;
    CLEANUP(json_free_p)
    struct json *answer = json_parse(buffer_slice(&question->transfer->body), &reason);
    struct slice text = choose_text(answer);

    if (!answer || !is_token_safe(text))
        return error_set(&question->error, ERROR_UPSTREAM,
                         "the token service at '%s' gave no usable token", question->realm.host);
    question->token = slice_copy(text);
    question->life = life_of(answer) * 1000;
    return question->token || error_no_memory(&question->error);
}

static void describe_refusal(struct realm_question *question)
{
    const struct transfer *transfer = question->transfer;
    struct buffer what = BUFFER_INIT(400);

    buffer_format(&what, "a token from '%s'", question->realm.host);
    problem_describe(transfer->status, buffer_slice(&transfer->body), buffer_string(&what),
                     &question->error);
    buffer_release(&what);
    if (question->error.code != ERROR_RATE_LIMITED)
        return;
    int64_t asked = transfer_retry_after(transfer);
    int64_t pause = asked > 0 ? asked : HOSTS_PAUSE_UNTOLD;
    note_pause(question, pause);
    question->error.retry_after = clock_seconds_up(pause);
}

/* A11: rejected credentials are reported, never dropped in silence. */
static void read_answer(struct realm_question *question)
{
    const struct transfer *transfer = question->transfer;

    if (transfer->error.code != ERROR_NONE) {
        question->error = transfer->error;
        error_prefix(&question->error, "asking for a token: ");
    } else if (transfer->status == 200) {
        (void)read_grant(question);
    } else if (transfer->status >= 300 && transfer->status < 400) {
        error_set(&question->error, ERROR_UPSTREAM,
                  "the token service at '%s' redirects, which is not followed",
                  question->realm.host);
    } else {
        describe_refusal(question);
    }
}

/* -- side by side --------------------------------------------------------------------------- */

static bool add_secret(const struct realm_question *question, struct transfer *transfer,
                       struct error *error)
{
    if (!question->form)
        return !question->with_secret || session_add_basic(question->session, transfer, error);
    transfer->method = TRANSFER_POST;
    transfer->form = strdup(question->form);
    return transfer->form || error_no_memory(error);
}

static bool question_begin(struct realm_question *question, struct bell *bell)
{
    struct session *session = question->session;
    struct error *error = &question->error;
    CLEANUP(transfer_free_p)
    struct transfer *transfer =
        session_transfer(session, &question->url, ROUTE_REALM, false, error);

    if (!transfer)
        return false;
    transfer->body_limit = TOKEN_BODY_MAX;
    transfer->bell = bell;
    if (!add_secret(question, transfer, error) || !transfer_start(session->engine, transfer, error))
        return false;
    question->transfer = TAKE(transfer);
    return true;
}

/* The transfer is over: the answer is final, or it is worth asking again later. */
static void question_settle(struct realm_question *question)
{
    struct transfer *transfer = question->transfer;

    transfer_wait(transfer);
    unsigned worth = transfer->worth_retries;
    if (transfer->error.code == ERROR_NONE)
        worth = problem_is_retryable(transfer->status) ? UINT_MAX : 0;
    if (retry_take(&question->retry, worth, transfer_retry_after(transfer), clock_monotonic_ms(),
                   &question->not_before)) {
        transfer_free(TAKE(question->transfer));
        return;
    }
    read_answer(question);
    question->is_over = true;
}

/* Does what can be done for it now. */
static void question_go_on(struct realm_question *question, struct bell *bell)
{
    if (question->transfer) {
        if (atomic_load(&question->transfer->is_over))
            question_settle(question);
        return;
    }
    if (question->not_before > clock_monotonic_ms())
        return;
    bool is_open = question->url.text || question_open(question);
    question->is_over = !is_open || !question_begin(question, bell);
}

/* Sleeps until one of them can go on. False when nothing should be waited for any more. */
static bool wait_for_some(const struct realm_question *first, struct bell *bell)
{
    int64_t until = clock_monotonic_ms() + TICK_MS;
    struct transfer_engine *engine = first->session->engine;
    bool is_on_its_way = false;

    for (const struct realm_question *each = first; each; each = each->next) {
        if (each->is_over)
            continue;
        is_on_its_way |= each->transfer != NULL;
        if (!each->transfer && each->not_before < until)
            until = each->not_before;
    }
    if (!is_on_its_way)
        return transfer_engine_sleep(engine, until);
    bell_wait(bell, until);
    return true;
}

struct listener {
    void (*answered)(struct realm_question *question, void *context);
    void *context;
};

static void question_answer(struct realm_question *question, const struct listener *listener)
{
    question->is_over = true;
    question_release(question);
    listener->answered(question, listener->context);
}

/* Returns how many have no answer yet. */
static size_t go_on_with_all(struct realm_question *first, struct bell *bell,
                             const struct listener *listener)
{
    size_t left = 0;

    for (struct realm_question *each = first; each; each = each->next) {
        if (each->is_over)
            continue;
        question_go_on(each, bell);
        if (each->is_over)
            question_answer(each, listener);
        left += !each->is_over;
    }
    return left;
}

void realm_ask_all(struct realm_question *first,
                   void (*answered)(struct realm_question *question, void *context), void *context)
{
    const struct listener listener = {answered, context};
    struct bell bell;

    bell_init(&bell);
    while (go_on_with_all(first, &bell, &listener) && wait_for_some(first, &bell))
        continue;
    for (struct realm_question *each = first; each; each = each->next) {
        if (each->is_over)
            continue;
        error_draining(&each->error);
        question_answer(each, &listener);
    }
    bell_release(&bell);
}
