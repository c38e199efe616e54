/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may push: by default nobody; then those who bring a token; where the operator says so, also
 * those who bring none, without the operator's credentials.
 */
#include "server/push_core.h"
#include "server/snapshot.h"
#include "server/tokens.h"

bool pushes_read_tokens(const struct config_push *settings, struct tokens_file **out,
                        struct error *error)
{
    *out = NULL;
    if (!settings->enabled || !settings->tokens_file)
        return true;
    *out = tokens_file_read(settings->tokens_file, error);
    if (!*out)
        error_prefix(error, "push.tokens_file: ");
    return *out != NULL;
}

bool pushes_identify(const struct pushes *pushes, struct request *request, struct error *error)
{
    const struct tokens_file *tokens = request->snapshot->push_tokens;
    const struct config_push *settings = &request_config(request)->push;

    if (atomic_load_explicit(&pushes->is_closed, memory_order_relaxed))
        return error_draining(error);
    if (!settings->enabled) {
        return error_set(error, ERROR_FORBIDDEN,
                         "this service takes no pushes; its operator sets push.enabled: true");
    }
    if (!tokens && !settings->anonymous) {
        return error_set(error, ERROR_FORBIDDEN,
                         "nobody may push here; the operator sets push.tokens_file, or "
                         "push.anonymous: true");
    }
    /* A token that is wrong is refused also where none is needed: whoever sends one believes to be
     * known. */
    size_t count = 0;
    (void)request->door->header(request, "authorization", &count);
    if (count > 0 || !settings->anonymous)
        return tokens_file_identify(tokens, request, &request->client.push_token, error);
    return true;
}
