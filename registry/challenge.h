/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WWW-Authenticate, as registries really write it (rules A1-A4).
 */
#ifndef REGISTRY_CHALLENGE_H
#define REGISTRY_CHALLENGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

enum challenge_scheme {
    CHALLENGE_BASIC,
    CHALLENGE_BEARER
};

/* Strings are owned; NULL where absent or empty. */
struct challenge {
    enum challenge_scheme scheme;
    char *realm; /* of Bearer never NULL; as written: absolute, or relative to the request */
    char *service;
    char *scope;
    char *error;
};

/*
 * Reads all challenges of all header values and picks Bearer before Basic (A3); others are ignored,
 * as is a malformed one while another is usable. Caps of A3 hold. The caller releases `out`.
 * Errors: upstream (none is usable; says why), internal.
 */
bool challenge_choose(const struct slice *values, size_t count, struct challenge *out,
                      struct error *error) MUST_USE;
void challenge_release(struct challenge *challenge);

#endif
