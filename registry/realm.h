/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking the service that a Bearer challenge names for a token (rules A7-A11, A14, A15).
 */
#ifndef REGISTRY_REALM_H
#define REGISTRY_REALM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct challenge;
struct session;

struct grant {
    char *text;   /* the token, opaque; owned by the caller */
    int64_t life; /* ms from the answer on */
};

/* Sends the session's credentials along if the realm may have them. Errors: denied (the realm
 * refuses the credentials, or is not trusted with them), rate_limited, upstream, timeout, draining,
 * internal. */
bool realm_ask(struct session *session, const struct challenge *challenge, const char *scope,
               struct grant *out, struct error *error) MUST_USE;

#endif
