/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The X-Registry-Auth header: a caller's own credentials for a registry, as Docker's engine takes
 * them.
 */
#ifndef SERVER_REGISTRY_AUTH_H
#define SERVER_REGISTRY_AUTH_H

#include <stdbool.h>

#include "base/error.h"

struct credential;
struct request;

/* What the request brings, the caller's to free; NULL: nothing, and so anonymous. While the
 * request's handler runs. Errors: invalid, forbidden (on a way where others can read it), internal.
 */
bool registry_auth_read(const struct request *request, struct credential **out,
                        struct error *error) MUST_USE;

#endif
