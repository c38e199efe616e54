/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a push asks, and in whose name.
 *
 * The caller's credential is for the target's registry, and no other one ever sees it: a source
 * from another registry is read as the operator or as nobody.
 */
#include <stdlib.h>
#include <string.h>

#include "registry/push_job.h"
#include "registry/session.h"

enum {
    /* Scopes that a token is asked for besides the target's: they all stand in one URL. What is
     * beyond is copied where a registry with tokens will not mount it. */
    MOUNT_SCOPES_MAX = 32
};

struct push_session {
    struct push_session *next;
    struct session session;
};

/* -- places --------------------------------------------------------------------------------- */

static bool is_same_registry(const char *a, const char *b)
{
    return strcmp(a, b) == 0 || (reference_is_docker_hub(slice_from_string(a)) &&
                                 reference_is_docker_hub(slice_from_string(b)));
}

bool push_is_same_registry(const struct push_job *job, const struct reference *source)
{
    return is_same_registry(source->registry, job->push->spec->target->registry);
}

bool push_is_home(const struct push_job *job, const struct reference *source)
{
    return push_is_same_registry(job, source) &&
           strcmp(source->repository, job->push->spec->target->repository) == 0;
}

bool registry_may_push(const struct registry *registry, const struct spec *spec,
                       struct error *error)
{
    if (!registry_may_ask(registry, spec->target->registry, error))
        return false;
    for (size_t i = 0; i < spec->entry_count; i++)
        if (!registry_may_ask(registry, spec->entries[i].reference->registry, error))
            return false;
    return true;
}

/* -- sessions ------------------------------------------------------------------------------- */

static struct session *session_add(struct push_job *job, const struct session_wish *wish,
                                   struct error *error)
{
    struct push_session *added = calloc(1, sizeof(*added));
    if (!added) {
        (void)error_no_memory(error);
        return NULL;
    }
    if (!session_open(job->registry, wish, &added->session, error)) {
        free(added);
        return NULL;
    }
    added->next = job->sessions;
    job->sessions = added;
    return &added->session;
}

/* What all sessions of a push wish for. */
static struct session_wish wish_for(const struct push_job *job, const struct reference *reference)
{
    return (struct session_wish){
        .registry = reference->registry,
        .repository = reference->repository,
        .credential = push_is_same_registry(job, reference) ? job->push->credential : NULL,
        .actions = "pull",
        .deadline = job->push->deadline,
        .retries = job->push->retries,
        .is_push = true,
        .no_operator_credentials = job->push->no_operator_credentials,
    };
}

/* The repositories that blobs can be mounted from, each once. */
static size_t list_mount_sources(struct push_job *job)
{
    size_t count = 0;

    for (size_t i = 0; i < job->source_count && count < MOUNT_SCOPES_MAX; i++) {
        const struct reference *source = job->sources[i].reference;
        bool is_listed = push_is_home(job, source) || !push_is_same_registry(job, source);
        for (size_t k = 0; k < count && !is_listed; k++)
            is_listed = strcmp(job->mount_sources[k], source->repository) == 0;
        if (!is_listed)
            job->mount_sources[count++] = source->repository;
    }
    return count;
}

static bool open_target(struct push_job *job, struct error *error)
{
    struct session_wish wish = wish_for(job, job->push->spec->target);

    job->mount_sources = calloc(MOUNT_SCOPES_MAX, sizeof(*job->mount_sources));
    if (!job->mount_sources)
        return error_no_memory(error);
    wish.actions = "pull,push";
    wish.mount_sources = job->mount_sources;
    wish.mount_source_count = list_mount_sources(job);
    job->target = session_add(job, &wish, error);
    return job->target != NULL;
}

static struct session *find_session(struct push_job *job, const struct reference *reference)
{
    for (struct push_session *known = job->sessions; known; known = known->next) {
        const struct session_wish *wish = &known->session.wish;
        if (&known->session != job->target && strcmp(wish->registry, reference->registry) == 0 &&
            strcmp(wish->repository, reference->repository) == 0)
            return &known->session;
    }
    return NULL;
}

bool push_open_sessions(struct push_job *job, struct error *error)
{
    if (!open_target(job, error))
        return false;
    for (size_t i = 0; i < job->source_count; i++) {
        struct push_source *source = &job->sources[i];
        struct session_wish wish = wish_for(job, source->reference);
        source->session = find_session(job, source->reference);
        if (!source->session)
            source->session = session_add(job, &wish, error);
        if (!source->session)
            return false;
    }
    return true;
}

void push_close_sessions(struct push_job *job)
{
    while (job->sessions) {
        struct push_session *closed = job->sessions;
        job->sessions = closed->next;
        session_close(&closed->session);
        free(closed);
    }
    free(job->mount_sources);
    job->mount_sources = NULL;
    job->target = NULL;
}
