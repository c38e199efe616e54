/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets are copied out of the document, which json-c does not cleanse, and that is freed at once.
 */
#include "registry/credential_file.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/escape.h"
#include "data/json.h"
#include "registry/credential.h"
#include "registry/credential_key.h"
#include "registry/credential_parts.h"
#include "registry/secret.h"

enum {
    AUTH_MAX = 64 * 1024 /* of one decoded `auth` */
};

/* Of `auths`. */
struct login {
    char *key;
    struct credential *credential; /* NULL: a helper has it, or `fault` */
    const char *fault;             /* NULL: none; static storage */
};

/* Of `credHelpers`. */
struct helper {
    char *key;
    char *name; /* "": the file itself */
};

struct credential_file {
    _Atomic unsigned references;
    bool has_patterns;
    char *store; /* `credsStore`; NULL: none */
    struct helper *helpers;
    size_t helper_count;
    struct login *logins;
    size_t login_count;
};

struct reading {
    struct credential_file *file;
    struct error *error;
};

/* -- reading -------------------------------------------------------------------------------- */

static bool is_given(const struct json *value)
{
    return json_kind(value) != JSON_ABSENT && json_kind(value) != JSON_NULL;
}

/* Of an entry; one that could log nobody in is empty, as docker leaves it where a helper has the
 * secret. False: no memory. */
static bool read_login(struct login *login, const struct json *value)
{
    CLEANUP(secret_release) struct buffer decoded = BUFFER_INIT(AUTH_MAX);
    struct credential_parts parts = {0};

    if (json_kind(value) != JSON_OBJECT) {
        login->fault = "something else than an object";
        return true;
    }
    login->fault = credential_parts_read(value, &decoded, &parts);
    if (login->fault || !credential_parts_are_useful(&parts))
        return true;
    parts.server_address = (struct slice){0}; /* the key says it */
    login->credential = credential_make(&parts);
    return login->credential;
}

static bool add_login(void *context, struct slice key, const struct json *value)
{
    struct reading *reading = context;
    struct login *login = &reading->file->logins[reading->file->login_count++];

    login->key = slice_copy(key);
    return (login->key && read_login(login, value)) || error_no_memory(reading->error);
}

static bool read_logins(struct reading *reading, const struct json *logins)
{
    if (!is_given(logins))
        return true;
    if (json_kind(logins) != JSON_OBJECT)
        return error_set(reading->error, ERROR_INVALID, "'auths' is not an object");
    reading->file->logins = calloc(json_count(logins) + 1, sizeof(struct login));
    if (!reading->file->logins)
        return error_no_memory(reading->error);
    return json_each(logins, add_login, reading);
}

static bool add_helper(void *context, struct slice key, const struct json *value)
{
    struct reading *reading = context;
    struct helper *helper = &reading->file->helpers[reading->file->helper_count++];
    struct slice name;

    if (!json_string(value, &name))
        return error_set(reading->error, ERROR_INVALID, "'credHelpers' names no helper for '%s'",
                         ESCAPED(key));
    helper->key = slice_copy(key);
    helper->name = slice_copy(name);
    return (helper->key && helper->name) || error_no_memory(reading->error);
}

static bool read_helpers(struct reading *reading, const struct json *helpers)
{
    if (!is_given(helpers))
        return true;
    if (json_kind(helpers) != JSON_OBJECT)
        return error_set(reading->error, ERROR_INVALID, "'credHelpers' is not an object");
    reading->file->helpers = calloc(json_count(helpers) + 1, sizeof(struct helper));
    if (!reading->file->helpers)
        return error_no_memory(reading->error);
    return json_each(helpers, add_helper, reading);
}

static bool read_store(struct reading *reading, const struct json *store)
{
    struct slice name = {0};

    if (is_given(store) && !json_string(store, &name))
        return error_set(reading->error, ERROR_INVALID, "'credsStore' is not a string");
    if (name.length == 0)
        return true;
    reading->file->store = slice_copy(name);
    return reading->file->store || error_no_memory(reading->error);
}

/* C12: the oldest kind has no `auths`, its top level is them. What else a config.json without any
 * may hold is named like no registry. */
static bool read_document(struct reading *reading, const struct json *document,
                          enum credential_file_kind kind)
{
    const struct json *logins = json_get(document, "auths");
    const struct json *helpers = json_get(document, "credHelpers");
    const struct json *store = json_get(document, "credsStore");

    if (json_kind(document) != JSON_OBJECT)
        return error_set(reading->error, ERROR_INVALID, "not an object");
    if (kind == CREDENTIAL_FILE_VARIABLE && (!logins || json_count(document) != 1))
        return error_set(reading->error, ERROR_INVALID, "it may hold 'auths' and nothing else");
    bool is_old = !logins && !helpers && !store;
    return read_store(reading, store) && read_helpers(reading, helpers) &&
           read_logins(reading, is_old ? document : logins);
}

static struct credential_file *read_file(const struct json *document,
                                         enum credential_file_kind kind, struct error *error)
{
    struct credential_file *file = calloc(1, sizeof(*file));

    if (!file) {
        (void)error_no_memory(error);
        return NULL;
    }
    atomic_init(&file->references, 1);
    file->has_patterns = kind == CREDENTIAL_FILE_NAMED;
    if (read_document(&(struct reading){file, error}, document, kind))
        return file;
    credential_file_unref(file);
    return NULL;
}

struct credential_file *credential_file_parse(struct slice text, enum credential_file_kind kind,
                                              struct error *error)
{
    struct slice written = slice_trim(slice_without_mark(text));
    CLEANUP(json_free_p)
    struct json *document = json_parse(written.length ? written : SLICE("{}"), error);

    return document ? read_file(document, kind, error) : NULL;
}

struct credential_file *credential_file_ref(struct credential_file *file)
{
    atomic_fetch_add_explicit(&file->references, 1, memory_order_relaxed);
    return file;
}

void credential_file_unref(struct credential_file *file)
{
    if (!file || atomic_fetch_sub_explicit(&file->references, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < file->login_count; i++) {
        free(file->logins[i].key);
        credential_free(file->logins[i].credential);
    }
    for (size_t i = 0; i < file->helper_count; i++) {
        free(file->helpers[i].key);
        free(file->helpers[i].name);
    }
    free(file->logins);
    free(file->helpers);
    free(file->store);
    free(file);
}

/* -- finding -------------------------------------------------------------------------------- */

/* C12: helpers are named for whole registries. */
static const struct helper *find_helper(const struct credential_file *file, const char *registry)
{
    const struct helper *best = NULL;
    unsigned best_rank = 0;

    for (size_t i = 0; i < file->helper_count; i++) {
        unsigned rank =
            credential_key_rank(slice_from_string(file->helpers[i].key), registry, "", false);
        if (rank > best_rank) {
            best = &file->helpers[i];
            best_rank = rank;
        }
    }
    return best;
}

const char *credential_file_helper(const struct credential_file *file, const char *registry,
                                   bool *is_own)
{
    const struct helper *helper = find_helper(file, registry);

    *is_own = helper;
    if (!helper)
        return file->store;
    return helper->name[0] ? helper->name : NULL;
}

/* The best login behind `*before`, whose rank `*rank` is and becomes that of the result; of equal
 * ones those come first that stand first. NULL for `before`: the best of all. */
static const struct login *next_login(const struct credential_file *file, const char *registry,
                                      const char *repository, const struct login *before,
                                      unsigned *rank)
{
    const struct login *best = NULL;
    unsigned best_rank = 0;

    for (size_t i = 0; i < file->login_count; i++) {
        const struct login *login = &file->logins[i];
        unsigned own = credential_key_rank(slice_from_string(login->key), registry, repository,
                                           file->has_patterns);
        bool is_behind = !before || own < *rank || (own == *rank && login > before);
        if (is_behind && own > best_rank) {
            best = login;
            best_rank = own;
        }
    }
    *rank = best_rank;
    return best;
}

static const struct login *find_login(const struct credential_file *file, const char *registry,
                                      const char *repository, unsigned rejected)
{
    unsigned rank = 0;
    const struct login *login = next_login(file, registry, repository, NULL, &rank);

    for (; login && rejected > 0; rejected--)
        login = file->has_patterns ? next_login(file, registry, repository, login, &rank) : NULL;
    return login;
}

struct credential *credential_file_find(const struct credential_file *file, const char *registry,
                                        const char *repository, unsigned rejected,
                                        struct error *error)
{
    const struct login *login = find_login(file, registry, repository, rejected);

    error->code = ERROR_NONE;
    if (login && login->fault) {
        (void)error_set(error, ERROR_INVALID, "the entry for '%s' holds %s",
                        ESCAPED(slice_from_string(registry)), login->fault);
    }
    if (!login || !login->credential)
        return NULL;
    struct credential *copy = credential_copy(login->credential);
    if (!copy)
        (void)error_no_memory(error);
    return copy;
}
