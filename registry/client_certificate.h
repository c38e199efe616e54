/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own certificates, for hosts that want to see one: loaded once, and handed to libcurl as they
 * are. libcurl tells connections and TLS sessions with one from those without, so nobody finds the
 * other's open.
 */
#ifndef REGISTRY_CLIENT_CERTIFICATE_H
#define REGISTRY_CLIENT_CERTIFICATE_H

#include "base/cleanup.h"
#include "base/error.h"

struct client_certificate;
struct client_certificates;

struct client_certificates *client_certificates_new(void) MUST_USE; /* NULL: no memory */
/* The keys are cleansed. */
void client_certificates_free(struct client_certificates *certificates);

/* The certificate (and chain) and key of these PEM files; lives as long as `certificates`. Any
 * thread. Errors: upstream naming the file: it cannot be read or understood, the key is encrypted
 * or another certificate's. */
const struct client_certificate *client_certificate_find(struct client_certificates *certificates,
                                                         const char *certificate_file,
                                                         const char *key_file,
                                                         struct error *error) MUST_USE;

/* Makes `handle` (a CURL *) show it. */
void client_certificate_apply(const struct client_certificate *certificate, void *handle);

#endif
