/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names the list is to have: the target's own first, and then, with the same bytes, the further
 * ones (rules P10, P15).
 *
 * What a name points to is asked in the push's first round, where the question costs no time: a
 * name that means this very list already is not written again (T33).
 */
#include <stdlib.h>

#include "registry/push_job.h"

/* -- which ---------------------------------------------------------------------------------- */

static bool list_tags(struct push_job *job, struct error *error)
{
    const struct spec *spec = job->push->spec;

    job->tags = calloc(1 + spec->tag_count, sizeof(*job->tags));
    if (!job->tags)
        return error_no_memory(error);
    job->tag_count = 1 + spec->tag_count;
    job->tags[0].name = reference_target(spec->target);
    for (size_t i = 0; i < spec->tag_count; i++)
        job->tags[1 + i].name = spec->tags[i];
    return true;
}

void push_release_tags(struct push_job *job)
{
    free(job->tags);
    job->tags = NULL;
    job->tag_count = 0;
}

static bool settle_look(struct push_job *job, void *subject, const struct call *call,
                        struct error *error)
{
    struct push_tag *tag = subject;

    (void)job;
    (void)error; /* whatever is wrong, writing will tell */
    tag->had_digest = call->error.code == ERROR_NONE && call->has_found;
    tag->before = call->found;
    return true;
}

bool push_ask_tags(struct push_job *job, struct error *error)
{
    if (!list_tags(job, error))
        return false;
    for (size_t i = 0; i < job->tag_count; i++) {
        struct push_tag *tag = &job->tags[i];
        if (!push_ask(job, job->target, call_head_manifest(tag->name), settle_look, tag, error))
            return false;
    }
    return true;
}

/* -- writing -------------------------------------------------------------------------------- */

static void mark_set(struct push_job *job, struct push_tag *tag)
{
    int64_t size = (int64_t)job->out->list.length;

    tag->is_set = true;
    job->out->tags_pushed++;
    push_tell(job, &(struct push_event){
                       .step = PUSH_TAGGED,
                       .name = tag->name,
                       .digest = &job->out->digest,
                       .size = size,
                       .done = size,
                   });
}

/* A tag's error is its own: the others are set all the same. */
static bool settle_put(struct push_job *job, void *subject, const struct call *call,
                       struct error *error)
{
    struct push_tag *tag = subject;

    (void)error;
    if (call->error.code == ERROR_NONE) {
        mark_set(job, tag);
        return true;
    }
    tag->error = call->error;
    tag->is_refused = call->status >= 400;
    return true;
}

static bool ask_put(struct push_job *job, struct push_tag *tag, struct error *error)
{
    const struct push_result *out = job->out;

    if (tag->had_digest && digest_equal(&tag->before, &out->digest)) {
        mark_set(job, tag);
        return true;
    }
    struct call call =
        call_put_manifest(tag->name, out->media_type, &out->digest, buffer_slice(&out->list));
    return push_ask(job, job->target, call, settle_put, tag, error);
}

/* Sets tags[first] to tags[end - 1] side by side. */
static bool set_tags(struct push_job *job, size_t first, size_t end, struct error *error)
{
    for (size_t i = first; i < end; i++)
        if (!ask_put(job, &job->tags[i], error))
            return false;
    return push_run(job, error);
}

/* Why each further name is not known to be set. The error is the first one's. */
static bool judge_further_tags(struct push_job *job, struct error *error)
{
    const struct push_tag *first = NULL;

    for (size_t i = 1; i < job->tag_count; i++) {
        const struct push_tag *tag = &job->tags[i];
        if (tag->is_set)
            continue;
        warnings_add(&job->out->warnings, "not tagged '%s': %s", tag->name, tag->error.message);
        first = first ? first : tag;
    }
    if (first)
        *error = first->error;
    return !first;
}

bool push_set_tags(struct push_job *job, struct error *error)
{
    if (!set_tags(job, 0, 1, error))
        return false;
    if (!job->tags[0].is_set) {
        *error = job->tags[0].error;
        return false;
    }
    return set_tags(job, 1, job->tag_count, error) && judge_further_tags(job, error);
}
