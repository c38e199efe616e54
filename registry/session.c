/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/session.h"

#include "registry/credential.h"
#include "registry/guard.h"
#include "registry/transfer.h"

enum {
    MIB = 1024 * 1024,
    DOCUMENTS_MAX = 16 * MIB,     /* bytes of one question's */
    PUSH_DOCUMENTS_MAX = 48 * MIB /* pushes are few, and may have hundreds of sources */
};

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
        !session_choose_credential(&session, error)) {
        session_close(&session);
        return false;
    }
    *out = session;
    return true;
}

struct session_wish session_wish_to_read(const struct registry_question *question)
{
    return (struct session_wish){
        .registry = question->reference->registry,
        .repository = question->reference->repository,
        .credential = question->credential,
        .actions = "pull", /* A19 */
        .deadline = question->deadline,
        .retries = question->retries,
        .is_stranger = question->is_stranger,
    };
}

/* A question may have so many documents that each is small, and all of them are not. */
bool session_keep_document(struct session *session, size_t bytes, struct error *error)
{
    size_t most = session->wish.is_push ? PUSH_DOCUMENTS_MAX : DOCUMENTS_MAX;

    if (bytes > most - session->documents)
        return error_set(error, ERROR_TOO_LARGE, "its documents take more than %zu MiB",
                         most / MIB);
    if (!transfer_engine_reserve(session->engine, bytes))
        return error_set(error, ERROR_OVERLOADED, "too many documents are being read at once");
    session->documents += bytes;
    return true;
}

void session_close(struct session *session)
{
    if (session->documents > 0)
        transfer_engine_give_back(session->engine, session->documents);
    endpoint_release(&session->endpoint);
    url_release(&session->origin);
    credential_free(session->operators);
    *session = (struct session){0};
}
