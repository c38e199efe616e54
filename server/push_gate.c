/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may push: by default nobody; then those who bring a token; where the operator says so, also
 * those who bring none, without the operator's credentials.
 */
#include "server/push_core.h"

bool pushes_read_tokens(const struct config_push *settings, struct tokens_file **out,
                        struct error *error)
{
    *out = NULL;
    if (!settings->enabled || !settings->tokens_file)
        return true;
    *out = tokens_file_read(settings->tokens_file, error);
    return *out != NULL;
}

bool pushes_check_settings(const struct config_push *settings, struct error *error)
{
    CLEANUP(tokens_file_free_p) struct tokens_file *tokens = NULL;
    return pushes_read_tokens(settings, &tokens, error);
}

static bool is_bearer(struct slice header, struct slice *token)
{
    ptrdiff_t blank = slice_find(header, ' ');

    if (blank < 0 ||
        !slice_equal_ignoring_case(slice_until(header, (size_t)blank), SLICE("bearer")))
        return false;
    *token = slice_trim(slice_from(header, (size_t)blank));
    return token->length > 0;
}

/* A token that is wrong is refused also where none is needed: whoever sends one believes to be
 * known. */
static bool identify_token(const struct tokens_file *tokens, const struct request *request,
                           unsigned *line, struct error *error)
{
    size_t count = 0;
    struct slice header = request->door->header(request, "authorization", &count);
    struct slice token = {0};

    if (count != 1 || !is_bearer(header, &token))
        return error_set(error, ERROR_UNAUTHORIZED,
                         "a push needs one header Authorization: Bearer TOKEN");
    unsigned found = tokens ? tokens_file_find(tokens, token) : 0;
    if (found == 0)
        return error_set(error, ERROR_UNAUTHORIZED, "this service does not know that token");
    *line = found;
    return true;
}

bool pushes_identify(const struct pushes *pushes, const struct request *request, unsigned *token,
                     struct error *error)
{
    const struct config_push *settings = &pushes->config->push;

    if (atomic_load_explicit(&pushes->is_closed, memory_order_relaxed))
        return error_draining(error);
    if (!settings->enabled) {
        return error_set(error, ERROR_FORBIDDEN,
                         "this service takes no pushes; its operator sets push.enabled: true");
    }
    if (!pushes->tokens && !settings->anonymous) {
        return error_set(error, ERROR_FORBIDDEN,
                         "nobody may push here; the operator sets push.tokens_file, or "
                         "push.anonymous: true");
    }
    size_t count = 0;
    (void)request->door->header(request, "authorization", &count);
    if (count > 0 || !settings->anonymous)
        return identify_token(pushes->tokens, request, token, error);
    *token = 0;
    return true;
}
