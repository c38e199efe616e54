/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who we are to the registry of a session (rules C6, C8).
 */
#include <string.h>

#include "registry/credential.h"
#include "registry/credential_parts.h"
#include "registry/credential_store.h"
#include "registry/secret.h"
#include "registry/session.h"
#include "registry/transfer.h"

enum {
    BASIC_MAX = 128 * 1024,
    REJECTED_MAX = 8 /* of a file's credentials: registries lock out who tries many */
};

static void use(struct session *session, struct credential *credential)
{
    session->operators = credential;
    session->credential = credential;
}

/* What the credential files say; nothing is no error (C8). */
static bool ask_files(struct session *session, struct error *error)
{
    struct registry *registry = session->registry;
    const struct session_wish *wish = &session->wish;
    bool only_reads = strcmp(wish->actions, "pull") == 0;
    const struct credential_wish whose = {
        .registry = wish->registry,
        .repository = wish->repository,
        .use = only_reads ? CREDENTIAL_TO_READ : CREDENTIAL_TO_WRITE,
        .deadline = wish->deadline,
        .rejected = session->rejected,
    };
    char warning[CREDENTIAL_WARNING_SIZE] = "";
    struct error failure = {.code = ERROR_NONE};

    use(session, credential_store_find(registry->credentials, &whose, warning, &failure));
    session->is_stored = session->operators != NULL;
    if (*warning && registry->warn)
        registry->warn(registry->warn_context, warning);
    if (failure.code == ERROR_NONE)
        return true;
    *error = failure;
    return false;
}

/* The helper that the settings name for this host. */
static bool ask_helper(struct session *session, const char *helper, struct error *error)
{
    const struct session_wish *wish = &session->wish;
    struct error failure = {.code = ERROR_NONE};

    use(session, credential_store_ask_helper(session->registry->credentials, helper, wish->registry,
                                             wish->deadline, &failure));
    session->is_stored = session->operators != NULL;
    if (failure.code == ERROR_NONE)
        return true;
    *error = failure;
    error_prefix(error, "host '%s': ", session->endpoint.host->name);
    return false;
}

/* What the settings themselves say for the host; the parts are borrowed from it. */
static bool use_parts(struct session *session, const struct credential_parts *parts,
                      struct error *error)
{
    if (!credential_parts_fault(parts))
        use(session, credential_make(parts));
    return session->operators ||
           error_set(error, ERROR_INTERNAL, "the credentials listed for '%s' cannot be sent",
                     session->wish.registry);
}

static bool ask_operator(struct session *session, struct error *error)
{
    const struct config_host *host = session->endpoint.host;

    if (host && (host->username || host->token)) {
        const struct credential_parts parts = {
            .username = slice_from_string(host->username),
            .password = slice_from_string(host->password),
            .registry_token = slice_from_string(host->token),
        };
        return use_parts(session, &parts, error);
    }
    if (host && host->credential_helper)
        return ask_helper(session, host->credential_helper, error);
    return ask_files(session, error);
}

bool session_choose_credential(struct session *session, struct error *error)
{
    const struct session_wish *wish = &session->wish;

    if (wish->credential) {
        session->credential = wish->credential;
        return credential_is_for(wish->credential, wish->registry) ||
               error_set(error, ERROR_INVALID,
                         "the credentials given are for another registry than '%s'",
                         wish->registry);
    }
    if (!wish->no_operator_credentials)
        return ask_operator(session, error);
    /* A certificate is shown when connecting, and connections are shared: it cannot be left out. */
    const struct config_host *host = session->endpoint.host;
    return !host || !host->client_cert ||
           error_set(error, ERROR_FORBIDDEN,
                     "'%s' is reached with the operator's certificate: not without a token",
                     wish->registry);
}

bool session_renew_credential(struct session *session)
{
    struct credential *rejected = session->operators;
    struct error ignored;

    if (!session->is_stored)
        return false;
    bool is_helpers =
        credential_store_reject(session->registry->credentials, session->wish.registry, rejected);
    session->rejected += !is_helpers;
    session->operators = NULL;
    bool has_another = session->rejected < REJECTED_MAX && ask_operator(session, &ignored) &&
                       session->operators &&
                       strcmp(session->operators->identity, rejected->identity) != 0;
    session->is_stored = has_another && !is_helpers; /* a helper is asked again once */
    session->credential_number += has_another;
    credential_free(has_another ? rejected : session->operators);
    use(session, has_another ? session->operators : rejected);
    return has_another;
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
