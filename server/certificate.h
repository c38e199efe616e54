/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What we show to clients that speak TLS with us: a certificate with its chain, and its key, both
 * as PEM. Immutable and counted; any thread.
 */
#ifndef SERVER_CERTIFICATE_H
#define SERVER_CERTIFICATE_H

#include <stdbool.h>

#include "base/error.h"

struct certificate {
    char *chain;
    char *key;
    _Atomic unsigned references;
};

/* Reads both files and sees to it that they belong together, and that the certificate is in force.
 * Errors: invalid, "PATH: ...", without what stands there; internal. */
struct certificate *certificate_read(const char *chain_path, const char *key_path,
                                     struct error *error) MUST_USE;
/* Both take NULL. */
struct certificate *certificate_ref(struct certificate *certificate);
void certificate_unref(struct certificate *certificate);
CLEANUP_DEFINE(struct certificate, certificate_unref)

/* NULL is only the same as NULL. */
bool certificate_is_same(const struct certificate *a, const struct certificate *b);

#endif
