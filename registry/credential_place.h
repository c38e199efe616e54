/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One place where credentials are kept: a file, read again when it has changed, or the variable
 * DOCKER_AUTH_CONFIG.
 */
#ifndef REGISTRY_CREDENTIAL_PLACE_H
#define REGISTRY_CREDENTIAL_PLACE_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/error.h"
#include "registry/credential_file.h"

struct credential_place {
    char *name; /* for messages: the file's path, or the variable */
    char *text; /* the variable's; NULL: a file */
    enum credential_file_kind kind;
    bool must_exist;

    pthread_mutex_t lock;
    struct credential_file *file; /* guarded by lock: as last read; NULL: not read */
    struct stat state;            /* guarded by lock: what the file was then */
};

enum {
    CREDENTIAL_PLACES_MAX = 8
};

/* The places of `source`, which is as for credential_store_new(), in the order they are asked; how
 * many is returned. 0: none, or (where `*has_memory` becomes false) no memory. The environment is
 * read here, and not again. */
size_t credential_places_find(const char *source, struct credential_place places[],
                              bool *has_memory);
void credential_place_release(struct credential_place *place);

/* What is there now; the caller unrefs. NULL with ERROR_NONE: there is nothing. Any thread. Errors,
 * naming the place: invalid (it cannot be read or understood), internal. */
struct credential_file *credential_place_read(struct credential_place *place,
                                              struct error *error) MUST_USE;

#endif
