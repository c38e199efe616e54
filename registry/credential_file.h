/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a file of credentials says: docker's config.json, podman's auth.json, a Kubernetes secret's
 * .dockerconfigjson or .dockercfg (rules C2-C7, C12, C13). Read once, then immutable, counted and
 * free for all threads. No I/O.
 */
#ifndef REGISTRY_CREDENTIAL_FILE_H
#define REGISTRY_CREDENTIAL_FILE_H

#include "base/buffer.h"
#include "base/error.h"

struct credential;
struct credential_file;

/* Where the text comes from, and so what may be in it. */
enum credential_file_kind {
    CREDENTIAL_FILE_OWN,     /* docker's or podman's own */
    CREDENTIAL_FILE_NAMED,   /* the operator named it: hosts may be patterns, as Kubernetes has them
                              */
    CREDENTIAL_FILE_VARIABLE /* DOCKER_AUTH_CONFIG: `auths` and nothing else (C1) */
};

/* One reference, the caller's. What is wrong with one entry is told to who asks for its registry;
 * anything else is wrong here. Errors: invalid, too_large (what, never quoting it), internal. */
struct credential_file *credential_file_parse(struct slice text, enum credential_file_kind kind,
                                              struct error *error) MUST_USE;
struct credential_file *credential_file_ref(struct credential_file *file);
void credential_file_unref(struct credential_file *file);
CLEANUP_DEFINE(struct credential_file, credential_file_unref)

/* Which helper has the registry's credentials: of `credHelpers` (`*is_own` is true: it was named
 * for this very registry), else `credsStore`; NULL: the file itself. Borrowed. */
const char *credential_file_helper(const struct credential_file *file, const char *registry,
                                   bool *is_own);

/* What the file itself has for the repository: of the entries that name it, the best one (C6), but
 * for the best `rejected` ones. Only of a file that was named there is another than the best (C13).
 * The caller frees. NULL with ERROR_NONE: nothing. Errors: invalid (the entry is unusable),
 * internal. */
struct credential *credential_file_find(const struct credential_file *file, const char *registry,
                                        const char *repository, unsigned rejected,
                                        struct error *error) MUST_USE;

#endif
