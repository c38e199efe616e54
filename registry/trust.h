/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which certificates are trusted, loaded once a CA file and shared by all connections.
 *
 * libcurl by itself would read the CA files for each new connection, on the transfer thread: 25 ms
 * with Debian's defaults. A store here is read on the thread that first needs it and handed to
 * OpenSSL by reference; verification is as strict as before.
 */
#ifndef REGISTRY_TRUST_H
#define REGISTRY_TRUST_H

#include "base/cleanup.h"
#include "base/error.h"

struct config_host;
struct trust;
struct trust_store;

struct trust *trust_new(void) MUST_USE; /* NULL: no memory */
void trust_free(struct trust *trust);

/* The store of the host's ca_file, or of the system's authorities where it has none (or is NULL),
 * and of its extra ones; lives as long as `trust`, as `host` does. Any thread. Errors: upstream
 * naming the file (it was readable when settings were loaded). */
const struct trust_store *trust_find(struct trust *trust, const struct config_host *host,
                                     struct error *error) MUST_USE;

/* Makes `ssl_context` (an SSL_CTX *) verify against the store. */
void trust_apply(const struct trust_store *store, void *ssl_context);

#endif
