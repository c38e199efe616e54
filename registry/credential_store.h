/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom the operator (or the person at the command line) is to each registry: the credential files
 * of docker and podman, and the helpers they name (rules C1-C14).
 *
 * Nothing is read before the first question. Files are read again when they have changed; a
 * helper's answer is kept for an hour at most, its failure for 5 s. Any thread.
 */
#ifndef REGISTRY_CREDENTIAL_STORE_H
#define REGISTRY_CREDENTIAL_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "registry/registry.h"

struct credential_store;

/* `source` is registry.credentials: "none", "docker" (DOCKER_AUTH_CONFIG, then docker's file, then
 * podman's), or the path of one file, or of a directory that holds config.json. NULL: no memory. */
struct credential_store *credential_store_new(const char *source) MUST_USE;
void credential_store_free(struct credential_store *store);

/* Whether a file that the source names is there and can be understood; for the start. Errors:
 * invalid, naming the file; internal. */
bool credential_store_check(struct credential_store *store, struct error *error) MUST_USE;

/* Whether the places of both were the same files with the same content when the stores were made.
 */
bool credential_store_agrees(const struct credential_store *a, const struct credential_store *b);

/* What a credential is wanted for: reading goes on without where a credsStore's helper is missing,
 * with one warning; writing does not. */
enum credential_use {
    CREDENTIAL_TO_READ,
    CREDENTIAL_TO_WRITE
};

struct credential_wish {
    const char *registry; /* a reference's */
    const char *repository;
    enum credential_use use;
    int64_t deadline;  /* clock_monotonic_ms(); a helper has 30 s at most */
    unsigned rejected; /* by the registry, of the entries that name the repository (C13) */
};

enum {
    CREDENTIAL_WARNING_SIZE = 256
};

/* The credential for a repository: NULL with ERROR_NONE where there is none. The caller frees.
 * `warning` ("" for none) is filled the first time there is reason to. Errors: invalid (a malformed
 * file, named but never quoted; an unusable helper), timeout, draining, internal. */
struct credential *credential_store_find(struct credential_store *store,
                                         const struct credential_wish *wish,
                                         char warning[CREDENTIAL_WARNING_SIZE],
                                         struct error *error) MUST_USE;

/* What docker-credential-`helper` says of a registry: NULL with ERROR_NONE where it has none. The
 * caller frees. Errors: invalid (it is not installed, or failed), timeout, draining, internal. */
struct credential *credential_store_ask_helper(struct credential_store *store, const char *helper,
                                               const char *registry, int64_t deadline,
                                               struct error *error) MUST_USE;

/* Ends the helpers that run, and fails later questions of helpers with ERROR_DRAINING. */
void credential_store_cancel(struct credential_store *store);

/* The registry has rejected it: the helper is asked again at the next question (T27). True where
 * that may bring another. */
bool credential_store_reject(struct credential_store *store, const char *registry,
                             const struct credential *credential);

#endif
