/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/session.h"

#include <string.h>

#include "base/clock.h"
#include "registry/credential.h"
#include "registry/credential_store.h"
#include "registry/guard.h"
#include "registry/secret.h"
#include "registry/transfer.h"
#include "registry/trust.h"

enum {
    CONNECT_TIMEOUT_MS = 10 * 1000,
    STRANGER_CONNECT_TIMEOUT_MS = 5 * 1000,
    ANSWER_TIMEOUT_MS = 60 * 1000, /* H31 */
    HOST_SIZE = 300,
    BASIC_MAX = 128 * 1024
};

/* What the credential files say; nothing is no error (C8). */
static bool look_up_credential(struct session *session, struct error *error)
{
    struct registry *registry = session->registry;
    const struct session_wish *wish = &session->wish;
    bool only_reads = strcmp(wish->actions, "pull") == 0;
    const struct credential_wish whose = {
        .registry = wish->registry,
        .repository = wish->repository,
        .use = only_reads ? CREDENTIAL_TO_READ : CREDENTIAL_TO_WRITE,
        .deadline = wish->deadline,
    };
    char warning[CREDENTIAL_WARNING_SIZE] = "";
    struct error failure = {.code = ERROR_NONE};

    session->operators = credential_store_find(registry->credentials, &whose, warning, &failure);
    session->credential = session->operators;
    session->is_stored = session->operators != NULL;
    if (*warning && registry->warn)
        registry->warn(registry->warn_context, warning);
    if (failure.code == ERROR_NONE)
        return true;
    *error = failure;
    return false;
}

/* The caller's own, else what the operator set for the listed host, else what the files say. */
static bool choose_credential(struct session *session, struct error *error)
{
    const struct session_wish *wish = &session->wish;
    const struct config_host *listed = session->endpoint.listed;

    if (wish->credential) {
        session->credential = wish->credential;
        return credential_is_for(wish->credential, wish->registry) ||
               error_set(error, ERROR_INVALID,
                         "the credentials given are for another registry than '%s'",
                         wish->registry);
    }
    if (wish->no_operator_credentials)
        return true;
    if (!listed || !listed->username)
        return look_up_credential(session, error);
    session->operators =
        credential_new(slice_from_string(listed->username), slice_from_string(listed->password));
    session->credential = session->operators;
    return session->operators ||
           error_set(error, ERROR_INTERNAL, "the username or password for '%s' cannot be sent",
                     wish->registry);
}

bool session_renew_credential(struct session *session)
{
    struct credential *rejected = session->operators;
    struct error ignored;

    if (!session->is_stored ||
        !credential_store_reject(session->registry->credentials, session->wish.registry, rejected))
        return false;
    session->operators = NULL;
    bool has_another = look_up_credential(session, &ignored) && session->operators &&
                       strcmp(session->operators->identity, rejected->identity) != 0;
    session->is_stored = false; /* once */
    session->credential_number += has_another;
    credential_free(has_another ? rejected : session->operators);
    session->operators = has_another ? session->operators : rejected;
    session->credential = session->operators;
    return has_another;
}

bool session_open(struct registry *registry, const struct session_wish *wish, struct session *out,
                  struct error *error)
{
    struct session session = {
        .registry = registry,
        .engine = wish->is_push ? registry->push_engine : registry->engine,
        .wish = *wish,
    };

    if (!guard_check_host(registry->settings, wish->registry, error) ||
        !endpoint_find(registry->settings, wish->registry, &session.endpoint, error))
        return false;
    if (!url_parse(slice_from_string(session.endpoint.base), NULL, "registry", &session.origin,
                   error) ||
        !choose_credential(&session, error)) {
        session_close(&session);
        return false;
    }
    *out = session;
    return true;
}

void session_close(struct session *session)
{
    endpoint_release(&session->endpoint);
    url_release(&session->origin);
    credential_free(session->operators);
    *session = (struct session){0};
}

/* The operator's entry for the place a URL leads to: with its port, or without a usual one. */
static const struct config_host *listed_host(const struct config_registry *settings,
                                             const struct url *url)
{
    struct buffer name = BUFFER_INIT(HOST_SIZE);
    bool is_usual = url->port == (strcmp(url->scheme, "http") == 0 ? 80 : 443);

    buffer_format(&name, "%s:%u", url->host, (unsigned)url->port);
    const struct config_host *listed = config_registry_host(settings, buffer_slice(&name));
    buffer_release(&name);
    if (!listed && is_usual)
        listed = config_registry_host(settings, slice_from_string(url->host));
    return listed;
}

struct place {
    const struct config_host *listed;
    bool is_registry; /* the registry's own origin */
    bool is_insecure;
    bool may_be_private;
    bool is_isolated;
};

static struct place own_place(const struct session *session)
{
    return (struct place){
        .listed = session->endpoint.listed,
        .is_registry = true,
        .is_insecure = session->endpoint.insecure,
        .may_be_private = session->endpoint.may_be_private,
    };
}

/* H16, A14: an address on somebody's word alone. */
static bool is_vouched_for(const struct session *session, const struct url *url, enum route route,
                           bool registry_is_private)
{
    if (route == ROUTE_REDIRECT)
        return registry_is_private;
    /* A realm the operator listed beside the host. */
    return route == ROUTE_REALM && session->endpoint.listed &&
           guard_realm_is_trusted(&session->endpoint, url);
}

/* S2: a connection opened to a private address only on somebody's word must not be found by a later
 * request that names the place itself: it is isolated. */
static struct place judge(const struct session *session, const struct url *url, enum route route,
                          bool registry_is_private)
{
    const struct config_registry *settings = session->registry->settings;

    if (url_same_origin(url, &session->origin))
        return own_place(session);
    const struct config_host *listed = listed_host(settings, url);
    /* That the operator listed a host opens it to whom they listed besides, not to the world. */
    bool is_known = listed && (session->endpoint.listed || registry_is_private);
    bool is_open = is_known || settings->allow_private || settings->open;
    bool is_isolated = !is_open && is_vouched_for(session, url, route, registry_is_private);
    return (struct place){
        .listed = listed,
        .is_insecure = settings->insecure || (listed && listed->insecure_skip_verify),
        .may_be_private = is_open || is_isolated,
        .is_isolated = is_isolated,
    };
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct transfer *session_transfer(const struct session *session, const struct url *url,
                                  enum route route, bool registry_is_private, struct error *error)
{
    struct registry *registry = session->registry;
    struct place place = judge(session, url, route, registry_is_private);

    if (!place.is_registry && !guard_check_place(registry->settings, url, error))
        return NULL;
    CLEANUP(transfer_free_p) struct transfer *transfer = transfer_new(url->text);
    if (!transfer) {
        error_no_memory(error);
        return NULL;
    }
    transfer->deadline = session->wish.deadline;
    /* A push has hours, but no single answer does. */
    if (session->wish.is_push)
        transfer->deadline = sooner(transfer->deadline, clock_monotonic_ms() + ANSWER_TIMEOUT_MS);
    transfer->connect_timeout =
        session->wish.is_stranger ? STRANGER_CONNECT_TIMEOUT_MS : CONNECT_TIMEOUT_MS;
    transfer->may_be_private = place.may_be_private;
    transfer->is_isolated = place.is_isolated;
    transfer->may_be_plain = strcmp(url->scheme, "http") == 0;
    transfer->is_insecure = place.is_insecure;
    if (!transfer->may_be_plain && !transfer->is_insecure) {
        transfer->trust =
            trust_find(registry->trust, place.listed ? place.listed->ca_file : NULL, error);
        if (!transfer->trust)
            return NULL;
    }
    return TAKE(transfer);
}

bool session_add_authorization(struct transfer *transfer, struct buffer *value, struct error *error)
{
    bool done = buffer_check(value, "the credentials", error) &&
                transfer_add_header(transfer, "Authorization", buffer_slice(value), error);
    secret_release(value);
    return done;
}

bool session_add_basic(const struct session *session, struct transfer *transfer,
                       struct error *error)
{
    struct buffer value = BUFFER_INIT(BASIC_MAX);

    if (credential_write_basic(session->credential, &value))
        return session_add_authorization(transfer, &value, error);
    secret_release(&value);
    return error_no_memory(error);
}
