/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order in which places and helpers are asked. The first place that has something decides.
 */
#include "registry/credential_store.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/file.h"
#include "registry/credential.h"
#include "registry/credential_answers.h"
#include "registry/credential_file.h"
#include "registry/credential_key.h"
#include "registry/credential_place.h"

enum {
    MARKS_MAX = 64 * 1024
};

struct credential_store {
    struct credential_place places[CREDENTIAL_PLACES_MAX];
    size_t place_count;
    struct credential_answers *answers;
    struct buffer marks; /* of the places' files when it was made */
    atomic_bool has_warned;
};

/* What is asked of each place, and how far that is. */
struct question {
    struct credential_store *store;
    const struct credential_wish *wish;
    char *warning;
    bool is_settled; /* it is known that there is none; no further place is asked */
};

struct credential_store *credential_store_new(const char *source)
{
    struct credential_store *store = calloc(1, sizeof(*store));
    bool has_memory = false;

    if (!store)
        return NULL;
    store->place_count = credential_places_find(source, store->places, &has_memory);
    store->answers = credential_answers_new();
    buffer_init(&store->marks, MARKS_MAX);
    for (size_t i = 0; i < store->place_count; i++)
        (void)file_mark(store->places[i].name, &store->marks);
    if (has_memory && store->answers && buffer_ok(&store->marks))
        return store;
    credential_store_free(store);
    return NULL;
}

void credential_store_free(struct credential_store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < store->place_count; i++)
        credential_place_release(&store->places[i]);
    credential_answers_free(store->answers);
    buffer_release(&store->marks);
    free(store);
}

bool credential_store_agrees(const struct credential_store *a, const struct credential_store *b)
{
    return slice_equal(buffer_slice(&a->marks), buffer_slice(&b->marks));
}

bool credential_store_check(struct credential_store *store, struct error *error)
{
    for (size_t i = 0; i < store->place_count; i++) {
        if (!store->places[i].must_exist)
            continue;
        CLEANUP(credential_file_unref_p)
        struct credential_file *file = credential_place_read(&store->places[i], error);
        if (!file) {
            error_prefix(error, "credentials: ");
            return false;
        }
    }
    return true;
}

/* A helper that every registry is asked of may be missing, as in a container that was given a
 * desktop's file: then we are nobody, which is told once. One that was named for this registry may
 * not, and nobody pushes as nobody. It is never made up for by what stands elsewhere (C9). */
static bool may_go_without(const struct question *question, bool is_own, const struct error *error)
{
    return error->code == ERROR_NOT_FOUND && !is_own && question->wish->use == CREDENTIAL_TO_READ;
}

static void go_without(struct question *question, const char *place, const char *helper,
                       struct error *error)
{
    question->is_settled = true;
    error->code = ERROR_NONE;
    if (atomic_exchange(&question->store->has_warned, true))
        return;
    (void)snprintf(question->warning, CREDENTIAL_WARNING_SIZE,
                   "the credential helper 'docker-credential-%s' is not installed, so registries "
                   "are read without credentials (%s)",
                   helper, ESCAPED(slice_from_string(place)));
}

static struct credential *ask_helper(struct question *question, const char *place,
                                     const char *helper, bool is_own, struct error *error)
{
    const struct credential_wish *wish = question->wish;
    struct credential *credential = credential_answers_get(
        question->store->answers, helper, credential_key_canonical(wish->registry),
        (struct credential_time){clock_monotonic_ms(), wish->deadline}, error);

    if (credential || error->code == ERROR_NONE)
        return credential;
    if (may_go_without(question, is_own, error)) {
        go_without(question, place, helper, error);
        return NULL;
    }
    if (error->code == ERROR_NOT_FOUND)
        error->code = ERROR_INVALID;
    return NULL;
}

/* C6: where there is a helper, the file's own secrets are not for use. */
static struct credential *ask_place(struct question *question, struct credential_place *place,
                                    struct error *error)
{
    CLEANUP(credential_file_unref_p)
    struct credential_file *file = credential_place_read(place, error);
    const struct credential_wish *wish = question->wish;
    bool is_own = false;

    if (!file)
        return NULL;
    const char *helper = credential_file_helper(file, wish->registry, &is_own);
    if (helper && wish->rejected > 0) /* it has one answer */
        return NULL;
    struct credential *credential =
        helper
            ? ask_helper(question, place->name, helper, is_own, error)
            : credential_file_find(file, wish->registry, wish->repository, wish->rejected, error);
    if (!credential && error->code != ERROR_NONE)
        error_prefix(error, "%s: ", ESCAPED(slice_from_string(place->name)));
    return credential;
}

struct credential *credential_store_find(struct credential_store *store,
                                         const struct credential_wish *wish,
                                         char warning[CREDENTIAL_WARNING_SIZE], struct error *error)
{
    struct question question = {store, wish, warning, false};
    struct credential *credential = NULL;

    warning[0] = '\0';
    error->code = ERROR_NONE;
    for (size_t i = 0; i < store->place_count && !credential && !question.is_settled; i++) {
        credential = ask_place(&question, &store->places[i], error);
        if (error->code != ERROR_NONE)
            break;
    }
    return credential;
}

struct credential *credential_store_ask_helper(struct credential_store *store, const char *helper,
                                               const char *registry, int64_t deadline,
                                               struct error *error)
{
    const struct credential_time time = {clock_monotonic_ms(), deadline};
    struct credential *credential = credential_answers_get(
        store->answers, helper, credential_key_canonical(registry), time, error);

    if (!credential && error->code == ERROR_NOT_FOUND)
        error->code = ERROR_INVALID;
    return credential;
}

bool credential_store_reject(struct credential_store *store, const char *registry,
                             const struct credential *credential)
{
    return credential_answers_forget(store->answers, credential_key_canonical(registry),
                                     credential);
}

void credential_store_cancel(struct credential_store *store)
{
    credential_answers_cancel(store->answers);
}
