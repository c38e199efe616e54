/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/session.h"

#include "registry/credential.h"
#include "registry/guard.h"

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

void session_close(struct session *session)
{
    endpoint_release(&session->endpoint);
    url_release(&session->origin);
    credential_free(session->operators);
    *session = (struct session){0};
}
