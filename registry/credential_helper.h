/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker-credential-NAME: programs that keep credentials for docker (rules C9, C10, S22).
 */
#ifndef REGISTRY_CREDENTIAL_HELPER_H
#define REGISTRY_CREDENTIAL_HELPER_H

#include "base/cleanup.h"
#include "base/error.h"

struct credential;
struct program_limit;

/*
 * Runs `docker-credential-NAME get` and asks for `server`, a registry under its canonical name
 * (credential_key.h). The caller frees. NULL with ERROR_NONE: the helper has none. Blocks as
 * long as `limit` lets it (program.h); any thread. Errors: not_found (the helper is not installed),
 * invalid (it is no name of a helper, or the helper failed or said what cannot be used), timeout,
 * draining, internal.
 */
struct credential *credential_helper_get(const char *name, const char *server,
                                         const struct program_limit *limit,
                                         struct error *error) MUST_USE;

#endif
