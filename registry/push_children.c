/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Children: the manifests that the list names, made known by digest in the target's repository
 * together with their blobs (rules P10, P11).
 *
 * In the target's own repository they are already. Elsewhere: which of them are there? Those that
 * are not are put there, blobs first; what is put is what was fetched, whatever the source's tag
 * means by now. Attestations come after the images they speak of: some registries take no other
 * order.
 */
#include <stdlib.h>

#include "manifest/referrers.h"
#include "registry/problem.h"
#include "registry/push_blobs.h"
#include "registry/push_job.h"

enum {
    REFUSALS_MAX = 2 /* P13: the blobs that it names are copied, and then all of them */
};

/* -- which ---------------------------------------------------------------------------------- */

static bool is_listed_before(const struct push_job *job, size_t entry)
{
    for (size_t i = 0; i < entry; i++)
        if (digest_equal(job->entries[i].digest, job->entries[entry].digest))
            return true;
    return false;
}

static bool is_at_home(const struct push_job *job, const struct digest *digest)
{
    for (size_t i = 0; i < job->entry_count; i++) {
        if (digest_equal(job->entries[i].digest, digest) &&
            push_is_home(job, job->origins[i]->source->reference))
            return true;
    }
    return false;
}

static bool list_children(struct push_job *job, struct error *error)
{
    job->children = calloc(job->entry_count, sizeof(struct push_member *));
    if (!job->children)
        return error_no_memory(error);
    for (size_t i = 0; i < job->entry_count; i++)
        if (!is_at_home(job, job->entries[i].digest) && !is_listed_before(job, i))
            job->children[job->child_count++] = job->origins[i];
    return true;
}

void push_release_children(struct push_job *job)
{
    free(job->children);
    job->children = NULL;
    job->child_count = 0;
}

/* -- are they there? ------------------------------------------------------------------------ */

static bool settle_look(struct push_job *job, void *subject, const struct call *call,
                        struct error *error)
{
    struct push_member *member = subject;

    (void)job;
    member->was_sought = true;
    member->is_there = call->has_found && digest_equal(&call->found, push_member_digest(member));
    /* Some registries deny a repository that does not exist yet: writing decides. */
    if (call->error.code == ERROR_NONE || call->error.code == ERROR_DENIED)
        return true;
    *error = call->error;
    return false;
}

bool push_look_for(struct push_job *job, struct push_member *member, struct error *error)
{
    struct call call = call_head_manifest(push_member_digest(member)->text);

    return push_ask(job, job->target, call, settle_look, member, error);
}

static bool look_for_children(struct push_job *job, struct error *error)
{
    for (size_t i = 0; i < job->child_count; i++)
        if (!job->children[i]->was_sought && !push_look_for(job, job->children[i], error))
            return false;
    return push_run(job, error);
}

/* -- what are they? ------------------------------------------------------------------------- */

static bool read_child(struct push_job *job, struct push_member *child, const struct call *call,
                       struct error *error)
{
    struct push_document *document =
        push_read_document(job, call, push_member_media_type(child), error);

    if (!document)
        return false;
    if (media_type_is_index(document->manifest->type))
        return error_set(error, ERROR_UNSUPPORTED, "it is an index of attestations");
    child->document = document;
    return true;
}

static bool settle_fetch(struct push_job *job, void *subject, const struct call *call,
                         struct error *error)
{
    struct push_member *child = subject;
    bool has_come = call->error.code == ERROR_NONE;

    if (has_come && read_child(job, child, call, error))
        return true;
    if (!has_come)
        *error = call->error;
    push_blame(child, error);
    return false;
}

/* An index's child is named by its index, and may not have been looked at so far. */
static bool fetch_children(struct push_job *job, struct error *error)
{
    for (size_t i = 0; i < job->child_count; i++) {
        struct push_member *child = job->children[i];
        const struct digest *digest = push_member_digest(child);
        if (child->is_there || child->document)
            continue;
        struct call call = call_get_manifest(digest->text, digest, push_member_size(child));
        if (!push_ask(job, child->source->session, call, settle_fetch, child, error))
            return false;
    }
    return push_run(job, error);
}

/* -- putting them there --------------------------------------------------------------------- */

static void tell_child(const struct push_job *job, const struct push_member *child)
{
    push_tell(job, &(struct push_event){
                       .step = PUSH_MANIFEST,
                       .name = child->source->image,
                       .digest = push_member_digest(child),
                       .size = push_member_size(child),
                       .done = push_member_size(child),
                   });
}

/* P13: the registry had taken its blobs, and misses some now. Said too often it is an error. */
static bool lacks_blobs(struct push_member *child, const struct call *call)
{
    if (child->refusals == REFUSALS_MAX || !problem_is_missing_blob(call->status, call->body))
        return false;
    free(child->refusal);
    child->refusal = slice_copy(call->body);
    child->refusals++;
    return child->refusal != NULL;
}

static bool settle_put(struct push_job *job, void *subject, const struct call *call,
                       struct error *error)
{
    struct push_member *child = subject;

    if (lacks_blobs(child, call))
        return true;
    if (call->error.code != ERROR_NONE) {
        *error = call->error;
        push_blame(child, error);
        return false;
    }
    child->is_there = child->was_put = true;
    child->is_referrer = call->is_referrer;
    job->out->children++;
    tell_child(job, child);
    return true;
}

static bool put_absent(struct push_job *job, bool attestations, struct error *error)
{
    for (size_t i = 0; i < job->child_count; i++) {
        struct push_member *child = job->children[i];
        const struct push_document *document = child->document;
        if (child->is_there || push_member_is_attestation(child) != attestations)
            continue;
        struct call call =
            call_put_manifest(document->digest.text, document->manifest->media_type,
                              &document->digest, slice_of(document->bytes, document->length));
        call.subject = manifest_subject(document->manifest);
        if (!push_ask(job, job->target, call, settle_put, child, error))
            return false;
    }
    return push_run(job, error);
}

static bool has_refused_some(const struct push_job *job)
{
    for (size_t i = 0; i < job->child_count; i++)
        if (job->children[i]->refusal && !job->children[i]->is_there)
            return true;
    return false;
}

static bool put_children(struct push_job *job, bool attestations, struct error *error)
{
    if (!put_absent(job, attestations, error))
        return false;
    while (has_refused_some(job)) {
        if (!push_bring_blobs(job, PUSH_BLOBS_OF_REFUSED, error) ||
            !put_absent(job, attestations, error))
            return false;
    }
    return true;
}

static void tell_children_there(const struct push_job *job)
{
    for (size_t i = 0; i < job->child_count; i++)
        if (job->children[i]->is_there)
            tell_child(job, job->children[i]);
}

bool push_bring_children(struct push_job *job, struct error *error)
{
    if (!list_children(job, error) || !look_for_children(job, error))
        return false;
    tell_children_there(job);
    if (!fetch_children(job, error) || !push_bring_blobs(job, PUSH_BLOBS_OF_ABSENT, error))
        return false;
    job->is_past_return = true;
    return put_children(job, false, error) && put_children(job, true, error);
}
