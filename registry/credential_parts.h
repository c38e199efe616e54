/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a credential is made of, as X-Registry-Auth, credential files and helpers bring it.
 */
#ifndef REGISTRY_CREDENTIAL_PARTS_H
#define REGISTRY_CREDENTIAL_PARTS_H

#include <stdbool.h>

#include "base/buffer.h"

struct json;

/* Borrowed. What is empty is absent. */
struct credential_parts {
    struct slice username;
    struct slice password;
    struct slice identity_token;
    struct slice registry_token;
    struct slice server_address;
};

/* Reads the members Docker's formats have; `auth` wins over username and password (C3), and what it
 * says is decoded into `decoded`, which the parts borrow from as they do from `object`. Returns
 * what is wrong with it, faults included, never quoting it; or NULL. */
const char *credential_parts_read(const struct json *object, struct buffer *decoded,
                                  struct credential_parts *out) MUST_USE;

/* What keeps the parts from being sent to a registry (C3, H1), or NULL. */
const char *credential_parts_fault(const struct credential_parts *parts) MUST_USE;

/* Whether they could log anyone in; docker writes `{}` for what a helper keeps. */
bool credential_parts_are_useful(const struct credential_parts *parts);

#endif
