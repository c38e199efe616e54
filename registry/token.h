/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bearer tokens: asked of the realm a challenge names, kept until they expire (rules A7-A12).
 *
 * A token is kept by registry, realm, service, scope and who asked for it, so two callers never
 * share one (S25). Whoever needs a token that is being fetched waits for it. Bounded; any thread.
 */
#ifndef REGISTRY_TOKEN_H
#define REGISTRY_TOKEN_H

#include "base/error.h"
#include "registry/challenge.h"

struct session;
struct tokens;

struct tokens *tokens_new(void) MUST_USE; /* NULL: no memory */
void tokens_free(struct tokens *tokens);

/*
 * A token for `scope` (space-separated scopes, ours first unless the registry wants it otherwise).
 * The caller frees the text. Errors: denied (the realm refuses the credentials, or must not be
 * given them), rate_limited, upstream, timeout, internal.
 */
char *token_get(struct session *session, const struct challenge *challenge, const char *scope,
                struct error *error) MUST_USE;

/* The registry refused this very token: the next token_get() fetches a new one. */
void token_forget(struct session *session, const struct challenge *challenge, const char *scope,
                  const char *token);

#endif
