/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bearer tokens: asked of the realm a challenge names, kept until they expire (rules A7-A12).
 *
 * A token is kept by registry, realm, service, scopes and who asked for it, so two callers never
 * share one (S25). One for more scopes serves for fewer. Whoever needs a token that is being
 * fetched waits for it. Bounded; any thread.
 */
#ifndef REGISTRY_TOKEN_H
#define REGISTRY_TOKEN_H

#include <stdbool.h>

#include "base/error.h"
#include "registry/challenge.h"
#include "registry/realm.h"
#include "registry/token_cache.h"

struct session;
struct tokens;

struct tokens *tokens_new(void) MUST_USE; /* NULL: no memory */
void tokens_free(struct tokens *tokens);

struct token_need {
    struct token_need *next; /* met beside it */

    /* Whoever needs it fills in; borrowed. */
    struct session *session;
    const struct challenge *challenge;
    const char *scope; /* space-separated, ours first unless the registry wants it otherwise */
    bool is_exact;     /* one for more scopes will not do: the registry has refused it */

    /* What came. Errors: denied (the realm refuses the credentials, or must not be given them),
     * rate_limited, upstream, timeout, draining, internal. */
    char *text; /* the token; secret; owned by who needed it. NULL: `error` says why */
    struct error error;

    /* token.c's. */
    struct token_key key;
    struct token *fetches;   /* ours to fetch */
    struct token *waits_for; /* somebody else's fetch */
    bool has_waited;
    struct realm_question question;
};

/* Meets all needs that `first` begins, of one registry object: what is kept is given, what is not
 * is asked for, side by side. */
void tokens_meet(struct tokens *tokens, struct token_need *first);

/* The registry refused this very token: whoever needs one for just this scope gets another. Of
 * `need`, session, challenge and scope are read. */
void tokens_forget(struct tokens *tokens, const struct token_need *need, const char *text);

#endif
