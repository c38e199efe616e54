/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A push, as a straight line: what can fail without a question, the sources, the list's bytes, and
 * only then anything that changes the registry: blobs, children, lists of referrers, names, in this
 * order (rules P10, P14).
 */
#include "registry/push.h"

#include "registry/push_job.h"

/* -- the list ------------------------------------------------------------------------------- */

static bool assemble(const struct push_job *job, struct error *error)
{
    const struct registry_push *push = job->push;
    struct push_result *out = job->out;
    struct list_plan plan = {
        .type = push->type,
        .entries = job->entries,
        .count = job->entry_count,
        .annotations = push->spec->annotations,
        .annotation_count = push->spec->annotation_count,
    };

    if (!list_assemble(&plan, &out->list, &out->warnings, error))
        return false;
    return digest_compute(DIGEST_SHA256, buffer_slice(&out->list), &out->digest) ||
           error_no_memory(error);
}

/* -- the push ------------------------------------------------------------------------------- */

static bool write_all(struct push_job *job, struct error *error)
{
    bool is_whole = push_bring_children(job, error) && push_list_referrers(job, error);

    job->out->may_have_tagged = is_whole;
    if (is_whole && push_set_tags(job, error))
        return true;
    push_tell_done(job);
    if (job->out->done[0] != '\0')
        error_prefix(error, "%s: ", job->out->done);
    return false;
}

static bool run(struct push_job *job, struct error *error)
{
    bool is_dry_run = job->push->is_dry_run;

    return list_check_annotations(job->push->type, job->push->spec->annotation_count, error) &&
           registry_may_push(job->registry, job->push->spec, error) &&
           push_list_sources(job, error) && push_open_sessions(job, error) &&
           (is_dry_run || push_ask_tags(job, error)) && push_fetch_sources(job, error) &&
           push_choose_entries(job, error) && assemble(job, error) &&
           (is_dry_run || write_all(job, error));
}

bool registry_push(struct registry *registry, const struct registry_push *push,
                   struct push_result *out, struct error *error)
{
    struct push_job job = {.registry = registry, .push = push, .out = out};

    *out = (struct push_result){
        .list = BUFFER_INIT(MANIFEST_SIZE_MAX),
        .media_type = list_type_media_type(push->type),
    };
    bool is_done = run(&job, error);
    push_release_tags(&job);
    push_release_children(&job);
    push_release_entries(&job);
    push_release_sources(&job);
    push_round_release(&job.round);
    push_close_sessions(&job);
    return is_done;
}

void push_result_release(struct push_result *result)
{
    buffer_release(&result->list);
    warnings_release(&result->warnings);
}
