/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names the list is to have: the target's own first, and then, with the same bytes, the further
 * ones (rules P10, P15).
 *
 * What a name points to is asked in the push's first round, where the question costs no time: a
 * name that means this very list already is not written again (T33).
 */
#include <stdlib.h>
#include <string.h>

#include "registry/push_job.h"

enum {
    NAMES_SHOWN = 70 /* bytes in an error, of those set and of those not */
};

/* -- which ---------------------------------------------------------------------------------- */

static bool list_tags(struct push_job *job, struct error *error)
{
    const struct spec *spec = job->push->spec;

    job->tags = calloc(1 + spec->tag_count, sizeof(*job->tags));
    if (!job->tags)
        return error_no_memory(error);
    job->tag_count = 1 + spec->tag_count;
    job->tags[0].name = spec->target->tag ? spec->target->tag : reference_target(spec->target);
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

/* P13: the repository is there, since the list's children are. A registry that finds nothing to put
 * the list to, and misses no child, does not know its type. (problem.c knows what else they say.)
 */
static bool is_about_type(const struct call *call)
{
    return call->status == 404 && !strstr(call->error.message, "BLOB_UNKNOWN");
}

static void blame_type(const struct push_job *job, struct error *error)
{
    bool is_oci = job->push->type == LIST_OCI;

    error->code = ERROR_UNSUPPORTED;
    error_prefix(error, "the registry takes no %s; use --type %s: ",
                 is_oci ? "OCI index" : "Docker manifest list", is_oci ? "docker" : "oci");
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
    if (is_about_type(call))
        blame_type(job, &tag->error);
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

/* -- failing -------------------------------------------------------------------------------- */

/* "'1.0', 'latest'": those that are set, or are not. */
static void write_names(const struct push_job *job, bool are_set, struct buffer *out)
{
    const char *separator = "";

    for (size_t i = 0; i < job->tag_count; i++) {
        if (job->tags[i].is_set != are_set)
            continue;
        (void)buffer_format(out, "%s'%s'", separator, job->tags[i].name);
        separator = ", ";
    }
}

static const char *ellipsis(const struct buffer *names)
{
    return buffer_ok(names) ? "" : ", ...";
}

/* P15: which names are there, and which are not; why, is told of each in a warning. */
static bool tell_partial(struct push_job *job, const struct error *reason, struct error *error)
{
    struct buffer set = BUFFER_INIT(NAMES_SHOWN);
    struct buffer unset = BUFFER_INIT(NAMES_SHOWN);

    for (size_t i = 1; i < job->tag_count; i++) {
        const struct push_tag *tag = &job->tags[i];
        if (!tag->is_set)
            warnings_add(&job->out->warnings, "not tagged '%s': %s", tag->name, tag->error.message);
    }
    write_names(job, true, &set);
    write_names(job, false, &unset);
    *error = *reason;
    error_prefix(error, "tagged %s%s, but not %s%s: ", buffer_string(&set), ellipsis(&set),
                 buffer_string(&unset), ellipsis(&unset));
    buffer_release(&set);
    buffer_release(&unset);
    return false;
}

bool push_set_tags(struct push_job *job, struct error *error)
{
    if (!set_tags(job, 0, 1, error))
        return false;
    if (!job->tags[0].is_set) {
        *error = job->tags[0].error;
        return false;
    }
    if (!set_tags(job, 1, job->tag_count, error))
        return false;
    for (size_t i = 1; i < job->tag_count; i++)
        if (!job->tags[i].is_set)
            return tell_partial(job, &job->tags[i].error, error);
    return true;
}
