/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who we are to a registry. Secrets are cleansed when freed and never stand in a message.
 */
#ifndef REGISTRY_CREDENTIAL_H
#define REGISTRY_CREDENTIAL_H

#include "base/buffer.h"
#include "registry/registry.h"

/* Immutable; may be read by many threads. NULL where absent. */
struct credential {
    char *username;
    char *password;
    char *identity_token; /* OAuth2 refresh token, good only at the realm (A8) */
    char *registry_token; /* sent as Bearer as it is (A17) */
    char *server_address; /* the registry it is for; NULL: whichever is asked */
    char identity[CREDENTIAL_IDENTITY_SIZE];
};

struct credential_parts;

/* Of parts that have no fault (credential_parts.h). The caller frees; NULL: no memory. */
struct credential *credential_make(const struct credential_parts *parts) MUST_USE;
struct credential *credential_copy(const struct credential *credential) MUST_USE;

/* "Basic <base64>"; false when there is no username or no memory. */
bool credential_write_basic(const struct credential *credential, struct buffer *out);

#endif
